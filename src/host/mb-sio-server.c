/* mb-sio-server.c: Socket.IO 5 on Engine.IO sessions: namespaces, events, acknowledgements
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client is one Engine.IO session; a socket is that client in one namespace, with an id of its
 * own that others may know.
 */
#include "mb-sio-server.h"

#include <string.h>

#include "mb-connection.h"
#include "mb-error.h"
#include "mb-events.h"
#include "mb-json-scan.h"

typedef struct {
  char *name; /* owned */
  MbSioHandlers handlers;
  gpointer user_data; /* not owned */
} Namespace;

struct _MbSioServer {
  MbReactor *reactor; /* not owned */
  unsigned int connect_timeout_ms;
  gsize max_packet_bytes;
  GPtrArray *namespaces; /* (element-type Namespace) owned */
  GQueue waiting;        /* (element-type Client) not owned; they are not admitted yet */
};

typedef struct {
  MbSioServer *server;   /* not owned */
  MbEioSession *session; /* owned */
  MbSioDecoder *decoder; /* owned */
  GSList *sockets;       /* (element-type MbSioSocket) owned; one a namespace */
  MbTimer connect_deadline;
  const Namespace *wanted; /* (nullable) not owned; where it waits to be let in */
  char *auth;              /* (nullable) owned; with this, in JSON */
  GList link;              /* in the queue of those who wait */
} Client;

struct _MbSioSocket {
  Client *client;         /* not owned */
  const Namespace *where; /* not owned */
  char id[MB_ID_LENGTH + 1];
  gpointer data; /* (nullable) the handlers' */
};

static void
client_free (gpointer data)
{
  Client *client = data;

  g_assert (client->sockets == NULL);
  g_clear_pointer (&client->decoder, mb_sio_decoder_free);
  g_clear_pointer (&client->session, mb_eio_session_unref);
  g_free (client->auth);
}

static void
remove_socket (MbSioSocket *socket)
{
  socket->client->sockets = g_slist_remove (socket->client->sockets, socket);
  g_free (socket);
}

static void
stop_waiting (Client *client)
{
  if (client->wanted != NULL)
    g_queue_unlink (&client->server->waiting, &client->link);
  client->wanted = NULL;
  g_clear_pointer (&client->auth, g_free);
}

/* The session is over: nothing of the client is to remain. */
static void
dissolve (Client *client, const char *reason)
{
  stop_waiting (client);
  mb_reactor_disarm (client->server->reactor, &client->connect_deadline);
  while (client->sockets != NULL) {
    MbSioSocket *socket = client->sockets->data;

    client->sockets = g_slist_delete_link (client->sockets, client->sockets);
    socket->where->handlers.disconnected (socket, reason, socket->where->user_data);
    g_free (socket);
  }
  g_rc_box_release_full (client, client_free);
}

static void
on_session_closed (gpointer owner, const char *reason)
{
  dissolve (owner, reason);
}

static void
close_client (Client *client, const char *reason)
{
  mb_eio_session_set_listener (client->session, NULL, NULL);
  mb_eio_session_close (client->session);
  dissolve (client, reason);
}

static void
on_connect_deadline (gpointer data)
{
  close_client (data, "timeout");
}

static void
expect_connect (Client *client)
{
  mb_reactor_arm_in (
      client->server->reactor, &client->connect_deadline, client->server->connect_timeout_ms);
}

static MbSioSocket *
find_socket (Client *client, const MbSioPacket *packet)
{
  for (GSList *link = client->sockets; link != NULL; link = link->next) {
    MbSioSocket *socket = link->data;

    if (mb_sio_packet_is_in (packet, socket->where->name))
      return socket;
  }
  return NULL;
}

static const Namespace *
find_namespace (MbSioServer *self, const MbSioPacket *packet)
{
  for (unsigned int i = 0; i < self->namespaces->len; i++) {
    const Namespace *candidate = g_ptr_array_index (self->namespaces, i);

    if (mb_sio_packet_is_in (packet, candidate->name))
      return candidate;
  }
  return NULL;
}

static void
send_text (Client *client, GString *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text->str, text->len);

  mb_eio_session_send_text (client->session, bytes);
}

static void
refuse_namespace (Client *client, const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  mb_sio_append_header (text, MB_SIO_CONNECT_ERROR, 0, name, MB_SIO_NO_ACK);
  g_string_append (text, "{\"message\":\"Invalid namespace\"}");
  send_text (client, text);
}

/* What stock clients get as a connect_error: its `message`, and its `data`. */
static void
turn_away (Client *client, const Namespace *where, const GError *error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  mb_sio_append_header (text, MB_SIO_CONNECT_ERROR, 0, where->name, MB_SIO_NO_ACK);
  g_string_append (text, "{\"message\":");
  mb_json_append_string (text, error->message);
  g_string_append (text, ",\"data\":{\"code\":");
  mb_json_append_string (text, mb_error_get_wire_code (error));
  g_string_append (text, "}}");
  send_text (client, text);
}

static void
wait_in (Client *client, const Namespace *where, MbJsonSpan auth)
{
  client->wanted = where;
  client->auth = g_strndup (auth.text, auth.length);
  client->link.data = client;
  g_queue_push_tail_link (&client->server->waiting, &client->link);
}

/* @is_first: it has not waited yet */
static void
enter (Client *client, const Namespace *where, MbJsonSpan auth, gboolean is_first)
{
  g_autoptr (GString) text = NULL;
  MbSioSocket *socket = NULL;
  gpointer data = NULL;
  g_autoptr (GError) error = NULL;

  if (where->handlers.admit != NULL) {
    data = where->handlers.admit (
        mb_eio_session_get_pass (client->session), auth, where->user_data, &error);
    if (data == NULL && is_first && g_error_matches (error, MB_ERROR, MB_ERROR_UNAVAILABLE)) {
      wait_in (client, where, auth);
      return;
    }
    if (data == NULL) {
      turn_away (client, where, error);
      return;
    }
  }
  mb_reactor_disarm (client->server->reactor, &client->connect_deadline);
  socket = g_new0 (MbSioSocket, 1);
  socket->client = client;
  socket->where = where;
  socket->data = data;
  mb_connection_make_id (socket->id);
  client->sockets = g_slist_prepend (client->sockets, socket);
  text = g_string_new (NULL);
  mb_sio_append_header (text, MB_SIO_CONNECT, 0, where->name, MB_SIO_NO_ACK);
  g_string_append_printf (text, "{\"sid\":\"%s\"}", socket->id);
  send_text (client, text);
  where->handlers.connected (socket, auth, where->user_data);
}

static void
connect_namespace (Client *client, const MbSioPacket *packet)
{
  const Namespace *where = find_namespace (client->server, packet);

  if (where == NULL) {
    g_autofree char *name = g_strndup (packet->nsp.text, packet->nsp.length);

    refuse_namespace (client, name);
    return;
  }
  if (find_socket (client, packet) == NULL && client->wanted == NULL)
    enter (client, where, packet->payload, TRUE);
}

/**
 * mb_sio_server_retry:
 *
 * Asks once more about clients that wait to be admitted.
 */
void
mb_sio_server_retry (MbSioServer *self)
{
  unsigned int n = self->waiting.length;

  for (; n > 0 && self->waiting.head != NULL; n--) {
    Client *client = g_rc_box_acquire (self->waiting.head->data);
    const Namespace *where = client->wanted;
    g_autofree char *auth = g_steal_pointer (&client->auth);
    MbJsonSpan span = {0};

    stop_waiting (client);
    /* It was scanned when it came. */
    if (*auth != '\0')
      mb_json_scan (auth, strlen (auth), MB_JSON_DEPTH, &span, NULL);
    enter (client, where, span, FALSE);
    g_rc_box_release_full (client, client_free);
  }
}

static void
leave_namespace (MbSioSocket *socket)
{
  Client *client = socket->client;

  client->sockets = g_slist_remove (client->sockets, socket);
  if (client->sockets == NULL)
    expect_connect (client);
  socket->where->handlers.disconnected (socket, "left", socket->where->user_data);
  g_free (socket);
}

static void
take_packet (Client *client, const MbSioPacket *packet, GPtrArray *attachments)
{
  MbSioSocket *socket = find_socket (client, packet);

  switch (packet->type) {
  case MB_SIO_CONNECT:
    connect_namespace (client, packet);
    break;
  case MB_SIO_DISCONNECT:
    if (socket != NULL)
      leave_namespace (socket);
    break;
  case MB_SIO_EVENT:
  case MB_SIO_BINARY_EVENT:
    if (socket == NULL)
      close_client (client, "disconnected");
    else
      socket->where->handlers.event (socket, packet, attachments, socket->where->user_data);
    break;
  case MB_SIO_ACK:
  case MB_SIO_BINARY_ACK:
    /* Who has asked for none is told of none. */
    if (socket != NULL && socket->where->handlers.acknowledged != NULL)
      socket->where->handlers.acknowledged (socket, packet, attachments, socket->where->user_data);
    break;
  case MB_SIO_CONNECT_ERROR:
    close_client (client, "disconnected");
    break;
  }
}

static void
on_session_message (gpointer owner, gboolean is_text, const char *data, gsize length)
{
  Client *client = g_rc_box_acquire (owner);
  MbSioPacket packet;
  GPtrArray *attachments = NULL;
  g_autoptr (GError) error = NULL;
  MbSioResult result = MB_SIO_FAILED;

  if (is_text)
    result =
        mb_sio_decoder_take_text (client->decoder, data, length, &packet, &attachments, &error);
  else
    result =
        mb_sio_decoder_take_binary (client->decoder, data, length, &packet, &attachments, &error);
  if (result == MB_SIO_PACKET) {
    take_packet (client, &packet, attachments);
  } else if (result == MB_SIO_FAILED) {
    g_info ("a Socket.IO client is closed: %s", error->message);
    close_client (client, "disconnected");
  }
  g_rc_box_release_full (client, client_free);
}

static const MbEioListener session_listener = {
    .message = on_session_message, .closed = on_session_closed};

/**
 * mb_sio_server_take_session:
 * @server: an MbSioServer
 *
 * An MbEioOpenedFunc: what mb_eio_server_new() is given to put Socket.IO on its sessions.
 */
void
mb_sio_server_take_session (MbEioSession *session, gpointer server)
{
  MbSioServer *self = server;
  Client *client = g_rc_box_new0 (Client);

  client->server = self;
  client->session = mb_eio_session_ref (session);
  client->decoder = mb_sio_decoder_new (MB_EVENTS_DEPTH, self->max_packet_bytes);
  mb_timer_init (&client->connect_deadline, on_connect_deadline, client);
  expect_connect (client);
  mb_eio_session_set_listener (session, &session_listener, client);
}

/**
 * mb_sio_server_new:
 * @connect_timeout_ms: how long a client may be in no namespace
 * @max_packet_bytes: of a packet with its attachments
 */
MbSioServer *
mb_sio_server_new (MbReactor *reactor, unsigned int connect_timeout_ms, gsize max_packet_bytes)
{
  MbSioServer *self = g_new0 (MbSioServer, 1);

  self->reactor = reactor;
  self->connect_timeout_ms = connect_timeout_ms;
  self->max_packet_bytes = max_packet_bytes;
  self->namespaces = g_ptr_array_new ();
  return self;
}

static void
namespace_free (gpointer data, gpointer user_data)
{
  Namespace *where = data;

  g_free (where->name);
  g_free (where);
}

/**
 * mb_sio_server_free:
 *
 * Its sessions are over by now.
 */
void
mb_sio_server_free (MbSioServer *self)
{
  g_ptr_array_foreach (self->namespaces, namespace_free, NULL);
  g_ptr_array_unref (self->namespaces);
  g_free (self);
}

void
mb_sio_server_add_namespace (
    MbSioServer *self, const char *nsp, const MbSioHandlers *handlers, gpointer user_data)
{
  Namespace *where = g_new0 (Namespace, 1);

  where->name = g_strdup (nsp);
  where->handlers = *handlers;
  where->user_data = user_data;
  g_ptr_array_add (self->namespaces, where);
}

const char *
mb_sio_socket_get_id (MbSioSocket *self)
{
  return self->id;
}

MbAddress
mb_sio_socket_get_client (MbSioSocket *self)
{
  return mb_eio_session_get_client (self->client->session);
}

const char *
mb_sio_socket_get_namespace (MbSioSocket *self)
{
  return self->where->name;
}

void
mb_sio_socket_set_data (MbSioSocket *self, gpointer data)
{
  self->data = data;
}

gpointer
mb_sio_socket_get_data (MbSioSocket *self)
{
  return self->data;
}

/**
 * mb_sio_socket_send:
 * @text: a whole packet
 * @attachments: (nullable) (element-type GBytes): as many as @text says
 */
void
mb_sio_socket_send (MbSioSocket *self, GBytes *text, GPtrArray *attachments)
{
  MbEioSession *session = self->client->session;

  mb_eio_session_send_text (session, text);
  for (unsigned int i = 0; attachments != NULL && i < attachments->len; i++)
    mb_eio_session_send_binary (session, g_ptr_array_index (attachments, i));
}

static void
send_disconnect (Client *client, const Namespace *where)
{
  g_autoptr (GString) text = g_string_new (NULL);

  mb_sio_append_header (text, MB_SIO_DISCONNECT, 0, where->name, MB_SIO_NO_ACK);
  send_text (client, text);
}

/**
 * mb_sio_socket_disconnect:
 *
 * (transfer full): puts the client out. The handlers are not told.
 */
void
mb_sio_socket_disconnect (MbSioSocket *self, MbSioEnd end)
{
  Client *client = self->client;

  if (end != MB_SIO_END_TRANSPORT)
    send_disconnect (client, self->where);
  remove_socket (self);
  if (end != MB_SIO_END_NAMESPACE)
    close_client (client, "disconnected");
  else if (client->sockets == NULL)
    expect_connect (client);
}
