/* mb-part-file.c: nothing is overwritten or followed; what was whole stays when a write does not fit
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-part-file.h"

#include <glib/gstdio.h>
#include <gst/gst.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *folder;
  char *location;
  char *part;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("mb-part-file-XXXXXX", NULL);
  fixture->location = g_build_filename (fixture->folder, "a.webm", NULL);
  fixture->part = g_strconcat (fixture->location, ".part", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->location);
  g_unlink (fixture->part);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->location);
  g_free (fixture->part);
}

static void
assert_content (const char *path, const char *expected)
{
  g_autofree char *content = NULL;

  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, expected);
}

static void
test_finish (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  MbPartFile *file = mb_part_file_new (fixture->location, &error);
  GStatBuf status;

  g_assert_no_error (error);
  g_assert_true (mb_part_file_write (file, 0, "hello world", 11, &error));
  g_assert_true (mb_part_file_write (file, 6, "W", 1, &error));
  g_assert_cmpuint (mb_part_file_get_size (file), ==, 11);
  g_assert_true (mb_part_file_sync (file, &error));
  assert_content (fixture->part, "hello World");
  g_assert_false (g_file_test (fixture->location, G_FILE_TEST_EXISTS));

  g_assert_true (mb_part_file_finish (file, &error));
  g_assert_no_error (error);
  mb_part_file_free (file);
  assert_content (fixture->location, "hello World");
  g_assert_false (g_file_test (fixture->part, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_stat (fixture->location, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07027, ==, 0);
}

static void
test_unfinished (Fixture *fixture, gconstpointer data)
{
  MbPartFile *file = mb_part_file_new (fixture->location, NULL);

  g_assert_true (mb_part_file_write (file, 0, "a", 1, NULL));
  mb_part_file_free (file);

  assert_content (fixture->part, "a");
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  mb_part_file_free (mb_part_file_new (fixture->location, NULL));

  g_assert_false (g_file_test (fixture->part, G_FILE_TEST_EXISTS));
}

static void
test_exclusive (Fixture *fixture, gconstpointer data)
{
  const char *paths[] = {fixture->location, fixture->part};

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (paths[i], "old", -1, NULL));
    g_assert_null (mb_part_file_new (fixture->location, &error));
    g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);
    assert_content (paths[i], "old");
    g_unlink (paths[i]);
  }
}

static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = g_build_filename (fixture->folder, "target", NULL);

  g_assert_cmpint (symlink (target, fixture->part), ==, 0);
  g_assert_null (mb_part_file_new (fixture->location, &error));

  g_assert_nonnull (error);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

static void
test_taken_meanwhile (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPartFile) file = mb_part_file_new (fixture->location, NULL);

  g_assert_true (mb_part_file_write (file, 0, "new", 3, NULL));
  g_assert_true (g_file_set_contents (fixture->location, "old", -1, NULL));
  g_assert_false (mb_part_file_finish (file, &error));

  g_assert_nonnull (error);
  assert_content (fixture->location, "old");
  assert_content (fixture->part, "new");
}

static void
test_no_folder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *location = g_build_filename (fixture->folder, "none", "a.webm", NULL);

  g_assert_null (mb_part_file_new (location, &error));
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);
}

/* A limit on the size of files stands for a full disk: the write is cut in its middle. */
static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPartFile) file = mb_part_file_new (fixture->location, NULL);
  struct rlimit old;
  struct rlimit small;
  void (*old_handler) (int) = signal (SIGXFSZ, SIG_IGN);

  g_assert_true (mb_part_file_write (file, 0, "12345678", 8, NULL));
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  small = old;
  small.rlim_cur = 10;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (mb_part_file_write (file, 8, "abcdefgh", 8, &error));
  setrlimit (RLIMIT_FSIZE, &old);
  signal (SIGXFSZ, old_handler);

  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  assert_content (fixture->part, "12345678");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/part-file/finished-has-its-name", test_finish);
  ADD ("/part-file/unfinished-stays", test_unfinished);
  ADD ("/part-file/empty-is-not-left-behind", test_empty);
  ADD ("/part-file/nothing-is-overwritten", test_exclusive);
  ADD ("/part-file/link-is-not-followed", test_link);
  ADD ("/part-file/name-taken-meanwhile-is-kept", test_taken_meanwhile);
  ADD ("/part-file/missing-folder-is-an-error", test_no_folder);
  ADD ("/part-file/cut-write-is-taken-back", test_full);
  return g_test_run ();
}
