/* mb-daemon.h: the program's one object: hosts, takes part, or both
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-options.h"

#define MB_TYPE_DAEMON (mb_daemon_get_type ())
G_DECLARE_FINAL_TYPE (MbDaemon, mb_daemon, MB, DAEMON, GObject)

MbDaemon *mb_daemon_new (MbOptions *options);
gboolean mb_daemon_start (MbDaemon *self, GError **error);
gboolean mb_daemon_is_hosting (MbDaemon *self);
void mb_daemon_reload (MbDaemon *self, MbOptions *options, const GError *error);
gboolean mb_daemon_check (MbOptions *options, GError **error);
void mb_daemon_stop (MbDaemon *self);
