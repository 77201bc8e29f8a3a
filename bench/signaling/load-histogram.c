/* load-histogram.c: how long things took: every value counted, quantiles within 1.6 %
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "load-histogram.h"

/* Values below two rounds of steps stand for themselves; above, each doubling has its steps. */
void
histogram_add (Histogram *self, guint64 ns)
{
  unsigned int shift = ns < 2 * HISTOGRAM_STEPS ? 0 : g_bit_storage (ns) - 7;
  guint64 place = (guint64) shift * HISTOGRAM_STEPS + (ns >> shift);

  self->counts[MIN (place, G_N_ELEMENTS (self->counts) - 1)]++;
  self->n++;
  self->max_ns = MAX (self->max_ns, ns);
}

/**
 * histogram_get_ms:
 * @share: 0.5 for the median, 0.99 for the value that one in a hundred exceeds
 *
 * Returns: in milliseconds
 */
double
histogram_get_ms (const Histogram *self, double share)
{
  guint64 wanted = (guint64) ((double) self->n * share);
  guint64 seen = 0;

  for (guint64 place = 0; place < G_N_ELEMENTS (self->counts); place++) {
    guint64 shift = place < 2 * HISTOGRAM_STEPS ? 0 : place / HISTOGRAM_STEPS - 1;

    seen += self->counts[place];
    if (seen > wanted)
      return (double) ((place - shift * HISTOGRAM_STEPS) << shift) / 1e6;
  }
  return (double) self->max_ns / 1e6;
}
