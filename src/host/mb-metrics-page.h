/* mb-metrics-page.h: who may read /metrics, and where
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-reactor.h"

typedef struct _MbMetricsPage MbMetricsPage;
/* As in mb-http.h, which shows libsoup's types to whoever includes it. */
typedef struct _MbHttpRequest MbHttpRequest;

/**
 * MbMetricsPageConfig:
 * @listen_address: (nullable): where it is, instead of beside everything else
 * @port: there; 0 picks a free one
 * @token_file: (nullable): what a reader has to bring as a bearer token
 */
typedef struct {
  const char *listen_address;
  guint16 port;
  const char *token_file;
} MbMetricsPageConfig;

/**
 * MbMetricsPageFunc:
 *
 * Returns: (transfer full): Prometheus' text, as it is now
 */
typedef char *(*MbMetricsPageFunc) (gpointer user_data);

MbMetricsPage *mb_metrics_page_new (MbReactor *reactor, const MbMetricsPageConfig *config,
    MbMetricsPageFunc func, gpointer user_data, GError **error);
void mb_metrics_page_free (MbMetricsPage *self);
gboolean mb_metrics_page_is_elsewhere (MbMetricsPage *self);
guint16 mb_metrics_page_get_port (MbMetricsPage *self);
void mb_metrics_page_serve (MbMetricsPage *self, MbHttpRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMetricsPage, mb_metrics_page_free)
