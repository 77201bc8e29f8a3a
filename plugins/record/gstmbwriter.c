/* gstmbwriter.c: encoded frames into one file, never waiting for anyone
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   … depayloader ─ video_%u ─┐
 *                             ├ queue (bounded) ─│ writer thread ─ LOCATION.part → LOCATION
 *   … depayloader ─ audio_%u ─┘
 *
 * A streaming thread only ever puts a frame into the queue. What goes wrong with the disk is told by
 * a message, never by a return value: what is upstream is a call, and must not notice.
 */
#include "gstmbwriter.h"

#include <gst/video/video.h>

#include "mb-frame-queue.h"
#include "mb-writer-track.h"
#include "mb-writer.h"
#include "names.h"

#define GST_CAT_DEFAULT mb_writer_debug
GST_DEBUG_CATEGORY_STATIC (mb_writer_debug);

#define TICK_US (G_USEC_PER_SEC / 5) /* what a kill loses at most */
#define DEFAULT_MAX_QUEUE_BYTES (8 * 1024 * 1024)
#define MAX_QUEUE_AGE_US (60 * G_USEC_PER_SEC)
#define LATE_US (2 * G_USEC_PER_SEC) /* a disk that takes nothing for so long is told of */
#define OVERRUN_INTERVAL_US G_USEC_PER_SEC
#define DROPPED_INTERVAL_US G_USEC_PER_SEC
#define KEY_FRAME_INTERVAL_US G_USEC_PER_SEC
#define VIDEO_CAPS             \
  "video/x-vp8; video/x-vp9; " \
  "video/x-h264, stream-format = (string) { avc3, avc, byte-stream }, alignment = (string) au"

typedef struct {
  GstPad *pad; /* (nullable) owned; NULL once it was released */
  guint index;
  gboolean is_video;
  GstSegment segment;  /* streaming thread */
  gboolean has_ended;  /* object lock */
  gint wants_key;      /* atomic; set by the writer thread */
  gint64 key_frame_us; /* when a key frame was asked for; streaming thread */
} Track;

struct _GstMbWriter {
  GstElement parent;

  char *location;         /* object lock */
  guint64 split_duration; /* ns, object lock; 0 means never */
  guint64 split_bytes;    /* object lock; 0 means never */
  MbFrameQueue *queue;    /* owned; locks itself */
  GPtrArray *tracks;      /* (element-type Track) object lock; only ever grows */
  guint n_video;          /* object lock; for names of pads */
  guint n_audio;
  guint32 eos_seqnum;     /* object lock */
  GThread *thread;        /* (nullable) between READY and PAUSED; state changes */
  gint stopping;          /* atomic */
  gint without_video;     /* atomic */
  guint64 written;        /* bytes; object lock */
  gboolean is_late;       /* object lock: told of */
  guint64 overrun_told;   /* frames; object lock */
  gint64 overrun_told_us; /* object lock */
};

/* The writer thread's own. */
typedef struct {
  GstMbWriter *element; /* not owned */
  MbWriter *writer;
  guint n_tracks;
  gboolean is_told_open;
  gboolean is_over;
  guint64 dropped_told;
  gint64 dropped_told_us;
  unsigned int width; /* as it was told */
  unsigned int height;
  guint64 n_bytes_ended; /* of files that gave way to others */
} Run;

enum {
  PROP_0,
  PROP_LOCATION,
  PROP_MAX_QUEUE_BYTES,
  PROP_DROPPED,
  PROP_SPLIT_DURATION,
  PROP_SPLIT_BYTES,
  PROP_WITHOUT_VIDEO,
  PROP_WRITTEN,
};

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    MB_WRITER_PAD_VIDEO, GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    MB_WRITER_PAD_AUDIO, GST_PAD_SINK, GST_PAD_REQUEST, GST_STATIC_CAPS ("audio/x-opus"));

G_DEFINE_FINAL_TYPE (GstMbWriter, gst_mb_writer, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE (mbwriter, MB_ELEMENT_WRITER, GST_RANK_NONE, GST_TYPE_MB_WRITER)

static void
track_free (gpointer data)
{
  Track *self = data;

  gst_clear_object (&self->pad);
  g_free (self);
}

static Track *
get_track (GstMbWriter *self, guint index)
{
  Track *track;

  GST_OBJECT_LOCK (self);
  track = self->tracks->pdata[index];
  GST_OBJECT_UNLOCK (self);
  return track;
}

static void
post (GstMbWriter *self, GstStructure *structure)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

static void
append_time (GValue *times, GstClockTime time)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT64);
  g_value_set_uint64 (&value, time);
  gst_value_array_append_and_take_value (times, &value);
}

static void
add_gaps (GstStructure *structure, const char *name, const GArray *gaps)
{
  GValue times = G_VALUE_INIT;

  gst_value_array_init (&times, 0);
  for (guint i = 0; gaps != NULL && i < gaps->len; i++) {
    const MbWriterGap *gap = &g_array_index (gaps, MbWriterGap, i);

    append_time (&times, gap->from);
    append_time (&times, gap->to);
  }
  gst_structure_take_value (structure, name, &times);
}

static void
post_closed_file (Run *run, const MbWriterFile *file, const char *reason, const char *error)
{
  const MbWriterFigures *figures = &file->figures;
  GstStructure *structure = gst_structure_new (MB_MESSAGE_WRITER_CLOSED, "location", G_TYPE_STRING,
      file->location, "bytes", G_TYPE_UINT64, file->bytes, "duration", G_TYPE_UINT64,
      file->duration, "reason", G_TYPE_STRING, reason, "error", G_TYPE_STRING, error, "key-frames",
      G_TYPE_UINT64, figures->n_key_frames, "width", G_TYPE_UINT, figures->width, "height",
      G_TYPE_UINT, figures->height, "audio-missing", G_TYPE_UINT64, figures->n_missing[0],
      "video-missing", G_TYPE_UINT64, figures->n_missing[1], NULL);

  add_gaps (structure, "audio-gaps", figures->gaps[0]);
  add_gaps (structure, "video-gaps", figures->gaps[1]);
  post (run->element, structure);
}

static void
post_closed (Run *run, const char *reason, const char *error)
{
  MbWriterFile file = {.location = (char *) mb_writer_get_location (run->writer),
      .bytes = mb_writer_get_bytes (run->writer),
      .duration = mb_writer_get_duration (run->writer)};

  mb_writer_get_figures (run->writer, &file.figures);
  post_closed_file (run, &file, reason, error);
  mb_writer_figures_clear (&file.figures);
}

static void
post_opened (Run *run)
{
  post (run->element, gst_structure_new (MB_MESSAGE_WRITER_OPENED, "location", G_TYPE_STRING,
                          mb_writer_get_location (run->writer), "zero", G_TYPE_UINT64,
                          mb_writer_get_zero (run->writer), NULL));
}

static void
tell_open (Run *run)
{
  if (run->is_told_open || !mb_writer_is_open (run->writer))
    return;
  run->is_told_open = TRUE;
  post_opened (run);
}

/* The next one is told of as any other. */
static void
tell_ended (Run *run)
{
  g_autoptr (MbWriterFile) ended = mb_writer_take_ended (run->writer);

  if (ended == NULL)
    return;
  run->is_told_open = FALSE;
  run->n_bytes_ended += ended->bytes;
  post_closed_file (run, ended, MB_WRITER_REASON_SPLIT, "");
}

static void
fail (Run *run, const GError *error)
{
  run->is_over = TRUE;
  GST_WARNING_OBJECT (run->element, "%s", error->message);
  post_closed (run, MB_WRITER_REASON_ERROR, error->message);
}

static void
tell_dropped (Run *run, gint64 now_us)
{
  guint64 dropped =
      mb_frame_queue_get_dropped (run->element->queue) + mb_writer_get_dropped (run->writer);

  if (dropped == run->dropped_told || now_us - run->dropped_told_us < DROPPED_INTERVAL_US)
    return;
  run->dropped_told = dropped;
  run->dropped_told_us = now_us;
  post (
      run->element, gst_structure_new (MB_MESSAGE_WRITER_DROPPED, "frames", G_TYPE_UINT64, dropped,
                        "refused", G_TYPE_UINT64, mb_writer_get_refused (run->writer), NULL));
}

/* Thread: any. The writer's own looks at what it has missed once the disk lets it. */
static void
tell_overrun (GstMbWriter *self, gint64 now_us, gboolean is_over)
{
  guint64 dropped = mb_frame_queue_get_dropped (self->queue);
  gboolean is_told;

  GST_OBJECT_LOCK (self);
  is_told = dropped == self->overrun_told ||
            (!is_over && now_us - self->overrun_told_us < OVERRUN_INTERVAL_US);
  if (!is_told) {
    self->overrun_told = dropped;
    self->overrun_told_us = now_us;
  }
  GST_OBJECT_UNLOCK (self);
  if (!is_told)
    post (self,
        gst_structure_new (MB_MESSAGE_WRITER_OVERRUN, "frames", G_TYPE_UINT64, dropped, NULL));
}

static void
tell_late (GstMbWriter *self, gint64 now_us)
{
  gint64 age_us = mb_frame_queue_get_age (self->queue, now_us);
  gboolean is_late = age_us >= LATE_US;
  gboolean is_told;

  GST_OBJECT_LOCK (self);
  is_told = self->is_late;
  self->is_late = is_late;
  GST_OBJECT_UNLOCK (self);
  if (is_late && !is_told)
    post (self, gst_structure_new (MB_MESSAGE_WRITER_LATE, "waited", G_TYPE_UINT64,
                    (guint64) age_us * GST_USECOND, NULL));
}

/* Tracks are numbered alike here and in the writer. */
static void
add_new_tracks (Run *run)
{
  GstMbWriter *self = run->element;

  GST_OBJECT_LOCK (self);
  for (; run->n_tracks < self->tracks->len; run->n_tracks++) {
    Track *track = self->tracks->pdata[run->n_tracks];

    mb_writer_add_track (run->writer, track->is_video);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
take_items (Run *run, gint64 now_us)
{
  g_autoptr (GPtrArray) items = mb_frame_queue_take (run->element->queue);

  /* After the taking: whatever an item's track is, it was there before the item. */
  add_new_tracks (run);
  for (guint i = 0; i < items->len; i++) {
    MbFrameItem *item = items->pdata[i];

    if (item->n_missing > 0)
      mb_writer_miss (run->writer, item->track, item->n_missing);
    if (item->buffer != NULL && GST_BUFFER_IS_DISCONT (item->buffer))
      mb_writer_mark_gap (run->writer, item->track);
    if (item->caps != NULL)
      mb_writer_set_caps (run->writer, item->track, item->caps);
    else if (item->buffer != NULL)
      mb_writer_push (run->writer, item->track, item->buffer, item->pts, item->dts, now_us);
    else
      mb_writer_end_track (run->writer, item->track);
  }
  for (guint i = 0; i < run->n_tracks; i++)
    g_atomic_int_set (
        &get_track (run->element, i)->wants_key, mb_writer_wants_key_frame (run->writer, i));
}

/* A depayloader says its caps with its first frame only, but what they can be before that. */
static void
ask_caps (Run *run)
{
  for (guint i = 0; i < run->n_tracks; i++) {
    Track *track = get_track (run->element, i);
    g_autoptr (GstPad) pad = NULL;
    g_autoptr (GstCaps) caps = NULL;

    if (!mb_writer_lacks_caps (run->writer, i))
      continue;
    GST_OBJECT_LOCK (run->element);
    if (track->pad != NULL)
      pad = gst_object_ref (track->pad);
    GST_OBJECT_UNLOCK (run->element);
    caps = pad != NULL ? gst_pad_peer_query_caps (pad, NULL) : NULL;
    if (caps != NULL)
      mb_writer_set_caps (run->writer, i, caps);
  }
}

static gboolean
have_all_ended (GstMbWriter *self)
{
  gboolean all = TRUE;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->tracks->len; i++)
    all = all && ((Track *) self->tracks->pdata[i])->has_ended;
  all = all && self->tracks->len > 0;
  GST_OBJECT_UNLOCK (self);
  return all;
}

static void
tell_size (Run *run)
{
  unsigned int width;
  unsigned int height;

  mb_writer_get_size (run->writer, &width, &height);
  if (!run->is_told_open || width == 0 || (width == run->width && height == run->height))
    return;
  run->width = width;
  run->height = height;
  post (run->element, gst_structure_new (MB_MESSAGE_WRITER_SIZE, "width", G_TYPE_UINT, width,
                          "height", G_TYPE_UINT, height, NULL));
}

static void
count_written (Run *run)
{
  guint64 written = run->n_bytes_ended + mb_writer_get_bytes (run->writer);

  GST_OBJECT_LOCK (run->element);
  run->element->written = written;
  GST_OBJECT_UNLOCK (run->element);
}

static void
step (Run *run)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  take_items (run, now_us);
  if (run->is_over)
    return;
  if (mb_writer_wants_open (run->writer, now_us))
    ask_caps (run);
  is_good = mb_writer_tick (run->writer, now_us, &error);
  tell_ended (run);
  if (!is_good)
    fail (run, error);
  tell_open (run);
  tell_size (run);
  tell_dropped (run, now_us);
  tell_overrun (run->element, now_us, TRUE);
  count_written (run);
}

static void
finish (Run *run, const char *reason)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  if (run->is_over)
    return;
  ask_caps (run);
  is_good = mb_writer_finish (run->writer, &error);
  tell_ended (run);
  run->is_over = TRUE;
  if (!is_good) {
    fail (run, error);
    return;
  }
  if (mb_writer_get_bytes (run->writer) == 0)
    return;
  if (!run->is_told_open) {
    run->is_told_open = TRUE;
    post_opened (run);
  }
  post_closed (run, reason, "");
}

static void
post_eos (GstMbWriter *self)
{
  GstMessage *message = gst_message_new_eos (GST_OBJECT (self));

  GST_OBJECT_LOCK (self);
  if (self->eos_seqnum != GST_SEQNUM_INVALID)
    gst_message_set_seqnum (message, self->eos_seqnum);
  GST_OBJECT_UNLOCK (self);
  gst_element_post_message (GST_ELEMENT (self), message);
}

static gpointer
run_writer (gpointer data)
{
  GstMbWriter *self = data;
  g_autofree char *location = NULL;
  Run run = {.element = self};
  guint64 split_duration;
  guint64 split_bytes;
  gboolean is_eos = FALSE;

  GST_OBJECT_LOCK (self);
  location = g_strdup (self->location);
  split_duration = self->split_duration;
  split_bytes = self->split_bytes;
  GST_OBJECT_UNLOCK (self);
  run.writer = mb_writer_new (location);
  mb_writer_set_split (run.writer, split_duration, split_bytes);

  while (!g_atomic_int_get (&self->stopping)) {
    /* Asked before the last items are taken: nothing comes after a track's end. */
    gboolean has_ended = have_all_ended (self);

    step (&run);
    if (has_ended && !is_eos) {
      is_eos = TRUE;
      finish (&run, MB_WRITER_REASON_EOS);
      post_eos (self);
    }
    mb_frame_queue_wait (self->queue, g_get_monotonic_time () + TICK_US);
  }
  take_items (&run, g_get_monotonic_time ());
  finish (&run, MB_WRITER_REASON_STOPPED);
  mb_writer_free (run.writer);
  return NULL;
}

static GstClockTime
to_running_time (const Track *track, GstClockTime time)
{
  if (!GST_CLOCK_TIME_IS_VALID (time) || track->segment.format != GST_FORMAT_TIME)
    return time;
  return gst_segment_to_running_time (&track->segment, GST_FORMAT_TIME, time);
}

static void
request_key_frame (Track *track, gint64 now_us)
{
  if (now_us - track->key_frame_us < KEY_FRAME_INTERVAL_US)
    return;
  track->key_frame_us = now_us;
  gst_pad_push_event (
      track->pad, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

static GstFlowReturn
gst_mb_writer_chain (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  GstMbWriter *self = GST_MB_WRITER (parent);
  Track *track = gst_pad_get_element_private (pad);
  gint64 now_us = g_get_monotonic_time ();
  GstClockTime pts = to_running_time (track, GST_BUFFER_PTS (buffer));
  GstClockTime dts = to_running_time (track, GST_BUFFER_DTS (buffer));
  gboolean is_taken;

  if (track->is_video && g_atomic_int_get (&self->without_video)) {
    gst_buffer_unref (buffer);
    mb_frame_queue_refuse_frame (self->queue, track->index);
    return GST_FLOW_OK;
  }
  is_taken = mb_frame_queue_push_frame (self->queue, track->index, buffer, pts, dts, now_us);
  tell_late (self, now_us);
  if (!is_taken)
    tell_overrun (self, now_us, FALSE);
  if (track->is_video && (!is_taken || g_atomic_int_get (&track->wants_key)))
    request_key_frame (track, now_us);
  return GST_FLOW_OK;
}

static void
set_ended (GstMbWriter *self, Track *track, gboolean has_ended, guint32 seqnum)
{
  GST_OBJECT_LOCK (self);
  track->has_ended = has_ended;
  self->eos_seqnum = seqnum;
  GST_OBJECT_UNLOCK (self);
  if (has_ended)
    mb_frame_queue_push_end (self->queue, track->index);
}

static gboolean
gst_mb_writer_event (GstPad *pad, GstObject *parent, GstEvent *event)
{
  GstMbWriter *self = GST_MB_WRITER (parent);
  Track *track = gst_pad_get_element_private (pad);

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    GstCaps *caps;

    gst_event_parse_caps (event, &caps);
    mb_frame_queue_push_caps (self->queue, track->index, caps);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
    gst_event_copy_segment (event, &track->segment);
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    set_ended (self, track, TRUE, gst_event_get_seqnum (event));
  } else if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP) {
    gst_segment_init (&track->segment, GST_FORMAT_UNDEFINED);
  }
  gst_event_unref (event);
  return TRUE;
}

static Track *
track_new (GstMbWriter *self, GstPadTemplate *template)
{
  Track *track = g_new0 (Track, 1);

  track->is_video = g_str_equal (GST_PAD_TEMPLATE_NAME_TEMPLATE (template), MB_WRITER_PAD_VIDEO);
  track->key_frame_us = -KEY_FRAME_INTERVAL_US;
  gst_segment_init (&track->segment, GST_FORMAT_UNDEFINED);
  GST_OBJECT_LOCK (self);
  track->index = self->tracks->len;
  g_ptr_array_add (self->tracks, track);
  GST_OBJECT_UNLOCK (self);
  return track;
}

static GstPad *
gst_mb_writer_request_new_pad (
    GstElement *element, GstPadTemplate *template, const char *name, const GstCaps *caps)
{
  GstMbWriter *self = GST_MB_WRITER (element);
  Track *track = track_new (self, template);
  g_autofree char *made = NULL;
  GstPad *pad;

  if (name == NULL) {
    GST_OBJECT_LOCK (self);
    made = track->is_video ? g_strdup_printf (MB_WRITER_PAD_VIDEO, self->n_video++)
                           : g_strdup_printf (MB_WRITER_PAD_AUDIO, self->n_audio++);
    GST_OBJECT_UNLOCK (self);
  }
  pad = gst_pad_new_from_template (template, name != NULL ? name : made);
  gst_pad_set_element_private (pad, track);
  gst_pad_set_chain_function (pad, gst_mb_writer_chain);
  gst_pad_set_event_function (pad, gst_mb_writer_event);
  GST_OBJECT_LOCK (self);
  track->pad = gst_object_ref_sink (pad);
  GST_OBJECT_UNLOCK (self);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
gst_mb_writer_release_pad (GstElement *element, GstPad *pad)
{
  GstMbWriter *self = GST_MB_WRITER (element);
  Track *track = gst_pad_get_element_private (pad);
  GstPad *owned;

  gst_pad_set_active (pad, FALSE);
  set_ended (self, track, TRUE, GST_SEQNUM_INVALID);
  GST_OBJECT_LOCK (self);
  owned = g_steal_pointer (&track->pad);
  GST_OBJECT_UNLOCK (self);
  gst_element_remove_pad (element, pad);
  gst_object_unref (owned);
}

static gboolean
start (GstMbWriter *self)
{
  gboolean has_location;

  GST_OBJECT_LOCK (self);
  has_location = self->location != NULL && self->location[0] != '\0';
  for (guint i = 0; i < self->tracks->len; i++) {
    Track *track = self->tracks->pdata[i];

    track->has_ended = track->pad == NULL;
  }
  self->eos_seqnum = GST_SEQNUM_INVALID;
  GST_OBJECT_UNLOCK (self);
  if (!has_location) {
    GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND, ("There is no location to write to."), (NULL));
    return FALSE;
  }
  g_atomic_int_set (&self->stopping, FALSE);
  self->thread = g_thread_new ("mbwriter", run_writer, self);
  return TRUE;
}

static void
stop (GstMbWriter *self)
{
  if (self->thread == NULL)
    return;
  g_atomic_int_set (&self->stopping, TRUE);
  mb_frame_queue_wake (self->queue);
  g_thread_join (g_steal_pointer (&self->thread));
}

static GstStateChangeReturn
gst_mb_writer_change_state (GstElement *element, GstStateChange transition)
{
  GstMbWriter *self = GST_MB_WRITER (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  result = GST_ELEMENT_CLASS (gst_mb_writer_parent_class)->change_state (element, transition);
  /* The pads are inactive by now, so the last frame is in the queue. */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return result;
}

static void
gst_mb_writer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbWriter *self = GST_MB_WRITER (object);

  switch (id) {
  case PROP_LOCATION:
    GST_OBJECT_LOCK (self);
    g_value_set_string (value, self->location);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_WRITTEN:
    GST_OBJECT_LOCK (self);
    g_value_set_uint64 (value, self->written);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_DROPPED:
    g_value_set_uint64 (value, mb_frame_queue_get_dropped (self->queue));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_mb_writer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbWriter *self = GST_MB_WRITER (object);

  switch (id) {
  case PROP_LOCATION:
    GST_OBJECT_LOCK (self);
    g_free (self->location);
    self->location = g_value_dup_string (value);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_SPLIT_DURATION:
    GST_OBJECT_LOCK (self);
    self->split_duration = g_value_get_uint64 (value);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_SPLIT_BYTES:
    GST_OBJECT_LOCK (self);
    self->split_bytes = g_value_get_uint64 (value);
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_WITHOUT_VIDEO:
    g_atomic_int_set (&self->without_video, g_value_get_boolean (value));
    break;
  case PROP_MAX_QUEUE_BYTES:
    mb_frame_queue_set_max_bytes (self->queue, g_value_get_uint (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_mb_writer_finalize (GObject *object)
{
  GstMbWriter *self = GST_MB_WRITER (object);

  g_assert (self->thread == NULL);
  g_ptr_array_unref (self->tracks);
  mb_frame_queue_free (self->queue);
  g_free (self->location);
  G_OBJECT_CLASS (gst_mb_writer_parent_class)->finalize (object);
}

static void
gst_mb_writer_class_init (GstMbWriterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mb_writer_debug, MB_ELEMENT_WRITER, 0, "encoded frames into a file");

  object_class->get_property = gst_mb_writer_get_property;
  object_class->set_property = gst_mb_writer_set_property;
  object_class->finalize = gst_mb_writer_finalize;
  element_class->request_new_pad = gst_mb_writer_request_new_pad;
  element_class->release_pad = gst_mb_writer_release_pad;
  element_class->change_state = gst_mb_writer_change_state;

  g_object_class_install_property (object_class, PROP_LOCATION,
      g_param_spec_string (MB_PROP_LOCATION, "Location",
          "The final name; it is LOCATION.part while open, and never overwrites. The extension "
          "becomes .mkv where WebM cannot hold a codec",
          NULL, G_PARAM_READWRITE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_MAX_QUEUE_BYTES,
      g_param_spec_uint (MB_PROP_MAX_QUEUE_BYTES, "Maximum of the queue",
          "How many bytes may wait for the disk before pictures are dropped", 1, G_MAXUINT,
          DEFAULT_MAX_QUEUE_BYTES,
          G_PARAM_WRITABLE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_DROPPED,
      g_param_spec_uint64 (MB_PROP_DROPPED, "Dropped", "Frames that found the queue full", 0,
          G_MAXUINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  g_object_class_install_property (object_class, PROP_SPLIT_DURATION,
      g_param_spec_uint64 (MB_PROP_SPLIT_DURATION, "Split after",
          "Nanoseconds after which a file ends before a key frame, and NAME.2 begins with it; 0 is "
          "never",
          0, G_MAXUINT64, 0, G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_SPLIT_BYTES,
      g_param_spec_uint64 (MB_PROP_SPLIT_BYTES, "Split at",
          "Bytes after which a file ends likewise; 0 is never", 0, G_MAXUINT64, 0,
          G_PARAM_WRITABLE | GST_PARAM_MUTABLE_READY | G_PARAM_STATIC_STRINGS));

  g_object_class_install_property (object_class, PROP_WITHOUT_VIDEO,
      g_param_spec_boolean (MB_PROP_WITHOUT_VIDEO, "Without video",
          "Drops pictures; afterwards they go on with a key frame", FALSE,
          G_PARAM_WRITABLE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_WRITTEN,
      g_param_spec_uint64 (MB_PROP_WRITTEN, "Written", "Bytes of all files so far", 0, G_MAXUINT64,
          0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_set_static_metadata (element_class, "Call recorder", "Sink/File",
      "Writes encoded frames into WebM or Matroska that plays whenever the process ends",
      "The meshbot authors");
}

static void
gst_mb_writer_init (GstMbWriter *self)
{
  self->queue = mb_frame_queue_new (DEFAULT_MAX_QUEUE_BYTES, MAX_QUEUE_AGE_US);
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}
