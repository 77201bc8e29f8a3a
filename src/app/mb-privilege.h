/* mb-privilege.h: whom the process runs as
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

gboolean mb_privilege_drop (const char *user, GError **error);
gboolean mb_privilege_is_root (void);
