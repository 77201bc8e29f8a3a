/* mb-shared-text.h: a text that one process writes and its parent reads, whenever it likes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

int mb_shared_text_new (GError **error);
gboolean mb_shared_text_write (int fd, const char *text);
char *mb_shared_text_read (int fd);
