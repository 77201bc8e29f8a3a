/* mb-bot-metrics.c: what the bots of this process do, as metrics
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sums of all bots and peers: a label for each would grow with whoever comes by.
 */
#include "mb-bot-metrics.h"

enum {
  RECEIVED,
  SENT,
  N_DIRECTIONS,
};

struct _MbBotMetrics {
  MbMetric *n_bots; /* not owned, like the others */
  MbMetric *n_joined;
  MbMetric *n_peers;
  MbMetric *n_errors;
  MbMetric *packets[N_DIRECTIONS][MB_FIGURES_N_KINDS];
  MbMetric *bytes[N_DIRECTIONS][MB_FIGURES_N_KINDS];
  MbMetric *lost[N_DIRECTIONS][MB_FIGURES_N_KINDS];
};

MbBotMetrics *
mb_bot_metrics_new (MbMetrics *metrics)
{
  static const char *const DIRECTIONS[] = {[RECEIVED] = "received", [SENT] = "sent"};
  static const char *const KINDS[] = {[MB_FIGURES_VIDEO] = "video", [MB_FIGURES_AUDIO] = "audio"};
  static const char *const RESULTS[] = {"ok", "failed"};
  MbBotMetrics *self = g_new0 (MbBotMetrics, 1);

  self->n_bots = mb_metrics_gauge (metrics, "meshbot_bot_bots", "Bots of this process.", NULL);
  self->n_joined =
      mb_metrics_gauge (metrics, "meshbot_bot_joined_bots", "Those that have joined.", NULL);
  self->n_peers = mb_metrics_gauge (
      metrics, "meshbot_bot_peers", "Peers that are connected, of all bots.", NULL);
  self->n_errors = mb_metrics_counter (metrics, "meshbot_bot_errors_total",
      "Connections to peers and pipelines that have failed.", NULL);
  for (unsigned int i = 0; i < G_N_ELEMENTS (RESULTS); i++)
    mb_metrics_counter (metrics, "meshbot_bot_recorded_files_total",
        "Recorded files that are finished, by whether something went wrong.", "result", RESULTS[i],
        NULL);
  for (unsigned int i = 0; i < N_DIRECTIONS; i++) {
    for (unsigned int j = 0; j < MB_FIGURES_N_KINDS; j++) {
      self->packets[i][j] = mb_metrics_counter (metrics, "meshbot_bot_packets_total",
          "RTP packets.", "direction", DIRECTIONS[i], "kind", KINDS[j], NULL);
      self->bytes[i][j] = mb_metrics_counter (metrics, "meshbot_bot_bytes_total",
          "Bytes in RTP packets.", "direction", DIRECTIONS[i], "kind", KINDS[j], NULL);
      self->lost[i][j] = mb_metrics_counter (metrics, "meshbot_bot_packets_lost_total",
          "Packets that were lost for good; of those sent, as peers report.", "direction",
          DIRECTIONS[i], "kind", KINDS[j], NULL);
    }
  }
  return self;
}

void
mb_bot_metrics_free (MbBotMetrics *self)
{
  g_free (self);
}

static void
add (MbTotals *sums, const MbTotals *totals)
{
  for (unsigned int i = 0; i < MB_FIGURES_N_KINDS; i++) {
    sums[i].packets += totals[i].packets;
    sums[i].bytes += totals[i].bytes;
    sums[i].lost += totals[i].lost;
  }
}

/**
 * mb_bot_metrics_update:
 * @bots: (element-type MbBotFigures): all there are and were
 */
void
mb_bot_metrics_update (MbBotMetrics *self, GPtrArray *bots)
{
  MbTotals sums[N_DIRECTIONS][MB_FIGURES_N_KINDS] = {0};
  unsigned int n_joined = 0;
  unsigned int n_peers = 0;
  unsigned int n_errors = 0;

  for (guint i = 0; i < bots->len; i++) {
    const MbBotFigures *bot = g_ptr_array_index (bots, i);

    n_joined += bot->id != NULL;
    n_peers += bot->n_connected;
    n_errors += bot->errors->len;
    for (guint j = 0; j < bot->peers->len; j++) {
      const MbPeerFigures *peer = g_ptr_array_index (bot->peers, j);

      add (sums[RECEIVED], peer->rx);
      add (sums[SENT], peer->tx);
    }
  }
  mb_metric_set (self->n_bots, bots->len);
  mb_metric_set (self->n_joined, n_joined);
  mb_metric_set (self->n_peers, n_peers);
  mb_metric_set (self->n_errors, n_errors);
  for (unsigned int i = 0; i < N_DIRECTIONS; i++) {
    for (unsigned int j = 0; j < MB_FIGURES_N_KINDS; j++) {
      mb_metric_set (self->packets[i][j], (gint64) sums[i][j].packets);
      mb_metric_set (self->bytes[i][j], (gint64) sums[i][j].bytes);
      mb_metric_set (self->lost[i][j], (gint64) sums[i][j].lost);
    }
  }
}
