/* mb-lobby-metrics.h: what a lobby counts
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-error.h"
#include "mb-events.h"
#include "mb-metrics.h"

/* Those that a client of this host can have. */
#define MB_LOBBY_ROLES MB_ROLE_UNKNOWN
#define MB_LOBBY_DIALECTS 2
#define MB_LOBBY_REASONS (MB_ERROR_FORBIDDEN + 1)

/**
 * MbLobbyMetrics:
 *
 * Labels have few values, whatever clients send. Nothing is owned.
 */
typedef struct {
  MbMetric *n_connections;
  MbMetric *n_rooms;
  MbMetric *n_members;
  MbMetric *n_joins[MB_LOBBY_ROLES];
  MbMetric *n_signals[MB_LOBBY_DIALECTS];
  MbMetric *n_signal_bytes[MB_LOBBY_DIALECTS];
  MbMetric *n_refused[MB_LOBBY_REASONS]; /* by code of MbError; those of one word are one */
} MbLobbyMetrics;

void mb_lobby_metrics_init (MbLobbyMetrics *self, MbMetrics *metrics);
void mb_lobby_metrics_count_signal (MbLobbyMetrics *self, MbDialect dialect, gsize n_bytes);
void mb_lobby_metrics_count_refusal (MbLobbyMetrics *self, const GError *error);
