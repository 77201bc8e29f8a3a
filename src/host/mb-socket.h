/* mb-socket.h: one non-blocking socket on the reactor: bytes in, a bounded queue out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-reactor.h"
#include "mb-tls.h"
#include "mb-visitors.h"

typedef struct _MbSocket MbSocket;

/**
 * MbSocketEnd:
 * @MB_SOCKET_END_PEER: the other side has closed
 * @MB_SOCKET_END_ERROR: the connection is broken
 * @MB_SOCKET_END_BACKLOG: the other side does not read, and its backlog is full
 */
typedef enum {
  MB_SOCKET_END_PEER,
  MB_SOCKET_END_ERROR,
  MB_SOCKET_END_BACKLOG,
} MbSocketEnd;

/**
 * MbSocketListener:
 * @data: bytes have come; it may change them in place and returns how many it has used up. The
 *   rest is kept and comes again with more behind it.
 * @ended: no more will come or go; the owner closes the socket
 * @drained: (nullable): the queue has become empty
 *
 * What the owner of a socket is told. Each of them may close the socket.
 */
typedef struct {
  gsize (*data) (gpointer owner, guint8 *bytes, gsize length);
  void (*ended) (gpointer owner, MbSocketEnd end);
  void (*drained) (gpointer owner);
} MbSocketListener;

MbSocket *mb_socket_new (MbReactor *reactor, int fd);
void mb_socket_set_listener (MbSocket *self, const MbSocketListener *listener, gpointer owner);
void mb_socket_set_reading (MbSocket *self, gboolean reading);
void mb_socket_read_again (MbSocket *self);
void mb_socket_set_max_backlog (MbSocket *self, gsize max_bytes);
void mb_socket_send (MbSocket *self, GBytes *bytes);
void mb_socket_set_tls (MbSocket *self, MbTls *tls);
void mb_socket_set_seat (MbSocket *self, MbSeat *seat);
gsize mb_socket_get_backlog (MbSocket *self);
void mb_socket_close (MbSocket *self);
void mb_socket_abort (MbSocket *self);
