/* load-histogram.h: how long things took: every value counted, quantiles within 1.6 %
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* Steps to each doubling. */
#define HISTOGRAM_STEPS 64
#define HISTOGRAM_DOUBLINGS 40

typedef struct {
  guint64 n;
  guint64 max_ns;
  guint64 counts[HISTOGRAM_STEPS * HISTOGRAM_DOUBLINGS];
} Histogram;

void histogram_add (Histogram *self, guint64 ns);
double histogram_get_ms (const Histogram *self, double share);
