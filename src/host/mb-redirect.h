/* mb-redirect.h: a second listener that sends everybody to https
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-http.h"

typedef struct _MbRedirect MbRedirect;

MbRedirect *mb_redirect_new (MbReactor *reactor, MbVisitors *visitors, const char *address,
    guint16 port, guint16 secure_port, GError **error);
void mb_redirect_free (MbRedirect *self);
guint16 mb_redirect_get_port (MbRedirect *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbRedirect, mb_redirect_free)
