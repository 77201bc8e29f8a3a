/* script-server.c: a WebSocket server that says what a test tells it, and a client's diary
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "script-server.h"

#include <string.h>

#include "mb-events.h"

#define WATCHDOG_MS 15000

static gboolean
on_watchdog (gpointer what)
{
  g_test_message ("waited too long for: %s", (const char *) what);
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

Watchdog
watchdog_start (const char *what)
{
  Watchdog self = {g_timeout_source_new (WATCHDOG_MS)};

  g_source_set_callback (self.source, on_watchdog, g_strdup (what), g_free);
  g_source_attach (self.source, NULL);
  return self;
}

void
watchdog_stop (Watchdog *self)
{
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
on_ws_message (SoupWebsocketConnection *ws, int type, GBytes *data, Script *self)
{
  gsize size = 0;
  const char *text = g_bytes_get_data (data, &size);

  g_queue_push_tail (self->said, g_strndup (text, size));
}

static void
on_ws_closed (SoupWebsocketConnection *ws, Script *self)
{
  self->n_closed++;
}

static void
on_websocket (SoupServer *server, SoupServerMessage *message, const char *path,
    SoupWebsocketConnection *ws, gpointer user_data)
{
  Script *self = user_data;
  const char *query = g_uri_get_query (soup_server_message_get_uri (message));
  const char *bearer = soup_message_headers_get_one (
      soup_server_message_get_request_headers (message), "Authorization");

  g_free (self->query);
  self->query = g_strdup (query);
  g_free (self->bearer);
  self->bearer = g_strdup (bearer);
  if (self->ws != NULL)
    g_signal_handlers_disconnect_by_data (self->ws, self);
  g_set_object (&self->ws, ws);
  g_signal_connect (ws, "message", G_CALLBACK (on_ws_message), self);
  g_signal_connect (ws, "closed", G_CALLBACK (on_ws_closed), self);
  self->n_connections++;
}

static void
on_refuse (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer user_data)
{
  Script *self = user_data;

  self->n_connections++;
  soup_server_message_set_status (message, self->refusal, NULL);
}

Script *
script_new (void)
{
  Script *self = g_new0 (Script, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris = NULL;

  self->said = g_queue_new ();
  self->server = soup_server_new (NULL, NULL);
  soup_server_remove_websocket_extension (self->server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  soup_server_add_websocket_handler (
      self->server, "/socket.io/", NULL, NULL, on_websocket, self, NULL);
  soup_server_add_websocket_handler (
      self->server, "/meet/socket.io/", NULL, NULL, on_websocket, self, NULL);
  soup_server_add_websocket_handler (self->server, "/ws", NULL, NULL, on_websocket, self, NULL);
  soup_server_add_handler (self->server, "/refuse", on_refuse, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->authority = g_strdup_printf ("127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return self;
}

void
script_free (Script *self)
{
  if (self->ws != NULL)
    g_signal_handlers_disconnect_by_data (self->ws, self);
  g_clear_object (&self->ws);
  soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  g_queue_free_full (self->said, g_free);
  g_free (self->authority);
  g_free (self->query);
  g_free (self->bearer);
  g_free (self);
}

char *
script_get_url (Script *self, const char *scheme, const char *path)
{
  return g_strdup_printf ("%s://%s%s", scheme, self->authority, path);
}

void
script_wait_connection (Script *self, unsigned int n)
{
  wait_until (self->n_connections >= n, "a connection");
}

void
script_wait_closed (Script *self, unsigned int n)
{
  wait_until (self->n_closed >= n, "a closed connection");
}

void
script_say (Script *self, const char *text)
{
  soup_websocket_connection_send_text (self->ws, text);
}

void
script_expect (Script *self, const char *text)
{
  g_autofree char *said = NULL;

  wait_until (!g_queue_is_empty (self->said), text);
  said = g_queue_pop_head (self->said);
  g_assert_cmpstr (said, ==, text);
}

void
script_close (Script *self)
{
  soup_websocket_connection_close (self->ws, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
}

/* As when a process dies: no closing handshake. */
void
script_cut (Script *self)
{
  GIOStream *stream = soup_websocket_connection_get_io_stream (self->ws);

  g_signal_handlers_disconnect_by_data (self->ws, self);
  g_io_stream_close (stream, NULL, NULL);
  g_clear_object (&self->ws);
}

static void
on_joined (MbSignaling *signaling, const char *own_id, Diary *self)
{
  g_queue_push_tail (self->lines, g_strdup_printf ("joined %s", own_id));
}

static void
on_message (MbSignaling *signaling, MbMessage *message, Diary *self)
{
  const char *name = mb_events_get_name (mb_message_get_kind (message));
  const char *peer = mb_message_get_peer (message);
  GPtrArray *members = mb_message_get_members (message);
  g_autoptr (GString) line = g_string_new ("message ");

  g_string_append (line, name);
  if (peer != NULL)
    g_string_append_printf (line, " %s", peer);
  for (unsigned int i = 0; members != NULL && i < members->len; i++)
    g_string_append_printf (line, " %s", ((MbMemberInfo *) members->pdata[i])->id);
  if (mb_message_get_code (message) != NULL)
    g_string_append_printf (line, " %s", mb_message_get_code (message));
  if (mb_message_get_data (message) != NULL) {
    g_clear_pointer (&self->data, g_bytes_unref);
    self->data = g_bytes_ref (mb_message_get_data (message));
  }
  g_queue_push_tail (self->lines, g_steal_pointer (&line->str));
  if (self->leave_on_message)
    mb_signaling_leave (signaling);
}

static void
on_lost (MbSignaling *signaling, const GError *error, Diary *self)
{
  g_queue_push_tail (self->lines, g_strdup_printf ("lost %s", error->message));
}

static void
on_failed (MbSignaling *signaling, const GError *error, Diary *self)
{
  g_queue_push_tail (self->lines, g_strdup_printf ("failed %d %s", error->code, error->message));
}

static void
on_closed (MbSignaling *signaling, Diary *self)
{
  g_queue_push_tail (self->lines, g_strdup ("closed"));
}

Diary *
diary_new (const char *url, const char *token)
{
  Diary *self = g_new0 (Diary, 1);
  g_autoptr (GError) error = NULL;

  self->lines = g_queue_new ();
  self->signaling = mb_signaling_new_for_url (url, token, &error);
  g_assert_no_error (error);
  g_signal_connect (self->signaling, "joined", G_CALLBACK (on_joined), self);
  g_signal_connect (self->signaling, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->signaling, "lost", G_CALLBACK (on_lost), self);
  g_signal_connect (self->signaling, "failed", G_CALLBACK (on_failed), self);
  g_signal_connect (self->signaling, "closed", G_CALLBACK (on_closed), self);
  return self;
}

/* The client must be gone with its last reference here: nothing else may hold it. */
void
diary_free (Diary *self)
{
  GObject *gone = G_OBJECT (self->signaling);

  g_signal_handlers_disconnect_by_data (self->signaling, self);
  g_object_add_weak_pointer (gone, (gpointer *) &gone);
  g_clear_object (&self->signaling);
  wait_until (gone == NULL, "the end of the client");
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  g_queue_free_full (self->lines, g_free);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self);
}

/* @pattern: the next line, with * and ? as in a shell. */
void
diary_expect (Diary *self, const char *pattern)
{
  g_autofree char *line = NULL;

  wait_until (!g_queue_is_empty (self->lines), pattern);
  line = g_queue_pop_head (self->lines);
  if (!g_pattern_match_simple (pattern, line))
    g_assert_cmpstr (line, ==, pattern);
}

/* Nothing more is told in what is pending. */
void
diary_settle (Diary *self)
{
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  g_assert_cmpuint (g_queue_get_length (self->lines), ==, 0);
}
