/* mb-websocket.c: bad frames and bad messages end their own connection, with the right code, and no other
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-websocket.h"

#include <string.h>

#include "mb-test-host.h"

typedef struct {
  const char *name;
  const char *bytes;
  gsize length;
  guint16 code;
} Frame;

#define FRAME(name, text, code)       \
  {                                   \
    name, text, sizeof text - 1, code \
  }
#define MASK "\x01\x02\x03\x04"

static const Frame FRAMES[] = {
    FRAME ("unmasked", "\x81\x02{}", 1002),
    FRAME ("reserved-bit", "\xc1\x80" MASK, 1002),
    FRAME ("unknown-opcode", "\x83\x80" MASK, 1002),
    FRAME ("control-of-126", "\x89\xfe\x00\x7e" MASK, 1002),
    FRAME ("fragmented-control", "\x09\x80" MASK, 1002),
    FRAME ("continuation-of-nothing", "\x80\x80" MASK, 1002),
    FRAME ("not-utf8", "\x81\x81" MASK "\xfe", 1007),
    FRAME ("over-the-limit", "\x81\xff\x00\x00\x00\x00\x00\x04\x00\x01" MASK, 1009),
    FRAME ("length-of-64-bits", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff" MASK, 1002),
    FRAME ("close-of-one-byte", "\x88\x81" MASK "\x00", 1002),
};

static void
assert_serves (MbServer *host)
{
  g_autoptr (MbTestClient) client = mb_test_client_new_plain (host);

  mb_test_client_join (client, "x", "Ann");
}

static void
test_frame (gconstpointer data)
{
  const Frame *test = data;
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new_plain (host);

  mb_test_client_send_raw (client, test->bytes, test->length);

  g_assert_cmpuint (mb_test_client_wait_for_close (client), ==, test->code);
  assert_serves (host);
}

static void
test_close (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new_plain (host);

  mb_test_client_send_frame (client, 8, "\x03\xe8", 2);

  g_assert_cmpuint (mb_test_client_wait_for_close (client), ==, 1000);
}

/* Just within the limit, just over it, and over it in fragments. */
static void
test_size (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) within = mb_test_client_new_plain (host);
  g_autoptr (MbTestClient) over = mb_test_client_new_plain (host);
  g_autoptr (MbTestClient) pieces = mb_test_client_new_plain (host);
  gsize limit = 256 * 1024;
  g_autofree char *text = g_strnfill (limit + 1, ' ');

  mb_test_client_send_frame (within, 1, text, limit);
  mb_test_client_wait_past (within, "bad-request");
  mb_test_client_send_frame (over, 1, text, limit + 1);
  g_assert_cmpuint (mb_test_client_wait_for_close (over), ==, 1009);
  mb_test_client_send_raw (pieces, "\x01\xfe\xff\xff" MASK, 8);
  mb_test_client_send_raw (pieces, text, 65535);
  for (int i = 0; i < 10; i++) {
    mb_test_client_send_raw (pieces, "\x00\xfe\xff\xff" MASK, 8);
    mb_test_client_send_raw (pieces, text, 65535);
  }
  g_assert_cmpuint (mb_test_client_wait_for_close (pieces), ==, 1009);
  assert_serves (host);
}

typedef struct {
  const char *name;
  const char *text;
} Message;

static const Message MESSAGES[] = {
    {"not-json", "hello"},
    {"empty", ""},
    {"a-list", "[]"},
    {"no-type", "{}"},
    {"unknown-type", "{\"type\":\"dance\"}"},
    {"type-is-a-number", "{\"type\":1}"},
    {"two-values", "{\"type\":\"leave-room\"}{}"},
    {"what-servers-say", "{\"type\":\"peer-left\",\"peerId\":\"a\",\"reason\":\"left\"}"},
};

static void
test_message (gconstpointer data)
{
  const Message *test = data;
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new_plain (host);
  g_autofree char *answer = NULL;

  mb_test_client_send (client, "%s", test->text);
  answer = mb_test_client_wait_for (client, "room-error");

  g_assert_nonnull (strstr (answer, "\"code\":\"bad-request\""));
  mb_test_client_join (client, "x", "Ann");
}

static void
test_deep (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) plain = mb_test_client_new_plain (host);
  g_autoptr (MbTestClient) sio = mb_test_client_new_sio (host);
  g_autofree char *nested = g_strnfill (100000, '[');

  mb_test_client_send (plain, "%s", nested);
  mb_test_client_wait_past (plain, "\"code\":\"bad-request\"");
  mb_test_client_send (sio, "42[\"signal\",{\"to\":\"x\",\"data\":%s", nested);
  mb_test_client_wait_for_close (sio);
  assert_serves (host);
}

static void
test_ping (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client = mb_test_client_new_plain (host);

  for (int i = 0; i < 200; i++)
    mb_test_client_send_frame (client, 9, "ping", 4);
  mb_test_client_join (client, "x", "Ann");
}

/* Somebody who never reads is let go when a mebibyte waits for him; the others go on. */
static void
test_deaf (void)
{
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestClient) talker = NULL;
  g_autoptr (MbTestClient) deaf = NULL;
  g_autofree char *payload = g_strnfill (64 * 1024, 'a');
  g_autofree char *fields = NULL;
  g_autofree char *left = NULL;

  mb_test_config_init (&config);
  config.rate_limit = FALSE;
  host = mb_test_host_new (&config);
  talker = mb_test_client_new_plain (host);
  deaf = mb_test_client_new_plain (host);
  mb_test_client_join (talker, "x", "Ann");
  mb_test_client_join (deaf, "x", "Bo");
  mb_test_client_stop_reading (deaf);
  fields = g_strdup_printf ("\"to\":\"%s\",\"data\":\"%s\"", mb_test_client_get_id (deaf), payload);
  for (int i = 0; i < 400; i++)
    mb_test_client_event (talker, "signal", fields);

  left = mb_test_client_wait_for (talker, "peer-left");
  g_assert_nonnull (strstr (left, mb_test_client_get_id (deaf)));
}

static void
test_heartbeat (void)
{
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestClient) watcher = NULL;
  g_autoptr (MbTestClient) dead = NULL;
  g_autofree char *left = NULL;

  mb_test_config_init (&config);
  config.ping_interval_ms = 100;
  config.ping_timeout_ms = 100;
  host = mb_test_host_new (&config);
  watcher = mb_test_client_new_plain (host);
  dead = mb_test_client_new_plain (host);
  mb_test_client_join (watcher, "x", "Ann");
  mb_test_client_join (dead, "x", "Bo");
  mb_test_client_stop_reading (dead);
  left = mb_test_client_wait_for (watcher, "peer-left");

  g_assert_nonnull (strstr (left, "\"reason\":\"timeout\""));
}

static void
test_foreign_origin (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestClient) client =
      mb_test_client_new_websocket (host, "/ws", "Origin: http://evil.example\r\n");
  g_autofree char *received = mb_test_client_get_received (client);

  g_assert_true (g_str_has_prefix (received, "HTTP/1.1 403 "));
}

static void
test_no_handshake (void)
{
  g_autoptr (MbServer) host = mb_test_host_new (NULL);
  g_autoptr (MbTestReply) reply = mb_test_http (host, "GET", "/ws", NULL, NULL);

  g_assert_cmpuint (reply->status, ==, 426);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (FRAMES); i++) {
    g_autofree char *path = g_strdup_printf ("/websocket/bad-frame/%s", FRAMES[i].name);

    g_test_add_data_func (path, &FRAMES[i], test_frame);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (MESSAGES); i++) {
    g_autofree char *path = g_strdup_printf ("/websocket/bad-message/%s", MESSAGES[i].name);

    g_test_add_data_func (path, &MESSAGES[i], test_message);
  }
  g_test_add_func ("/websocket/a-close-is-answered", test_close);
  g_test_add_func ("/websocket/a-message-has-256-kib", test_size);
  g_test_add_func ("/websocket/deep-nesting-harms-nobody", test_deep);
  g_test_add_func ("/websocket/pings-are-answered", test_ping);
  g_test_add_func ("/websocket/who-does-not-read-is-let-go", test_deaf);
  g_test_add_func ("/websocket/who-does-not-answer-pings-is-gone", test_heartbeat);
  g_test_add_func ("/websocket/foreign-pages-are-refused", test_foreign_origin);
  g_test_add_func ("/websocket/other-requests-are-told-to-upgrade", test_no_handshake);
  return g_test_run ();
}
