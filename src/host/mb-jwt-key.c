/* mb-jwt-key.c: a key that tokens are checked with, bound to one algorithm
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A key knows its algorithm from what it is, never from a token (RFC 8725 section 3.1): a public key
 * cannot come to be used as a secret, and a secret stands in no key set.
 */
#include "mb-jwt-key.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/stat.h>

#include "mb-base64url.h"
#include "mb-error.h"
#include "mb-json-scan.h"

/* RFC 7518 section 3.2: a key of the hash's size or larger. */
#define SECRET_MIN_BYTES 32
#define SECRET_MAX_BYTES 4096
/* Section 3.3. */
#define RSA_MIN_BITS 2048
#define HALF_BYTES 32 /* of an ES256 signature: r, then s */
#define NUMBER_MAX 2048
#define ID_MAX 256

struct _MbJwtKey {
  MbJwtAlgorithm algorithm;
  char *id;               /* (nullable) owned */
  gnutls_pubkey_t public; /* (nullable) owned */
  gnutls_datum_t secret;  /* owned; empty where it has a public key */
};

const char *
mb_jwt_algorithm_to_string (MbJwtAlgorithm algorithm)
{
  static const char *const NAMES[] = {
      [MB_JWT_HS256] = "HS256", [MB_JWT_RS256] = "RS256", [MB_JWT_ES256] = "ES256"};

  return NAMES[algorithm];
}

/**
 * mb_jwt_key_free:
 */
void
mb_jwt_key_free (MbJwtKey *self)
{
  if (self->public != NULL)
    gnutls_pubkey_deinit (self->public);
  if (self->secret.data != NULL)
    gnutls_memset (self->secret.data, 0, self->secret.size);
  g_free (self->secret.data);
  g_free (self->id);
  g_free (self);
}

/**
 * mb_jwt_key_new_secret:
 * @secret: bytes that both sides know
 *
 * Returns: (transfer full): a key for HS256; or %NULL with %MB_ERROR_USAGE where it is shorter than
 *   32 bytes or longer than 4 KiB
 */
MbJwtKey *
mb_jwt_key_new_secret (const char *secret, gsize length, GError **error)
{
  MbJwtKey *self = NULL;

  if (length < SECRET_MIN_BYTES || length > SECRET_MAX_BYTES) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "a secret has %d to %d bytes, this one %" G_GSIZE_FORMAT
        "; `openssl rand -hex 32` makes a good one",
        SECRET_MIN_BYTES, SECRET_MAX_BYTES, length);
    return NULL;
  }
  self = g_new0 (MbJwtKey, 1);
  self->algorithm = MB_JWT_HS256;
  self->secret.data = g_memdup2 (secret, length);
  self->secret.size = (unsigned int) length;
  return self;
}

/**
 * mb_jwt_key_read_file:
 *
 * Returns: %FALSE with %MB_ERROR_USAGE for a file that cannot be read, or is longer than a key set
 */
gboolean
mb_jwt_key_read_file (const char *path, char **text, gsize *length, GError **error)
{
  g_autoptr (GError) reason = NULL;
  struct stat about;

  if (stat (path, &about) == 0 && about.st_size > MB_JWT_SET_MAX_BYTES) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: is longer than a key can be", path);
    return FALSE;
  }
  if (g_file_get_contents (path, text, length, &reason))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", reason->message);
  return FALSE;
}

/**
 * mb_jwt_key_new_secret_file:
 * @path: a file; a line end behind the secret is none of it
 *
 * Returns: (transfer full): the secret as a key; or %NULL with %MB_ERROR_USAGE
 */
MbJwtKey *
mb_jwt_key_new_secret_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length = 0;
  MbJwtKey *key = NULL;
  struct stat about;

  if (!mb_jwt_key_read_file (path, &text, &length, error))
    return NULL;
  if (stat (path, &about) == 0 && S_ISREG (about.st_mode) && (about.st_mode & S_IROTH) != 0)
    g_warning ("%s: everybody on this machine can read this secret (chmod 600)", path);
  if (length > 0 && text[length - 1] == '\n')
    length--;
  if (length > 0 && text[length - 1] == '\r')
    length--;
  key = mb_jwt_key_new_secret (text, length, error);
  if (key == NULL)
    g_prefix_error (error, "%s: ", path);
  memset (text, 0, length);
  return key;
}

static gboolean
is_p256 (gnutls_pubkey_t key)
{
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;

  return gnutls_pubkey_export_ecc_raw2 (key, &curve, NULL, NULL, 0) == 0 &&
         curve == GNUTLS_ECC_CURVE_SECP256R1;
}

/* Takes @public. */
static MbJwtKey *
new_public (gnutls_pubkey_t public, GError **error)
{
  g_autoptr (MbJwtKey) self = g_new0 (MbJwtKey, 1);
  unsigned int bits = 0;
  int kind = gnutls_pubkey_get_pk_algorithm (public, &bits);

  self->public = public;
  if (kind == GNUTLS_PK_RSA && bits >= RSA_MIN_BITS) {
    self->algorithm = MB_JWT_RS256;
  } else if (kind == GNUTLS_PK_ECDSA && is_p256 (public)) {
    self->algorithm = MB_JWT_ES256;
  } else {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "a public key is one of RSA with at least %d bits, or of the curve P-256", RSA_MIN_BITS);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static gnutls_pubkey_t
make_public (void)
{
  gnutls_pubkey_t public = NULL;

  gnutls_pubkey_init (&public);
  return public;
}

/**
 * mb_jwt_key_new_pem:
 * @text: a public key or a certificate, in PEM
 *
 * Returns: (transfer full): a key for RS256 or ES256; or %NULL with %MB_ERROR_USAGE
 */
MbJwtKey *
mb_jwt_key_new_pem (const char *text, gsize length, GError **error)
{
  gnutls_datum_t pem = {.data = (unsigned char *) text, .size = (unsigned int) length};
  gnutls_pubkey_t public = NULL;

  if (g_strstr_len (text, (gssize) length, "PRIVATE KEY-----") != NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_USAGE,
        "this is a private key; a host wants the public one (openssl pkey -pubout)");
    return NULL;
  }
  public = make_public ();
  if (gnutls_pubkey_import (public, &pem, GNUTLS_X509_FMT_PEM) != 0 &&
      gnutls_pubkey_import_x509_raw (public, &pem, GNUTLS_X509_FMT_PEM, 0) != 0) {
    gnutls_pubkey_deinit (public);
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_USAGE, "there is no public key in PEM form in it");
    return NULL;
  }
  return new_public (public, error);
}

/* A number of a JWK, big-endian in base64url; freed by the caller. */
static gboolean
read_number (MbJsonSpan span, const char *name, gnutls_datum_t *number, GError **error)
{
  g_autofree char *text = mb_json_span_dup_string (span, name, NUMBER_MAX, error);
  gsize length = 0;

  if (text == NULL)
    return FALSE;
  number->data = mb_base64url_decode (text, strlen (text), &length);
  number->size = (unsigned int) length;
  if (number->data == NULL || length == 0)
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s is not base64url", name);
  return number->data != NULL && length > 0;
}

static gnutls_pubkey_t
read_rsa (MbJsonSpan jwk, GError **error)
{
  static const char *const NAMES[] = {"n", "e"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  gnutls_datum_t n = {0};
  gnutls_datum_t e = {0};
  gnutls_pubkey_t public = make_public ();
  gboolean good = FALSE;

  mb_json_find_many (jwk, NAMES, values, G_N_ELEMENTS (NAMES));
  good = read_number (values[0], "n", &n, error) && read_number (values[1], "e", &e, error);
  if (good && gnutls_pubkey_import_rsa_raw (public, &n, &e) != 0) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "n and e make no RSA key");
    good = FALSE;
  }
  if (!good)
    g_clear_pointer (&public, gnutls_pubkey_deinit);
  g_free (n.data);
  g_free (e.data);
  return public;
}

static gnutls_pubkey_t
read_ec (MbJsonSpan jwk, GError **error)
{
  static const char *const NAMES[] = {"x", "y"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  gnutls_datum_t x = {0};
  gnutls_datum_t y = {0};
  gnutls_pubkey_t public = make_public ();
  gboolean good = FALSE;

  mb_json_find_many (jwk, NAMES, values, G_N_ELEMENTS (NAMES));
  good = read_number (values[0], "x", &x, error) && read_number (values[1], "y", &y, error);
  if (good && gnutls_pubkey_import_ecc_raw (public, GNUTLS_ECC_CURVE_SECP256R1, &x, &y) != 0) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "x and y are no point of P-256");
    good = FALSE;
  }
  if (!good)
    g_clear_pointer (&public, gnutls_pubkey_deinit);
  g_free (x.data);
  g_free (y.data);
  return public;
}

static gboolean
is_absent_or (MbJsonSpan span, const char *value)
{
  return span.text == NULL || mb_json_span_equals (span, value);
}

/**
 * mb_jwt_key_new_jwk:
 * @jwk: a JSON Web Key (RFC 7517)
 *
 * Returns: (transfer full): a key; or %NULL with %MB_ERROR_UNSUPPORTED where it is for something
 *   else than RS256 and ES256 (a secret among them), another code where it is broken
 */
MbJwtKey *
mb_jwt_key_new_jwk (MbJsonSpan jwk, GError **error)
{
  static const char *const NAMES[] = {"kty", "use", "alg", "crv", "kid"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  gnutls_pubkey_t public = NULL;
  g_autoptr (MbJwtKey) self = NULL;
  gboolean is_rsa = FALSE;
  gboolean is_ec = FALSE;

  mb_json_find_many (jwk, NAMES, values, G_N_ELEMENTS (NAMES));
  is_rsa = mb_json_span_equals (values[0], "RSA") && is_absent_or (values[2], "RS256");
  is_ec = mb_json_span_equals (values[0], "EC") && mb_json_span_equals (values[3], "P-256") &&
          is_absent_or (values[2], "ES256");
  if ((!is_rsa && !is_ec) || !is_absent_or (values[1], "sig")) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_UNSUPPORTED, "the key is for neither RS256 nor ES256");
    return NULL;
  }
  public = is_rsa ? read_rsa (jwk, error) : read_ec (jwk, error);
  if (public == NULL)
    return NULL;
  self = new_public (public, error);
  if (self == NULL)
    return NULL;
  if (values[4].text != NULL) {
    self->id = mb_json_span_dup_string (values[4], "kid", ID_MAX, error);
    if (self->id == NULL)
      return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * mb_jwt_key_read_set:
 * @text: a JSON Web Key Set, or one key
 *
 * Keys that are for something else, or broken, are passed over.
 *
 * Returns: (transfer full) (element-type MbJwtKey): at least one key; or %NULL with %MB_ERROR_USAGE
 */
GPtrArray *
mb_jwt_key_read_set (const char *text, gsize length, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_jwt_key_free);
  g_autoptr (GError) reason = NULL;
  MbJsonSpan whole = {0};
  MbJsonSpan list = {0};
  MbJsonSpan item = {0};
  MbJsonIter iter;

  if (length > MB_JWT_SET_MAX_BYTES) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_USAGE, "a key set has at most %d bytes", MB_JWT_SET_MAX_BYTES);
    return NULL;
  }
  if (!mb_json_scan (text, length, MB_JSON_DEPTH, &whole, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "this is no key set: %s", reason->message);
    return NULL;
  }
  if (!mb_json_find (whole, "keys", &list))
    mb_json_iter_init (&iter, (MbJsonSpan){0});
  else
    mb_json_iter_init (&iter, list);
  while (keys->len < MB_JWT_SET_MAX_KEYS && mb_json_iter_next (&iter, NULL, &item)) {
    g_autoptr (GError) fault = NULL;
    MbJwtKey *key = mb_jwt_key_new_jwk (item, &fault);

    if (key != NULL)
      g_ptr_array_add (keys, key);
    else
      g_debug ("a key of the set is passed over: %s", fault->message);
  }
  if (keys->len == 0) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_USAGE,
        "there is no key for RS256 or ES256 in the key set ({\"keys\": […]})");
    return NULL;
  }
  return g_steal_pointer (&keys);
}

MbJwtAlgorithm
mb_jwt_key_get_algorithm (MbJwtKey *self)
{
  return self->algorithm;
}

/**
 * mb_jwt_key_get_id:
 *
 * Returns: (nullable): its `kid`
 */
const char *
mb_jwt_key_get_id (MbJwtKey *self)
{
  return self->id;
}

/* @bytes without leading zeroes, which DER does not take. */
static gnutls_datum_t
make_integer (const guint8 *bytes, gsize length)
{
  while (length > 1 && *bytes == 0) {
    bytes++;
    length--;
  }
  return (gnutls_datum_t){.data = (unsigned char *) bytes, .size = (unsigned int) length};
}

static gboolean
verify_es256 (
    MbJwtKey *self, const gnutls_datum_t *data, const guint8 *signature, gsize signature_length)
{
  gnutls_datum_t r = {0};
  gnutls_datum_t s = {0};
  gnutls_datum_t der = {0};
  gboolean good = FALSE;

  if (signature_length != 2 * HALF_BYTES)
    return FALSE;
  r = make_integer (signature, HALF_BYTES);
  s = make_integer (signature + HALF_BYTES, HALF_BYTES);
  if (gnutls_encode_rs_value (&der, &r, &s) != 0)
    return FALSE;
  good = gnutls_pubkey_verify_data2 (self->public, GNUTLS_SIGN_ECDSA_SHA256, 0, data, &der) >= 0;
  gnutls_free (der.data);
  return good;
}

/**
 * mb_jwt_key_verify:
 * @text: what was signed
 *
 * Returns: whether @signature is that of this key, by its own algorithm
 */
gboolean
mb_jwt_key_verify (
    MbJwtKey *self, const char *text, gsize length, const guint8 *signature, gsize signature_length)
{
  gnutls_datum_t data = {.data = (unsigned char *) text, .size = (unsigned int) length};
  gnutls_datum_t given = {
      .data = (unsigned char *) signature, .size = (unsigned int) signature_length};
  guint8 own[32];

  switch (self->algorithm) {
  case MB_JWT_HS256:
    return mb_jwt_key_sign (self, text, length, own) && signature_length == sizeof own &&
           gnutls_memcmp (own, signature, sizeof own) == 0;
  case MB_JWT_RS256:
    return gnutls_pubkey_verify_data2 (self->public, GNUTLS_SIGN_RSA_SHA256, 0, &data, &given) >= 0;
  case MB_JWT_ES256:
    return verify_es256 (self, &data, signature, signature_length);
  }
  return FALSE;
}

/**
 * mb_jwt_key_sign:
 * @signature: (out): by HS256
 *
 * Returns: %FALSE for a key that is no secret
 */
gboolean
mb_jwt_key_sign (MbJwtKey *self, const char *text, gsize length, guint8 signature[32])
{
  return self->algorithm == MB_JWT_HS256 && gnutls_hmac_fast (GNUTLS_MAC_SHA256, self->secret.data,
                                                self->secret.size, text, length, signature) == 0;
}
