/* mb-sio-client.c: over Socket.IO a client joins, stays, comes back and leaves, whatever is said
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"
#include "script-server.h"

#define OPEN                                                                           \
  "0{\"sid\":\"secret\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000," \
  "\"maxPayload\":1000000}"
#define OPEN_SHORT                                                                 \
  "0{\"sid\":\"secret\",\"upgrades\":[],\"pingInterval\":150,\"pingTimeout\":100," \
  "\"maxPayload\":1000000}"
#define JOIN "420[\"join-room\",{\"roomId\":\"x\",\"displayName\":\"bot\",\"role\":\"bot\"}]"
#define NO_PEERS "42[\"peers\",{\"peers\":[]}]"

static Diary *
start (Script *script)
{
  g_autofree char *url = script_get_url (script, "http", "");
  Diary *diary = diary_new (url, NULL);

  mb_signaling_join (diary->signaling, "x", "bot", "bot");
  return diary;
}

static void
greet (Script *script, unsigned int n, const char *open, const char *id)
{
  g_autofree char *connect = g_strdup_printf ("40{\"sid\":\"%s\"}", id);

  script_wait_connection (script, n);
  script_say (script, open);
  script_expect (script, "40");
  script_say (script, connect);
  script_expect (script, JOIN);
}

static void
test_joins (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script, "42[\"peers\",{\"peers\":[\"B\",\"C\"]}]");
  script_say (script, "430[{\"ok\":true}]");

  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers B C");
  g_assert_cmpstr (script->query, ==, "EIO=4&transport=websocket");
  diary_settle (diary);
}

static void
test_ack_first (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script, "430[{\"ok\":true,\"id\":\"A\"}]");
  diary_expect (diary, "joined A");
  script_say (script, "42[\"peers\",{\"peers\":[]}]");

  diary_expect (diary, "message peers");
}

static void
test_messages (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);
  const char *text = "{\"n\":12345678901234567890,\"x\":[0.1, 1e400]}";
  g_autoptr (GBytes) data = g_bytes_new_static (text, strlen (text));

  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  script_say (script, "42[\"peer-joined\",{\"peerId\":\"B\",\"displayName\":\"Bob\"}]");
  script_say (script, "42[\"signal\",{\"from\":\"B\",\"data\":{\"n\":1.10, \"s\":\"\\ud83d\"}}]");
  script_say (script, "42[\"peer-left\",{\"peerId\":\"B\"}]");
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  diary_expect (diary, "message peer-joined B");
  diary_expect (diary, "message signal B");
  diary_expect (diary, "message peer-left B");
  mb_signaling_send (diary->signaling, "B", data);

  g_assert_cmpmem (g_bytes_get_data (diary->data, NULL), g_bytes_get_size (diary->data),
      "{\"n\":1.10, \"s\":\"\\ud83d\"}", 24);
  script_expect (script,
      "42[\"signal\",{\"to\":\"B\",\"data\":{\"n\":12345678901234567890,\"x\":[0.1, 1e400]}}]");
}

static void
test_token (void)
{
  g_autoptr (Script) script = script_new ();
  g_autofree char *url = script_get_url (script, "http", "/meet/?a=b");
  g_autoptr (Diary) diary = diary_new (url, "to\"ken");

  mb_signaling_join (diary->signaling, "x", "bot", "bot");
  script_wait_connection (script, 1);
  script_say (script, OPEN);

  script_expect (script, "40{\"token\":\"to\\\"ken\"}");
  g_assert_cmpstr (script->bearer, ==, "Bearer to\"ken");
  g_assert_cmpstr (script->query, ==, "EIO=4&transport=websocket&a=b");
  script_say (script, "44{\"message\":\"token expired\"}");
  diary_expect (diary, "failed 5 *refused to let us into room x: token expired");
}

static void
test_refused (void)
{
  static const struct {
    const char *answer, *line;
    MbError code;
  } cases[] = {
      {"430[{\"ok\":false,\"error\":{\"code\":\"room-full\",\"message\":\"room x is full\"}}]",
          "*room x is full", MB_ERROR_FULL},
      {"430[{\"ok\":false,\"error\":\"room x is full\",\"code\":\"room-full\"}]", "*room x is full",
          MB_ERROR_FULL},
      {"430[{\"error\":\"room is full\"}]", "*room is full", MB_ERROR_UNREACHABLE},
      {"42[\"room-error\",{\"code\":\"not-found\",\"message\":\"no room x\","
       "\"event\":\"join-room\"}]",
          "*no room x", MB_ERROR_NOT_FOUND},
      {"42[\"room-error\",{\"code\":\"unauthorized\",\"message\":\"no\"}]", "*no",
          MB_ERROR_UNAUTHORIZED},
      {"42[\"join-error\",{\"roomId\":\"x\",\"error\":\"room not found\"}]", "*room not found",
          MB_ERROR_UNREACHABLE},
      {"41", "*put us out", MB_ERROR_UNREACHABLE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Script) script = script_new ();
    g_autoptr (Diary) diary = start (script);
    g_autofree char *line = g_strdup_printf ("failed ?* http://*%s", cases[i].line);
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", cases[i].answer);
    greet (script, 1, OPEN, "A");
    script_say (script, cases[i].answer);
    wait_until (!g_queue_is_empty (diary->lines), "the refusal");
    error =
        g_error_new_literal (MB_ERROR, atoi (strchr (g_queue_peek_head (diary->lines), ' ')), "x");
    diary_expect (diary, line);
    g_assert_cmpint (error->code, ==, (int) cases[i].code);
    g_assert_cmpint (mb_error_get_exit_status (error), ==, 4);
    script_wait_closed (script, 1);
    diary_settle (diary);
  }
}

static void
test_comes_back (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);
  g_autoptr (GBytes) data = g_bytes_new_static ("{}", 2);
  gint64 lost_us;

  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  script_cut (script);
  diary_expect (diary, "lost *");
  lost_us = g_get_monotonic_time ();
  mb_signaling_send (diary->signaling, "B", data);
  greet (script, 2, OPEN, "B");
  script_say (script, "42[\"peers\",{\"peers\":[\"C\"]}]");

  diary_expect (diary, "joined B");
  diary_expect (diary, "message peers C");
  g_assert_cmpint (g_get_monotonic_time () - lost_us, >, 450000);
  diary_settle (diary);
}

static void
test_full_on_return (void)
{
  static const char *const refusals[] = {
      "430[{\"ok\":false,\"error\":{\"code\":\"room-full\",\"message\":\"full\"}}]",
      "430[{\"error\":\"room is full\"}]"};

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++) {
    g_autoptr (Script) script = script_new ();
    g_autoptr (Diary) diary = start (script);

    greet (script, 1, OPEN, "A");
    script_say (script, NO_PEERS);
    diary_expect (diary, "joined A");
    diary_expect (diary, "message peers");
    script_close (script);
    diary_expect (diary, "lost *");
    greet (script, 2, OPEN, "B");
    script_say (script, refusals[i]);
    greet (script, 3, OPEN, "C");
    script_say (script, NO_PEERS);

    diary_expect (diary, "joined C");
    diary_expect (diary, "message peers");
    diary_settle (diary);
  }
}

static void
test_rate_limited (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script,
      "430[{\"ok\":false,\"error\":{\"code\":\"rate-limited\",\"message\":\"slow down\"}}]");
  greet (script, 2, OPEN, "B");
  script_say (script, NO_PEERS);

  diary_expect (diary, "joined B");
  diary_expect (diary, "message peers");
}

static void
test_heartbeat (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);
  gint64 start_us;

  greet (script, 1, OPEN_SHORT, "A");
  script_say (script, NO_PEERS);
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  script_say (script, "2");
  script_expect (script, "3");
  start_us = g_get_monotonic_time ();

  diary_expect (diary, "lost the server was silent for 250 ms");
  g_assert_cmpint (g_get_monotonic_time () - start_us, >, 200000);
}

/* What is malformed but harmless is passed over; what breaks the protocol ends the connection. */
static void
test_malformed (void)
{
  static const char *const harmless[] = {"42[\"peers\",{\"peers\":\"B\"}]", "42[\"peers\"]",
      "42[\"signal\",{\"data\":{}}]", "42[\"signal\",{\"from\":7,\"data\":1}]", "42[\"unheard\",1]",
      "42[\"peer-left\",null]", "42/other,[\"peers\",{\"peers\":[]}]", "437[{\"ok\":false}]",
      "42[1]", "6"};
  static const char *const fatal[] = {
      "42{", "4", "9", "47[]", "451-[\"x\",{\"a\":1}]x", "4599-[\"x\"]"};
  g_autoptr (GString) deep = g_string_new ("42[\"signal\",{\"from\":\"B\",\"data\":");

  for (unsigned int i = 0; i < 10000; i++)
    g_string_append_c (deep, '[');
  for (gsize i = 0; i <= G_N_ELEMENTS (fatal); i++) {
    g_autoptr (Script) script = script_new ();
    g_autoptr (Diary) diary = start (script);

    g_test_message ("%s", i == G_N_ELEMENTS (fatal) ? "deep" : fatal[i]);
    greet (script, 1, OPEN, "A");
    script_say (script, NO_PEERS);
    diary_expect (diary, "joined A");
    diary_expect (diary, "message peers");
    for (gsize j = 0; i == 0 && j < G_N_ELEMENTS (harmless); j++)
      script_say (script, harmless[j]);
    script_say (script, i == G_N_ELEMENTS (fatal) ? deep->str : fatal[i]);

    diary_expect (diary, "lost the server broke the protocol: *");
  }
}

static void
test_not_engine_io (void)
{
  static const char *const greetings[] = {
      "hello", "{\"type\":\"welcome\",\"id\":\"a\"}", "0{}", "0", "42[\"peers\",{\"peers\":[]}]"};

  for (gsize i = 0; i < G_N_ELEMENTS (greetings); i++) {
    g_autoptr (Script) script = script_new ();
    g_autoptr (Diary) diary = start (script);

    script_wait_connection (script, 1);
    script_say (script, greetings[i]);

    diary_expect (
        diary, "failed 12 cannot join room x on http://* is there a Socket.IO 4 server *");
  }
}

static void
test_socket_io_2 (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  script_wait_connection (script, 1);
  script_say (script, OPEN);
  script_say (script, "40");

  diary_expect (diary, "failed 12 *Socket.IO 2; *");
}

static void
test_refused_upgrade (void)
{
  static const struct {
    unsigned int status;
    const char *line;
  } cases[] = {
      {400, "failed 12 cannot join room x on http://* (HTTP 400); is there a Socket.IO 4 server *"},
      {404, "failed 12 *(HTTP 404); *"},
      {401, "failed 5 *the server wants a token*"},
      {200, "failed 12 *WebSocket*"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Script) script = script_new ();
    g_autofree char *url = script_get_url (script, "http", "/refuse");
    g_autoptr (Diary) diary = diary_new (url, NULL);

    script->refusal = cases[i].status;
    mb_signaling_join (diary->signaling, "x", "bot", "bot");

    diary_expect (diary, cases[i].line);
    g_assert_cmpuint (script->n_connections, ==, 1);
    diary_settle (diary);
  }
}

static void
test_unreachable (void)
{
  g_autoptr (Script) script = script_new ();
  g_autofree char *url = script_get_url (script, "http", "");
  g_autoptr (Diary) diary = diary_new (url, NULL);
  g_autofree char *line = g_strdup_printf ("failed 12 cannot join room x on %s: *refused*", url);

  soup_server_disconnect (script->server);
  g_object_set (diary->signaling, "patience", 600, NULL);
  mb_signaling_join (diary->signaling, "x", "bot", "bot");

  diary_expect (diary, line);
}

static void
test_mute_server (void)
{
  g_autoptr (Script) script = script_new ();
  g_autofree char *url = script_get_url (script, "http", "");
  g_autoptr (Diary) diary = diary_new (url, NULL);

  g_object_set (diary->signaling, "patience", 300, NULL);
  mb_signaling_join (diary->signaling, "x", "bot", "bot");

  diary_expect (diary, "failed 12 cannot join room x on http://*: no answer*");
  diary_settle (diary);
}

static void
test_leaves (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  mb_signaling_leave (diary->signaling);
  g_assert_true (g_queue_is_empty (diary->lines));

  diary_expect (diary, "closed");
  script_expect (script, "42[\"leave-room\",{}]");
  script_expect (script, "41");
  script_wait_closed (script, 1);
  g_assert_cmpuint (script->n_connections, ==, 1);
  mb_signaling_leave (diary->signaling);
  diary_settle (diary);
}

static void
test_leaves_at_any_time (void)
{
  g_autoptr (Script) script = script_new ();
  g_autofree char *url = script_get_url (script, "http", "");

  for (int i = 0; i < 6; i++) {
    g_autoptr (Diary) diary = diary_new (url, NULL);
    unsigned int n = script->n_connections + 1;

    if (i > 0)
      mb_signaling_join (diary->signaling, "x", "bot", "bot");
    if (i > 1)
      script_wait_connection (script, n);
    if (i > 2)
      script_say (script, OPEN);
    if (i > 3)
      script_expect (script, "40");
    if (i > 4) {
      script_cut (script);
      for (int j = 0; j < 20; j++)
        g_main_context_iteration (NULL, FALSE);
    }
    mb_signaling_leave (diary->signaling);

    diary_expect (diary, "closed");
    diary_settle (diary);
    g_queue_clear_full (script->said, g_free);
  }
}

static void
test_leaves_in_a_handler (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  diary->leave_on_message = TRUE;
  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  script_say (script, "42[\"peer-joined\",{\"peerId\":\"B\",\"displayName\":\"Bob\"}]");

  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  diary_expect (diary, "closed");
}

static void
on_message_drop (MbSignaling *signaling, MbMessage *message, MbSignaling **owned)
{
  g_clear_object (owned);
}

static void
test_dropped_in_a_handler (void)
{
  g_autoptr (Script) script = script_new ();
  g_autofree char *url = script_get_url (script, "http", "");
  MbSignaling *signaling = mb_signaling_new_for_url (url, NULL, NULL);

  g_signal_connect (signaling, "message", G_CALLBACK (on_message_drop), &signaling);
  mb_signaling_join (signaling, "x", "bot", "bot");
  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  script_say (script, "42[\"peer-joined\",{\"peerId\":\"B\",\"displayName\":\"Bob\"}]");

  wait_until (signaling == NULL, "the message");
  script_wait_closed (script, 1);
}

static void
test_room_closed (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  script_say (script, "42[\"room-closed\",{\"roomId\":\"x\",\"reason\":\"deleted\"}]");

  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  diary_expect (diary, "message room-closed");
  diary_expect (diary, "closed");
  script_wait_closed (script, 1);
  diary_settle (diary);
}

static void
test_put_out (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script);

  greet (script, 1, OPEN, "A");
  script_say (script, NO_PEERS);
  script_say (script, "41");

  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  diary_expect (diary, "failed 10 *put us out");
  diary_settle (diary);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sio-client/joined-then-peers", test_joins);
  g_test_add_func ("/sio-client/acknowledgement-before-peers", test_ack_first);
  g_test_add_func ("/sio-client/messages-both-ways-data-untouched", test_messages);
  g_test_add_func ("/sio-client/token-path-and-query-arrive", test_token);
  g_test_add_func ("/sio-client/refused-join-fails-with-its-reason", test_refused);
  g_test_add_func ("/sio-client/lost-connection-joins-again", test_comes_back);
  g_test_add_func ("/sio-client/own-ghost-in-a-full-room-is-waited-for", test_full_on_return);
  g_test_add_func ("/sio-client/rate-limit-at-the-join-is-waited-for", test_rate_limited);
  g_test_add_func ("/sio-client/pings-are-answered-and-missed", test_heartbeat);
  g_test_add_func ("/sio-client/malformed-messages-harm-at-most-the-connection", test_malformed);
  g_test_add_func ("/sio-client/other-protocols-are-named", test_not_engine_io);
  g_test_add_func ("/sio-client/socket-io-2-is-named", test_socket_io_2);
  g_test_add_func ("/sio-client/refused-upgrade-fails-at-once", test_refused_upgrade);
  g_test_add_func ("/sio-client/nobody-there-fails-after-patience", test_unreachable);
  g_test_add_func ("/sio-client/mute-server-fails-after-patience", test_mute_server);
  g_test_add_func ("/sio-client/leave-says-goodbye-and-closes", test_leaves);
  g_test_add_func ("/sio-client/leave-at-any-time-closes", test_leaves_at_any_time);
  g_test_add_func ("/sio-client/leave-in-a-handler", test_leaves_in_a_handler);
  g_test_add_func ("/sio-client/dropped-in-a-handler", test_dropped_in_a_handler);
  g_test_add_func ("/sio-client/closed-room-is-not-brought-back", test_room_closed);
  g_test_add_func ("/sio-client/put-out-stays-out", test_put_out);
  return g_test_run ();
}
