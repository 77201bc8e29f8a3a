/* mb-auth-config.h: what a host asks of those who come
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbAuthConfig:
 * @wants_tokens: %FALSE lets everybody do everything
 * @secret_file: (nullable): for HS256
 * @public_key: (nullable): a PEM file, for RS256 or ES256
 * @jwks: (nullable): a key set's file, or its URL
 * @issuer: (nullable): `iss` as it has to be
 * @audiences: (nullable) (array zero-terminated=1): one of which `aud` has to name
 *
 * With @wants_tokens one of the three keys is set.
 */
typedef struct {
  gboolean wants_tokens;
  const char *secret_file;
  const char *public_key;
  const char *jwks;
  const char *issuer;
  const char *const *audiences;
} MbAuthConfig;
