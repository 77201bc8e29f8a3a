/* mb-h264.c: profiles and levels of GStreamer are those of descriptions
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-h264.h"

static void
test_profiles (void)
{
  g_assert_cmpstr (mb_h264_find_codec ("constrained-baseline"), ==, "h264");
  g_assert_cmpstr (mb_h264_find_codec ("main"), ==, "h264-main");
  g_assert_cmpstr (mb_h264_find_codec ("constrained-high"), ==, "h264-high");
  g_assert_null (mb_h264_find_codec ("high-10"));
  g_assert_null (mb_h264_find_codec ("high-4:4:4"));
  g_assert_null (mb_h264_find_codec (NULL));
}

static void
test_levels (void)
{
  g_assert_cmpuint (mb_h264_parse_level ("3.1"), ==, 31);
  g_assert_cmpuint (mb_h264_parse_level ("4"), ==, 40);
  g_assert_cmpuint (mb_h264_parse_level ("1b"), ==, 10);
  g_assert_cmpuint (mb_h264_parse_level ("high"), ==, 0);
  g_assert_cmpuint (mb_h264_parse_level (NULL), ==, 0);
}

static void
test_pictures (void)
{
  g_assert_cmpuint (mb_h264_find_level (1280, 720, 30), ==, 31);
  g_assert_cmpuint (mb_h264_find_level (1280, 720, 31), ==, 32);
  g_assert_cmpuint (mb_h264_find_level (1280, 721, 30), ==, 32);
  g_assert_cmpuint (mb_h264_find_level (1920, 1080, 30), ==, 40);
  g_assert_cmpuint (mb_h264_find_level (1920, 1080, 60), ==, 42);
  g_assert_cmpuint (mb_h264_find_level (3840, 2160, 30), ==, 51);
  g_assert_cmpuint (mb_h264_find_level (7680, 4320, 60), ==, 52);
  g_assert_cmpuint (mb_h264_find_level (0, 0, 30), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/h264/profiles-that-browsers-decode", test_profiles);
  g_test_add_func ("/h264/levels-as-caps-have-them", test_levels);
  g_test_add_func ("/h264/levels-of-pictures", test_pictures);
  return g_test_run ();
}
