/* mb-probing.c: a peer's media decoded, to look at it and listen to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pipeline of its own, so that what a decoder makes of hostile input reaches no call.
 *
 *   feed ─│ mbrtpsrc ─ depayloader ─ decoder ─ mbprobe ─ fakesink
 *   feed ─│ mbrtpsrc ─ depayloader ─ decoder ─ audioconvert ─ mbsoundprobe ─ fakesink
 */
#include "mb-probing.h"

#include <gst/gst.h>
#include <math.h>

#include "mb-error.h"
#include "names.h"

#define VIDEO_INTERVAL (200 * GST_MSECOND)
#define AUDIO_INTERVAL (250 * GST_MSECOND)
#define SECOND_MS 1000.0
/* Of a stream: until its first sender reports, sound and picture are put together by their arrival. */
#define UNTIED_BEEPS 3
#define DRAIN_US 50000

/* Fixed here, and never plugged by what a peer says. The first whose elements there are is taken. */
typedef struct {
  MbCodec codec;
  const char *branch;
} CodecRow;

static const CodecRow CODECS[] = {
    {MB_CODEC_VP8, "rtpvp8depay ! vp8dec threads=1 ! mbprobe name=probe"},
    {MB_CODEC_VP9, "rtpvp9depay ! vp9dec threads=1 ! mbprobe name=probe"},
    {MB_CODEC_H264, "rtph264depay ! h264parse ! avdec_h264 max-threads=1 ! mbprobe name=probe"},
    {MB_CODEC_H264, "rtph264depay ! h264parse ! openh264dec ! mbprobe name=probe"},
    {MB_CODEC_OPUS, "rtpopusdepay ! opusdec ! audioconvert ! mbsoundprobe name=probe"},
};

/* The totals of the last message. */
typedef struct {
  guint64 n_missed;
  guint64 n_repeated;
  guint64 n_wrong;
  guint64 black_ns;
  guint64 still_ns;
  guint64 silent_ns;
  guint64 n_onsets;
} Totals;

struct _MbProbing {
  GObject parent;

  MbTrack *video;   /* (nullable) */
  MbTrack *audio;   /* (nullable) */
  GPtrArray *ports; /* (element-type MbRtpPort) of the tracks there are, video first */
  GstElement *pipeline;
  guint bus_watch_id;
  gboolean stopped;

  Totals last;
  unsigned int n_beeps;
  double card_zero_ms; /* where the card's own seconds begin, on the time of both; NaN: not known */
};

enum {
  SIGNAL_NEWS,
  SIGNAL_FAILED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbProbing, mb_probing, G_TYPE_OBJECT)

/**
 * mb_probing_make_card_id:
 *
 * Returns: the id that the test card of a bot of that name carries; never 0
 */
guint32
mb_probing_make_card_id (const char *display_name)
{
  guint32 hash = 2166136261U; /* FNV-1a */

  for (const char *at = display_name; *at != '\0'; at++)
    hash = (hash ^ (guint8) *at) * 16777619U;
  return hash != 0 ? hash : 1;
}

/* A total that grew, and by how much since the last message. */
static guint64
take_growth (guint64 *last, guint64 now)
{
  guint64 growth = now > *last ? now - *last : 0;

  *last = now;
  return growth;
}

static guint64
read_total (const GstStructure *structure, const char *name)
{
  guint64 value = 0;

  gst_structure_get_uint64 (structure, name, &value);
  return value;
}

static void
take_picture (MbProbing *self, const GstStructure *structure, MbProbingNews *news)
{
  news->has_picture = TRUE;
  news->black_ms =
      (double) take_growth (&self->last.black_ns, read_total (structure, "black")) / GST_MSECOND;
  news->still_ms =
      (double) take_growth (&self->last.still_ns, read_total (structure, "still")) / GST_MSECOND;
}

static void
take_latency (MbProbing *self, const GstStructure *structure, MbProbingNews *news)
{
  gint64 mean_us = 0;
  guint phase_ms = 0;
  guint64 pts = read_total (structure, "pts");

  news->has_code = TRUE;
  if (gst_structure_get_int64 (structure, "latency-mean", &mean_us))
    news->latency_ms = (double) mean_us / 1000;
  if (gst_structure_get_uint (structure, "phase", &phase_ms) && GST_CLOCK_TIME_IS_VALID (pts))
    self->card_zero_ms = fmod ((double) pts / GST_MSECOND, SECOND_MS) - phase_ms;
  news->n_missed = take_growth (&self->last.n_missed, read_total (structure, "missed"));
  news->n_repeated = take_growth (&self->last.n_repeated, read_total (structure, "repeated"));
  news->n_wrong = take_growth (&self->last.n_wrong, read_total (structure, "wrong"));
}

static void
take_sound (MbProbing *self, const GstStructure *structure, MbProbingNews *news)
{
  guint64 onset = read_total (structure, "onset");
  guint64 n_new = take_growth (&self->last.n_onsets, read_total (structure, "onsets"));

  news->has_sound = TRUE;
  news->silent_ms =
      (double) take_growth (&self->last.silent_ns, read_total (structure, "silent")) / GST_MSECOND;
  if (n_new == 0 || isnan (self->card_zero_ms) || !GST_CLOCK_TIME_IS_VALID (onset) ||
      self->n_beeps++ < UNTIED_BEEPS)
    return;
  /* A beep belongs to the nearest of the card's seconds. */
  news->skew_ms =
      remainder (fmod ((double) onset / GST_MSECOND, SECOND_MS) - self->card_zero_ms, SECOND_MS);
}

static void
take_element_message (MbProbing *self, GstMessage *message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  MbProbingNews news = {.latency_ms = (double) NAN, .skew_ms = (double) NAN};

  if (gst_structure_has_name (structure, MB_MESSAGE_PICTURE))
    take_picture (self, structure, &news);
  else if (gst_structure_has_name (structure, MB_MESSAGE_LATENCY))
    take_latency (self, structure, &news);
  else if (gst_structure_has_name (structure, MB_MESSAGE_SOUND))
    take_sound (self, structure, &news);
  else
    return;
  g_signal_emit (self, signals[SIGNAL_NEWS], 0, &news);
}

static gboolean
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (MbProbing) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT) {
    take_element_message (self, message);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    mb_probing_stop (self);
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    return G_SOURCE_REMOVE;
  }
  return G_SOURCE_CONTINUE;
}

static GstElement *
make_branch (MbCodec codec, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CODECS); i++) {
    g_autoptr (GError) reason = NULL;
    GstElement *branch;

    if (CODECS[i].codec != codec)
      continue;
    branch = gst_parse_bin_from_description_full (
        CODECS[i].branch, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &reason);
    if (branch != NULL)
      return branch;
    g_debug ("%s: %s", CODECS[i].branch, reason->message);
  }
  g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED, "%s cannot be decoded here",
      mb_codec_get_name (codec));
  return NULL;
}

static void
configure_probe (GstElement *branch, MbMediaKind kind, MbMeasureLevel level, guint32 expected_id)
{
  g_autoptr (GstElement) probe = gst_bin_get_by_name (GST_BIN (branch), "probe");

  if (kind == MB_MEDIA_KIND_VIDEO)
    g_object_set (probe, "interval", (guint64) VIDEO_INTERVAL, MB_PROP_LOOK,
        level == MB_MEASURE_LEVEL_PIXELS, MB_PROP_EXPECTED_ID, (guint) expected_id, NULL);
  else
    g_object_set (probe, "interval", (guint64) AUDIO_INTERVAL, NULL);
}

static gboolean
add_track (
    MbProbing *self, MbTrack *track, MbMeasureLevel level, guint32 expected_id, GError **error)
{
  g_autoptr (GstCaps) caps = mb_track_make_caps (track);
  GstElement *branch = make_branch (track->codec, error);
  GstElement *source = gst_element_factory_make (MB_ELEMENT_RTP_SRC, NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  MbRtpPort *port = NULL;

  if (branch == NULL || source == NULL || sink == NULL) {
    g_clear_pointer (&branch, gst_object_unref);
    g_clear_pointer (&source, gst_object_unref);
    g_clear_pointer (&sink, gst_object_unref);
    return FALSE;
  }
  g_object_set (source, MB_PROP_CAPS, caps, NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, "enable-last-sample", FALSE, NULL);
  configure_probe (branch, track->kind, level, expected_id);
  gst_bin_add_many (GST_BIN (self->pipeline), source, branch, sink, NULL);
  if (!gst_element_link_many (source, branch, sink, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "the parts of a %s decoder do not fit",
        mb_codec_get_name (track->codec));
    return FALSE;
  }
  g_object_get (source, MB_PROP_FEED, &port, NULL);
  g_ptr_array_add (self->ports, mb_rtp_port_ref (port));
  return TRUE;
}

/**
 * mb_probing_new:
 * @video: (nullable) (transfer none)
 * @audio: (nullable) (transfer none)
 * @expected_id: whose test card it should be; 0 takes any
 *
 * Returns: (transfer full): it decodes from the next key frame on, until mb_probing_stop()
 */
MbProbing *
mb_probing_new (
    MbTrack *video, MbTrack *audio, MbMeasureLevel level, guint32 expected_id, GError **error)
{
  g_autoptr (MbProbing) self = g_object_new (MB_TYPE_PROBING, NULL);
  MbTrack *tracks[] = {video, audio};
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  guint n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (tracks); i++)
    if (tracks[i] != NULL && !add_track (self, tracks[i], level, expected_id, error))
      return NULL;
  self->video = video != NULL ? mb_track_ref (video) : NULL;
  self->audio = audio != NULL ? mb_track_ref (audio) : NULL;
  self->bus_watch_id = gst_bus_add_watch (bus, on_bus_message, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  for (gsize i = 0; i < G_N_ELEMENTS (tracks); i++)
    if (tracks[i] != NULL)
      mb_feed_add_port (tracks[i]->feed, g_ptr_array_index (self->ports, n++));
  return g_steal_pointer (&self);
}

/**
 * mb_probing_is_of:
 *
 * Returns: whether it decodes just these
 */
gboolean
mb_probing_is_of (MbProbing *self, const MbTrack *video, const MbTrack *audio)
{
  return self->video == video && self->audio == audio;
}

/* What is on its way from the feed gets through first: GstBaseSrc (1.22) complains about a list of buffers
 * that it is given while it is told to flush. */
static void
stop_offmain (GstElement *pipeline, gpointer data)
{
  g_usleep (DRAIN_US);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/**
 * mb_probing_stop:
 *
 * Does not wait for the decoders; no more news come.
 */
void
mb_probing_stop (MbProbing *self)
{
  guint n = 0;

  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_clear_handle_id (&self->bus_watch_id, g_source_remove);
  if (self->video != NULL && n < self->ports->len)
    mb_feed_remove_port (self->video->feed, g_ptr_array_index (self->ports, n++));
  if (self->audio != NULL && n < self->ports->len)
    mb_feed_remove_port (self->audio->feed, g_ptr_array_index (self->ports, n++));
  gst_element_call_async (self->pipeline, stop_offmain, NULL, NULL);
}

static void
mb_probing_dispose (GObject *object)
{
  MbProbing *self = MB_PROBING (object);

  if (self->pipeline != NULL)
    mb_probing_stop (self);
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->video, mb_track_unref);
  g_clear_pointer (&self->audio, mb_track_unref);
  G_OBJECT_CLASS (mb_probing_parent_class)->dispose (object);
}

static void
mb_probing_finalize (GObject *object)
{
  g_ptr_array_unref (MB_PROBING (object)->ports);
  G_OBJECT_CLASS (mb_probing_parent_class)->finalize (object);
}

static void
mb_probing_class_init (MbProbingClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mb_probing_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_probing_finalize;

  /**
   * MbProbing::news:
   * @news: (type MbProbingNews)
   */
  signals[SIGNAL_NEWS] = g_signal_new (
      "news", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * MbProbing::failed:
   * @error: what a decoder says; it has stopped
   */
  signals[SIGNAL_FAILED] = g_signal_new (
      "failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
mb_probing_init (MbProbing *self)
{
  self->ports = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_rtp_port_unref);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->card_zero_ms = (double) NAN;
}
