/* mb-pipeline-path.h: where descriptions of pipelines, and our own elements, are found
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-pipeline-spec.h"

MbPipelineSpec *mb_pipeline_find (MbPipelineKind kind, const char *name, GError **error);
char **mb_pipeline_list (MbPipelineKind kind);
gboolean mb_pipeline_ensure_elements (gboolean records, GError **error);
