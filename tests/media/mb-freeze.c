/* mb-freeze.c: a gap counts as a freeze where browsers would count one, and nowhere else
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-freeze.h"

#define START_US 1000000

/* So many frames, evenly; when the last one came. */
static gint64
play (MbFreeze *freeze, gint64 from_us, unsigned int n, gint64 interval_us)
{
  for (unsigned int i = 0; i < n; i++)
    mb_freeze_take_frame (freeze, from_us + i * interval_us);
  return from_us + (n - 1) * interval_us;
}

static void
assert_freezes (const MbFreeze *freeze, gint64 now_us, unsigned int n, gint64 frozen_us)
{
  unsigned int n_freezes = 99;
  gint64 us = -1;

  mb_freeze_get (freeze, now_us, &n_freezes, &us);
  g_assert_cmpuint (n_freezes, ==, n);
  g_assert_cmpint (us, ==, frozen_us);
}

static void
test_even (void)
{
  MbFreeze freeze = {0};
  gint64 last = play (&freeze, START_US, 300, 33333);

  assert_freezes (&freeze, last, 0, 0);
  assert_freezes (&(MbFreeze){0}, last, 0, 0);
}

/* At 100 ms, 3 × the mean is 300 ms, and 150 ms more is 250; at 40 ms they are 120 and 190. */
static void
test_limit (void)
{
  static const struct {
    gint64 interval_us;
    gint64 limit_us;
  } ROWS[] = {{100000, 300000}, {40000, 190000}, {500000, 1500000}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    for (int more = 0; more <= 1; more++) {
      MbFreeze freeze = {0};
      gint64 last = play (&freeze, START_US, 40, ROWS[i].interval_us);
      gint64 next = last + ROWS[i].limit_us + more;

      assert_freezes (&freeze, next, (unsigned int) more, more != 0 ? next - last : 0);
      mb_freeze_take_frame (&freeze, next);
      assert_freezes (&freeze, next, (unsigned int) more, more != 0 ? next - last : 0);
    }
  }
}

static void
test_lasting (void)
{
  MbFreeze freeze = {0};
  gint64 last = play (&freeze, START_US, 60, 40000);

  assert_freezes (&freeze, last + 5000000, 1, 5000000);
  assert_freezes (&freeze, last + 9000000, 1, 9000000);
  last = play (&freeze, last + 9000000, 60, 40000);
  assert_freezes (&freeze, last, 1, 9000000);
}

static void
test_few (void)
{
  MbFreeze freeze = {0};
  gint64 last = play (&freeze, START_US, MB_FREEZE_LEAST, 40000);

  /* One interval fewer than frames. */
  assert_freezes (&freeze, last + 5000000, 0, 0);
  mb_freeze_take_frame (&freeze, last + 40000);
  assert_freezes (&freeze, last + 5000000, 1, 4960000);
}

static void
test_pause (void)
{
  MbFreeze freeze = {0};
  gint64 last = play (&freeze, START_US, 60, 40000);

  mb_freeze_pause (&freeze);
  assert_freezes (&freeze, last + 5000000, 0, 0);
  last = play (&freeze, last + 9000000, 60, 40000);
  assert_freezes (&freeze, last, 0, 0);
  assert_freezes (&freeze, last + 1000000, 1, 1000000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/freeze/even-frames-are-none", test_even);
  g_test_add_func ("/freeze/begins-past-its-limit", test_limit);
  g_test_add_func ("/freeze/counts-while-it-lasts", test_lasting);
  g_test_add_func ("/freeze/few-frames-say-nothing", test_few);
  g_test_add_func ("/freeze/a-pause-is-none", test_pause);
  return g_test_run ();
}
