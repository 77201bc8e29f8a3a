/* mb-probe.h: who it is that already listens where the host was to listen
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

gboolean mb_probe_is_meshbot (const char *address, guint16 port);
char *mb_probe_make_url (const char *address, guint16 port);
