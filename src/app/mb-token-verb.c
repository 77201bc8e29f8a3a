/* mb-token-verb.c: `meshbot token`: makes a token that a host with the same secret takes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-token-verb.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-span.h"
#include "mb-jwt.h"
#include "mb-message.h"
#include "mb-option-values.h"
#include "mb-pass.h"

#define EXPIRES_DEFAULT "1h"
#define GRANTS_DEFAULT "join,create,publish"

/* As written; all owned. */
typedef struct {
  char *secret_file;
  char **rooms;
  char *name;
  char *subject;
  char *grants;
  char *expires;
  char *issuer;
  char *audience;
  gboolean help;
} Wish;

static void
wish_clear (Wish *self)
{
  g_free (self->secret_file);
  g_strfreev (self->rooms);
  g_free (self->name);
  g_free (self->subject);
  g_free (self->grants);
  g_free (self->expires);
  g_free (self->issuer);
  g_free (self->audience);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wish, wish_clear)

static const char HELP[] =
    "meshbot token makes a token that a host with the same secret takes, and prints it.\n"
    "\n"
    "  meshbot token --secret-file FILE --room x --name Ann --expires 2h\n"
    "\n"
    "      --secret-file FILE  the secret, as of the host's --auth-secret-file\n"
    "      --room ID           the room it is for; repeatable; * is any\n"
    "      --name NAME         the display name of its bearer (what he calls himself)\n"
    "      --sub ID            who he is, for the host's log\n"
    "      --grants LIST       of join, create, publish, record, relay, admin (" GRANTS_DEFAULT
    ")\n"
    "      --expires TIME      how long it is good: 30s, 5m, 2h (" EXPIRES_DEFAULT ")\n"
    "      --issuer ISS        who made it, where the host has an --auth-issuer\n"
    "      --audience AUD      whom it is for, where the host has an --auth-audience\n";

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s; meshbot token --help says more", why);
  return FALSE;
}

static gboolean
parse (Wish *wish, const char *const *argv, GError **error)
{
  const GOptionEntry entries[] = {
      {"secret-file", 0, 0, G_OPTION_ARG_FILENAME, &wish->secret_file, NULL, NULL},
      {"room", 'r', 0, G_OPTION_ARG_FILENAME_ARRAY, &wish->rooms, NULL, NULL},
      {"name", 'n', 0, G_OPTION_ARG_FILENAME, &wish->name, NULL, NULL},
      {"sub", 0, 0, G_OPTION_ARG_FILENAME, &wish->subject, NULL, NULL},
      {"grants", 0, 0, G_OPTION_ARG_FILENAME, &wish->grants, NULL, NULL},
      {"expires", 0, 0, G_OPTION_ARG_FILENAME, &wish->expires, NULL, NULL},
      {"issuer", 0, 0, G_OPTION_ARG_FILENAME, &wish->issuer, NULL, NULL},
      {"audience", 0, 0, G_OPTION_ARG_FILENAME, &wish->audience, NULL, NULL},
      {"help", 'h', 0, G_OPTION_ARG_NONE, &wish->help, NULL, NULL}, {NULL}};
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) copy = g_strdupv ((char **) argv);

  for (guint i = 0; argv[i] != NULL; i++) {
    if (!g_utf8_validate (argv[i], -1, NULL))
      return refuse (error, "an argument is not UTF-8");
  }
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_help_enabled (context, FALSE);
  if (!g_option_context_parse_strv (context, &copy, &reason))
    return refuse (error, reason->message);
  if (copy[1] != NULL)
    return refuse (error, "meshbot token takes options only");
  return TRUE;
}

static gboolean
check_rooms (char **rooms, GError **error)
{
  if (rooms == NULL)
    return refuse (error, "--room ID is missing, the room that the token is for (* is any)");
  for (guint i = 0; rooms[i] != NULL; i++) {
    if (!g_str_equal (rooms[i], "*") && !mb_room_id_is_valid (rooms[i])) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
          "--room: '%s' is no room's id; use 1 to 64 of A-Z a-z 0-9 _ -, or *", rooms[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
check_grants (char **names, GError **error)
{
  for (guint i = 0; names[i] != NULL; i++) {
    MbGrant grant = MB_GRANT_JOIN;

    if (!mb_grant_from_string (names[i], &grant)) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
          "--grants: '%s' is none of join, create, publish, record, relay, admin", names[i]);
      return FALSE;
    }
  }
  return TRUE;
}

static void
append_text (GString *claims, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (claims, ",\"%s\":", name);
  mb_json_append_string (claims, value);
}

static void
append_list (GString *claims, const char *name, char **values)
{
  g_string_append_printf (claims, ",\"%s\":[", name);
  for (guint i = 0; values[i] != NULL; i++) {
    if (i > 0)
      g_string_append_c (claims, ',');
    mb_json_append_string (claims, values[i]);
  }
  g_string_append_c (claims, ']');
}

static char *
make_claims (const Wish *wish, char **grants, gint64 expires_ms)
{
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  GString *claims = g_string_new (NULL);

  g_string_append_printf (claims, "{\"iat\":%" G_GINT64_FORMAT ",\"exp\":%" G_GINT64_FORMAT, now_s,
      now_s + (expires_ms + 999) / 1000);
  append_text (claims, "sub", wish->subject);
  append_text (claims, "name", wish->name);
  append_text (claims, "iss", wish->issuer);
  append_text (claims, "aud", wish->audience);
  if (wish->rooms[1] == NULL)
    append_text (claims, "room", wish->rooms[0]);
  else
    append_list (claims, "room", wish->rooms);
  append_list (claims, "grants", grants);
  g_string_append_c (claims, '}');
  return g_string_free (claims, FALSE);
}

/**
 * mb_token_verb_run:
 * @argv: (array zero-terminated=1): the verb, then its options
 *
 * Returns: (transfer full): what is to be printed; or %NULL with %MB_ERROR_USAGE
 */
char *
mb_token_verb_run (const char *const *argv, GError **error)
{
  g_auto (Wish) wish = {0};
  g_autoptr (MbJwtKey) key = NULL;
  g_auto (GStrv) grants = NULL;
  g_autofree char *claims = NULL;
  g_autofree char *token = NULL;
  gint64 expires_ms = 0;

  if (!parse (&wish, argv, error))
    return NULL;
  if (wish.help)
    return g_strdup (HELP);
  if (wish.secret_file == NULL) {
    refuse (error, "--secret-file FILE is missing, the secret that the host has, too");
    return NULL;
  }
  grants = g_strsplit (wish.grants != NULL ? wish.grants : GRANTS_DEFAULT, ",", -1);
  if (!check_rooms (wish.rooms, error) || !check_grants (grants, error))
    return NULL;
  if (!mb_value_parse_duration (
          wish.expires != NULL ? wish.expires : EXPIRES_DEFAULT, &expires_ms, error)) {
    g_prefix_error (error, "--expires: ");
    return NULL;
  }
  if (wish.name != NULL && !mb_display_name_is_valid (wish.name)) {
    refuse (error, "--name: a display name has 1 to 128 bytes and no control characters");
    return NULL;
  }
  key = mb_jwt_key_new_secret_file (wish.secret_file, error);
  if (key == NULL)
    return NULL;
  claims = make_claims (&wish, grants, expires_ms);
  token = mb_jwt_make (key, claims);
  if (strlen (token) > MB_JWT_MAX_BYTES) {
    refuse (error, "the token would be longer than the 8 KiB that a host takes");
    return NULL;
  }
  return g_strconcat (token, "\n", NULL);
}
