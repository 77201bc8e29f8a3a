/* mb-av-merge.c: many recorded files as the tracks of one
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames are copied as they are, in the order of time, each file moved by its offset. A file that
 * goes on where another of the same owner has ended goes on in its tracks, if they are of one codec
 * and one setup; else it has tracks of its own.
 */
#include "mb-av-merge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mb-av-input.h"
#include "mb-av-io.h"
#include "mb-error.h"

#define FILE_MODE 0640
#define MS_BASE ((AVRational){1, 1000})
#define MAX_WHOLE_TRACKS 126 /* numbers that take one byte in a block */

/* One file, and its next frame. */
typedef struct {
  const MbAvPart *part;
  MbAvInput input;
  int tracks[MB_AV_MAX_TRACKS]; /* of the whole, by stream */
  gint64 next_ms;               /* G_MAXINT64 means no more */
} Source;

/* A track of the whole. */
typedef struct {
  const char *owner; /* not owned */
  gint64 end_ms;     /* of the files that are in it, as they say */
  gint64 last_ms;    /* of the last frame written; -1 means none */
} Track;

typedef struct {
  const char *path;
  int fd;
  AVFormatContext *format;
  GPtrArray *sources; /* (element-type Source) by offset */
  GArray *tracks;     /* (element-type Track) */
  MbAvMerged merged;
} Merge;

void
mb_av_part_free (MbAvPart *self)
{
  g_free (self->path);
  g_free (self->owner);
  g_free (self->title);
  g_free (self);
}

static void
source_free (gpointer data)
{
  Source *self = data;

  mb_av_input_close (&self->input);
  g_free (self);
}

static void
merge_clear (Merge *self)
{
  if (self->format != NULL) {
    g_clear_pointer (&self->format->pb, mb_av_io_free);
    g_clear_pointer (&self->format, avformat_free_context);
  }
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->tracks, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Merge, merge_clear)

static gboolean
has_same_setup (const AVCodecParameters *one, const AVCodecParameters *two)
{
  return one->codec_id == two->codec_id && one->extradata_size == two->extradata_size &&
         (one->extradata_size == 0 ||
             memcmp (one->extradata, two->extradata, (gsize) one->extradata_size) == 0);
}

static gint64
get_end_ms (const Source *source)
{
  gint64 duration = source->input.format->duration;

  /* A file without an index does not say when it ends, so nothing goes on behind it. */
  if (duration == AV_NOPTS_VALUE || duration <= 0)
    return G_MAXINT64;
  return source->part->offset_ms + duration / (AV_TIME_BASE / 1000);
}

static int
find_track (const Merge *self, const Source *source, const AVCodecParameters *parameters)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    const Track *track = &g_array_index (self->tracks, Track, i);
    gboolean is_taken = track->end_ms > source->part->offset_ms;

    if (!is_taken && g_str_equal (track->owner, source->part->owner) &&
        has_same_setup (self->format->streams[i]->codecpar, parameters))
      return (int) i;
  }
  return -1;
}

static gboolean
add_track (Merge *self, const Source *source, const AVCodecParameters *parameters, GError **error)
{
  AVStream *stream = avformat_new_stream (self->format, NULL);
  Track track = {.owner = source->part->owner, .last_ms = -1};
  int code =
      stream != NULL ? avcodec_parameters_copy (stream->codecpar, parameters) : AVERROR (ENOMEM);

  if (code < 0)
    return mb_av_fail (self->path, code, error);
  stream->codecpar->codec_tag = 0;
  stream->time_base = MS_BASE;
  av_dict_set (&stream->metadata, "title", source->part->title, 0);
  g_array_append_val (self->tracks, track);
  return TRUE;
}

static gboolean
add_tracks (Merge *self, Source *source, GError **error)
{
  const AVFormatContext *format = source->input.format;

  for (unsigned int i = 0; i < format->nb_streams && i < MB_AV_MAX_TRACKS; i++) {
    const AVCodecParameters *parameters = format->streams[i]->codecpar;
    int at = find_track (self, source, parameters);

    if (at < 0 && self->tracks->len == MAX_WHOLE_TRACKS) {
      g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: more than %d tracks do not fit into it",
          self->path, MAX_WHOLE_TRACKS);
      return FALSE;
    }
    if (at < 0 && !add_track (self, source, parameters, error))
      return FALSE;
    source->tracks[i] = at < 0 ? (int) self->tracks->len - 1 : at;
    g_array_index (self->tracks, Track, source->tracks[i]).end_ms = G_MAXINT64;
  }
  for (unsigned int i = 0; i < format->nb_streams && i < MB_AV_MAX_TRACKS; i++)
    g_array_index (self->tracks, Track, source->tracks[i]).end_ms = get_end_ms (source);
  return TRUE;
}

/* Its next frame; what is no frame of a known stream is stepped over. */
static void
step (Source *self)
{
  AVPacket *packet = self->input.packet;
  const AVFormatContext *format = self->input.format;

  self->next_ms = G_MAXINT64;
  for (;;) {
    av_packet_unref (packet);
    if (av_read_frame (self->input.format, packet) < 0)
      return;
    if (packet->pts != AV_NOPTS_VALUE && packet->stream_index < MB_AV_MAX_TRACKS)
      break;
  }
  if (packet->dts == AV_NOPTS_VALUE)
    packet->dts = packet->pts;
  av_packet_rescale_ts (packet, format->streams[packet->stream_index]->time_base, MS_BASE);
  packet->dts += self->part->offset_ms;
  packet->pts += self->part->offset_ms;
  self->next_ms = packet->dts;
}

static gboolean
open_parts (Merge *self, const GPtrArray *parts, GError **error)
{
  for (guint i = 0; i < parts->len; i++) {
    Source *source = g_new0 (Source, 1);

    source->part = g_ptr_array_index (parts, i);
    source->input.fd = -1;
    g_ptr_array_add (self->sources, source);
    if (!mb_av_input_open (&source->input, source->part->path, error))
      return FALSE;
    source->next_ms = G_MAXINT64;
    if (source->input.format == NULL)
      continue;
    if (!add_tracks (self, source, error))
      return FALSE;
    step (source);
  }
  if (self->tracks->len > 0)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: there is nothing to put into it", self->path);
  return FALSE;
}

static Source *
find_next (const Merge *self)
{
  Source *found = NULL;

  for (guint i = 0; i < self->sources->len; i++) {
    Source *source = g_ptr_array_index (self->sources, i);

    if (source->next_ms != G_MAXINT64 && (found == NULL || source->next_ms < found->next_ms))
      found = source;
  }
  return found;
}

static int
write_next (Merge *self, Source *source)
{
  AVPacket *packet = source->input.packet;
  int at = source->tracks[packet->stream_index];
  Track *track = &g_array_index (self->tracks, Track, at);
  int code;

  /* Where one file gives way to the next their times may touch. */
  packet->dts = MAX (packet->dts, track->last_ms + 1);
  packet->pts = MAX (packet->pts, packet->dts);
  track->last_ms = packet->dts;
  packet->stream_index = at;
  packet->pos = -1;
  self->merged.n_packets++;
  self->merged.duration_ms = MAX (self->merged.duration_ms, packet->pts + packet->duration);
  av_packet_rescale_ts (packet, MS_BASE, self->format->streams[at]->time_base);
  code = av_write_frame (self->format, packet);
  step (source);
  return code;
}

static gboolean
write_all (Merge *self, GError **error)
{
  int code = avformat_write_header (self->format, NULL);
  Source *source;

  while (code >= 0 && (source = find_next (self)) != NULL)
    code = write_next (self, source);
  if (code >= 0)
    code = av_write_trailer (self->format);
  avio_flush (self->format->pb);
  if (code >= 0)
    code = self->format->pb->error;
  if (code >= 0 && fsync (self->fd) != 0)
    code = AVERROR (errno);
  return code >= 0 || mb_av_fail (self->path, code, error);
}

/**
 * mb_av_merge:
 * @parts: (element-type MbAvPart): in the order of their offsets
 * @to: is not there yet; Matroska
 * @merged: (out): what has become of them
 *
 * What is in @to after a failure is the caller's to remove.
 *
 * Returns: FALSE with %MB_ERROR_FAILED; TRUE once @to is on the disk
 */
gboolean
mb_av_merge (const GPtrArray *parts, const char *to, MbAvMerged *merged, GError **error)
{
  g_auto (Merge) self = {.path = to, .fd = -1};

  av_log_set_level (AV_LOG_QUIET);
  self.sources = g_ptr_array_new_with_free_func (source_free);
  self.tracks = g_array_new (FALSE, TRUE, sizeof (Track));
  avformat_alloc_output_context2 (&self.format, NULL, "matroska", NULL);
  if (self.format == NULL)
    return mb_av_fail (to, AVERROR_MUXER_NOT_FOUND, error);
  if (!open_parts (&self, parts, error))
    return FALSE;
  self.fd = open (to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (self.fd < 0)
    return mb_av_fail (to, AVERROR (errno), error);
  self.format->flags |= AVFMT_FLAG_CUSTOM_IO;
  self.format->pb = mb_av_io_new (self.fd, TRUE);
  if (!write_all (&self, error))
    return FALSE;
  self.merged.n_tracks = self.tracks->len;
  *merged = self.merged;
  return TRUE;
}
