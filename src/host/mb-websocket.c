/* mb-websocket.c: one upgraded socket: messages in, frames out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-websocket.h"

/* One socket's share of a turn, so that a flood does not starve the others. */
#define MESSAGES_PER_TURN 32
/* What is fed to the parser at a time: little enough to stop between, much enough to be cheap. */
#define SLICE_BYTES 4096
/* What a member that does not read may pile up before it is let go. */
#define BACKLOG_MAX (1024 * 1024)

struct _MbWebsocket {
  MbSocket *socket; /* (nullable) owned; NULL once closed */
  const MbWebsocketListener *listener;
  gpointer owner;     /* not owned */
  MbWsParser *parser; /* owned */
};

static void
websocket_free (gpointer data)
{
  MbWebsocket *self = data;

  g_clear_pointer (&self->parser, mb_ws_parser_free);
}

/* Header and payload are two entries of the queue, so that a payload can be shared by many. */
static void
send_frame (MbWebsocket *self, MbWsOpcode opcode, char prefix, GBytes *payload)
{
  guint8 header[MB_WS_HEADER_MAX + 1];
  gsize length = payload == NULL ? 0 : g_bytes_get_size (payload);
  gsize n_prefix = prefix == '\0' ? 0 : 1;
  gsize n = mb_ws_write_header (header, opcode, length + n_prefix, NULL);
  g_autoptr (GBytes) head = NULL;

  if (self->socket == NULL)
    return;
  if (n_prefix > 0)
    header[n] = (guint8) prefix;
  head = g_bytes_new (header, n + n_prefix);
  mb_socket_send (self->socket, head);
  if (length > 0)
    mb_socket_send (self->socket, payload);
}

static void
shut (MbWebsocket *self, guint16 code, const char *reason)
{
  guint8 payload[MB_WS_CONTROL_MAX];
  gsize length = 0;
  g_autoptr (GBytes) bytes = NULL;

  if (self->socket == NULL)
    return;
  if (code != MB_WS_CLOSE_NO_STATUS)
    length = mb_ws_write_close (payload, code, reason);
  bytes = g_bytes_new (payload, length);
  send_frame (self, MB_WS_CLOSE, '\0', bytes);
  mb_socket_close (g_steal_pointer (&self->socket));
}

static void
take_close (MbWebsocket *self, const MbWsMessage *message)
{
  guint16 code = MB_WS_CLOSE_NO_STATUS;

  if (!mb_ws_parse_close (message->data, message->length, &code, NULL, NULL))
    code = MB_WS_CLOSE_PROTOCOL;
  shut (self, code, NULL);
  self->listener->closed (self->owner, code);
}

static void
take_message (MbWebsocket *self, const MbWsMessage *message)
{
  switch (message->opcode) {
  case MB_WS_TEXT:
  case MB_WS_BINARY:
    self->listener->message (
        self->owner, message->opcode == MB_WS_TEXT, (const char *) message->data, message->length);
    break;
  case MB_WS_PING: {
    g_autoptr (GBytes) payload = g_bytes_new (message->data, message->length);

    send_frame (self, MB_WS_PONG, '\0', payload);
    break;
  }
  case MB_WS_PONG:
    if (self->listener->pong != NULL)
      self->listener->pong (self->owner);
    break;
  case MB_WS_CLOSE:
    take_close (self, message);
    break;
  case MB_WS_CONTINUATION:
    g_assert_not_reached ();
  }
}

/* Takes what is whole in what was fed. FALSE where it is over. */
static gboolean
take_messages (MbWebsocket *self, unsigned int *n_messages)
{
  while (self->socket != NULL) {
    MbWsMessage message;
    guint16 code = MB_WS_CLOSE_PROTOCOL;
    MbWsResult result = mb_ws_parser_next (self->parser, &message, &code, NULL);

    if (result == MB_WS_MORE)
      return TRUE;
    if (result == MB_WS_FAILED) {
      shut (self, code, NULL);
      self->listener->closed (self->owner, code);
      return FALSE;
    }
    (*n_messages)++;
    take_message (self, &message);
  }
  return FALSE;
}

static gsize
on_data (gpointer owner, guint8 *bytes, gsize length)
{
  MbWebsocket *self = g_rc_box_acquire (owner);
  unsigned int n_messages = 0;
  gsize used = 0;

  while (used < length) {
    gsize slice = MIN (length - used, SLICE_BYTES);

    mb_ws_parser_feed (self->parser, bytes + used, slice);
    used += slice;
    if (!take_messages (self, &n_messages)) {
      used = length;
    } else if (n_messages >= MESSAGES_PER_TURN && used < length) {
      mb_socket_read_again (self->socket);
      break;
    }
  }
  g_rc_box_release_full (self, websocket_free);
  return used;
}

static void
on_ended (gpointer owner, MbSocketEnd end)
{
  MbWebsocket *self = owner;
  guint16 code = end == MB_SOCKET_END_BACKLOG ? MB_WS_CLOSE_TRY_LATER : MB_WS_CLOSE_ABNORMAL;

  mb_socket_abort (g_steal_pointer (&self->socket));
  self->listener->closed (self->owner, code);
}

static const MbSocketListener socket_listener = {.data = on_data, .ended = on_ended};

/**
 * mb_websocket_new:
 * @socket: (transfer full): as mb_http_request_upgrade() gave it
 * @max_message: bytes of a message after reassembly; a longer one closes with 1009
 *
 * Returns: (transfer full): a websocket, to be ended with mb_websocket_close()
 */
MbWebsocket *
mb_websocket_new (
    MbSocket *socket, gsize max_message, const MbWebsocketListener *listener, gpointer owner)
{
  MbWebsocket *self = g_rc_box_new0 (MbWebsocket);

  self->socket = socket;
  self->parser = mb_ws_parser_new (MB_WS_SERVER, max_message);
  mb_websocket_set_listener (self, listener, owner);
  mb_socket_set_max_backlog (socket, BACKLOG_MAX);
  mb_socket_set_listener (socket, &socket_listener, self);
  mb_socket_read_again (socket);
  return self;
}

void
mb_websocket_set_listener (MbWebsocket *self, const MbWebsocketListener *listener, gpointer owner)
{
  self->listener = listener;
  self->owner = owner;
}

void
mb_websocket_send_text (MbWebsocket *self, GBytes *text)
{
  send_frame (self, MB_WS_TEXT, '\0', text);
}

/**
 * mb_websocket_send_prefixed:
 * @prefix: one character that goes before @text in the same message (an Engine.IO packet type)
 * @text: (nullable): the rest
 */
void
mb_websocket_send_prefixed (MbWebsocket *self, char prefix, GBytes *text)
{
  send_frame (self, MB_WS_TEXT, prefix, text);
}

void
mb_websocket_send_binary (MbWebsocket *self, GBytes *data)
{
  send_frame (self, MB_WS_BINARY, '\0', data);
}

void
mb_websocket_ping (MbWebsocket *self)
{
  send_frame (self, MB_WS_PING, '\0', NULL);
}

/**
 * mb_websocket_close:
 *
 * (transfer full): says goodbye with @code where that has not been done, and frees it. The owner
 * is told nothing any more; it may be called from within a callback.
 */
void
mb_websocket_close (MbWebsocket *self, guint16 code, const char *reason)
{
  shut (self, code, reason);
  g_rc_box_release_full (self, websocket_free);
}
