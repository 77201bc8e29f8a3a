/* mb-sio-server.h: Socket.IO 5 on Engine.IO sessions: namespaces, events, acknowledgements
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usable without rooms: a namespace is a table of handlers.
 */
#pragma once

#include "mb-eio-session.h"
#include "mb-sio.h"

typedef struct _MbSioServer MbSioServer;
typedef struct _MbSioSocket MbSioSocket;

/**
 * MbSioHandlers:
 * @admit: (nullable): a client wants to come in; @pass is what it was let in with at the handshake
 *   (%NULL: nothing), @auth what it sends now. What is returned is the socket's data until @connected
 *   sets another; %NULL with @error turns the client away, but for %MB_ERROR_UNAVAILABLE: then it waits
 *   for mb_sio_server_retry() and is asked about once more.
 * @connected: a client has come; @auth is what it sent along, absent where it sent nothing
 * @event: an event; it or its acknowledgement may have attachments
 * @acknowledged: (nullable): the answer to an event that was sent with an acknowledgement's id
 * @disconnected: the client has gone (`left`, `disconnected`, `timeout`)
 *
 * The socket is good until @disconnected has returned, or mb_sio_socket_disconnect() was called.
 */
typedef struct {
  gpointer (*admit) (MbPass *pass, MbJsonSpan auth, gpointer user_data, GError **error);
  void (*connected) (MbSioSocket *socket, MbJsonSpan auth, gpointer user_data);
  void (*event) (
      MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data);
  void (*acknowledged) (
      MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data);
  void (*disconnected) (MbSioSocket *socket, const char *reason, gpointer user_data);
} MbSioHandlers;

/**
 * MbSioEnd:
 * @MB_SIO_END_NAMESPACE: the client may stay for its other namespaces
 * @MB_SIO_END_SESSION: the whole session is closed; a stock client does not come back by itself
 * @MB_SIO_END_TRANSPORT: the same, but the client is not told that it was meant: it comes back
 */
typedef enum {
  MB_SIO_END_NAMESPACE,
  MB_SIO_END_SESSION,
  MB_SIO_END_TRANSPORT
} MbSioEnd;

MbSioServer *mb_sio_server_new (
    MbReactor *reactor, unsigned int connect_timeout_ms, gsize max_packet_bytes);
void mb_sio_server_free (MbSioServer *self);
void mb_sio_server_add_namespace (
    MbSioServer *self, const char *nsp, const MbSioHandlers *handlers, gpointer user_data);
void mb_sio_server_retry (MbSioServer *self);
void mb_sio_server_take_session (MbEioSession *session, gpointer server);

const char *mb_sio_socket_get_id (MbSioSocket *self);
MbAddress mb_sio_socket_get_client (MbSioSocket *self);
const char *mb_sio_socket_get_namespace (MbSioSocket *self);
void mb_sio_socket_set_data (MbSioSocket *self, gpointer data);
gpointer mb_sio_socket_get_data (MbSioSocket *self);
void mb_sio_socket_send (MbSioSocket *self, GBytes *text, GPtrArray *attachments);
void mb_sio_socket_disconnect (MbSioSocket *self, MbSioEnd end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSioServer, mb_sio_server_free)
