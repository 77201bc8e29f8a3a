/* mb-frame.c: what frames say is read right, and no cut or mangled one is read beyond its end
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-frame.h"

#include <string.h>

#include "frames.h"

static GBytes *
h264 (const guint8 *data, gsize size)
{
  return mb_frame_h264_to_length_prefixed (data, size);
}

static void
test_inspect (void)
{
  g_autoptr (GBytes) h264_key = h264 (H264_KEY, sizeof H264_KEY);
  g_autoptr (GBytes) h264_delta = h264 (H264_DELTA, sizeof H264_DELTA);
  const struct {
    const guint8 *data;
    gsize size;
    MbFrameCodec codec;
    MbFrameInfo info;
  } ROWS[] = {
      {VP8_KEY, sizeof VP8_KEY, MB_FRAME_CODEC_VP8, {TRUE, FRAME_WIDTH, FRAME_HEIGHT}},
      {VP8_DELTA, sizeof VP8_DELTA, MB_FRAME_CODEC_VP8, {FALSE, 0, 0}},
      {VP9_KEY, sizeof VP9_KEY, MB_FRAME_CODEC_VP9, {TRUE, FRAME_WIDTH, FRAME_HEIGHT}},
      {VP9_DELTA, sizeof VP9_DELTA, MB_FRAME_CODEC_VP9, {FALSE, 0, 0}},
      {g_bytes_get_data (h264_key, NULL), g_bytes_get_size (h264_key), MB_FRAME_CODEC_H264,
          {TRUE, 0, 0}},
      {g_bytes_get_data (h264_delta, NULL), g_bytes_get_size (h264_delta), MB_FRAME_CODEC_H264,
          {FALSE, 0, 0}},
      {OPUS, sizeof OPUS, MB_FRAME_CODEC_OPUS, {TRUE, 0, 0}},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    MbFrameInfo info;

    g_assert_true (mb_frame_inspect (ROWS[i].codec, ROWS[i].data, ROWS[i].size, &info));
    g_assert_cmpint (info.is_key, ==, ROWS[i].info.is_key);
    g_assert_cmpuint (info.width, ==, ROWS[i].info.width);
    g_assert_cmpuint (info.height, ==, ROWS[i].info.height);
  }
}

static void
test_bad (void)
{
  static const guint8 NO_START_CODE[] = {0xb0, 0x02, 0x00, 1, 2, 3, 0x40, 0x00, 0x30, 0x00};
  static const guint8 NO_SIZE[] = {0xb0, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x00, 0x30, 0x00};
  static const guint8 TOO_LONG[] = {0, 0, 0, 9, 0x65, 1, 2};
  static const guint8 HUGE_LENGTH[] = {0xff, 0xff, 0xff, 0xff, 0x65, 1, 2};
  static const guint8 ZERO_LENGTH[] = {0, 0, 0, 0, 0x65};
  static const struct {
    MbFrameCodec codec;
    const guint8 *data;
    gsize size;
  } ROWS[] = {
      {MB_FRAME_CODEC_UNKNOWN, VP8_KEY, sizeof VP8_KEY},
      {MB_FRAME_CODEC_VP8, VP8_KEY, 9},
      {MB_FRAME_CODEC_VP8, VP8_KEY, 0},
      {MB_FRAME_CODEC_VP8, NO_START_CODE, sizeof NO_START_CODE},
      {MB_FRAME_CODEC_VP8, NO_SIZE, sizeof NO_SIZE},
      {MB_FRAME_CODEC_VP9, VP9_KEY, 0},
      {MB_FRAME_CODEC_VP9, VP9_KEY, 7},
      {MB_FRAME_CODEC_VP9, OPUS, sizeof OPUS},
      {MB_FRAME_CODEC_H264, TOO_LONG, sizeof TOO_LONG},
      {MB_FRAME_CODEC_H264, HUGE_LENGTH, sizeof HUGE_LENGTH},
      {MB_FRAME_CODEC_H264, ZERO_LENGTH, sizeof ZERO_LENGTH},
      {MB_FRAME_CODEC_H264, TOO_LONG, 0},
      {MB_FRAME_CODEC_OPUS, OPUS, 0},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    /* A copy of its own, so that a sanitizer sees a read beyond it. */
    g_autofree guint8 *data = g_memdup2 (ROWS[i].data, ROWS[i].size);
    MbFrameInfo info;

    g_assert_false (mb_frame_inspect (ROWS[i].codec, data, ROWS[i].size, &info));
  }
}

static void
test_mangled (void)
{
  static const struct {
    const guint8 *data;
    gsize size;
  } SEEDS[] = {
      {VP8_KEY, sizeof VP8_KEY},
      {VP9_KEY, sizeof VP9_KEY},
      {H264_KEY, sizeof H264_KEY},
  };

  for (int round = 0; round < 20000; round++) {
    gsize i = (gsize) g_test_rand_int_range (0, G_N_ELEMENTS (SEEDS));
    gsize size = (gsize) g_test_rand_int_range (0, (gint32) SEEDS[i].size + 1);
    g_autofree guint8 *data = g_memdup2 (SEEDS[i].data, size);
    g_autoptr (GBytes) converted = NULL;
    g_autoptr (GBytes) config = NULL;
    MbFrameInfo info;

    for (int n = g_test_rand_int_range (0, 4); n > 0 && size > 0; n--)
      data[g_test_rand_int_range (0, (gint32) size)] = (guint8) g_test_rand_int ();
    for (int codec = 0; codec <= MB_FRAME_CODEC_OPUS; codec++)
      mb_frame_inspect ((MbFrameCodec) codec, data, size, &info);
    converted = h264 (data, size);
    config = mb_frame_h264_build_config (data, size);
    g_assert_nonnull (converted);
    g_assert_cmpuint (g_bytes_get_size (config), >=, 7);
  }
}

static void
test_start_codes (void)
{
  static const struct {
    const char *from;
    gsize from_size;
    const char *to;
    gsize to_size;
  } ROWS[] = {
      {"\0\0\1ab", 5, "\0\0\0\2ab", 6},
      {"\0\0\0\1ab\0\0\1c", 10, "\0\0\0\2ab\0\0\0\1c", 11},
      {"\0\0\0\1ab\0\0\0\1c\0\0", 13, "\0\0\0\2ab\0\0\0\1c", 11},
      {"junk\0\0\1a", 8, "\0\0\0\1a", 5},
      {"\0\0\1\0\0\1a", 7, "\0\0\0\1a", 5},
      {"no code", 7, "", 0},
      {"\0\0\1", 3, "", 0},
      {"", 0, "", 0},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GBytes) made = h264 ((const guint8 *) ROWS[i].from, ROWS[i].from_size);

    g_assert_cmpmem (
        g_bytes_get_data (made, NULL), g_bytes_get_size (made), ROWS[i].to, ROWS[i].to_size);
  }
}

static void
test_config (void)
{
  static const guint8 EXPECTED[] = {1, 0x42, 0xd0, 0x0b, 0xff, 0xe1, 0, 13, 0x67, 0x42, 0xd0, 0x0b,
      0x8c, 0x8d, 0x42, 0x39, 0x00, 0xf0, 0x88, 0x46, 0xa0, 1, 0, 4, 0x68, 0xce, 0x3c, 0x80};
  static const guint8 EMPTY[] = {1, 66, 0xc0, 31, 0xff, 0xe0, 0};
  g_autoptr (GBytes) frame = h264 (H264_KEY, sizeof H264_KEY);
  g_autoptr (GBytes) config =
      mb_frame_h264_build_config (g_bytes_get_data (frame, NULL), g_bytes_get_size (frame));
  g_autoptr (GBytes) empty = mb_frame_h264_build_config (NULL, 0);

  g_assert_cmpmem (
      g_bytes_get_data (config, NULL), g_bytes_get_size (config), EXPECTED, sizeof EXPECTED);
  g_assert_cmpmem (g_bytes_get_data (empty, NULL), g_bytes_get_size (empty), EMPTY, sizeof EMPTY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame/says-key-and-size", test_inspect);
  g_test_add_func ("/frame/malformed-is-refused", test_bad);
  g_test_add_func ("/frame/mangled-is-never-read-beyond-its-end", test_mangled);
  g_test_add_func ("/frame/start-codes-become-lengths", test_start_codes);
  g_test_add_func ("/frame/parameter-sets-become-a-config", test_config);
  return g_test_run ();
}
