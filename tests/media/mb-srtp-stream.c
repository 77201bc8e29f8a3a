/* mb-srtp-stream.c: indexes are guessed over the wrap, and nothing is taken twice
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-srtp-stream.h"

static void
test_guess (void)
{
  static const struct {
    guint64 highest;
    guint16 seq;
    guint64 index;
  } ROWS[] = {
      {100, 101, 101},
      {100, 99, 99},
      {0x0ffff, 0, 0x10000},
      {0x10000, 0xffff, 0x0ffff},
      {0x10005, 3, 0x10003},
      {0x1fff0, 5, 0x20005},
      {5, 0xfff0, 0xfff0}, /* there is no round before the first */
      {0x28000, 0, 0x20000},
      {0x28001, 0, 0x30000},
      {0x27fff, 0xffff, 0x2ffff},
      {0x27ffe, 0xffff, 0x1ffff},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    MbSrtpStream stream = {.is_begun = TRUE, .highest = ROWS[i].highest};

    g_assert_cmphex (mb_srtp_stream_guess (&stream, ROWS[i].seq), ==, ROWS[i].index);
  }
}

static void
test_window (void)
{
  MbSrtpStream stream = {0};
  const guint64 first = 0x2345;

  g_assert_cmphex (mb_srtp_stream_guess (&stream, 0x2345), ==, first);
  g_assert_true (mb_srtp_stream_is_new (&stream, first));
  mb_srtp_stream_mark (&stream, first);
  g_assert_false (mb_srtp_stream_is_new (&stream, first));
  mb_srtp_stream_mark (&stream, first + 10);
  g_assert_true (mb_srtp_stream_is_new (&stream, first + 9));
  mb_srtp_stream_mark (&stream, first + 9);
  g_assert_false (mb_srtp_stream_is_new (&stream, first + 9));
  mb_srtp_stream_mark (&stream, first + MB_SRTP_WINDOW);
  /* What is as old as the window is gone; one younger is not. */
  g_assert_false (mb_srtp_stream_is_new (&stream, first));
  g_assert_true (mb_srtp_stream_is_new (&stream, first + 1));
  g_assert_false (mb_srtp_stream_is_new (&stream, first + 10));
  g_assert_true (mb_srtp_stream_is_new (&stream, first + 11));
  mb_srtp_stream_mark (&stream, first + 5 * MB_SRTP_WINDOW);
  g_assert_true (mb_srtp_stream_is_new (&stream, first + 5 * MB_SRTP_WINDOW - 1));
  g_assert_false (mb_srtp_stream_is_new (&stream, first + MB_SRTP_WINDOW));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/srtp-stream/indexes-over-the-wrap", test_guess);
  g_test_add_func ("/srtp-stream/nothing-twice", test_window);
  return g_test_run ();
}
