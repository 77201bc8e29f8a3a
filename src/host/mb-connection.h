/* mb-connection.h: one client of either dialect, as the rooms see it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Implemented by mb-ws-connection and mb-sio-connection, each of which begins its struct with an
 * MbConnection. A table of functions rather than GObject signals: a signal costs more than the
 * rest of a message's way through the rooms.
 */
#pragma once

#include "mb-address.h"
#include "mb-events.h"
#include "mb-message.h"

/* A member's public id: 20 url-safe characters, as Socket.IO servers make them. */
#define MB_ID_LENGTH 20

typedef struct _MbConnection MbConnection;

/**
 * MbConnectionListener:
 * @message: a valid message; @event is its name on the wire; @ack_id is MB_SIO_NO_ACK where no
 *   acknowledgement is wanted
 * @refused: something that is none; @event is NULL where not even that could be read
 * @closed: it has gone (`disconnected`, `timeout`); the connection is the owner's to free
 *
 * Each of them may free the connection.
 */
typedef struct {
  void (*message) (gpointer owner, MbMessage *message, gint64 ack_id, const char *event);
  void (*refused) (gpointer owner, const char *event, gint64 ack_id, const GError *error);
  void (*closed) (gpointer owner, const char *reason);
} MbConnectionListener;

/**
 * MbConnectionClass:
 * @dialect: what it speaks
 * @send: queues a message for the client
 * @acknowledge: answers an acknowledgement: with @error where it is set, else that it is done,
 *   and which room the client is in
 * @free: closes with a code of RFC 6455 and frees; the owner is told nothing
 */
typedef struct {
  MbDialect dialect;
  void (*send) (MbConnection *self, MbMessage *message);
  void (*acknowledge) (MbConnection *self, gint64 ack_id, const char *room, const GError *error);
  void (*free) (MbConnection *self, guint16 code, const char *reason);
} MbConnectionClass;

struct _MbConnection {
  const MbConnectionClass *klass;
  const MbConnectionListener *listener;
  gpointer owner; /* not owned */
  char id[MB_ID_LENGTH + 1];
  MbAddress client; /* where it comes from */
};

void mb_connection_make_id (char id[MB_ID_LENGTH + 1]);
