/* mb-frame.c: what an encoded frame says of itself: key frame, size, parameter sets
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. The bytes come from strangers: nothing is read that was not checked to be there. H.264 is
 * length-prefixed here (four bytes before each NAL unit), as files have it, unless said otherwise.
 */
#include "mb-frame.h"

#include <string.h>

#define VP8_HEADER_SIZE ((gsize) 10)
#define VP8_SIZE_MASK 0x3fff /* the upper two bits are scaling */
#define H264_LENGTH_SIZE ((gsize) 4)
#define H264_NAL_IDR 5
#define H264_NAL_SPS 7
#define H264_NAL_PPS 8
#define H264_MAX_SPS 31
#define H264_MAX_PPS 255
#define OPUS_RATE 48000

typedef struct {
  const guint8 *data;
  gsize n_bits;
  gsize at;
} BitReader;

/* Beyond the end come zeros; the caller looks at `at` in the end. */
static unsigned int
read_bits (BitReader *self, unsigned int n)
{
  unsigned int value = 0;

  for (unsigned int i = 0; i < n; i++, self->at++) {
    unsigned int bit = 0;

    if (self->at < self->n_bits)
      bit = (self->data[self->at / 8] >> (7 - self->at % 8)) & 1;
    value = value << 1 | bit;
  }
  return value;
}

/* RFC 6386 section 9.1 */
static gboolean
inspect_vp8 (const guint8 *data, gsize size, MbFrameInfo *info)
{
  static const guint8 START_CODE[] = {0x9d, 0x01, 0x2a};

  if (size < 3)
    return FALSE;
  info->is_key = (data[0] & 1) == 0;
  if (!info->is_key)
    return TRUE;
  if (size < VP8_HEADER_SIZE || memcmp (data + 3, START_CODE, sizeof START_CODE) != 0)
    return FALSE;
  info->width = (data[6] | (unsigned int) data[7] << 8) & VP8_SIZE_MASK;
  info->height = (data[8] | (unsigned int) data[9] << 8) & VP8_SIZE_MASK;
  return info->width > 0 && info->height > 0;
}

/* The uncompressed header, VP9 bitstream specification section 6.2 */
static gboolean
inspect_vp9 (const guint8 *data, gsize size, MbFrameInfo *info)
{
  BitReader reader = {data, size * 8, 0};
  unsigned int profile;

  if (read_bits (&reader, 2) != 2) /* frame_marker */
    return FALSE;
  profile = read_bits (&reader, 1);
  profile |= read_bits (&reader, 1) << 1;
  if (profile == 3)
    read_bits (&reader, 1);
  if (read_bits (&reader, 1) == 1) /* show_existing_frame */
    return TRUE;
  info->is_key = read_bits (&reader, 1) == 0;
  read_bits (&reader, 2); /* show_frame, error_resilient_mode */
  if (!info->is_key)
    return reader.at <= reader.n_bits;
  if (read_bits (&reader, 24) != 0x498342)
    return FALSE;
  if (profile >= 2)
    read_bits (&reader, 1); /* bit depth */
  if (read_bits (&reader, 3) != 7) {
    read_bits (&reader, 1); /* color_range */
    if ((profile & 1) == 1)
      read_bits (&reader, 3);
  } else if ((profile & 1) == 1) {
    read_bits (&reader, 1);
  }
  info->width = read_bits (&reader, 16) + 1;
  info->height = read_bits (&reader, 16) + 1;
  return reader.at <= reader.n_bits;
}

/* Steps to the NAL unit at *@at; FALSE at the end or where the length is wrong. */
static gboolean
next_nal (const guint8 *data, gsize size, gsize *at, const guint8 **nal, gsize *nal_size)
{
  gsize length;

  if (*at > size || size - *at < H264_LENGTH_SIZE)
    return FALSE;
  length = (gsize) data[*at] << 24 | (gsize) data[*at + 1] << 16 | (gsize) data[*at + 2] << 8 |
           (gsize) data[*at + 3];
  if (length == 0 || length > size - *at - H264_LENGTH_SIZE)
    return FALSE;
  *nal = data + *at + H264_LENGTH_SIZE;
  *nal_size = length;
  *at += H264_LENGTH_SIZE + length;
  return TRUE;
}

static gboolean
inspect_h264 (const guint8 *data, gsize size, MbFrameInfo *info)
{
  const guint8 *nal;
  gsize nal_size;
  gsize at = 0;

  while (next_nal (data, size, &at, &nal, &nal_size)) {
    if ((nal[0] & 0x1f) == H264_NAL_IDR)
      info->is_key = TRUE;
  }
  return at == size && size > 0;
}

/**
 * mb_frame_inspect:
 * @info: (out): what it says; set only on success
 *
 * Returns: whether it is well formed as far as was looked. Thread: any.
 */
gboolean
mb_frame_inspect (MbFrameCodec codec, const guint8 *data, gsize size, MbFrameInfo *info)
{
  MbFrameInfo found = {FALSE, 0, 0};
  gboolean is_good = FALSE;

  switch (codec) {
  case MB_FRAME_CODEC_VP8:
    is_good = inspect_vp8 (data, size, &found);
    break;
  case MB_FRAME_CODEC_VP9:
    is_good = size > 0 && inspect_vp9 (data, size, &found);
    break;
  case MB_FRAME_CODEC_H264:
    is_good = inspect_h264 (data, size, &found);
    break;
  case MB_FRAME_CODEC_OPUS:
    found.is_key = TRUE;
    is_good = size > 0;
    break;
  case MB_FRAME_CODEC_UNKNOWN:
    break;
  }
  if (is_good)
    *info = found;
  return is_good;
}

/* Finds the next 00 00 01 at or after @at; @size where there is none. */
static gsize
find_start_code (const guint8 *data, gsize size, gsize at)
{
  for (; at + 3 <= size; at++) {
    if (data[at] == 0 && data[at + 1] == 0 && data[at + 2] == 1)
      return at;
  }
  return size;
}

/**
 * mb_frame_h264_to_length_prefixed:
 * @data: a frame with start codes (Annex B)
 *
 * Returns: (transfer full): the same NAL units with their lengths before them; empty where there
 *   is no start code. Thread: any.
 */
GBytes *
mb_frame_h264_to_length_prefixed (const guint8 *data, gsize size)
{
  GByteArray *frame = g_byte_array_sized_new ((guint) MIN (size + 64, G_MAXUINT));
  gsize at = find_start_code (data, size, 0);

  while (at < size) {
    gsize start = at + 3;
    gsize next = find_start_code (data, size, start);
    gsize end = next;

    /* Zeros before a start code belong to it, or pad; a NAL unit ends in no zero (7.4.1). */
    while (end > start && data[end - 1] == 0)
      end--;
    if (end > start) {
      guint32 length = GUINT32_TO_BE ((guint32) (end - start));

      g_byte_array_append (frame, (const guint8 *) &length, H264_LENGTH_SIZE);
      g_byte_array_append (frame, data + start, (guint) (end - start));
    }
    at = next;
  }
  return g_byte_array_free_to_bytes (frame);
}

static void
append_sets (GByteArray *config, GPtrArray *sets, guint8 flags, guint max)
{
  guint8 count = flags | (guint8) MIN (sets->len, max);

  g_byte_array_append (config, &count, 1);
  for (guint i = 0; i < MIN (sets->len, max); i++) {
    gsize size;
    const guint8 *data = g_bytes_get_data (sets->pdata[i], &size);
    guint16 length = GUINT16_TO_BE ((guint16) size);

    g_byte_array_append (config, (const guint8 *) &length, sizeof length);
    g_byte_array_append (config, data, (guint) size);
  }
}

/**
 * mb_frame_h264_build_config:
 * @data: (nullable): a key frame, with its parameter sets in it
 *
 * Returns: (transfer full): an AVCDecoderConfigurationRecord (ISO 14496-15) for it; without
 *   parameter sets in it, one that leaves them to the frames. Thread: any.
 */
GBytes *
mb_frame_h264_build_config (const guint8 *data, gsize size)
{
  guint8 head[] = {1, 66, 0xc0, 31, 0xfc | (H264_LENGTH_SIZE - 1)};
  g_autoptr (GPtrArray) sps = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GPtrArray) pps = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  GByteArray *config = g_byte_array_new ();
  const guint8 *nal;
  gsize nal_size;
  gsize at = 0;

  while (data != NULL && next_nal (data, size, &at, &nal, &nal_size)) {
    int type = nal[0] & 0x1f;

    if (nal_size > G_MAXUINT16)
      continue;
    if (type == H264_NAL_SPS && nal_size >= 4)
      g_ptr_array_add (sps, g_bytes_new (nal, nal_size));
    else if (type == H264_NAL_PPS)
      g_ptr_array_add (pps, g_bytes_new (nal, nal_size));
  }
  if (sps->len > 0)
    memcpy (head + 1, (const guint8 *) g_bytes_get_data (sps->pdata[0], NULL) + 1, 3);
  g_byte_array_append (config, head, sizeof head);
  append_sets (config, sps, 0xe0, H264_MAX_SPS);
  append_sets (config, pps, 0, H264_MAX_PPS);
  return g_byte_array_free_to_bytes (config);
}

/**
 * mb_frame_opus_build_head:
 * @channels: 1 or 2
 *
 * Returns: (transfer full): an identification header (RFC 7845 section 5.1). It skips nothing: a
 *   call is taped from the middle. Thread: any.
 */
GBytes *
mb_frame_opus_build_head (unsigned int channels)
{
  guint8 head[19] = "OpusHead";
  guint32 rate = GUINT32_TO_LE (OPUS_RATE);

  head[8] = 1; /* version */
  head[9] = (guint8) channels;
  memcpy (head + 12, &rate, sizeof rate);
  return g_bytes_new (head, sizeof head);
}
