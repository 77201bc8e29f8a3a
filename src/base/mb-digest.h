/* mb-digest.h: the SHA-256 of a file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

char *mb_digest_file (const char *path, GError **error);
