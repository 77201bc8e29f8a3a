/* mb-config.c: a configuration file as keys and values, each error naming file, section and key
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows the form of a file and not which keys there are: whoever reads it refuses the keys it does
 * not know, so that a misspelt one is never silently without effect.
 */
#include "mb-config.h"

#include <string.h>

#include "mb-error.h"

struct _MbConfig {
  char *path;
  char *text;
  GKeyFile *file;
};

/* GKeyFile does not say where things stand. The last one of a key counts, as with it. */
static unsigned int
find_line (const char *text, const char *section, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autofree char *header = g_strdup_printf ("[%s]", section);
  gboolean is_inside = FALSE;
  unsigned int found = 0;

  for (unsigned int i = 0; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);
    gsize length = strcspn (line, "=");

    if (*line == '[')
      is_inside = g_str_has_prefix (line, header);
    while (length > 0 && g_ascii_isspace (line[length - 1]))
      length--;
    if (key == NULL ? *line == '[' && is_inside
                    : is_inside && *line != '#' && length == strlen (key) &&
                          strncmp (line, key, length) == 0)
      found = i + 1;
  }
  return found;
}

/* Of a file that GKeyFile does not take: it stops at the first line that is nothing of what may be. */
static unsigned int
find_wrong_line (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean has_section = FALSE;
  unsigned int i = 0;

  for (; lines[i] != NULL; i++) {
    const char *line = g_strstrip (lines[i]);

    if (*line == '\0' || *line == '#')
      continue;
    if (*line == '[' && g_str_has_suffix (line, "]"))
      has_section = TRUE;
    else if (!has_section || *line == '=' || strchr (line, '=') == NULL)
      break;
  }
  return lines[i] == NULL ? i : i + 1;
}

/**
 * mb_config_new:
 * @path: the file
 * @sections: (array zero-terminated=1): those it may have; the first is told to who wrote another
 *
 * Returns: (transfer full): what stands in it; or %NULL with %MB_ERROR_USAGE where it cannot be
 *   read, is no key file, is not UTF-8, or has other sections
 */
MbConfig *
mb_config_new (const char *path, const char *const *sections, GError **error)
{
  g_autoptr (MbConfig) self = g_new0 (MbConfig, 1);
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) found = NULL;
  gsize length = 0;

  self->path = g_strdup (path);
  self->file = g_key_file_new ();
  if (!g_file_get_contents (path, &self->text, &length, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", path, reason->message);
    return NULL;
  }
  if (!g_key_file_load_from_data (self->file, self->text, length, G_KEY_FILE_NONE, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s:%u: %s", path, find_wrong_line (self->text),
        reason->message);
    return NULL;
  }
  found = g_key_file_get_groups (self->file, NULL);
  for (guint i = 0; found[i] != NULL; i++) {
    if (g_strv_contains (sections, found[i]))
      continue;
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "%s:%u: no section [%s] is known; options stand in [%s]", path,
        find_line (self->text, found[i], NULL), found[i], sections[0]);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * mb_config_free:
 */
void
mb_config_free (MbConfig *self)
{
  g_clear_pointer (&self->file, g_key_file_unref);
  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

/**
 * mb_config_list_keys:
 *
 * Returns: (transfer full) (array zero-terminated=1): every key of @section, in the order of the file
 */
char **
mb_config_list_keys (MbConfig *self, const char *section)
{
  char **keys = g_key_file_get_keys (self->file, section, NULL, NULL);

  return keys != NULL ? keys : g_new0 (char *, 1);
}

/**
 * mb_config_get_values:
 * @is_list: whether the value is a list, its parts divided by semicolons
 *
 * Returns: (transfer full) (array zero-terminated=1): the values of @key; or %NULL with
 *   %MB_ERROR_USAGE where there is none or an escape in it is broken
 */
char **
mb_config_get_values (
    MbConfig *self, const char *section, const char *key, gboolean is_list, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char **values = NULL;

  if (is_list) {
    values = g_key_file_get_string_list (self->file, section, key, NULL, &reason);
  } else {
    g_autofree char *value = g_key_file_get_string (self->file, section, key, &reason);

    if (value != NULL) {
      values = g_new0 (char *, 2);
      values[0] = g_steal_pointer (&value);
    }
  }
  if (values == NULL) {
    g_autofree char *where = mb_config_describe (self, section, key);

    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", where, reason->message);
  }
  return values;
}

/**
 * mb_config_describe:
 *
 * Returns: (transfer full): `FILE:LINE: [SECTION] KEY`, as an error about @key begins
 */
char *
mb_config_describe (MbConfig *self, const char *section, const char *key)
{
  return g_strdup_printf (
      "%s:%u: [%s] %s", self->path, find_line (self->text, section, key), section, key);
}
