/* mb-sio-client.c: signaling over Socket.IO 4, to any server that speaks it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   server: 0{"sid",…}   us: 40{"token"}   server: 40{"sid"}   us: 420["join-room",…]
 *   server: 42["peers",…] and 430[{"ok":true}], in any order, the latter not from every server
 *
 * Over WebSocket from the start: a bot has no use for long polling, and sessions that begin with
 * it need sticky balancing. Two ids are in play; the one that members know us by is Socket.IO's.
 */
#include "mb-sio-client.h"

#include "mb-eio.h"
#include "mb-error.h"
#include "mb-events.h"

#define JOIN_ACK 0
#define MAX_MESSAGE_BYTES 1000000

#define EXPECTATION \
  "is there a Socket.IO 4 server at this address, with its WebSocket transport switched on?"

struct _MbSioClient {
  MbRoomClient parent_instance;

  MbLink *link;
  char *token;           /* (nullable) */
  MbSioDecoder *decoder; /* (nullable) of this connection, once it is open */
};

G_DEFINE_FINAL_TYPE (MbSioClient, mb_sio_client, MB_TYPE_ROOM_CLIENT)

/**
 * mb_sio_client_new:
 * @name: the server as the user gave it
 * @url: of its Engine.IO endpoint, with transport and protocol in the query
 * @token: (nullable): goes into Socket.IO's `auth` and into the header of the handshake
 *
 * Returns: (transfer full): a client that has not joined
 */
MbSignaling *
mb_sio_client_new (const char *name, const char *url, const char *token)
{
  MbSioClient *self = g_object_new (MB_TYPE_SIO_CLIENT, NULL);

  self->link = mb_link_new (url, token);
  self->token = g_strdup (token);
  mb_room_client_set_server (MB_ROOM_CLIENT (self), name, EXPECTATION, self->link);
  return MB_SIGNALING (self);
}

static void
give_up (MbSioClient *self, MbError code, const char *what, const GError *error)
{
  GError *reason = error != NULL
                       ? g_error_new (MB_ERROR, (int) code, "%s: %s", what, error->message)
                       : g_error_new_literal (MB_ERROR, (int) code, what);

  mb_room_client_break (MB_ROOM_CLIENT (self), reason);
}

static void
mb_sio_client_opened (MbRoomClient *client, MbLink *link)
{
  MbSioClient *self = MB_SIO_CLIENT (client);

  g_clear_pointer (&self->decoder, mb_sio_decoder_free);
}

static void
take_open (MbSioClient *self, const MbEioPacket *packet)
{
  MbEioOpen open = {0};
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) connect = g_string_new ("40");

  if (!mb_eio_parse_open (packet, &open, &error)) {
    give_up (self, MB_ERROR_UNSUPPORTED, "its greeting is not Engine.IO 4", error);
    return;
  }
  g_clear_pointer (&self->decoder, mb_sio_decoder_free);
  self->decoder = mb_sio_decoder_new (MB_EVENTS_DEPTH, MAX_MESSAGE_BYTES);
  /* The server pings; so long after the last ping it must be gone. */
  mb_link_set_silence_limit (self->link, open.ping_interval_ms + open.ping_timeout_ms);
  if (self->token != NULL) {
    g_string_append (connect, "{\"token\":");
    mb_json_append_string (connect, self->token);
    g_string_append_c (connect, '}');
  }
  mb_link_send_text (self->link, connect->str);
}

static void
take_connect (MbSioClient *self, const MbSioPacket *packet)
{
  MbJsonSpan sid = {0};
  g_autofree char *own_id = NULL;

  /* Socket.IO 2 speaks first, and tells no id. */
  if (packet->payload.text == NULL || !mb_json_find (packet->payload, "sid", &sid)) {
    give_up (self, MB_ERROR_UNSUPPORTED, "it seems to be Socket.IO 2", NULL);
    return;
  }
  own_id = mb_json_span_dup_string (sid, "sid", MB_PEER_ID_MAX, NULL);
  if (!mb_peer_id_is_valid (own_id)) {
    give_up (self, MB_ERROR_UNSUPPORTED, "it gave no usable id", NULL);
    return;
  }
  mb_room_client_welcomed (MB_ROOM_CLIENT (self), own_id);
}

/* In practice these come from a check of the token: the namespace "/" always exists. */
static void
take_connect_error (MbSioClient *self, const MbSioPacket *packet)
{
  MbJsonSpan message = {0};
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (mb_json_span_get_kind (packet->payload) == MB_JSON_OBJECT &&
      mb_json_find (packet->payload, "message", &message))
    text = mb_json_span_dup_string (message, "message", 512, NULL);
  error = g_error_new_literal (
      MB_ERROR, MB_ERROR_UNAUTHORIZED, text != NULL ? text : "the connection is not allowed");
  mb_room_client_refused (MB_ROOM_CLIENT (self), error);
}

static void
take_event (MbSioClient *self, const MbSioPacket *packet, GPtrArray *attachments)
{
  const char *event = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MbMessage) message =
      mb_events_parse_sio (MB_SIDE_CLIENT, packet, attachments, &event, &error);

  /* Other people's servers have events of their own. */
  if (message == NULL)
    g_debug ("an event of the server is ignored: %s", error->message);
  else
    mb_room_client_take_message (MB_ROOM_CLIENT (self), message);
}

static void
take_ack (MbSioClient *self, const MbSioPacket *packet)
{
  g_autoptr (GError) error = NULL;

  if (packet->ack_id != JOIN_ACK)
    return;
  if (mb_events_parse_join_ack (packet, NULL, &error))
    mb_room_client_accepted (MB_ROOM_CLIENT (self));
  else
    mb_room_client_refused (MB_ROOM_CLIENT (self), error);
}

static void
take_packet (MbSioClient *self, const MbSioPacket *packet, GPtrArray *attachments)
{
  if (!mb_sio_packet_is_in (packet, "/"))
    return;
  switch (packet->type) {
  case MB_SIO_CONNECT:
    take_connect (self, packet);
    break;
  case MB_SIO_CONNECT_ERROR:
    take_connect_error (self, packet);
    break;
  case MB_SIO_DISCONNECT:
    mb_room_client_put_out (MB_ROOM_CLIENT (self));
    break;
  case MB_SIO_EVENT:
  case MB_SIO_BINARY_EVENT:
    take_event (self, packet, attachments);
    break;
  case MB_SIO_ACK:
  case MB_SIO_BINARY_ACK:
    take_ack (self, packet);
    break;
  }
}

/* @data: what follows the Engine.IO type, or a binary frame. */
static void
decode (MbSioClient *self, const char *data, gsize length, gboolean binary)
{
  MbSioPacket packet = {0};
  g_autoptr (GPtrArray) attachments = NULL;
  g_autoptr (GError) error = NULL;
  MbSioResult result;

  if (self->decoder == NULL) {
    give_up (self, MB_ERROR_UNSUPPORTED, "it does not greet as Engine.IO 4 does", NULL);
    return;
  }
  result =
      binary
          ? mb_sio_decoder_take_binary (self->decoder, data, length, &packet, &attachments, &error)
          : mb_sio_decoder_take_text (self->decoder, data, length, &packet, &attachments, &error);
  if (result == MB_SIO_FAILED)
    give_up (self, MB_ERROR_UNREACHABLE, "the server broke the protocol", error);
  else if (result == MB_SIO_PACKET)
    take_packet (self, &packet, attachments);
}

static void
take_text (MbSioClient *self, const char *text, gsize length)
{
  MbEioPacket packet = {0};
  g_autoptr (GError) error = NULL;

  if (!mb_eio_parse_packet (text, length, &packet, &error)) {
    give_up (self, self->decoder == NULL ? MB_ERROR_UNSUPPORTED : MB_ERROR_UNREACHABLE,
        "the server broke the protocol", error);
    return;
  }
  switch (packet.type) {
  case MB_EIO_OPEN:
    take_open (self, &packet);
    break;
  case MB_EIO_PING:
    mb_link_send_text (self->link, "3");
    break;
  case MB_EIO_MESSAGE:
    decode (self, packet.data, packet.length, FALSE);
    break;
  case MB_EIO_CLOSE:
    give_up (self, MB_ERROR_UNREACHABLE, "the server ended the session", NULL);
    break;
  case MB_EIO_PONG:
  case MB_EIO_UPGRADE:
  case MB_EIO_NOOP:
    break;
  }
}

static void
mb_sio_client_take (MbRoomClient *client, GBytes *data, gboolean binary)
{
  gsize length = 0;
  const char *bytes = g_bytes_get_data (data, &length);

  if (binary)
    decode (MB_SIO_CLIENT (client), bytes, length, TRUE);
  else
    take_text (MB_SIO_CLIENT (client), bytes, length);
}

static void
say (MbLink *link, MbMessage *message, gint64 ack_id)
{
  g_autoptr (GString) text = g_string_new ("4");

  mb_events_append_sio (MB_SIDE_CLIENT, message, ack_id, text);
  mb_link_send_text (link, text->str);
}

static void
mb_sio_client_say_join (MbRoomClient *client, MbLink *link, MbMessage *join)
{
  say (link, join, JOIN_ACK);
}

static void
mb_sio_client_say_signal (MbRoomClient *client, MbLink *link, MbMessage *signal)
{
  say (link, signal, MB_SIO_NO_ACK);
}

static void
mb_sio_client_say_leave (MbRoomClient *client, MbLink *link)
{
  g_autoptr (MbMessage) leave = mb_message_new_leave ();

  say (link, leave, MB_SIO_NO_ACK);
  mb_link_send_text (link, "41");
}

static void
mb_sio_client_dispose (GObject *object)
{
  MbSioClient *self = MB_SIO_CLIENT (object);

  g_clear_object (&self->link);
  G_OBJECT_CLASS (mb_sio_client_parent_class)->dispose (object);
}

static void
mb_sio_client_finalize (GObject *object)
{
  MbSioClient *self = MB_SIO_CLIENT (object);

  g_clear_pointer (&self->decoder, mb_sio_decoder_free);
  g_free (self->token);
  G_OBJECT_CLASS (mb_sio_client_parent_class)->finalize (object);
}

static void
mb_sio_client_class_init (MbSioClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  MbRoomClientClass *client_class = MB_ROOM_CLIENT_CLASS (klass);

  object_class->dispose = mb_sio_client_dispose;
  object_class->finalize = mb_sio_client_finalize;
  client_class->opened = mb_sio_client_opened;
  client_class->take = mb_sio_client_take;
  client_class->say_join = mb_sio_client_say_join;
  client_class->say_signal = mb_sio_client_say_signal;
  client_class->say_leave = mb_sio_client_say_leave;
}

static void
mb_sio_client_init (MbSioClient *self)
{
}
