/* mb-jwks.h: a key set that a URL has: fetched, kept, fetched again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-metrics.h"

typedef struct _MbJwks MbJwks;

/**
 * MbJwksFunc:
 *
 * An attempt to fetch is over; mb_jwks_get_keys() has what there is.
 */
typedef void (*MbJwksFunc) (gpointer user_data);

gboolean mb_jwks_is_url (const char *text);
gboolean mb_jwks_check_url (const char *url, GError **error);
MbJwks *mb_jwks_new (const char *url, MbMetrics *metrics, MbJwksFunc func, gpointer user_data);
void mb_jwks_free (MbJwks *self);
GPtrArray *mb_jwks_get_keys (MbJwks *self);
gboolean mb_jwks_has_url (MbJwks *self, const char *url);
gboolean mb_jwks_ask (MbJwks *self);
void mb_jwks_refresh (MbJwks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbJwks, mb_jwks_free)
