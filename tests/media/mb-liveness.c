/* mb-liveness.c: silence is told after 5 s, absence after 15 s, and our own sleep is nobody's fault
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-liveness.h"

#define MSEC G_GINT64_CONSTANT (1000)
#define START_US G_GINT64_CONSTANT (1000000)

typedef struct {
  gint64 at_ms; /* of the tick that told it */
  MbLivenessNews news;
} Told;

/* Ticks every 100 ms from @from_ms to before @to_ms; what was told is added to the list. */
static void
pass (MbLiveness *self, gint64 from_ms, gint64 to_ms, GArray *told)
{
  for (gint64 ms = from_ms; ms < to_ms; ms += 100) {
    Told item = {ms, mb_liveness_tick (self, TRUE, START_US + ms * MSEC)};

    if (item.news != MB_LIVENESS_NOTHING)
      g_array_append_val (told, item);
  }
}

static void
assert_told (GArray *told, unsigned int index, gint64 at_ms, MbLivenessNews news)
{
  g_assert_cmpuint (index, <, told->len);
  g_assert_cmpint (g_array_index (told, Told, index).at_ms, ==, at_ms);
  g_assert_cmpint (g_array_index (told, Told, index).news, ==, news);
}

static void
test_vanished (void)
{
  g_autoptr (GArray) told = g_array_new (FALSE, FALSE, sizeof (Told));
  MbLiveness self;

  mb_liveness_init (&self);
  mb_liveness_take (&self, TRUE, START_US);
  pass (&self, 0, 17500, told);

  assert_told (told, 0, 5000, MB_LIVENESS_SILENT);
  assert_told (told, 1, 15000, MB_LIVENESS_GONE);
  assert_told (told, 2, 16000, MB_LIVENESS_GONE);
  assert_told (told, 3, 17000, MB_LIVENESS_GONE);
  g_assert_cmpuint (told->len, ==, 4);
}

static void
test_comes_back (void)
{
  g_autoptr (GArray) told = g_array_new (FALSE, FALSE, sizeof (Told));
  MbLiveness self;

  mb_liveness_init (&self);
  mb_liveness_take (&self, TRUE, START_US);
  pass (&self, 0, 15500, told);
  mb_liveness_take (&self, TRUE, START_US + 15500 * MSEC);
  pass (&self, 15500, 21000, told);

  assert_told (told, 0, 5000, MB_LIVENESS_SILENT);
  assert_told (told, 1, 15000, MB_LIVENESS_GONE);
  assert_told (told, 2, 15500, MB_LIVENESS_HEARD);
  assert_told (told, 3, 20500, MB_LIVENESS_SILENT);
  g_assert_cmpuint (told->len, ==, 4);
}

static void
test_reports_alone (void)
{
  g_autoptr (GArray) told = g_array_new (FALSE, FALSE, sizeof (Told));
  MbLiveness self;

  mb_liveness_init (&self);
  mb_liveness_take (&self, TRUE, START_US);
  for (gint64 ms = 0; ms < 60000; ms += 5000) {
    mb_liveness_take (&self, FALSE, START_US + ms * MSEC);
    pass (&self, ms, ms + 5000, told);
  }

  assert_told (told, 0, 5000, MB_LIVENESS_SILENT);
  g_assert_cmpuint (told->len, ==, 1);
}

static void
test_nothing_expected (void)
{
  MbLiveness self;

  mb_liveness_init (&self);
  for (gint64 ms = 0; ms < 60000; ms += 100) /* who never sent anything */
    g_assert_cmpint (mb_liveness_tick (&self, TRUE, START_US + ms * MSEC), ==, MB_LIVENESS_NOTHING);
  mb_liveness_take (&self, TRUE, START_US + 60000 * MSEC);
  for (gint64 ms = 60000; ms < 74900; ms += 100) /* who has stopped its tracks */
    g_assert_cmpint (
        mb_liveness_tick (&self, FALSE, START_US + ms * MSEC), ==, MB_LIVENESS_NOTHING);
}

static void
test_own_sleep (void)
{
  g_autoptr (GArray) told = g_array_new (FALSE, FALSE, sizeof (Told));
  MbLiveness self;

  mb_liveness_init (&self);
  mb_liveness_take (&self, TRUE, START_US);
  pass (&self, 0, 1000, told);
  pass (&self, 61000, 64000, told); /* the process was stopped for a minute */
  mb_liveness_take (&self, TRUE, START_US + 64000 * MSEC);
  pass (&self, 64000, 65000, told);

  g_assert_cmpuint (told->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/liveness/silent-then-gone", test_vanished);
  g_test_add_func ("/liveness/comes-back", test_comes_back);
  g_test_add_func ("/liveness/reports-alone-are-a-sign-of-life", test_reports_alone);
  g_test_add_func ("/liveness/nothing-expected-nothing-missed", test_nothing_expected);
  g_test_add_func ("/liveness/own-sleep-is-no-silence", test_own_sleep);
  return g_test_run ();
}
