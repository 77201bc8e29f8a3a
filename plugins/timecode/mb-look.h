/* mb-look.h: whether a picture is black, and whether it changes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_LOOK_COLUMNS 32
#define MB_LOOK_ROWS 18
#define MB_LOOK_STILL_US 2000000 /* without a change, before it counts as standing still */

/**
 * MbLook:
 * @black_us: how long it has been black in all
 * @still_us: how long it has stood still in all; short stays do not count
 *
 * Zero is a picture that was not seen yet. By value; pure.
 */
typedef struct {
  guint8 grid[MB_LOOK_COLUMNS * MB_LOOK_ROWS]; /* of the last picture that was another */
  gint64 last_us;                              /* 0 means none yet */
  gint64 changed_us;                           /* when @grid was seen first */
  gint64 counted_us;                           /* of the present stay, what is in @still_us */
  gboolean is_black;
  gint64 black_us;
  gint64 still_us;
} MbLook;

void mb_look_take (
    MbLook *self, const guint8 *luma, int stride, int width, int height, gint64 now_us);
