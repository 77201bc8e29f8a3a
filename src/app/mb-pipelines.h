/* mb-pipelines.h: --list-pipelines and --check-pipeline
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

char *mb_pipelines_list (void);
char *mb_pipelines_check (const char *path, GError **error);
