/* mb-disk-sync.h: waits for the disk, so that who writes does not have to
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbDiskSync MbDiskSync;

MbDiskSync *mb_disk_sync_new (int fd);
void mb_disk_sync_free (MbDiskSync *self);
int mb_disk_sync_start (MbDiskSync *self);
