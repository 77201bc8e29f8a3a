/* mb-web.c: files come whole, in parts, compressed or not at all, each with its type and tag
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "mb-test-host.h"

static const char PAGE[] = "/room.html";

static gboolean
has (MbTestReply *reply, const char *line)
{
  return strstr (reply->head, line) != NULL;
}

static char *
dup_etag (MbTestReply *reply)
{
  const char *etag = strstr (reply->head, "ETag: ");

  g_assert_nonnull (etag);
  return g_strndup (etag + 6, strcspn (etag + 6, "\r"));
}

static void
test_range (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) whole = mb_test_http (host, "GET", PAGE, NULL, NULL);
  g_autoptr (MbTestReply) part =
      mb_test_http (host, "GET", PAGE, "Range: bytes=2-9\r\nAccept-Encoding: gzip\r\n", NULL);
  g_autoptr (MbTestReply) tail = mb_test_http (host, "GET", PAGE, "Range: bytes=-5\r\n", NULL);
  g_autoptr (MbTestReply) outside =
      mb_test_http (host, "GET", PAGE, "Range: bytes=9999999-\r\n", NULL);
  g_autoptr (MbTestReply) head = mb_test_http (host, "HEAD", PAGE, "Range: bytes=2-9\r\n", NULL);
  gsize size = strlen (whole->body);
  g_autofree char *expected = g_strndup (whole->body + 2, 8);
  g_autofree char *range = g_strdup_printf ("Content-Range: bytes 2-9/%u\r\n", (unsigned int) size);
  g_autofree char *none = g_strdup_printf ("Content-Range: bytes */%u\r\n", (unsigned int) size);

  g_assert_cmpuint (whole->status, ==, 200);
  g_assert_true (has (whole, "Accept-Ranges: bytes\r\n"));
  g_assert_cmpuint (part->status, ==, 206);
  g_assert_cmpstr (part->body, ==, expected);
  g_assert_true (has (part, range));
  g_assert_true (has (part, "Content-Length: 8\r\n"));
  g_assert_false (has (part, "Content-Encoding"));
  g_assert_cmpstr (tail->body, ==, whole->body + size - 5);
  g_assert_cmpuint (outside->status, ==, 416);
  g_assert_true (has (outside, none));
  g_assert_cmpuint (head->status, ==, 200);
}

/* A download that is resumed gets the rest of the file it began with, or the new file whole. */
static void
test_resume (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) whole = mb_test_http (host, "GET", PAGE, NULL, NULL);
  g_autofree char *etag = dup_etag (whole);
  g_autofree char *same_field = g_strdup_printf ("Range: bytes=9-\r\nIf-Range: %s\r\n", etag);
  g_autoptr (MbTestReply) same = mb_test_http (host, "GET", PAGE, same_field, NULL);
  g_autoptr (MbTestReply) other =
      mb_test_http (host, "GET", PAGE, "Range: bytes=9-\r\nIf-Range: \"old\"\r\n", NULL);

  g_assert_cmpuint (same->status, ==, 206);
  g_assert_cmpstr (same->body, ==, whole->body + 9);
  g_assert_cmpuint (other->status, ==, 200);
  g_assert_cmpstr (other->body, ==, whole->body);
}

/* A list of ranges is answered with the whole, once: it must not cost more than that. */
static void
test_many_ranges (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (GString) field = g_string_new ("Range: bytes=");
  g_autoptr (MbTestReply) reply = NULL;

  for (int i = 0; i < 1500; i++)
    g_string_append (field, i == 0 ? "0-" : ",0-");
  g_string_append (field, "\r\n");
  reply = mb_test_http (host, "GET", PAGE, field->str, NULL);

  g_assert_cmpuint (reply->status, ==, 200);
}

static void
test_gzip (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) plain = mb_test_http (host, "GET", "/style.css", NULL, NULL);
  g_autoptr (MbTestReply) gzip =
      mb_test_http (host, "GET", "/style.css", "Accept-Encoding: br, gzip\r\n", NULL);
  g_autoptr (MbTestReply) small =
      mb_test_http (host, "GET", "/icon.svg", "Accept-Encoding: gzip\r\n", NULL);
  g_autofree char *plain_etag = dup_etag (plain);
  g_autofree char *gzip_etag = dup_etag (gzip);
  g_autofree char *field =
      g_strdup_printf ("Accept-Encoding: gzip\r\nIf-None-Match: %s\r\n", gzip_etag);
  g_autoptr (MbTestReply) known = mb_test_http (host, "GET", "/style.css", field, NULL);

  g_assert_false (has (plain, "Content-Encoding"));
  g_assert_true (has (plain, "Vary: Accept-Encoding\r\n"));
  g_assert_true (has (gzip, "Content-Encoding: gzip\r\n"));
  g_assert_true (has (gzip, "Vary: Accept-Encoding\r\n"));
  g_assert_true (g_str_has_prefix (gzip->body, "\x1f\x8b"));
  g_assert_cmpstr (plain_etag, !=, gzip_etag);
  g_assert_cmpuint (known->status, ==, 304);
  g_assert_cmpstr (known->body, ==, "");
  g_assert_false (has (small, "Content-Encoding"));
  g_assert_false (has (small, "Vary"));
}

static void
test_only_read (void)
{
  static const char *const METHODS[] = {"POST", "PUT", "DELETE", "PATCH"};
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) options = mb_test_http (host, "OPTIONS", PAGE, NULL, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (METHODS); i++) {
    g_autoptr (MbTestReply) reply = mb_test_http (host, METHODS[i], PAGE, NULL, NULL);

    g_assert_cmpuint (reply->status, ==, 405);
    g_assert_true (has (reply, "Allow: GET, HEAD, OPTIONS\r\n"));
    g_assert_nonnull (strstr (reply->body, "\"detail\":"));
  }
  g_assert_cmpuint (options->status, ==, 204);
  g_assert_true (has (options, "Allow: GET, HEAD, OPTIONS\r\n"));
}

/* No name leads out of the folder, and a folder is no page. */
static void
test_no_way_out (void)
{
  static const char *const PATHS[] = {"/../etc/passwd", "/%2e%2e/etc/passwd", "/..%2fetc/passwd",
      "/%2e%2e%2f%2e%2e%2fetc/passwd", "//etc/passwd", "/./../room.html", "/room.html/", "/room",
      "/..\\etc\\passwd", "/%5c..%5cetc", "/socket.io", "/%00", "/room.html%00.js", "/%ff", "/%zz",
      "/.", "/..", "/~root/", "/meshbot/web/room.html", "/%2f%2fetc/passwd"};
  g_autoptr (MbServer) host = mb_test_host_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++) {
    g_autoptr (MbTestReply) reply = mb_test_http (host, "GET", PATHS[i], NULL, NULL);

    g_test_message ("%s", PATHS[i]);
    g_assert_true (reply->status == 404 || reply->status == 400);
    g_assert_null (strstr (reply->body, "root:"));
    g_assert_true (has (reply, "Content-Type: application/problem+json"));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/web/a-range-is-that-part", test_range);
  g_test_add_func ("/web/a-download-is-resumed-or-begun-again", test_resume);
  g_test_add_func ("/web/many-ranges-cost-no-more-than-one", test_many_ranges);
  g_test_add_func ("/web/compressed-where-it-pays", test_gzip);
  g_test_add_func ("/web/pages-are-read-only", test_only_read);
  g_test_add_func ("/web/no-way-out-of-the-folder", test_no_way_out);
  return g_test_run ();
}
