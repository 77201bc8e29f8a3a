/* mb-sdp-codec.h: the codecs that a call can be made of, and how a description says them
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A codec is named by its short name of the command line: "vp8", "vp9", "h264", "av1", "opus".
 * Pure; any thread.
 */
#pragma once

#include "mb-sdp.h"

typedef struct {
  const char *id;   /* "vp8"; one name may have several: "h264" is its baseline, "h264-high" … */
  const char *name; /* the encoding name in descriptions: "VP8" */
  const char *caps; /* GStreamer's encoding-name: "VP8", "OPUS" */
  MbSdpKind kind;
  unsigned int clock_rate;
  unsigned int channels;     /* 0 means not said */
  unsigned int payload_type; /* what our offers call it where nothing else is established */
  const char *fmtp;          /* (nullable) what our offers say */
  const char *richer;        /* (nullable) the id of one whose decoders take this too */
} MbCodecInfo;

const MbCodecInfo *mb_codec_info_find (const char *name);
const MbCodecInfo *mb_codec_info_of (const MbSdpCodec *codec);
const MbSdpCodec *mb_codec_info_match (const MbCodecInfo *self, const MbSdpSection *section);
const MbCodecInfo *mb_codec_info_get_richer (const MbCodecInfo *self);
gboolean mb_codec_info_is_taken (const MbCodecInfo *self, const MbSdpSection *section);
char *mb_codec_info_dup_level_fmtp (const MbCodecInfo *self, unsigned int level);
char *mb_codec_info_dup_answer_fmtp (const MbCodecInfo *self, const MbSdpCodec *offered);
