/* mb-ws-connection.c: the plain dialect: one JSON object a text frame
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-ws-connection.h"

#include "mb-error.h"
#include "mb-events.h"
#include "mb-websocket.h"

typedef struct {
  MbConnection base;
  MbReactor *reactor;     /* not owned */
  MbWebsocket *websocket; /* owned */
  MbWsOptions options;
  MbTimer heartbeat;
  gboolean awaits_pong;
} MbWsConnection;

static void
on_heartbeat (gpointer data)
{
  MbWsConnection *self = data;

  if (self->awaits_pong) {
    self->base.listener->closed (self->base.owner, "timeout");
    return;
  }
  self->awaits_pong = TRUE;
  mb_websocket_ping (self->websocket);
  mb_reactor_arm_in (self->reactor, &self->heartbeat, self->options.ping_timeout_ms);
}

static void
on_pong (gpointer owner)
{
  MbWsConnection *self = owner;

  self->awaits_pong = FALSE;
  mb_reactor_arm_in (self->reactor, &self->heartbeat, self->options.ping_interval_ms);
}

static void
on_message (gpointer owner, gboolean is_text, const char *data, gsize length)
{
  MbWsConnection *self = owner;
  const char *event = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MbMessage) message = NULL;

  if (!is_text) {
    g_set_error_literal (
        &error, MB_ERROR, MB_ERROR_BAD_REQUEST, "a binary frame means nothing here");
  } else {
    message = mb_events_parse_plain (MB_SIDE_SERVER, data, length, &event, &error);
  }
  if (message != NULL)
    self->base.listener->message (self->base.owner, message, MB_SIO_NO_ACK, event);
  else
    self->base.listener->refused (self->base.owner, event, MB_SIO_NO_ACK, error);
}

static void
on_closed (gpointer owner, guint16 code)
{
  MbWsConnection *self = owner;

  self->base.listener->closed (self->base.owner, "disconnected");
}

static const MbWebsocketListener websocket_listener = {
    .message = on_message, .pong = on_pong, .closed = on_closed};

static void
ws_send (MbConnection *base, MbMessage *message)
{
  MbWsConnection *self = (MbWsConnection *) base;
  GBytes *text = mb_events_get_text (MB_SIDE_SERVER, MB_DIALECT_PLAIN, message);

  mb_websocket_send_text (self->websocket, text);
}

static void
ws_acknowledge (MbConnection *base, gint64 ack_id, const char *room, const GError *error)
{
  /* This dialect has no acknowledgements: nobody can have asked for one. */
}

static void
ws_free (MbConnection *base, guint16 code, const char *reason)
{
  MbWsConnection *self = (MbWsConnection *) base;

  mb_reactor_disarm (self->reactor, &self->heartbeat);
  mb_websocket_close (self->websocket, code, reason);
  g_free (self);
}

static const MbConnectionClass ws_class = {
    .dialect = MB_DIALECT_PLAIN, .send = ws_send, .acknowledge = ws_acknowledge, .free = ws_free};

/**
 * mb_ws_connection_new:
 * @socket: (transfer full): an upgraded socket
 *
 * Says `welcome`. It needs its listener at once.
 *
 * Returns: (transfer full): a connection
 */
MbConnection *
mb_ws_connection_new (MbReactor *reactor, MbSocket *socket, const MbWsOptions *options)
{
  MbWsConnection *self = g_new0 (MbWsConnection, 1);
  g_autoptr (MbMessage) welcome = NULL;

  self->base.klass = &ws_class;
  self->reactor = reactor;
  self->options = *options;
  mb_connection_make_id (self->base.id);
  mb_timer_init (&self->heartbeat, on_heartbeat, self);
  mb_reactor_arm_in (reactor, &self->heartbeat, options->ping_interval_ms);
  self->websocket =
      mb_websocket_new (socket, options->max_payload_bytes, &websocket_listener, self);
  welcome = mb_message_new_welcome (self->base.id);
  ws_send (&self->base, welcome);
  return &self->base;
}
