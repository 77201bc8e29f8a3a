/* mb-part-file.h: a file that is LOCATION.part until it is whole
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbPartFile MbPartFile;

MbPartFile *mb_part_file_new (const char *location, GError **error);
void mb_part_file_free (MbPartFile *self);
const char *mb_part_file_get_location (const MbPartFile *self);
guint64 mb_part_file_get_size (const MbPartFile *self);
gboolean mb_part_file_write (
    MbPartFile *self, guint64 offset, const void *data, gsize size, GError **error);
gboolean mb_part_file_sync (MbPartFile *self, GError **error);
gboolean mb_part_file_finish (MbPartFile *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPartFile, mb_part_file_free)
