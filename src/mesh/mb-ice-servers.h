/* mb-ice-servers.h: which STUN and TURN servers a room's server tells of
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

GStrv mb_ice_servers_parse (const char *text, gsize length, unsigned int *ttl_s, GError **error);
void mb_ice_servers_fetch_async (const char *server_url, const char *token,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GStrv mb_ice_servers_fetch_finish (GAsyncResult *result, unsigned int *ttl_s, GError **error);
