/* mb-metrics.c: nothing that any thread counts is lost, and Prometheus can read it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-metrics.h"

#define N_THREADS 4
#define N_ROUNDS 10000

static void
test_render (void)
{
  static const double BOUNDS[] = {0.001, 0.5, 2};
  g_autoptr (MbMetrics) metrics = mb_metrics_new ();
  g_autofree char *text = NULL;
  MbMetric *histogram = mb_metrics_histogram (
      metrics, "meshbot_join_seconds", "Time to join.", BOUNDS, 3, 1e-6, NULL);

  mb_metric_set (mb_metrics_gauge (metrics, "meshbot_rooms", "Rooms now.", NULL), 3);
  mb_metric_add (mb_metrics_counter (metrics, "meshbot_messages_total", "Messages.", "dialect",
                     "ws", "event", "a\"b\\c\nd", NULL),
      2);
  mb_metric_add (
      mb_metrics_counter (metrics, "meshbot_messages_total", "Messages.", "dialect", "sio", NULL),
      1);
  mb_metric_observe (histogram, 1000);
  mb_metric_observe (histogram, 1001);
  mb_metric_observe (histogram, 3000000);
  text = mb_metrics_render (metrics);

  g_assert_cmpstr (text, ==,
      "# HELP meshbot_join_seconds Time to join.\n"
      "# TYPE meshbot_join_seconds histogram\n"
      "meshbot_join_seconds_bucket{le=\"0.001\"} 1\n"
      "meshbot_join_seconds_bucket{le=\"0.5\"} 2\n"
      "meshbot_join_seconds_bucket{le=\"2\"} 2\n"
      "meshbot_join_seconds_bucket{le=\"+Inf\"} 3\n"
      "meshbot_join_seconds_sum 3.002001\n"
      "meshbot_join_seconds_count 3\n"
      "# HELP meshbot_messages_total Messages.\n"
      "# TYPE meshbot_messages_total counter\n"
      "meshbot_messages_total{dialect=\"ws\",event=\"a\\\"b\\\\c\\nd\"} 2\n"
      "meshbot_messages_total{dialect=\"sio\"} 1\n"
      "# HELP meshbot_rooms Rooms now.\n"
      "# TYPE meshbot_rooms gauge\n"
      "meshbot_rooms 3\n");
}

static void
test_labels_and_scale (void)
{
  static const double BOUNDS[] = {1};
  g_autoptr (MbMetrics) metrics = mb_metrics_new ();
  MbMetric *time = mb_metrics_counter (metrics, "cpu_seconds_total", "CPU.", NULL);
  g_autofree char *text = NULL;

  mb_metric_observe (
      mb_metrics_histogram (metrics, "a_seconds", "A.", BOUNDS, 1, 1e-6, "route", "/x", NULL),
      2000000);
  mb_metric_observe (
      mb_metrics_histogram (metrics, "a_seconds", "A.", BOUNDS, 1, 1e-6, "route", "/y", NULL), 1);
  mb_metric_set_scale (time, 1e-6);
  mb_metric_set (time, 1500000);
  text = mb_metrics_render (metrics);

  g_assert_cmpstr (text, ==,
      "# HELP a_seconds A.\n"
      "# TYPE a_seconds histogram\n"
      "a_seconds_bucket{route=\"/x\",le=\"1\"} 0\n"
      "a_seconds_bucket{route=\"/x\",le=\"+Inf\"} 1\n"
      "a_seconds_sum{route=\"/x\"} 2\n"
      "a_seconds_count{route=\"/x\"} 1\n"
      "a_seconds_bucket{route=\"/y\",le=\"1\"} 1\n"
      "a_seconds_bucket{route=\"/y\",le=\"+Inf\"} 1\n"
      "a_seconds_sum{route=\"/y\"} 1e-06\n"
      "a_seconds_count{route=\"/y\"} 1\n"
      "# HELP cpu_seconds_total CPU.\n"
      "# TYPE cpu_seconds_total counter\n"
      "cpu_seconds_total 1.5\n");
}

static void
test_same (void)
{
  g_autoptr (MbMetrics) metrics = mb_metrics_new ();
  MbMetric *first = mb_metrics_counter (metrics, "a_total", "A.", "x", "1", NULL);

  g_assert_true (mb_metrics_counter (metrics, "a_total", "A.", "x", "1", NULL) == first);
  g_assert_true (mb_metrics_counter (metrics, "a_total", "A.", "x", "2", NULL) != first);
  g_assert_true (mb_metrics_get_default () == mb_metrics_get_default ());
}

static gpointer
count (gpointer metric)
{
  for (int i = 0; i < N_ROUNDS; i++)
    mb_metric_add (metric, 1);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (MbMetrics) metrics = mb_metrics_new ();
  MbMetric *metric = mb_metrics_counter (metrics, "a_total", "A.", NULL);
  GThread *threads[N_THREADS];

  for (int i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("counter", count, metric);
  for (int i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (mb_metric_get (metric), ==, N_THREADS * N_ROUNDS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/text-is-what-prometheus-reads", test_render);
  g_test_add_func ("/metrics/same-name-and-labels-are-one", test_same);
  g_test_add_func ("/metrics/no-count-of-any-thread-is-lost", test_threads);
  g_test_add_func ("/metrics/histograms-have-labels-counters-a-scale", test_labels_and_scale);
  return g_test_run ();
}
