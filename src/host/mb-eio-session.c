/* mb-eio-session.c: one Engine.IO client: polling, websocket, the upgrade, the heartbeat
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   polling ──websocket with the sid──▶ probing ──"5"──▶ websocket
 *      │                                   │                 │
 *      └──────────────── closed ◀──────────┴─────────────────┘
 *
 * While probing, polling is still what carries messages; the probe that fails is dropped and
 * nothing has happened. A session is alive until one absolute deadline, counted from the last
 * pong: timers only wake it to look, so that a late timer does not prolong a life.
 */
#include "mb-eio-session.h"

#include <string.h>

#include "mb-connection.h"
#include "mb-eio.h"
#include "mb-websocket.h"

#define UPGRADE_MS 10000
/* What a client that does not poll may pile up before it is let go. */
#define BACKLOG_MAX (1024 * 1024)
#define TEXT_TYPE "text/plain; charset=UTF-8"

typedef enum {
  TRANSPORT_POLLING,
  TRANSPORT_WEBSOCKET,
  TRANSPORT_CLOSED,
} Transport;

typedef struct {
  MbEioType type;
  gboolean is_binary;
  GBytes *data; /* (nullable) owned */
} Packet;

struct _MbEioSession {
  MbReactor *reactor; /* not owned */
  MbEioOptions options;
  MbEioEndedFunc ended;
  gpointer ended_data; /* not owned */
  char sid[MB_ID_LENGTH + 1];
  const MbEioListener *listener; /* (nullable) */
  gpointer owner;                /* not owned */
  MbPass *pass;                  /* (nullable) owned */
  MbAddress client;

  Transport transport;
  GArray *queue; /* (nullable) (element-type Packet) owned; only while polling */
  gsize queue_bytes;
  MbHttpRequest *poll;    /* (nullable) owned; the GET that waits */
  MbWebsocket *websocket; /* (nullable) owned; the probe's, too */
  gboolean probing;
  gboolean probed;    /* the probe was answered: polls are let go at once */
  gboolean owes_poll; /* the client said goodbye while no poll of it was there */
  gboolean pinged;    /* since the last pong */
  gint64 alive_until_us;
  MbTimer heartbeat;
  MbTimer upgrade_deadline;
};

static void drop (MbEioSession *self, const char *reason, MbEioType farewell);

static void
packet_clear (gpointer data)
{
  g_clear_pointer (&((Packet *) data)->data, g_bytes_unref);
}

static void
session_free (gpointer data)
{
  MbEioSession *self = data;

  g_assert (self->transport == TRANSPORT_CLOSED && self->poll == NULL && self->websocket == NULL);
  g_clear_pointer (&self->queue, g_array_unref);
  g_clear_pointer (&self->pass, mb_pass_unref);
}

MbEioSession *
mb_eio_session_ref (MbEioSession *self)
{
  return g_rc_box_acquire (self);
}

void
mb_eio_session_unref (MbEioSession *self)
{
  g_rc_box_release_full (self, session_free);
}

void
mb_eio_session_set_listener (MbEioSession *self, const MbEioListener *listener, gpointer owner)
{
  self->listener = listener;
  self->owner = owner;
}

void
mb_eio_session_set_client (MbEioSession *self, MbAddress client)
{
  self->client = client;
}

/**
 * mb_eio_session_get_client:
 *
 * Returns: where its handshake came from
 */
MbAddress
mb_eio_session_get_client (MbEioSession *self)
{
  return self->client;
}

/**
 * mb_eio_session_set_pass:
 * @pass: (transfer full) (nullable): what the client was let in with at its handshake
 */
void
mb_eio_session_set_pass (MbEioSession *self, MbPass *pass)
{
  g_clear_pointer (&self->pass, mb_pass_unref);
  self->pass = pass;
}

/**
 * mb_eio_session_get_pass:
 *
 * Returns: (transfer none) (nullable): it
 */
MbPass *
mb_eio_session_get_pass (MbEioSession *self)
{
  return self->pass;
}

const char *
mb_eio_session_get_sid (MbEioSession *self)
{
  return self->sid;
}

gboolean
mb_eio_session_is_polling (MbEioSession *self)
{
  return self->transport == TRANSPORT_POLLING;
}

/**
 * mb_eio_session_owes_poll:
 *
 * Returns: whether the client ended a polling session while no poll of it waited: one may be under
 *   way on another connection, and is no fault of the client
 */
gboolean
mb_eio_session_owes_poll (MbEioSession *self)
{
  return self->owes_poll;
}

/**
 * mb_eio_refuse:
 * @refusal: an MbEioRefusal
 */
void
mb_eio_refuse (MbHttpRequest *request, unsigned int refusal)
{
  mb_http_request_reply_text (request, mb_eio_refusal_get_http_status ((MbEioRefusal) refusal),
      "application/json", mb_eio_refusal_get_body ((MbEioRefusal) refusal));
}

static void
append_packet (GString *body, const Packet *packet)
{
  gsize length = 0;
  const char *data = packet->data == NULL ? NULL : g_bytes_get_data (packet->data, &length);

  if (packet->is_binary)
    mb_eio_append_binary (body, data, length);
  else
    mb_eio_append_packet (body, packet->type, data, length);
}

static void
reply_payload (MbHttpRequest *request, GString *payload)
{
  g_autoptr (GBytes) body = g_bytes_new (payload->str, payload->len);

  mb_http_request_add_header (request, "Cache-Control", "no-store");
  mb_http_request_reply (request, SOUP_STATUS_OK, TEXT_TYPE, body);
}

static void
reply_packet (MbHttpRequest *request, MbEioType type)
{
  g_autoptr (GString) payload = g_string_new (NULL);

  mb_eio_append_packet (payload, type, NULL, 0);
  reply_payload (request, payload);
}

/**
 * mb_eio_let_poll_go:
 *
 * Answers a poll with nothing to do.
 */
void
mb_eio_let_poll_go (MbHttpRequest *request)
{
  reply_packet (request, MB_EIO_NOOP);
}

/* Answers the waiting poll with a packet of its own, not from the queue. */
static void
release_poll (MbEioSession *self, MbEioType type)
{
  g_autoptr (MbHttpRequest) poll = g_steal_pointer (&self->poll);

  if (poll != NULL)
    reply_packet (poll, type);
}

static void
flush_to_poll (MbEioSession *self)
{
  g_autoptr (MbHttpRequest) poll = NULL;
  g_autoptr (GString) payload = NULL;

  if (self->poll == NULL || self->queue == NULL || self->queue->len == 0)
    return;
  poll = g_steal_pointer (&self->poll);
  payload = g_string_sized_new (self->queue_bytes + 16);
  for (unsigned int i = 0; i < self->queue->len; i++)
    append_packet (payload, &g_array_index (self->queue, Packet, i));
  g_array_set_size (self->queue, 0);
  self->queue_bytes = 0;
  reply_payload (poll, payload);
}

static void
send_on_websocket (MbEioSession *self, const Packet *packet)
{
  if (packet->is_binary)
    mb_websocket_send_binary (self->websocket, packet->data);
  else
    mb_websocket_send_prefixed (self->websocket, (char) packet->type, packet->data);
}

static void
enqueue (MbEioSession *self, Packet packet)
{
  if (packet.data != NULL)
    g_bytes_ref (packet.data);
  if (self->queue == NULL) {
    self->queue = g_array_new (FALSE, FALSE, sizeof (Packet));
    g_array_set_clear_func (self->queue, packet_clear);
  }
  g_array_append_val (self->queue, packet);
  self->queue_bytes += packet.data == NULL ? 1 : g_bytes_get_size (packet.data) + 2;
}

static void
send_packet (MbEioSession *self, Packet packet)
{
  if (self->transport == TRANSPORT_WEBSOCKET) {
    send_on_websocket (self, &packet);
  } else if (self->transport == TRANSPORT_POLLING) {
    enqueue (self, packet);
    /* Who does not fetch its messages is found out by its heartbeat, in the next turn: nobody
     * who is sending to it expects to see it vanish under his hands. */
    if (self->queue_bytes > BACKLOG_MAX) {
      self->alive_until_us = 0;
      mb_reactor_arm (self->reactor, &self->heartbeat, 0);
    }
    flush_to_poll (self);
  }
}

/**
 * mb_eio_session_send_text:
 * @text: a message, without an Engine.IO type
 */
void
mb_eio_session_send_text (MbEioSession *self, GBytes *text)
{
  send_packet (self, (Packet){.type = MB_EIO_MESSAGE, .data = text});
}

void
mb_eio_session_send_binary (MbEioSession *self, GBytes *data)
{
  send_packet (self, (Packet){.type = MB_EIO_MESSAGE, .is_binary = TRUE, .data = data});
}

static void
live_on (MbEioSession *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 ping_us = now_us + (gint64) self->options.ping_interval_ms * 1000;

  self->pinged = FALSE;
  self->alive_until_us = ping_us + (gint64) self->options.ping_timeout_ms * 1000;
  mb_reactor_arm (self->reactor, &self->heartbeat, ping_us);
}

/* Whether a ping would reach it now. */
static gboolean
is_listening (MbEioSession *self)
{
  return self->transport == TRANSPORT_WEBSOCKET || self->poll != NULL;
}

/**
 * mb_eio_session_is_alive:
 *
 * Who is listening and was sent no ping is not to blame: it is the host that is late.
 *
 * Returns: %FALSE where it should have answered a ping by now, whether a timer has seen it or not
 */
gboolean
mb_eio_session_is_alive (MbEioSession *self)
{
  if (self->transport == TRANSPORT_CLOSED)
    return FALSE;
  return g_get_monotonic_time () < self->alive_until_us || (!self->pinged && is_listening (self));
}

static void
on_heartbeat (gpointer data)
{
  MbEioSession *self = data;

  if (!mb_eio_session_is_alive (self)) {
    drop (self, "timeout", MB_EIO_CLOSE);
    return;
  }
  /* A ping that goes out late is no fault of the client. The deadline of one that does not listen
   * is absolute all the same: it may be asked about before any timer has fired. */
  if (is_listening (self))
    self->alive_until_us = MAX (self->alive_until_us,
        g_get_monotonic_time () + (gint64) self->options.ping_timeout_ms * 1000);
  self->pinged = TRUE;
  mb_reactor_arm (self->reactor, &self->heartbeat, self->alive_until_us);
  send_packet (self, (Packet){.type = MB_EIO_PING});
}

static void
drop_probe (MbEioSession *self)
{
  mb_reactor_disarm (self->reactor, &self->upgrade_deadline);
  self->probing = FALSE;
  self->probed = FALSE;
  if (self->websocket != NULL)
    mb_websocket_close (g_steal_pointer (&self->websocket), MB_WS_CLOSE_NORMAL, NULL);
}

static void
on_upgrade_deadline (gpointer data)
{
  drop_probe (data);
}

/* The one way out. The session stays valid until its last reference goes. */
static void
drop (MbEioSession *self, const char *reason, MbEioType farewell)
{
  if (self->transport == TRANSPORT_CLOSED)
    return;
  mb_eio_session_ref (self);
  self->transport = TRANSPORT_CLOSED;
  mb_reactor_disarm (self->reactor, &self->heartbeat);
  drop_probe (self);
  release_poll (self, farewell);
  g_clear_pointer (&self->queue, g_array_unref);
  if (self->listener != NULL)
    self->listener->closed (self->owner, reason);
  self->ended (self, self->ended_data);
  mb_eio_session_unref (self);
}

/**
 * mb_eio_session_drop:
 *
 * Ends it for a reason that the owner is told.
 */
void
mb_eio_session_drop (MbEioSession *self, const char *reason)
{
  drop (self, reason, MB_EIO_CLOSE);
}

/**
 * mb_eio_session_close:
 *
 * Ends it; its owner is not told.
 */
void
mb_eio_session_close (MbEioSession *self)
{
  self->listener = NULL;
  if (self->transport == TRANSPORT_POLLING) {
    enqueue (self, (Packet){.type = MB_EIO_CLOSE});
    flush_to_poll (self);
  }
  drop (self, "closed", MB_EIO_CLOSE);
}

static void
take_message (MbEioSession *self, gboolean is_text, const char *data, gsize length)
{
  if (self->listener != NULL)
    self->listener->message (self->owner, is_text, data, length);
}

/* What a client may say on the transport that is live. FALSE where it may not. */
static gboolean
take_packet (MbEioSession *self, const MbEioPacket *packet)
{
  switch (packet->type) {
  case MB_EIO_MESSAGE:
    take_message (self, !packet->is_binary, packet->data, packet->length);
    return TRUE;
  case MB_EIO_PONG:
    live_on (self);
    return TRUE;
  case MB_EIO_CLOSE:
    self->owes_poll = self->transport == TRANSPORT_POLLING && self->poll == NULL;
    drop (self, "disconnected", MB_EIO_NOOP);
    return TRUE;
  case MB_EIO_PING:
  case MB_EIO_NOOP:
    return TRUE;
  case MB_EIO_OPEN:
  case MB_EIO_UPGRADE:
    return FALSE;
  }
  return FALSE;
}

static void
switch_to_websocket (MbEioSession *self)
{
  mb_reactor_disarm (self->reactor, &self->upgrade_deadline);
  self->probing = FALSE;
  self->probed = FALSE;
  self->transport = TRANSPORT_WEBSOCKET;
  release_poll (self, MB_EIO_NOOP);
  for (unsigned int i = 0; self->queue != NULL && i < self->queue->len; i++)
    send_on_websocket (self, &g_array_index (self->queue, Packet, i));
  g_clear_pointer (&self->queue, g_array_unref);
  self->queue_bytes = 0;
}

static void
take_probe_packet (MbEioSession *self, const MbEioPacket *packet)
{
  if (packet->type == MB_EIO_PING && packet->length == 5 &&
      memcmp (packet->data, "probe", 5) == 0) {
    g_autoptr (GBytes) probe = g_bytes_new_static ("probe", 5);

    mb_websocket_send_prefixed (self->websocket, MB_EIO_PONG, probe);
    self->probed = TRUE;
    release_poll (self, MB_EIO_NOOP);
  } else if (packet->type == MB_EIO_UPGRADE && self->probed) {
    switch_to_websocket (self);
  } else {
    drop_probe (self);
  }
}

static void
on_websocket_message (gpointer owner, gboolean is_text, const char *data, gsize length)
{
  MbEioSession *self = owner;
  MbEioPacket packet = {.type = MB_EIO_MESSAGE, .is_binary = TRUE, .data = data, .length = length};

  if (is_text && !mb_eio_parse_packet (data, length, &packet, NULL)) {
    if (self->probing)
      drop_probe (self);
    else
      drop (self, "disconnected", MB_EIO_CLOSE);
  } else if (self->probing) {
    take_probe_packet (self, &packet);
  } else if (!take_packet (self, &packet)) {
    drop (self, "disconnected", MB_EIO_CLOSE);
  }
}

static void
on_websocket_closed (gpointer owner, guint16 code)
{
  MbEioSession *self = owner;

  if (self->probing)
    drop_probe (self);
  else
    drop (self, "disconnected", MB_EIO_CLOSE);
}

static const MbWebsocketListener websocket_listener = {
    .message = on_websocket_message, .closed = on_websocket_closed};

static void
describe (MbEioSession *self, GString *payload)
{
  MbEioOpen open = {.upgrades_to_websocket = self->transport == TRANSPORT_POLLING,
      .ping_interval_ms = self->options.ping_interval_ms,
      .ping_timeout_ms = self->options.ping_timeout_ms,
      .max_payload_bytes = (unsigned int) self->options.max_payload_bytes};

  g_strlcpy (open.sid, self->sid, sizeof open.sid);
  mb_eio_append_open (payload, &open);
}

/**
 * mb_eio_session_new:
 * @ended: called once, when it is over; drops the caller's reference
 *
 * It lives once it has been opened on a transport.
 */
MbEioSession *
mb_eio_session_new (
    MbReactor *reactor, const MbEioOptions *options, MbEioEndedFunc ended, gpointer user_data)
{
  MbEioSession *self = g_rc_box_new0 (MbEioSession);

  self->reactor = reactor;
  self->options = *options;
  self->ended = ended;
  self->ended_data = user_data;
  mb_connection_make_id (self->sid);
  mb_timer_init (&self->heartbeat, on_heartbeat, self);
  mb_timer_init (&self->upgrade_deadline, on_upgrade_deadline, self);
  live_on (self);
  return self;
}

void
mb_eio_session_open_polling (MbEioSession *self, MbHttpRequest *request)
{
  g_autoptr (GString) payload = g_string_new (NULL);

  describe (self, payload);
  reply_payload (request, payload);
}

/**
 * mb_eio_session_open_websocket:
 * @socket: (transfer full): an upgraded socket
 */
void
mb_eio_session_open_websocket (MbEioSession *self, MbSocket *socket)
{
  g_autoptr (GString) payload = g_string_new (NULL);
  g_autoptr (GBytes) text = NULL;

  self->transport = TRANSPORT_WEBSOCKET;
  self->websocket =
      mb_websocket_new (socket, self->options.max_payload_bytes, &websocket_listener, self);
  describe (self, payload);
  text = g_bytes_new (payload->str, payload->len);
  mb_websocket_send_text (self->websocket, text);
}

static void
on_poll_gone (MbHttpRequest *request, gpointer user_data)
{
  MbEioSession *self = user_data;

  g_clear_pointer (&self->poll, mb_http_request_unref);
  drop (self, "disconnected", MB_EIO_CLOSE);
}

/**
 * mb_eio_session_take_get:
 *
 * Answers a poll, now or when there is something to say. Two polls at a time are one too many:
 * the session ends.
 */
void
mb_eio_session_take_get (MbEioSession *self, MbHttpRequest *request)
{
  if (self->poll != NULL) {
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
    drop (self, "disconnected", MB_EIO_CLOSE);
    return;
  }
  self->poll = mb_http_request_ref (request);
  mb_http_request_hold (request, on_poll_gone, self);
  flush_to_poll (self);
  if (self->probed)
    release_poll (self, MB_EIO_NOOP);
}

/**
 * mb_eio_session_take_post:
 *
 * Takes the packets of a body.
 */
void
mb_eio_session_take_post (MbEioSession *self, MbHttpRequest *request)
{
  gsize length = 0;
  const char *body = mb_http_request_get_body (request, &length);
  g_auto (MbEioReader) reader = {0};
  MbEioPacket packet;
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  mb_eio_session_ref (self);
  mb_eio_reader_init (&reader, body == NULL ? "" : body, length);
  while (
      good && self->transport == TRANSPORT_POLLING && mb_eio_reader_next (&reader, &packet, &error))
    good = take_packet (self, &packet);
  if (good && error == NULL) {
    mb_http_request_add_header (request, "Cache-Control", "no-store");
    mb_http_request_reply_text (request, SOUP_STATUS_OK, "text/html", "ok");
  } else {
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
    drop (self, "disconnected", MB_EIO_CLOSE);
  }
  mb_eio_session_unref (self);
}

gboolean
mb_eio_session_can_upgrade (MbEioSession *self)
{
  return self->transport == TRANSPORT_POLLING && !self->probing;
}

/**
 * mb_eio_session_take_upgrade:
 * @socket: (transfer full): an upgraded socket that came with this session's sid
 */
void
mb_eio_session_take_upgrade (MbEioSession *self, MbSocket *socket)
{
  self->probing = TRUE;
  self->websocket =
      mb_websocket_new (socket, self->options.max_payload_bytes, &websocket_listener, self);
  mb_reactor_arm_in (self->reactor, &self->upgrade_deadline, UPGRADE_MS);
}
