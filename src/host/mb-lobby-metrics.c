/* mb-lobby-metrics.c: what a lobby counts
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-lobby-metrics.h"

static MbMetric *
make_counter (
    MbMetrics *metrics, const char *name, const char *help, const char *label, const char *value)
{
  return mb_metrics_counter (metrics, name, help, label, value, NULL);
}

void
mb_lobby_metrics_init (MbLobbyMetrics *self, MbMetrics *metrics)
{
  static const char *const DIALECTS[MB_LOBBY_DIALECTS] = {
      [MB_DIALECT_SIO] = "socketio", [MB_DIALECT_PLAIN] = "plain"};

  self->n_connections = mb_metrics_gauge (
      metrics, "meshbot_host_connections", "Clients of the host, in a room or not.", NULL);
  self->n_rooms = mb_metrics_gauge (metrics, "meshbot_host_rooms", "Rooms of the host.", NULL);
  self->n_members = mb_metrics_gauge (metrics, "meshbot_host_members", "Members of rooms.", NULL);
  for (unsigned int i = 0; i < MB_LOBBY_ROLES; i++)
    self->n_joins[i] = make_counter (metrics, "meshbot_host_joins_total", "Joins, by role.", "role",
        mb_role_to_string ((MbRole) i));
  for (unsigned int i = 0; i < MB_LOBBY_DIALECTS; i++) {
    self->n_signals[i] = make_counter (metrics, "meshbot_host_signals_total",
        "Signals between members, by the sender's dialect.", "dialect", DIALECTS[i]);
    self->n_signal_bytes[i] = make_counter (metrics, "meshbot_host_signal_bytes_total",
        "What they carried, by the sender's dialect.", "dialect", DIALECTS[i]);
  }
  for (unsigned int i = 0; i < MB_LOBBY_REASONS; i++) {
    const GError error = {.domain = MB_ERROR, .code = (int) i};

    self->n_refused[i] = make_counter (metrics, "meshbot_host_refused_total",
        "Messages of clients that were refused, by reason.", "reason",
        mb_error_get_wire_code (&error));
  }
}

void
mb_lobby_metrics_count_signal (MbLobbyMetrics *self, MbDialect dialect, gsize n_bytes)
{
  mb_metric_add (self->n_signals[dialect], 1);
  mb_metric_add (self->n_signal_bytes[dialect], (gint64) n_bytes);
}

void
mb_lobby_metrics_count_refusal (MbLobbyMetrics *self, const GError *error)
{
  int code = error->domain == MB_ERROR ? error->code : MB_ERROR_FAILED;

  mb_metric_add (self->n_refused[code], 1);
}
