/* mb-jwt.c: a JSON Web Token in its compact form: parts, signature, claims
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order is RFC 8725's: the header is read for nothing but the key that is meant; no claim is
 * looked at before the signature was right; and what the header says of other keys (`jku`, `jwk`,
 * `x5u`) is never followed.
 */
#include "mb-jwt.h"

#include <math.h>
#include <string.h>

#include "mb-base64url.h"
#include "mb-error.h"
#include "mb-json-scan.h"

#define DEPTH 8
#define ID_MAX 256
#define TEXT_MAX 1024
/* 9999-12-31: beyond it no calendar goes. */
#define DATE_MAX 253402300799.0

typedef struct {
  char *parts[3]; /* decoded, terminated; owned */
  gsize lengths[3];
  gsize signed_length; /* of the token's text */
} Parts;

static void
parts_clear (Parts *self)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (self->parts); i++)
    g_free (self->parts[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, MB_ERROR, MB_ERROR_UNAUTHORIZED, why);
  return FALSE;
}

static gboolean
split (Parts *self, const char *token, GError **error)
{
  const char *at = token;

  if (strnlen (token, MB_JWT_MAX_BYTES + 1) > MB_JWT_MAX_BYTES)
    return refuse (error, "the token is longer than 8 KiB");
  for (unsigned int i = 0; i < G_N_ELEMENTS (self->parts); i++) {
    gsize length = strcspn (at, ".");

    if (at[length] != (i < 2 ? '.' : '\0'))
      return refuse (error, "the token has not the three parts of a signed JWT");
    self->parts[i] = (char *) mb_base64url_decode (at, length, &self->lengths[i]);
    if (self->parts[i] == NULL || self->lengths[i] == 0)
      return refuse (error, "a part of the token is empty or not base64url");
    if (i < 2)
      self->signed_length = (gsize) (at - token) + length;
    at += length + 1;
  }
  return TRUE;
}

static gboolean
scan_object (const char *text, gsize length, MbJsonSpan *object, GError **error)
{
  if (!mb_json_scan (text, length, DEPTH, object, NULL) ||
      mb_json_span_get_kind (*object) != MB_JSON_OBJECT)
    return refuse (error, "a part of the token is not a JSON object");
  return TRUE;
}

/* Tokens for other purposes name them here (RFC 8725 section 3.11). */
static gboolean
is_access_token (MbJsonSpan type)
{
  g_autofree char *text = NULL;

  if (type.text == NULL)
    return TRUE;
  text = mb_json_span_dup_string (type, "typ", 64, NULL);
  return text != NULL &&
         (g_ascii_strcasecmp (text, "JWT") == 0 || g_ascii_strcasecmp (text, "at+jwt") == 0 ||
             g_ascii_strcasecmp (text, "application/at+jwt") == 0);
}

/* A single key needs no name; of several one has to be meant without doubt. */
static MbJwtKey *
find_key (GPtrArray *keys, const char *id, MbJsonSpan algorithm, unsigned int *n_named)
{
  MbJwtKey *found = NULL;
  unsigned int n_found = 0;

  for (unsigned int i = 0; i < keys->len; i++) {
    MbJwtKey *key = g_ptr_array_index (keys, i);
    const char *own_id = mb_jwt_key_get_id (key);

    if (id != NULL && own_id != NULL && strcmp (id, own_id) != 0)
      continue;
    if (id != NULL && own_id == NULL && keys->len > 1)
      continue;
    (*n_named)++;
    if (!mb_json_span_equals (
            algorithm, mb_jwt_algorithm_to_string (mb_jwt_key_get_algorithm (key))))
      continue;
    found = key;
    n_found++;
  }
  return n_found == 1 ? found : NULL;
}

static MbJwtKey *
choose_key (const Parts *parts, GPtrArray *keys, gboolean *is_key_unknown, GError **error)
{
  static const char *const NAMES[] = {"alg", "kid", "typ", "crit"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  MbJsonSpan header = {0};
  g_autofree char *id = NULL;
  unsigned int n_named = 0;
  MbJwtKey *key = NULL;

  if (!scan_object (parts->parts[0], parts->lengths[0], &header, error))
    return NULL;
  mb_json_find_many (header, NAMES, values, G_N_ELEMENTS (NAMES));
  if (values[3].text != NULL || !is_access_token (values[2])) {
    refuse (error, "the token's header asks for something that is not understood here");
    return NULL;
  }
  if (values[1].text != NULL) {
    id = mb_json_span_dup_string (values[1], "kid", ID_MAX, NULL);
    if (id == NULL) {
      refuse (error, "the token's kid is no short string");
      return NULL;
    }
  }
  key = find_key (keys, id, values[0], &n_named);
  if (key == NULL) {
    *is_key_unknown = n_named == 0;
    refuse (error, n_named == 0 ? "the token is signed with a key that is not known here"
                                : "the token is not signed with the algorithm of the key");
  }
  return key;
}

/* A NumericDate of RFC 7519 may have a fraction: PHP's libraries write one. */
static gboolean
read_date (MbJsonSpan span, const char *name, double *seconds, GError **error)
{
  char text[32];
  char *end = NULL;

  if (mb_json_span_get_kind (span) == MB_JSON_NUMBER && span.length < sizeof text) {
    memcpy (text, span.text, span.length);
    text[span.length] = '\0';
    *seconds = g_ascii_strtod (text, &end);
    if (end == text + span.length && isfinite (*seconds) && fabs (*seconds) <= DATE_MAX)
      return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_UNAUTHORIZED, "the token's %s is no date", name);
  return FALSE;
}

static gboolean
check_time (MbJsonSpan exp, MbJsonSpan nbf, gint64 now_us, gint64 *expires_us, GError **error)
{
  double now = (double) now_us / G_USEC_PER_SEC;
  double end = 0;
  double begin = 0;

  if (exp.text == NULL)
    return refuse (error, "the token does not say when it expires (exp)");
  if (!read_date (exp, "exp", &end, error) ||
      (nbf.text != NULL && !read_date (nbf, "nbf", &begin, error)))
    return FALSE;
  if (now >= end + MB_JWT_LEEWAY_S)
    return refuse (error, "the token has expired");
  if (nbf.text != NULL && now < begin - MB_JWT_LEEWAY_S)
    return refuse (error, "the token is not valid yet (nbf)");
  *expires_us = (gint64) (end * G_USEC_PER_SEC);
  return TRUE;
}

static gboolean
names_one_of (MbJsonSpan span, const char *const *wanted)
{
  g_autofree char *text = mb_json_span_dup_string (span, "aud", TEXT_MAX, NULL);

  return text != NULL && g_strv_contains (wanted, text);
}

static gboolean
is_for (MbJsonSpan audience, const char *const *wanted)
{
  MbJsonSpan item = {0};
  MbJsonIter iter;

  if (names_one_of (audience, wanted))
    return TRUE;
  if (mb_json_span_get_kind (audience) != MB_JSON_ARRAY)
    return FALSE;
  mb_json_iter_init (&iter, audience);
  while (mb_json_iter_next (&iter, NULL, &item)) {
    if (names_one_of (item, wanted))
      return TRUE;
  }
  return FALSE;
}

static gboolean
check_claims (
    MbJsonSpan claims, const MbJwtExpectation *expectation, gint64 *expires_us, GError **error)
{
  static const char *const NAMES[] = {"exp", "nbf", "iss", "aud"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  const char *const issuers[] = {expectation->issuer, NULL};

  mb_json_find_many (claims, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!check_time (values[0], values[1], expectation->now_us, expires_us, error))
    return FALSE;
  if (expectation->issuer != NULL && !names_one_of (values[2], issuers))
    return refuse (error, "the token is of another issuer (iss)");
  if (expectation->audiences != NULL && expectation->audiences[0] != NULL &&
      !is_for (values[3], expectation->audiences))
    return refuse (error, "the token is for another audience (aud)");
  return TRUE;
}

/**
 * mb_jwt_check:
 * @expires_us: (out): when it does, µs since 1970 UTC
 * @is_key_unknown: (out): whether it was refused because its `kid` is none of the keys'
 *
 * Returns: (transfer full): its claims, an object that mb_json_scan() takes; or %NULL with
 *   %MB_ERROR_UNAUTHORIZED and a reason in which nothing of the token is repeated
 */
char *
mb_jwt_check (const char *token, const MbJwtExpectation *expectation, gint64 *expires_us,
    gboolean *is_key_unknown, GError **error)
{
  g_auto (Parts) parts = {0};
  MbJsonSpan claims = {0};
  MbJwtKey *key = NULL;

  *is_key_unknown = FALSE;
  if (!split (&parts, token, error))
    return NULL;
  key = choose_key (&parts, expectation->keys, is_key_unknown, error);
  if (key == NULL)
    return NULL;
  if (!mb_jwt_key_verify (
          key, token, parts.signed_length, (const guint8 *) parts.parts[2], parts.lengths[2])) {
    refuse (error, "the token's signature is wrong");
    return NULL;
  }
  if (!scan_object (parts.parts[1], parts.lengths[1], &claims, error) ||
      !check_claims (claims, expectation, expires_us, error))
    return NULL;
  return g_steal_pointer (&parts.parts[1]);
}

/**
 * mb_jwt_make:
 * @key: a secret
 * @claims: a JSON object
 *
 * Returns: (transfer full) (nullable): a token, by HS256; %NULL for a key that is no secret
 */
char *
mb_jwt_make (MbJwtKey *key, const char *claims)
{
  static const char HEADER[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
  g_autoptr (GString) token = g_string_new (NULL);
  guint8 signature[32];

  mb_base64url_append (token, HEADER, sizeof HEADER - 1);
  g_string_append_c (token, '.');
  mb_base64url_append (token, claims, strlen (claims));
  if (!mb_jwt_key_sign (key, token->str, token->len, signature))
    return NULL;
  g_string_append_c (token, '.');
  mb_base64url_append (token, signature, sizeof signature);
  return g_string_free (g_steal_pointer (&token), FALSE);
}
