/* mb-fingerprint.c: certificates against the a=fingerprint of a description; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-fingerprint.h"

#include <string.h>

#include "mb-error.h"

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

typedef struct {
  const char *name;
  GChecksumType type;
} Hash;

/* RFC 8122 §5 leaves md5, sha-1 and sha-224 behind. */
static const Hash HASHES[] = {
    {"sha-256", G_CHECKSUM_SHA256},
    {"sha-384", G_CHECKSUM_SHA384},
    {"sha-512", G_CHECKSUM_SHA512},
};

static const Hash *
find_hash (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (HASHES); i++) {
    if (g_ascii_strcasecmp (HASHES[i].name, name) == 0)
      return &HASHES[i];
  }
  return NULL;
}

/**
 * mb_fingerprint_parse:
 * @self: (out caller-allocates): the fingerprint
 * @hash: the hash function's name, `sha-256`, `sha-384` or `sha-512`
 * @hex: as many hexadecimal bytes as it has, a colon between them: `4A:AD:…`
 *
 * Returns: %FALSE with %MB_ERROR_SECURITY for any other hash function, %MB_ERROR_BAD_REQUEST for
 *   any other form
 */
gboolean
mb_fingerprint_parse (MbFingerprint *self, const char *hash, const char *hex, GError **error)
{
  const Hash *found = find_hash (hash);
  MbFingerprint parsed = {.size = 0};
  gsize size;

  if (found == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_SECURITY,
        "fingerprint by %.16s: sha-256, sha-384 or sha-512 is needed", hash);
    return FALSE;
  }
  parsed.type = found->type;
  size = (gsize) g_checksum_type_get_length (found->type);
  for (gsize i = 0; i < size; i++) {
    int high = g_ascii_xdigit_value (hex[0]);
    int low = high >= 0 ? g_ascii_xdigit_value (hex[1]) : -1;

    if (low < 0 || hex[2] != (i + 1 < size ? ':' : '\0')) {
      g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
          "fingerprint is not %" G_GSIZE_FORMAT " bytes like 4A:AD", size);
      return FALSE;
    }
    parsed.digest[i] = (guint8) (high << 4 | low);
    hex += 3;
  }
  parsed.size = size;
  *self = parsed;
  return TRUE;
}

/**
 * mb_fingerprint_matches:
 * @pem: (nullable): one certificate
 *
 * Returns: whether the digest of its DER form is this one
 */
gboolean
mb_fingerprint_matches (const MbFingerprint *self, const char *pem)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (self->type);
  g_autofree char *base64 = NULL;
  g_autofree guint8 *der = NULL;
  guint8 digest[MB_FINGERPRINT_MAX_SIZE];
  gsize digest_size = sizeof digest;
  gsize der_size = 0;
  const char *begin = pem != NULL ? strstr (pem, PEM_BEGIN) : NULL;
  const char *end = begin != NULL ? strstr (begin, PEM_END) : NULL;

  if (end == NULL || self->size == 0)
    return FALSE;
  begin += strlen (PEM_BEGIN);
  base64 = g_strndup (begin, (gsize) (end - begin));
  der = g_base64_decode (base64, &der_size);
  if (der_size == 0)
    return FALSE;
  g_checksum_update (checksum, der, (gssize) der_size);
  g_checksum_get_digest (checksum, digest, &digest_size);
  return digest_size == self->size && memcmp (digest, self->digest, digest_size) == 0;
}
