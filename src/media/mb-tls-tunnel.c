/* mb-tls-tunnel.c: a way from the loopback to a TLS server, for a library that speaks TCP only
 *
 *   libnice ── TCP, 127.0.0.1 ──► listener ─ splice ─► TLS ──► TURN server
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libnice 0.1 has a relay type TURN_TLS that speaks TLS to nobody but two old messengers; to a TURN
 * server (RFC 8656 §3.1) it would talk in the clear. Owned by whoever uses the port; all of it runs in
 * the thread-default context of its making.
 */
#include "mb-tls-tunnel.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

/* One agent asks from each of its addresses. */
#define MAX_CONNECTIONS 16

struct _MbTlsTunnel {
  char *host;
  guint16 server_port;
  guint16 port;
  GSocketListener *listener;
  GCancellable *cancellable; /* of everything; cancelled by close */
  unsigned int n_connections;
  gboolean has_warned;
};

/* One connection, kept by the operations that are under way. */
typedef struct {
  MbTlsTunnel *tunnel; /* kept */
  GSocketConnection *near;
  GSocketConnection *far; /* (nullable) before it is connected */
} Way;

static void
tunnel_clear (gpointer data)
{
  MbTlsTunnel *self = data;

  g_socket_listener_close (self->listener);
  g_object_unref (self->listener);
  g_object_unref (self->cancellable);
  g_free (self->host);
}

static void
tunnel_unref (MbTlsTunnel *self)
{
  g_rc_box_release_full (self, tunnel_clear);
}

static void
way_clear (gpointer data)
{
  Way *self = data;

  g_io_stream_close_async (G_IO_STREAM (self->near), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  if (self->far != NULL)
    g_io_stream_close_async (G_IO_STREAM (self->far), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  g_object_unref (self->near);
  g_clear_object (&self->far);
  self->tunnel->n_connections--;
  tunnel_unref (self->tunnel);
}

static void
way_unref (Way *self)
{
  g_rc_box_release_full (self, way_clear);
}

/* What comes is media: it does not wait for more. */
static void
hurry (GSocketConnection *connection)
{
  (void) g_socket_set_option (
      g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
}

static void
on_spliced (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Way *way = user_data;

  /* Either end may close at any time; that is no news. */
  (void) g_output_stream_splice_finish (G_OUTPUT_STREAM (stream), result, NULL);
  way_unref (way);
}

static void
pass_on (Way *way, GSocketConnection *from, GSocketConnection *to)
{
  g_output_stream_splice_async (g_io_stream_get_output_stream (G_IO_STREAM (to)),
      g_io_stream_get_input_stream (G_IO_STREAM (from)), G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
      G_PRIORITY_DEFAULT, way->tunnel->cancellable, on_spliced, g_rc_box_acquire (way));
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer user_data)
{
  Way *way = user_data;
  MbTlsTunnel *self = way->tunnel;
  g_autoptr (GError) error = NULL;

  way->far = g_socket_client_connect_to_host_finish (G_SOCKET_CLIENT (client), result, &error);
  if (way->far != NULL) {
    hurry (way->far);
    pass_on (way, way->near, way->far);
    pass_on (way, way->far, way->near);
  } else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !self->has_warned) {
    self->has_warned = TRUE;
    g_warning ("the TURN server %s:%u cannot be reached by TLS: %s", self->host, self->server_port,
        error->message);
  }
  way_unref (way);
}

static void
open_way (MbTlsTunnel *self, GSocketConnection *near)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  Way *way = g_rc_box_new0 (Way);

  way->tunnel = g_rc_box_acquire (self);
  way->near = g_object_ref (near);
  self->n_connections++;
  hurry (near);
  g_socket_client_set_tls (client, TRUE);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_host_async (
      client, self->host, self->server_port, self->cancellable, on_connected, way);
}

static void on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data);

static void
accept_next (MbTlsTunnel *self)
{
  g_socket_listener_accept_async (
      self->listener, self->cancellable, on_accepted, g_rc_box_acquire (self));
}

static void
on_accepted (GObject *listener, GAsyncResult *result, gpointer user_data)
{
  MbTlsTunnel *self = user_data;
  g_autoptr (GSocketConnection) near =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (listener), result, NULL, NULL);

  if (near != NULL && self->n_connections < MAX_CONNECTIONS)
    open_way (self, near);
  if (!g_cancellable_is_cancelled (self->cancellable))
    accept_next (self);
  tunnel_unref (self);
}

/**
 * mb_tls_tunnel_new:
 * @host: a name or address; what the server's certificate must be for
 *
 * Nothing is connected before somebody comes to mb_tls_tunnel_get_port() of 127.0.0.1.
 *
 * Returns: (transfer full): for mb_tls_tunnel_close(), or NULL where no port is to be had
 */
MbTlsTunnel *
mb_tls_tunnel_new (const char *host, guint16 port, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  MbTlsTunnel *self;

  if (!g_socket_listener_add_address (
          listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, error))
    return NULL;
  self = g_rc_box_new0 (MbTlsTunnel);
  self->host = g_strdup (host);
  self->server_port = port;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  self->listener = g_steal_pointer (&listener);
  self->cancellable = g_cancellable_new ();
  accept_next (self);
  return self;
}

/**
 * mb_tls_tunnel_get_port:
 *
 * Returns: where to connect to on 127.0.0.1
 */
guint16
mb_tls_tunnel_get_port (const MbTlsTunnel *self)
{
  return self->port;
}

/**
 * mb_tls_tunnel_close:
 *
 * Ends it and everything that passes.
 */
void
mb_tls_tunnel_close (MbTlsTunnel *self)
{
  g_cancellable_cancel (self->cancellable);
  tunnel_unref (self);
}
