/* mb-freeze.c: when a moving picture stood still, by the times of its frames
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A freeze is a gap between two frames longer than three times what is usual and than 150 ms more
 * than it: what browsers count as freezeCount. Its whole length is frozen time.
 */
#include "mb-freeze.h"

#define FACTOR 3
#define MORE_US 150000

static gboolean
is_freeze (const MbFreeze *self, gint64 gap_us)
{
  gint64 mean_us;

  if (self->n_intervals < MB_FREEZE_LEAST)
    return FALSE;
  mean_us = self->sum_us / self->n_intervals;
  return gap_us > MAX (FACTOR * mean_us, mean_us + MORE_US);
}

static void
remember (MbFreeze *self, gint64 interval_us)
{
  if (self->n_intervals == MB_FREEZE_WINDOW)
    self->sum_us -= self->intervals_us[self->next];
  else
    self->n_intervals++;
  self->intervals_us[self->next] = interval_us;
  self->sum_us += interval_us;
  self->next = (self->next + 1) % MB_FREEZE_WINDOW;
}

/**
 * mb_freeze_take_frame:
 * @now_us: when it could be shown; not before the last one
 */
void
mb_freeze_take_frame (MbFreeze *self, gint64 now_us)
{
  gint64 gap_us = now_us - self->last_us;

  if (self->last_us != 0) {
    if (is_freeze (self, gap_us)) {
      self->n_freezes++;
      self->frozen_us += gap_us;
    }
    remember (self, gap_us);
  }
  self->last_us = now_us;
}

/**
 * mb_freeze_pause:
 *
 * Whoever sends has said that nothing comes for now: what follows is no gap.
 */
void
mb_freeze_pause (MbFreeze *self)
{
  self->last_us = 0;
}

/**
 * mb_freeze_get:
 * @n_freezes: (out): with the one that still lasts
 * @frozen_us: (out): likewise
 */
void
mb_freeze_get (const MbFreeze *self, gint64 now_us, unsigned int *n_freezes, gint64 *frozen_us)
{
  gint64 gap_us = self->last_us != 0 ? now_us - self->last_us : 0;
  gboolean lasts = is_freeze (self, gap_us);

  *n_freezes = self->n_freezes + (lasts ? 1 : 0);
  *frozen_us = self->frozen_us + (lasts ? gap_us : 0);
}
