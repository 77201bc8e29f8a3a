/* mb-timecode.h: a time code drawn into a picture, and read out of one
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The code is a strip along the upper edge, as wide as the picture and a fifth of its height: four rows of 32
 * cells, dark for 0 and light for 1. All of it is in parts of the picture, so that scaling does not
 * matter. */
#define MB_TIMECODE_COLUMNS 32
#define MB_TIMECODE_ROWS 4
#define MB_TIMECODE_STRIP 5 /* of the height, one part in so many */
#define MB_TIMECODE_MIN_WIDTH 128
#define MB_TIMECODE_MIN_HEIGHT 80

#define MB_TIMECODE_UNIT_US 100 /* of the time drawn: 48 bits of it last until the year 2861 */
#define MB_TIMECODE_MAX_PHASE 1000

/**
 * MbTimecode:
 * @sent_us: when it was drawn, real time, in microseconds; a multiple of %MB_TIMECODE_UNIT_US when
 *   read
 * @id: who drew it
 * @frame: a count, which goes on with 0 after 65535
 * @phase_ms: how far the stream's own second has got, 0 to 999
 */
typedef struct {
  guint64 sent_us;
  guint32 id;
  guint16 frame;
  guint16 phase_ms;
} MbTimecode;

gboolean mb_timecode_fits (int width, int height);
void mb_timecode_draw (const MbTimecode *self, guint8 *luma, int stride, int width, int height);
gboolean mb_timecode_read (MbTimecode *self, const guint8 *luma, int stride, int width, int height);
