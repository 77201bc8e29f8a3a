/* mb-freeze.h: when a moving picture stood still, by the times of its frames
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_FREEZE_WINDOW 30 /* intervals that the mean is of */
#define MB_FREEZE_LEAST 5   /* fewer say nothing of what is usual */

/**
 * MbFreeze:
 *
 * Zero is a picture of which no frame has come. By value; pure.
 */
typedef struct {
  gint64 intervals_us[MB_FREEZE_WINDOW];
  unsigned int n_intervals;
  unsigned int next;
  gint64 sum_us;
  gint64 last_us; /* 0 means none, or not going on from the one before */
  unsigned int n_freezes;
  gint64 frozen_us;
} MbFreeze;

void mb_freeze_take_frame (MbFreeze *self, gint64 now_us);
void mb_freeze_pause (MbFreeze *self);
void mb_freeze_get (
    const MbFreeze *self, gint64 now_us, unsigned int *n_freezes, gint64 *frozen_us);
