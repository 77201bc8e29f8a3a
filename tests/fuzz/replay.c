/* replay.c: every input of a corpus passes its fuzz target
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The corpus' folder is the last argument.
 */
#include "fuzz.h"

static void
run_input (gconstpointer path)
{
  g_autofree char *bytes = NULL;
  g_autofree guint8 *exact = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &bytes, &length, &error);
  g_assert_no_error (error);
  /* Without the terminator that reading added, so that a sanitizer sees what goes too far. */
  exact = g_memdup2 (bytes, length);
  LLVMFuzzerTestOneInput (exact, length);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_open (argv[argc - 1], 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *base = g_path_get_basename (argv[argc - 1]);
    g_autofree char *test = g_strdup_printf ("/fuzz/%s/%s", base, name);

    g_test_add_data_func_full (
        test, g_build_filename (argv[argc - 1], name, NULL), run_input, g_free);
  }
  return g_test_run ();
}
