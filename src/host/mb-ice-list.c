/* mb-ice-list.c: the STUN and TURN servers that members are told of
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Credentials are of the kind that coturn checks with use-auth-secret: the user name is an end and a
 * name, the password its HMAC by the secret that both sides have. None is kept anywhere.
 */
#include "mb-ice-list.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-span.h"
#include "mb-jwt-key.h"

struct _MbIceList {
  char **stun;  /* owned */
  char **turn;  /* owned */
  char *secret; /* (nullable) owned */
  unsigned int ttl_s;
};

static gboolean
read_secret (MbIceList *self, const char *path, GError **error)
{
  gsize length = 0;

  if (!mb_jwt_key_read_file (path, &self->secret, &length, error))
    return FALSE;
  g_strchomp (self->secret);
  if (*self->secret != '\0' && strlen (self->secret) + 2 >= length)
    return TRUE;
  g_set_error (
      error, MB_ERROR, MB_ERROR_USAGE, "%s: there is no secret in it, or more than a line", path);
  return FALSE;
}

/**
 * mb_ice_list_new:
 *
 * Returns: (transfer full): the servers; or %NULL with %MB_ERROR_USAGE where the secret cannot be read
 */
MbIceList *
mb_ice_list_new (const MbIceListConfig *config, GError **error)
{
  static const char *const NONE[] = {NULL};
  g_autoptr (MbIceList) self = g_new0 (MbIceList, 1);

  self->stun = g_strdupv ((char **) (config->stun != NULL ? config->stun : NONE));
  self->turn = g_strdupv ((char **) (config->turn != NULL ? config->turn : NONE));
  self->ttl_s = config->ttl_s > 0 ? config->ttl_s : MB_ICE_LIST_DEFAULT_TTL_S;
  if (config->turn_secret_file != NULL && !read_secret (self, config->turn_secret_file, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * mb_ice_list_swap:
 *
 * Each has what the other had.
 */
void
mb_ice_list_swap (MbIceList *self, MbIceList *other)
{
  MbIceList own = *self;

  *self = *other;
  *other = own;
}

void
mb_ice_list_free (MbIceList *self)
{
  if (self->secret != NULL)
    memset (self->secret, 0, strlen (self->secret));
  g_free (self->secret);
  g_strfreev (self->stun);
  g_strfreev (self->turn);
  g_free (self);
}

static void
append_urls (GString *json, char **urls)
{
  g_string_append (json, "{\"urls\":[");
  for (unsigned int i = 0; urls[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (json, ',');
    mb_json_append_string (json, urls[i]);
  }
  g_string_append_c (json, ']');
}

static void
append_turn (MbIceList *self, const char *who, gint64 now_us, GString *json)
{
  g_autofree char *user =
      g_strdup_printf ("%" G_GINT64_FORMAT ":%s", now_us / G_USEC_PER_SEC + self->ttl_s, who);
  g_autoptr (GHmac) hmac =
      g_hmac_new (G_CHECKSUM_SHA1, (const guchar *) self->secret, strlen (self->secret));
  g_autofree char *password = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_hmac_update (hmac, (const guchar *) user, -1);
  g_hmac_get_digest (hmac, digest, &length);
  password = g_base64_encode (digest, length);
  append_urls (json, self->turn);
  g_string_append (json, ",\"username\":");
  mb_json_append_string (json, user);
  g_string_append (json, ",\"credential\":");
  mb_json_append_string (json, password);
  g_string_append_c (json, '}');
}

/**
 * mb_ice_list_make_json:
 * @who: whom credentials are for, as the TURN server's log will name it
 *
 * Returns: (transfer full): `{"iceServers": […], "ttl": S}`, ready for a browser
 */
char *
mb_ice_list_make_json (MbIceList *self, const char *who, gint64 now_us)
{
  GString *json = g_string_new ("{\"iceServers\":[");

  if (self->stun[0] != NULL) {
    append_urls (json, self->stun);
    g_string_append_c (json, '}');
  }
  if (self->turn[0] != NULL && self->secret != NULL) {
    if (self->stun[0] != NULL)
      g_string_append_c (json, ',');
    append_turn (self, who, now_us, json);
  }
  g_string_append_printf (json, "],\"ttl\":%u}\n", self->ttl_s);
  return g_string_free (json, FALSE);
}
