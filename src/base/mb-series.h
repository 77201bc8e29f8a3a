/* mb-series.h: samples of one quantity, and what they are on the whole
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SERIES_MAX 4096 /* samples kept; an hour of seconds fits */

/**
 * MbSeries:
 * @stride: how many samples one of @kept stands for: 1, and twice as many each time it is full
 *
 * Zero is an empty series. Least, greatest and mean are of all samples; percentiles are of those
 * that are kept. By value in whoever measures; cleared with mb_series_clear().
 */
typedef struct {
  GArray *kept; /* (nullable) (element-type float) */
  guint64 n;
  guint64 stride;
  double least;
  double greatest;
  double sum;
  double last;
} MbSeries;

void mb_series_clear (MbSeries *self);
void mb_series_add (MbSeries *self, double sample);
double mb_series_get_mean (const MbSeries *self);
double mb_series_get_percentile (const MbSeries *self, double percent);
