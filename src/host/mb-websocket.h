/* mb-websocket.h: one upgraded socket: messages in, frames out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-socket.h"
#include "mb-ws-frame.h"

typedef struct _MbWebsocket MbWebsocket;

/**
 * MbWebsocketListener:
 * @message: a whole text or binary message, good for the length of the call
 * @pong: (nullable): an answer to mb_websocket_ping()
 * @closed: the other side has closed, broke the protocol or does not read; the websocket is the
 *   owner's to free
 *
 * Each of them may close the websocket.
 */
typedef struct {
  void (*message) (gpointer owner, gboolean is_text, const char *data, gsize length);
  void (*pong) (gpointer owner);
  void (*closed) (gpointer owner, guint16 code);
} MbWebsocketListener;

MbWebsocket *mb_websocket_new (
    MbSocket *socket, gsize max_message, const MbWebsocketListener *listener, gpointer owner);
void mb_websocket_set_listener (
    MbWebsocket *self, const MbWebsocketListener *listener, gpointer owner);
void mb_websocket_send_text (MbWebsocket *self, GBytes *text);
void mb_websocket_send_prefixed (MbWebsocket *self, char prefix, GBytes *text);
void mb_websocket_send_binary (MbWebsocket *self, GBytes *data);
void mb_websocket_ping (MbWebsocket *self);
void mb_websocket_close (MbWebsocket *self, guint16 code, const char *reason);
