/* mb-expect.c: every expectation means what it says, and a wrong one gets one good line
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-expect.h"

#include <math.h>
#include <string.h>

#include "mb-error.h"

static void
test_table (void)
{
  static const struct {
    const char *text;
    MbMeasure measure;
    MbStat stat;
    MbOp op;
    double value;
  } ROWS[] = {
      {"rx.video.fps.p5 >= 20", MB_MEASURE_RX_VIDEO_FPS, MB_STAT_P5, MB_OP_AT_LEAST, 20},
      {"rx.video.fps >= 20fps", MB_MEASURE_RX_VIDEO_FPS, MB_STAT_NONE, MB_OP_AT_LEAST, 20},
      {"ttff < 2s", MB_MEASURE_TTFF, MB_STAT_NONE, MB_OP_LESS, 2000},
      {"ttff<2s", MB_MEASURE_TTFF, MB_STAT_NONE, MB_OP_LESS, 2000},
      {"  ttff.max  <=\t500 ms ", MB_MEASURE_TTFF, MB_STAT_MAX, MB_OP_AT_MOST, 500},
      {"join < 1.5m", MB_MEASURE_JOIN, MB_STAT_NONE, MB_OP_LESS, 90000},
      {"peers >= 3", MB_MEASURE_PEERS, MB_STAT_NONE, MB_OP_AT_LEAST, 3},
      {"peers.min > 0", MB_MEASURE_PEERS, MB_STAT_MIN, MB_OP_MORE, 0},
      {"rx.video.loss <= 1%", MB_MEASURE_RX_VIDEO_LOSS, MB_STAT_NONE, MB_OP_AT_MOST, 1},
      {"rx.audio.loss == 0", MB_MEASURE_RX_AUDIO_LOSS, MB_STAT_NONE, MB_OP_EQUAL, 0},
      {"rx.video.kbps > 1.5Mbps", MB_MEASURE_RX_VIDEO_KBPS, MB_STAT_NONE, MB_OP_MORE, 1500},
      {"tx.audio.kbps.p50 > 30", MB_MEASURE_TX_AUDIO_KBPS, MB_STAT_P50, MB_OP_MORE, 30},
      {"freeze.time == 0", MB_MEASURE_FREEZE_TIME, MB_STAT_NONE, MB_OP_EQUAL, 0},
      {"av.skew.p99 < 40ms", MB_MEASURE_AV_SKEW, MB_STAT_P99, MB_OP_LESS, 40},
      {"errors != 1", MB_MEASURE_ERRORS, MB_STAT_NONE, MB_OP_NOT_EQUAL, 1},
      {"latency.mean < 200ms", MB_MEASURE_LATENCY, MB_STAT_MEAN, MB_OP_LESS, 200},
      {"rx.video.wrong == 0", MB_MEASURE_WRONG, MB_STAT_NONE, MB_OP_EQUAL, 0},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbExpect) expect = mb_expect_parse (ROWS[i].text, &error);

    g_assert_no_error (error);
    g_assert_cmpint (expect->measure, ==, ROWS[i].measure);
    g_assert_cmpint (expect->stat, ==, ROWS[i].stat);
    g_assert_cmpint (expect->op, ==, ROWS[i].op);
    g_assert_cmpfloat_with_epsilon (expect->value, ROWS[i].value, 1e-9);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *message;
  } ROWS[] = {
      {"", "there is no metric ''"},
      {"fps >= 20", "there is no metric 'fps'; there are: join, peers, ttff, rx.video.fps"},
      {"rx.video.fps.p90 >= 20", "'p90' is no statistic of rx.video.fps; take one of min"},
      {"rx.video.fps", "stands one of < <= == != >= >"},
      {"rx.video.fps = 20", "stands one of"},
      {"rx.video.fps => 20", "stands one of"},
      {"rx.video.fps >=", "'' is no value of rx.video.fps; write for example 20"},
      {"rx.video.fps >= many", "'many' is no value"},
      {"rx.video.fps >= 20 30", "'20 30' is no value"},
      {"rx.video.fps >= -1", "'-1' is no value"},
      {"rx.video.fps >= 1.2.3", "'1.2.3' is no value"},
      {"rx.video.fps >= .", "'.' is no value"},
      {"ttff < 2", "'2' is no value of ttff; write for example 500ms or 2s"},
      {"ttff < 2%", "'2%' is no value of ttff"},
      {"rx.video.loss < 0.01", "write for example 1%"},
      {"rx.video.kbps > 1M", "1.5Mbps"},
      {"peers >= 3s", "'3s' is no value of peers"},
      {"rx.video.fps \xe2\x89\xa5 20", "METRIC[.STAT] OP VALUE"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mb_expect_parse (ROWS[i].text, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    if (strstr (error->message, ROWS[i].message) == NULL)
      g_test_fail_printf ("%s: %s", ROWS[i].text, error->message);
  }
}

static void
test_holds (void)
{
  static const struct {
    const char *text;
    gboolean at[3]; /* at 19, 20, 21 */
  } ROWS[] = {
      {"peers < 20", {TRUE, FALSE, FALSE}},
      {"peers <= 20", {TRUE, TRUE, FALSE}},
      {"peers == 20", {FALSE, TRUE, FALSE}},
      {"peers != 20", {TRUE, FALSE, TRUE}},
      {"peers >= 20", {FALSE, TRUE, TRUE}},
      {"peers > 20", {FALSE, FALSE, TRUE}},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbExpect) expect = mb_expect_parse (ROWS[i].text, NULL);

    for (int j = 0; j < 3; j++)
      g_assert_cmpint (mb_expect_holds (expect, 19 + j), ==, ROWS[i].at[j]);
    g_assert_false (mb_expect_holds (expect, (double) NAN));
  }
}

/* Where a single one of the two does not hold, the worse one does not. */
static void
test_worse (void)
{
  static const char *const TEXTS[] = {
      "peers < 20", "peers <= 20", "peers == 20", "peers != 20", "peers >= 20", "peers > 20"};

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (MbExpect) expect = mb_expect_parse (TEXTS[i], NULL);

    for (int a = 19; a <= 21; a++) {
      for (int b = 19; b <= 21; b++) {
        double worse = mb_expect_get_worse (expect, a, b);

        g_assert_cmpint (mb_expect_holds (expect, worse), ==,
            mb_expect_holds (expect, a) && mb_expect_holds (expect, b));
      }
      g_assert_cmpfloat_with_epsilon (mb_expect_get_worse (expect, (double) NAN, a), a, 1e-6);
      g_assert_cmpfloat_with_epsilon (mb_expect_get_worse (expect, a, (double) NAN), a, 1e-6);
    }
  }
}

static void
test_names (void)
{
  for (MbMeasure i = MB_MEASURE_NONE + 1; i < MB_N_MEASURES; i++) {
    g_autofree char *text = g_strdup_printf ("%s == 0", mb_measure_get_name (i));
    g_autoptr (MbExpect) expect = mb_expect_parse (text, NULL);

    g_assert_nonnull (expect);
    g_assert_cmpint (expect->measure, ==, i);
    g_assert_cmpstr (mb_measure_get_title (i), !=, "");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/expect/table", test_table);
  g_test_add_func ("/expect/wrong-ones-say-what-is-right", test_refused);
  g_test_add_func ("/expect/holds-on-its-side-of-the-value", test_holds);
  g_test_add_func ("/expect/the-worse-decides", test_worse);
  g_test_add_func ("/expect/every-metric-has-a-name", test_names);
  return g_test_run ();
}
