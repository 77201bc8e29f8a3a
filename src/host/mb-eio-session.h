/* mb-eio-session.h: one Engine.IO client: polling, websocket, the upgrade, the heartbeat
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-http.h"
#include "mb-pass.h"

typedef struct _MbEioSession MbEioSession;

/**
 * MbEioOptions:
 * @ping_interval_ms: from an answer to the next ping
 * @ping_timeout_ms: how long an answer may take
 * @max_payload_bytes: of a polling body or a message
 */
typedef struct {
  unsigned int ping_interval_ms;
  unsigned int ping_timeout_ms;
  gsize max_payload_bytes;
} MbEioOptions;

/**
 * MbEioListener:
 * @message: a text or binary message, good for the length of the call
 * @closed: it is over (`disconnected`, `timeout`); nothing can be sent any more. The session is
 *   its server's to free.
 *
 * What the owner of a session is told. Each of them may close the session.
 */
typedef struct {
  void (*message) (gpointer owner, gboolean is_text, const char *data, gsize length);
  void (*closed) (gpointer owner, const char *reason);
} MbEioListener;

MbEioSession *mb_eio_session_ref (MbEioSession *self);
void mb_eio_session_unref (MbEioSession *self);
void mb_eio_session_set_listener (
    MbEioSession *self, const MbEioListener *listener, gpointer owner);
void mb_eio_session_send_text (MbEioSession *self, GBytes *text);
void mb_eio_session_send_binary (MbEioSession *self, GBytes *data);
void mb_eio_session_close (MbEioSession *self);
void mb_eio_session_set_client (MbEioSession *self, MbAddress client);
MbAddress mb_eio_session_get_client (MbEioSession *self);
void mb_eio_session_set_pass (MbEioSession *self, MbPass *pass);
MbPass *mb_eio_session_get_pass (MbEioSession *self);

/* For mb-eio-server, which makes the sessions and brings them their requests. */
typedef void (*MbEioEndedFunc) (MbEioSession *session, gpointer user_data);

MbEioSession *mb_eio_session_new (
    MbReactor *reactor, const MbEioOptions *options, MbEioEndedFunc ended, gpointer user_data);
const char *mb_eio_session_get_sid (MbEioSession *self);
gboolean mb_eio_session_is_polling (MbEioSession *self);
gboolean mb_eio_session_is_alive (MbEioSession *self);
gboolean mb_eio_session_owes_poll (MbEioSession *self);
void mb_eio_session_open_polling (MbEioSession *self, MbHttpRequest *request);
void mb_eio_session_open_websocket (MbEioSession *self, MbSocket *socket);
void mb_eio_session_take_get (MbEioSession *self, MbHttpRequest *request);
void mb_eio_session_take_post (MbEioSession *self, MbHttpRequest *request);
gboolean mb_eio_session_can_upgrade (MbEioSession *self);
void mb_eio_session_take_upgrade (MbEioSession *self, MbSocket *socket);
void mb_eio_session_drop (MbEioSession *self, const char *reason);
void mb_eio_let_poll_go (MbHttpRequest *request);
void mb_eio_refuse (MbHttpRequest *request, unsigned int refusal);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbEioSession, mb_eio_session_unref)
