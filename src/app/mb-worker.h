/* mb-worker.h: a bot beside a host as a child process of this program
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-options.h"

/* The environment variable that tells a child how often those before it crashed. */
#define MB_WORKER_CRASHES_VARIABLE "MESHBOT_CRASHES"

#define MB_TYPE_WORKER (mb_worker_get_type ())
G_DECLARE_FINAL_TYPE (MbWorker, mb_worker, MB, WORKER, GObject)

MbWorker *mb_worker_new (MbOptions *options, const char *server_url, const char *token);
gboolean mb_worker_start (MbWorker *self, GError **error);
char *mb_worker_read_metrics (MbWorker *self);
void mb_worker_stop (MbWorker *self);
