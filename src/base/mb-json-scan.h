/* mb-json-scan.h: whether text is JSON, strictly, without building anything
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text is checked once, whole; mb-json-span then finds and reads what is in it. Nothing allocates and
 * nothing recurses, so depth costs no stack.
 */
#pragma once

#include "mb-json-span.h"

/* For what we read ourselves; what passes through untouched may be deeper. */
#define MB_JSON_DEPTH 32
/* No limit that is asked for goes beyond this. */
#define MB_JSON_DEPTH_MAX 1024

gboolean mb_json_scan (
    const char *text, gsize length, unsigned int max_depth, MbJsonSpan *value, GError **error);
