/* mb-room-client.c: on a real host, clients of both dialects meet, come back and leave
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"
#include "mb-server.h"
#include "script-server.h"

typedef struct {
  const char *scheme_a, *scheme_b;
} Dialects;

static const Dialects SIO_SIO = {"http", "http"};
static const Dialects SIO_WS = {"http", "ws"};
static const Dialects WS_SIO = {"ws", "http"};
static const Dialects WS_WS = {"ws", "ws"};

static MbServer *
start_host (guint16 port)
{
  g_autoptr (GError) error = NULL;
  MbServerConfig config;
  MbServer *server;

  mb_server_config_init (&config);
  config.port = port;
  config.store_path = ":memory:";
  config.rate_limit = FALSE;
  config.max_members = 2;
  config.ping_interval_ms = 200;
  config.ping_timeout_ms = 300;
  config.drain_ms = 200;
  server = mb_server_new (&config, &error);
  g_assert_no_error (error);
  return server;
}

static void
on_drained (GObject *object, GAsyncResult *result, gpointer done)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_server_drain_finish (MB_SERVER (object), result, &error));
  g_assert_no_error (error);
  *(gboolean *) done = TRUE;
}

static void
stop_host (MbServer *server)
{
  gboolean done = FALSE;

  mb_server_drain_async (server, on_drained, &done);
  wait_until (done, "the end of the host");
  g_object_unref (server);
}

static Diary *
join (MbServer *server, const char *scheme, const char *room)
{
  g_autofree char *url = g_strdup_printf ("%s://127.0.0.1:%u", scheme, mb_server_get_port (server));
  Diary *diary = diary_new (url, NULL);

  mb_signaling_join (diary->signaling, room, "bot", "bot");
  return diary;
}

/* Returns: (transfer full): the second word of the next line, which begins with @first */
static char *
expect_id (Diary *diary, const char *first)
{
  g_autofree char *pattern = g_strconcat (first, " *", NULL);
  char *id;

  wait_until (!g_queue_is_empty (diary->lines), first);
  id = g_strdup ((const char *) g_queue_peek_head (diary->lines) +
                 MIN (strlen (first) + 1, strlen (g_queue_peek_head (diary->lines))));
  diary_expect (diary, pattern);
  return id;
}

static void
test_meet (gconstpointer data)
{
  const Dialects *dialects = data;
  MbServer *server = start_host (0);
  g_autoptr (Diary) a = join (server, dialects->scheme_a, "x");
  g_autofree char *a_id = expect_id (a, "joined");
  g_autoptr (Diary) b = NULL;
  g_autofree char *b_id = NULL;
  g_autofree char *peers = g_strdup_printf ("message peers %s", a_id);
  g_autofree char *from = g_strdup_printf ("message signal %s", a_id);
  g_autofree char *came = NULL;
  g_autofree char *left = NULL;
  const char *text = "{\"n\":[1.50,-0,1e400],\"s\":\"\\u0000\\ud83d\"}";
  g_autoptr (GBytes) message = g_bytes_new_static (text, strlen (text));

  diary_expect (a, "message peers");
  b = join (server, dialects->scheme_b, "x");
  b_id = expect_id (b, "joined");
  came = g_strdup_printf ("message peer-joined %s", b_id);
  left = g_strdup_printf ("message peer-left %s", b_id);
  diary_expect (b, peers);
  diary_expect (a, came);
  mb_signaling_send (a->signaling, b_id, message);
  diary_expect (b, from);
  mb_signaling_leave (b->signaling);

  g_assert_true (g_bytes_equal (b->data, message));
  diary_expect (b, "closed");
  diary_expect (a, left);
  diary_settle (a);
  stop_host (server);
}

static void
test_full (void)
{
  MbServer *server = start_host (0);
  g_autoptr (Diary) a = join (server, "http", "x");
  g_autoptr (Diary) b = join (server, "ws", "x");
  g_autoptr (Diary) c = NULL;
  g_autoptr (Diary) d = NULL;

  diary_expect (a, "joined *");
  diary_expect (b, "joined *");
  c = join (server, "http", "x");
  d = join (server, "ws", "x");

  diary_expect (c, "failed 4 *");
  diary_expect (d, "failed 4 *");
  stop_host (server);
}

static gboolean
on_time (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_stays (void)
{
  MbServer *server = start_host (0);
  g_autoptr (Diary) a = join (server, "http", "x");
  g_autoptr (Diary) b = join (server, "ws", "y");
  gboolean time_is_over = FALSE;

  diary_expect (a, "joined *");
  diary_expect (a, "message peers");
  diary_expect (b, "joined *");
  diary_expect (b, "message peers");
  /* Several heartbeats; a silence that is too long would show here. */
  g_timeout_add (1500, on_time, &time_is_over);
  wait_until (time_is_over, "the time");

  diary_settle (a);
  diary_settle (b);
  stop_host (server);
}

/* The next line like @pattern; others may come before. */
static void
expect_among_others (Diary *diary, const char *pattern)
{
  for (gboolean found = FALSE; !found;) {
    g_autofree char *line = NULL;

    wait_until (!g_queue_is_empty (diary->lines), pattern);
    line = g_queue_pop_head (diary->lines);
    found = g_pattern_match_simple (pattern, line);
  }
}

static void
test_restart (void)
{
  MbServer *server = start_host (0);
  guint16 port = mb_server_get_port (server);
  g_autoptr (Diary) a = join (server, "http", "x");
  g_autoptr (Diary) b = join (server, "ws", "x");

  expect_among_others (a, "message peers*");
  expect_among_others (b, "message peers*");
  stop_host (server);
  expect_among_others (a, "lost *");
  expect_among_others (b, "lost *");
  server = start_host (port);

  diary_expect (a, "joined *");
  diary_expect (b, "joined *");
  stop_host (server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/room-client/meet-over-socket-io", &SIO_SIO, test_meet);
  g_test_add_data_func ("/room-client/plain-joins-socket-io", &SIO_WS, test_meet);
  g_test_add_data_func ("/room-client/socket-io-joins-plain", &WS_SIO, test_meet);
  g_test_add_data_func ("/room-client/meet-over-plain", &WS_WS, test_meet);
  g_test_add_func ("/room-client/full-room-refuses-in-both-dialects", test_full);
  g_test_add_func ("/room-client/heartbeats-of-both-dialects-hold", test_stays);
  g_test_add_func ("/room-client/host-that-restarts-is-joined-again", test_restart);
  return g_test_run ();
}
