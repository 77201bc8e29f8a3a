/* mb-store.h: SQLite: the rooms that outlive the process; a thread of its own inside
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

typedef enum {
  MB_TOPOLOGY_AUTO,
  MB_TOPOLOGY_MESH,
  MB_TOPOLOGY_RELAY,
} MbTopology;

/**
 * MbRoomRecord:
 * @created_at_us: µs since 1970 UTC
 * @max_members: 0 means the host's own limit
 * @metadata: the text of a JSON object, as it came
 */
typedef struct {
  char *id;
  char *name;
  gint64 created_at_us;
  unsigned int max_members;
  MbTopology topology;
  char *metadata;
} MbRoomRecord;

MbRoomRecord *mb_room_record_copy (const MbRoomRecord *self);
void mb_room_record_free (MbRoomRecord *self);
const char *mb_topology_to_string (MbTopology topology);
gboolean mb_topology_from_string (const char *string, MbTopology *topology);

typedef struct _MbStore MbStore;

MbStore *mb_store_new (const char *path, GPtrArray **rooms, GError **error);
void mb_store_free (MbStore *self);
void mb_store_add_room_async (
    MbStore *self, const MbRoomRecord *room, GAsyncReadyCallback callback, gpointer user_data);
void mb_store_remove_room_async (
    MbStore *self, const char *id, GAsyncReadyCallback callback, gpointer user_data);
gboolean mb_store_write_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRoomRecord, mb_room_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbStore, mb_store_free)
