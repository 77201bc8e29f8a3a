/* mb-http-head.c: heads are taken apart, and what could be read in two ways is refused
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-http-head.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *text;
  unsigned int status;
} Case;

static const Case CASES[] = {
    {"get", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"http-1.0-without-host", "GET / HTTP/1.0\r\n\r\n", 200},
    {"absolute-target", "GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"options-asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", 200},
    {"chunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 200},
    {"expect", "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", 200},
    {"no-host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two-hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"host-with-space", "GET / HTTP/1.1\r\nHost: x y\r\n\r\n", 400},
    {"host-with-slash", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
    {"empty-host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"two-lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
        400},
    {"length-list", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\n", 400},
    {"length-negative", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -3\r\n\r\n", 400},
    {"length-plus", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\n", 400},
    {"length-hex", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\n", 400},
    {"length-huge", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        413},
    {"length-and-chunked",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        400},
    {"space-before-colon", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\n", 400},
    {"chunked-twice",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        "Transfer-Encoding: chunked\r\n\r\n",
        400},
    {"gzip-chunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"chunked-in-1.0", "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"expect-else", "POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", 417},
    {"folded", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
    {"bare-lf", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
    {"bare-cr", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
    {"lf-in-request-line", "GET /\nHTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"no-colon", "GET / HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n", 400},
    {"empty-name", "GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", 400},
    {"version-2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
    {"no-version", "GET /\r\nHost: x\r\n\r\n", 400},
    {"two-spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"space-in-target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"foreign-method", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"connect", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"trace", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
    {"relative-target", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"dots", "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"encoded-dots", "GET /%2e%2e/b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"encoded-slash-and-dots", "GET /a%2f..%2fb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"dots-at-end", "GET /.. HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"nul", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"bad-escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"not-utf8", "GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"line-feed-in-path", "GET /%0a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"empty", "\r\n\r\n", 400},
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_auto (MbHttpHead) head = {0};

  g_assert_cmpuint (mb_http_head_parse (&head, test->text, strlen (test->text)), ==, test->status);
}

static void
test_fields (void)
{
  static const char TEXT[] = "POST /r%C3%A4ume/x?a=b%20c HTTP/1.1\r\nHost: h:1\r\n"
                             "Content-Length: 12\r\nX-A: one\r\n\r\n";
  g_auto (MbHttpHead) head = {0};

  g_assert_cmpuint (mb_http_head_parse (&head, TEXT, sizeof TEXT - 1), ==, 200);

  g_assert_cmpstr (head.method, ==, "POST");
  g_assert_cmpstr (head.path, ==, "/räume/x");
  g_assert_cmpstr (head.query, ==, "a=b%20c");
  g_assert_cmpint (head.content_length, ==, 12);
  g_assert_true (head.keeps_alive);
  g_assert_cmpstr (soup_message_headers_get_one (head.headers, "X-A"), ==, "one");
}

static void
test_too_many_fields (void)
{
  g_autoptr (GString) text = g_string_new ("GET / HTTP/1.1\r\nHost: x\r\n");
  g_auto (MbHttpHead) good = {0};
  g_auto (MbHttpHead) bad = {0};

  for (int i = 0; i < 99; i++)
    g_string_append (text, "A: b\r\n");
  g_string_append (text, "\r\n");
  g_assert_cmpuint (mb_http_head_parse (&good, text->str, text->len), ==, 200);

  g_string_insert (text, (gssize) text->len - 2, "A: b\r\n");
  g_assert_cmpuint (mb_http_head_parse (&bad, text->str, text->len), ==, 400);
}

static void
test_end (void)
{
  gsize length = 0;

  g_assert_false (mb_http_head_find_end ((const guint8 *) "a\r\n\r", 4, &length));
  g_assert_true (mb_http_head_find_end ((const guint8 *) "a\r\n\r\nb", 6, &length));
  g_assert_cmpuint (length, ==, 5);
}

/* Whole, and a byte at a time, as slow as it can come. */
static gboolean
take_chunks (const char *text, gsize step, GByteArray *body, gboolean *done)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();
  MbHttpChunks chunks = {0};

  for (gsize at = 0; at < strlen (text) && !chunks.done; at += step) {
    gsize used = 0;

    g_byte_array_append (input, (const guint8 *) text + at, (guint) MIN (step, strlen (text) - at));
    if (!mb_http_chunks_take (&chunks, input->data, input->len, &used, body))
      return FALSE;
    g_byte_array_remove_range (input, 0, (guint) used);
  }
  *done = chunks.done;
  return TRUE;
}

static void
test_chunks (void)
{
  static const char *const BAD[] = {"-1\r\n", "0x3\r\nabc\r\n", "3\nabc\r\n", "\r\n", "g\r\n",
      "3\r\nabcd\r\n", "123456789\r\n", "0\r\nA: b\r\n\r\n", " 3\r\nabc\r\n"};

  for (gsize step = 1; step < 40; step++) {
    g_autoptr (GByteArray) body = g_byte_array_new ();
    gboolean done = FALSE;

    g_assert_true (take_chunks ("3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", step, body, &done));
    g_assert_true (done);
    g_assert_cmpmem (body->data, body->len, "abc0123456789", 13);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (BAD); i++) {
    g_autoptr (GByteArray) body = g_byte_array_new ();
    gboolean done = FALSE;

    g_assert_false (take_chunks (BAD[i], 1000, body, &done));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strdup_printf ("/http-head/%s", CASES[i].name);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  g_test_add_func ("/http-head/fields-are-decoded", test_fields);
  g_test_add_func ("/http-head/hundred-fields-and-no-more", test_too_many_fields);
  g_test_add_func ("/http-head/end-is-an-empty-line", test_end);
  g_test_add_func ("/http-head/chunks-come-in-any-pieces", test_chunks);
  return g_test_run ();
}
