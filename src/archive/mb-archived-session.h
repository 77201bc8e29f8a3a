/* mb-archived-session.h: the folder of a session that was recorded, or still is
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

#include "mb-folder-lock.h"

/**
 * MbArchivedSession:
 * @folder: its path
 * @label: how people are told of it: the room and the session's own name
 * @json: session.json
 * @files: (transfer none): its files; every one an object with a safe `path`
 * @participants: (transfer none): likewise, with an `id`
 * @lock: as of mb_folder_lock()
 * @is_live: somebody is recording, or repairing, right now
 */
typedef struct {
  char *folder;
  char *label;
  JsonObject *json;
  JsonArray *files;
  JsonArray *participants;
  int lock;
  gboolean is_live;
} MbArchivedSession;

GPtrArray *mb_archived_session_find (const char *path, GError **error);
MbArchivedSession *mb_archived_session_open (
    const char *folder, MbFolderLockKind kind, GError **error);
void mb_archived_session_free (MbArchivedSession *self);
gboolean mb_archived_session_save (MbArchivedSession *self, GError **error);
GPtrArray *mb_archived_session_list_media (const MbArchivedSession *self);
JsonObject *mb_archived_session_find_file (const MbArchivedSession *self, const char *path);

gboolean mb_archived_session_note (
    const MbArchivedSession *self, const char *event, const char *members, GError **error);

char *mb_archived_format_time (gint64 real_us);
const char *mb_archived_get_string (JsonObject *object, const char *name);
gint64 mb_archived_get_number (JsonObject *object, const char *name, gint64 fallback);
gboolean mb_archived_is_empty (JsonObject *file);
gint64 mb_archived_get_time (JsonObject *object, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbArchivedSession, mb_archived_session_free)
