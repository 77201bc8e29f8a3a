/* mb-rtp-codec.c: key frames are known by their first packet, in each codec
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-codec.h"

typedef struct {
  const char *what;
  MbCodec codec;
  guint8 data[20];
  gsize size;
  gboolean key;
} Case;

static const Case CASES[] = {
    {"vp8 key", MB_CODEC_VP8, {0x10, 0x50}, 2, TRUE},
    {"vp8 delta", MB_CODEC_VP8, {0x10, 0x51}, 2, FALSE},
    {"vp8 key, continued", MB_CODEC_VP8, {0x00, 0x50}, 2, FALSE},
    {"vp8 key, second partition", MB_CODEC_VP8, {0x11, 0x50}, 2, FALSE},
    {"vp8 key with 15 bits of picture id", MB_CODEC_VP8, {0x90, 0x80, 0x80, 0x01, 0x50}, 5, TRUE},
    {"vp8 key with everything", MB_CODEC_VP8, {0x90, 0xf0, 0x80, 1, 2, 3, 0x50}, 7, TRUE},
    {"vp8 delta with everything", MB_CODEC_VP8, {0x90, 0xf0, 0x80, 1, 2, 3, 0x51}, 7, FALSE},
    {"vp8 descriptor cut off", MB_CODEC_VP8, {0x90, 0xf0, 0x80}, 3, FALSE},
    {"vp8 one byte", MB_CODEC_VP8, {0x90}, 1, FALSE},
    {"vp8 nothing", MB_CODEC_VP8, {0}, 0, FALSE},
    {"vp9 key", MB_CODEC_VP9, {0x88, 0x01, 0}, 3, TRUE},
    {"vp9 key, second layer", MB_CODEC_VP9, {0xa8, 0x01, 0x02, 0}, 4, FALSE},
    {"vp9 predicted", MB_CODEC_VP9, {0xc8, 0x01, 0}, 3, FALSE},
    {"vp9 continued", MB_CODEC_VP9, {0x80, 0x01, 0}, 3, FALSE},
    {"h264 idr", MB_CODEC_H264, {0x65}, 1, TRUE},
    {"h264 sps", MB_CODEC_H264, {0x67, 1}, 2, TRUE},
    {"h264 slice", MB_CODEC_H264, {0x41, 1}, 2, FALSE},
    {"h264 stap-a of sps", MB_CODEC_H264, {0x78, 0, 1, 0x67}, 4, TRUE},
    {"h264 stap-a, second is idr", MB_CODEC_H264, {0x78, 0, 1, 0x06, 0, 1, 0x65}, 7, TRUE},
    {"h264 stap-a of slices", MB_CODEC_H264, {0x78, 0, 1, 0x41, 0, 1, 0x41}, 7, FALSE},
    {"h264 stap-a cut off", MB_CODEC_H264, {0x78, 0xff, 0xff, 0x41}, 4, FALSE},
    {"h264 fu-a start of idr", MB_CODEC_H264, {0x7c, 0x85}, 2, TRUE},
    {"h264 fu-a middle of idr", MB_CODEC_H264, {0x7c, 0x05}, 2, FALSE},
    {"h264 fu-a cut off", MB_CODEC_H264, {0x7c}, 1, FALSE},
    {"av1 new sequence", MB_CODEC_AV1, {0x18}, 1, TRUE},
    {"av1 other", MB_CODEC_AV1, {0x10}, 1, FALSE},
    {"opus", MB_CODEC_OPUS, {0}, 0, TRUE},
    {"unknown", MB_CODEC_UNKNOWN, {0x10, 0}, 2, FALSE},
};

static void
test_key_frames (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree guint8 *exact = g_memdup2 (CASES[i].data, CASES[i].size);

    g_test_message ("%s", CASES[i].what);
    g_assert_cmpint (
        mb_codec_starts_key_frame (CASES[i].codec, exact, CASES[i].size), ==, CASES[i].key);
  }
}

static void
test_names (void)
{
  g_assert_cmpint (mb_codec_from_name ("vp8"), ==, MB_CODEC_VP8);
  g_assert_cmpint (mb_codec_from_name ("OPUS"), ==, MB_CODEC_OPUS);
  g_assert_cmpint (mb_codec_from_name ("unknown"), ==, MB_CODEC_UNKNOWN);
  g_assert_cmpint (mb_codec_from_name (NULL), ==, MB_CODEC_UNKNOWN);
  g_assert_cmpstr (mb_codec_get_name (MB_CODEC_H264), ==, "H264");
  g_assert_cmpint (mb_codec_get_kind (MB_CODEC_H264), ==, MB_MEDIA_KIND_VIDEO);
  g_assert_cmpuint (mb_codec_get_clock_rate (MB_CODEC_OPUS), ==, 48000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-codec/key-frames", test_key_frames);
  g_test_add_func ("/rtp-codec/names", test_names);
  return g_test_run ();
}
