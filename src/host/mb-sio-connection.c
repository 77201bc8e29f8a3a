/* mb-sio-connection.c: the Socket.IO dialect: a socket of the main namespace as a connection
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sio-connection.h"

#include "mb-events.h"
#include "mb-ws-frame.h"

typedef struct {
  MbConnection base;
  MbSioSocket *socket; /* (nullable) owned; NULL once it has gone by itself */
} MbSioConnection;

static void
sio_send (MbConnection *base, MbMessage *message)
{
  MbSioConnection *self = (MbSioConnection *) base;

  if (self->socket != NULL)
    mb_sio_socket_send (self->socket, mb_events_get_text (MB_SIDE_SERVER, MB_DIALECT_SIO, message),
        mb_message_get_attachments (message));
}

static void
sio_acknowledge (MbConnection *base, gint64 ack_id, const char *room, const GError *error)
{
  MbSioConnection *self = (MbSioConnection *) base;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  if (self->socket == NULL)
    return;
  if (error != NULL)
    mb_events_append_refusal_ack (ack_id, error, text);
  else
    mb_events_append_join_ack (ack_id, base->id, room, text);
  bytes = g_bytes_new (text->str, text->len);
  mb_sio_socket_send (self->socket, bytes, NULL);
}

static void
sio_free (MbConnection *base, guint16 code, const char *reason)
{
  MbSioConnection *self = (MbSioConnection *) base;
  MbSioSocket *socket = g_steal_pointer (&self->socket);

  if (socket != NULL) {
    mb_sio_socket_set_data (socket, NULL);
    /* After a restart members are welcome again. */
    mb_sio_socket_disconnect (
        socket, code == MB_WS_CLOSE_GOING_AWAY ? MB_SIO_END_TRANSPORT : MB_SIO_END_SESSION);
  }
  g_free (self);
}

static const MbConnectionClass sio_class = {
    .dialect = MB_DIALECT_SIO, .send = sio_send, .acknowledge = sio_acknowledge, .free = sio_free};

/**
 * mb_sio_connection_new:
 * @socket: (transfer full): a client in the main namespace; its data becomes the connection
 *
 * Returns: (transfer full): a connection, whose id is the socket's
 */
MbConnection *
mb_sio_connection_new (MbSioSocket *socket)
{
  MbSioConnection *self = g_new0 (MbSioConnection, 1);

  self->base.klass = &sio_class;
  self->socket = socket;
  g_strlcpy (self->base.id, mb_sio_socket_get_id (socket), sizeof self->base.id);
  mb_sio_socket_set_data (socket, self);
  return &self->base;
}

/**
 * mb_sio_connection_take_event:
 *
 * What the namespace's event handler is to do.
 */
void
mb_sio_connection_take_event (
    MbConnection *connection, const MbSioPacket *packet, GPtrArray *attachments)
{
  const char *event = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MbMessage) message =
      mb_events_parse_sio (MB_SIDE_SERVER, packet, attachments, &event, &error);

  if (message != NULL)
    connection->listener->message (connection->owner, message, packet->ack_id, event);
  else
    connection->listener->refused (connection->owner, event, packet->ack_id, error);
}

/**
 * mb_sio_connection_take_end:
 *
 * What the namespace's handler of a disconnect is to do.
 */
void
mb_sio_connection_take_end (MbConnection *connection, const char *reason)
{
  MbSioConnection *self = (MbSioConnection *) connection;

  self->socket = NULL;
  connection->listener->closed (connection->owner, reason);
}
