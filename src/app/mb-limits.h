/* mb-limits.h: whether the machine lets so many bots have their files and threads
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-options.h"

/**
 * MbNeeds:
 *
 * Files and threads: what bots need, or what they may have.
 */
typedef struct {
  guint64 n_files;
  guint64 n_threads;
} MbNeeds;

void mb_limits_estimate (const MbOptions *options, MbNeeds *needs);
gboolean mb_limits_compare (
    const MbOptions *options, const MbNeeds *needs, const MbNeeds *allowed, GError **error);
gboolean mb_limits_check (const MbOptions *options, GError **error);
