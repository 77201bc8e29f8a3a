/* mb-base64url.h: base64url without padding (RFC 4648 section 5), strictly
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

guint8 *mb_base64url_decode (const char *text, gsize length, gsize *n_bytes);
void mb_base64url_append (GString *out, const void *bytes, gsize length);
