/* mb-setting.c: options as they were written: on the command line, in the environment, in files
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values are not looked at here: whoever applies them checks them, by the same code wherever they
 * stood. What is set in a stronger place takes the place of what a weaker one says, lists too.
 */
#include "mb-setting.h"

#include <string.h>

#include "mb-config.h"
#include "mb-error.h"

#define VARIABLE_PREFIX "MESHBOT_"
#define DROP_INS ".d"
#define MASK "***"

static void
setting_free (gpointer data)
{
  MbSetting *setting = data;

  g_free (setting->value);
  g_free (setting->where);
  g_free (setting);
}

GPtrArray *
mb_settings_new (void)
{
  return g_ptr_array_new_with_free_func (setting_free);
}

void
mb_settings_add (GPtrArray *settings, const MbOptionRow *row, const char *value, const char *where)
{
  MbSetting *setting = g_new0 (MbSetting, 1);

  setting->row = row;
  setting->value = g_strdup (value);
  setting->where = g_strdup (where);
  g_ptr_array_add (settings, setting);
}

/**
 * mb_settings_find:
 *
 * Returns: (transfer none) (nullable): the last one of the option of that long name
 */
const MbSetting *
mb_settings_find (GPtrArray *settings, const char *name)
{
  for (guint i = settings->len; i > 0; i--) {
    const MbSetting *setting = g_ptr_array_index (settings, i - 1);

    if (g_str_equal (setting->row->name, name))
      return setting;
  }
  return NULL;
}

/**
 * mb_settings_override:
 * @stronger: what it sets is set by it alone from here on
 */
void
mb_settings_override (GPtrArray *settings, GPtrArray *stronger)
{
  for (guint i = settings->len; i > 0; i--) {
    const MbSetting *setting = g_ptr_array_index (settings, i - 1);

    if (mb_settings_find (stronger, setting->row->name) != NULL)
      g_ptr_array_remove_index (settings, i - 1);
  }
  for (guint i = 0; i < stronger->len; i++) {
    const MbSetting *setting = g_ptr_array_index (stronger, i);

    mb_settings_add (settings, setting->row, setting->value, setting->where);
  }
}

/* A switch is set by its presence; in a file and in the environment it can be said to be off. */
static gboolean
is_off (const MbOptionRow *row, const char *value)
{
  return (row->flags & MB_OPTION_SWITCH) != 0 && g_strcmp0 (value, "false") == 0;
}

static gboolean
add_key (
    GPtrArray *settings, MbConfig *config, const char *section, const char *key, GError **error)
{
  const MbOptionRow *row = mb_option_find_key (section, key);
  g_autofree char *where = mb_config_describe (config, section, key);
  g_auto (GStrv) values = NULL;

  if (row == NULL || (row->flags & MB_OPTION_NO_FILE) != 0) {
    const char *near = row == NULL ? mb_option_find_near (key) : NULL;

    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: no such key%s%s%s", where,
        near != NULL ? "; did you mean " : "; keys are the long names of options",
        near != NULL ? near : "", near != NULL ? "?" : "");
    return FALSE;
  }
  values = mb_config_get_values (config, section, key, (row->flags & MB_OPTION_LIST) != 0, error);
  if (values == NULL)
    return FALSE;
  for (guint i = 0; values[i] != NULL; i++) {
    if (!is_off (row, values[i]))
      mb_settings_add (settings, row, values[i], where);
  }
  return TRUE;
}

static gboolean
read_file (GPtrArray *settings, const char *path, GError **error)
{
  g_autoptr (MbConfig) config = mb_config_new (path, MB_OPTION_SECTIONS, error);
  g_autoptr (GPtrArray) own = mb_settings_new ();

  if (config == NULL)
    return FALSE;
  for (guint i = 0; MB_OPTION_SECTIONS[i] != NULL; i++) {
    const char *section = MB_OPTION_SECTIONS[i];
    g_auto (GStrv) keys = mb_config_list_keys (config, section);

    for (guint j = 0; keys[j] != NULL; j++) {
      if (!add_key (own, config, section, keys[j], error))
        return FALSE;
    }
  }
  mb_settings_override (settings, own);
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The names of the drop-ins in their order; a folder that is not there has none. */
static GPtrArray *
list_drop_ins (const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) reason = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &reason);
  const char *name;

  if (dir == NULL && !g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
      !g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", folder, reason->message);
    return NULL;
  }
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    if (g_str_has_suffix (name, ".conf") && *name != '.')
      g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  }
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

/**
 * mb_settings_read_files:
 * @path: a key file; those of the folder `PATH.d` that end in `.conf` come after it, by their names
 *
 * Returns: %FALSE with %MB_ERROR_USAGE naming the file, and line and key where there is one
 */
gboolean
mb_settings_read_files (GPtrArray *settings, const char *path, GError **error)
{
  g_autofree char *folder = g_strconcat (path, DROP_INS, NULL);
  g_autoptr (GPtrArray) drop_ins = NULL;

  if (!read_file (settings, path, error))
    return FALSE;
  drop_ins = list_drop_ins (folder, error);
  for (guint i = 0; drop_ins != NULL && i < drop_ins->len; i++) {
    if (!read_file (settings, g_ptr_array_index (drop_ins, i), error))
      return FALSE;
  }
  return drop_ins != NULL;
}

/**
 * mb_setting_dup_variable:
 *
 * Returns: (transfer full): the name of the environment variable of an option
 */
char *
mb_setting_dup_variable (const MbOptionRow *row)
{
  g_autofree char *upper = g_ascii_strup (row->name, -1);

  return g_strconcat (VARIABLE_PREFIX, g_strdelimit (upper, "-", '_'), NULL);
}

/* `token` has rules of its own, and a command of --on-finish finds its session's room there. */
static gboolean
has_variable (const MbOptionRow *row, char **environment)
{
  if (g_str_equal (row->name, "token") || row->take == NULL)
    return FALSE;
  if (g_str_equal (row->name, "room") && g_environ_getenv (environment, "MESHBOT_SESSION") != NULL)
    return FALSE;
  return (row->flags & MB_OPTION_NO_FILE) == 0 || g_str_equal (row->name, "config");
}

/**
 * mb_settings_read_environment:
 *
 * `MESHBOT_LOG_LEVEL` is `--log-level`; parts of a list are divided by semicolons.
 */
void
mb_settings_read_environment (GPtrArray *settings, char **environment)
{
  for (gsize i = 0; i < mb_option_count (); i++) {
    const MbOptionRow *row = mb_option_get (i);
    g_autofree char *name = mb_setting_dup_variable (row);
    g_autofree char *where = g_strconcat ("$", name, NULL);
    const char *value = g_environ_getenv (environment, name);
    g_auto (GStrv) values = NULL;

    if (value == NULL || *value == '\0' || is_off (row, value) || !has_variable (row, environment))
      continue;
    if ((row->flags & MB_OPTION_LIST) == 0) {
      mb_settings_add (settings, row, value, where);
      continue;
    }
    values = g_strsplit (value, ";", -1);
    for (guint j = 0; values[j] != NULL; j++) {
      if (*values[j] != '\0')
        mb_settings_add (settings, row, values[j], where);
    }
  }
}

/* What is secret of a value: all of a token, the password in a URL. */
static char *
mask (const MbSetting *setting)
{
  const char *value = setting->value;
  const char *at = value == NULL ? NULL : strrchr (value, '@');
  const char *begin = at == NULL ? NULL : strstr (value, "://");

  if (g_str_equal (setting->row->name, "token"))
    return g_strdup (MASK);
  if (at == NULL)
    return g_strdup (value == NULL ? "true" : value);
  if (begin == NULL || begin > at)
    begin = strchr (value, ':');
  if (begin == NULL || begin > at)
    return g_strdup (value);
  begin += g_str_has_prefix (begin, "://") ? 3 : 1;
  return g_strdup_printf ("%.*s" MASK "%s", (int) (begin - value), value, at);
}

/**
 * mb_settings_print:
 *
 * Returns: (transfer full): a key file of what is set, each with where it stood; secrets are masked
 */
char *
mb_settings_print (GPtrArray *settings)
{
  GString *text = g_string_new ("[meshbot]\n");

  for (gsize i = 0; i < mb_option_count (); i++) {
    const MbOptionRow *row = mb_option_get (i);
    const MbSetting *last = mb_settings_find (settings, row->name);
    g_autoptr (GKeyFile) file = g_key_file_new ();
    g_autoptr (GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *line = NULL;

    if (last == NULL || (row->flags & MB_OPTION_NO_FILE) != 0)
      continue;
    for (guint j = 0; j < settings->len; j++) {
      const MbSetting *setting = g_ptr_array_index (settings, j);

      if (setting->row == row)
        g_ptr_array_add (values, mask (setting));
    }
    if ((row->flags & MB_OPTION_LIST) != 0)
      g_key_file_set_string_list (
          file, "a", row->name, (const char *const *) values->pdata, values->len);
    else
      g_key_file_set_string (file, "a", row->name, g_ptr_array_index (values, values->len - 1));
    line = g_key_file_get_value (file, "a", row->name, NULL);
    g_string_append_printf (text, "# %s\n%s=%s\n", last->where, row->name, line);
  }
  return g_string_free (text, FALSE);
}

static char *
join_values (GPtrArray *settings, const MbOptionRow *row)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (settings, i);

    if (setting->row == row)
      g_string_append_printf (text, "%s\n", setting->value != NULL ? setting->value : "");
  }
  return g_string_free (text, FALSE);
}

/**
 * mb_settings_list_changes:
 *
 * Returns: (transfer full) (array zero-terminated=1): long names of the options that are not set alike
 */
char **
mb_settings_list_changes (GPtrArray *before, GPtrArray *after)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (gsize i = 0; i < mb_option_count (); i++) {
    const MbOptionRow *row = mb_option_get (i);
    g_autofree char *old = join_values (before, row);
    g_autofree char *new = join_values (after, row);

    if (!g_str_equal (old, new))
      g_strv_builder_add (names, row->name);
  }
  return g_strv_builder_end (names);
}
