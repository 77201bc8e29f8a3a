/* mb-fingerprint.h: certificates against the a=fingerprint of a description; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_FINGERPRINT_MAX_SIZE 64 /* bytes: SHA-512 */

typedef struct {
  GChecksumType type;
  gsize size; /* 0 means none */
  guint8 digest[MB_FINGERPRINT_MAX_SIZE];
} MbFingerprint;

gboolean mb_fingerprint_parse (
    MbFingerprint *self, const char *hash, const char *hex, GError **error);
gboolean mb_fingerprint_matches (const MbFingerprint *self, const char *pem);
