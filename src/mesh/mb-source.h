/* mb-source.h: one pipeline built from a source description, published as feeds
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-clip.h"
#include "mb-feed.h"
#include "mb-media.h"

#define MB_TYPE_SOURCE (mb_source_get_type ())
G_DECLARE_FINAL_TYPE (MbSource, mb_source, MB, SOURCE, GObject)

/**
 * MbSourceOptions:
 * @width: pixels; 0 with @height leaves what the description says
 * @fps: frames a second; 0 leaves it
 * @video_bps: bits a second; 0 leaves it
 * @card_id: what a test card carries as its id; 0 leaves it
 * @title: (nullable): what a test card is headed with
 * @clip: (nullable): a media file to send, instead of a description
 * @codecs: (nullable) (array zero-terminated=1): in which its picture may be sent as it is
 * @place: where in it to begin, 0 to 1
 * @loop: whether to begin again at its end
 * @settings: (nullable) (array zero-terminated=1): `NAME=VALUE`, further parameters
 * @settings_may_be_of_others: those that the description has no parameter for are no error
 *
 * What the command line says of what is sent. What a description has no parameter for is ignored.
 */
typedef struct {
  unsigned int width;
  unsigned int height;
  unsigned int fps;
  unsigned int video_bps;
  guint32 card_id;
  const char *title;
  MbClip *clip;
  const char *const *codecs;
  double place;
  gboolean loop;
  const char *const *settings;
  gboolean settings_may_be_of_others;
} MbSourceOptions;

/**
 * MbSourceStream:
 * @feed: (transfer none): what peers subscribe to
 * @codec: never %MB_CODEC_UNKNOWN
 * @clock_rate: Hz
 * @channels: for SDP; 0 for video, 2 for Opus whatever it carries (RFC 7587 section 7)
 * @sdp_codec: what descriptions call it: "vp8", "h264-high"; static
 * @h264_level: 10 times the number; 0 where it is not known, or no H.264
 * @payload_type: as in the packets; senders put their own
 * @fmtp: (nullable): the parameters of the codec as an fmtp line has them, `;` between; may change
 *   between start and the first packet
 */
typedef struct {
  MbFeed *feed;
  MbMediaKind kind;
  MbCodec codec;
  const char *sdp_codec;
  unsigned int h264_level;
  unsigned int clock_rate;
  unsigned int channels;
  unsigned int payload_type;
  char *fmtp;
} MbSourceStream;

MbSource *mb_source_new (
    MbMedia *media, const char *spec, const MbSourceOptions *options, GError **error);
MbSource *mb_source_new_for_spec (
    MbMedia *media, MbPipelineSpec *spec, const MbSourceOptions *options, GError **error);
MbSource *mb_source_new_pair (MbSource *picture, MbSource *sound);
gboolean mb_source_has_part (MbSource *self, MbSource *part);
gboolean mb_source_has_parameter (MbSource *self, const char *name);
const char *mb_source_get_name (MbSource *self);
const MbSourceStream *mb_source_get_video (MbSource *self);
const MbSourceStream *mb_source_get_audio (MbSource *self);
MbFeed *mb_source_get_video_feed (MbSource *self);
MbFeed *mb_source_get_audio_feed (MbSource *self);
gboolean mb_source_start (MbSource *self, GError **error);
void mb_source_stop (MbSource *self);
gboolean mb_source_set_video_bitrate (MbSource *self, unsigned int bps);
void mb_source_take_estimate (MbSource *self, gconstpointer peer, unsigned int bps);
void mb_source_drop_estimate (MbSource *self, gconstpointer peer);
