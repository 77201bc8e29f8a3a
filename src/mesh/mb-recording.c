/* mb-recording.c: a file, or several after one another, written from the tracks of a peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by the recorder. A pipeline of its own, so that nothing that happens to a disk or a file
 * reaches a call. Nothing is decoded.
 *
 *   feed ─│ mbrtpsrc ─ depayloader [─ parser] ─┐
 *   feed ─│ mbrtpsrc ─ depayloader [─ parser] ─┴ mbwriter ─ LOCATION.part → LOCATION
 */
#include "mb-recording.h"

#include <gst/gst.h>

#include "mb-error.h"
#include "mb-handle.h"
#include "names.h"

#define FINISH_TIMEOUT_MS 2000 /* for the last frames to reach the file */

/* What stands between the RTP of a codec and the writer. Fixed here, and never plugged by what a
 * peer says. */
typedef struct {
  MbCodec codec;
  const char *branch;
  const char *extension; /* of a file that holds it */
} CodecRow;

static const CodecRow CODECS[] = {
    {MB_CODEC_VP8, "rtpvp8depay name=depayloader", "webm"},
    {MB_CODEC_VP9, "rtpvp9depay name=depayloader", "webm"},
    /* avc3: a change of parameter sets within the stream is allowed, which avc1 cannot say. */
    {MB_CODEC_H264,
        "rtph264depay name=depayloader ! h264parse config-interval=-1 ! "
        "capsfilter caps=\"video/x-h264,stream-format=avc3,alignment=au\"",
        "mkv"},
    {MB_CODEC_OPUS, "rtpopusdepay", "webm"},
};

/* What a track had when the file under way began. */
typedef struct {
  guint64 n_packets;
  guint64 n_lost;
} Past;

struct _MbRecording {
  GObject parent;

  GPtrArray *tracks;  /* (element-type MbTrack) */
  GPtrArray *ports;   /* (element-type MbRtpPort) of the track at the same index */
  GPtrArray *sources; /* (element-type GstElement) likewise */
  GArray *past;       /* (element-type Past) likewise */
  char *location;     /* of the file under way */
  GstElement *pipeline;
  GstElement *writer; /* (nullable) */
  MbHandle *handle;
  guint bus_watch_id;
  guint timeout_id;
  GstClockTime zero; /* monotonic time of the file's time zero, or GST_CLOCK_TIME_NONE */
  GstClockTime duration;
  guint64 bytes;
  guint64 n_key_frames;
  unsigned int width; /* pixels; 0 means no picture */
  unsigned int height;
  char *problem;           /* (nullable) why it ended by itself */
  GArray *missing_gaps[2]; /* (element-type MbRecordedGap) the writer's, of sound and of pictures */
  guint64 n_missing[2];    /* frames, likewise */
  guint64 written_told;    /* bytes */
  guint64 n_refused_told;  /* frames */
  guint64 n_flooded_told;  /* packets, of the track that has most */
  gboolean finishing;
  gboolean stopping;
};

enum {
  SIGNAL_OPENED,
  SIGNAL_SPLIT,
  SIGNAL_CLOSED,
  SIGNAL_LATE,
  SIGNAL_OVERRUN,
  SIGNAL_SIZE,
  SIGNAL_LOSS,
  SIGNAL_REFUSED,
  SIGNAL_FLOODED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbRecording, mb_recording, G_TYPE_OBJECT)

static const CodecRow *
find_codec (MbCodec codec)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CODECS); i++) {
    if (CODECS[i].codec == codec)
      return &CODECS[i];
  }
  return NULL;
}

static void
take_stopped (gpointer object, gpointer data)
{
  MbRecording *self = object;

  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
  g_object_unref (self); /* the reference that stop() took */
}

static void
stop_pipeline_offmain (GstElement *pipeline, gpointer handle)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  mb_handle_post (handle, take_stopped, NULL, NULL);
}

static void
stop (MbRecording *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_object_ref (self);
  gst_element_call_async (self->pipeline, stop_pipeline_offmain, mb_handle_ref (self->handle),
      (GDestroyNotify) mb_handle_unref);
}

static gboolean
on_finish_timeout (gpointer user_data)
{
  MbRecording *self = user_data;

  self->timeout_id = 0;
  g_warning ("%s: the writer did not finish in %d ms; closing what is there", self->location,
      FINISH_TIMEOUT_MS);
  stop (self);
  return G_SOURCE_REMOVE;
}

static void
detach (MbRecording *self, void (*how) (MbFeed *feed, MbRtpPort *port))
{
  for (guint i = 0; i < self->ports->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    how (track->feed, g_ptr_array_index (self->ports, i));
  }
  g_ptr_array_set_size (self->ports, 0);
}

/**
 * mb_recording_finish:
 *
 * Lets what has arrived reach the file, also what waits behind a packet that is missing, and closes
 * it; "closed" follows.
 */
void
mb_recording_finish (MbRecording *self)
{
  if (self->finishing)
    return;
  self->finishing = TRUE;
  detach (self, mb_feed_end_port);
  self->timeout_id = g_timeout_add (FINISH_TIMEOUT_MS, on_finish_timeout, self);
}

static void
take_location (MbRecording *self, const GstStructure *structure)
{
  g_free (self->location);
  self->location = g_strdup (gst_structure_get_string (structure, "location"));
}

static void
count (MbRecording *self, guint index, Past *total)
{
  g_autoptr (GstStructure) account = NULL;

  g_object_get (g_ptr_array_index (self->sources, index), MB_PROP_ACCOUNT, &account, NULL);
  gst_structure_get (account, "packets", G_TYPE_UINT64, &total->n_packets, "lost", G_TYPE_UINT64,
      &total->n_lost, NULL);
}

/* What comes from here on is the next file's. */
static void
begin_next (MbRecording *self)
{
  g_array_set_size (self->past, self->sources->len);
  for (guint i = 0; i < self->sources->len; i++)
    count (self, i, &g_array_index (self->past, Past, i));
  self->zero = GST_CLOCK_TIME_NONE;
  self->duration = 0;
  self->bytes = 0;
  self->n_key_frames = 0;
  for (int i = 0; i < 2; i++) {
    g_array_set_size (self->missing_gaps[i], 0);
    self->n_missing[i] = 0;
  }
}

/* Times before and after each gap, in pairs. */
static void
append_gaps (MbRecording *self, const GValue *times, GArray *gaps)
{
  guint n = times != NULL ? gst_value_array_get_size (times) : 0;

  for (guint i = 0; i + 1 < n; i += 2) {
    guint64 from = g_value_get_uint64 (gst_value_array_get_value (times, i));
    guint64 to = g_value_get_uint64 (gst_value_array_get_value (times, i + 1));
    MbRecordedGap gap = {.at_ms = GST_CLOCK_DIFF (self->zero, from) / (gint64) GST_MSECOND,
        .duration_ms = (gint64) ((to - from) / GST_MSECOND)};

    /* What went missing before the first frame is not missing in the file. */
    if (GST_CLOCK_TIME_IS_VALID (self->zero) && to > self->zero)
      g_array_append_val (gaps, gap);
  }
}

static void
on_writer_opened (MbRecording *self, const GstStructure *structure)
{
  take_location (self, structure);
  g_info ("recording %s", self->location);
  gst_structure_get_uint64 (structure, "zero", &self->zero);
  g_signal_emit (self, signals[SIGNAL_OPENED], 0);
}

static void
on_writer_closed (MbRecording *self, const GstStructure *structure)
{
  const char *problem = gst_structure_get_string (structure, "error");

  take_location (self, structure);
  gst_structure_get (structure, "bytes", G_TYPE_UINT64, &self->bytes, "duration", G_TYPE_UINT64,
      &self->duration, "key-frames", G_TYPE_UINT64, &self->n_key_frames, "width", G_TYPE_UINT,
      &self->width, "height", G_TYPE_UINT, &self->height, NULL);
  for (int i = 0; i < 2; i++) {
    gst_structure_get_uint64 (
        structure, i == 0 ? "audio-missing" : "video-missing", &self->n_missing[i]);
    append_gaps (self, gst_structure_get_value (structure, i == 0 ? "audio-gaps" : "video-gaps"),
        self->missing_gaps[i]);
  }
  if (problem != NULL && *problem != '\0') {
    g_warning ("%s: %s", self->location, problem);
    self->problem = g_strdup (problem);
  } else {
    g_info ("recorded %s: %.1f s, %" G_GUINT64_FORMAT " bytes", self->location,
        (double) self->duration / GST_SECOND, self->bytes);
  }
  if (g_strcmp0 (gst_structure_get_string (structure, "reason"), MB_WRITER_REASON_SPLIT) == 0) {
    g_signal_emit (self, signals[SIGNAL_SPLIT], 0);
    begin_next (self);
  }
}

static void
on_writer_late (MbRecording *self, const GstStructure *structure)
{
  guint64 waited = 0;

  gst_structure_get_uint64 (structure, "waited", &waited);
  g_warning (
      "%s: the disk has taken nothing for %.1f s", self->location, (double) waited / GST_SECOND);
  g_signal_emit (self, signals[SIGNAL_LATE], 0, waited / GST_MSECOND);
}

static void
on_writer_overrun (MbRecording *self, const GstStructure *structure)
{
  guint64 n_frames = 0;

  gst_structure_get_uint64 (structure, "frames", &n_frames);
  g_warning ("%s: the disk is too slow; %" G_GUINT64_FORMAT " frames are lost so far",
      self->location, n_frames);
  g_signal_emit (self, signals[SIGNAL_OVERRUN], 0, n_frames);
}

static void
on_writer_size (MbRecording *self, const GstStructure *structure)
{
  guint width = 0;
  guint height = 0;

  gst_structure_get (structure, "width", G_TYPE_UINT, &width, "height", G_TYPE_UINT, &height, NULL);
  g_signal_emit (self, signals[SIGNAL_SIZE], 0, width, height);
}

static void
on_rtp_lost (MbRecording *self, const GstStructure *structure, gpointer source)
{
  guint64 n_packets = 0;
  guint at = 0;

  gst_structure_get_uint64 (structure, "packets", &n_packets);
  if (g_ptr_array_find (self->sources, source, &at)) {
    const MbTrack *track = g_ptr_array_index (self->tracks, at);

    g_signal_emit (self, signals[SIGNAL_LOSS], 0, track->kind == MB_MEDIA_KIND_VIDEO, n_packets);
  }
}

/* Its figures are totals: only what is new is told. */
static void
tell_total (
    MbRecording *self, int signal, const GstStructure *structure, const char *name, guint64 *told)
{
  guint64 total = 0;

  gst_structure_get_uint64 (structure, name, &total);
  if (total <= *told)
    return;
  *told = total;
  g_signal_emit (self, signals[signal], 0, total);
}

static void
request_key_frames (MbRecording *self)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->kind == MB_MEDIA_KIND_VIDEO && !self->finishing)
      mb_feed_request_key_frame (track->feed);
  }
}

static gboolean
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  MbRecording *self = user_data;
  const GstStructure *structure = gst_message_get_structure (message);
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error (message, &error, NULL);
    g_warning ("%s: %s", self->location, error->message);
    if (self->problem == NULL)
      self->problem = g_strdup (error->message);
    detach (self, mb_feed_remove_port);
    self->finishing = TRUE;
    stop (self);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    stop (self);
  } else if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || structure == NULL) {
    return G_SOURCE_CONTINUE;
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_OPENED)) {
    on_writer_opened (self, structure);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_CLOSED)) {
    on_writer_closed (self, structure);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_SIZE)) {
    on_writer_size (self, structure);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_DROPPED)) {
    tell_total (self, SIGNAL_REFUSED, structure, "refused", &self->n_refused_told);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_RTP_DROPPED)) {
    tell_total (self, SIGNAL_FLOODED, structure, "packets", &self->n_flooded_told);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_RTP_LOST)) {
    on_rtp_lost (self, structure, GST_MESSAGE_SRC (message));
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_LATE)) {
    on_writer_late (self, structure);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_WRITER_OVERRUN)) {
    on_writer_overrun (self, structure);
  } else if (gst_structure_has_name (structure, MB_MESSAGE_KEY_FRAME_WANTED)) {
    request_key_frames (self);
  }
  return G_SOURCE_CONTINUE;
}

static GstElement *
make_source (const MbTrack *track, GstElement *bin)
{
  GstElement *source = gst_element_factory_make (MB_ELEMENT_RTP_SRC, NULL);
  g_autoptr (GstCaps) caps = mb_track_make_caps (track);

  if (source == NULL)
    return NULL;
  g_object_set (source, MB_PROP_CAPS, caps, MB_PROP_AUDIO_LEVEL_ID, track->audio_level_id, NULL);
  gst_bin_add (GST_BIN (bin), source);
  return source;
}

static gboolean
add_track (MbRecording *self, MbTrack *track, gboolean keeps_corrupt, GError **error)
{
  const CodecRow *row = find_codec (track->codec);
  const char *pad = track->kind == MB_MEDIA_KIND_VIDEO ? MB_WRITER_PAD_VIDEO : MB_WRITER_PAD_AUDIO;
  g_autoptr (GstElement) depayloader = NULL;
  GstElement *source;
  GstElement *branch;
  MbRtpPort *port = NULL;

  if (row == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED, "%s cannot be recorded",
        mb_codec_get_name (track->codec));
    return FALSE;
  }
  branch = gst_parse_bin_from_description_full (
      row->branch, TRUE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (branch == NULL)
    return FALSE;
  depayloader = gst_bin_get_by_name (GST_BIN (branch), "depayloader");
  /* What refers to a picture that is missing is none; the receiver asks for a key frame meanwhile. */
  if (depayloader != NULL)
    g_object_set (depayloader, "wait-for-keyframe", !keeps_corrupt, NULL);
  gst_bin_add (GST_BIN (self->pipeline), branch);
  source = make_source (track, self->pipeline);
  if (source == NULL || !gst_element_link (source, branch) ||
      !gst_element_link_pads (branch, "src", self->writer, pad)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "the parts of the recording do not fit (%s)",
        row->branch);
    return FALSE;
  }
  g_object_get (source, MB_PROP_FEED, &port, NULL);
  g_ptr_array_add (self->sources, gst_object_ref (source));
  g_ptr_array_add (self->ports, mb_rtp_port_ref (port));
  return TRUE;
}

static gboolean
build (MbRecording *self, const MbRecordingConfig *config, GError **error)
{
  GstElement *writer = gst_element_factory_make (MB_ELEMENT_WRITER, NULL);
  const MbRecordingSplit *split = &config->split;

  if (writer == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_FAILED,
        "meshbot's own GStreamer plugin (libgstmeshbotrecord.so) is not found");
    return FALSE;
  }
  g_object_set (writer, MB_PROP_LOCATION, self->location, MB_PROP_SPLIT_DURATION,
      (guint64) split->duration_ms * GST_MSECOND, MB_PROP_SPLIT_BYTES, split->bytes, NULL);
  if (config->max_queue_bytes > 0)
    g_object_set (writer, MB_PROP_MAX_QUEUE_BYTES, config->max_queue_bytes, NULL);
  gst_bin_add (GST_BIN (self->pipeline), writer);
  self->writer = gst_object_ref (writer);
  for (guint i = 0; i < self->tracks->len; i++) {
    if (!add_track (self, g_ptr_array_index (self->tracks, i), config->keeps_corrupt, error))
      return FALSE;
  }
  return TRUE;
}

static const char *
choose_extension (GPtrArray *tracks)
{
  for (guint i = 0; i < tracks->len; i++) {
    const MbTrack *track = g_ptr_array_index (tracks, i);
    const CodecRow *row = find_codec (track->codec);

    if (row != NULL && g_strcmp0 (row->extension, "webm") != 0)
      return row->extension;
  }
  return "webm";
}

/**
 * mb_recording_new:
 * @tracks: (transfer none) (element-type MbTrack): what goes into the file together
 * @stem: the file's path without its extension; nothing of that name is there yet
 *
 * Returns: (transfer full): a recording that is under way; the file appears with its first frame.
 *   NULL where a codec cannot be recorded or an element is missing
 */
MbRecording *
mb_recording_new (
    GPtrArray *tracks, const char *stem, const MbRecordingConfig *config, GError **error)
{
  g_autoptr (MbRecording) self = g_object_new (MB_TYPE_RECORDING, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);

  for (guint i = 0; i < tracks->len; i++)
    g_ptr_array_add (self->tracks, mb_track_ref (g_ptr_array_index (tracks, i)));
  self->location = g_strdup_printf ("%s.%s", stem, choose_extension (tracks));
  if (!build (self, config, error))
    return NULL;
  self->bus_watch_id = gst_bus_add_watch (bus, on_bus_message, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    mb_feed_add_port (track->feed, g_ptr_array_index (self->ports, i));
  }
  request_key_frames (self);
  return g_steal_pointer (&self);
}

/**
 * mb_recording_set_without_video:
 *
 * Leaves pictures out, or lets them go on with their next key frame.
 */
void
mb_recording_set_without_video (MbRecording *self, gboolean without_video)
{
  g_object_set (self->writer, MB_PROP_WITHOUT_VIDEO, without_video, NULL);
}

/**
 * mb_recording_get_loudness:
 *
 * Returns: of its sound, dB; %MB_LOUDNESS_UNKNOWN where its packets do not say
 */
int
mb_recording_get_loudness (MbRecording *self)
{
  int loudest = MB_LOUDNESS_UNKNOWN;

  for (guint i = 0; i < self->sources->len; i++) {
    const MbTrack *track = g_ptr_array_index (self->tracks, i);
    int loudness = MB_LOUDNESS_UNKNOWN;

    if (track->audio_level_id != 0)
      g_object_get (g_ptr_array_index (self->sources, i), MB_PROP_LOUDNESS, &loudness, NULL);
    loudest = MAX (loudest, loudness);
  }
  return loudest;
}

/**
 * mb_recording_take_written:
 *
 * Returns: the bytes that it has written since this was last asked, all its files together
 */
guint64
mb_recording_take_written (MbRecording *self)
{
  guint64 written = 0;
  guint64 fresh;

  g_object_get (self->writer, MB_PROP_WRITTEN, &written, NULL);
  fresh = written - MIN (written, self->written_told);
  self->written_told += fresh;
  return fresh;
}

/**
 * mb_recording_has_track:
 *
 * Returns: TRUE where @track goes into this file and it is not being closed
 */
gboolean
mb_recording_has_track (MbRecording *self, const MbTrack *track)
{
  return !self->finishing && g_ptr_array_find (self->tracks, track, NULL);
}

/**
 * mb_recording_is_for:
 * @tracks: (nullable) (element-type MbTrack)
 *
 * Returns: TRUE where every track of this file is among @tracks
 */
gboolean
mb_recording_is_for (MbRecording *self, GPtrArray *tracks)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    if (tracks == NULL || !g_ptr_array_find (tracks, g_ptr_array_index (self->tracks, i), NULL))
      return FALSE;
  }
  return TRUE;
}

/**
 * mb_recording_get_location:
 *
 * Returns: the final name of the file under way
 */
const char *
mb_recording_get_location (MbRecording *self)
{
  return self->location;
}

static gint
compare_gaps (gconstpointer a, gconstpointer b)
{
  const MbRecordedGap *one = a;
  const MbRecordedGap *other = b;

  return (one->at_ms > other->at_ms) - (one->at_ms < other->at_ms);
}

/* In order, and each instant in one gap: a packet that is missing may be the reason of pictures that are. */
static void
join_gaps (GArray *gaps)
{
  guint n = 0;

  g_array_sort (gaps, compare_gaps);
  for (guint i = 0; i < gaps->len; i++) {
    const MbRecordedGap *gap = &g_array_index (gaps, MbRecordedGap, i);
    MbRecordedGap *last = n > 0 ? &g_array_index (gaps, MbRecordedGap, n - 1) : NULL;

    if (last != NULL && gap->at_ms < last->at_ms + last->duration_ms)
      last->duration_ms =
          MAX (last->at_ms + last->duration_ms, gap->at_ms + gap->duration_ms) - last->at_ms;
    else
      g_array_index (gaps, MbRecordedGap, n++) = *gap;
  }
  g_array_set_size (gaps, n);
}

static MbRecordedTrack *
describe_track (MbRecording *self, guint index)
{
  const MbTrack *track = g_ptr_array_index (self->tracks, index);
  gboolean is_video = track->kind == MB_MEDIA_KIND_VIDEO;
  MbRecordedTrack *described =
      mb_recorded_track_new (is_video ? "video" : "audio", mb_codec_get_name (track->codec));
  g_autoptr (GstStructure) account = NULL;
  const Past *past = index < self->past->len ? &g_array_index (self->past, Past, index) : NULL;

  g_object_get (g_ptr_array_index (self->sources, index), MB_PROP_ACCOUNT, &account, NULL);
  gst_structure_get (account, "packets", G_TYPE_UINT64, &described->n_packets, "lost",
      G_TYPE_UINT64, &described->n_lost, NULL);
  if (past != NULL) {
    described->n_packets -= past->n_packets;
    described->n_lost -= past->n_lost;
  }
  append_gaps (self, gst_structure_get_value (account, "gaps"), described->gaps);
  described->n_missing = self->n_missing[is_video];
  g_array_append_vals (
      described->gaps, self->missing_gaps[is_video]->data, self->missing_gaps[is_video]->len);
  join_gaps (described->gaps);
  if (is_video) {
    described->width = self->width;
    described->height = self->height;
    described->n_key_frames = self->n_key_frames;
  }
  return described;
}

/**
 * mb_recording_describe:
 * @file: told what is known by now of the file under way: after "opened" when it begins, after "split"
 *   and "closed" everything
 */
void
mb_recording_describe (MbRecording *self, MbRecordedFile *file)
{
  gint64 age_us = 0;

  if (GST_CLOCK_TIME_IS_VALID (self->zero)) {
    age_us = g_get_monotonic_time () - (gint64) (self->zero / GST_USECOND);
    if (file->zero_us == 0)
      file->zero_us = g_get_real_time () - age_us;
  }
  g_free (file->location);
  file->location = g_strdup (self->location);
  file->duration_ms = (gint64) (self->duration / GST_MSECOND);
  file->bytes = self->bytes;
  if (file->error == NULL)
    file->error = g_strdup (self->problem);
  g_ptr_array_set_size (file->tracks, 0);
  for (guint i = 0; i < self->sources->len; i++)
    g_ptr_array_add (file->tracks, describe_track (self, i));
}

static void
mb_recording_dispose (GObject *object)
{
  MbRecording *self = MB_RECORDING (object);

  g_clear_handle_id (&self->bus_watch_id, g_source_remove);
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->handle != NULL)
    mb_handle_clear (self->handle);
  if (self->pipeline != NULL && !self->stopping)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->writer);
  g_clear_object (&self->pipeline);
  g_clear_pointer (&self->handle, mb_handle_unref);
  G_OBJECT_CLASS (mb_recording_parent_class)->dispose (object);
}

static void
mb_recording_finalize (GObject *object)
{
  MbRecording *self = MB_RECORDING (object);

  g_ptr_array_unref (self->ports);
  g_ptr_array_unref (self->sources);
  g_ptr_array_unref (self->tracks);
  g_array_unref (self->past);
  g_array_unref (self->missing_gaps[0]);
  g_array_unref (self->missing_gaps[1]);
  g_free (self->location);
  g_free (self->problem);
  G_OBJECT_CLASS (mb_recording_parent_class)->finalize (object);
}

static void
mb_recording_class_init (MbRecordingClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_recording_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_recording_finalize;

  /**
   * MbRecording::opened:
   *
   * The first frames are in the file. Once for each.
   */
  signals[SIGNAL_OPENED] = g_signal_new (
      "opened", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * MbRecording::split:
   *
   * The file has its final name; the next one follows.
   */
  signals[SIGNAL_SPLIT] = g_signal_new (
      "split", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * MbRecording::closed:
   *
   * The file has its final name, or there is none. The handler may drop the recording.
   */
  signals[SIGNAL_CLOSED] = g_signal_new (
      "closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  /**
   * MbRecording::late:
   * @waited_ms: for how long the disk has taken nothing
   */
  signals[SIGNAL_LATE] = g_signal_new ("late", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * MbRecording::size:
   * @width: of pictures from about now on
   * @height: likewise
   */
  signals[SIGNAL_SIZE] = g_signal_new ("size", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_UINT);

  /**
   * MbRecording::loss:
   * @is_video: of which track
   * @n_packets: that did not come, in spite of having been asked for again
   */
  signals[SIGNAL_LOSS] = g_signal_new ("loss", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_BOOLEAN, G_TYPE_UINT64);

  /**
   * MbRecording::refused:
   * @n_frames: so far, that are no frames of their codec
   */
  signals[SIGNAL_REFUSED] = g_signal_new ("refused", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * MbRecording::flooded:
   * @n_packets: so far, that came faster than they could be taken apart
   */
  signals[SIGNAL_FLOODED] = g_signal_new ("flooded", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);

  /**
   * MbRecording::overrun:
   * @n_frames: that were dropped so far since the disk was too slow for them
   */
  signals[SIGNAL_OVERRUN] = g_signal_new ("overrun", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
      0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
}

static void
mb_recording_init (MbRecording *self)
{
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_track_unref);
  self->zero = GST_CLOCK_TIME_NONE;
  for (int i = 0; i < 2; i++)
    self->missing_gaps[i] = g_array_new (FALSE, FALSE, sizeof (MbRecordedGap));
  self->past = g_array_new (FALSE, TRUE, sizeof (Past));
  self->sources = g_ptr_array_new_with_free_func (gst_object_unref);
  self->ports = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_rtp_port_unref);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  self->handle = mb_handle_new (self);
}
