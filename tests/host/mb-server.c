/* mb-server.c: a host says where it listens, why it cannot, and goodbye
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-server.h"

#include <string.h>

#include "mb-error.h"
#include "mb-test-host.h"

typedef struct {
  const char *text;
  const char *address; /* NULL: refused */
  guint16 port;
} Listen;

static const Listen LISTENS[] = {
    {"3000", "127.0.0.1", 3000},
    {"0", "127.0.0.1", 0},
    {"0.0.0.0:80", "0.0.0.0", 80},
    {"[::1]:8080", "::1", 8080},
    {"localhost:65535", "localhost", 65535},
    {"65536", NULL, 0},
    {"-1", NULL, 0},
    {"", NULL, 0},
    {":", NULL, 0},
    {":80", NULL, 0},
    {"example.org:80", NULL, 0},
    {"127.0.0.1:", NULL, 0},
    {"127.0.0.1:x", NULL, 0},
    {"[::1", NULL, 0},
};

static void
test_listen (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (LISTENS); i++) {
    g_autofree char *address = NULL;
    g_autoptr (GError) error = NULL;
    guint16 port = 0;
    gboolean good = mb_server_parse_listen (LISTENS[i].text, &address, &port, &error);

    g_assert_cmpint (good, ==, LISTENS[i].address != NULL);
    g_assert_cmpstr (address, ==, LISTENS[i].address);
    g_assert_cmpuint (port, ==, LISTENS[i].port);
    if (!good)
      g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
  }
}

static void
test_url (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", mb_server_get_port (host));

  g_assert_cmpuint (mb_server_get_port (host), !=, 0);
  g_assert_cmpstr (mb_server_get_url (host), ==, url);
}

static void
test_taken (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  MbServerConfig config;
  g_autoptr (GError) error = NULL;

  mb_test_config_init (&config);
  config.port = mb_server_get_port (host);
  g_assert_null (mb_server_new (&config, &error));

  g_assert_error (error, MB_ERROR, MB_ERROR_CONFLICT);
}

static void
test_no_address (void)
{
  MbServerConfig config;
  g_autoptr (GError) error = NULL;

  mb_test_config_init (&config);
  config.listen_address = "192.0.2.1";
  g_assert_null (mb_server_new (&config, &error));

  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
}

static void
test_drain (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) plain = mb_test_client_new_plain (host);
  g_autoptr (MbTestClient) sio = mb_test_client_new_sio (host);
  g_autoptr (MbTestClient) idle = mb_test_client_new (host);
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *plain_told = NULL;
  g_autofree char *sio_told = NULL;
  g_autoptr (GError) error = NULL;

  mb_test_client_join (plain, "x", "Ann");
  mb_test_client_join (sio, "x", "Bo");
  mb_server_drain_async (host, mb_test_take_result, &result);
  plain_told = mb_test_client_wait_for (plain, "room-closed");
  sio_told = mb_test_client_wait_for (sio, "room-closed");

  g_assert_nonnull (strstr (plain_told, "\"reason\":\"server-going-away\""));
  g_assert_nonnull (strstr (sio_told, "\"reason\":\"server-going-away\""));
  g_assert_cmpuint (mb_test_client_wait_for_close (plain), ==, 1001);
  mb_test_client_wait_for_close (sio);
  mb_test_client_wait_for_close (idle);
  g_clear_pointer (&plain, mb_test_client_free);
  g_clear_pointer (&sio, mb_test_client_free);
  g_clear_pointer (&idle, mb_test_client_free);
  mb_test_wait_for_result (&result);
  g_assert_true (mb_server_drain_finish (host, result, &error));
  g_assert_no_error (error);
}

static void
test_draining_refuses (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  /* Holds the drain open: it is told to go, and does not. */
  g_autoptr (MbTestClient) stubborn = mb_test_client_new_plain (host);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (MbTestReply) ready = NULL;
  g_autoptr (MbTestReply) polling = NULL;
  g_autoptr (MbTestReply) made = NULL;

  mb_test_client_stop_reading (stubborn);
  mb_server_drain_async (host, mb_test_take_result, &result);
  ready = mb_test_http (host, "GET", "/readyz", NULL, NULL);
  polling = mb_test_http (host, "GET", "/socket.io/?EIO=4&transport=polling", NULL, NULL);
  made = mb_test_http (
      host, "POST", "/api/rooms", "Content-Type: application/json\r\n", "{\"name\":\"a\"}");

  g_assert_cmpuint (ready->status, ==, 503);
  g_assert_cmpuint (polling->status, ==, 503);
  g_assert_nonnull (strstr (polling->head, "Retry-After: "));
  /* It is in the store, which the next host reads. */
  g_assert_cmpuint (made->status, ==, 201);
  mb_test_wait_for_result (&result);
}

static void
count_beat (gpointer user_data)
{
  (*(unsigned int *) user_data)++;
}

static gboolean
has_beaten_thrice (gpointer data)
{
  return *(unsigned int *) data >= 3;
}

static gboolean
hang (gpointer user_data)
{
  g_usleep (300 * 1000);
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static void
test_beat (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  unsigned int n_beats = 0;
  unsigned int n_before = 0;
  gboolean hung = FALSE;

  mb_server_set_beat (host, 10, count_beat, &n_beats);
  mb_test_wait (has_beaten_thrice, &n_beats, "a beat");
  n_before = n_beats;
  g_timeout_add (0, hang, &hung);
  mb_test_wait (is_true, &hung, "the end of the hang");

  /* Thirty would have come from elsewhere than the loop. */
  g_assert_cmpuint (n_beats - n_before, <=, 2);
}

static void
test_linger (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) ann = mb_test_client_new_plain (host);
  g_autoptr (MbTestClient) bot = mb_test_client_new_plain (host);
  g_autoptr (MbTestReply) ready = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GAsyncResult) drained = NULL;
  g_autofree char *refusal = NULL;
  g_autoptr (GError) error = NULL;

  mb_test_client_join (ann, "x", "Ann");
  mb_test_client_event (
      bot, "join-room", "\"roomId\":\"x\",\"displayName\":\"b\",\"role\":\"bot\"");
  g_free (mb_test_client_wait_for (bot, "\"peers\""));
  mb_server_linger_async (host, 3600 * 1000, mb_test_take_result, &result);
  ready = mb_test_http (host, "GET", "/readyz", NULL, NULL);
  mb_test_client_event (ann, "join-room", "\"roomId\":\"y\",\"displayName\":\"Ann\"");
  refusal = mb_test_client_wait_for (ann, "room-error");

  g_assert_cmpuint (ready->status, ==, 503);
  g_assert_nonnull (strstr (refusal, "going away"));
  g_assert_null (result);
  /* A program is nobody to be waited for. */
  mb_test_client_event (ann, "leave-room", "");
  mb_test_wait_for_result (&result);
  g_assert_true (mb_server_linger_finish (host, result, &error));
  g_assert_no_error (error);
  mb_server_drain_async (host, mb_test_take_result, &drained);
  g_free (mb_test_client_wait_for (bot, "retryAfterMs"));
  mb_test_client_wait_for_close (bot);
  g_clear_pointer (&bot, mb_test_client_free);
  mb_test_wait_for_result (&drained);
}

static void
test_pages (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) root = mb_test_http (host, "GET", "/", NULL, NULL);
  g_autoptr (MbTestReply) room = mb_test_http (host, "GET", "/room.html?id=x", NULL, NULL);
  g_autoptr (MbTestReply) head = mb_test_http (host, "HEAD", "/", NULL, NULL);
  g_autoptr (MbTestReply) none = mb_test_http (host, "GET", "/nothing.html", NULL, NULL);
  g_autoptr (MbTestReply) dots = mb_test_http (host, "GET", "/%2e%2e/etc/passwd", NULL, NULL);
  g_autoptr (MbTestReply) posted = mb_test_http (host, "POST", "/", NULL, NULL);
  const char *etag = strstr (root->head, "ETag: ") + 6;
  g_autofree char *value = g_strndup (etag, strcspn (etag, "\r"));
  g_autofree char *field = g_strdup_printf ("If-None-Match: %s\r\n", value);
  g_autoptr (MbTestReply) same = mb_test_http (host, "GET", "/", field, NULL);

  g_assert_cmpuint (root->status, ==, 200);
  g_assert_nonnull (strstr (root->head, "Content-Type: text/html; charset=utf-8\r\n"));
  g_assert_nonnull (strstr (root->head, "Content-Security-Policy: default-src 'none'; "));
  g_assert_nonnull (strstr (root->head, "X-Content-Type-Options: nosniff\r\n"));
  g_assert_cmpuint (room->status, ==, 200);
  g_assert_cmpuint (head->status, ==, 200);
  g_assert_cmpstr (head->body, ==, "");
  g_assert_cmpuint (none->status, ==, 404);
  g_assert_cmpuint (dots->status, ==, 400);
  g_assert_cmpuint (posted->status, ==, 405);
  g_assert_cmpuint (same->status, ==, 304);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/server/listen-is-address-and-port", test_listen);
  g_test_add_func ("/server/url-has-the-real-port", test_url);
  g_test_add_func ("/server/a-taken-address-is-a-conflict", test_taken);
  g_test_add_func ("/server/a-foreign-address-is-wrong-usage", test_no_address);
  g_test_add_func ("/server/drain-tells-everybody", test_drain);
  g_test_add_func ("/server/draining-refuses", test_draining_refuses);
  g_test_add_func ("/server/lingers-while-somebody-is-in", test_linger);
  g_test_add_func ("/server/beats-while-its-loop-turns", test_beat);
  g_test_add_func ("/server/pages-are-served", test_pages);
  return g_test_run ();
}
