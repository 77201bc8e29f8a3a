/* mb-origins.h: which web pages may use the host
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-http.h"

typedef struct _MbOrigins MbOrigins;

MbOrigins *mb_origins_new (const char *const *allowed);
void mb_origins_set (MbOrigins *self, const char *const *allowed);
void mb_origins_free (MbOrigins *self);
gboolean mb_origins_apply (MbOrigins *self, MbHttpRequest *request);
void mb_origins_reply_options (MbHttpRequest *request, const char *methods);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbOrigins, mb_origins_free)
