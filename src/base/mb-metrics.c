/* mb-metrics.c: counters, gauges and histograms for any thread, and their Prometheus text
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A metric is found by its name and labels once and kept by who changes it. Values are whole numbers
 * in the unit that the code counts in; a histogram's scale turns them into the base unit (seconds,
 * bytes) that Prometheus wants.
 */
#include "mb-metrics.h"

#include <stdarg.h>
#include <string.h>

typedef enum {
  COUNTER,
  GAUGE,
  HISTOGRAM,
} Type;

struct _MbMetric {
  Type type;
  char *name;
  char *help;
  char *labels; /* as in the text, without braces; "" for none */
  gint64 value; /* atomic; a histogram's sum */
  double scale; /* base units in one unit of a value */
  /* Of a histogram. */
  unsigned int n_bounds; /* 0: none of it */
  double *bounds;        /* in base units, rising */
  gint64 *buckets;       /* atomic; n_bounds + 1, the last beyond all bounds */
};

struct _MbMetrics {
  GPtrArray *metrics; /* (element-type MbMetric) by name, then in the order they were made */
};

static void
metric_free (gpointer pointer)
{
  MbMetric *self = pointer;

  g_free (self->name);
  g_free (self->help);
  g_free (self->labels);
  g_free (self->bounds);
  g_free (self->buckets);
  g_free (self);
}

/**
 * mb_metrics_new:
 *
 * Returns: (transfer full): an empty set.
 */
MbMetrics *
mb_metrics_new (void)
{
  MbMetrics *self = g_new0 (MbMetrics, 1);

  self->metrics = g_ptr_array_new_with_free_func (metric_free);
  return self;
}

/**
 * mb_metrics_free:
 *
 * No thread may use one of its metrics any more.
 */
void
mb_metrics_free (MbMetrics *self)
{
  g_ptr_array_unref (self->metrics);
  g_free (self);
}

/**
 * mb_metrics_get_default:
 *
 * Returns: (transfer none): the set of the process, which `/metrics` shows. It is never freed.
 */
MbMetrics *
mb_metrics_get_default (void)
{
  static MbMetrics *metrics;

  if (metrics == NULL)
    metrics = mb_metrics_new ();
  return metrics;
}

static void
append_label (GString *out, const char *name, const char *value)
{
  if (out->len > 0)
    g_string_append_c (out, ',');
  g_string_append_printf (out, "%s=\"", name);
  for (const char *at = value; *at != '\0'; at++) {
    if (*at == '\\' || *at == '"')
      g_string_append_c (out, '\\');
    if (*at == '\n')
      g_string_append (out, "\\n");
    else
      g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
}

static char *
build_labels (va_list arguments)
{
  GString *out = g_string_new (NULL);
  const char *name;

  while ((name = va_arg (arguments, const char *)) != NULL)
    append_label (out, name, va_arg (arguments, const char *));
  return g_string_free (out, FALSE);
}

/* Finds or makes; takes @labels. */
static MbMetric *
get_metric (MbMetrics *self, Type type, const char *name, const char *help, char *labels)
{
  g_autofree char *owned_labels = labels;
  unsigned int place = self->metrics->len;
  MbMetric *metric;

  for (unsigned int i = 0; i < self->metrics->len; i++) {
    MbMetric *other = self->metrics->pdata[i];
    int order = strcmp (other->name, name);

    if (order == 0 && strcmp (other->labels, owned_labels) == 0) {
      g_return_val_if_fail (other->type == type, other);
      return other;
    }
    if (order > 0) {
      place = i;
      break;
    }
  }
  metric = g_new0 (MbMetric, 1);
  metric->type = type;
  metric->name = g_strdup (name);
  metric->help = g_strdup (help);
  metric->labels = g_steal_pointer (&owned_labels);
  metric->scale = 1;
  g_ptr_array_insert (self->metrics, (int) place, metric);
  return metric;
}

/**
 * mb_metrics_counter:
 * @name: by Prometheus' rules: `meshbot_…_total`
 * @help: one line for people
 * @...: a label's name, its value, and so on, then NULL
 *
 * Returns: (transfer none): the metric of this name and these labels, made if it is new.
 */
MbMetric *
mb_metrics_counter (MbMetrics *self, const char *name, const char *help, ...)
{
  va_list arguments;
  char *labels;

  va_start (arguments, help);
  labels = build_labels (arguments);
  va_end (arguments);
  return get_metric (self, COUNTER, name, help, labels);
}

/**
 * mb_metrics_gauge:
 *
 * As mb_metrics_counter(), for a number that goes both ways.
 */
MbMetric *
mb_metrics_gauge (MbMetrics *self, const char *name, const char *help, ...)
{
  va_list arguments;
  char *labels;

  va_start (arguments, help);
  labels = build_labels (arguments);
  va_end (arguments);
  return get_metric (self, GAUGE, name, help, labels);
}

/**
 * mb_metrics_histogram:
 * @bounds: (array length=n_bounds): upper bounds of the buckets, rising, in base units
 * @scale: base units in one unit of what is observed: 1e-6 for µs that are shown as seconds
 * @...: a label's name, its value, and so on, then NULL
 *
 * Returns: (transfer none): the histogram of this name and these labels, made if it is new.
 */
MbMetric *
mb_metrics_histogram (MbMetrics *self, const char *name, const char *help, const double *bounds,
    unsigned int n_bounds, double scale, ...)
{
  va_list arguments;
  char *labels;
  MbMetric *metric;

  va_start (arguments, scale);
  labels = build_labels (arguments);
  va_end (arguments);
  metric = get_metric (self, HISTOGRAM, name, help, labels);

  if (metric->buckets != NULL)
    return metric;
  metric->scale = scale;
  metric->n_bounds = n_bounds;
  metric->bounds = g_memdup2 (bounds, n_bounds * sizeof *bounds);
  metric->buckets = g_new0 (gint64, n_bounds + 1);
  return metric;
}

/**
 * mb_metric_set_scale:
 * @scale: base units in one unit of the value; 1 unless it is set
 */
void
mb_metric_set_scale (MbMetric *self, double scale)
{
  self->scale = scale;
}

/**
 * mb_metric_add:
 * @delta: what is added; not negative for a counter
 *
 * Thread: any; never waits.
 */
void
mb_metric_add (MbMetric *self, gint64 delta)
{
  __atomic_fetch_add (&self->value, delta, __ATOMIC_RELAXED);
}

/**
 * mb_metric_set:
 *
 * For a gauge. Thread: any; never waits.
 */
void
mb_metric_set (MbMetric *self, gint64 value)
{
  __atomic_store_n (&self->value, value, __ATOMIC_RELAXED);
}

/**
 * mb_metric_observe:
 * @value: one observation for a histogram, in units of its scale
 *
 * Thread: any; never waits.
 */
void
mb_metric_observe (MbMetric *self, gint64 value)
{
  double scaled = (double) value * self->scale;
  unsigned int bucket = 0;

  g_return_if_fail (self->type == HISTOGRAM);

  while (bucket < self->n_bounds && scaled > self->bounds[bucket])
    bucket++;
  __atomic_fetch_add (&self->buckets[bucket], 1, __ATOMIC_RELAXED);
  __atomic_fetch_add (&self->value, value, __ATOMIC_RELAXED);
}

/**
 * mb_metric_get:
 *
 * Returns: its value; a histogram's sum, in units of its scale. Thread: any.
 */
gint64
mb_metric_get (MbMetric *self)
{
  return __atomic_load_n (&self->value, __ATOMIC_RELAXED);
}

static void
append_help (GString *out, const MbMetric *metric)
{
  static const char *const TYPES[] = {
      [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram"};

  g_string_append_printf (out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help,
      metric->name, TYPES[metric->type]);
}

static void
append_histogram (GString *out, MbMetric *metric)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  const char *comma = *metric->labels == '\0' ? "" : ",";
  g_autofree char *braced =
      *metric->labels == '\0' ? g_strdup ("") : g_strdup_printf ("{%s}", metric->labels);
  gint64 count = 0;

  for (unsigned int i = 0; i <= metric->n_bounds; i++) {
    count += __atomic_load_n (&metric->buckets[i], __ATOMIC_RELAXED);
    if (i < metric->n_bounds)
      g_ascii_formatd (number, sizeof number, "%.12g", metric->bounds[i]);
    else
      g_strlcpy (number, "+Inf", sizeof number);
    g_string_append_printf (out, "%s_bucket{%s%sle=\"%s\"} %" G_GINT64_FORMAT "\n", metric->name,
        metric->labels, comma, number, count);
  }
  g_ascii_formatd (number, sizeof number, "%.12g", (double) mb_metric_get (metric) * metric->scale);
  g_string_append_printf (out, "%s_sum%s %s\n%s_count%s %" G_GINT64_FORMAT "\n", metric->name,
      braced, number, metric->name, braced, count);
}

static void
append_value (GString *out, MbMetric *metric)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gint64 value = mb_metric_get (metric);

  if (metric->scale < 1)
    g_string_append (
        out, g_ascii_formatd (number, sizeof number, "%.15g", (double) value * metric->scale));
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, value);
}

/**
 * mb_metrics_render:
 *
 * Returns: (transfer full): all of them as Prometheus text (version 0.0.4).
 */
char *
mb_metrics_render (MbMetrics *self)
{
  GString *out = g_string_new (NULL);
  const char *last_name = "";

  for (unsigned int i = 0; i < self->metrics->len; i++) {
    MbMetric *metric = self->metrics->pdata[i];

    if (strcmp (metric->name, last_name) != 0)
      append_help (out, metric);
    last_name = metric->name;
    if (metric->type == HISTOGRAM) {
      append_histogram (out, metric);
    } else {
      const char *labels = metric->labels;

      g_string_append_printf (out, "%s%s%s%s ", metric->name, labels[0] != '\0' ? "{" : "", labels,
          labels[0] != '\0' ? "}" : "");
      append_value (out, metric);
      g_string_append_c (out, '\n');
    }
  }
  return g_string_free (out, FALSE);
}
