/* mb-writer.c: what is written of the frames of several tracks, and when; time is an argument
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file begins when every track has a frame, or a second after the first frame with what is
 * there; a track that comes later still records. Each tick writes what has come since the last one,
 * in the order of time, as one cluster. Owned by one thread, the writer's.
 *
 * A file that is long enough ends before a key frame, and the next begins with it. That frame waits
 * for one tick, so that the sound before it, which may come after it, is still in the old file.
 */
#include "mb-writer.h"

#include <string.h>

#include "mb-frame.h"
#include "mb-muxer.h"
#include "mb-writer-track.h"

#define OPEN_TIMEOUT_US G_USEC_PER_SEC
#define SYNC_INTERVAL_US G_USEC_PER_SEC
#define KEY_FRAME_NS (10 * GST_SECOND) /* no key frame for so long is too long */
#define NO_PICTURE_NS (2 * GST_SECOND) /* after which a file ends before any sound */

typedef struct {
  guint track;
  GstClockTime pts; /* running time; always valid */
  GstClockTime dts;
  GstClockTime duration; /* or GST_CLOCK_TIME_NONE */
  gint64 pts_ms;         /* in the file */
  gint64 dts_ms;
  gboolean is_key;
  GBytes *bytes; /* as the file has them */
} Frame;

struct _MbWriter {
  char *location;      /* as asked for; the file may differ in its extension */
  GArray *tracks;      /* (element-type MbWriterTrack) */
  GPtrArray *frames;   /* (element-type Frame) not written yet */
  MbMuxer *muxer;      /* (nullable) while open */
  char *file_location; /* (nullable) since it was opened */
  GstClockTime zero;   /* running time of the file's time zero */
  gint64 first_us;     /* when the first frame came; -1 means none */
  gint64 synced_us;
  gint64 end_ms;        /* in the file */
  guint64 n_key_frames; /* pictures in the file that need no other */
  guint64 n_bytes;      /* of a closed file */
  guint64 n_dropped;    /* frames */
  gboolean is_over;     /* finished or failed */

  GstClockTime split_duration; /* 0 means never */
  guint64 split_bytes;         /* likewise */
  unsigned int n_files;        /* that ended before this one */
  gboolean is_splitting;       /* the next tick ends the file */
  GstClockTime split_at;       /* running time of the next one's first frame */
  MbWriterFile *ended;         /* (nullable) nobody has asked for it yet */
};

static void
frame_free (gpointer data)
{
  Frame *self = data;

  g_bytes_unref (self->bytes);
  g_free (self);
}

/**
 * mb_writer_figures_clear:
 */
void
mb_writer_figures_clear (MbWriterFigures *figures)
{
  g_clear_pointer (&figures->gaps[0], g_array_unref);
  g_clear_pointer (&figures->gaps[1], g_array_unref);
}

void
mb_writer_file_free (MbWriterFile *self)
{
  mb_writer_figures_clear (&self->figures);
  g_free (self->location);
  g_free (self);
}

static MbWriterTrack *
get_track (const MbWriter *self, guint track)
{
  return &g_array_index (self->tracks, MbWriterTrack, track);
}

/**
 * mb_writer_new:
 * @location: the final name; its extension is made to fit the codecs
 *
 * Returns: (transfer full): a writer; nothing is on the disk before the first frames are
 */
MbWriter *
mb_writer_new (const char *location)
{
  MbWriter *self = g_new0 (MbWriter, 1);

  self->location = g_strdup (location);
  self->tracks = g_array_new (FALSE, TRUE, sizeof (MbWriterTrack));
  g_array_set_clear_func (self->tracks, mb_writer_track_clear);
  self->frames = g_ptr_array_new_with_free_func (frame_free);
  self->first_us = -1;
  return self;
}

/**
 * mb_writer_free:
 *
 * A file that was not finished stays as its `.part`.
 */
void
mb_writer_free (MbWriter *self)
{
  g_clear_pointer (&self->muxer, mb_muxer_free);
  g_ptr_array_unref (self->frames);
  g_array_unref (self->tracks);
  g_free (self->location);
  g_free (self->file_location);
  g_clear_pointer (&self->ended, mb_writer_file_free);
  g_free (self);
}

/**
 * mb_writer_set_split:
 * @duration: after which a file ends at the next key frame; 0 is never
 * @bytes: likewise
 *
 * Later files are called `NAME.2.webm`, `NAME.3.webm` and so on.
 */
void
mb_writer_set_split (MbWriter *self, GstClockTime duration, guint64 bytes)
{
  self->split_duration = duration;
  self->split_bytes = bytes;
}

/**
 * mb_writer_add_track:
 *
 * Returns: the number of the new track; they count from 0
 */
guint
mb_writer_add_track (MbWriter *self, gboolean is_video)
{
  MbWriterTrack track = {.is_video = is_video, .last_ms = -1, .last_dts = 0};

  g_array_append_val (self->tracks, track);
  return self->tracks->len - 1;
}

/**
 * mb_writer_set_caps:
 * @caps: what the track's frames are from here on. A change of size is fine; one of codec ends the
 *   track in this file, and its frames are dropped
 */
void
mb_writer_set_caps (MbWriter *self, guint track, const GstCaps *caps)
{
  mb_writer_track_set_caps (get_track (self, track), caps);
}

/**
 * mb_writer_lacks_caps:
 *
 * Returns: whether nothing is known of what the track holds
 */
gboolean
mb_writer_lacks_caps (const MbWriter *self, guint track)
{
  return get_track (self, track)->codec == MB_FRAME_CODEC_UNKNOWN;
}

/**
 * mb_writer_end_track:
 *
 * Nobody waits for its first frame any more.
 */
void
mb_writer_end_track (MbWriter *self, guint track)
{
  get_track (self, track)->has_ended = TRUE;
}

/**
 * mb_writer_miss:
 *
 * So many frames of the track have come and did not reach the writer: what follows comes after a gap.
 */
void
mb_writer_miss (MbWriter *self, guint track, guint n_frames)
{
  mb_writer_track_miss (get_track (self, track), n_frames);
}

/**
 * mb_writer_mark_gap:
 *
 * Something that never came is missing before the track's next frame; of pictures that is a gap.
 */
void
mb_writer_mark_gap (MbWriter *self, guint track)
{
  MbWriterTrack *target = get_track (self, track);

  target->is_after_gap = target->is_video;
}

/**
 * mb_writer_push:
 * @pts: running time; with @dts not valid either it is taken for that of the frame before
 * @now_us: monotonic
 *
 * Takes a frame, or drops and counts it: one before the first key frame, a malformed one, one that
 * comes after the end.
 */
void
mb_writer_push (MbWriter *self, guint track, GstBuffer *buffer, GstClockTime pts, GstClockTime dts,
    gint64 now_us)
{
  MbWriterTrack *target = get_track (self, track);
  g_autoptr (GBytes) bytes = NULL;
  MbFrameInfo info;
  Frame *frame;

  if (self->is_over || target->is_refused || target->codec == MB_FRAME_CODEC_UNKNOWN ||
      (self->muxer != NULL && !target->is_in_file)) {
    self->n_dropped++;
    return;
  }
  bytes = mb_writer_track_to_file_form (target, buffer);
  if (!mb_writer_track_accept (target, bytes, &info)) {
    self->n_dropped++;
    return;
  }
  if (!GST_CLOCK_TIME_IS_VALID (dts))
    dts = GST_CLOCK_TIME_IS_VALID (pts) ? pts : target->last_dts;
  if (!GST_CLOCK_TIME_IS_VALID (pts))
    pts = dts;
  mb_writer_track_resume (target, pts);
  target->last_dts = dts;
  if (info.is_key)
    target->last_key_dts = dts;
  if (self->first_us < 0)
    self->first_us = now_us;

  frame = g_new0 (Frame, 1);
  frame->track = track;
  frame->pts = pts;
  frame->dts = dts;
  frame->duration = GST_BUFFER_DURATION (buffer);
  frame->is_key = info.is_key;
  frame->bytes = g_steal_pointer (&bytes);
  g_ptr_array_add (self->frames, frame);
}

/**
 * mb_writer_wants_open:
 *
 * Returns: whether the next mb_writer_tick() makes the file. It is the last moment for
 *   mb_writer_set_caps() on tracks that lack them.
 */
gboolean
mb_writer_wants_open (const MbWriter *self, gint64 now_us)
{
  if (self->is_over || self->muxer != NULL || self->frames->len == 0)
    return FALSE;
  if (now_us - self->first_us >= OPEN_TIMEOUT_US)
    return TRUE;
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbWriterTrack *track = get_track (self, i);

    if (!track->has_begun && !track->has_ended)
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_full (const MbWriter *self)
{
  return self->split_bytes > 0 && mb_muxer_get_size (self->muxer) >= self->split_bytes;
}

static gboolean
is_split_due (const MbWriter *self)
{
  if (self->muxer == NULL || self->is_splitting)
    return FALSE;
  return is_full (self) ||
         (self->split_duration > 0 && mb_writer_get_duration (self) >= self->split_duration);
}

/* So that nobody has to go far back to see any instant of the file. */
static gboolean
is_key_due (const MbWriterTrack *track)
{
  return track->has_begun && !track->has_ended && track->last_dts > track->last_key_dts &&
         track->last_dts - track->last_key_dts >= KEY_FRAME_NS;
}

/**
 * mb_writer_wants_key_frame:
 *
 * Returns: whether frames of the track are dropped for want of a key frame, the file waits for
 *   one to end, or none has come for ten seconds
 */
gboolean
mb_writer_wants_key_frame (const MbWriter *self, guint track)
{
  const MbWriterTrack *target = get_track (self, track);

  return !self->is_over &&
         (target->wants_key || (target->is_video && (is_split_due (self) || is_key_due (target))));
}

static void
choose_zero (MbWriter *self)
{
  self->zero = GST_CLOCK_TIME_NONE;
  for (guint i = 0; i < self->frames->len; i++) {
    const Frame *frame = self->frames->pdata[i];

    self->zero = MIN (self->zero, MIN (frame->dts, frame->pts));
  }
}

/* `NAME.2.webm` for the second file. */
static char *
build_location (const MbWriter *self, const MbMuxerTrack *described)
{
  g_autofree char *first = mb_muxer_build_location (self->location, described, self->tracks->len);
  const char *dot = strrchr (first, '.');

  if (self->n_files == 0)
    return g_steal_pointer (&first);
  return g_strdup_printf ("%.*s.%u%s", (int) (dot - first), first, self->n_files + 1, dot);
}

static gboolean
open_file (MbWriter *self, gint64 now_us, GError **error)
{
  g_autofree MbMuxerTrack *described = g_new0 (MbMuxerTrack, self->tracks->len);

  for (guint i = 0; i < self->tracks->len; i++) {
    MbWriterTrack *track = get_track (self, i);

    /* What nobody has said is what nearly every browser sends. */
    if (track->codec == MB_FRAME_CODEC_UNKNOWN)
      track->codec = track->is_video ? MB_FRAME_CODEC_VP8 : MB_FRAME_CODEC_OPUS;
    mb_writer_track_describe (track, &described[i]);
    track->is_in_file = TRUE;
  }
  g_free (self->file_location);
  self->file_location = build_location (self, described);
  self->muxer = mb_muxer_new (self->file_location, described, self->tracks->len, error);
  for (guint i = 0; i < self->tracks->len; i++)
    g_clear_pointer (&described[i].codec_private, g_bytes_unref);
  choose_zero (self);
  self->synced_us = now_us;
  return self->muxer != NULL;
}

static gint64
to_file_ms (const MbWriter *self, GstClockTime time)
{
  return (GST_CLOCK_DIFF (self->zero, time) + (gint64) GST_MSECOND / 2) / (gint64) GST_MSECOND;
}

/* Times in the file rise on each track, whatever the sender's clock does. */
static void
place (MbWriter *self, Frame *frame)
{
  MbWriterTrack *track = get_track (self, frame->track);
  gint64 dts_ms = MAX (to_file_ms (self, frame->dts), track->last_ms + 1);
  gint64 duration_ms = 0;

  frame->dts_ms = track->last_ms = dts_ms;
  frame->pts_ms = MAX (to_file_ms (self, frame->pts), dts_ms);
  if (GST_CLOCK_TIME_IS_VALID (frame->duration))
    duration_ms = (gint64) (frame->duration / GST_MSECOND);
  self->end_ms = MAX (self->end_ms, frame->pts_ms + duration_ms);
}

static gint
compare_frames (gconstpointer a, gconstpointer b)
{
  const Frame *one = *(const Frame *const *) a;
  const Frame *other = *(const Frame *const *) b;

  return (one->dts_ms > other->dts_ms) - (one->dts_ms < other->dts_ms);
}

/* Returns: (transfer full) (element-type Frame): what belongs into the next file; on each track all
 * that comes after such a frame does, too */
static GPtrArray *
take_later (MbWriter *self, GstClockTime split_at)
{
  g_autoptr (GHashTable) reached = g_hash_table_new (NULL, NULL);
  GPtrArray *later = g_ptr_array_new_with_free_func (frame_free);

  for (guint i = 0; i < self->frames->len;) {
    Frame *frame = self->frames->pdata[i];
    gpointer track = GUINT_TO_POINTER (frame->track);

    if (frame->pts >= split_at || g_hash_table_contains (reached, track)) {
      g_hash_table_add (reached, track);
      g_ptr_array_add (later, g_ptr_array_steal_index (self->frames, i));
    } else {
      i++;
    }
  }
  return later;
}

static gboolean
write_frames (MbWriter *self, GError **error)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbWriterTrack *track = get_track (self, i);

    if (track->is_in_file && track->width > 0 &&
        !mb_muxer_set_size (self->muxer, i, track->width, track->height, error))
      return FALSE;
  }
  for (guint i = 0; i < self->frames->len; i++)
    place (self, self->frames->pdata[i]);
  g_ptr_array_sort (self->frames, compare_frames);

  for (guint i = 0; i < self->frames->len; i++) {
    const Frame *frame = self->frames->pdata[i];
    MbMuxerFrame out = {.track = frame->track,
        .pts_ms = frame->pts_ms,
        .dts_ms = frame->dts_ms,
        .is_key = frame->is_key};

    if (GST_CLOCK_TIME_IS_VALID (frame->duration))
      out.duration_ms = (gint64) (frame->duration / GST_MSECOND);
    out.data = g_bytes_get_data (frame->bytes, &out.size);
    if (!mb_muxer_write (self->muxer, &out, error))
      return FALSE;
    if (frame->is_key && get_track (self, frame->track)->is_video)
      self->n_key_frames++;
  }
  g_ptr_array_set_size (self->frames, 0);
  return mb_muxer_flush (self->muxer, error);
}

static void
close_file (MbWriter *self)
{
  if (self->muxer != NULL)
    self->n_bytes = mb_muxer_get_size (self->muxer);
  g_clear_pointer (&self->muxer, mb_muxer_free);
  self->n_dropped += self->frames->len;
  g_ptr_array_set_size (self->frames, 0);
  self->is_over = TRUE;
}

/* Without pictures for a while any sound may begin a file. */
static gboolean
has_pictures (const MbWriter *self)
{
  GstClockTime newest = 0;

  for (guint i = 0; i < self->tracks->len; i++)
    newest = MAX (newest, get_track (self, i)->last_dts);
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbWriterTrack *track = get_track (self, i);

    if (track->is_video && track->is_in_file && track->has_begun && !track->has_ended &&
        track->last_dts + NO_PICTURE_NS > newest)
      return TRUE;
  }
  return FALSE;
}

/* The first frame that may begin the next file, where this one is long enough by then. */
static gboolean
find_split (MbWriter *self)
{
  gboolean has_video = has_pictures (self);

  if (self->split_duration == 0 && self->split_bytes == 0)
    return FALSE;
  for (guint i = 0; i < self->frames->len; i++) {
    const Frame *frame = self->frames->pdata[i];
    gboolean is_long = self->split_duration > 0 && frame->pts > self->zero &&
                       frame->pts - self->zero >= self->split_duration;

    if ((!is_long && !is_full (self)) || frame->pts <= self->zero ||
        (has_video && !(frame->is_key && get_track (self, frame->track)->is_video)))
      continue;
    self->split_at = frame->pts;
    return TRUE;
  }
  return FALSE;
}

static void
begin_again (MbWriter *self)
{
  self->n_files++;
  self->n_key_frames = 0;
  self->end_ms = 0;
  for (guint i = 0; i < self->tracks->len; i++) {
    MbWriterTrack *track = get_track (self, i);

    track->last_ms = -1;
    track->n_missing = 0;
    if (track->gaps != NULL)
      g_array_set_size (track->gaps, 0);
  }
  for (guint i = self->frames->len; i > 0; i--) {
    const Frame *frame = self->frames->pdata[i - 1];
    MbWriterTrack *track = get_track (self, frame->track);
    MbFrameInfo info;
    gsize size;
    const guint8 *data = g_bytes_get_data (frame->bytes, &size);

    if (!track->is_video || !frame->is_key || !mb_frame_inspect (track->codec, data, size, &info))
      continue;
    track->width = 0;
    mb_writer_track_take_size (track, info.width, info.height);
  }
}

static gboolean
split_file (MbWriter *self, gint64 now_us, GError **error)
{
  g_autoptr (GPtrArray) later = take_later (self, self->split_at);

  self->is_splitting = FALSE;
  if (!write_frames (self, error) || !mb_muxer_finish (self->muxer, error))
    return FALSE;
  g_clear_pointer (&self->ended, mb_writer_file_free);
  self->ended = g_new0 (MbWriterFile, 1);
  self->ended->location = g_strdup (self->file_location);
  self->ended->bytes = mb_muxer_get_size (self->muxer);
  self->ended->duration = mb_writer_get_duration (self);
  mb_writer_get_figures (self, &self->ended->figures);
  g_clear_pointer (&self->muxer, mb_muxer_free);
  g_ptr_array_extend_and_steal (self->frames, g_steal_pointer (&later));
  begin_again (self);
  return open_file (self, now_us, error) && write_frames (self, error);
}

/* What has come, into this file and the next. */
static gboolean
write_or_split (MbWriter *self, gint64 now_us, GError **error)
{
  g_autoptr (GPtrArray) later = NULL;

  if (self->is_splitting)
    return split_file (self, now_us, error);
  if (!find_split (self))
    return write_frames (self, error);
  self->is_splitting = TRUE;
  later = take_later (self, self->split_at);
  if (!write_frames (self, error))
    return FALSE;
  g_ptr_array_extend_and_steal (self->frames, g_steal_pointer (&later));
  return TRUE;
}

/**
 * mb_writer_tick:
 * @now_us: monotonic
 *
 * Writes what has come, and once a second has it brought to the disk.
 *
 * Returns: FALSE with a %GST_RESOURCE_ERROR or %GST_STREAM_ERROR; the writer is over then, and what
 *   was written before plays
 */
gboolean
mb_writer_tick (MbWriter *self, gint64 now_us, GError **error)
{
  gboolean is_good = TRUE;

  if (mb_writer_wants_open (self, now_us))
    is_good = open_file (self, now_us, error);
  if (self->muxer == NULL && is_good)
    return TRUE;
  if (is_good && self->frames->len > 0)
    is_good = write_or_split (self, now_us, error);
  if (is_good && now_us - self->synced_us >= SYNC_INTERVAL_US) {
    self->synced_us = now_us;
    is_good = mb_muxer_sync (self->muxer, error);
  }
  if (!is_good)
    close_file (self);
  return is_good;
}

/**
 * mb_writer_finish:
 *
 * Writes the rest and gives the file its index, its duration and its name. Without a frame there
 * is no file.
 *
 * Returns: FALSE with an error as mb_writer_tick()
 */
gboolean
mb_writer_finish (MbWriter *self, GError **error)
{
  gboolean is_good = TRUE;

  if (self->is_over)
    return TRUE;
  if (self->muxer == NULL && self->frames->len > 0)
    is_good = open_file (self, self->first_us, error);
  if (is_good && self->is_splitting)
    is_good = split_file (self, self->synced_us, error);
  if (is_good && self->muxer != NULL)
    is_good = write_frames (self, error) && mb_muxer_finish (self->muxer, error);
  close_file (self);
  return is_good;
}

gboolean
mb_writer_is_open (const MbWriter *self)
{
  return self->muxer != NULL;
}

/**
 * mb_writer_get_location:
 *
 * Returns: the file's final name; before it was opened what was asked for
 */
const char *
mb_writer_get_location (const MbWriter *self)
{
  return self->file_location != NULL ? self->file_location : self->location;
}

guint64
mb_writer_get_bytes (const MbWriter *self)
{
  return self->muxer != NULL ? mb_muxer_get_size (self->muxer) : self->n_bytes;
}

/**
 * mb_writer_get_duration:
 *
 * Returns: from time zero to the end of the last frame
 */
GstClockTime
mb_writer_get_duration (const MbWriter *self)
{
  return (GstClockTime) self->end_ms * GST_MSECOND;
}

/**
 * mb_writer_get_zero:
 *
 * Returns: the running time of the file's time zero; %GST_CLOCK_TIME_NONE before it is open
 */
GstClockTime
mb_writer_get_zero (const MbWriter *self)
{
  return self->zero;
}

/**
 * mb_writer_get_figures:
 * @figures: (out caller-allocates): what is in the file; for mb_writer_figures_clear()
 */
void
mb_writer_get_figures (const MbWriter *self, MbWriterFigures *figures)
{
  *figures = (MbWriterFigures){.n_key_frames = self->n_key_frames};
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbWriterTrack *track = get_track (self, i);
    GArray **gaps = &figures->gaps[track->is_video];

    figures->n_missing[track->is_video] += track->n_missing;
    if (track->gaps != NULL && *gaps == NULL)
      *gaps = g_array_new (FALSE, FALSE, sizeof (MbWriterGap));
    if (track->gaps != NULL)
      g_array_append_vals (*gaps, track->gaps->data, track->gaps->len);
    if (!track->is_video)
      continue;
    figures->width = track->last_width;
    figures->height = track->last_height;
  }
}

/**
 * mb_writer_get_size:
 * @width: (out): of the newest picture, pixels; 0 where there is none
 */
void
mb_writer_get_size (const MbWriter *self, unsigned int *width, unsigned int *height)
{
  *width = *height = 0;
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbWriterTrack *track = get_track (self, i);

    if (track->is_video && track->last_width > 0) {
      *width = track->last_width;
      *height = track->last_height;
    }
  }
}

/**
 * mb_writer_get_refused:
 *
 * Returns: frames that are not in the file since they are none of the codec: broken headers, no size
 */
guint64
mb_writer_get_refused (const MbWriter *self)
{
  guint64 n_refused = 0;

  for (guint i = 0; i < self->tracks->len; i++)
    n_refused += get_track (self, i)->n_refused;
  return n_refused;
}

/**
 * mb_writer_get_dropped:
 *
 * Returns: frames that are not in the file
 */
guint64
mb_writer_get_dropped (const MbWriter *self)
{
  return self->n_dropped;
}

/**
 * mb_writer_take_ended:
 *
 * Returns: (transfer full) (nullable): the file that has ended since this was last asked, because
 *   it was long enough. Asked after each tick and after the end none is missed
 */
MbWriterFile *
mb_writer_take_ended (MbWriter *self)
{
  return g_steal_pointer (&self->ended);
}
