/* mb-digest.c: the checksum is SHA-256 of the whole file, and a link is refused
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-digest.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
test_known (void)
{
  g_autofree char *folder = g_dir_make_tmp ("digest-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autofree char *large = g_malloc (1000000);
  g_autofree char *small_sum = NULL;
  g_autofree char *large_sum = NULL;
  g_autoptr (GError) error = NULL;

  /* FIPS 180-2, appendix B: "abc", and a million of the letter a. */
  memset (large, 'a', 1000000);
  g_assert_true (g_file_set_contents (path, "abc", 3, &error));
  small_sum = mb_digest_file (path, &error);
  g_assert_true (g_file_set_contents (path, large, 1000000, &error));
  large_sum = mb_digest_file (path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (
      small_sum, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  g_assert_cmpstr (
      large_sum, ==, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_refused (void)
{
  g_autofree char *folder = g_dir_make_tmp ("digest-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "link", NULL);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) linked = NULL;

  g_assert_null (mb_digest_file (path, &missing));
  g_assert_cmpint (symlink ("/proc/self/exe", path), ==, 0);
  g_assert_null (mb_digest_file (path, &linked));

  g_assert_nonnull (strstr (missing->message, path));
  g_assert_nonnull (strstr (linked->message, path));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/digest/of-known-contents", test_known);
  g_test_add_func ("/digest/missing-files-and-links-are-errors", test_refused);
  return g_test_run ();
}
