/* mb-acceptor.c: the accept loop: backlog, turns, and what to do without file descriptors
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where accept() fails for want of descriptors or memory the listener rests for a moment and
 * comes back by itself; the kernel keeps the callers waiting in the backlog meanwhile.
 */
#include "mb-acceptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "mb-error.h"

#define BACKLOG 4096
#define ACCEPTS_PER_TURN 128
#define REST_MS 100

struct _MbAcceptor {
  MbReactor *reactor; /* not owned */
  MbAcceptorFunc func;
  gpointer user_data; /* not owned */
  GSocket *socket;    /* owned */
  char *address;      /* owned; numeric, v6 without brackets */
  guint16 port;
  MbWatch watch;
  MbTimer rest;
  gboolean inherited;
  gboolean resting; /* nobody has been let in since the last rest; it was told */
};

static void
on_rest_over (gpointer data)
{
  MbAcceptor *self = data;

  mb_reactor_rewatch (self->reactor, &self->watch, EPOLLIN);
}

static void
rest (MbAcceptor *self, int reason)
{
  if (!self->resting)
    g_warning ("cannot accept callers for now: %s", g_strerror (reason));
  self->resting = TRUE;
  mb_reactor_rewatch (self->reactor, &self->watch, 0);
  mb_reactor_arm_in (self->reactor, &self->rest, REST_MS);
}

static void
on_listener_event (gpointer data, guint32 events)
{
  MbAcceptor *self = data;

  for (unsigned int i = 0; i < ACCEPTS_PER_TURN; i++) {
    int fd = accept4 (g_socket_get_fd (self->socket), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int one = 1;

    if (fd < 0 && errno == EAGAIN)
      return;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
      rest (self, errno);
      return;
    }
    /* Anything else is the fault of that one caller (ECONNABORTED and what accept(2) lists). */
    if (fd < 0)
      continue;
    self->resting = FALSE;
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    self->func (fd, self->user_data);
  }
}

static gboolean
take_address (MbAcceptor *self, GError **error)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (self->socket, error);
  GInetSocketAddress *inet = NULL;

  if (local == NULL)
    return FALSE;
  inet = G_INET_SOCKET_ADDRESS (local);
  self->port = g_inet_socket_address_get_port (inet);
  self->address = g_inet_address_to_string (g_inet_socket_address_get_address (inet));
  return TRUE;
}

static gboolean
bind_and_listen (MbAcceptor *self, GSocketAddress *wanted, GError **error)
{
  g_autoptr (GError) failure = NULL;

  self->socket = g_socket_new (
      g_socket_address_get_family (wanted), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
  if (self->socket == NULL)
    return FALSE;
  g_socket_set_blocking (self->socket, FALSE);
  g_socket_set_listen_backlog (self->socket, BACKLOG);
  if (g_socket_bind (self->socket, wanted, TRUE, &failure) &&
      g_socket_listen (self->socket, &failure))
    return take_address (self, error);
  if (g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error_literal (error, MB_ERROR, MB_ERROR_CONFLICT, "the address is in use");
  else
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", failure->message);
  return FALSE;
}

static MbAcceptor *
acceptor_new (MbReactor *reactor, MbAcceptorFunc func, gpointer user_data)
{
  MbAcceptor *self = g_new0 (MbAcceptor, 1);

  self->reactor = reactor;
  self->func = func;
  self->user_data = user_data;
  mb_watch_init (&self->watch, on_listener_event, self);
  mb_timer_init (&self->rest, on_rest_over, self);
  return self;
}

static gboolean
is_listening_tcp (GSocket *socket)
{
  int accepts = 0;
  GSocketFamily family = g_socket_get_family (socket);

  return (family == G_SOCKET_FAMILY_IPV4 || family == G_SOCKET_FAMILY_IPV6) &&
         g_socket_get_socket_type (socket) == G_SOCKET_TYPE_STREAM &&
         g_socket_get_option (socket, SOL_SOCKET, SO_ACCEPTCONN, &accepts, NULL) && accepts != 0;
}

/**
 * mb_acceptor_new_inherited:
 * @fd: (transfer full): a listening TCP socket that another process has as well, so that callers are
 *   kept when this one goes
 *
 * Returns: (transfer full): an acceptor, or %NULL with %MB_ERROR_USAGE where it is no such socket
 */
MbAcceptor *
mb_acceptor_new_inherited (
    MbReactor *reactor, int fd, MbAcceptorFunc func, gpointer user_data, GError **error)
{
  g_autoptr (MbAcceptor) self = acceptor_new (reactor, func, user_data);
  g_autoptr (GError) reason = NULL;

  self->inherited = TRUE;
  self->socket = g_socket_new_from_fd (fd, &reason);
  if (self->socket == NULL || !is_listening_tcp (self->socket)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "the socket that was passed is no listening TCP socket%s%s", reason != NULL ? ": " : "",
        reason != NULL ? reason->message : "");
    return NULL;
  }
  /* accept4() is called until nobody is left. */
  g_socket_set_blocking (self->socket, FALSE);
  return take_address (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * mb_acceptor_new:
 * @address: an IP address or `localhost`
 * @func: takes each caller, once mb_acceptor_start() has been called
 *
 * Binds and listens; callers wait in the backlog until the acceptor is started.
 *
 * Returns: (transfer full): an acceptor, or %NULL with %MB_ERROR_CONFLICT where the address is in
 *   use, %MB_ERROR_USAGE where it is none that this machine has
 */
MbAcceptor *
mb_acceptor_new (MbReactor *reactor, const char *address, guint16 port, MbAcceptorFunc func,
    gpointer user_data, GError **error)
{
  const char *numeric = g_strcmp0 (address, "localhost") == 0 ? "127.0.0.1" : address;
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (numeric, port);
  g_autoptr (MbAcceptor) self = NULL;

  if (wanted == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s is not an IP address", address);
    return NULL;
  }
  self = acceptor_new (reactor, func, user_data);
  if (!bind_and_listen (self, wanted, error)) {
    g_prefix_error (error, "cannot listen on %s port %u: ", address, port);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mb_acceptor_start (MbAcceptor *self)
{
  mb_reactor_watch (self->reactor, &self->watch, g_socket_get_fd (self->socket), EPOLLIN);
}

/**
 * mb_acceptor_stop:
 *
 * Callers wait in the backlog from here on.
 */
void
mb_acceptor_stop (MbAcceptor *self)
{
  mb_reactor_unwatch (self->reactor, &self->watch);
  mb_reactor_disarm (self->reactor, &self->rest);
}

gboolean
mb_acceptor_is_inherited (MbAcceptor *self)
{
  return self->inherited;
}

void
mb_acceptor_free (MbAcceptor *self)
{
  mb_acceptor_stop (self);
  g_clear_object (&self->socket);
  g_free (self->address);
  g_free (self);
}

guint16
mb_acceptor_get_port (MbAcceptor *self)
{
  return self->port;
}

const char *
mb_acceptor_get_address (MbAcceptor *self)
{
  return self->address;
}
