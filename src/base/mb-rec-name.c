/* mb-rec-name.c: what recordings and sessions are called on disk
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. Both names come from strangers: nothing of them may be a path, hide a file, move a
 * terminal's cursor, or be longer than a file system takes.
 */
#include "mb-rec-name.h"

#include <string.h>

#define NO_NAME "peer"

static gboolean
is_plain (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c) || c == '-' || c == '.';
}

/* Letters, digits, marks, '-' and '.' stay; every run of anything else becomes one '_'. */
static char *
clean_display (const char *display_name)
{
  g_autofree char *valid = g_utf8_make_valid (display_name, -1);
  g_autofree char *normal = g_utf8_normalize (valid, -1, G_NORMALIZE_NFC);
  GString *cleaned = g_string_new (NULL);

  for (const char *at = normal; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);
    gsize length = (gsize) (g_utf8_next_char (at) - at);

    if (cleaned->len + length > MB_REC_NAME_MAX_DISPLAY)
      break;
    if (is_plain (c) && (cleaned->len > 0 || g_unichar_isalnum (c)))
      g_string_append_len (cleaned, at, (gssize) length);
    else if (cleaned->len > 0 && cleaned->str[cleaned->len - 1] != '_')
      g_string_append_c (cleaned, '_');
  }
  while (cleaned->len > 0 && strchr ("_-.", cleaned->str[cleaned->len - 1]) != NULL)
    g_string_truncate (cleaned, cleaned->len - 1);
  return g_string_free (cleaned, FALSE);
}

static char *
clean_id (const char *id)
{
  GString *cleaned = g_string_new (NULL);

  for (const char *at = id; *at != '\0' && cleaned->len < MB_REC_NAME_MAX_ID; at++) {
    if (g_ascii_isalnum (*at) || *at == '_' || *at == '-')
      g_string_append_c (cleaned, *at);
  }
  return g_string_free (cleaned, FALSE);
}

/**
 * mb_rec_name_build:
 * @display_name: what the peer calls itself; any bytes
 * @id: its id; any bytes
 *
 * Returns: (transfer full): `NAME-ID` without an extension, as in `alice-Xy3kPq`: UTF-8, no '/', no
 *   control or invisible characters, not starting with '.' or '-', and at most
 *   %MB_REC_NAME_MAX_DISPLAY + 1 + %MB_REC_NAME_MAX_ID bytes. Thread: any.
 */
char *
mb_rec_name_build (const char *display_name, const char *id)
{
  g_autofree char *name = clean_display (display_name);
  g_autofree char *suffix = clean_id (id);
  const char *shown = name[0] != '\0' ? name : NO_NAME;

  if (suffix[0] == '\0')
    return g_strdup (shown);
  return g_strconcat (shown, "-", suffix, NULL);
}

/**
 * mb_rec_name_build_session:
 * @joined: when the recorder joined
 *
 * Returns: (transfer full): the session's folder, `2026-11-22T20-15-00Z`, in UTC whatever the time
 *   zone of @joined; it sorts by time. Thread: any.
 */
char *
mb_rec_name_build_session (GDateTime *joined)
{
  g_autoptr (GDateTime) utc = g_date_time_to_utc (joined);

  return g_date_time_format (utc, "%Y-%m-%dT%H-%M-%SZ");
}
