/* mb-metrics-file.h: the process' metrics in a file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#define MB_TYPE_METRICS_FILE (mb_metrics_file_get_type ())
G_DECLARE_FINAL_TYPE (MbMetricsFile, mb_metrics_file, MB, METRICS_FILE, GObject)

MbMetricsFile *mb_metrics_file_new (const char *path);
