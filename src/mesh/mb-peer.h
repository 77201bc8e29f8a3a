/* mb-peer.h: one other member of the room, and the connection to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-media.h"
#include "mb-peer-config.h"
#include "mb-track.h"

#define MB_TYPE_PEER (mb_peer_get_type ())
G_DECLARE_FINAL_TYPE (MbPeer, mb_peer, MB, PEER, GObject)

MbPeer *mb_peer_new (MbMedia *media, const MbPeerConfig *config);
void mb_peer_start (MbPeer *self);
void mb_peer_take_data (MbPeer *self, GBytes *data);
void mb_peer_close (MbPeer *self);
gboolean mb_peer_send_text (MbPeer *self, const char *text);
void mb_peer_rename (MbPeer *self, const char *own_id, const char *peer_id);
void mb_peer_set_suspended (MbPeer *self, gboolean is_suspended);
gboolean mb_peer_is_steady (MbPeer *self);
const char *mb_peer_get_id (MbPeer *self);
const char *mb_peer_get_display_name (MbPeer *self);
GPtrArray *mb_peer_get_tracks (MbPeer *self);
MbTransport *mb_peer_get_transport (MbPeer *self);
