/* mb-rtp-codec.h: the codecs we know by name, and what their packets say of key frames
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef enum {
  MB_MEDIA_KIND_UNKNOWN,
  MB_MEDIA_KIND_AUDIO,
  MB_MEDIA_KIND_VIDEO,
} MbMediaKind;

typedef enum {
  MB_CODEC_UNKNOWN,
  MB_CODEC_OPUS,
  MB_CODEC_PCMU,
  MB_CODEC_PCMA,
  MB_CODEC_VP8,
  MB_CODEC_VP9,
  MB_CODEC_H264,
  MB_CODEC_AV1,
} MbCodec;

MbCodec mb_codec_from_name (const char *encoding_name);
const char *mb_codec_get_name (MbCodec codec);
MbMediaKind mb_codec_get_kind (MbCodec codec);
unsigned int mb_codec_get_clock_rate (MbCodec codec);
gboolean mb_codec_starts_key_frame (MbCodec codec, const guint8 *payload, gsize size);
