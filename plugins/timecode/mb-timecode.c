/* mb-timecode.c: a time code drawn into a picture, and read out of one
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: luma in and out. 128 bits, the most significant of each byte first:
 *
 *   48 time │ 32 id │ 16 frame │ 10 phase │ 6 mark │ 16 CRC of all before
 *
 * A camera's picture is not taken for one: every cell has to be clearly dark or clearly light, the mark
 * has to be there, and the CRC has to fit.
 */
#include "mb-timecode.h"

#include <string.h>

#define N_BYTES 16
#define N_CELLS (MB_TIMECODE_COLUMNS * MB_TIMECODE_ROWS)
#define MARK 0x2d
#define PHASE_BITS 10
#define DARK 24
#define LIGHT 232
#define LEAST_CONTRAST 60 /* between the darkest and the lightest cell */
#define DOUBT 6           /* a cell within 1/DOUBT of the contrast from the middle is neither */
#define SAMPLES 4         /* a side, in the inner half of each cell */

G_STATIC_ASSERT (N_CELLS == N_BYTES * 8);

/* CRC-16/CCITT-FALSE */
static guint16
crc_of (const guint8 *bytes, gsize n)
{
  guint16 crc = 0xffff;

  for (gsize i = 0; i < n; i++) {
    crc ^= (guint16) (bytes[i] << 8);
    for (int bit = 0; bit < 8; bit++)
      crc = (guint16) ((crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1);
  }
  return crc;
}

static void
put (guint8 *at, guint64 value, int n_bytes)
{
  for (int i = n_bytes - 1; i >= 0; i--) {
    at[i] = (guint8) value;
    value >>= 8;
  }
}

static guint64
get (const guint8 *at, int n_bytes)
{
  guint64 value = 0;

  for (int i = 0; i < n_bytes; i++)
    value = value << 8 | at[i];
  return value;
}

static void
pack (const MbTimecode *self, guint8 bytes[N_BYTES])
{
  put (bytes, self->sent_us / MB_TIMECODE_UNIT_US, 6);
  put (bytes + 6, self->id, 4);
  put (bytes + 10, self->frame, 2);
  put (bytes + 12, (guint64) self->phase_ms % MB_TIMECODE_MAX_PHASE << 6 | MARK, 2);
  put (bytes + 14, crc_of (bytes, 14), 2);
}

static gboolean
unpack (MbTimecode *self, const guint8 bytes[N_BYTES])
{
  guint16 tail = (guint16) get (bytes + 12, 2);

  if ((tail & 0x3f) != MARK || get (bytes + 14, 2) != crc_of (bytes, 14) ||
      tail >> 6 >= MB_TIMECODE_MAX_PHASE)
    return FALSE;
  self->sent_us = get (bytes, 6) * MB_TIMECODE_UNIT_US;
  self->id = (guint32) get (bytes + 6, 4);
  self->frame = (guint16) get (bytes + 10, 2);
  self->phase_ms = tail >> 6;
  return TRUE;
}

/* Where a cell begins, along one side. */
static int
edge (int index, int n_cells, int length)
{
  return index * length / n_cells;
}

/**
 * mb_timecode_fits:
 *
 * Returns: whether a picture of that size can carry a code
 */
gboolean
mb_timecode_fits (int width, int height)
{
  return width >= MB_TIMECODE_MIN_WIDTH && height >= MB_TIMECODE_MIN_HEIGHT;
}

/**
 * mb_timecode_draw:
 * @luma: the Y plane, of a picture that mb_timecode_fits()
 * @stride: bytes from row to row
 */
void
mb_timecode_draw (const MbTimecode *self, guint8 *luma, int stride, int width, int height)
{
  int strip = height / MB_TIMECODE_STRIP;
  guint8 bytes[N_BYTES];

  g_return_if_fail (mb_timecode_fits (width, height));
  pack (self, bytes);
  for (int i = 0; i < N_CELLS; i++) {
    int column = i % MB_TIMECODE_COLUMNS;
    int row = i / MB_TIMECODE_COLUMNS;
    int left = edge (column, MB_TIMECODE_COLUMNS, width);
    int right = edge (column + 1, MB_TIMECODE_COLUMNS, width);
    int value = (bytes[i / 8] & 0x80 >> i % 8) != 0 ? LIGHT : DARK;

    for (int y = edge (row, MB_TIMECODE_ROWS, strip); y < edge (row + 1, MB_TIMECODE_ROWS, strip);
         y++)
      memset (luma + (gsize) y * (gsize) stride + left, value, (gsize) (right - left));
  }
}

/* The mean of the inner half: the outer one is where coding and scaling mix neighbours. */
static int
measure_cell (const guint8 *luma, int stride, int column, int row, int width, int strip)
{
  int left = edge (column, MB_TIMECODE_COLUMNS, width);
  int top = edge (row, MB_TIMECODE_ROWS, strip);
  int cell_width = edge (column + 1, MB_TIMECODE_COLUMNS, width) - left;
  int cell_height = edge (row + 1, MB_TIMECODE_ROWS, strip) - top;
  int sum = 0;

  for (int i = 0; i < SAMPLES; i++) {
    int y = top + cell_height / 4 + (2 * i + 1) * cell_height / (4 * SAMPLES);

    for (int j = 0; j < SAMPLES; j++) {
      int x = left + cell_width / 4 + (2 * j + 1) * cell_width / (4 * SAMPLES);

      sum += luma[(gsize) y * (gsize) stride + (gsize) x];
    }
  }
  return sum / (SAMPLES * SAMPLES);
}

/**
 * mb_timecode_read:
 * @self: (out caller-allocates): written only where there is one
 *
 * Returns: whether the picture carries a code that can be read
 */
gboolean
mb_timecode_read (MbTimecode *self, const guint8 *luma, int stride, int width, int height)
{
  int strip = height / MB_TIMECODE_STRIP;
  int levels[N_CELLS];
  int darkest = 255;
  int lightest = 0;
  guint8 bytes[N_BYTES] = {0};

  if (!mb_timecode_fits (width, height))
    return FALSE;
  for (int i = 0; i < N_CELLS; i++) {
    levels[i] =
        measure_cell (luma, stride, i % MB_TIMECODE_COLUMNS, i / MB_TIMECODE_COLUMNS, width, strip);
    darkest = MIN (darkest, levels[i]);
    lightest = MAX (lightest, levels[i]);
  }
  if (lightest - darkest < LEAST_CONTRAST)
    return FALSE;
  for (int i = 0; i < N_CELLS; i++) {
    int above = 2 * levels[i] - darkest - lightest;

    if (ABS (above) * DOUBT < 2 * (lightest - darkest))
      return FALSE;
    if (above > 0)
      bytes[i / 8] |= (guint8) (0x80 >> i % 8);
  }
  return unpack (self, bytes);
}
