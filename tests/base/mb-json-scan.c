/* mb-json-scan.c: only RFC 8259 passes, to the limit of depth, in UTF-8
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-json-scan.h"

#include <string.h>

#include "mb-error.h"

#define TEXT(literal) literal, sizeof (literal) - 1

typedef struct {
  const char *text;
  gsize length;
} Text;

static const Text GOOD[] = {
    {TEXT ("null")},
    {TEXT (" true ")},
    {TEXT ("\t\r\n false\n")},
    {TEXT ("0")},
    {TEXT ("-0")},
    {TEXT ("-12.5e+10")},
    {TEXT ("1E400")},
    {TEXT ("0.0")},
    {TEXT ("123456789012345678901234567890")},
    {TEXT ("\"\"")},
    {TEXT ("\"plain text that is longer than one word\"")},
    {TEXT ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uFFFF\\uabCD\"")},
    {TEXT ("\"\\ud800\"")},
    {TEXT ("\"\\udc00\\ud800x\"")},
    {TEXT ("\"\x7f\"")},
    {TEXT ("\"ä€😀 and on it goes\"")},
    {TEXT ("[]")},
    {TEXT ("[ ]")},
    {TEXT ("[1]")},
    {TEXT ("[1,2 , 3]")},
    {TEXT ("[[],[[]],{}]")},
    {TEXT ("{}")},
    {TEXT ("{ }")},
    {TEXT ("{\"a\":1}")},
    {TEXT ("{ \"a\" : { \"\" : [ ] } , \"a\" : null }")},
};

static const Text BAD[] = {
    {TEXT ("")},
    {TEXT ("  ")},
    {TEXT ("nul")},
    {TEXT ("nulll")},
    {TEXT ("True")},
    {TEXT ("NaN")},
    {TEXT ("Infinity")},
    {TEXT ("undefined")},
    {TEXT ("1 2")},
    {TEXT ("01")},
    {TEXT ("-")},
    {TEXT ("+1")},
    {TEXT (".5")},
    {TEXT ("1.")},
    {TEXT ("1e")},
    {TEXT ("1e+")},
    {TEXT ("0x10")},
    {TEXT ("--1")},
    {TEXT ("'a'")},
    {TEXT ("\"")},
    {TEXT ("\"abc")},
    {TEXT ("\"abc\\")},
    {TEXT ("\"abc\\\"")},
    {TEXT ("\"\\x41\"")},
    {TEXT ("\"\\u12\"")},
    {TEXT ("\"\\u12g4\"")},
    {TEXT ("\"\\U0041\"")},
    {TEXT ("\"\\\0\"")},
    {TEXT ("\"a\nb\"")},
    {TEXT ("\"seven..\x1f\"")},
    {TEXT ("\"a\0b\"")},
    {TEXT ("\"\xff\"")},
    {TEXT ("\"\xc0\x80\"")},
    {TEXT ("\"\xed\xa0\x80\"")},
    {TEXT ("\"\xe2\x82\"")},
    {TEXT ("\xef\xbb\xbf{}")},
    {TEXT ("null\0")},
    {TEXT ("\xc2\xa0null")},
    {TEXT ("[")},
    {TEXT ("]")},
    {TEXT ("[1")},
    {TEXT ("[1,")},
    {TEXT ("[1,]")},
    {TEXT ("[,1]")},
    {TEXT ("[1 2]")},
    {TEXT ("[1}")},
    {TEXT ("[]]")},
    {TEXT ("[]{}")},
    {TEXT ("{")},
    {TEXT ("{\"a\"")},
    {TEXT ("{\"a\":")},
    {TEXT ("{\"a\":}")},
    {TEXT ("{\"a\" 1}")},
    {TEXT ("{\"a\":1,}")},
    {TEXT ("{,}")},
    {TEXT ("{a:1}")},
    {TEXT ("{1:1}")},
    {TEXT ("{\"a\":1]")},
    {TEXT ("{\"a\":1 \"b\":2}")},
    {TEXT ("[1] /* c */")},
};

/* Scans a copy of exact size, so that a sanitizer sees every byte read behind it. */
static gboolean
scan_exact (const char *text, gsize length, unsigned int max_depth, GError **error)
{
  g_autofree char *copy = g_malloc (MAX (length, 1));

  memcpy (copy, text, length);
  return mb_json_scan (copy, length, max_depth, NULL, error);
}

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (GOOD); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    scan_exact (GOOD[i].text, GOOD[i].length, MB_JSON_DEPTH, &error);
    g_assert_no_error (error);
  }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (BAD); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    g_assert_false (scan_exact (BAD[i].text, BAD[i].length, MB_JSON_DEPTH, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

/* No text that is cut short passes, unless what is left is whole by itself. */
static void
test_cut (void)
{
  const char *text = "{\"type\":\"signal\",\"to\":\"\\u00e4€\",\"data\":[1.5e3,true,null,{}]}";

  for (gsize length = 0; length < strlen (text); length++)
    g_assert_false (scan_exact (text, length, MB_JSON_DEPTH, NULL));
  g_assert_true (scan_exact (text, strlen (text), MB_JSON_DEPTH, NULL));
}

static GString *
nest (const char *opening, const char *inner, const char *closing, unsigned int depth)
{
  GString *text = g_string_new (NULL);

  for (unsigned int i = 0; i < depth; i++)
    g_string_append (text, opening);
  g_string_append (text, inner);
  for (unsigned int i = 0; i < depth; i++)
    g_string_append (text, closing);
  return text;
}

static void
test_depth (void)
{
  static const unsigned int LIMITS[] = {0, 1, 32, 63, 64, 65, 128, MB_JSON_DEPTH_MAX};

  for (gsize i = 0; i < G_N_ELEMENTS (LIMITS); i++) {
    for (unsigned int extra = 0; extra <= 1; extra++) {
      g_autoptr (GString) arrays = nest ("[", "1", "]", LIMITS[i] + extra);
      g_autoptr (GString) objects = nest ("{\"a\":", "1", "}", LIMITS[i] + extra);

      g_assert_cmpint (scan_exact (arrays->str, arrays->len, LIMITS[i], NULL), ==, extra == 0);
      g_assert_cmpint (scan_exact (objects->str, objects->len, LIMITS[i], NULL), ==, extra == 0);
    }
  }
}

static void
test_very_deep (void)
{
  g_autoptr (GString) text = nest ("[", "", "", 1000000);
  g_autoptr (GError) error = NULL;

  g_assert_false (mb_json_scan (text->str, text->len, G_MAXUINT, NULL, &error));
  g_assert_cmpstr (error->message, ==, "JSON is nested too deep (byte 1024)");
}

static void
test_value (void)
{
  MbJsonSpan value;
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_json_scan (TEXT (" \n[1, 2]\t "), 1, &value, NULL));
  g_assert_cmpmem (value.text, value.length, "[1, 2]", 6);

  g_assert_false (mb_json_scan (TEXT ("[1] 2"), 1, &value, &error));
  g_assert_null (value.text);
  g_assert_cmpstr (error->message, ==, "JSON goes on behind its value (byte 4)");
}

/* A KB of signaling is about a microsecond; only told, since machines differ. */
static void
test_speed (void)
{
  g_autoptr (GString) text = g_string_new ("[\"signal\",{\"to\":\"Xy3_-aBcDeFgHiJkLmNo\",\"data\":"
                                           "{\"description\":{\"type\":\"offer\",\"sdp\":\"");
  gint64 start;
  const int rounds = g_test_perf () ? 1000000 : 1000;

  while (text->len < 1000)
    g_string_append (text, "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\\r\\n");
  g_string_append (text, "\"}}}]");
  start = g_get_monotonic_time ();
  for (int i = 0; i < rounds; i++) {
    static const char *const NAMES[] = {"to", "data"};
    MbJsonSpan value;
    MbJsonSpan values[2];
    MbJsonIter iter;

    g_assert_true (mb_json_scan (text->str, text->len, MB_JSON_DEPTH, &value, NULL));
    mb_json_iter_init (&iter, value);
    g_assert_true (mb_json_iter_next (&iter, NULL, &value));
    g_assert_true (mb_json_iter_next (&iter, NULL, &value));
    g_assert_cmpuint (mb_json_find_many (value, NAMES, values, 2), ==, 2);
  }
  g_test_message ("%" G_GSIZE_FORMAT " bytes in %.0f ns", text->len,
      (double) (g_get_monotonic_time () - start) * 1000.0 / rounds);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-scan/what-is-json-passes", test_good);
  g_test_add_func ("/json-scan/what-is-not-is-refused", test_bad);
  g_test_add_func ("/json-scan/no-beginning-of-a-text-passes", test_cut);
  g_test_add_func ("/json-scan/depth-at-the-limit-and-one-over", test_depth);
  g_test_add_func ("/json-scan/a-million-brackets-are-an-error", test_very_deep);
  g_test_add_func ("/json-scan/tells-the-value-and-the-place-of-a-fault", test_value);
  g_test_add_func ("/json-scan/speed", test_speed);
  return g_test_run ();
}
