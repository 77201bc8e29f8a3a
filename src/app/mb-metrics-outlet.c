/* mb-metrics-outlet.c: where a process of bots shows its metrics: on a page of its own, or to its host
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-metrics-outlet.h"

#include <fcntl.h>

#include "mb-bot-metrics.h"
#include "mb-metrics-page.h"
#include "mb-pulse.h"
#include "mb-shared-text.h"

#define WRITE_MS 1000

struct _MbMetricsOutlet {
  MbJob *job;            /* not owned */
  MbBotMetrics *metrics; /* owned */
  int fd;                /* not owned; -1 where there is no host that reads it */
  GSource *timer;        /* (nullable) owned */
  MbReactor *reactor;    /* (nullable) owned; of the page */
  MbPulse *pulse;        /* (nullable) owned */
  MbMetricsPage *page;   /* (nullable) owned */
};

static char *
make_text (gpointer user_data)
{
  MbMetricsOutlet *self = user_data;
  g_autoptr (GPtrArray) bots = mb_job_list_figures (self->job);

  mb_bot_metrics_update (self->metrics, bots);
  if (self->pulse != NULL)
    mb_pulse_update (self->pulse);
  return mb_metrics_render (mb_metrics_get_default ());
}

static gboolean
on_write_time (gpointer user_data)
{
  MbMetricsOutlet *self = user_data;
  g_autofree char *text = make_text (self);

  if (!mb_shared_text_write (self->fd, text))
    g_debug ("the metrics could not be shown to the host");
  return G_SOURCE_CONTINUE;
}

static void
show_to_host (MbMetricsOutlet *self)
{
  /* For this process alone, and not for what it starts in turn. */
  fcntl (self->fd, F_SETFD, FD_CLOEXEC);
  self->timer = g_timeout_source_new (WRITE_MS);
  g_source_set_callback (self->timer, on_write_time, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
open_page (MbMetricsOutlet *self, MbOptions *options, GError **error)
{
  const MbMetricsPageConfig config = {.listen_address = options->metrics_address,
      .port = options->metrics_port,
      .token_file = options->metrics_token_file};

  self->reactor = mb_reactor_new (error);
  if (self->reactor == NULL)
    return FALSE;
  self->pulse = mb_pulse_new (self->reactor, mb_metrics_get_default ());
  self->page = mb_metrics_page_new (self->reactor, &config, make_text, self, error);
  if (self->page == NULL)
    return FALSE;
  g_message ("port %u has the metrics", mb_metrics_page_get_port (self->page));
  return TRUE;
}

/**
 * mb_metrics_outlet_new:
 * @job: that has not been started; outlives the outlet
 *
 * Returns: (transfer full) (nullable): an outlet; %NULL without an error where nobody asks for metrics
 */
MbMetricsOutlet *
mb_metrics_outlet_new (MbOptions *options, MbJob *job, GError **error)
{
  const char *fd = g_getenv (MB_METRICS_OUTLET_VARIABLE);
  g_autoptr (MbMetricsOutlet) self = NULL;
  guint64 number = 0;

  if (options->metrics_address == NULL &&
      (fd == NULL || !g_ascii_string_to_unsigned (fd, 10, 3, G_MAXINT, &number, NULL)))
    return NULL;
  self = g_new0 (MbMetricsOutlet, 1);
  self->job = job;
  self->fd = -1;
  self->metrics = mb_bot_metrics_new (mb_metrics_get_default ());
  mb_job_want_figures (job);
  if (options->metrics_address != NULL) {
    if (!open_page (self, options, error))
      return NULL;
  } else {
    self->fd = (int) number;
    show_to_host (self);
  }
  return g_steal_pointer (&self);
}

void
mb_metrics_outlet_free (MbMetricsOutlet *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_pointer (&self->page, mb_metrics_page_free);
  g_clear_pointer (&self->pulse, mb_pulse_free);
  g_clear_pointer (&self->reactor, mb_reactor_free);
  g_clear_pointer (&self->metrics, mb_bot_metrics_free);
  g_free (self);
}
