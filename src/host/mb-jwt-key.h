/* mb-jwt-key.h: a key that tokens are checked with, bound to one algorithm
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-json-span.h"

/* A key set of a large identity provider has a dozen keys. */
#define MB_JWT_SET_MAX_BYTES (256 * 1024)
#define MB_JWT_SET_MAX_KEYS 100

/**
 * MbJwtAlgorithm:
 *
 * What RFC 7518 calls `alg`, as far as it is taken. There is no `none`.
 */
typedef enum {
  MB_JWT_HS256,
  MB_JWT_RS256,
  MB_JWT_ES256,
} MbJwtAlgorithm;

typedef struct _MbJwtKey MbJwtKey;

const char *mb_jwt_algorithm_to_string (MbJwtAlgorithm algorithm);

MbJwtKey *mb_jwt_key_new_secret (const char *secret, gsize length, GError **error);
gboolean mb_jwt_key_read_file (const char *path, char **text, gsize *length, GError **error);
MbJwtKey *mb_jwt_key_new_secret_file (const char *path, GError **error);
MbJwtKey *mb_jwt_key_new_pem (const char *text, gsize length, GError **error);
MbJwtKey *mb_jwt_key_new_jwk (MbJsonSpan jwk, GError **error);
GPtrArray *mb_jwt_key_read_set (const char *text, gsize length, GError **error);
void mb_jwt_key_free (MbJwtKey *self);

MbJwtAlgorithm mb_jwt_key_get_algorithm (MbJwtKey *self);
const char *mb_jwt_key_get_id (MbJwtKey *self);
gboolean mb_jwt_key_verify (MbJwtKey *self, const char *text, gsize length, const guint8 *signature,
    gsize signature_length);
gboolean mb_jwt_key_sign (MbJwtKey *self, const char *text, gsize length, guint8 signature[32]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbJwtKey, mb_jwt_key_free)
