/* mb-utf8.h: whether bytes are UTF-8, fast where they are ASCII
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

gboolean mb_utf8_is_valid (const void *bytes, gsize length);
gsize mb_utf8_get_sequence (const void *bytes, gsize left);
gsize mb_utf8_fit (const char *text, gsize length, gsize max_bytes);
