/* mb-pulse.c: how the process does: event-loop delay, processor, memory, descriptors
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pulse.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define BEAT_MS 500

struct _MbPulse {
  MbReactor *reactor; /* not owned */
  MbTimer beat;
  MbMetric *delay; /* not owned, like the others */
  MbMetric *cpu;
  MbMetric *resident;
  MbMetric *virtual_size;
  MbMetric *open_fds;
  MbMetric *max_fds;
  MbMetric *backlog;
};

/* How much later than asked for it comes is how long everybody else waits, too. */
static void
on_beat (gpointer data)
{
  MbPulse *self = data;
  gint64 late_us = g_get_monotonic_time () - self->beat.deadline_us;

  mb_metric_observe (self->delay, MAX (late_us, 0));
  mb_reactor_arm_in (self->reactor, &self->beat, BEAT_MS);
}

static gint64
to_us (const struct timeval *time)
{
  return time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

static void
update_memory (MbPulse *self)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;
  gint64 page = sysconf (_SC_PAGESIZE);

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return;
  fields = g_strsplit (text, " ", 3);
  if (g_strv_length (fields) < 2)
    return;
  mb_metric_set (self->virtual_size, g_ascii_strtoll (fields[0], NULL, 10) * page);
  mb_metric_set (self->resident, g_ascii_strtoll (fields[1], NULL, 10) * page);
}

static void
update_descriptors (MbPulse *self)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  struct rlimit limit;
  gint64 n_open = 0;

  /* One of them is this look. */
  while (folder != NULL && g_dir_read_name (folder) != NULL)
    n_open++;
  mb_metric_set (self->open_fds, MAX (n_open - 1, 0));
  if (getrlimit (RLIMIT_NOFILE, &limit) == 0)
    mb_metric_set (self->max_fds, (gint64) MIN (limit.rlim_cur, G_MAXINT64));
}

/**
 * mb_pulse_update:
 *
 * Looks at the process, for somebody who is about to read its figures.
 */
void
mb_pulse_update (MbPulse *self)
{
  struct rusage usage;

  if (getrusage (RUSAGE_SELF, &usage) == 0)
    mb_metric_set (self->cpu, to_us (&usage.ru_utime) + to_us (&usage.ru_stime));
  mb_metric_set (self->backlog, mb_reactor_get_backlog (self->reactor));
  update_memory (self);
  update_descriptors (self);
}

/* Names are those that Prometheus' own client libraries use. */
static void
make_metrics (MbPulse *self, MbMetrics *metrics)
{
  static const double BOUNDS[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1};
  MbMetric *start = mb_metrics_gauge (
      metrics, "process_start_time_seconds", "When the host was started, since 1970.", NULL);

  self->delay = mb_metrics_histogram (metrics, "meshbot_host_loop_delay_seconds",
      "How much later than asked for the event loop gets to a timer.", BOUNDS,
      G_N_ELEMENTS (BOUNDS), 1e-6, NULL);
  self->backlog = mb_metrics_gauge (
      metrics, "meshbot_host_backlog_bytes", "What waits to be written to all clients.", NULL);
  self->cpu = mb_metrics_counter (
      metrics, "process_cpu_seconds_total", "Processor time of user and system.", NULL);
  mb_metric_set_scale (self->cpu, 1e-6);
  self->resident = mb_metrics_gauge (
      metrics, "process_resident_memory_bytes", "Memory that is in the machine's.", NULL);
  self->virtual_size = mb_metrics_gauge (
      metrics, "process_virtual_memory_bytes", "Address space that is taken.", NULL);
  self->open_fds =
      mb_metrics_gauge (metrics, "process_open_fds", "File descriptors that are open.", NULL);
  self->max_fds =
      mb_metrics_gauge (metrics, "process_max_fds", "File descriptors that may be.", NULL);
  mb_metric_set_scale (start, 1e-6);
  mb_metric_set (start, g_get_real_time ());
  mb_metric_set (mb_metrics_gauge (metrics, "meshbot_build_info", "Which meshbot this is.",
                     "version", MESHBOT_VERSION, NULL),
      1);
}

MbPulse *
mb_pulse_new (MbReactor *reactor, MbMetrics *metrics)
{
  MbPulse *self = g_new0 (MbPulse, 1);

  self->reactor = reactor;
  make_metrics (self, metrics);
  mb_timer_init (&self->beat, on_beat, self);
  mb_reactor_arm_in (reactor, &self->beat, BEAT_MS);
  return self;
}

void
mb_pulse_free (MbPulse *self)
{
  mb_reactor_disarm (self->reactor, &self->beat);
  g_free (self);
}
