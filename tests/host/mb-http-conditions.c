/* mb-http-conditions.c: entity tags, ranges and codings are read as RFC 9110 has them, or not at all
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-http-conditions.h"

typedef struct {
  const char *value;
  gsize size;
  MbHttpRange range;
  gsize first;
  gsize length;
} RangeCase;

static const RangeCase RANGES[] = {
    {"bytes=0-0", 93, MB_HTTP_RANGE_PART, 0, 1},
    {"bytes=0-92", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=0-93", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=92-92", 93, MB_HTTP_RANGE_PART, 92, 1},
    {"bytes=10-", 93, MB_HTTP_RANGE_PART, 10, 83},
    {"bytes=92-", 93, MB_HTTP_RANGE_PART, 92, 1},
    {"BYTES=10-19", 93, MB_HTTP_RANGE_PART, 10, 10},
    {"bytes=-1", 93, MB_HTTP_RANGE_PART, 92, 1},
    {"bytes=-93", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=-200", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=0-99999999999999999999999999", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=-99999999999999999999999999", 93, MB_HTTP_RANGE_PART, 0, 93},
    {"bytes=93-", 93, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=93-99", 93, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=99999999999999999999999999-", 93, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=-0", 93, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=0-", 0, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=-5", 0, MB_HTTP_RANGE_OUTSIDE, 0, 0},
    {"bytes=5-4", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=0-1,3-4", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=-", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=a-b", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=1-2x", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=--1", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes=+1-2", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"bytes 1-2", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"items=1-2", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
    {"", 93, MB_HTTP_RANGE_WHOLE, 0, 0},
};

static void
test_range (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (RANGES); i++) {
    gsize first = 0;
    gsize length = 0;
    MbHttpRange range = mb_http_range_parse (RANGES[i].value, RANGES[i].size, &first, &length);

    g_test_message ("%s of %" G_GSIZE_FORMAT, RANGES[i].value, RANGES[i].size);
    g_assert_cmpint (range, ==, RANGES[i].range);
    g_assert_cmpuint (first, ==, RANGES[i].first);
    g_assert_cmpuint (length, ==, RANGES[i].length);
  }
}

static SoupMessageHeaders *
make_headers (const char *name, const char *value)
{
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);

  if (value != NULL)
    soup_message_headers_append (headers, name, value);
  return headers;
}

static void
test_if_range (void)
{
  static const struct {
    const char *condition;
    MbHttpRange range;
  } CASES[] = {{NULL, MB_HTTP_RANGE_PART}, {"\"a\"", MB_HTTP_RANGE_PART},
      {"\"b\"", MB_HTTP_RANGE_WHOLE}, {"W/\"a\"", MB_HTTP_RANGE_WHOLE},
      {"Fri, 27 Nov 2026 00:00:00 GMT", MB_HTTP_RANGE_WHOLE}};

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    SoupMessageHeaders *headers = make_headers ("If-Range", CASES[i].condition);
    gsize first = 0;
    gsize length = 0;

    soup_message_headers_append (headers, "Range", "bytes=1-2");
    g_assert_cmpint (mb_http_range_find (headers, "\"a\"", 9, &first, &length), ==, CASES[i].range);
    soup_message_headers_unref (headers);
  }
}

static void
test_etags (void)
{
  static const struct {
    const char *list;
    gboolean weak;
    gboolean strong;
  } CASES[] = {{"\"a\"", TRUE, TRUE}, {"*", TRUE, TRUE}, {"W/\"a\"", TRUE, FALSE},
      {"\"b\", \"a\"", TRUE, TRUE}, {"\"b\",W/\"a\" , \"c\"", TRUE, FALSE}, {"\"b\"", FALSE, FALSE},
      {"a", FALSE, FALSE}, {"\"b, \\\"a\\\"\"", FALSE, FALSE}, {"\"xa\"", FALSE, FALSE},
      {"", FALSE, FALSE}, {",,", FALSE, FALSE}, {NULL, FALSE, FALSE}};

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_test_message ("%s", CASES[i].list == NULL ? "none" : CASES[i].list);
    g_assert_cmpint (
        mb_http_etag_is_listed (CASES[i].list, "\"a\"", MB_ETAG_WEAK), ==, CASES[i].weak);
    g_assert_cmpint (
        mb_http_etag_is_listed (CASES[i].list, "\"a\"", MB_ETAG_STRONG), ==, CASES[i].strong);
  }
}

static void
test_expectations (void)
{
  SoupMessageHeaders *none = make_headers ("If-Match", NULL);
  SoupMessageHeaders *other = make_headers ("If-Match", "\"b\"");
  SoupMessageHeaders *known = make_headers ("If-None-Match", "\"a\"");

  g_assert_true (mb_http_is_as_expected (none, "\"a\""));
  g_assert_false (mb_http_is_as_expected (other, "\"a\""));
  g_assert_false (mb_http_is_known (none, "\"a\""));
  g_assert_true (mb_http_is_known (known, "\"a\""));
  soup_message_headers_unref (none);
  soup_message_headers_unref (other);
  soup_message_headers_unref (known);
}

static void
test_gzip (void)
{
  static const struct {
    const char *value;
    gboolean accepted;
  } CASES[] = {{NULL, FALSE}, {"", FALSE}, {"identity", FALSE}, {"br", FALSE}, {"gzip", TRUE},
      {"GZip", TRUE}, {"br, gzip;q=0.5", TRUE}, {"gzip;q=0", FALSE}, {"*", TRUE},
      {"*, gzip;q=0", FALSE}, {"xgzip", FALSE}};

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    SoupMessageHeaders *headers = make_headers ("Accept-Encoding", CASES[i].value);

    g_test_message ("%s", CASES[i].value == NULL ? "none" : CASES[i].value);
    g_assert_cmpint (mb_http_accepts_gzip (headers), ==, CASES[i].accepted);
    soup_message_headers_unref (headers);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-conditions/ranges", test_range);
  g_test_add_func ("/http-conditions/if-range-wants-the-very-same", test_if_range);
  g_test_add_func ("/http-conditions/entity-tags-weak-and-strong", test_etags);
  g_test_add_func ("/http-conditions/expectations", test_expectations);
  g_test_add_func ("/http-conditions/gzip-where-it-is-taken", test_gzip);
  return g_test_run ();
}
