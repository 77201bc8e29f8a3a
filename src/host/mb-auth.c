/* mb-auth.c: who comes in: tokens to passes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where no tokens are wanted everybody has the same pass, so that no code asks whether they are: who
 * has no pass may do nothing. Neither a token nor a part of one is logged or told.
 */
#include "mb-auth.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"
#include "mb-jwks.h"
#include "mb-jwt.h"
#include "mb-message.h"

#define SUBJECT_MAX 255
#define NAME_MAX_BYTES 1024
#define ROOMS_MAX 1000

struct _MbAuth {
  MbPass *everybody; /* (nullable) owned; where no tokens are wanted */
  GPtrArray *keys;   /* (nullable) (element-type MbJwtKey) owned; of files */
  MbJwks *jwks;      /* (nullable) owned; of a URL */
  GPtrArray *held;   /* (element-type MbHttpRequest) owned; they wait for its keys */
  MbAuthFunc func;   /* (nullable) told when others may try again */
  gpointer user_data;
  char *issuer;     /* (nullable) owned */
  char **audiences; /* (nullable) owned */
};

static GPtrArray *
read_keys (const MbAuthConfig *config, GError **error)
{
  const char *path = config->public_key != NULL ? config->public_key : config->jwks;
  g_autoptr (GPtrArray) keys = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  MbJwtKey *key = NULL;

  if (config->secret_file == NULL && !mb_jwt_key_read_file (path, &text, &length, error))
    return NULL;
  if (config->secret_file == NULL && config->public_key == NULL) {
    keys = mb_jwt_key_read_set (text, length, error);
    if (keys == NULL)
      g_prefix_error (error, "%s: ", path);
    return g_steal_pointer (&keys);
  }
  if (config->secret_file != NULL)
    key = mb_jwt_key_new_secret_file (config->secret_file, error);
  else if ((key = mb_jwt_key_new_pem (text, length, error)) == NULL)
    g_prefix_error (error, "%s: ", path);
  if (key == NULL)
    return NULL;
  keys = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_jwt_key_free);
  g_ptr_array_add (keys, key);
  return g_steal_pointer (&keys);
}

static GPtrArray *
get_keys (MbAuth *self)
{
  return self->jwks != NULL ? mb_jwks_get_keys (self->jwks) : self->keys;
}

static void
on_keys_fetched (gpointer user_data)
{
  MbAuth *self = user_data;
  g_autoptr (GPtrArray) held = g_steal_pointer (&self->held);

  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_http_request_unref);
  for (unsigned int i = 0; i < held->len; i++)
    mb_http_request_handle_again (g_ptr_array_index (held, i));
  if (self->func != NULL)
    self->func (self->user_data);
}

/**
 * mb_auth_set_listener:
 * @func: called when those whom mb_auth_check() has told %MB_ERROR_UNAVAILABLE may try again
 */
void
mb_auth_set_listener (MbAuth *self, MbAuthFunc func, gpointer user_data)
{
  self->func = func;
  self->user_data = user_data;
}

/**
 * mb_auth_has_keys:
 *
 * Returns: %FALSE where nobody can come in, since a key set has not come yet
 */
gboolean
mb_auth_has_keys (MbAuth *self)
{
  return self->everybody != NULL || get_keys (self) != NULL;
}

/**
 * mb_auth_new:
 *
 * Returns: (transfer full): the door; or %NULL with %MB_ERROR_USAGE where a key cannot be read
 */
MbAuth *
mb_auth_new (const MbAuthConfig *config, GError **error)
{
  g_autoptr (MbAuth) self = g_new0 (MbAuth, 1);

  if (!config->wants_tokens) {
    self->everybody = mb_pass_new_for_all ();
    return g_steal_pointer (&self);
  }
  self->issuer = g_strdup (config->issuer);
  self->audiences = g_strdupv ((char **) config->audiences);
  self->held = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_http_request_unref);
  if (config->jwks != NULL && mb_jwks_is_url (config->jwks)) {
    if (!mb_jwks_check_url (config->jwks, error))
      return NULL;
    self->jwks = mb_jwks_new (config->jwks, mb_metrics_get_default (), on_keys_fetched, self);
    return g_steal_pointer (&self);
  }
  self->keys = read_keys (config, error);
  return self->keys == NULL ? NULL : g_steal_pointer (&self);
}

/**
 * mb_auth_reload:
 * @config: whether tokens are wanted is as before
 *
 * For tokens that come from here on; who is in stays. A key set that has the URL it had is fetched again, and
 * its keys stay meanwhile.
 *
 * Returns: %FALSE with %MB_ERROR_USAGE where a key cannot be read; everything stays then
 */
gboolean
mb_auth_reload (MbAuth *self, const MbAuthConfig *config, GError **error)
{
  gboolean is_url = config->jwks != NULL && mb_jwks_is_url (config->jwks);
  GPtrArray *keys = NULL;

  if (!config->wants_tokens)
    return TRUE;
  if (is_url && !mb_jwks_check_url (config->jwks, error))
    return FALSE;
  if (!is_url && (keys = read_keys (config, error)) == NULL)
    return FALSE;
  if (is_url && self->jwks != NULL && mb_jwks_has_url (self->jwks, config->jwks)) {
    mb_jwks_refresh (self->jwks);
  } else {
    g_clear_pointer (&self->jwks, mb_jwks_free);
    if (is_url)
      self->jwks = mb_jwks_new (config->jwks, mb_metrics_get_default (), on_keys_fetched, self);
  }
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  self->keys = keys;
  g_free (self->issuer);
  self->issuer = g_strdup (config->issuer);
  g_strfreev (self->audiences);
  self->audiences = g_strdupv ((char **) config->audiences);
  return TRUE;
}

void
mb_auth_free (MbAuth *self)
{
  g_clear_pointer (&self->everybody, mb_pass_unref);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_pointer (&self->jwks, mb_jwks_free);
  g_clear_pointer (&self->held, g_ptr_array_unref);
  g_strfreev (self->audiences);
  g_free (self->issuer);
  g_free (self);
}

gboolean
mb_auth_wants_tokens (MbAuth *self)
{
  return self->everybody == NULL;
}

static gboolean
refuse_claim (GError **error, const char *name)
{
  g_set_error (error, MB_ERROR, MB_ERROR_UNAUTHORIZED, "the token's %s is not of its form", name);
  return FALSE;
}

/* One string or an array of them. */
static GPtrArray *
read_strings (MbJsonSpan span, gsize max_bytes)
{
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  MbJsonSpan item = span;
  MbJsonIter iter;
  gboolean is_list = mb_json_span_get_kind (span) == MB_JSON_ARRAY;

  if (is_list)
    mb_json_iter_init (&iter, span);
  while (!is_list || mb_json_iter_next (&iter, NULL, &item)) {
    char *text = mb_json_span_dup_string (item, "claim", max_bytes, NULL);

    if (text == NULL)
      return NULL;
    g_ptr_array_add (strings, text);
    if (!is_list)
      break;
  }
  g_ptr_array_add (strings, NULL);
  return g_steal_pointer (&strings);
}

/* A token without the claim is good for every room; one that names none is good for none. */
static gboolean
read_rooms (MbJsonSpan span, MbPass *pass, GError **error)
{
  g_autoptr (GPtrArray) rooms = NULL;

  if (span.text == NULL)
    return TRUE;
  rooms = read_strings (span, MB_ROOM_ID_MAX);
  if (rooms == NULL || rooms->len > ROOMS_MAX)
    return refuse_claim (error, "room");
  if (!g_strv_contains ((const char *const *) rooms->pdata, "*"))
    pass->rooms = (char **) g_ptr_array_free (g_steal_pointer (&rooms), FALSE);
  return TRUE;
}

/* Grants of other people's tokens that mean nothing here are passed over. */
static gboolean
read_grants (MbJsonSpan span, MbPass *pass, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;

  pass->grants = MB_GRANTS_DEFAULT;
  if (span.text == NULL)
    return TRUE;
  names = read_strings (span, SUBJECT_MAX);
  if (names == NULL)
    return refuse_claim (error, "grants");
  pass->grants = 0;
  for (unsigned int i = 0; i + 1 < names->len; i++) {
    MbGrant grant = MB_GRANT_JOIN;

    if (mb_grant_from_string (g_ptr_array_index (names, i), &grant))
      pass->grants |= grant;
  }
  return TRUE;
}

/* `sub` of some applications is a number. */
static gboolean
read_subject (MbJsonSpan span, MbPass *pass, GError **error)
{
  if (span.text == NULL || mb_json_span_is_null (span))
    return TRUE;
  if (mb_json_span_get_kind (span) == MB_JSON_NUMBER && span.length <= SUBJECT_MAX)
    pass->subject = g_strndup (span.text, span.length);
  else
    pass->subject = mb_json_span_dup_string (span, "sub", SUBJECT_MAX, NULL);
  return pass->subject != NULL || refuse_claim (error, "sub");
}

static gboolean
read_name (MbJsonSpan span, MbPass *pass, GError **error)
{
  g_autofree char *text = NULL;

  if (span.text == NULL || mb_json_span_is_null (span))
    return TRUE;
  text = mb_json_span_dup_string (span, "name", NAME_MAX_BYTES, NULL);
  if (text == NULL)
    return refuse_claim (error, "name");
  pass->name = mb_display_name_clean (text);
  return TRUE;
}

static MbPass *
read_pass (const char *claims, gint64 expires_us, GError **error)
{
  static const char *const NAMES[] = {"sub", "name", "room", "grants"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  MbJsonSpan whole = {0};
  g_autoptr (MbPass) pass = mb_pass_new ();

  if (!mb_json_scan (claims, strlen (claims), MB_JSON_DEPTH, &whole, error))
    return NULL;
  mb_json_find_many (whole, NAMES, values, G_N_ELEMENTS (NAMES));
  pass->expires_us = expires_us;
  if (!read_subject (values[0], pass, error) || !read_name (values[1], pass, error) ||
      !read_rooms (values[2], pass, error) || !read_grants (values[3], pass, error))
    return NULL;
  return g_steal_pointer (&pass);
}

/**
 * mb_auth_check:
 * @token: (nullable): what somebody brought
 *
 * Returns: (transfer full): what it is good for; or %NULL with %MB_ERROR_UNAUTHORIZED, or with
 *   %MB_ERROR_UNAVAILABLE where the key that it names may come: then the listener is told
 */
MbPass *
mb_auth_check (MbAuth *self, const char *token, GError **error)
{
  MbJwtExpectation expectation = {.keys = get_keys (self),
      .issuer = self->issuer,
      .audiences = (const char *const *) self->audiences,
      .now_us = g_get_real_time ()};
  g_autofree char *claims = NULL;
  gint64 expires_us = 0;
  gboolean is_key_unknown = FALSE;

  if (self->everybody != NULL)
    return mb_pass_ref (self->everybody);
  if (token == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_UNAUTHORIZED, "this host wants a token");
    return NULL;
  }
  if (expectation.keys != NULL)
    claims = mb_jwt_check (token, &expectation, &expires_us, &is_key_unknown, error);
  if (claims != NULL)
    return read_pass (claims, expires_us, error);
  if (expectation.keys == NULL ||
      (is_key_unknown && self->jwks != NULL && mb_jwks_ask (self->jwks))) {
    g_clear_error (error);
    g_set_error_literal (error, MB_ERROR, MB_ERROR_UNAVAILABLE,
        "the keys for tokens are not here yet, try again in some seconds");
  }
  return NULL;
}

/**
 * mb_auth_find_bearer:
 *
 * Returns: (nullable): the token of the request's Authorization field
 */
const char *
mb_auth_find_bearer (MbHttpRequest *request)
{
  static const char SCHEME[] = "Bearer ";
  const char *field = mb_http_request_get_header (request, "Authorization");

  if (field == NULL || g_ascii_strncasecmp (field, SCHEME, sizeof SCHEME - 1) != 0)
    return NULL;
  field += sizeof SCHEME - 1;
  return field + strspn (field, " ");
}

/**
 * mb_auth_admit:
 * @token: (nullable): what it brought
 *
 * Returns: (transfer full): what it is good for; or %NULL where the request was answered with 401, or
 *   waits for a key and is handled again once
 */
MbPass *
mb_auth_admit (MbAuth *self, MbHttpRequest *request, const char *token)
{
  g_autoptr (GError) error = NULL;
  MbPass *pass = mb_auth_check (self, token, &error);

  if (pass != NULL)
    return pass;
  if (g_error_matches (error, MB_ERROR, MB_ERROR_UNAVAILABLE)) {
    if (mb_http_request_is_again (request)) {
      mb_http_request_add_header (request, "Retry-After", "5");
      mb_http_request_reply_error (request, error);
    } else {
      g_ptr_array_add (self->held, mb_http_request_ref (request));
    }
    return NULL;
  }
  /* RFC 6750 section 3: the error is named where there was a token. */
  mb_http_request_add_header (request, "WWW-Authenticate",
      token == NULL ? "Bearer realm=\"meshbot\""
                    : "Bearer realm=\"meshbot\", error=\"invalid_token\"");
  mb_http_request_reply_error (request, error);
  return NULL;
}

/**
 * mb_auth_make_token:
 * @claims: a JSON object
 *
 * Returns: (transfer full) (nullable): a token of this host's own; %NULL where it has no secret
 */
char *
mb_auth_make_token (MbAuth *self, const char *claims)
{
  return self->keys == NULL ? NULL : mb_jwt_make (g_ptr_array_index (self->keys, 0), claims);
}
