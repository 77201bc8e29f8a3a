/* mb-sdp-codec.c: the codecs that a call can be made of, and how a description says them
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-codec.h"

#include <string.h>

#define H264_FMTP "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="

/* The payload types are the ones that Chromium uses, so that they rarely have to differ. */
static const MbCodecInfo CODECS[] = {
    {"vp8", "VP8", "VP8", MB_SDP_KIND_VIDEO, 90000, 0, 96, NULL, NULL},
    {"vp9", "VP9", "VP9", MB_SDP_KIND_VIDEO, 90000, 0, 98, "profile-id=0", NULL},
    {"h264", "H264", "H264", MB_SDP_KIND_VIDEO, 90000, 0, 108, H264_FMTP "42e01f", NULL},
    {"h264-main", "H264", "H264", MB_SDP_KIND_VIDEO, 90000, 0, 121, H264_FMTP "4d001f", NULL},
    {"h264-high", "H264", "H264", MB_SDP_KIND_VIDEO, 90000, 0, 123, H264_FMTP "64001f",
        "h264-high-444"},
    {"h264-high-444", "H264", "H264", MB_SDP_KIND_VIDEO, 90000, 0, 125, H264_FMTP "f4001f", NULL},
    {"av1", "AV1", "AV1", MB_SDP_KIND_VIDEO, 90000, 0, 45, NULL, NULL},
    {"opus", "opus", "OPUS", MB_SDP_KIND_AUDIO, 48000, 2, 111, "minptime=10;useinbandfec=1", NULL},
};

#define LEVEL_USUAL 31

/**
 * mb_codec_info_find:
 * @name: (nullable): a codec's name or id in any case: "vp8", "VP8", "OPUS", "h264-high"
 *
 * Returns: (transfer none) (nullable): the first of the name; NULL if we do not know it
 */
const MbCodecInfo *
mb_codec_info_find (const char *name)
{
  for (unsigned int i = 0; name != NULL && i < G_N_ELEMENTS (CODECS); i++) {
    if (g_ascii_strcasecmp (CODECS[i].name, name) == 0 ||
        g_ascii_strcasecmp (CODECS[i].id, name) == 0)
      return &CODECS[i];
  }
  return NULL;
}

/* Returns: (transfer full) (nullable): the value of one of the parameters of an a=fmtp */
static char *
get_parameter (const char *fmtp, const char *name)
{
  g_auto (GStrv) items = g_strsplit (fmtp != NULL ? fmtp : "", ";", 32);

  for (unsigned int i = 0; items[i] != NULL; i++) {
    char *item = g_strstrip (items[i]);
    char *equals = strchr (item, '=');

    if (equals == NULL)
      continue;
    *equals = '\0';
    if (g_ascii_strcasecmp (item, name) == 0)
      return g_strdup (equals + 1);
  }
  return NULL;
}

static gboolean
has_parameter (const char *fmtp, const char *name, const char *value, const char *fallback)
{
  g_autofree char *found = get_parameter (fmtp, name);

  return g_strcmp0 (found != NULL ? found : fallback, value) == 0;
}

/* RFC 6184: a byte each of profile, constraints and level, in hex. Missing means baseline 1. */
static gboolean
parse_profile (const char *fmtp, unsigned int *profile, unsigned int *constraints)
{
  g_autofree char *value = get_parameter (fmtp, "profile-level-id");
  const char *text = value != NULL ? value : "42000a";

  if (strlen (text) != 6 || strspn (text, "0123456789abcdefABCDEF") != 6)
    return FALSE;
  *profile = (unsigned int) (g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));
  *constraints =
      (unsigned int) (g_ascii_xdigit_value (text[2]) << 4 | g_ascii_xdigit_value (text[3]));
  return TRUE;
}

/* Higher is better; 0 does not fit. We need the packetization that cuts large frames. */
static unsigned int
rank_h264 (const MbCodecInfo *info, const MbSdpCodec *codec)
{
  unsigned int profile;
  unsigned int constraints;

  if (!has_parameter (codec->fmtp, "packetization-mode", "1", "0") ||
      !parse_profile (codec->fmtp, &profile, &constraints))
    return 0;
  if (g_str_equal (info->id, "h264-high-444"))
    return profile == 0xf4 ? 1 : 0;
  if (g_str_equal (info->id, "h264-high"))
    return profile == 0x64 ? 1 : 0;
  if (g_str_equal (info->id, "h264-main"))
    return profile == 0x4d && (constraints & 0x80) == 0 ? 1 : 0;
  /* Constrained baseline has two spellings (RFC 6184, table 5): 42 with set1, and 4d with set0. */
  if ((profile == 0x42 && (constraints & 0x40) != 0) ||
      (profile == 0x4d && (constraints & 0x80) != 0))
    return 2;
  return profile == 0x42 ? 1 : 0;
}

static unsigned int
rank (const MbCodecInfo *info, const MbSdpCodec *codec)
{
  if (g_ascii_strcasecmp (info->name, codec->name) != 0 || info->clock_rate != codec->clock_rate ||
      (info->channels != 0 && info->channels != codec->channels))
    return 0;
  if (g_str_equal (info->name, "H264"))
    return rank_h264 (info, codec);
  if (g_str_equal (info->id, "vp9"))
    return has_parameter (codec->fmtp, "profile-id", "0", "0") ? 1 : 0;
  if (g_str_equal (info->id, "av1"))
    return has_parameter (codec->fmtp, "profile", "0", "0") ? 1 : 0;
  return 1;
}

/**
 * mb_codec_info_of:
 * @codec: of a description
 *
 * Returns: (transfer none) (nullable): what it is in a form that we speak; NULL if we do not
 */
const MbCodecInfo *
mb_codec_info_of (const MbSdpCodec *codec)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (CODECS); i++) {
    if (rank (&CODECS[i], codec) > 0)
      return &CODECS[i];
  }
  return NULL;
}

/**
 * mb_codec_info_match:
 * @self: a codec
 * @section: a section of a peer's description
 *
 * Returns: (transfer none) (nullable): the payload type of the section that is this codec in a form
 *   that we speak: H264 constrained baseline (else baseline), main or high with packetization-mode 1,
 *   VP9 and AV1 in profile 0. NULL if there is none.
 */
const MbSdpCodec *
mb_codec_info_match (const MbCodecInfo *self, const MbSdpSection *section)
{
  const MbSdpCodec *best = NULL;
  unsigned int best_rank = 0;

  for (unsigned int i = 0; i < section->codecs->len; i++) {
    const MbSdpCodec *codec = section->codecs->pdata[i];
    unsigned int codec_rank = rank (self, codec);

    if (codec_rank > best_rank) {
      best = codec;
      best_rank = codec_rank;
    }
  }
  return best;
}

/**
 * mb_codec_info_get_richer:
 * @self: a codec
 *
 * A decoder for high 4:4:4 takes high too (H.264 A.2.7), and browsers name the one where they do not name
 * the other.
 *
 * Returns: (transfer none) (nullable): a codec whose decoders take @self too; NULL if there is none
 */
const MbCodecInfo *
mb_codec_info_get_richer (const MbCodecInfo *self)
{
  return mb_codec_info_find (self->richer);
}

/**
 * mb_codec_info_is_taken:
 * @self: what is sent
 * @section: a section of a peer's description
 *
 * Returns: whether the peer decodes it, by its own name or a richer one
 */
gboolean
mb_codec_info_is_taken (const MbCodecInfo *self, const MbSdpSection *section)
{
  const MbCodecInfo *richer = mb_codec_info_get_richer (self);

  return mb_codec_info_match (self, section) != NULL ||
         (richer != NULL && mb_codec_info_match (richer, section) != NULL);
}

/**
 * mb_codec_info_dup_level_fmtp:
 * @self: a codec
 * @level: of the H.264 that we send, 10 times its number; 0 means not known
 *
 * Returns: (transfer full) (nullable): the a=fmtp of our offers; its level is the one that we take or, where
 *   it is higher, the one that we send
 */
char *
mb_codec_info_dup_level_fmtp (const MbCodecInfo *self, unsigned int level)
{
  unsigned int profile;
  unsigned int constraints;

  if (!g_str_equal (self->name, "H264") || !parse_profile (self->fmtp, &profile, &constraints))
    return g_strdup (self->fmtp);
  return g_strdup_printf (H264_FMTP "%02x%02x%02x", profile, constraints, MAX (level, LEVEL_USUAL));
}

/**
 * mb_codec_info_dup_answer_fmtp:
 * @self: a codec
 * @offered: (nullable): what the peer's offer said of it
 *
 * RFC 6184 wants an answer to have the profile of the offer; the level is each side's own.
 *
 * Returns: (transfer full) (nullable): the a=fmtp of our description
 */
char *
mb_codec_info_dup_answer_fmtp (const MbCodecInfo *self, const MbSdpCodec *offered)
{
  unsigned int profile;
  unsigned int constraints;

  if (offered != NULL && g_str_equal (self->name, "H264") &&
      parse_profile (offered->fmtp, &profile, &constraints))
    return g_strdup_printf (H264_FMTP "%02x%02x1f", profile, constraints);
  return g_strdup (self->fmtp);
}
