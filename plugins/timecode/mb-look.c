/* mb-look.c: whether a picture is black, and whether it changes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture is looked at through a coarse grid, which coding does not disturb: what a camera sees
 * changes it with every frame, by noise if by nothing else.
 */
#include "mb-look.h"

#include <string.h>

#define SAMPLES 4    /* a side of each cell */
#define BLACK_MAX 40 /* 16 is black in video; coding leaves a little more */
#define BLACK_SPREAD 12
#define CHANGE_ONE 4   /* a cell that is so much lighter or darker is a change */
#define CHANGE_ALL 288 /* and so are all cells together by so much: half a step each */
#define GAP_MAX_US \
  G_USEC_PER_SEC /* a longer time without a picture says nothing of how it looked */

static guint8
measure_cell (const guint8 *luma, int stride, int column, int row, int width, int height)
{
  int sum = 0;

  for (int i = 0; i < SAMPLES; i++) {
    int y = ((row * SAMPLES + i) * 2 + 1) * height / (MB_LOOK_ROWS * SAMPLES * 2);

    for (int j = 0; j < SAMPLES; j++) {
      int x = ((column * SAMPLES + j) * 2 + 1) * width / (MB_LOOK_COLUMNS * SAMPLES * 2);

      sum += luma[(gsize) y * (gsize) stride + (gsize) x];
    }
  }
  return (guint8) (sum / (SAMPLES * SAMPLES));
}

static gboolean
is_black (const guint8 *grid)
{
  int least = 255;
  int greatest = 0;

  for (int i = 0; i < MB_LOOK_COLUMNS * MB_LOOK_ROWS; i++) {
    least = MIN (least, grid[i]);
    greatest = MAX (greatest, grid[i]);
  }
  return greatest <= BLACK_MAX && greatest - least <= BLACK_SPREAD;
}

static gboolean
is_other (const guint8 *a, const guint8 *b)
{
  int sum = 0;

  for (int i = 0; i < MB_LOOK_COLUMNS * MB_LOOK_ROWS; i++) {
    int difference = ABS (a[i] - b[i]);

    if (difference >= CHANGE_ONE)
      return TRUE;
    sum += difference;
  }
  return sum >= CHANGE_ALL;
}

/**
 * mb_look_take:
 * @luma: the Y plane
 * @stride: bytes from row to row
 * @now_us: not before the last one, not 0
 */
void
mb_look_take (MbLook *self, const guint8 *luma, int stride, int width, int height, gint64 now_us)
{
  guint8 grid[MB_LOOK_COLUMNS * MB_LOOK_ROWS];
  gint64 stay_us;

  for (int row = 0; row < MB_LOOK_ROWS; row++)
    for (int column = 0; column < MB_LOOK_COLUMNS; column++)
      grid[row * MB_LOOK_COLUMNS + column] =
          measure_cell (luma, stride, column, row, width, height);

  if (self->is_black)
    self->black_us += MIN (now_us - self->last_us, GAP_MAX_US);
  self->is_black = is_black (grid);
  if (self->last_us == 0 || is_other (self->grid, grid)) {
    memcpy (self->grid, grid, sizeof grid);
    self->changed_us = now_us;
    self->counted_us = 0;
  }
  stay_us = now_us - self->changed_us;
  if (stay_us >= MB_LOOK_STILL_US) {
    self->still_us += stay_us - self->counted_us;
    self->counted_us = stay_us;
  }
  self->last_us = now_us;
}
