/* mb-av-file.c: what is in a recorded file, read to its end
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files may hold anything: no picture is decoded that is larger than a screen.
 */
#include "mb-av-file.h"

#include <errno.h>
#include <fcntl.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>
#include <unistd.h>

#include "mb-av-input.h"
#include "mb-av-io.h"
#include "mb-error.h"

#define MAX_TRACKS MB_AV_MAX_TRACKS
#define MAX_PIXELS (8192 * 4320)
#define FILE_MODE 0640
#define MS_BASE ((AVRational){1, 1000})

static void
track_free (gpointer data)
{
  MbAvTrack *self = data;

  g_checksum_free (self->digest);
  g_free (self);
}

static void
take_tracks (MbAvFile *self, const AVFormatContext *format)
{
  for (unsigned int i = self->tracks->len; i < format->nb_streams; i++) {
    const AVCodecParameters *parameters = format->streams[i]->codecpar;
    MbAvTrack *track = g_new0 (MbAvTrack, 1);

    track->is_video = parameters->codec_type == AVMEDIA_TYPE_VIDEO;
    track->codec = avcodec_get_name (parameters->codec_id);
    track->digest = g_checksum_new (G_CHECKSUM_SHA256);
    g_ptr_array_add (self->tracks, track);
  }
}

static void
take_packet (MbAvFile *self, const AVStream *stream, const AVPacket *packet)
{
  MbAvTrack *track = g_ptr_array_index (self->tracks, packet->stream_index);
  gint64 at_ms =
      packet->pts == AV_NOPTS_VALUE ? 0 : av_rescale_q (packet->pts, stream->time_base, MS_BASE);
  gint64 duration_ms = av_rescale_q (packet->duration, stream->time_base, MS_BASE);

  track->n_packets++;
  if ((packet->flags & AV_PKT_FLAG_KEY) != 0)
    track->n_key_frames++;
  track->end_ms = MAX (track->end_ms, at_ms + duration_ms);
  self->end_ms = MAX (self->end_ms, track->end_ms);
  g_checksum_update (track->digest, (const guchar *) &at_ms, sizeof at_ms);
  g_checksum_update (track->digest, packet->data, packet->size);
}

static AVCodecContext *
open_decoder (const AVStream *stream)
{
  const AVCodec *codec = avcodec_find_decoder (stream->codecpar->codec_id);
  AVCodecContext *decoder = codec != NULL ? avcodec_alloc_context3 (codec) : NULL;

  if (decoder == NULL)
    return NULL;
  decoder->thread_count = 1;
  decoder->max_pixels = MAX_PIXELS;
  decoder->pkt_timebase = stream->time_base;
  if (avcodec_parameters_to_context (decoder, stream->codecpar) < 0 ||
      avcodec_open2 (decoder, codec, NULL) < 0)
    avcodec_free_context (&decoder);
  return decoder;
}

static void
take_fault (MbAvTrack *track, int code)
{
  if (code >= 0 || code == AVERROR (EAGAIN) || code == AVERROR_EOF)
    return;
  if (track->n_faults++ == 0)
    av_strerror (code, track->fault, sizeof track->fault);
}

/* @packet: (nullable): NULL at the end */
static void
decode (AVCodecContext *decoder, const AVPacket *packet, AVFrame *frame, MbAvTrack *track)
{
  int code = avcodec_send_packet (decoder, packet);

  take_fault (track, code);
  while (code >= 0) {
    code = avcodec_receive_frame (decoder, frame);
    take_fault (track, code);
    if (code < 0)
      break;
    track->n_decoded++;
    track->width = (unsigned int) frame->width;
    track->height = (unsigned int) frame->height;
    av_frame_unref (frame);
  }
}

typedef struct {
  AVCodecContext *contexts[MAX_TRACKS]; /* (nullable) by track, made with its first packet */
  AVFrame *frame;
} Decoders;

static void
decode_packet (Decoders *self, const AVStream *stream, const AVPacket *packet, MbAvTrack *track)
{
  AVCodecContext **decoder = &self->contexts[packet->stream_index];

  if (*decoder == NULL)
    *decoder = open_decoder (stream);
  if (*decoder != NULL)
    decode (*decoder, packet, self->frame, track);
  else
    take_fault (track, AVERROR_DECODER_NOT_FOUND);
}

static void
read_packets (MbAvFile *self, MbAvInput *input, MbAvDepth depth)
{
  Decoders decoders = {.frame = av_frame_alloc ()};
  char text[AV_ERROR_MAX_STRING_SIZE] = "";
  int code;

  while ((code = av_read_frame (input->format, input->packet)) >= 0) {
    unsigned int index = (unsigned int) input->packet->stream_index;

    take_tracks (self, input->format);
    if (index < MAX_TRACKS) {
      take_packet (self, input->format->streams[index], input->packet);
      if (depth == MB_AV_DEPTH_FRAMES)
        decode_packet (&decoders, input->format->streams[index], input->packet,
            g_ptr_array_index (self->tracks, index));
    }
    av_packet_unref (input->packet);
  }
  if (code != AVERROR_EOF) {
    av_strerror (code, text, sizeof text);
    self->problem = g_strdup (text);
  }
  for (unsigned int i = 0; i < MAX_TRACKS; i++) {
    if (decoders.contexts[i] != NULL)
      decode (decoders.contexts[i], NULL, decoders.frame, g_ptr_array_index (self->tracks, i));
    avcodec_free_context (&decoders.contexts[i]);
  }
  av_frame_free (&decoders.frame);
}

/**
 * mb_av_file_read:
 *
 * Reads all of it; that takes a while.
 *
 * Returns: (transfer full): what is in it, even where it ends early; NULL with %MB_ERROR_FAILED
 *   where it cannot be opened or is no Matroska
 */
MbAvFile *
mb_av_file_read (const char *path, MbAvDepth depth, GError **error)
{
  g_auto (MbAvInput) input = {.fd = -1};
  MbAvFile *self;

  av_log_set_level (AV_LOG_QUIET);
  if (!mb_av_input_open (&input, path, error))
    return NULL;
  self = g_new0 (MbAvFile, 1);
  self->tracks = g_ptr_array_new_with_free_func (track_free);
  self->said_ms = -1;
  if (input.format == NULL) {
    self->problem = g_strdup ("it ends before its first frame");
    return self;
  }
  if (input.format->duration != AV_NOPTS_VALUE && input.format->duration > 0)
    self->said_ms = input.format->duration / (AV_TIME_BASE / 1000);
  take_tracks (self, input.format);
  read_packets (self, &input, depth);
  return self;
}

void
mb_av_file_free (MbAvFile *self)
{
  g_ptr_array_unref (self->tracks);
  g_free (self->problem);
  g_free (self);
}

/**
 * mb_av_file_has_same_packets:
 *
 * Returns: whether both have the same tracks with the same frames at the same times
 */
gboolean
mb_av_file_has_same_packets (const MbAvFile *self, const MbAvFile *other)
{
  if (self->tracks->len != other->tracks->len)
    return FALSE;
  for (guint i = 0; i < self->tracks->len; i++) {
    const MbAvTrack *one = g_ptr_array_index (self->tracks, i);
    const MbAvTrack *two = g_ptr_array_index (other->tracks, i);
    g_autoptr (GChecksum) first = g_checksum_copy (one->digest);
    g_autoptr (GChecksum) second = g_checksum_copy (two->digest);

    if (!g_str_equal (one->codec, two->codec) || one->n_packets != two->n_packets ||
        one->n_key_frames != two->n_key_frames ||
        !g_str_equal (g_checksum_get_string (first), g_checksum_get_string (second)))
      return FALSE;
  }
  return TRUE;
}

/* ---- copying ---- */

static gboolean
copy_tracks (const AVFormatContext *from, AVFormatContext *to, const char *path, GError **error)
{
  for (unsigned int i = 0; i < from->nb_streams; i++) {
    AVStream *stream = avformat_new_stream (to, NULL);
    int code = stream == NULL
                   ? AVERROR (ENOMEM)
                   : avcodec_parameters_copy (stream->codecpar, from->streams[i]->codecpar);

    if (code < 0)
      return mb_av_fail (path, code, error);
    stream->codecpar->codec_tag = 0;
    stream->time_base = from->streams[i]->time_base;
  }
  return TRUE;
}

static gboolean
copy_packets (MbAvInput *input, AVFormatContext *to, const char *path, GError **error)
{
  int code = avformat_write_header (to, NULL);

  while (code >= 0 && av_read_frame (input->format, input->packet) >= 0) {
    unsigned int index = (unsigned int) input->packet->stream_index;

    if (index < to->nb_streams) {
      if (input->packet->dts == AV_NOPTS_VALUE)
        input->packet->dts = input->packet->pts;
      av_packet_rescale_ts (
          input->packet, input->format->streams[index]->time_base, to->streams[index]->time_base);
      input->packet->pos = -1;
      code = av_write_frame (to, input->packet);
    }
    av_packet_unref (input->packet);
  }
  if (code >= 0)
    code = av_write_trailer (to);
  avio_flush (to->pb);
  if (code >= 0)
    code = to->pb->error;
  return code >= 0 || mb_av_fail (path, code, error);
}

/**
 * mb_av_file_copy:
 * @from: a file that may end early, or has neither index nor duration
 * @to: is not there yet
 *
 * Copies every whole frame of it, untouched and in the same order, into a new file that has both.
 * What is in @to after a failure is the caller's to remove.
 *
 * Returns: FALSE with %MB_ERROR_FAILED; TRUE once @to is on the disk
 */
gboolean
mb_av_file_copy (const char *from, const char *to, gboolean is_webm, GError **error)
{
  g_auto (MbAvInput) input = {.fd = -1};
  AVFormatContext *format = NULL;
  gboolean is_good;
  int fd;

  av_log_set_level (AV_LOG_QUIET);
  if (!mb_av_input_open (&input, from, error))
    return FALSE;
  if (input.format == NULL)
    return mb_av_fail (from, AVERROR_EOF, error);
  avformat_alloc_output_context2 (&format, NULL, is_webm ? "webm" : "matroska", NULL);
  if (format == NULL)
    return mb_av_fail (to, AVERROR_MUXER_NOT_FOUND, error);
  fd = open (to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (fd < 0) {
    avformat_free_context (format);
    return mb_av_fail (to, AVERROR (errno), error);
  }
  format->flags |= AVFMT_FLAG_CUSTOM_IO;
  format->pb = mb_av_io_new (fd, TRUE);
  is_good =
      copy_tracks (input.format, format, to, error) && copy_packets (&input, format, to, error);
  if (is_good && fsync (fd) != 0)
    is_good = mb_av_fail (to, AVERROR (errno), error);
  g_clear_pointer (&format->pb, mb_av_io_free);
  avformat_free_context (format);
  close (fd);
  return is_good;
}
