/* mb-bot-metrics.h: what the bots of this process do, as metrics
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-figures.h"
#include "mb-metrics.h"

typedef struct _MbBotMetrics MbBotMetrics;

MbBotMetrics *mb_bot_metrics_new (MbMetrics *metrics);
void mb_bot_metrics_free (MbBotMetrics *self);
void mb_bot_metrics_update (MbBotMetrics *self, GPtrArray *bots);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbBotMetrics, mb_bot_metrics_free)
