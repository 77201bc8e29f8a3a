/* mb-jwt.h: a JSON Web Token in its compact form: parts, signature, claims
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-jwt-key.h"

/* Longer ones are refused unread. */
#define MB_JWT_MAX_BYTES 8192
/* How far clocks may be apart. */
#define MB_JWT_LEEWAY_S 30

/**
 * MbJwtExpectation:
 * @keys: (element-type MbJwtKey): what it may be signed with
 * @issuer: (nullable): who has to have made it
 * @audiences: (nullable) (array zero-terminated=1): whom it has to be for, one of them
 * @now_us: µs since 1970 UTC
 */
typedef struct {
  GPtrArray *keys;
  const char *issuer;
  const char *const *audiences;
  gint64 now_us;
} MbJwtExpectation;

char *mb_jwt_check (const char *token, const MbJwtExpectation *expectation, gint64 *expires_us,
    gboolean *is_key_unknown, GError **error);
char *mb_jwt_make (MbJwtKey *key, const char *claims);
