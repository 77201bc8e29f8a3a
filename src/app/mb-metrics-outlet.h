/* mb-metrics-outlet.h: where a process of bots shows its metrics: on a page of its own, or to its host
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-job.h"

/* The descriptor that a host's bots write their metrics to, see mb-shared-text. */
#define MB_METRICS_OUTLET_VARIABLE "MESHBOT_METRICS_FD"

typedef struct _MbMetricsOutlet MbMetricsOutlet;

MbMetricsOutlet *mb_metrics_outlet_new (MbOptions *options, MbJob *job, GError **error);
void mb_metrics_outlet_free (MbMetricsOutlet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMetricsOutlet, mb_metrics_outlet_free)
