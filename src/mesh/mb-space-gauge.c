/* mb-space-gauge.c: one thing that recordings use up
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure; time is an argument. What will be full when is what the last minute says.
 */
#include "mb-space-gauge.h"

/**
 * mb_space_judge:
 * @before: what it was
 *
 * Below the floor pictures are left out, below half of it everything; only above twice the floor all is
 * as before.
 */
MbSpaceLevel
mb_space_judge (MbSpaceLevel before, guint64 left_bytes, guint64 floor_bytes)
{
  if (left_bytes < floor_bytes / 2)
    return MB_SPACE_LEVEL_FULL;
  if (left_bytes < floor_bytes)
    return MAX (before, MB_SPACE_LEVEL_LOW);
  return left_bytes / 2 <= floor_bytes && floor_bytes > 0 ? before : MB_SPACE_LEVEL_FREE;
}

const char *
mb_space_level_get_name (MbSpaceLevel level)
{
  switch (level) {
  case MB_SPACE_LEVEL_FREE:
    return "free";
  case MB_SPACE_LEVEL_LOW:
    return "low";
  case MB_SPACE_LEVEL_FULL:
    return "full";
  }
  return NULL;
}

static gint64
predict (const MbSpaceGauge *self)
{
  unsigned int n = MIN (self->n_samples, MB_SPACE_SAMPLES);
  unsigned int newest = (self->n_samples - 1) % MB_SPACE_SAMPLES;
  unsigned int oldest = (self->n_samples - n) % MB_SPACE_SAMPLES;
  double seconds = (double) (self->times_us[newest] - self->times_us[oldest]) / G_USEC_PER_SEC;
  double used = (double) self->lefts[oldest] - (double) self->lefts[newest];
  double usable = (double) self->lefts[newest] - (double) self->state.floor_bytes / 2;

  if (usable <= 0)
    return 0;
  if (seconds <= 0 || used <= 0 || usable / used * seconds > (double) MB_SPACE_FOREVER_S)
    return MB_SPACE_FOREVER_S;
  return (gint64) (usable / used * seconds);
}

/**
 * mb_space_gauge_take:
 * @reason: (transfer none): what it is; static
 * @left: bytes
 * @floor: bytes
 * @now_us: monotonic; later than the last time
 */
void
mb_space_gauge_take (
    MbSpaceGauge *self, const char *reason, guint64 left, guint64 floor, gint64 now_us)
{
  unsigned int at = self->n_samples % MB_SPACE_SAMPLES;

  self->times_us[at] = now_us;
  self->lefts[at] = left;
  self->n_samples++;
  self->state.reason = reason;
  self->state.left_bytes = left;
  self->state.floor_bytes = floor;
  self->state.level = mb_space_judge (self->state.level, left, floor);
  self->state.full_s = predict (self);
}
