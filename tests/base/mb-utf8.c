/* mb-utf8.c: only well-formed UTF-8 passes, wherever in a word it stands
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-utf8.h"

#include <string.h>

typedef struct {
  const char *bytes;
  gsize length;
  gboolean valid;
} Case;

#define BYTES(literal) literal, sizeof (literal) - 1

static const Case CASES[] = {
    {BYTES (""), TRUE},
    {BYTES ("plain"), TRUE},
    {BYTES ("nul \0 inside"), TRUE},
    {BYTES ("\x7f"), TRUE},
    {BYTES ("\xc2\x80"), TRUE},
    {BYTES ("\xdf\xbf"), TRUE},
    {BYTES ("\xe0\xa0\x80"), TRUE},
    {BYTES ("\xed\x9f\xbf"), TRUE},
    {BYTES ("\xee\x80\x80"), TRUE},
    {BYTES ("\xef\xbf\xbf"), TRUE},
    {BYTES ("\xf0\x90\x80\x80"), TRUE},
    {BYTES ("\xf4\x8f\xbf\xbf"), TRUE},
    {BYTES ("\x80"), FALSE},
    {BYTES ("\xbf"), FALSE},
    {BYTES ("\xc0\x80"), FALSE},
    {BYTES ("\xc1\xbf"), FALSE},
    {BYTES ("\xe0\x9f\xbf"), FALSE},
    {BYTES ("\xed\xa0\x80"), FALSE},
    {BYTES ("\xed\xbf\xbf"), FALSE},
    {BYTES ("\xf0\x8f\xbf\xbf"), FALSE},
    {BYTES ("\xf4\x90\x80\x80"), FALSE},
    {BYTES ("\xf5\x80\x80\x80"), FALSE},
    {BYTES ("\xff"), FALSE},
    {BYTES ("\xc2"), FALSE},
    {BYTES ("\xe2\x82"), FALSE},
    {BYTES ("\xf0\x9f\x98"), FALSE},
    {BYTES ("\xe2\x28\xa1"), FALSE},
    {BYTES ("\xe2\x82\x28"), FALSE},
    {BYTES ("\xf0\x9f\x98\x28"), FALSE},
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    /* At every offset in a word, with ASCII around. */
    for (gsize before = 0; before < 17; before++) {
      char buffer[64];
      gsize length = before + CASES[i].length + 9;

      memset (buffer, 'x', sizeof buffer);
      memcpy (buffer + before, CASES[i].bytes, CASES[i].length);
      g_assert_cmpint (mb_utf8_is_valid (buffer, length), ==, CASES[i].valid);
      g_assert_cmpint (mb_utf8_is_valid (buffer, before + CASES[i].length), ==, CASES[i].valid);
    }
  }
}

static void
test_fit (void)
{
  const char *text = "aä€😀";

  g_assert_cmpuint (mb_utf8_fit (text, 10, 10), ==, 10);
  g_assert_cmpuint (mb_utf8_fit (text, 10, 9), ==, 6);
  g_assert_cmpuint (mb_utf8_fit (text, 10, 6), ==, 6);
  g_assert_cmpuint (mb_utf8_fit (text, 10, 5), ==, 3);
  g_assert_cmpuint (mb_utf8_fit (text, 10, 2), ==, 1);
  g_assert_cmpuint (mb_utf8_fit (text, 10, 0), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/utf8/only-well-formed-passes", test_table);
  g_test_add_func ("/utf8/fit-cuts-no-character", test_fit);
  return g_test_run ();
}
