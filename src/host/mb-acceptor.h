/* mb-acceptor.h: the accept loop: backlog, turns, and what to do without file descriptors
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-reactor.h"

typedef struct _MbAcceptor MbAcceptor;

/**
 * MbAcceptorFunc:
 * @fd: (transfer full): a connected socket, non-blocking and close-on-exec
 */
typedef void (*MbAcceptorFunc) (int fd, gpointer user_data);

MbAcceptor *mb_acceptor_new (MbReactor *reactor, const char *address, guint16 port,
    MbAcceptorFunc func, gpointer user_data, GError **error);
MbAcceptor *mb_acceptor_new_inherited (
    MbReactor *reactor, int fd, MbAcceptorFunc func, gpointer user_data, GError **error);
gboolean mb_acceptor_is_inherited (MbAcceptor *self);
void mb_acceptor_start (MbAcceptor *self);
void mb_acceptor_stop (MbAcceptor *self);
void mb_acceptor_free (MbAcceptor *self);
guint16 mb_acceptor_get_port (MbAcceptor *self);
const char *mb_acceptor_get_address (MbAcceptor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbAcceptor, mb_acceptor_free)
