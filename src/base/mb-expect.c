/* mb-expect.c: a condition on what was measured: METRIC[.STAT] OP VALUE
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. A value is written with its unit, so that no one has to know whether a loss of 0.01 is one
 * per cent or a hundredth of one; counts, rates and 0 need none.
 */
#include "mb-expect.h"

#include <math.h>
#include <string.h>

#include "mb-error.h"

#define TEXT_MAX 200 /* bytes */

typedef struct {
  MbUnit unit;
  const char *suffix;
  double factor;
} Suffix;

static const Suffix SUFFIXES[] = {
    {MB_UNIT_COUNT, "", 1},
    {MB_UNIT_MS, "ms", 1},
    {MB_UNIT_MS, "s", 1000},
    {MB_UNIT_MS, "m", 60000},
    {MB_UNIT_MS, "h", 3600000},
    {MB_UNIT_PERCENT, "%", 1},
    {MB_UNIT_KBPS, "", 1},
    {MB_UNIT_KBPS, "kbps", 1},
    {MB_UNIT_KBPS, "Mbps", 1000},
    {MB_UNIT_FPS, "", 1},
    {MB_UNIT_FPS, "fps", 1},
};

static const char *const UNIT_EXAMPLES[] = {
    [MB_UNIT_COUNT] = "3",
    [MB_UNIT_MS] = "500ms or 2s",
    [MB_UNIT_PERCENT] = "1%",
    [MB_UNIT_KBPS] = "800, 800kbps or 1.5Mbps",
    [MB_UNIT_FPS] = "20",
};

static const char *const STATS[MB_N_STATS] = {"", "min", "max", "mean", "p5", "p50", "p95", "p99"};

static const char *const OPS[MB_N_OPS] = {"<", "<=", "==", "!=", ">=", ">"};

/**
 * mb_stat_get_name:
 *
 * Returns: (transfer none): as it stands behind a metric
 */
const char *
mb_stat_get_name (MbStat stat)
{
  return STATS[stat];
}

static MbStat
find_stat (const char *name)
{
  for (MbStat i = MB_STAT_NONE + 1; i < MB_N_STATS; i++)
    if (g_str_equal (STATS[i], name))
      return i;
  return MB_STAT_NONE;
}

static char *
list_measures (void)
{
  GString *names = g_string_new (NULL);

  for (MbMeasure i = MB_MEASURE_NONE + 1; i < MB_N_MEASURES; i++)
    g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", mb_measure_get_name (i));
  return g_string_free (names, FALSE);
}

/* `rx.video.fps.p5`: the last part is a statistic, unless all of it is a metric. */
static gboolean
parse_metric (MbExpect *self, const char *name, GError **error)
{
  const char *dot = strrchr (name, '.');
  g_autofree char *first = dot != NULL ? g_strndup (name, (gsize) (dot - name)) : NULL;
  g_autofree char *known = NULL;

  self->measure = mb_measure_find (name);
  if (self->measure != MB_MEASURE_NONE)
    return TRUE;
  if (first != NULL && mb_measure_find (first) != MB_MEASURE_NONE) {
    self->measure = mb_measure_find (first);
    self->stat = find_stat (dot + 1);
    if (self->stat != MB_STAT_NONE)
      return TRUE;
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no statistic of %s; take one of min, max, mean, p5, p50, p95, p99", dot + 1,
        first);
    return FALSE;
  }
  known = list_measures ();
  g_set_error (
      error, MB_ERROR, MB_ERROR_USAGE, "there is no metric '%s'; there are: %s", name, known);
  return FALSE;
}

static gboolean
parse_op (MbExpect *self, const char *text, gsize length, GError **error)
{
  for (MbOp i = MB_OP_LESS; i < MB_N_OPS; i++) {
    if (strlen (OPS[i]) == length && memcmp (OPS[i], text, length) == 0) {
      self->op = i;
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "between metric and value stands one of < <= == != >= >, as in 'rx.video.fps.p5 >= 20'");
  return FALSE;
}

static gboolean
parse_value (MbExpect *self, const char *text, GError **error)
{
  MbUnit unit = mb_measure_get_unit (self->measure);
  gsize n_number = strspn (text, "0123456789.");
  char *end = NULL;
  double number = n_number > 0 ? g_ascii_strtod (text, &end) : (double) NAN;

  if (n_number > 0 && end == text + n_number && isfinite (number)) {
    while (*end == ' ')
      end++;
    for (gsize i = 0; i < G_N_ELEMENTS (SUFFIXES); i++) {
      if (SUFFIXES[i].unit == unit && g_str_equal (SUFFIXES[i].suffix, end)) {
        self->value = number * SUFFIXES[i].factor;
        return TRUE;
      }
    }
    /* Nothing is nothing in every unit. */
    if (*end == '\0' && !(number > 0)) {
      self->value = 0;
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is no value of %s; write for example %s",
      text, mb_measure_get_name (self->measure), UNIT_EXAMPLES[unit]);
  return FALSE;
}

/**
 * mb_expect_parse:
 * @text: `METRIC[.STAT] OP VALUE`, spaces between as one likes
 *
 * Returns: (transfer full): NULL with %MB_ERROR_USAGE that says what would be right
 */
MbExpect *
mb_expect_parse (const char *text, GError **error)
{
  g_autoptr (MbExpect) self = g_new0 (MbExpect, 1);
  g_autofree char *copy = NULL;
  g_autofree char *metric = NULL;
  const char *op;
  gsize n_metric;
  gsize n_op;

  if (strlen (text) > TEXT_MAX || !g_str_is_ascii (text)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "an expectation is METRIC[.STAT] OP VALUE, as in 'rx.video.fps.p5 >= 20'");
    return NULL;
  }
  copy = g_strstrip (g_strdup (text));
  self->text = g_strdup (copy);
  n_metric = strcspn (copy, " \t<>=!");
  metric = g_strndup (copy, n_metric);
  op = copy + n_metric + strspn (copy + n_metric, " \t");
  n_op = strspn (op, "<>=!");
  if (!parse_metric (self, metric, error) || !parse_op (self, op, n_op, error) ||
      !parse_value (self, op + n_op + strspn (op + n_op, " \t"), error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * mb_expect_free:
 */
void
mb_expect_free (MbExpect *self)
{
  g_free (self->text);
  g_free (self);
}

static gboolean
is_equal (double a, double b)
{
  return fabs (a - b) < 1e-6;
}

/**
 * mb_expect_holds:
 * @value: in the measure's unit; NaN is what was not measured, of which nothing holds
 */
gboolean
mb_expect_holds (const MbExpect *self, double value)
{
  if (isnan (value))
    return FALSE;
  switch (self->op) {
  case MB_OP_LESS:
    return value < self->value;
  case MB_OP_AT_MOST:
    return value <= self->value;
  case MB_OP_EQUAL:
    return is_equal (value, self->value);
  case MB_OP_NOT_EQUAL:
    return !is_equal (value, self->value);
  case MB_OP_AT_LEAST:
    return value >= self->value;
  case MB_OP_MORE:
    return value > self->value;
  case MB_N_OPS:
    break;
  }
  g_assert_not_reached ();
}

/**
 * mb_expect_get_worse:
 * @a: NaN is nothing yet
 * @b: NaN is nothing
 *
 * Returns: the one of the two that is further from what is expected
 */
double
mb_expect_get_worse (const MbExpect *self, double a, double b)
{
  if (isnan (a) || isnan (b))
    return isnan (a) ? b : a;
  switch (self->op) {
  case MB_OP_LESS:
  case MB_OP_AT_MOST:
    return MAX (a, b);
  case MB_OP_MORE:
  case MB_OP_AT_LEAST:
    return MIN (a, b);
  case MB_OP_EQUAL:
    return fabs (a - self->value) >= fabs (b - self->value) ? a : b;
  case MB_OP_NOT_EQUAL:
    return is_equal (a, self->value) ? a : b;
  case MB_N_OPS:
    break;
  }
  g_assert_not_reached ();
}

/**
 * mb_stat_of_series:
 * @stat: %MB_STAT_NONE is the mean
 *
 * Returns: NaN where the series is empty
 */
double
mb_stat_of_series (MbStat stat, const MbSeries *series)
{
  if (series->n == 0)
    return (double) NAN;
  switch (stat) {
  case MB_STAT_NONE:
  case MB_STAT_MEAN:
    return mb_series_get_mean (series);
  case MB_STAT_MIN:
    return series->least;
  case MB_STAT_MAX:
    return series->greatest;
  case MB_STAT_P5:
    return mb_series_get_percentile (series, 5);
  case MB_STAT_P50:
    return mb_series_get_percentile (series, 50);
  case MB_STAT_P95:
    return mb_series_get_percentile (series, 95);
  case MB_STAT_P99:
    return mb_series_get_percentile (series, 99);
  case MB_N_STATS:
    break;
  }
  g_assert_not_reached ();
}
