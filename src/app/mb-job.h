/* mb-job.h: what takes part in rooms: the source, and a mesh a bot
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-options.h"

#define MB_TYPE_JOB (mb_job_get_type ())
G_DECLARE_FINAL_TYPE (MbJob, mb_job, MB, JOB, GObject)

gboolean mb_job_check (MbOptions *options, GError **error);
MbJob *mb_job_new (MbOptions *options, const char *server_url);
gboolean mb_job_start (MbJob *self, GError **error);
void mb_job_want_figures (MbJob *self);
GPtrArray *mb_job_list_figures (MbJob *self);
void mb_job_stop (MbJob *self);
