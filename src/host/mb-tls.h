/* mb-tls.h: a certificate and its key for callers, read again when their files change
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-metrics.h"
#include "mb-reactor.h"

typedef struct _MbTls MbTls;

MbTls *mb_tls_new (MbReactor *reactor, MbMetrics *metrics, const char *certificate_path,
    const char *key_path, GError **error);
MbTls *mb_tls_ref (MbTls *self);
void mb_tls_unref (MbTls *self);
void mb_tls_close (MbTls *self);
gboolean mb_tls_reload (MbTls *self, GError **error);
struct ssl_ctx_st *mb_tls_get_context (MbTls *self);
void mb_tls_count_handshake (MbTls *self, gboolean has_succeeded);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTls, mb_tls_unref)
