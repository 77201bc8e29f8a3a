/* mb-elements.c: a missing element is named together with its Debian package
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-elements.h"

#include <string.h>

#include "mb-error.h"

static gboolean
has_all (const char *element)
{
  return TRUE;
}

static gboolean
has_no_encoder (const char *element)
{
  return !g_str_has_suffix (element, "enc");
}

static void
test_there (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_elements_check_launch ("videotestsrc ! vp8enc", has_all, &error));
  g_assert_no_error (error);
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mb_elements_check_launch (
      "videotestsrc name=x !\n vp8enc deadline=1 ! rtpvp8pay", has_no_encoder, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "vp8enc"));
  g_assert_nonnull (strstr (error->message, "gstreamer1.0-plugins-good"));
}

static void
test_words (void)
{
  g_assert_true (
      mb_elements_check_launch ("a ! b name=vp8enc ! unheardofenc", has_no_encoder, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/elements/what-is-there-is-no-error", test_there);
  g_test_add_func ("/elements/missing-one-is-named-with-its-package", test_missing);
  g_test_add_func ("/elements/only-whole-words-count", test_words);
  return g_test_run ();
}
