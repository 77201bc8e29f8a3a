/* gstmbsoundprobe.c: listens to raw audio for silence and beeps
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   … ! opusdec ! audioconvert ! mbsoundprobe ! fakesink
 *
 * The sound passes untouched.
 */
#include "gstmbsoundprobe.h"

#include <gst/audio/audio.h>

#include "mb-listen.h"
#include "names.h"

#define GST_CAT_DEFAULT mb_sound_probe_debug
GST_DEBUG_CATEGORY_STATIC (mb_sound_probe_debug);

#define DEFAULT_INTERVAL GST_SECOND
#define MIN_INTERVAL (100 * GST_MSECOND)

#define CAPS                                                         \
  "audio/x-raw, format=" GST_AUDIO_NE (S16) ", layout=interleaved, " \
                                            "rate=[1, 384000], channels=[1, 64]"

struct _GstMbSoundProbe {
  GstBaseTransform parent;

  GstClockTime interval; /* object lock */

  /* streaming thread */
  int rate;
  int n_channels;
  gint64 told_us; /* monotonic */
  MbListen listen;
};

enum {
  PROP_0,
  PROP_INTERVAL,
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstMbSoundProbe, gst_mb_sound_probe, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (
    mbsoundprobe, MB_ELEMENT_SOUND_PROBE, GST_RANK_NONE, GST_TYPE_MB_SOUND_PROBE)

static gboolean
gst_mb_sound_probe_set_caps (GstBaseTransform *transform, GstCaps *in_caps, GstCaps *out_caps)
{
  GstMbSoundProbe *self = GST_MB_SOUND_PROBE (transform);
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, in_caps))
    return FALSE;
  self->rate = GST_AUDIO_INFO_RATE (&info);
  self->n_channels = GST_AUDIO_INFO_CHANNELS (&info);
  return TRUE;
}

static void
tell (GstMbSoundProbe *self)
{
  const MbListen *listen = &self->listen;
  double peak = mb_listen_to_decibels (mb_listen_take_peak (&self->listen));
  GstClockTime onset =
      listen->onset_ns >= 0 ? (GstClockTime) listen->onset_ns : GST_CLOCK_TIME_NONE;

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new (MB_MESSAGE_SOUND, "heard", G_TYPE_UINT64, (guint64) listen->time_ns,
              "silent", G_TYPE_UINT64, (guint64) listen->silent_ns, "peak", G_TYPE_DOUBLE, peak,
              "onset", G_TYPE_UINT64, onset, "onsets", G_TYPE_UINT64, listen->n_onsets, NULL)));
}

static GstFlowReturn
gst_mb_sound_probe_transform_ip (GstBaseTransform *transform, GstBuffer *buffer)
{
  GstMbSoundProbe *self = GST_MB_SOUND_PROBE (transform);
  gint64 now_us = g_get_monotonic_time ();
  GstClockTime interval;
  GstMapInfo map;

  GST_OBJECT_LOCK (self);
  interval = self->interval;
  GST_OBJECT_UNLOCK (self);

  if (self->rate > 0 && GST_BUFFER_PTS_IS_VALID (buffer) &&
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP) &&
      gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    mb_listen_take (&self->listen, (const gint16 *) (gconstpointer) map.data,
        map.size / sizeof (gint16) / (gsize) self->n_channels, self->n_channels, self->rate,
        (gint64) GST_BUFFER_PTS (buffer));
    gst_buffer_unmap (buffer, &map);
  }
  if (self->told_us == 0 || (guint64) (now_us - self->told_us) * 1000 >= interval) {
    self->told_us = now_us;
    tell (self);
  }
  return GST_FLOW_OK;
}

static void
gst_mb_sound_probe_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbSoundProbe *self = GST_MB_SOUND_PROBE (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_INTERVAL)
    g_value_set_uint64 (value, self->interval);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_sound_probe_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbSoundProbe *self = GST_MB_SOUND_PROBE (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_INTERVAL)
    self->interval = g_value_get_uint64 (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_sound_probe_class_init (GstMbSoundProbeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (
      mb_sound_probe_debug, MB_ELEMENT_SOUND_PROBE, 0, "what raw audio sounds like");

  object_class->get_property = gst_mb_sound_probe_get_property;
  object_class->set_property = gst_mb_sound_probe_set_property;
  transform_class->set_caps = gst_mb_sound_probe_set_caps;
  transform_class->transform_ip = gst_mb_sound_probe_transform_ip;
  transform_class->transform_ip_on_passthrough = TRUE;

  g_object_class_install_property (object_class, PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Nanoseconds between messages; changes while playing", MIN_INTERVAL, G_MAXUINT64,
          DEFAULT_INTERVAL,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Sound probe", "Filter/Analyzer/Audio",
      "Tells silence, and when a beep begins", "The meshbot authors");
}

static void
gst_mb_sound_probe_init (GstMbSoundProbe *self)
{
  self->interval = DEFAULT_INTERVAL;
  mb_listen_init (&self->listen);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
