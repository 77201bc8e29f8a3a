/* mb-space-gauge.h: one thing that recordings use up
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-space.h"

#define MB_SPACE_SAMPLES 60

/**
 * MbSpaceGauge:
 * @state: as of the last look
 *
 * Zeroed it is one that nobody has looked at.
 */
typedef struct {
  MbSpaceState state;
  /*< private >*/
  gint64 times_us[MB_SPACE_SAMPLES];
  guint64 lefts[MB_SPACE_SAMPLES];
  unsigned int n_samples; /* so far; the newest is at (n_samples - 1) % MB_SPACE_SAMPLES */
} MbSpaceGauge;

void mb_space_gauge_take (
    MbSpaceGauge *self, const char *reason, guint64 left, guint64 floor, gint64 now_us);
