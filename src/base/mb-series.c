/* mb-series.c: samples of one quantity, and what they are on the whole
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounded: when it is full, every other sample is let go, and from then on one in twice as many is
 * kept, so that a bot that runs for days has evenly spaced ones.
 */
#include "mb-series.h"

#include <math.h>
#include <stdlib.h>

/**
 * mb_series_clear:
 */
void
mb_series_clear (MbSeries *self)
{
  g_clear_pointer (&self->kept, g_array_unref);
  *self = (MbSeries){0};
}

static void
halve (MbSeries *self)
{
  guint n = 0;

  for (guint i = 0; i < self->kept->len; i += 2)
    g_array_index (self->kept, float, n++) = g_array_index (self->kept, float, i);
  g_array_set_size (self->kept, n);
  self->stride *= 2;
}

/**
 * mb_series_add:
 * @sample: not a NaN
 */
void
mb_series_add (MbSeries *self, double sample)
{
  float kept = (float) sample;

  if (self->kept == NULL) {
    self->kept = g_array_new (FALSE, FALSE, sizeof (float));
    self->stride = 1;
    self->least = self->greatest = sample;
  }
  if (self->kept->len == MB_SERIES_MAX)
    halve (self);
  if (self->n % self->stride == 0)
    g_array_append_val (self->kept, kept);
  self->n++;
  self->least = MIN (self->least, sample);
  self->greatest = MAX (self->greatest, sample);
  self->sum += sample;
  self->last = sample;
}

/**
 * mb_series_get_mean:
 *
 * Returns: NaN where it is empty
 */
double
mb_series_get_mean (const MbSeries *self)
{
  return self->n > 0 ? self->sum / (double) self->n : (double) NAN;
}

static int
compare (const void *a, const void *b)
{
  float left = *(const float *) a;
  float right = *(const float *) b;

  return left < right ? -1 : left > right;
}

/**
 * mb_series_get_percentile:
 * @percent: 0 to 100
 *
 * By nearest rank: a value that was measured, never one between two.
 *
 * Returns: NaN where it is empty
 */
double
mb_series_get_percentile (const MbSeries *self, double percent)
{
  g_autofree float *sorted = NULL;
  double rank;

  if (self->n == 0)
    return (double) NAN;
  sorted = g_memdup2 (self->kept->data, self->kept->len * sizeof (float));
  qsort (sorted, self->kept->len, sizeof (float), compare);
  rank = ceil (percent / 100 * self->kept->len);
  return (double) sorted[(guint) CLAMP (rank, 1, self->kept->len) - 1];
}
