/* mb-json-span.c: members and items are found as JavaScript would, strings decode within bounds
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-json-span.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"

static MbJsonSpan
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  MbJsonSpan value;

  mb_json_scan (text, strlen (text), MB_JSON_DEPTH, &value, &error);
  g_assert_no_error (error);
  return value;
}

static void
assert_span (MbJsonSpan span, const char *expected)
{
  g_autofree char *text = g_strndup (span.text, span.length);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_kinds (void)
{
  g_assert_cmpint (mb_json_span_get_kind ((MbJsonSpan){NULL, 0}), ==, MB_JSON_ABSENT);
  g_assert_cmpint (mb_json_span_get_kind (parse (" null")), ==, MB_JSON_NULL);
  g_assert_cmpint (mb_json_span_get_kind (parse ("true")), ==, MB_JSON_BOOLEAN);
  g_assert_cmpint (mb_json_span_get_kind (parse ("-1")), ==, MB_JSON_NUMBER);
  g_assert_cmpint (mb_json_span_get_kind (parse ("\"\"")), ==, MB_JSON_STRING);
  g_assert_cmpint (mb_json_span_get_kind (parse ("[]")), ==, MB_JSON_ARRAY);
  g_assert_cmpint (mb_json_span_get_kind (parse ("{}")), ==, MB_JSON_OBJECT);
}

static void
test_find (void)
{
  MbJsonSpan object = parse ("{ \"x\":{\"to\":1}, \"s\":\"},\\\"]{\" , \"to\" : [ 1, \"]\" ],"
                             "\"d\\u0061ta\":{\"a\":{}},\"n\":-1.5e3 ,\"t\":true}");
  static const char *const NAMES[] = {"data", "nope", "to"};
  MbJsonSpan values[3];
  MbJsonSpan value;

  g_assert_cmpuint (mb_json_find_many (object, NAMES, values, 3), ==, 2);
  assert_span (values[0], "{\"a\":{}}");
  g_assert_null (values[1].text);
  assert_span (values[2], "[ 1, \"]\" ]");
  g_assert_true (mb_json_find (object, "s", &value));
  assert_span (value, "\"},\\\"]{\"");
  g_assert_true (mb_json_find (object, "n", &value));
  assert_span (value, "-1.5e3");
  g_assert_true (mb_json_find (object, "t", &value));
  assert_span (value, "true");
  g_assert_false (mb_json_find (object, "", &value));
  g_assert_false (mb_json_find (parse ("[\"to\"]"), "to", &value));
  g_assert_false (mb_json_find (parse ("{}"), "to", &value));
}

static void
test_last_counts (void)
{
  MbJsonSpan value;

  g_assert_true (mb_json_find (parse ("{\"to\":1,\"to\":2,\"\\u0074o\":3}"), "to", &value));
  assert_span (value, "3");
}

static void
test_iterate (void)
{
  static const char *const EXPECTED[] = {"1", "\"a,]\"", "[2,[3]]", "{\"b\":[]}", "null", "-0.5"};
  MbJsonIter iter;
  MbJsonSpan name;
  MbJsonSpan value;
  gsize n = 0;

  mb_json_iter_init (&iter, parse ("[1 ,\"a,]\",[2,[3]], {\"b\":[]},null,-0.5 ]"));
  while (mb_json_iter_next (&iter, &name, &value)) {
    g_assert_cmpuint (n, <, G_N_ELEMENTS (EXPECTED));
    g_assert_null (name.text);
    assert_span (value, EXPECTED[n++]);
  }
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (EXPECTED));
  g_assert_false (mb_json_iter_next (&iter, &name, &value));

  mb_json_iter_init (&iter, parse ("{\"a\":1,\"b\" : \"x\"}"));
  g_assert_true (mb_json_iter_next (&iter, &name, &value));
  assert_span (name, "\"a\"");
  assert_span (value, "1");
  g_assert_true (mb_json_iter_next (&iter, &name, &value));
  assert_span (name, "\"b\"");
  assert_span (value, "\"x\"");
  g_assert_false (mb_json_iter_next (&iter, &name, &value));

  mb_json_iter_init (&iter, parse (" [ ] "));
  g_assert_false (mb_json_iter_next (&iter, &name, &value));
  mb_json_iter_init (&iter, parse ("17"));
  g_assert_false (mb_json_iter_next (&iter, &name, &value));
}

static void
test_equals (void)
{
  g_assert_true (mb_json_span_equals (parse ("\"peers\""), "peers"));
  g_assert_true (mb_json_span_equals (parse ("\"p\\u0065ers\""), "peers"));
  g_assert_true (mb_json_span_equals (parse ("\"\""), ""));
  g_assert_false (mb_json_span_equals (parse ("\"peer\""), "peers"));
  g_assert_false (mb_json_span_equals (parse ("\"peers2\""), "peers"));
  g_assert_false (mb_json_span_equals (parse ("\"peers\\u0000\""), "peers"));
  g_assert_false (mb_json_span_equals (parse ("[]"), "peers"));
  g_assert_false (mb_json_span_equals ((MbJsonSpan){NULL, 0}, ""));
}

typedef struct {
  const char *text;
  const char *expected; /* (nullable) an error if NULL */
} StringCase;

static const StringCase STRINGS[] = {
    {"\"\"", ""},
    {"\"abc\"", "abc"},
    {"\"a\\\"b\\\\c\\/d\"", "a\"b\\c/d"},
    {"\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t"},
    {"\"\\u0041\\u00e4\\u20AC\"", "Aä€"},
    {"\"\\ud83d\\ude00!\"", "😀!"},
    {"\"\\ud83d\"", "\xef\xbf\xbd"},
    {"\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
                           "A"},
    {"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
    {"\"ä\\u00e4\"", "ää"},
    {"\"\\u0000\"", NULL},
    {"\"a\\u0000b\"", NULL},
    {"1", NULL},
    {"null", NULL},
};

static void
test_decode (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (STRINGS); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *text = mb_json_span_dup_string (parse (STRINGS[i].text), "name", 100, &error);

    g_assert_cmpstr (text, ==, STRINGS[i].expected);
    if (STRINGS[i].expected == NULL)
      g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_bounds (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *fits = mb_json_span_dup_string (parse ("\"abc\\u20ac\""), "name", 6, &error);
  g_autofree char *over = NULL;
  char small[4];

  g_assert_no_error (error);
  g_assert_cmpstr (fits, ==, "abc€");
  over = mb_json_span_dup_string (parse ("\"abc\\u20ac\""), "name", 5, &error);
  g_assert_null (over);
  g_assert_cmpstr (error->message, ==, "name is too long");
  g_assert_true (mb_json_span_copy_string (parse ("\"abc\""), "x", small, sizeof small, NULL));
  g_assert_cmpstr (small, ==, "abc");
  g_assert_false (mb_json_span_copy_string (parse ("\"abcd\""), "x", small, sizeof small, NULL));
}

static void
test_errors_name_the_field (void)
{
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) wrong = NULL;
  g_autoptr (GError) whole = NULL;
  gboolean flag = FALSE;
  gint64 number = 0;

  g_assert_null (mb_json_span_dup_string ((MbJsonSpan){NULL, 0}, "roomId", 64, &missing));
  g_assert_cmpstr (missing->message, ==, "roomId is missing");
  g_assert_false (mb_json_span_read_boolean (parse ("1"), "ok", &flag, &wrong));
  g_assert_cmpstr (wrong->message, ==, "ok must be true or false");
  g_assert_false (mb_json_span_read_integer (parse ("1.5"), "num", 0, 9, &number, &whole));
  g_assert_cmpstr (whole->message, ==, "num must be a whole number");
}

static void
test_integers (void)
{
  gint64 number = 4711;

  g_assert_true (mb_json_span_read_integer (parse ("0"), "n", 0, 0, &number, NULL));
  g_assert_cmpint (number, ==, 0);
  g_assert_true (mb_json_span_read_integer (
      parse ("-9223372036854775808"), "n", G_MININT64, G_MAXINT64, &number, NULL));
  g_assert_cmpint (number, ==, G_MININT64);
  g_assert_true (mb_json_span_read_integer (
      parse ("9223372036854775807"), "n", G_MININT64, G_MAXINT64, &number, NULL));
  g_assert_cmpint (number, ==, G_MAXINT64);
  g_assert_false (mb_json_span_read_integer (
      parse ("9223372036854775808"), "n", G_MININT64, G_MAXINT64, &number, NULL));
  g_assert_false (mb_json_span_read_integer (
      parse ("99999999999999999999999999999"), "n", G_MININT64, G_MAXINT64, &number, NULL));
  g_assert_false (mb_json_span_read_integer (parse ("11"), "n", 0, 10, &number, NULL));
  g_assert_false (mb_json_span_read_integer (parse ("-1"), "n", 0, 10, &number, NULL));
  g_assert_false (mb_json_span_read_integer (parse ("1e3"), "n", 0, 10000, &number, NULL));
  g_assert_false (mb_json_span_read_integer (parse ("\"1\""), "n", 0, 10, &number, NULL));
  g_assert_cmpint (number, ==, G_MAXINT64);
}

static void
test_append (void)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *back = NULL;

  mb_json_append_string (out, "a\"b\\c/\b\f\n\r\t\v\x01\x1f\x7fä😀");
  g_assert_cmpstr (out->str, ==, "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u000b\\u0001\\u001f\x7fä😀\"");

  for (int c = 1; c < 256; c++)
    g_string_append_unichar (all, (gunichar) c);
  g_string_truncate (out, 0);
  mb_json_append_string (out, all->str);
  back = mb_json_span_dup_string (parse (out->str), "all", 1000, NULL);
  g_assert_cmpstr (back, ==, all->str);

  g_string_truncate (out, 0);
  mb_json_append_string_len (out, "a\0b", 3);
  g_assert_cmpstr (out->str, ==, "\"a\\u0000b\"");

  g_string_truncate (out, 0);
  mb_json_append_string (out, "a\xff");
  g_assert_cmpstr (out->str, ==, "\"a\xef\xbf\xbd\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-span/kinds", test_kinds);
  g_test_add_func ("/json-span/finds-members-of-the-object-itself", test_find);
  g_test_add_func ("/json-span/of-equal-names-the-last-counts", test_last_counts);
  g_test_add_func ("/json-span/iterates-in-order", test_iterate);
  g_test_add_func ("/json-span/equals-compares-what-is-meant", test_equals);
  g_test_add_func ("/json-span/strings-decode", test_decode);
  g_test_add_func ("/json-span/strings-at-the-limit-and-one-over", test_bounds);
  g_test_add_func ("/json-span/errors-name-the-field", test_errors_name_the_field);
  g_test_add_func ("/json-span/integers-keep-their-range", test_integers);
  g_test_add_func ("/json-span/appended-strings-read-back", test_append);
  return g_test_run ();
}
