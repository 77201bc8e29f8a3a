/* mb-series.c: least, greatest, mean and percentiles are those of the samples, however many
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-series.h"

#include <math.h>

static void
test_empty (void)
{
  MbSeries series = {0};

  g_assert_true (isnan (mb_series_get_mean (&series)));
  g_assert_true (isnan (mb_series_get_percentile (&series, 50)));
  mb_series_clear (&series);
}

static void
test_hundred (void)
{
  MbSeries series = {0};

  for (int i = 0; i < 100; i++)
    mb_series_add (&series, 1 + (i * 37) % 100);
  g_assert_cmpfloat_with_epsilon (series.least, 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (series.greatest, 100, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_mean (&series), 50.5, 1e-9);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 0), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 5), 5, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 50), 50, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 99), 99, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 100), 100, 1e-6);
  mb_series_clear (&series);
}

static void
test_bounded (void)
{
  MbSeries series = {0};
  const int N = 10 * MB_SERIES_MAX;

  for (int i = 0; i < N; i++)
    mb_series_add (&series, i);
  g_assert_cmpuint (series.n, ==, N);
  g_assert_cmpuint (series.kept->len, <=, MB_SERIES_MAX);
  g_assert_cmpuint (series.kept->len, >, MB_SERIES_MAX / 2);
  /* Evenly spaced, from the first on. */
  for (guint i = 0; i < series.kept->len; i++)
    g_assert_cmpfloat_with_epsilon (g_array_index (series.kept, float, i), i * series.stride, 1e-6);
  g_assert_cmpfloat_with_epsilon (series.least, 0, 1e-6);
  g_assert_cmpfloat_with_epsilon (series.greatest, N - 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_mean (&series), (N - 1) / 2.0, 1e-6);
  g_assert_cmpfloat_with_epsilon (mb_series_get_percentile (&series, 50), N / 2.0, N * 0.01);
  mb_series_clear (&series);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/series/empty-is-not-a-number", test_empty);
  g_test_add_func ("/series/a-hundred", test_hundred);
  g_test_add_func ("/series/is-bounded-and-evenly-spaced", test_bounded);
  return g_test_run ();
}
