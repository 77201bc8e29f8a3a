/* mb-space.c: what there is room for, and when it will be full
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-space.h"

#include <glib/gstdio.h>

#include "mb-space-gauge.h"

#define LIMIT_US (20 * G_USEC_PER_SEC)

static void
test_levels (void)
{
  static const struct {
    MbSpaceLevel before;
    guint64 left;
    MbSpaceLevel after;
  } ROWS[] = {
      /* of a floor of 100 */
      {MB_SPACE_LEVEL_FREE, 100, MB_SPACE_LEVEL_FREE},
      {MB_SPACE_LEVEL_FREE, 99, MB_SPACE_LEVEL_LOW},
      {MB_SPACE_LEVEL_FREE, 50, MB_SPACE_LEVEL_LOW},
      {MB_SPACE_LEVEL_FREE, 49, MB_SPACE_LEVEL_FULL},
      {MB_SPACE_LEVEL_LOW, 100, MB_SPACE_LEVEL_LOW},
      {MB_SPACE_LEVEL_LOW, 201, MB_SPACE_LEVEL_LOW},
      {MB_SPACE_LEVEL_LOW, 202, MB_SPACE_LEVEL_FREE},
      {MB_SPACE_LEVEL_LOW, 0, MB_SPACE_LEVEL_FULL},
      {MB_SPACE_LEVEL_FULL, 99, MB_SPACE_LEVEL_FULL},
      {MB_SPACE_LEVEL_FULL, 201, MB_SPACE_LEVEL_FULL},
      {MB_SPACE_LEVEL_FULL, 202, MB_SPACE_LEVEL_FREE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++)
    g_assert_cmpint (mb_space_judge (ROWS[i].before, ROWS[i].left, 100), ==, ROWS[i].after);
  g_assert_cmpint (mb_space_judge (MB_SPACE_LEVEL_FREE, 0, 0), ==, MB_SPACE_LEVEL_FREE);
}

static void
test_prediction (void)
{
  MbSpaceGauge gauge = {0};
  gint64 now_us = 1000;

  mb_space_gauge_take (&gauge, "disk", 100000, 2000, now_us);
  g_assert_cmpint (gauge.state.full_s, ==, MB_SPACE_FOREVER_S);
  for (int i = 1; i <= 10; i++)
    mb_space_gauge_take (&gauge, "disk", 100000 - (guint64) i * 100, 2000, now_us += 1000000);
  /* 99000 left, of which 1000 stay, at 100 a second */
  g_assert_cmpint (gauge.state.full_s, ==, 980);
  /* After a minute of the double rate what was before no longer counts. */
  for (int i = 1; i <= 70; i++)
    mb_space_gauge_take (&gauge, "disk", 99000 - (guint64) i * 200, 2000, now_us += 1000000);
  g_assert_cmpint (gauge.state.full_s, ==, (99000 - 14000 - 1000) / 200);
  for (int i = 0; i < 70; i++)
    mb_space_gauge_take (&gauge, "disk", 85000, 2000, now_us += 1000000);
  g_assert_cmpint (gauge.state.full_s, ==, MB_SPACE_FOREVER_S);
  mb_space_gauge_take (&gauge, "disk", 999, 2000, now_us + 1000000);
  g_assert_cmpint (gauge.state.full_s, ==, 0);
}

static void
on_checked (MbSpace *space, unsigned int *n)
{
  (*n)++;
}

static void
check_twice (MbSpace *space)
{
  unsigned int n = 0;
  gulong id = g_signal_connect (space, "checked", G_CALLBACK (on_checked), &n);
  gint64 limit_us = g_get_monotonic_time () + LIMIT_US;

  while (n < 2 && g_get_monotonic_time () < limit_us) {
    mb_space_check (space);
    g_main_context_iteration (NULL, TRUE);
  }
  g_assert_cmpuint (n, ==, 2);
  g_signal_handler_disconnect (space, id);
}

static void
make_file (const char *folder, const char *room, gsize size)
{
  g_autofree char *session = g_build_filename (folder, room, "2026-01-01T00-00-00Z", NULL);
  g_autofree char *path = g_build_filename (session, "a.webm", NULL);
  g_autofree char *bytes = g_malloc0 (size);

  g_assert_cmpint (g_mkdir_with_parents (session, 0750), ==, 0);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

static void
assert_state (
    MbSpace *space, const char *room, MbSpaceLevel level, const char *reason, guint64 left)
{
  MbSpaceState state;

  mb_space_get_state (space, room, &state);
  g_assert_cmpint (state.level, ==, level);
  if (level == MB_SPACE_LEVEL_FREE)
    return;
  g_assert_cmpstr (state.reason, ==, reason);
  g_assert_cmpuint (state.left_bytes, ==, left);
}

static void
test_quotas (void)
{
  g_autofree char *folder = g_dir_make_tmp ("mb-space-XXXXXX", NULL);
  MbSpaceLimits limits = {
      .floor_bytes = MB_SPACE_NO_FLOOR, .quota_bytes = 1000000, .room_quota_bytes = 400000};
  g_autoptr (MbSpace) space = mb_space_new (folder, &limits);

  make_file (folder, "red", 300000);
  make_file (folder, "blue", 100000);
  make_file (folder, "old", 400000);
  mb_space_add_written (space, "red", 0);
  mb_space_add_written (space, "blue", 0);
  check_twice (space);
  assert_state (space, "red", MB_SPACE_LEVEL_FREE, NULL, 0);

  /* What is written since counts before anybody counts again. */
  mb_space_add_written (space, "red", 85000);
  check_twice (space);
  assert_state (space, "red", MB_SPACE_LEVEL_LOW, "room-quota", 15000);
  assert_state (space, "blue", MB_SPACE_LEVEL_FREE, NULL, 0);
  mb_space_add_written (space, "red", 10000);
  check_twice (space);
  assert_state (space, "red", MB_SPACE_LEVEL_FULL, "room-quota", 5000);

  mb_space_add_written (space, "blue", 90000);
  check_twice (space);
  assert_state (space, "blue", MB_SPACE_LEVEL_FULL, "quota", 15000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/space/levels-go-up-only-above-twice-the-floor", test_levels);
  g_test_add_func ("/space/what-the-last-minute-used-tells-when-it-is-full", test_prediction);
  g_test_add_func ("/space/quotas-of-a-room-and-in-all", test_quotas);
  return g_test_run ();
}
