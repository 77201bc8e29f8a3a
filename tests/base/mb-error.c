/* mb-error.c: every code has its row outside, a foreign error is a failure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"

static void
test_rows (void)
{
  for (int code = MB_ERROR_FAILED; code <= MB_ERROR_FORBIDDEN; code++) {
    g_autoptr (GError) error = g_error_new_literal (MB_ERROR, code, "x");

    g_assert_cmpuint (mb_error_get_http_status (error), >=, 400);
    g_assert_nonnull (mb_error_get_wire_code (error));
    g_assert_cmpint (mb_error_get_exit_status (error), >, 0);
  }
}

static void
test_contract (void)
{
  g_autoptr (GError) full = g_error_new_literal (MB_ERROR, MB_ERROR_FULL, "x");
  g_autoptr (GError) usage = g_error_new_literal (MB_ERROR, MB_ERROR_USAGE, "x");
  g_autoptr (GError) away = g_error_new_literal (MB_ERROR, MB_ERROR_UNREACHABLE, "x");

  g_assert_cmpstr (mb_error_get_wire_code (full), ==, "room-full");
  g_assert_cmpint (mb_error_get_exit_status (usage), ==, 2);
  g_assert_cmpint (mb_error_get_exit_status (away), ==, 4);
}

static void
test_foreign (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, 4711, "x");

  g_assert_cmpuint (mb_error_get_http_status (error), ==, 500);
  g_assert_cmpint (mb_error_get_exit_status (error), ==, 1);
  g_assert_cmpint (mb_error_get_exit_status (NULL), ==, 1);
}

static void
test_back (void)
{
  g_assert_cmpint (mb_error_from_wire_code ("room-full"), ==, MB_ERROR_FULL);
  g_assert_cmpint (mb_error_from_wire_code ("bad-request"), ==, MB_ERROR_BAD_REQUEST);
  g_assert_cmpint (mb_error_from_wire_code ("no-cake"), ==, MB_ERROR_FAILED);
  g_assert_cmpint (mb_error_from_wire_code (NULL), ==, MB_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/every-code-has-a-row", test_rows);
  g_test_add_func ("/error/contract-values", test_contract);
  g_test_add_func ("/error/codes-are-read-back", test_back);
  g_test_add_func ("/error/foreign-is-a-failure", test_foreign);
  return g_test_run ();
}
