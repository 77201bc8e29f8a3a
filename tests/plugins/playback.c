/* playback.c: reads and decodes a whole file, and says what is in it and what went wrong
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "playback.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <string.h>

static gint n_logged; /* atomic */

static void
on_log (void *object, int level, const char *format, va_list arguments)
{
  if (level > AV_LOG_ERROR)
    return;
  g_atomic_int_inc (&n_logged);
  g_autofree char *text = g_strdup_vprintf (format, arguments);
  g_test_message ("libav: %s", g_strchomp (text));
}

static AVCodecContext *
open_decoder (const AVStream *stream)
{
  const AVCodec *codec = avcodec_find_decoder (stream->codecpar->codec_id);
  AVCodecContext *decoder = avcodec_alloc_context3 (codec);

  decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CAREFUL;
  decoder->thread_count = 1;
  avcodec_parameters_to_context (decoder, stream->codecpar);
  g_assert_cmpint (avcodec_open2 (decoder, codec, NULL), ==, 0);
  return decoder;
}

static void
decode (AVCodecContext *decoder, const AVPacket *packet, PlaybackTrack *track, guint *n_errors)
{
  AVFrame *frame = av_frame_alloc ();

  if (avcodec_send_packet (decoder, packet) < 0)
    (*n_errors)++;
  while (avcodec_receive_frame (decoder, frame) == 0) {
    track->n_frames++;
    track->decoded_width = frame->width;
  }
  av_frame_free (&frame);
}

static void
take_packet (PlaybackTrack *track, const AVStream *stream, const AVPacket *packet)
{
  gint64 ms = av_rescale_q (packet->pts, stream->time_base, (AVRational){1, 1000});

  if (track->n_packets == 0) {
    track->first_ms = ms;
  } else {
    g_assert_cmpint (ms, >, track->last_ms);
    track->longest_gap_ms = MAX (track->longest_gap_ms, ms - track->last_ms);
  }
  track->last_ms = ms;
  track->n_packets++;
}

static void
read_tracks (AVFormatContext *format, Playback *playback)
{
  for (guint i = 0; i < playback->n_tracks; i++) {
    const AVCodecParameters *parameters = format->streams[i]->codecpar;
    PlaybackTrack *track = &playback->tracks[i];

    track->codec = avcodec_get_name (parameters->codec_id);
    track->is_video = parameters->codec_type == AVMEDIA_TYPE_VIDEO;
    track->width = parameters->width;
    track->height = parameters->height;
  }
}

/* What libavformat does not tell: the kind of container, and whether there are Cues. */
static void
read_bytes (const char *path, Playback *playback)
{
  static const guint8 CUES[] = {0x1c, 0x53, 0xbb, 0x6b};
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  playback->is_webm = memmem (data, MIN (size, 64), "webm", 4) != NULL;
  /* The first stands in the table of contents, which a finished file has. */
  playback->has_index = size > 4096 && memmem (data, 4096, CUES, sizeof CUES) != NULL &&
                        memmem (data + 4096, size - 4096, CUES, sizeof CUES) != NULL;
}

/**
 * playback_read:
 *
 * Asserts that it is a file whose times rise on each track; what else is wrong is counted.
 */
void
playback_read (const char *path, Playback *playback)
{
  AVFormatContext *format = NULL;
  AVCodecContext *decoders[PLAYBACK_MAX_TRACKS] = {NULL};
  AVPacket *packet = av_packet_alloc ();
  int status;

  av_log_set_callback (on_log);
  g_atomic_int_set (&n_logged, 0);
  *playback = (Playback){.duration_ms = -1};
  read_bytes (path, playback);
  g_assert_cmpint (avformat_open_input (&format, path, NULL, NULL), ==, 0);
  if (format->duration != AV_NOPTS_VALUE && format->duration > 0)
    playback->duration_ms = format->duration / (AV_TIME_BASE / 1000);
  playback->n_tracks = format->nb_streams;
  g_assert_cmpuint (playback->n_tracks, <=, PLAYBACK_MAX_TRACKS);
  read_tracks (format, playback);
  for (guint i = 0; i < playback->n_tracks; i++)
    decoders[i] = open_decoder (format->streams[i]);

  while ((status = av_read_frame (format, packet)) == 0) {
    int i = packet->stream_index;

    take_packet (&playback->tracks[i], format->streams[i], packet);
    decode (decoders[i], packet, &playback->tracks[i], &playback->n_errors);
    av_packet_unref (packet);
  }
  g_assert_cmpint (status, ==, AVERROR_EOF);
  for (guint i = 0; i < playback->n_tracks; i++) {
    decode (decoders[i], NULL, &playback->tracks[i], &playback->n_errors);
    avcodec_free_context (&decoders[i]);
  }
  av_packet_free (&packet);
  avformat_close_input (&format);
  playback->n_errors += (guint) g_atomic_int_get (&n_logged);
}

/**
 * playback_find:
 *
 * Returns: the first track of the kind
 */
const PlaybackTrack *
playback_find (const Playback *playback, gboolean is_video)
{
  for (guint i = 0; i < playback->n_tracks; i++) {
    if (playback->tracks[i].is_video == is_video)
      return &playback->tracks[i];
  }
  g_assert_not_reached ();
}
