/* mb-server.h: the room server: rooms for others, over HTTP and WebSocket
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-server-config.h"

#define MB_TYPE_SERVER (mb_server_get_type ())
G_DECLARE_FINAL_TYPE (MbServer, mb_server, MB, SERVER, GObject)

/**
 * mb_server_new:
 *
 * Binds, opens the store, reads its rooms and serves from here on, on the thread-default main
 * context of the caller.
 *
 * Returns: (transfer full): the server; or %NULL with
 *   %MB_ERROR_CONFLICT where something else listens on the address (GET /healthz there tells
 *   whether it is a meshbot: `{"status":"ok","server":"meshbot",…}`),
 *   %MB_ERROR_USAGE for an address that cannot be had, or
 *   %MB_ERROR_UNAVAILABLE for a store that is locked, read-only, corrupt or from a newer version
 */
MbServer *mb_server_new (const MbServerConfig *config, GError **error);

guint16 mb_server_get_port (MbServer *self);

/**
 * mb_server_get_url:
 *
 * Returns: `http://ADDR:PORT`, with the port that was really taken and no slash at the end; `https` with
 *   a certificate
 */
const char *mb_server_get_url (MbServer *self);

/**
 * mb_server_check:
 *
 * Returns: %FALSE with the error that mb_server_new() would end with for a key or a certificate; neither
 *   the address nor the store is touched
 */
gboolean mb_server_check (const MbServerConfig *config, GError **error);

/**
 * mb_server_reload:
 *
 * Takes new keys for tokens (not whether they are wanted), TURN servers, origins, limits and proxies, reads the
 * certificate again and opens the audit anew. The rest of @config is not looked at.
 *
 * Returns: %FALSE with %MB_ERROR_USAGE where one cannot be used; what was there stays
 */
gboolean mb_server_reload (MbServer *self, const MbServerConfig *config, GError **error);

/**
 * mb_server_get_inner_url:
 *
 * Returns: by what this program's own bots reach it: the inner door, where there is one
 */
const char *mb_server_get_inner_url (MbServer *self);

/**
 * mb_server_get_redirect_port:
 *
 * Returns: where callers are sent to https; 0 means nowhere
 */
guint16 mb_server_get_redirect_port (MbServer *self);

/**
 * mb_server_get_metrics_port:
 *
 * Returns: of the listener that /metrics has to itself; 0 means none
 */
guint16 mb_server_get_metrics_port (MbServer *self);
char *mb_server_make_token (MbServer *self, const char *claims);

typedef void (*MbServerBeatFunc) (gpointer user_data);

void mb_server_set_beat (
    MbServer *self, unsigned int interval_ms, MbServerBeatFunc func, gpointer user_data);
void mb_server_count (MbServer *self, unsigned int *n_rooms, unsigned int *n_members);

void mb_server_linger_async (
    MbServer *self, unsigned int linger_ms, GAsyncReadyCallback callback, gpointer user_data);
gboolean mb_server_linger_finish (MbServer *self, GAsyncResult *result, GError **error);
void mb_server_leave_callers (MbServer *self);

/**
 * mb_server_drain_async:
 *
 * For SIGTERM: takes no new connections and joins (`/readyz` says 503), tells every member
 * `room-closed` with the reason `server-going-away` and when to come back, closes them cleanly, waits until what was
 * written has gone out (at most `drain_ms`), commits and closes the store.
 */
void mb_server_drain_async (MbServer *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean mb_server_drain_finish (MbServer *self, GAsyncResult *result, GError **error);
