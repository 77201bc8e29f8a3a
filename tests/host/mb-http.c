/* mb-http.c: requests are answered one by one, and what is too much or ambiguous is refused once
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "mb-test-host.h"

static unsigned int
count (const char *text, const char *part)
{
  unsigned int n = 0;

  for (const char *at = strstr (text, part); at != NULL; at = strstr (at + 1, part))
    n++;
  return n;
}

static void
test_keep_alive (void)
{
  static const char ONE[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  static const char LAST[] = "GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autofree char *request = g_strconcat (ONE, ONE, ONE, LAST, NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new (host);
  g_autofree char *received = NULL;

  mb_test_client_send_raw (client, request, strlen (request));
  mb_test_client_wait_for_close (client);

  received = mb_test_client_get_received (client);
  g_assert_cmpuint (count (received, "HTTP/1.1 200 OK"), ==, 4);
  g_assert_cmpuint (count (received, "\"server\":\"meshbot\""), ==, 3);
  g_assert_cmpuint (count (received, "Connection: close"), ==, 1);
}

static void
test_a_byte_at_a_time (void)
{
  static const char REQUEST[] =
      "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5\r\n{\"nam\r\n8\r\ne\":\"a b\"\r\n1\r\n}\r\n0\r\n\r\n";
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new (host);
  g_autofree char *received = NULL;

  for (gsize i = 0; i < sizeof REQUEST - 1; i++)
    mb_test_client_send_raw (client, REQUEST + i, 1);
  mb_test_client_wait_for_close (client);

  received = mb_test_client_get_received (client);
  g_assert_true (g_str_has_prefix (received, "HTTP/1.1 201 Created\r\n"));
}

typedef struct {
  const char *name;
  const char *request;
  unsigned int status;
} Case;

static const Case CASES[] = {
    {"length-and-chunked",
        "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        400},
    {"two-hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"garbage", "\x16\x03\x01\x02 garbage\r\n\r\n", 400},
    {"body-over-the-limit", "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n",
        413},
    {"body-where-none-belongs", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", 413},
    {"bad-chunk", "POST /api/rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        400},
    {"foreign-method", "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 501},
};

static void
test_refused (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) reply = mb_test_raw (host, test->request, strlen (test->request));

  g_assert_cmpuint (reply->status, ==, test->status);
  g_assert_nonnull (strstr (reply->head, "Connection: close\r\n"));
  g_assert_nonnull (strstr (reply->head, "application/problem+json"));
  g_assert_cmpuint (count (reply->body, "HTTP/1.1"), ==, 0);
}

static void
test_head_limit (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autofree char *filler = g_strnfill (16 * 1024, 'a');
  g_autofree char *request = g_strdup_printf ("GET / HTTP/1.1\r\nHost: x\r\nA: %s\r\n\r\n", filler);
  g_autoptr (MbTestReply) reply = mb_test_raw (host, request, strlen (request));

  g_assert_cmpuint (reply->status, ==, 431);
}

/* The answer arrives although the client is still sending; nothing of it is kept. */
static void
test_large_body (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autofree char *body = g_strnfill (800 * 1000, ' ');
  g_autoptr (MbTestReply) reply =
      mb_test_http (host, "POST", "/api/rooms", "Content-Type: application/json\r\n", body);

  g_assert_cmpuint (reply->status, ==, 413);
}

static void
test_expect (void)
{
  static const char HEAD[] = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n"
                             "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                             "Connection: close\r\n\r\n";
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new (host);
  g_autofree char *received = NULL;

  mb_test_client_send_raw (client, HEAD, sizeof HEAD - 1);
  mb_test_client_send_raw (client, "{\"name\":\"a\"}", 12);
  mb_test_client_wait_for_close (client);

  received = mb_test_client_get_received (client);
  g_assert_true (g_str_has_prefix (received, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201"));
}

static void
test_head_method (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) head = mb_test_http (host, "HEAD", "/healthz", NULL, NULL);
  g_autoptr (MbTestReply) get = mb_test_http (host, "GET", "/healthz", NULL, NULL);
  g_autofree char *field = g_strdup_printf ("Content-Length: %d\r\n", (int) strlen (get->body));

  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpstr (head->body, ==, "");
  g_assert_nonnull (strstr (head->head, field));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/kept-connections-answer-in-order", test_keep_alive);
  g_test_add_func ("/http/a-request-may-come-a-byte-at-a-time", test_a_byte_at_a_time);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strdup_printf ("/http/refused-once/%s", CASES[i].name);

    g_test_add_data_func (path, &CASES[i], test_refused);
  }
  g_test_add_func ("/http/a-head-has-16-kib", test_head_limit);
  g_test_add_func ("/http/a-large-body-is-refused-and-told", test_large_body);
  g_test_add_func ("/http/expect-continue-is-answered", test_expect);
  g_test_add_func ("/http/head-has-the-length-and-no-body", test_head_method);
  return g_test_run ();
}
