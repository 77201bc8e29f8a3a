/* mb-api.h: REST: requests to the lobby, JSON back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-auth.h"
#include "mb-http.h"
#include "mb-ice-list.h"
#include "mb-lobby.h"
#include "mb-metrics-page.h"
#include "mb-origins.h"

typedef struct _MbApi MbApi;

MbApi *mb_api_new (MbHttp *http, MbLobby *lobby, MbOrigins *origins, MbAuth *auth,
    MbMetricsPage *metrics_page, MbIceList *ice, MbMetrics *metrics);
void mb_api_free (MbApi *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbApi, mb_api_free)
