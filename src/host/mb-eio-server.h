/* mb-eio-server.h: Engine.IO 4 at one path: which session a request belongs to
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usable without rooms: whoever makes it is given each new session and puts a listener on it.
 */
#pragma once

#include "mb-auth.h"
#include "mb-eio-session.h"
#include "mb-origins.h"

typedef struct _MbEioServer MbEioServer;

/**
 * MbEioOpenedFunc:
 * @session: (transfer none): a new session; it wants a listener, and lives until it is closed
 */
typedef void (*MbEioOpenedFunc) (MbEioSession *session, gpointer user_data);

MbEioServer *mb_eio_server_new (MbReactor *reactor, MbHttp *http, MbOrigins *origins,
    const char *path, const MbEioOptions *options, MbEioOpenedFunc opened, gpointer user_data);
void mb_eio_server_free (MbEioServer *self);
void mb_eio_server_set_auth (MbEioServer *self, MbAuth *auth);
void mb_eio_server_drain (MbEioServer *self);
unsigned int mb_eio_server_count_sessions (MbEioServer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbEioServer, mb_eio_server_free)
