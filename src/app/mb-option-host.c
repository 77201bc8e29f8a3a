/* mb-option-host.c: the options about hosting: their names, their help, how their values are taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-option-host.h"

#include <string.h>

#include "mb-address.h"
#include "mb-error.h"
#include "mb-jwks.h"
#include "mb-option-values.h"
#include "mb-server.h"

#define HOST_ROOMS_MAX 10000000
#define HOST_MEMBERS_MAX 100000
#define CONNECTIONS_MAX 10000000
#define AUDIT_MIN_BYTES 64000
#define AUDIT_MAX_BYTES G_GUINT64_CONSTANT (100000000000)
#define DRAIN_MAX_MS (24 * 3600 * 1000)
#define ICE_TTL_MIN_MS (60 * 1000)
#define ICE_TTL_MAX_MS (24 * 3600 * 1000)

static gboolean
take_listen (MbOptions *self, const char *value, GError **error)
{
  char *address = NULL;

  if (!mb_server_parse_listen (value, &address, &self->listen_port, error))
    return FALSE;
  g_free (self->listen_address);
  self->listen_address = address;
  return TRUE;
}

static gboolean
take_tls_certificate (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->tls_certificate, value, error);
}

static gboolean
take_tls_key (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->tls_key, value, error);
}

static gboolean
take_tls_redirect (MbOptions *self, const char *value, GError **error)
{
  char *address = NULL;

  if (!mb_server_parse_listen (value, &address, &self->redirect_port, error))
    return FALSE;
  g_free (self->redirect_address);
  self->redirect_address = address;
  return TRUE;
}

static gboolean
take_tls_hsts (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_duration (value, &self->hsts_ms, error);
}

static gboolean
take_store (MbOptions *self, const char *value, GError **error)
{
  if (*value == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "the name of a file is missing");
    return FALSE;
  }
  mb_value_replace (&self->store_path, value);
  return TRUE;
}

static gboolean
take_allow_origin (MbOptions *self, const char *value, GError **error)
{
  if (!mb_value_check_origin (value, error))
    return FALSE;
  mb_value_append (&self->allow_origins, value);
  return TRUE;
}

static gboolean
take_rate_limit (MbOptions *self, const char *value, GError **error)
{
  if (!g_str_equal (value, "off") && !g_str_equal (value, "on")) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is neither on nor off", value);
    return FALSE;
  }
  self->rate_limit = g_str_equal (value, "on");
  return TRUE;
}

static gboolean
take_trusted_proxy (MbOptions *self, const char *value, GError **error)
{
  MbNetwork network;

  if (!mb_network_parse (&network, value)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no address or network such as 10.0.0.1 or fd00::/8", value);
    return FALSE;
  }
  mb_value_append (&self->trusted_proxies, value);
  return TRUE;
}

static gboolean
take_max_connections_each (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, CONNECTIONS_MAX, &self->max_connections_each, error);
}

static gboolean
take_max_connections (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, CONNECTIONS_MAX, &self->max_connections, error);
}

static gboolean
take_ice_stun (MbOptions *self, const char *value, GError **error)
{
  if (!g_str_has_prefix (value, "stun:") || !mb_value_check_ice_url (value, NULL)) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_USAGE, "'%s' is no STUN server; write stun:HOST[:PORT]", value);
    return FALSE;
  }
  mb_value_append (&self->ice_stun, value);
  return TRUE;
}

/* Credentials are made for each member, and stand in no URL. */
static gboolean
take_ice_turn (MbOptions *self, const char *value, GError **error)
{
  const char *colon = strchr (value, ':');
  g_autofree char *example =
      colon == NULL ? NULL : g_strdup_printf ("turn:user:password@%s", colon + 1);

  if ((!g_str_has_prefix (value, "turn:") && !g_str_has_prefix (value, "turns:")) ||
      strchr (value, '@') != NULL || !mb_value_check_ice_url (example, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no TURN server; write turn:HOST[:PORT][?transport=udp|tcp], or turns:…", value);
    return FALSE;
  }
  mb_value_append (&self->ice_turn, value);
  return TRUE;
}

static gboolean
take_ice_turn_secret_file (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->ice_turn_secret_file, value, error);
}

static gboolean
take_ice_ttl (MbOptions *self, const char *value, GError **error)
{
  if (!mb_value_parse_duration (value, &self->ice_ttl_ms, error))
    return FALSE;
  if (self->ice_ttl_ms >= ICE_TTL_MIN_MS && self->ice_ttl_ms <= ICE_TTL_MAX_MS)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is not between 1m and 24h", value);
  return FALSE;
}

static gboolean
take_auth_mode (MbOptions *self, const char *value, GError **error)
{
  if (!g_str_equal (value, "none") && !g_str_equal (value, "jwt")) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is neither none nor jwt", value);
    return FALSE;
  }
  self->auth_wants_tokens = g_str_equal (value, "jwt");
  return TRUE;
}

static gboolean
take_auth_secret_file (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->auth_secret_file, value, error);
}

static gboolean
take_auth_public_key (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_file (&self->auth_public_key, value, error);
}

static gboolean
take_auth_jwks (MbOptions *self, const char *value, GError **error)
{
  if (mb_jwks_is_url (value))
    return mb_jwks_check_url (value, error) &&
           mb_value_take_text (&self->auth_jwks, value, "the URL", error);
  return mb_value_take_file (&self->auth_jwks, value, error);
}

static gboolean
take_auth_issuer (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_text (&self->auth_issuer, value, "the issuer", error);
}

static gboolean
take_auth_audience (MbOptions *self, const char *value, GError **error)
{
  if (*value == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "the audience is missing");
    return FALSE;
  }
  mb_value_append (&self->auth_audiences, value);
  return TRUE;
}

static gboolean
take_audit (MbOptions *self, const char *value, GError **error)
{
  return mb_value_take_text (&self->audit_path, value, "the name of a file", error);
}

static gboolean
take_audit_size (MbOptions *self, const char *value, GError **error)
{
  static const struct {
    const char *name;
    guint64 bytes;
  } UNITS[] = {{"KB", 1000}, {"MB", 1000 * 1000}, {"GB", 1000 * 1000 * 1000}};
  gsize n_digits = strspn (value, G_CSET_DIGITS);
  g_autofree char *digits = g_strndup (value, n_digits);
  guint64 number = 0;

  for (guint i = 0; i < G_N_ELEMENTS (UNITS); i++) {
    if (g_str_equal (value + n_digits, UNITS[i].name) &&
        g_ascii_string_to_unsigned (digits, 10, 1, AUDIT_MAX_BYTES / UNITS[i].bytes, &number, NULL))
      self->audit_bytes = number * UNITS[i].bytes;
  }
  if (self->audit_bytes >= AUDIT_MIN_BYTES)
    return TRUE;
  g_set_error (
      error, MB_ERROR, MB_ERROR_USAGE, "'%s' is no size from 64KB to 100GB, such as 10MB", value);
  return FALSE;
}

static gboolean
take_log_addresses (MbOptions *self, const char *value, GError **error)
{
  static const char *const NAMES[] = {
      [MB_ADDRESS_FULL] = "full", [MB_ADDRESS_MASKED] = "masked", [MB_ADDRESS_HIDDEN] = "none"};

  for (guint i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    if (g_str_equal (value, NAMES[i])) {
      self->log_addresses = (MbAddressStyle) i;
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is none of full, masked, none", value);
  return FALSE;
}

static gboolean
take_drain (MbOptions *self, const char *value, GError **error)
{
  gint64 drain_ms = 0;

  if (!mb_value_parse_duration (value, &drain_ms, error))
    return FALSE;
  if (drain_ms > DRAIN_MAX_MS) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is more than 24h", value);
    return FALSE;
  }
  self->drain_ms = drain_ms;
  return TRUE;
}

static gboolean
take_max_rooms (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, HOST_ROOMS_MAX, &self->max_rooms, error);
}

static gboolean
take_max_members (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_number (value, 1, HOST_MEMBERS_MAX, &self->max_members, error);
}

const MbOptionRow MB_OPTION_HOST_ROWS[] = {
    {"listen", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_listen, "[ADDR:]PORT",
        "where to host (127.0.0.1:3000; port 0 picks one)"},
    {"store", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_store, "FILE",
        "the rooms' database ($XDG_STATE_HOME/meshbot/rooms.db); :memory: keeps nothing"},
    {"tls-certificate", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_tls_certificate, "FILE",
        "serve by TLS (https, wss), with this certificate and its chain in PEM", "tls"},
    {"tls-key", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_tls_key, "FILE",
        "its private key in PEM (in the certificate's file)", "tls"},
    {"tls-redirect", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_tls_redirect, "[ADDR:]PORT",
        "send those who come by http here to https", "tls"},
    {"tls-hsts", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_tls_hsts, "TIME",
        "tell browsers to come by https only for so long, such as 4320h (not told)", "tls"},
    {"allow-origin", 0, MB_OPTION_GROUP_HOST,
        MB_OPTION_PROCESS | MB_OPTION_RELOADED | MB_OPTION_LIST, take_allow_origin, "ORIGIN",
        "a web origin that may use this host too; repeatable; * is any", "http"},
    {"rate-limit", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED, take_rate_limit,
        "off", "no rate limits (benchmarks, closed networks)", "http"},
    {"trusted-proxy", 0, MB_OPTION_GROUP_HOST,
        MB_OPTION_PROCESS | MB_OPTION_RELOADED | MB_OPTION_LIST, take_trusted_proxy, "ADDR[/BITS]",
        "a proxy that says whom it calls for (X-Forwarded-For, Forwarded); repeatable", "http"},
    {"max-connections-per-address", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_max_connections_each, "N", "connections of one address, or IPv6 /64 (500)", "http"},
    {"max-connections", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_max_connections, "N", "connections of all (as many as there are file descriptors for)",
        "http"},
    {"ice-stun", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED | MB_OPTION_LIST,
        take_ice_stun, "URL",
        "a STUN server that members are told of: stun:HOST[:PORT]; repeatable", "ice"},
    {"ice-turn", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED | MB_OPTION_LIST,
        take_ice_turn, "URL", "a TURN server: turn:HOST[:PORT][?transport=udp|tcp]; repeatable",
        "ice"},
    {"ice-turn-secret-file", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_ice_turn_secret_file, "FILE",
        "its static-auth-secret; members get credentials that end", "ice"},
    {"ice-ttl", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED, take_ice_ttl,
        "TIME", "how long they are good (1h)", "ice"},
    {"auth-mode", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_auth_mode, "none|jwt",
        "who is let in: everybody, or those with a token (none)", "auth"},
    {"auth-secret-file", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_auth_secret_file, "FILE", "the secret that tokens are signed with (HS256)", "auth"},
    {"auth-public-key", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_auth_public_key, "FILE", "or the public key in PEM (RS256, ES256)", "auth"},
    {"auth-jwks", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED, take_auth_jwks,
        "FILE|URL", "or a JSON Web Key Set with public keys", "auth"},
    {"auth-issuer", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_auth_issuer, "ISS", "who has to have made a token (any)", "auth"},
    {"auth-audience", 0, MB_OPTION_GROUP_HOST,
        MB_OPTION_PROCESS | MB_OPTION_RELOADED | MB_OPTION_LIST, take_auth_audience, "AUD",
        "whom a token has to be for; repeatable (any)", "auth"},
    {"audit", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_audit, "FILE",
        "keep joins, leaves, rooms made and deleted, and refusals in FILE, a line of JSON each"},
    {"audit-size", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_audit_size, "SIZE",
        "begin another file after so much (10MB); five of them are kept"},
    {"log-addresses", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_log_addresses,
        "full|masked|none", "how much of clients' addresses stands in log and audit (full)"},
    {"drain", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS, take_drain, "TIME",
        "serve calls on so long when told to stop, without newcomers (not at all)", "daemon"},
    {"max-rooms", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED, take_max_rooms,
        "N", "how many rooms the host has at a time (10000)"},
    {"max-members", 0, MB_OPTION_GROUP_HOST, MB_OPTION_PROCESS | MB_OPTION_RELOADED,
        take_max_members, "N", "members of a room that sets no limit of its own (1000)"},
};

const gsize MB_N_OPTION_HOST_ROWS = G_N_ELEMENTS (MB_OPTION_HOST_ROWS);
