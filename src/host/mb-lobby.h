/* mb-lobby.h: all rooms and all clients; who comes in, and what rooms there are
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-audit.h"
#include "mb-connection.h"
#include "mb-metrics.h"
#include "mb-room.h"
#include "mb-store.h"

/**
 * MbLobbyLimits:
 * @max_rooms: rooms of both kinds
 * @max_members: members of a room that does not say itself
 * @rate: messages of a member; all zero means no limit
 * @volume: KiB of what a member signals; all zero means no limit
 */
typedef struct {
  unsigned int max_rooms;
  unsigned int max_members;
  MbRate rate;
  MbRate volume;
} MbLobbyLimits;

#define MB_TYPE_LOBBY (mb_lobby_get_type ())
G_DECLARE_FINAL_TYPE (MbLobby, mb_lobby, MB, LOBBY, GObject)

MbLobby *mb_lobby_new (MbReactor *reactor, MbStore *store, GPtrArray *records,
    const MbLobbyLimits *limits, MbMetrics *metrics);
void mb_lobby_add_connection (MbLobby *self, MbConnection *connection, MbPass *pass);
void mb_lobby_set_limits (MbLobby *self, const MbLobbyLimits *limits);
void mb_lobby_set_audit (MbLobby *self, MbAudit *audit);
void mb_lobby_drain (MbLobby *self);
gboolean mb_lobby_is_draining (MbLobby *self);
gboolean mb_lobby_has_callers (MbLobby *self);
void mb_lobby_close (MbLobby *self);
gboolean mb_lobby_is_closed (MbLobby *self);
unsigned int mb_lobby_count_members (MbLobby *self);

void mb_lobby_update_metrics (MbLobby *self);
MbRoom *mb_lobby_get_room (MbLobby *self, const char *id);
GList *mb_lobby_get_rooms (MbLobby *self);
guint64 mb_lobby_get_revision (MbLobby *self);
void mb_lobby_create_room_async (
    MbLobby *self, const MbRoomRecord *record, GAsyncReadyCallback callback, gpointer user_data);
gboolean mb_lobby_create_room_finish (MbLobby *self, GAsyncResult *result, GError **error);
void mb_lobby_delete_room_async (
    MbLobby *self, const char *id, GAsyncReadyCallback callback, gpointer user_data);
gboolean mb_lobby_delete_room_finish (MbLobby *self, GAsyncResult *result, GError **error);
