/* mb-rtp-codec.c: the codecs we know by name, and what their packets say of key frames
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-codec.h"

typedef struct {
  const char *name; /* as a=rtpmap spells it */
  MbMediaKind kind;
  unsigned int clock_rate;
} Row;

static const Row CODECS[] = {
    [MB_CODEC_UNKNOWN] = {"unknown", MB_MEDIA_KIND_UNKNOWN, 0},
    [MB_CODEC_OPUS] = {"opus", MB_MEDIA_KIND_AUDIO, 48000},
    [MB_CODEC_PCMU] = {"PCMU", MB_MEDIA_KIND_AUDIO, 8000},
    [MB_CODEC_PCMA] = {"PCMA", MB_MEDIA_KIND_AUDIO, 8000},
    [MB_CODEC_VP8] = {"VP8", MB_MEDIA_KIND_VIDEO, 90000},
    [MB_CODEC_VP9] = {"VP9", MB_MEDIA_KIND_VIDEO, 90000},
    [MB_CODEC_H264] = {"H264", MB_MEDIA_KIND_VIDEO, 90000},
    [MB_CODEC_AV1] = {"AV1", MB_MEDIA_KIND_VIDEO, 90000},
};

/**
 * mb_codec_from_name:
 * @encoding_name: (nullable): the encoding name of a=rtpmap, in any case
 *
 * Returns: %MB_CODEC_UNKNOWN for one we do not know
 */
MbCodec
mb_codec_from_name (const char *encoding_name)
{
  for (unsigned int i = 1; encoding_name != NULL && i < G_N_ELEMENTS (CODECS); i++) {
    if (g_ascii_strcasecmp (CODECS[i].name, encoding_name) == 0)
      return (MbCodec) i;
  }
  return MB_CODEC_UNKNOWN;
}

const char *
mb_codec_get_name (MbCodec codec)
{
  return CODECS[codec].name;
}

MbMediaKind
mb_codec_get_kind (MbCodec codec)
{
  return CODECS[codec].kind;
}

/**
 * mb_codec_get_clock_rate:
 *
 * Returns: RTP timestamp units a second; 0 for %MB_CODEC_UNKNOWN
 */
unsigned int
mb_codec_get_clock_rate (MbCodec codec)
{
  return CODECS[codec].clock_rate;
}

/* RFC 7741 §4.2, and the frame tag of RFC 6386 §9.1. */
static gboolean
vp8_starts_key_frame (const guint8 *payload, gsize size)
{
  gsize at = 1;

  if (size < 1 || (payload[0] & 0x10) == 0 || (payload[0] & 0x07) != 0)
    return FALSE;
  if ((payload[0] & 0x80) != 0) {
    guint8 bits;

    if (size < 2)
      return FALSE;
    bits = payload[1];
    at++;
    if ((bits & 0x80) != 0)
      at += at < size && (payload[at] & 0x80) != 0 ? 2 : 1;
    if ((bits & 0x40) != 0)
      at++;
    if ((bits & 0x30) != 0)
      at++;
  }
  return at < size && (payload[at] & 0x01) == 0;
}

/* RFC 9628 §4.2: begins a frame, not predicted from another, of the lowest spatial layer. */
static gboolean
vp9_starts_key_frame (const guint8 *payload, gsize size)
{
  gsize at = 1;

  if (size < 1 || (payload[0] & 0x40) != 0 || (payload[0] & 0x08) == 0)
    return FALSE;
  if ((payload[0] & 0x80) != 0)
    at += at < size && (payload[at] & 0x80) != 0 ? 2 : 1;
  if ((payload[0] & 0x20) != 0)
    return at < size && (payload[at] >> 1 & 0x07) == 0;
  return at <= size;
}

/* RFC 6184 §5: SPS or IDR slice, alone, aggregated, or the first fragment. */
static gboolean
h264_starts_key_frame (const guint8 *payload, gsize size)
{
  guint8 type;

  if (size < 1)
    return FALSE;
  type = payload[0] & 0x1f;
  if (type == 5 || type == 7)
    return TRUE;
  if (type == 28)
    return size >= 2 && (payload[1] & 0x80) != 0 &&
           ((payload[1] & 0x1f) == 5 || (payload[1] & 0x1f) == 7);
  if (type != 24)
    return FALSE;
  for (gsize at = 1; size - at > 2;) {
    gsize length = (gsize) payload[at] << 8 | payload[at + 1];
    guint8 inner = payload[at + 2] & 0x1f;

    if (inner == 5 || inner == 7)
      return TRUE;
    if (length > size - at - 2)
      return FALSE;
    at += 2 + length;
  }
  return FALSE;
}

/**
 * mb_codec_starts_key_frame:
 * @payload: of an RTP packet
 *
 * Returns: whether a decoder that knows nothing yet can begin with this packet. Always for audio.
 *   Thread: any.
 */
gboolean
mb_codec_starts_key_frame (MbCodec codec, const guint8 *payload, gsize size)
{
  switch (codec) {
  case MB_CODEC_VP8:
    return vp8_starts_key_frame (payload, size);
  case MB_CODEC_VP9:
    return vp9_starts_key_frame (payload, size);
  case MB_CODEC_H264:
    return h264_starts_key_frame (payload, size);
  case MB_CODEC_AV1: /* the N bit: first packet of a coded video sequence */
    return size >= 1 && (payload[0] & 0x08) != 0;
  case MB_CODEC_OPUS:
  case MB_CODEC_PCMU:
  case MB_CODEC_PCMA:
    return TRUE;
  case MB_CODEC_UNKNOWN:
    break;
  }
  return FALSE;
}
