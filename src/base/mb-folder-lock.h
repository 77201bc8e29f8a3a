/* mb-folder-lock.h: who works in a folder, as all processes of the machine see it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbFolderLockKind:
 * @MB_FOLDER_LOCK_EXCLUSIVE: nobody else has the folder
 * @MB_FOLDER_LOCK_SHARED: others may read at the same time
 */
typedef enum {
  MB_FOLDER_LOCK_EXCLUSIVE,
  MB_FOLDER_LOCK_SHARED,
} MbFolderLockKind;

int mb_folder_lock (const char *path, MbFolderLockKind kind, GError **error);
void mb_folder_unlock (int lock);
