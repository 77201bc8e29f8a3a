/* mb-base64url.c: one value has one spelling, and everything else is none
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-base64url.h"

#include <string.h>

static const struct {
  const char *bytes;
  const char *text;
} PAIRS[] = {
    {"", ""},
    {"f", "Zg"},
    {"fo", "Zm8"},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg"},
    {"fooba", "Zm9vYmE"},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xfe", "-__-"},
};

static void
test_pairs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PAIRS); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    gsize length = 0;
    g_autofree guint8 *bytes = mb_base64url_decode (PAIRS[i].text, strlen (PAIRS[i].text), &length);

    mb_base64url_append (text, PAIRS[i].bytes, strlen (PAIRS[i].bytes));
    g_assert_cmpstr (text->str, ==, PAIRS[i].text);
    g_assert_cmpmem (bytes, length, PAIRS[i].bytes, strlen (PAIRS[i].bytes));
  }
}

static void
test_round_trip (void)
{
  guint8 all[256];

  for (unsigned int i = 0; i < sizeof all; i++)
    all[i] = (guint8) (i * 167);
  for (gsize size = 0; size <= sizeof all; size++) {
    g_autoptr (GString) text = g_string_new (NULL);
    gsize length = 0;
    g_autofree guint8 *bytes = NULL;

    mb_base64url_append (text, all, size);
    bytes = mb_base64url_decode (text->str, text->len, &length);
    g_assert_cmpmem (bytes, length, all, size);
  }
}

static void
test_wrong (void)
{
  static const char *const TEXTS[] = {
      "Z", "Zg==", "Zh", "Zm9", "Zm9v!", "Zm 9v", "Zm9v\n", "+w", "/w", "Zm9vYmFyZ", "\xc3\xa9"};

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    gsize length = 0;

    g_assert_null (mb_base64url_decode (TEXTS[i], strlen (TEXTS[i]), &length));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base64url/pairs-of-the-rfc", test_pairs);
  g_test_add_func ("/base64url/every-length-comes-back", test_round_trip);
  g_test_add_func ("/base64url/other-spellings-are-none", test_wrong);
  return g_test_run ();
}
