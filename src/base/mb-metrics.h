/* mb-metrics.h: counters, gauges and histograms for any thread, and their Prometheus text
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Metrics are made on main, before they are used, and live as long as the MbMetrics; changing one
 * is an atomic operation, allocates nothing and never waits, on any thread.
 */
#pragma once

#include <glib.h>

typedef struct _MbMetrics MbMetrics;
typedef struct _MbMetric MbMetric;

MbMetrics *mb_metrics_new (void);
void mb_metrics_free (MbMetrics *self);
MbMetrics *mb_metrics_get_default (void);

MbMetric *mb_metrics_counter (
    MbMetrics *self, const char *name, const char *help, ...) G_GNUC_NULL_TERMINATED;
MbMetric *mb_metrics_gauge (
    MbMetrics *self, const char *name, const char *help, ...) G_GNUC_NULL_TERMINATED;
MbMetric *mb_metrics_histogram (MbMetrics *self, const char *name, const char *help,
    const double *bounds, unsigned int n_bounds, double scale, ...) G_GNUC_NULL_TERMINATED;
char *mb_metrics_render (MbMetrics *self);

void mb_metric_set_scale (MbMetric *self, double scale);
void mb_metric_add (MbMetric *self, gint64 delta);
void mb_metric_set (MbMetric *self, gint64 value);
void mb_metric_observe (MbMetric *self, gint64 value);
gint64 mb_metric_get (MbMetric *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMetrics, mb_metrics_free)
