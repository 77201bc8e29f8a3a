/* mb-restart.c: a crashed child is started again ever later, and not for ever
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-restart.h"

static void
test_delays (void)
{
  static const unsigned int EXPECTED_MS[] = {1000, 2000, 4000, 8000};
  MbRestart restart = {0};
  unsigned int delay_ms = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (EXPECTED_MS); i++) {
    g_assert_true (mb_restart_crashed (&restart, (gint64) i * G_TIME_SPAN_SECOND, &delay_ms));
    g_assert_cmpuint (delay_ms, ==, EXPECTED_MS[i]);
  }
}

static void
test_given_up (void)
{
  MbRestart restart = {0};
  unsigned int delay_ms = 0;

  for (gsize i = 0; i + 1 < MB_RESTART_MAX_CRASHES; i++)
    g_assert_true (mb_restart_crashed (&restart, 1, &delay_ms));

  g_assert_false (mb_restart_crashed (&restart, 1 + MB_RESTART_WINDOW_US - 1, &delay_ms));
}

static void
test_forgotten (void)
{
  MbRestart restart = {0};
  unsigned int delay_ms = 0;

  for (gsize i = 0; i + 1 < MB_RESTART_MAX_CRASHES; i++)
    g_assert_true (mb_restart_crashed (&restart, 1, &delay_ms));

  g_assert_true (mb_restart_crashed (&restart, 1 + MB_RESTART_WINDOW_US, &delay_ms));
  g_assert_cmpuint (delay_ms, ==, 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/restart/delay-doubles", test_delays);
  g_test_add_func ("/restart/fifth-crash-within-ten-minutes-is-the-last", test_given_up);
  g_test_add_func ("/restart/old-crashes-are-forgotten", test_forgotten);
  return g_test_run ();
}
