/* mb-ws-client.c: signaling over a plain WebSocket, one JSON object a message
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-ws-client.h"

#include "mb-error.h"
#include "mb-events.h"

/* The plain dialect has no heartbeat of its own: WebSocket pings tell whether the server lives. */
#define PING_INTERVAL_S 10
#define SILENCE_LIMIT_MS 25000

#define EXPECTATION \
  "is this the address of a plain WebSocket of a room server, such as ws://localhost:3000/ws?"

struct _MbWsClient {
  MbRoomClient parent_instance;
};

G_DEFINE_FINAL_TYPE (MbWsClient, mb_ws_client, MB_TYPE_ROOM_CLIENT)

/**
 * mb_ws_client_new:
 * @name: the server as the user gave it
 * @url: of its WebSocket
 * @token: (nullable): goes into the header of the handshake
 *
 * Returns: (transfer full): a client that has not joined
 */
MbSignaling *
mb_ws_client_new (const char *name, const char *url, const char *token)
{
  MbWsClient *self = g_object_new (MB_TYPE_WS_CLIENT, NULL);
  g_autoptr (MbLink) link = mb_link_new (url, token);

  mb_room_client_set_server (MB_ROOM_CLIENT (self), name, EXPECTATION, link);
  return MB_SIGNALING (self);
}

static void
mb_ws_client_opened (MbRoomClient *client, MbLink *link)
{
  mb_link_set_ping_interval (link, PING_INTERVAL_S);
  mb_link_set_silence_limit (link, SILENCE_LIMIT_MS);
}

static void
mb_ws_client_take (MbRoomClient *client, GBytes *data, gboolean binary)
{
  gsize length = 0;
  const char *text = g_bytes_get_data (data, &length);
  const char *event = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MbMessage) message = NULL;

  if (binary) {
    g_debug ("a binary message, ignored");
    return;
  }
  message = mb_events_parse_plain (MB_SIDE_CLIENT, text, length, &event, &error);
  if (message == NULL) {
    /* Newer servers may say what we do not know; that is no reason to go. */
    g_debug ("a message of the server is ignored: %s", error->message);
    return;
  }
  if (mb_message_get_kind (message) == MB_MESSAGE_WELCOME)
    mb_room_client_welcomed (client, mb_message_get_peer (message));
  else
    mb_room_client_take_message (client, message);
}

static void
say (MbRoomClient *client, MbLink *link, MbMessage *message)
{
  g_autoptr (GString) text = g_string_new (NULL);

  mb_events_append_plain (MB_SIDE_CLIENT, message, text);
  mb_link_send_text (link, text->str);
}

static void
mb_ws_client_say_leave (MbRoomClient *client, MbLink *link)
{
  g_autoptr (MbMessage) leave = mb_message_new_leave ();

  say (client, link, leave);
}

static void
mb_ws_client_class_init (MbWsClientClass *klass)
{
  MbRoomClientClass *client_class = MB_ROOM_CLIENT_CLASS (klass);

  client_class->opened = mb_ws_client_opened;
  client_class->take = mb_ws_client_take;
  client_class->say_join = say;
  client_class->say_signal = say;
  client_class->say_leave = mb_ws_client_say_leave;
}

static void
mb_ws_client_init (MbWsClient *self)
{
}
