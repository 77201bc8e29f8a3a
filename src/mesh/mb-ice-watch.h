/* mb-ice-watch.h: the STUN and TURN servers of a room's server, asked for and kept current
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#define MB_TYPE_ICE_WATCH (mb_ice_watch_get_type ())
G_DECLARE_FINAL_TYPE (MbIceWatch, mb_ice_watch, MB, ICE_WATCH, GObject)

MbIceWatch *mb_ice_watch_new (
    const char *server_url, const char *token, const char *const *ice_servers);
void mb_ice_watch_start (MbIceWatch *self);
void mb_ice_watch_stop (MbIceWatch *self);
const char *const *mb_ice_watch_get_servers (MbIceWatch *self);
