/* mb-eio-server.c: Engine.IO sessions over polling: the handshake, polls, the upgrade, time-outs
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-eio-server.h"

#include <string.h>

#include "mb-test-host.h"

#define PATH "/socket.io/?EIO=4&transport=polling"

typedef struct {
  MbServer *host;
  char *sid;
  char *polling;   /* path with the sid */
  char *websocket; /* path with the sid */
} Fixture;

static MbServer *
make_host (void)
{
  MbServerConfig config;

  mb_test_config_init (&config);
  config.ping_interval_ms = 300;
  config.ping_timeout_ms = 200;
  return mb_test_host_new (&config);
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_printerr ("no %s in %s\n", part, text);
  g_assert_nonnull (strstr (text, part));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) opened = NULL;
  g_auto (GStrv) parts = NULL;

  fixture->host = make_host ();
  opened = mb_test_http (fixture->host, "GET", PATH, NULL, NULL);
  assert_has (opened->body, "0{\"sid\":\"");
  parts = g_strsplit (opened->body + 9, "\"", 2);
  fixture->sid = g_strdup (parts[0]);
  fixture->polling = g_strconcat (PATH "&sid=", fixture->sid, NULL);
  fixture->websocket =
      g_strconcat ("/socket.io/?EIO=4&transport=websocket&sid=", fixture->sid, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->host);
  g_free (fixture->sid);
  g_free (fixture->polling);
  g_free (fixture->websocket);
}

static MbTestReply *
poll (Fixture *fixture)
{
  return mb_test_http (fixture->host, "GET", fixture->polling, NULL, NULL);
}

static MbTestReply *
post (Fixture *fixture, const char *body)
{
  return mb_test_http (
      fixture->host, "POST", fixture->polling, "Content-Type: text/plain;charset=UTF-8\r\n", body);
}

/* A poll that is left hanging. */
static MbTestClient *
start_poll (Fixture *fixture)
{
  MbTestClient *client = mb_test_client_new (fixture->host);
  g_autofree char *request =
      g_strdup_printf ("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", fixture->polling);

  mb_test_client_send_raw (client, request, strlen (request));
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  return client;
}

static void
assert_poll_ends_with (MbTestClient *client, const char *body)
{
  g_autofree char *received = NULL;

  mb_test_client_wait_for_close (client);
  received = mb_test_client_get_received (client);
  g_assert_true (g_str_has_prefix (received, "HTTP/1.1 200 OK"));
  g_assert_cmpstr (strstr (received, "\r\n\r\n") + 4, ==, body);
}

typedef struct {
  const char *name;
  const char *method;
  const char *path;
  unsigned int status;
  const char *body;
} Refusal;

static const Refusal REFUSALS[] = {
    {"no-transport", "GET", "/socket.io/?EIO=4", 400,
        "{\"code\":0,\"message\":\"Transport unknown\"}"},
    {"unknown-transport", "GET", "/socket.io/?EIO=4&transport=pigeon", 400,
        "{\"code\":0,\"message\":\"Transport unknown\"}"},
    {"unknown-sid", "GET", PATH "&sid=abc", 400, "{\"code\":1,\"message\":\"Session ID unknown\"}"},
    {"post-to-unknown-sid", "POST", PATH "&sid=abc", 400,
        "{\"code\":1,\"message\":\"Session ID unknown\"}"},
    {"post-without-sid", "POST", PATH, 400, "{\"code\":2,\"message\":\"Bad handshake method\"}"},
    {"put-without-sid", "PUT", PATH, 400, "{\"code\":2,\"message\":\"Bad handshake method\"}"},
    {"websocket-without-handshake", "GET", "/socket.io/?EIO=4&transport=websocket", 400,
        "{\"code\":3,\"message\":\"Bad request\"}"},
    {"no-version", "GET", "/socket.io/?transport=polling", 400,
        "{\"code\":5,\"message\":\"Unsupported protocol version\"}"},
    {"version-3", "GET", "/socket.io/?EIO=3&transport=polling", 400,
        "{\"code\":5,\"message\":\"Unsupported protocol version\"}"},
    {"other-path", "GET", "/socket.io/x?EIO=4&transport=polling", 404, NULL},
};

static void
test_refused (gconstpointer data)
{
  const Refusal *test = data;
  g_autoptr (MbServer) host = make_host ();
  g_autoptr (MbTestReply) reply = mb_test_http (host, test->method, test->path, NULL, NULL);

  g_assert_cmpuint (reply->status, ==, test->status);
  if (test->body != NULL) {
    g_assert_cmpstr (reply->body, ==, test->body);
    assert_has (reply->head, "Content-Type: application/json\r\n");
  }
}

static void
test_open (void)
{
  g_autoptr (MbServer) host = make_host ();
  g_autoptr (MbTestReply) reply = mb_test_http (host, "GET", PATH, NULL, NULL);

  g_assert_cmpuint (reply->status, ==, 200);
  assert_has (reply->body, "\"upgrades\":[\"websocket\"],\"pingInterval\":300,"
                           "\"pingTimeout\":200,\"maxPayload\":262144}");
  assert_has (reply->head, "Content-Type: text/plain; charset=UTF-8\r\n");
  assert_has (reply->head, "Cache-Control: no-store\r\n");
}

static void
test_poll (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) posted = post (fixture, "40\x1e"
                                                  "42[\"join-room\",{\"roomId\":\"x\","
                                                  "\"displayName\":\"Ann\"}]");
  g_autoptr (MbTestReply) polled = poll (fixture);

  g_assert_cmpstr (posted->body, ==, "ok");
  assert_has (polled->body, "40{\"sid\":\"");
  assert_has (polled->body, "\"}\x1e"
                            "42[\"peers\",{\"peers\":[],\"members\":[]}]");
  g_assert_null (strstr (polled->body, fixture->sid));
}

static void
test_heartbeat (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 2; i++) {
    g_autoptr (MbTestReply) polled = poll (fixture);
    g_autoptr (MbTestReply) posted = post (fixture, "3");

    g_assert_cmpstr (polled->body, ==, "2");
    g_assert_cmpstr (posted->body, ==, "ok");
  }
}

static gboolean
deadline_is_over (gpointer data)
{
  return g_get_monotonic_time () > *(gint64 *) data;
}

static void
test_timeout (Fixture *fixture, gconstpointer data)
{
  gint64 deadline_us = g_get_monotonic_time () + 501000;
  unsigned int waker = g_timeout_add (502, (GSourceFunc) g_get_monotonic_time, NULL);
  g_autoptr (MbTestReply) late = NULL;

  mb_test_wait (deadline_is_over, &deadline_us, "a session's end");
  g_source_remove (waker);
  late = poll (fixture);

  g_assert_cmpuint (late->status, ==, 400);
  assert_has (late->body, "\"code\":1,");
}

/* While the host has no processor, nobody's time runs out: what came meanwhile is read first. */
static void
test_stalled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) polled = poll (fixture);
  g_autofree char *pong = g_strdup_printf (
      "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n3",
      fixture->polling);
  g_autoptr (MbTestClient) client = mb_test_client_new (fixture->host);
  g_autofree char *received = NULL;

  g_usleep (250 * 1000);
  mb_test_client_send_raw (client, pong, strlen (pong));
  mb_test_client_wait_for_close (client);
  received = mb_test_client_get_received (client);

  g_assert_cmpstr (polled->body, ==, "2");
  g_assert_true (g_str_has_prefix (received, "HTTP/1.1 200 "));
}

/* Nor is it the client's fault when the ping comes late. */
static void
test_late_ping (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) hanging = start_poll (fixture);
  g_autoptr (MbTestReply) settled = mb_test_http (fixture->host, "GET", "/healthz", NULL, NULL);
  g_autoptr (MbTestReply) posted = NULL;

  g_usleep (550 * 1000);
  assert_poll_ends_with (hanging, "2");
  posted = post (fixture, "3");

  g_assert_cmpstr (posted->body, ==, "ok");
}

static void
test_two_polls (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) first = start_poll (fixture);
  g_autoptr (MbTestReply) second = poll (fixture);
  g_autoptr (MbTestReply) third = poll (fixture);

  assert_poll_ends_with (first, "1");
  g_assert_cmpuint (second->status, ==, 400);
  g_assert_cmpuint (third->status, ==, 400);
}

static void
test_close (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) hanging = start_poll (fixture);
  g_autoptr (MbTestReply) posted = post (fixture, "1");
  g_autoptr (MbTestReply) after = poll (fixture);

  g_assert_cmpstr (posted->body, ==, "ok");
  assert_poll_ends_with (hanging, "6");
  g_assert_cmpuint (after->status, ==, 400);
}

static void
test_garbage (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) posted = post (fixture, "abc");
  g_autoptr (MbTestReply) after = poll (fixture);

  g_assert_cmpuint (posted->status, ==, 400);
  g_assert_cmpuint (after->status, ==, 400);
}

/* Its next poll may be under way on another connection: one is let go, and no second. */
static void
test_close_before_the_poll (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) closed = post (fixture, "1");
  g_autoptr (MbTestReply) posted = post (fixture, "4x");
  g_autoptr (MbTestReply) crossing = poll (fixture);
  g_autoptr (MbTestReply) after = poll (fixture);

  g_assert_cmpstr (closed->body, ==, "ok");
  g_assert_cmpuint (posted->status, ==, 400);
  g_assert_cmpuint (crossing->status, ==, 200);
  g_assert_cmpstr (crossing->body, ==, "6");
  g_assert_cmpuint (after->status, ==, 400);
}

/* Only a goodbye of the client's own is one. */
static void
test_no_poll_is_owed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) garbage = post (fixture, "abc");
  g_autoptr (MbTestReply) after = poll (fixture);

  g_assert_cmpuint (garbage->status, ==, 400);
  assert_has (after->body, "\"code\":1,");
}

/* The client goes away while its poll hangs: its room hears of it at once. */
static void
test_vanish (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) watcher = mb_test_client_new_plain (fixture->host);
  g_autofree char *left = NULL;
  MbTestClient *hanging = NULL;

  mb_test_client_join (watcher, "x", "Ann");
  mb_test_reply_free (
      post (fixture, "40\x1e"
                     "42[\"join-room\",{\"roomId\":\"x\",\"displayName\":\"Bo\"}]"));
  mb_test_client_wait_past (watcher, "peer-joined");
  mb_test_reply_free (poll (fixture));
  hanging = start_poll (fixture);
  mb_test_client_free (hanging);
  left = mb_test_client_wait_for (watcher, "peer-left");

  assert_has (left, "\"reason\":\"disconnected\"");
}

static void
test_upgrade (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) hanging = start_poll (fixture);
  g_autoptr (MbTestClient) websocket =
      mb_test_client_new_websocket (fixture->host, fixture->websocket, NULL);
  g_autoptr (MbTestReply) posted = post (fixture, "40");
  g_autoptr (MbTestReply) after = NULL;
  g_autoptr (MbTestClient) second = NULL;

  mb_test_client_send (websocket, "2probe");
  mb_test_client_wait_past (websocket, "3probe");
  mb_test_client_send (websocket, "5");
  mb_test_client_send (websocket, "42[\"join-room\",{\"roomId\":\"x\",\"displayName\":\"Ann\"}]");
  mb_test_client_wait_past (websocket, "42[\"peers\"");
  after = poll (fixture);
  second = mb_test_client_new_websocket (fixture->host, fixture->websocket, NULL);

  g_assert_cmpuint (after->status, ==, 400);
  mb_test_client_wait_for_close (second);
  g_assert_false (mb_test_client_is_closed (websocket));
  mb_test_client_wait_for_close (hanging);
}

/* The hanging poll is let go by the probe; the queue of polling moves to the websocket. */
static void
test_upgrade_moves_queue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) hanging = start_poll (fixture);
  g_autoptr (MbTestClient) websocket =
      mb_test_client_new_websocket (fixture->host, fixture->websocket, NULL);

  mb_test_client_send (websocket, "2probe");
  mb_test_client_wait_past (websocket, "3probe");
  assert_poll_ends_with (hanging, "6");
  mb_test_reply_free (post (fixture, "40"));
  mb_test_client_send (websocket, "5");
  mb_test_client_wait_past (websocket, "40{");
}

static void
test_probe_fails (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) websocket =
      mb_test_client_new_websocket (fixture->host, fixture->websocket, NULL);
  g_autoptr (MbTestReply) polled = NULL;

  mb_test_client_send (websocket, "4nonsense");
  mb_test_client_wait_for_close (websocket);
  mb_test_reply_free (post (fixture, "40"));
  polled = poll (fixture);

  assert_has (polled->body, "40{");
}

/* The interval counts from the pong, however late that came. */
static void
test_ping_after_pong (Fixture *fixture, gconstpointer data)
{
  gint64 ponged_us = 0;
  gint64 deadline_us = 0;
  unsigned int waker = 0;
  g_autoptr (MbTestReply) first = poll (fixture);
  g_autoptr (MbTestReply) second = NULL;

  deadline_us = g_get_monotonic_time () + 50000;
  waker = g_timeout_add (51, (GSourceFunc) g_get_monotonic_time, NULL);
  mb_test_wait (deadline_is_over, &deadline_us, "a late pong");
  g_source_remove (waker);
  ponged_us = g_get_monotonic_time ();
  mb_test_reply_free (post (fixture, "3"));
  second = poll (fixture);

  g_assert_cmpstr (first->body, ==, "2");
  g_assert_cmpstr (second->body, ==, "2");
  g_assert_cmpint (g_get_monotonic_time () - ponged_us, >=, 300000);
}

static void
test_websocket_opens (void)
{
  g_autoptr (MbServer) host = make_host ();
  g_autoptr (MbTestClient) client =
      mb_test_client_new_websocket (host, "/socket.io/?EIO=4&transport=websocket", NULL);
  g_autofree char *open = mb_test_client_wait_for (client, "0{");

  assert_has (open, "\"upgrades\":[],\"pingInterval\":300,\"pingTimeout\":200,"
                    "\"maxPayload\":262144}");
}

static void
test_websocket_heartbeat (void)
{
  g_autoptr (MbServer) host = make_host ();
  g_autoptr (MbTestClient) client = mb_test_client_new_sio (host);

  for (int i = 0; i < 2; i++) {
    g_autofree char *ping = mb_test_client_wait_for (client, "2");

    g_assert_cmpstr (ping, ==, "2");
    mb_test_client_send (client, "3");
  }
  mb_test_client_wait_past (client, "2");
  mb_test_client_wait_for_close (client);
}

/* maxPayload is what a message may have, and no byte more. */
static void
test_websocket_size (void)
{
  gsize limit = 256 * 1024;
  g_autoptr (MbServer) host = make_host ();
  g_autoptr (MbTestClient) client = mb_test_client_new_sio (host);
  g_autofree char *rest = g_strnfill (limit - strlen ("42[\"x\"]"), ' ');

  mb_test_client_send (client, "42[\"x\"%s]", rest);
  mb_test_client_wait_past (client, "bad-request");
  mb_test_client_send (client, "42[\"x\" %s]", rest);

  g_assert_cmpuint (mb_test_client_wait_for_close (client), ==, 1009);
}

static void
test_large_body (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = g_strnfill (256 * 1024 + 1, 'a');
  g_autoptr (MbTestReply) posted = post (fixture, body);

  g_assert_cmpuint (posted->status, ==, 413);
}

typedef struct {
  const char *name;
  const char *allowed;
  const char *origin; /* NULL: of the host itself */
  unsigned int status;
  const char *allow_origin; /* in the answer; NULL: none */
} Cors;

static const Cors CORS[] = {
    {"own", NULL, NULL, 200, NULL},
    {"foreign", NULL, "http://evil.example", 403, NULL},
    {"allowed", "https://app.example", "https://app.example", 200, "https://app.example"},
    {"not-the-allowed-one", "https://app.example", "http://app.example", 403, NULL},
    {"any", "*", "https://app.example", 200, "*"},
};

/* With credentials a browser wants the very origin, and without any it takes a star. */
static void
test_cors (gconstpointer data)
{
  const Cors *test = data;
  const char *const allowed[] = {test->allowed, NULL};
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autofree char *origin = NULL;
  g_autofree char *expected = NULL;
  g_autoptr (MbTestReply) reply = NULL;
  g_autoptr (MbTestReply) preflight = NULL;

  mb_test_config_init (&config);
  config.allow_origins = allowed;
  host = mb_test_host_new (&config);
  origin = g_strdup_printf (
      "Origin: %s\r\n", test->origin == NULL ? mb_server_get_url (host) : test->origin);
  if (test->status == 200)
    expected = g_strdup_printf ("Access-Control-Allow-Origin: %s\r\n",
        test->allow_origin == NULL ? mb_server_get_url (host) : test->allow_origin);
  reply = mb_test_http (host, "GET", PATH, origin, NULL);
  preflight = mb_test_http (host, "OPTIONS", PATH, origin, NULL);

  g_assert_cmpuint (reply->status, ==, test->status);
  if (test->status == 200) {
    assert_has (reply->head, expected);
    assert_has (preflight->head, expected);
    g_assert_cmpuint (preflight->status, ==, 204);
    g_assert_cmpint (strstr (reply->head, "Access-Control-Allow-Credentials: true\r\n") != NULL, ==,
        g_strcmp0 (test->allow_origin, "*") != 0);
  } else {
    g_assert_cmpstr (reply->body, ==, "{\"code\":4,\"message\":\"Forbidden\"}");
    g_assert_null (strstr (reply->head, "Access-Control-Allow-Origin"));
    g_assert_cmpuint (preflight->status, ==, 403);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (REFUSALS); i++) {
    g_autofree char *path = g_strdup_printf ("/eio/refused/%s", REFUSALS[i].name);

    g_test_add_data_func (path, &REFUSALS[i], test_refused);
  }
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/eio/open-says-all-five", test_open);
  for (gsize i = 0; i < G_N_ELEMENTS (CORS); i++) {
    g_autofree char *path = g_strdup_printf ("/eio/origin/%s", CORS[i].name);

    g_test_add_data_func (path, &CORS[i], test_cors);
  }
  g_test_add_func ("/eio/a-websocket-opens-without-upgrades", test_websocket_opens);
  g_test_add_func ("/eio/a-websocket-lives-by-its-pongs", test_websocket_heartbeat);
  g_test_add_func ("/eio/a-websocket-message-has-max-payload", test_websocket_size);
  ADD ("/eio/polls-bring-what-waits", test_poll);
  ADD ("/eio/pings-come-after-pongs", test_heartbeat);
  ADD ("/eio/the-interval-counts-from-the-pong", test_ping_after_pong);
  ADD ("/eio/no-pong-no-session", test_timeout);
  ADD ("/eio/a-stalled-host-reads-before-it-judges", test_stalled);
  ADD ("/eio/a-stalled-host-pings-before-it-judges", test_late_ping);
  ADD ("/eio/two-polls-end-the-session", test_two_polls);
  ADD ("/eio/a-close-lets-the-poll-go", test_close);
  ADD ("/eio/a-close-lets-a-crossing-poll-go", test_close_before_the_poll);
  ADD ("/eio/other-ends-let-no-poll-go", test_no_poll_is_owed);
  ADD ("/eio/garbage-ends-the-session", test_garbage);
  ADD ("/eio/a-poll-that-vanishes-has-left", test_vanish);
  ADD ("/eio/upgrade", test_upgrade);
  ADD ("/eio/upgrade-moves-what-waits", test_upgrade_moves_queue);
  ADD ("/eio/a-failed-probe-changes-nothing", test_probe_fails);
  ADD ("/eio/a-body-has-max-payload", test_large_body);
  return g_test_run ();
}
