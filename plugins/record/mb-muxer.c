/* mb-muxer.c: encoded frames into WebM or Matroska that plays whenever the process ends
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libavformat knows the container; this knows when bytes go to the disk: what it gives is gathered
 * until a cluster has ended, and then written at once, so that the file ends with a whole cluster
 * at any moment. Nothing waits for a track: frames are written in the order in which they come.
 */
#include "mb-muxer.h"

#include <libavformat/avformat.h>
#include <string.h>

#include "mb-part-file.h"

#define AVIO_BUFFER_SIZE 32768
#define MS_BASE ((AVRational){1, 1000})
#define OPUS_RATE 48000
#define WEBM ".webm"
#define MATROSKA ".mkv"
/* What a picture whose size is not known yet is declared as: both take two bytes, so that the real
 * size can be written over them. */
#define PLACEHOLDER_WIDTH 1280
#define PLACEHOLDER_HEIGHT 720

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t AvioByte;
#else
typedef uint8_t AvioByte;
#endif

typedef struct {
  unsigned int width; /* pixels; as they are to stand in the header */
  unsigned int height;
  guint64 width_at; /* where the two bytes of the width are in the file; 0 means final */
  guint64 height_at;
} TrackSize;

struct _MbMuxer {
  MbPartFile *file;
  AVFormatContext *format;
  AVPacket *packet;
  GArray *sizes; /* (element-type TrackSize) by track */

  GByteArray *gathered; /* not in the file yet */
  guint64 gathered_at;  /* where it goes */
  guint64 position;     /* of libavformat's next byte */
  GError *failure;      /* (nullable) the disk's first refusal, seen inside a callback */
};

static gboolean
commit (MbMuxer *self)
{
  if (self->failure == NULL && self->gathered->len > 0)
    mb_part_file_write (
        self->file, self->gathered_at, self->gathered->data, self->gathered->len, &self->failure);
  self->gathered_at += self->gathered->len;
  g_byte_array_set_size (self->gathered, 0);
  return self->failure == NULL;
}

static int
on_avio_write (void *opaque, AvioByte *data, int size)
{
  MbMuxer *self = opaque;

  if (self->position != self->gathered_at + self->gathered->len) {
    if (!commit (self))
      return AVERROR (EIO);
    self->gathered_at = self->position;
  }
  g_byte_array_append (self->gathered, data, (guint) size);
  self->position += (guint64) size;
  return size;
}

static int64_t
on_avio_seek (void *opaque, int64_t offset, int whence)
{
  MbMuxer *self = opaque;
  guint64 end = MAX (mb_part_file_get_size (self->file), self->gathered_at + self->gathered->len);

  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE)
    return (int64_t) end;
  if (whence == SEEK_CUR)
    offset += (int64_t) self->position;
  else if (whence == SEEK_END)
    offset += (int64_t) end;
  if (offset < 0)
    return AVERROR (EINVAL);
  self->position = (guint64) offset;
  return offset;
}

/* Always FALSE: for `return fail (…)`. */
static gboolean
fail (MbMuxer *self, int code, GError **error)
{
  char text[AV_ERROR_MAX_STRING_SIZE] = "";

  if (self->failure != NULL) {
    if (error != NULL)
      *error = g_error_copy (self->failure);
    return FALSE;
  }
  av_strerror (code, text, sizeof text);
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_MUX, "cannot write %s: %s",
      mb_part_file_get_location (self->file), text);
  return FALSE;
}

static enum AVCodecID
get_codec_id (MbFrameCodec codec)
{
  switch (codec) {
  case MB_FRAME_CODEC_VP8:
    return AV_CODEC_ID_VP8;
  case MB_FRAME_CODEC_VP9:
    return AV_CODEC_ID_VP9;
  case MB_FRAME_CODEC_H264:
    return AV_CODEC_ID_H264;
  case MB_FRAME_CODEC_OPUS:
    return AV_CODEC_ID_OPUS;
  case MB_FRAME_CODEC_UNKNOWN:
    break;
  }
  return AV_CODEC_ID_NONE;
}

static void
add_track (MbMuxer *self, const MbMuxerTrack *track)
{
  AVStream *stream = avformat_new_stream (self->format, NULL);
  AVCodecParameters *parameters = stream->codecpar;
  gboolean is_known = track->width > 0 && track->height > 0;
  TrackSize size = {track->width, track->height, 0, 0};

  stream->time_base = MS_BASE;
  parameters->codec_id = get_codec_id (track->codec);
  if (track->codec == MB_FRAME_CODEC_OPUS) {
    parameters->codec_type = AVMEDIA_TYPE_AUDIO;
    parameters->sample_rate = OPUS_RATE;
    av_channel_layout_default (&parameters->ch_layout, (int) track->channels);
  } else {
    parameters->codec_type = AVMEDIA_TYPE_VIDEO;
    parameters->width = is_known ? (int) track->width : PLACEHOLDER_WIDTH;
    parameters->height = is_known ? (int) track->height : PLACEHOLDER_HEIGHT;
  }
  if (track->codec_private != NULL) {
    gsize length;
    const void *data = g_bytes_get_data (track->codec_private, &length);

    parameters->extradata = av_mallocz (length + AV_INPUT_BUFFER_PADDING_SIZE);
    memcpy (parameters->extradata, data, length);
    parameters->extradata_size = (int) length;
  }
  g_array_append_val (self->sizes, size);
}

/* The header is in `gathered` from its first byte. The n-th placeholder is the n-th such track's. */
static void
find_placeholders (MbMuxer *self)
{
  static const guint8 WIDTH[] = {0xb0, 0x82, PLACEHOLDER_WIDTH >> 8, PLACEHOLDER_WIDTH & 0xff};
  static const guint8 HEIGHT[] = {0xba, 0x82, PLACEHOLDER_HEIGHT >> 8, PLACEHOLDER_HEIGHT & 0xff};
  const guint8 *data = self->gathered->data;
  gsize at = 0;

  for (guint i = 0; i < self->sizes->len; i++) {
    TrackSize *size = &g_array_index (self->sizes, TrackSize, i);

    if (self->format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_VIDEO || size->width > 0)
      continue;
    for (; at + sizeof WIDTH + sizeof HEIGHT <= self->gathered->len; at++) {
      if (memcmp (data + at, WIDTH, sizeof WIDTH) == 0 &&
          memcmp (data + at + sizeof WIDTH, HEIGHT, sizeof HEIGHT) == 0) {
        size->width_at = at + 2;
        size->height_at = at + sizeof WIDTH + 2;
        at += sizeof WIDTH + sizeof HEIGHT;
        break;
      }
    }
  }
}

static gboolean
write_header (MbMuxer *self, GError **error)
{
  AVDictionary *options = NULL;
  int status;

  /* Sizes may be written over later, which a checksum would not survive. */
  av_dict_set (&options, "write_crc32", "0", 0);
  status = avformat_write_header (self->format, &options);
  av_dict_free (&options);
  if (status < 0)
    return fail (self, status, error);
  avio_flush (self->format->pb);
  find_placeholders (self);
  return TRUE;
}

/**
 * mb_muxer_build_location:
 * @location: a name with or without an extension
 *
 * Returns: (transfer full): @location with an extension that is true for @tracks: `.mkv` instead
 *   of `.webm` where WebM cannot hold one of them; one of the two where it had neither
 */
char *
mb_muxer_build_location (const char *location, const MbMuxerTrack *tracks, guint n_tracks)
{
  gboolean needs_matroska = FALSE;

  for (guint i = 0; i < n_tracks; i++)
    needs_matroska = needs_matroska || tracks[i].codec == MB_FRAME_CODEC_H264;
  if (g_str_has_suffix (location, MATROSKA))
    return g_strdup (location);
  if (!g_str_has_suffix (location, WEBM))
    return g_strconcat (location, needs_matroska ? MATROSKA : WEBM, NULL);
  if (!needs_matroska)
    return g_strdup (location);
  return g_strdup_printf ("%.*s" MATROSKA, (int) (strlen (location) - strlen (WEBM)), location);
}

/**
 * mb_muxer_new:
 * @location: the final name; WebM where it says so, else Matroska
 * @tracks: all that the file will ever have; their codecs are known
 *
 * Returns: (transfer full): a muxer with an open file; NULL with a %GST_RESOURCE_ERROR or
 *   %GST_STREAM_ERROR, no file left behind
 */
MbMuxer *
mb_muxer_new (const char *location, const MbMuxerTrack *tracks, guint n_tracks, GError **error)
{
  gboolean is_webm = g_str_has_suffix (location, WEBM);
  MbPartFile *file = mb_part_file_new (location, error);
  g_autoptr (MbMuxer) self = NULL;

  if (file == NULL)
    return NULL;
  self = g_new0 (MbMuxer, 1);
  self->file = file;
  self->gathered = g_byte_array_new ();
  self->sizes = g_array_new (FALSE, TRUE, sizeof (TrackSize));
  self->packet = av_packet_alloc ();
  avformat_alloc_output_context2 (&self->format, NULL, is_webm ? "webm" : "matroska", NULL);
  if (self->format == NULL) {
    fail (self, AVERROR_MUXER_NOT_FOUND, error);
    return NULL;
  }
  self->format->flags |= AVFMT_FLAG_CUSTOM_IO;
  self->format->pb = avio_alloc_context (
      av_malloc (AVIO_BUFFER_SIZE), AVIO_BUFFER_SIZE, 1, self, NULL, on_avio_write, on_avio_seek);
  for (guint i = 0; i < n_tracks; i++)
    add_track (self, &tracks[i]);
  if (!write_header (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * mb_muxer_free:
 *
 * What was not finished stays as it is, less what was not flushed.
 */
void
mb_muxer_free (MbMuxer *self)
{
  if (self->format != NULL) {
    if (self->format->pb != NULL) {
      /* libavformat must not write on its way out. */
      self->format->pb->write_packet = NULL;
      av_freep (&self->format->pb->buffer);
      avio_context_free (&self->format->pb);
    }
    avformat_free_context (self->format);
  }
  av_packet_free (&self->packet);
  g_clear_pointer (&self->file, mb_part_file_free);
  g_byte_array_unref (self->gathered);
  g_array_unref (self->sizes);
  g_clear_error (&self->failure);
  g_free (self);
}

/**
 * mb_muxer_write:
 *
 * Nothing reaches the disk before mb_muxer_flush(), unless a cluster gets long.
 */
gboolean
mb_muxer_write (MbMuxer *self, const MbMuxerFrame *frame, GError **error)
{
  AVStream *stream = self->format->streams[frame->track];
  int status = av_new_packet (self->packet, (int) frame->size);

  if (status < 0)
    return fail (self, status, error);
  memcpy (self->packet->data, frame->data, frame->size);
  self->packet->stream_index = (int) frame->track;
  self->packet->pts = frame->pts_ms;
  self->packet->dts = frame->dts_ms;
  self->packet->duration = frame->duration_ms;
  self->packet->flags = frame->is_key ? AV_PKT_FLAG_KEY : 0;
  av_packet_rescale_ts (self->packet, MS_BASE, stream->time_base);
  status = av_write_frame (self->format, self->packet);
  av_packet_unref (self->packet);
  return status >= 0 || fail (self, status, error);
}

static gboolean
write_size (MbMuxer *self, const TrackSize *size, GError **error)
{
  guint16 width = GUINT16_TO_BE ((guint16) size->width);
  guint16 height = GUINT16_TO_BE ((guint16) size->height);

  if (size->width_at == 0 || size->width == 0)
    return TRUE;
  return mb_part_file_write (self->file, size->width_at, &width, sizeof width, error) &&
         mb_part_file_write (self->file, size->height_at, &height, sizeof height, error);
}

/**
 * mb_muxer_set_size:
 * @width: pixels, 1 to 65535
 *
 * Says the size of a track that had none when the header was written. Later calls change nothing:
 * pictures may change size at any time, the header has the first.
 */
gboolean
mb_muxer_set_size (
    MbMuxer *self, guint track, unsigned int width, unsigned int height, GError **error)
{
  TrackSize *size = &g_array_index (self->sizes, TrackSize, track);

  if (size->width > 0 || size->width_at == 0)
    return TRUE;
  if (!mb_muxer_flush (self, error))
    return FALSE;
  size->width = width;
  size->height = height;
  return write_size (self, size, error);
}

/**
 * mb_muxer_flush:
 *
 * Ends the cluster and hands it to the system with one write.
 */
gboolean
mb_muxer_flush (MbMuxer *self, GError **error)
{
  int status = av_write_frame (self->format, NULL);

  avio_flush (self->format->pb);
  if (status < 0 || !commit (self))
    return fail (self, status, error);
  return TRUE;
}

/**
 * mb_muxer_sync:
 *
 * Has what was flushed brought to the disk; see mb_part_file_sync().
 */
gboolean
mb_muxer_sync (MbMuxer *self, GError **error)
{
  return mb_part_file_sync (self->file, error);
}

/**
 * mb_muxer_finish:
 *
 * Writes index and duration and gives the file its final name.
 */
gboolean
mb_muxer_finish (MbMuxer *self, GError **error)
{
  int status;

  /* The clusters first: whatever happens to the index, they are there. */
  if (!mb_muxer_flush (self, error))
    return FALSE;
  status = av_write_trailer (self->format);
  avio_flush (self->format->pb);
  if (status < 0 || !commit (self))
    return fail (self, status, error);
  for (guint i = 0; i < self->sizes->len; i++) {
    if (!write_size (self, &g_array_index (self->sizes, TrackSize, i), error))
      return FALSE;
  }
  return mb_part_file_finish (self->file, error);
}

/**
 * mb_muxer_get_size:
 *
 * Returns: bytes in the file
 */
guint64
mb_muxer_get_size (const MbMuxer *self)
{
  return mb_part_file_get_size (self->file);
}

/**
 * mb_muxer_get_location:
 *
 * Returns: the final name
 */
const char *
mb_muxer_get_location (const MbMuxer *self)
{
  return mb_part_file_get_location (self->file);
}
