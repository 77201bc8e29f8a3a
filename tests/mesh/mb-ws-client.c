/* mb-ws-client.c: over the plain dialect a client joins, stays, comes back and leaves
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"
#include "script-server.h"

#define JOIN \
  "{\"type\":\"join-room\",\"roomId\":\"x\",\"displayName\":\"bot\",\"role\":\"recorder\"}"

static Diary *
start (Script *script, const char *path)
{
  g_autofree char *url = script_get_url (script, "ws", path);
  Diary *diary = diary_new (url, "abc");

  mb_signaling_join (diary->signaling, "x", "bot", "recorder");
  return diary;
}

static void
test_joins (void)
{
  static const char *const paths[] = {"", "/", "/ws"};

  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (Script) script = script_new ();
    g_autoptr (Diary) diary = start (script, paths[i]);

    script_wait_connection (script, 1);
    script_say (script, "{\"type\":\"welcome\",\"id\":\"A\"}");
    script_expect (script, JOIN);
    script_say (script, "{\"type\":\"peers\",\"peers\":[\"B\"],\"members\":[{\"id\":\"B\","
                        "\"displayName\":\"Bob\",\"role\":\"member\"}]}");

    diary_expect (diary, "joined A");
    diary_expect (diary, "message peers B");
    g_assert_cmpstr (script->bearer, ==, "Bearer abc");
    diary_settle (diary);
  }
}

static void
test_messages (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script, "/ws");
  g_autoptr (GBytes) data = g_bytes_new_static ("{\"n\":1e400}", 11);

  script_wait_connection (script, 1);
  script_say (script, "{\"type\":\"welcome\",\"id\":\"A\"}");
  script_expect (script, JOIN);
  script_say (script, "{\"type\":\"peers\",\"peers\":[]}");
  script_say (script, "not json");
  script_say (script, "{\"type\":\"novelty\"}");
  script_say (script, "{\"type\":\"signal\",\"from\":\"B\",\"data\":[ 0.10 ]}");
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  diary_expect (diary, "message signal B");
  mb_signaling_send (diary->signaling, "B", data);

  g_assert_cmpmem (
      g_bytes_get_data (diary->data, NULL), g_bytes_get_size (diary->data), "[ 0.10 ]", 8);
  script_expect (script, "{\"type\":\"signal\",\"to\":\"B\",\"data\":{\"n\":1e400}}");
}

static void
test_refused (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script, "/ws");

  script_wait_connection (script, 1);
  script_say (script, "{\"type\":\"welcome\",\"id\":\"A\"}");
  script_expect (script, JOIN);
  script_say (script,
      "{\"type\":\"room-error\",\"code\":\"room-full\",\"message\":\"room x takes 2\","
      "\"event\":\"join-room\"}");

  diary_expect (diary, "failed 4 ws://*refused to let us into room x: room x takes 2");
  script_wait_closed (script, 1);
  diary_settle (diary);
}

static void
test_not_ours (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script, "/elsewhere");

  diary_expect (diary, "failed 12 *such as ws://localhost:3000/ws*");
}

static void
test_comes_back (void)
{
  g_autoptr (Script) script = script_new ();
  g_autoptr (Diary) diary = start (script, "/ws");

  script_wait_connection (script, 1);
  script_say (script, "{\"type\":\"welcome\",\"id\":\"A\"}");
  script_expect (script, JOIN);
  script_say (script, "{\"type\":\"peers\",\"peers\":[]}");
  diary_expect (diary, "joined A");
  diary_expect (diary, "message peers");
  script_close (script);
  diary_expect (diary, "lost *");
  script_wait_connection (script, 2);
  script_say (script, "{\"type\":\"welcome\",\"id\":\"B\"}");
  script_expect (script, JOIN);
  script_say (script, "{\"type\":\"peers\",\"peers\":[]}");

  diary_expect (diary, "joined B");
  diary_expect (diary, "message peers");
  mb_signaling_leave (diary->signaling);
  diary_expect (diary, "closed");
  script_expect (script, "{\"type\":\"leave-room\"}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ws-client/welcome-join-peers", test_joins);
  g_test_add_func ("/ws-client/messages-both-ways-data-untouched", test_messages);
  g_test_add_func ("/ws-client/refused-join-fails-with-its-reason", test_refused);
  g_test_add_func ("/ws-client/an-address-without-rooms-is-named", test_not_ours);
  g_test_add_func ("/ws-client/lost-connection-joins-again-and-leaves", test_comes_back);
  return g_test_run ();
}
