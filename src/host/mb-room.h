/* mb-room.h: who is in one room, and what they are told of each other
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-member.h"
#include "mb-store.h"

/**
 * MbRoomLife:
 * @MB_ROOM_EPHEMERAL: made by a join, gone with its last member
 * @MB_ROOM_KEPT: made by REST: it is in the store, and stays until it is deleted
 */
typedef enum {
  MB_ROOM_EPHEMERAL,
  MB_ROOM_KEPT,
} MbRoomLife;

MbRoom *mb_room_new (
    const MbRoomRecord *record, MbRoomLife life, unsigned int default_max_members, guint64 *clock);
void mb_room_free (MbRoom *self);
void mb_room_keep (MbRoom *self, const MbRoomRecord *record);

const char *mb_room_get_id (MbRoom *self);
MbRoomLife mb_room_get_life (MbRoom *self);
GList *mb_room_get_link (MbRoom *self);
unsigned int mb_room_count_members (MbRoom *self);
guint64 mb_room_get_revision (MbRoom *self);

gboolean mb_room_check_space (MbRoom *self, GError **error);
void mb_room_join (MbRoom *self, MbMember *member);
void mb_room_leave (MbRoom *self, MbMember *member, const char *reason);
gboolean mb_room_route (MbRoom *self, MbMember *from, MbMessage *signal, GError **error);
void mb_room_close (MbRoom *self, MbMessage *closed);

void mb_room_append_json (MbRoom *self, gboolean with_members, GString *out);
