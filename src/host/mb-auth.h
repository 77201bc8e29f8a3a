/* mb-auth.h: who comes in: tokens to passes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-auth-config.h"
#include "mb-http.h"
#include "mb-pass.h"

typedef struct _MbAuth MbAuth;

typedef void (*MbAuthFunc) (gpointer user_data);

MbAuth *mb_auth_new (const MbAuthConfig *config, GError **error);
void mb_auth_free (MbAuth *self);
MbPass *mb_auth_check (MbAuth *self, const char *token, GError **error);
MbPass *mb_auth_admit (MbAuth *self, MbHttpRequest *request, const char *token);
const char *mb_auth_find_bearer (MbHttpRequest *request);
char *mb_auth_make_token (MbAuth *self, const char *claims);
gboolean mb_auth_reload (MbAuth *self, const MbAuthConfig *config, GError **error);
void mb_auth_set_listener (MbAuth *self, MbAuthFunc func, gpointer user_data);
gboolean mb_auth_has_keys (MbAuth *self);
gboolean mb_auth_wants_tokens (MbAuth *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbAuth, mb_auth_free)
