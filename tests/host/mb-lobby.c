/* mb-lobby.c: who is in a room hears of each other, in either dialect, and of nobody else
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "mb-test-host.h"

#define JSON "Content-Type: application/json\r\n"

typedef MbTestClient *(*Dialect) (MbServer *host);

typedef struct {
  MbServer *host;
  MbTestClient *a;
  MbTestClient *b;
} Fixture;

/* Which dialect each of the two speaks. */
typedef struct {
  const char *name;
  Dialect a;
  Dialect b;
} Pair;

static const Pair PAIRS[] = {
    {"plain-plain", mb_test_client_new_plain, mb_test_client_new_plain},
    {"sio-sio", mb_test_client_new_sio, mb_test_client_new_sio},
    {"plain-sio", mb_test_client_new_plain, mb_test_client_new_sio},
    {"sio-plain", mb_test_client_new_sio, mb_test_client_new_plain},
};

static void
set_up (Fixture *fixture, gconstpointer data)
{
  const Pair *pair = data == NULL ? &PAIRS[0] : data;

  fixture->host = mb_test_host_new (NULL);
  fixture->a = pair->a (fixture->host);
  fixture->b = pair->b (fixture->host);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->a, mb_test_client_free);
  g_clear_pointer (&fixture->b, mb_test_client_free);
  g_clear_object (&fixture->host);
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_printerr ("no %s in %s\n", part, text);
  g_assert_nonnull (strstr (text, part));
}

static void
expect (MbTestClient *client, const char *event, const char *part)
{
  g_autofree char *message = mb_test_client_wait_for (client, event);

  assert_has (message, part);
}

static void
test_meet (Fixture *fixture, gconstpointer data)
{
  g_autofree char *b_joined = g_strdup_printf (
      "\"peerId\":\"%s\",\"displayName\":\"Bo\"", mb_test_client_get_id (fixture->b));
  g_autofree char *a_listed =
      g_strdup_printf ("\"peers\":[\"%s\"]", mb_test_client_get_id (fixture->a));
  g_autofree char *b_left =
      g_strdup_printf ("\"peerId\":\"%s\",\"reason\":\"left\"", mb_test_client_get_id (fixture->b));

  mb_test_client_event (
      fixture->a, "join-room", "\"roomId\":\"x\",\"displayName\":\"Ann\",\"role\":\"recorder\"");
  expect (fixture->a, "\"peers\"", "\"peers\":[],\"members\":[]");
  mb_test_client_event (fixture->b, "join-room", "\"roomId\":\"x\",\"displayName\":\"Bo\"");
  {
    g_autofree char *peers = mb_test_client_wait_for (fixture->b, "\"peers\"");

    assert_has (peers, a_listed);
    assert_has (peers, "\"displayName\":\"Ann\",\"role\":\"recorder\"");
  }
  expect (fixture->a, "peer-joined", b_joined);
  mb_test_client_event (fixture->b, "leave-room", "");
  expect (fixture->a, "peer-left", b_left);
}

/* Whatever a browser can send, without the slightest change. */
static void
test_signal (Fixture *fixture, gconstpointer data)
{
  static const char *const DATA[] = {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}}",
      "12345678901234567890", "1e400", "-0", "\"\\u0000\\ud800\"", "[ 1 ,2]", "null",
      "\"r\xc3\xa4ume \\\" \\\\\"", "{\"a\":1,\"a\":2}", "false"};
  g_autofree char *from = g_strdup_printf ("\"from\":\"%s\"", mb_test_client_get_id (fixture->a));

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  for (gsize i = 0; i < G_N_ELEMENTS (DATA); i++) {
    g_autofree char *fields = g_strdup_printf ("\"to\":\"%s\",\"from\":\"forged\",\"data\":%s",
        mb_test_client_get_id (fixture->b), DATA[i]);
    g_autofree char *expected = g_strdup_printf ("\"data\":%s}", DATA[i]);
    g_autofree char *message = NULL;

    mb_test_client_event (fixture->a, "signal", fields);
    message = mb_test_client_wait_for (fixture->b, "\"signal\"");

    assert_has (message, from);
    assert_has (message, expected);
  }
}

static void
test_deep_signal (Fixture *fixture, gconstpointer data)
{
  g_autofree char *open = g_strnfill (100, '[');
  g_autofree char *shut = g_strnfill (100, ']');
  g_autofree char *fields = g_strdup_printf (
      "\"to\":\"%s\",\"data\":%s%s", mb_test_client_get_id (fixture->b), open, shut);
  g_autofree char *expected = g_strdup_printf ("\"data\":%s%s}", open, shut);

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  mb_test_client_event (fixture->a, "signal", fields);
  expect (fixture->b, "\"signal\"", expected);
}

static void
test_vanish (Fixture *fixture, gconstpointer data)
{
  g_autofree char *left = g_strdup_printf (
      "\"peerId\":\"%s\",\"reason\":\"disconnected\"", mb_test_client_get_id (fixture->b));

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  g_clear_pointer (&fixture->b, mb_test_client_free);
  expect (fixture->a, "peer-left", left);
}

static void
test_other_room (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fields =
      g_strdup_printf ("\"to\":\"%s\",\"data\":\"secret\"", mb_test_client_get_id (fixture->b));

  mb_test_client_event (fixture->a, "signal", fields);
  expect (fixture->a, "room-error", "\"code\":\"not-in-room\"");
  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "y", "Bo");
  mb_test_client_event (fixture->a, "signal", fields);
  expect (fixture->a, "room-error", "\"code\":\"not-found\"");
  mb_test_client_assert_silent (fixture->b, "secret");
}

static void
test_second_room (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) gone = NULL;

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  mb_test_client_join (fixture->b, "y", "Bo");
  expect (fixture->a, "peer-left", "\"reason\":\"left\"");
  mb_test_client_join (fixture->a, "y", "Ann");
  expect (fixture->b, "peer-joined", "\"displayName\":\"Ann\"");

  gone = mb_test_http (fixture->host, "GET", "/api/rooms/x", NULL, NULL);
  g_assert_cmpuint (gone->status, ==, 404);
}

typedef struct {
  const char *name;
  const char *fields;
} BadJoin;

static const BadJoin BAD_JOINS[] = {
    {"no-room", "\"displayName\":\"a\""},
    {"room-outside-the-pattern", "\"roomId\":\"a/b\",\"displayName\":\"a\""},
    {"room-empty", "\"roomId\":\"\",\"displayName\":\"a\""},
    {"room-is-a-number", "\"roomId\":1,\"displayName\":\"a\""},
    {"unknown-role", "\"roomId\":\"a\",\"displayName\":\"a\",\"role\":\"king\""},
};

static void
test_bad_join (gconstpointer data)
{
  const BadJoin *test = data;
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  Dialect dialects[] = {mb_test_client_new_plain, mb_test_client_new_sio};

  for (gsize i = 0; i < G_N_ELEMENTS (dialects); i++) {
    g_autoptr (MbTestClient) client = dialects[i](host);

    mb_test_client_event (client, "join-room", test->fields);
    expect (client, "room-error", "\"code\":\"bad-request\"");
    mb_test_client_join (client, "good", "a");
  }
}

static void
test_acks (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = mb_test_client_new_sio (fixture->host);
  g_autofree char *joined =
      g_strdup_printf ("{\"ok\":true,\"id\":\"%s\"", mb_test_client_get_id (client));

  mb_test_client_send (client, "427[\"join-room\",{\"roomId\":\"x\",\"displayName\":\"Ann\"}]");
  expect (client, "437[", joined);
  mb_test_client_send (client, "428[\"join-room\",{\"roomId\":\"/\",\"displayName\":\"Ann\"}]");
  expect (client, "438[", "{\"ok\":false,\"error\":");
  mb_test_client_send (client, "429[\"signal\",{\"to\":\"nobody\",\"data\":1}]");
  expect (client, "439[", "\"ok\":false");
}

static void
test_attachments (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fields = NULL;

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  mb_test_client_send (fixture->a,
      "451-[\"signal\",{\"to\":\"%s\",\"data\":{\"b\":{\"_placeholder\":true,\"num\":0}}}]",
      mb_test_client_get_id (fixture->b));
  mb_test_client_send_frame (fixture->a, 2, "bytes", 5);

  expect (fixture->b, "451-[\"signal\"", "\"data\":{\"b\":{\"_placeholder\":true,\"num\":0}}");
  expect (fixture->b, "binary:", "binary:bytes");
}

static void
test_full (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) third = mb_test_client_new_plain (fixture->host);
  g_autoptr (MbTestReply) made = mb_test_http (
      fixture->host, "POST", "/api/rooms", JSON, "{\"name\":\"a\",\"id\":\"x\",\"maxMembers\":2}");

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  mb_test_client_event (third, "join-room", "\"roomId\":\"x\",\"displayName\":\"Cy\"");
  expect (third, "room-error", "\"code\":\"room-full\"");
  mb_test_client_event (fixture->b, "leave-room", "");
  expect (fixture->a, "peer-left", "left");
  mb_test_client_join (third, "x", "Cy");
}

static void
test_deleted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) made =
      mb_test_http (fixture->host, "POST", "/api/rooms", JSON, "{\"name\":\"a\",\"id\":\"x\"}");
  g_autoptr (MbTestReply) shown = NULL;
  g_autoptr (MbTestReply) gone = NULL;

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->b, "x", "Bo");
  shown = mb_test_http (fixture->host, "GET", "/api/rooms/x", NULL, NULL);
  gone = mb_test_http (fixture->host, "DELETE", "/api/rooms/x", NULL, NULL);

  assert_has (shown->body, "\"memberCount\":2");
  assert_has (shown->body, "\"displayName\":\"Ann\",\"role\":\"member\",\"joinedAt\":\"20");
  g_assert_cmpuint (gone->status, ==, 204);
  expect (fixture->a, "room-closed", "\"roomId\":\"x\"");
  expect (fixture->b, "room-closed", "\"roomId\":\"x\"");
  mb_test_client_event (fixture->a, "signal", "\"to\":\"x\",\"data\":1");
  expect (fixture->a, "room-error", "not-in-room");
}

static void
test_kept_room_stays (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) made =
      mb_test_http (fixture->host, "POST", "/api/rooms", JSON, "{\"name\":\"a\",\"id\":\"x\"}");
  g_autoptr (MbTestReply) shown = NULL;

  mb_test_client_join (fixture->a, "x", "Ann");
  mb_test_client_join (fixture->a, "y", "Ann");
  shown = mb_test_http (fixture->host, "GET", "/api/rooms/x", NULL, NULL);

  g_assert_cmpuint (shown->status, ==, 200);
}

/* Somebody joins while the room of that id is on its way into the store. */
static void
test_join_while_made (Fixture *fixture, gconstpointer data)
{
  static const char POST[] = "POST /api/rooms HTTP/1.1\r\nHost: x\r\n" JSON
                             "Content-Length: 27\r\nConnection: close\r\n\r\n"
                             "{\"name\":\"Blue\",\"id\":\"blue\"}";

  for (int i = 0; i < 20; i++) {
    g_autoptr (MbTestClient) poster = mb_test_client_new (fixture->host);
    g_autoptr (MbTestReply) shown = NULL;
    g_autoptr (MbTestReply) gone = NULL;

    mb_test_client_send_raw (poster, POST, sizeof POST - 1);
    mb_test_client_join (fixture->a, "blue", "Ann");
    mb_test_client_wait_for_close (poster);
    mb_test_client_join (fixture->a, "red", "Ann");
    shown = mb_test_http (fixture->host, "GET", "/api/rooms/blue", NULL, NULL);
    gone = mb_test_http (fixture->host, "DELETE", "/api/rooms/blue", NULL, NULL);

    assert_has (shown->body, "\"id\":\"blue\",\"name\":\"Blue\"");
    g_assert_cmpuint (gone->status, ==, 204);
  }
}

static void
test_rate (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 1200 && !mb_test_client_is_closed (fixture->a); i++)
    mb_test_client_event (fixture->a, "leave-room", "");
  expect (fixture->a, "room-error", "\"code\":\"rate-limited\"");
  mb_test_client_join (fixture->b, "x", "Bo");
}

static void
test_no_rate (Fixture *fixture, gconstpointer data)
{
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestClient) client = NULL;

  mb_test_config_init (&config);
  config.rate_limit = FALSE;
  host = mb_test_host_new (&config);
  client = mb_test_client_new_plain (host);
  for (int i = 0; i < 5000; i++)
    mb_test_client_event (client, "leave-room", "");
  mb_test_client_assert_silent (client, "rate-limited");
}

static void
test_room_limit (Fixture *fixture, gconstpointer data)
{
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestClient) a = NULL;
  g_autoptr (MbTestClient) b = NULL;
  g_autoptr (MbTestReply) made = NULL;

  mb_test_config_init (&config);
  config.max_rooms = 1;
  host = mb_test_host_new (&config);
  a = mb_test_client_new_plain (host);
  b = mb_test_client_new_plain (host);
  mb_test_client_join (a, "x", "Ann");
  mb_test_client_event (b, "join-room", "\"roomId\":\"y\",\"displayName\":\"Bo\"");
  expect (b, "room-error", "room-full");
  made = mb_test_http (host, "POST", "/api/rooms", JSON, "{\"name\":\"a\"}");

  g_assert_cmpuint (made->status, ==, 409);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, pair, func) g_test_add (name, Fixture, pair, set_up, func, tear_down)
  for (gsize i = 0; i < G_N_ELEMENTS (PAIRS); i++) {
    static const struct {
      const char *name;
      void (*func) (Fixture *fixture, gconstpointer data);
    } TESTS[] = {{"meet-and-part", test_meet}, {"signals-pass-untouched", test_signal},
        {"signals-may-be-deep", test_deep_signal}, {"a-lost-connection-has-left", test_vanish},
        {"other-rooms-cannot-be-reached", test_other_room},
        {"a-second-room-leaves-the-first", test_second_room},
        {"a-deleted-room-puts-out", test_deleted}};

    for (gsize j = 0; j < G_N_ELEMENTS (TESTS); j++) {
      g_autofree char *path = g_strdup_printf ("/lobby/%s/%s", PAIRS[i].name, TESTS[j].name);

      ADD (path, &PAIRS[i], TESTS[j].func);
    }
  }
  for (gsize i = 0; i < G_N_ELEMENTS (BAD_JOINS); i++) {
    g_autofree char *path = g_strdup_printf ("/lobby/bad-join/%s", BAD_JOINS[i].name);

    g_test_add_data_func (path, &BAD_JOINS[i], test_bad_join);
  }
  ADD ("/lobby/acknowledgements", NULL, test_acks);
  ADD ("/lobby/attachments-pass", &PAIRS[1], test_attachments);
  ADD ("/lobby/a-room-takes-its-number-and-no-more", NULL, test_full);
  ADD ("/lobby/a-kept-room-stays", NULL, test_kept_room_stays);
  ADD ("/lobby/a-room-may-be-joined-while-it-is-made", NULL, test_join_while_made);
  ADD ("/lobby/talking-too-fast-is-told", NULL, test_rate);
  ADD ("/lobby/without-a-rate-nothing-is-dropped", NULL, test_no_rate);
  ADD ("/lobby/the-host-takes-its-number-of-rooms", NULL, test_room_limit);
  return g_test_run ();
}
