/* gstmbbeep.c: raw audio with a beep at each second of the stream
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   audiotestsrc is-live=true wave=silence ! mbbeep ! opusenc ! …
 *
 * The first tenth of each second of running time is a tone: in step with mbstamp's flash, and with the
 * phase in its time code. (audiotestsrc has ticks, but counts them from when it happens to start, which in
 * a live pipeline is not where its timestamps begin.)
 */
#include "gstmbbeep.h"

#include <gst/audio/audio.h>
#include <math.h>

#include "names.h"

#define GST_CAT_DEFAULT mb_beep_debug
GST_DEBUG_CATEGORY_STATIC (mb_beep_debug);

#define BEEP (100 * GST_MSECOND)
#define AMPLITUDE 16384.0 /* half of full scale */
#define DEFAULT_FREQUENCY 1000.0

#define CAPS                                                         \
  "audio/x-raw, format=" GST_AUDIO_NE (S16) ", layout=interleaved, " \
                                            "rate=[1, 384000], channels=[1, 64]"

struct _GstMbBeep {
  GstBaseTransform parent;

  double frequency;    /* Hz; object lock */
  GstClockTime offset; /* object lock */

  /* streaming thread */
  int rate;
  int n_channels;
};

enum {
  PROP_0,
  PROP_FREQUENCY,
  PROP_OFFSET,
};

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (CAPS));

G_DEFINE_FINAL_TYPE (GstMbBeep, gst_mb_beep, GST_TYPE_BASE_TRANSFORM)
GST_ELEMENT_REGISTER_DEFINE (mbbeep, MB_ELEMENT_BEEP, GST_RANK_NONE, GST_TYPE_MB_BEEP)

static gboolean
gst_mb_beep_set_caps (GstBaseTransform *transform, GstCaps *in_caps, GstCaps *out_caps)
{
  GstMbBeep *self = GST_MB_BEEP (transform);
  GstAudioInfo info;

  if (!gst_audio_info_from_caps (&info, in_caps))
    return FALSE;
  self->rate = GST_AUDIO_INFO_RATE (&info);
  self->n_channels = GST_AUDIO_INFO_CHANNELS (&info);
  return TRUE;
}

static void
beep (GstMbBeep *self, gint16 *samples, gsize n_frames, GstClockTime time, double frequency)
{
  for (gsize i = 0; i < n_frames; i++) {
    GstClockTime phase =
        (time + gst_util_uint64_scale (i, GST_SECOND, (guint64) self->rate)) % GST_SECOND;
    double value;

    if (phase >= BEEP)
      continue;
    value = AMPLITUDE * sin (2 * G_PI * frequency * (double) phase / GST_SECOND);
    for (int channel = 0; channel < self->n_channels; channel++)
      samples[i * (gsize) self->n_channels + (gsize) channel] = (gint16) value;
  }
}

static GstFlowReturn
gst_mb_beep_transform_ip (GstBaseTransform *transform, GstBuffer *buffer)
{
  GstMbBeep *self = GST_MB_BEEP (transform);
  GstClockTime time =
      gst_segment_to_running_time (&transform->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));
  double frequency;
  GstClockTime offset;
  GstMapInfo map;

  GST_OBJECT_LOCK (self);
  frequency = self->frequency;
  offset = self->offset;
  GST_OBJECT_UNLOCK (self);

  if (!GST_CLOCK_TIME_IS_VALID (time) || !gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return GST_FLOW_OK;
  beep (self, (gint16 *) (gpointer) map.data, map.size / sizeof (gint16) / (gsize) self->n_channels,
      time + GST_SECOND - offset, frequency);
  gst_buffer_unmap (buffer, &map);
  /* What was silence may be none any more. */
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_GAP);
  return GST_FLOW_OK;
}

static void
gst_mb_beep_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbBeep *self = GST_MB_BEEP (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_FREQUENCY)
    g_value_set_double (value, self->frequency);
  else if (id == PROP_OFFSET)
    g_value_set_uint64 (value, self->offset);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_beep_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbBeep *self = GST_MB_BEEP (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_FREQUENCY)
    self->frequency = g_value_get_double (value);
  else if (id == PROP_OFFSET)
    self->offset = g_value_get_uint64 (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_beep_class_init (GstMbBeepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mb_beep_debug, MB_ELEMENT_BEEP, 0, "a beep each second");

  object_class->get_property = gst_mb_beep_get_property;
  object_class->set_property = gst_mb_beep_set_property;
  transform_class->set_caps = gst_mb_beep_set_caps;
  transform_class->transform_ip = gst_mb_beep_transform_ip;

  g_object_class_install_property (object_class, PROP_FREQUENCY,
      g_param_spec_double ("frequency", "Frequency", "Of the beep, in Hz; changes while playing",
          100, 10000, DEFAULT_FREQUENCY,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));

  g_object_class_install_property (object_class, PROP_OFFSET,
      g_param_spec_uint64 ("offset", "Offset",
          "How much later than each second it beeps, in ns, to try what measures it; changes while "
          "playing",
          0, GST_SECOND - 1, 0,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Beep", "Filter/Effect/Audio",
      "A beep at each second of the stream, in step with mbstamp's flash", "The meshbot authors");
}

static void
gst_mb_beep_init (GstMbBeep *self)
{
  self->frequency = DEFAULT_FREQUENCY;
  gst_base_transform_set_in_place (GST_BASE_TRANSFORM (self), TRUE);
}
