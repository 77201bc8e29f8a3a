/* mb-folder-lock.c: one owner or many readers of a folder, and none once they have ended
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-folder-lock.h"

#include <glib/gstdio.h>

#include "mb-error.h"

static void
test_lock (void)
{
  g_autofree char *folder = g_dir_make_tmp ("lock-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  int one = mb_folder_lock (folder, MB_FOLDER_LOCK_SHARED, NULL);
  int other = mb_folder_lock (folder, MB_FOLDER_LOCK_SHARED, NULL);

  g_assert_cmpint (one, >=, 0);
  g_assert_cmpint (other, >=, 0);
  g_assert_cmpint (mb_folder_lock (folder, MB_FOLDER_LOCK_EXCLUSIVE, &error), ==, -1);
  g_assert_error (error, MB_ERROR, MB_ERROR_CONFLICT);
  g_clear_error (&error);
  mb_folder_unlock (one);
  mb_folder_unlock (other);

  one = mb_folder_lock (folder, MB_FOLDER_LOCK_EXCLUSIVE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mb_folder_lock (folder, MB_FOLDER_LOCK_SHARED, &error), ==, -1);
  g_assert_error (error, MB_ERROR, MB_ERROR_CONFLICT);
  mb_folder_unlock (one);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mb_folder_lock ("/nonexistent/folder", MB_FOLDER_LOCK_SHARED, &error), ==, -1);
  g_assert_error (error, MB_ERROR, MB_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/folder-lock/one-owner-or-many-readers", test_lock);
  g_test_add_func ("/folder-lock/what-is-not-there-is-an-error", test_missing);
  return g_test_run ();
}
