/* mb-frame.h: what an encoded frame says of itself: key frame, size, parameter sets
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef enum {
  MB_FRAME_CODEC_UNKNOWN,
  MB_FRAME_CODEC_VP8,
  MB_FRAME_CODEC_VP9,
  MB_FRAME_CODEC_H264,
  MB_FRAME_CODEC_OPUS,
} MbFrameCodec;

/**
 * MbFrameInfo:
 * @is_key: decoding may begin here; always for sound
 * @width: pixels; 0 where the frame does not say it (only VP8 and VP9 key frames do)
 */
typedef struct {
  gboolean is_key;
  unsigned int width;
  unsigned int height;
} MbFrameInfo;

gboolean mb_frame_inspect (MbFrameCodec codec, const guint8 *data, gsize size, MbFrameInfo *info);
GBytes *mb_frame_h264_to_length_prefixed (const guint8 *data, gsize size);
GBytes *mb_frame_h264_build_config (const guint8 *data, gsize size);
GBytes *mb_frame_opus_build_head (unsigned int channels);
