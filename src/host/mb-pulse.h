/* mb-pulse.h: how the process does: event-loop delay, processor, memory, descriptors
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-metrics.h"
#include "mb-reactor.h"

typedef struct _MbPulse MbPulse;

MbPulse *mb_pulse_new (MbReactor *reactor, MbMetrics *metrics);
void mb_pulse_update (MbPulse *self);
void mb_pulse_free (MbPulse *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPulse, mb_pulse_free)
