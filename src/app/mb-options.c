/* mb-options.c: the command line and the configuration file as one immutable value
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every option has its row in mb-option-table.c. The command line is only collected by GOptionContext; values are then applied in one
 * place, the file's before the command line's, so that both are checked by the same code and an
 * error names where the value stood.
 */
#include "mb-options.h"

#include <string.h>

#include "mb-error.h"
#include "mb-expect.h"
#include "mb-option-table.h"
#include "mb-server.h"
#include "mb-setting.h"

#define SERVICE_STORE "/var/lib/meshbot/rooms.db"

/* GOption's callback for every row: keeps what was written, in its order. */
static gboolean
collect (const char *written, const char *value, gpointer user_data, GError **error)
{
  GPtrArray *settings = user_data;
  const MbOptionRow *row = NULL;
  g_autofree char *where = NULL;

  if (g_str_has_prefix (written, "--"))
    row = mb_option_find (written + 2);
  else
    row = mb_option_find_letter (written[1]);
  g_assert (row != NULL);

  where = g_strdup_printf ("--%s", row->name);
  mb_settings_add (settings, row, value, where);
  return TRUE;
}

/* What GOption did not take: an unknown option before anything else, then a stray word. */
static gboolean
refuse_left_over (char **argv, GError **error)
{
  for (guint i = 1; argv[i] != NULL; i++) {
    if (g_str_has_prefix (argv[i], "--") && argv[i][2] != '\0') {
      g_auto (GStrv) parts = g_strsplit (argv[i] + 2, "=", 2);
      const char *near = mb_option_find_near (parts[0]);

      if (near != NULL)
        g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "unknown option --%s; did you mean --%s?",
            parts[0], near);
      else
        g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
            "unknown option --%s; meshbot --help lists them", parts[0]);
      return FALSE;
    }
    if (argv[i][0] == '-' && argv[i][1] != '\0' && !g_str_equal (argv[i], "--")) {
      g_set_error (
          error, MB_ERROR, MB_ERROR_USAGE, "unknown option %s; meshbot --help lists them", argv[i]);
      return FALSE;
    }
  }
  if (argv[0] != NULL && argv[1] != NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "unexpected argument '%s'; meshbot takes options only (a room is named by --room)",
        argv[1]);
    return FALSE;
  }
  return TRUE;
}

/* GOption would drop the value of an option that takes none. */
static gboolean
refuse_values_of_switches (const char *const *argv, GError **error)
{
  for (guint i = 0; argv[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (argv[i], "=", 2);
    const MbOptionRow *row;

    if (g_strv_length (parts) != 2 || !g_str_has_prefix (parts[0], "--"))
      continue;
    row = mb_option_find (parts[0] + 2);
    if (row == NULL || (row->flags & MB_OPTION_SWITCH) == 0)
      continue;
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s takes no value", parts[0]);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_utf8 (const char *const *argv, GError **error)
{
  for (guint i = 0; argv[i] != NULL; i++) {
    if (!g_utf8_validate (argv[i], -1, NULL)) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "argument %u is not UTF-8", i);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
parse_command_line (const char *const *argv, GPtrArray *settings, GError **error)
{
  g_autofree GOptionEntry *entries = g_new0 (GOptionEntry, mb_option_count () + 1);
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) copy = g_strdupv ((char **) argv);
  GOptionGroup *group = g_option_group_new ("meshbot", "", "", settings, NULL);

  if (!check_utf8 (argv, error) || !refuse_values_of_switches (argv, error)) {
    g_option_group_unref (group);
    return FALSE;
  }
  for (gsize i = 0; i < mb_option_count (); i++) {
    const MbOptionRow *row = mb_option_get (i);

    entries[i].long_name = row->name;
    entries[i].short_name = row->letter;
    /* FILENAME: values pass as they are; else GLib converts them from the C locale's ASCII. */
    entries[i].flags =
        (row->flags & MB_OPTION_SWITCH) != 0 ? G_OPTION_FLAG_NO_ARG : G_OPTION_FLAG_FILENAME;
    entries[i].arg = G_OPTION_ARG_CALLBACK;
    entries[i].arg_data = (gpointer) collect;
  }
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  if (!g_option_context_parse_strv (context, &copy, &reason)) {
    const char *name = strstr (reason->message, "--");

    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s needs a value; meshbot --help says which",
        name != NULL ? name : "an option");
    return FALSE;
  }
  return refuse_left_over (copy, error);
}

static gboolean
apply (MbOptions *self, GError **error)
{
  for (guint i = 0; i < self->settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (self->settings, i);

    if (setting->row->take == NULL) {
      g_set_error (
          error, MB_ERROR, MB_ERROR_USAGE, "%s is not available in this version", setting->where);
      return FALSE;
    }
    if (!setting->row->take (self, setting->value, error)) {
      g_prefix_error (error, "%s: ", setting->where);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
refuse (const MbSetting *setting, const char *why, GError **error)
{
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s", setting->where, why);
  return FALSE;
}

static gboolean
check_auth (MbOptions *self, GError **error)
{
  unsigned int n_keys = (self->auth_secret_file != NULL) + (self->auth_public_key != NULL) +
                        (self->auth_jwks != NULL);

  /* Somebody who gives a key does not want an open door. */
  for (guint i = 0; !self->auth_wants_tokens && i < self->settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (self->settings, i);

    if (g_strcmp0 (setting->row->section, "auth") == 0 &&
        !g_str_equal (setting->row->name, "auth-mode"))
      return refuse (setting, "means nothing without --auth-mode jwt", error);
  }
  if (self->auth_wants_tokens && n_keys != 1)
    return refuse (mb_settings_find (self->settings, "auth-mode"),
        "jwt needs one of --auth-secret-file, --auth-public-key and --auth-jwks", error);
  return TRUE;
}

/* What each option is right by itself may still be wrong together. */
static gboolean
check_together (MbOptions *self, GError **error)
{
  for (guint i = 0; i < self->settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (self->settings, i);

    if (self->room == NULL && (setting->row->flags & MB_OPTION_NEEDS_ROOM) != 0)
      return refuse (setting, "needs --room ID, the room to join", error);
    if (self->record_dir == NULL && (setting->row->flags & MB_OPTION_NEEDS_RECORD) != 0)
      return refuse (setting, "needs --record DIR, where recordings go", error);
    if (self->server_url != NULL && setting->row->group == MB_OPTION_GROUP_HOST)
      return refuse (setting, "is about hosting, which --server leaves to another", error);
  }
  if (!check_auth (self, error))
    return FALSE;
  for (guint i = 0; self->tls_certificate == NULL && i < self->settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (self->settings, i);

    if (g_strcmp0 (setting->row->section, "tls") == 0)
      return refuse (setting, "needs --tls-certificate FILE", error);
  }
  if (self->ice_turn[0] != NULL && self->ice_turn_secret_file == NULL)
    return refuse (mb_settings_find (self->settings, "ice-turn"),
        "needs --ice-turn-secret-file, what the TURN server has as static-auth-secret", error);
  if (mb_settings_find (self->settings, "token") != NULL &&
      mb_settings_find (self->settings, "token-file") != NULL)
    return refuse (mb_settings_find (self->settings, "token-file"),
        "and --token exclude each other; give one", error);
  if (self->room != NULL && self->rooms > 1 && strstr (self->room, "{r}") == NULL)
    return refuse (mb_settings_find (self->settings, "rooms"),
        "needs {r} in --room, for example --room 'load-{r}'", error);
  if (g_strv_length (self->sources) > 2)
    return refuse (mb_settings_find (self->settings, "source"),
        "can be given twice: one for the picture, one for the sound", error);
  return TRUE;
}

static char *
default_store (char **environment, gboolean is_service)
{
  const char *service = g_environ_getenv (environment, "STATE_DIRECTORY");

  /* systemd names the folder it made for a service. */
  if (service != NULL && *service != '\0')
    return g_build_filename (service, "rooms.db", NULL);
  /* Whoever started it has a home that the user it becomes cannot read. */
  if (is_service)
    return g_strdup (SERVICE_STORE);
  return g_build_filename (g_get_user_state_dir (), "meshbot", "rooms.db", NULL);
}

static void
options_clear (gpointer data)
{
  MbOptions *self = data;

  g_free (self->server_url);
  g_free (self->listen_address);
  g_free (self->store_path);
  g_free (self->tls_certificate);
  g_free (self->tls_key);
  g_free (self->redirect_address);
  g_free (self->user);
  g_strfreev (self->allow_origins);
  g_free (self->auth_secret_file);
  g_free (self->auth_public_key);
  g_free (self->auth_jwks);
  g_free (self->auth_issuer);
  g_strfreev (self->auth_audiences);
  g_strfreev (self->trusted_proxies);
  g_strfreev (self->ice_stun);
  g_strfreev (self->ice_turn);
  g_free (self->ice_turn_secret_file);
  g_free (self->room);
  g_free (self->name);
  g_strfreev (self->sources);
  g_strfreev (self->codecs);
  g_free (self->record_dir);
  g_free (self->on_finish);
  g_free (self->metrics_file);
  g_strfreev (self->ice_servers);
  g_strfreev (self->reports);
  g_strfreev (self->settings_of_source);
  g_ptr_array_unref (self->expects);
  g_free (self->ca_file);
  g_free (self->audit_path);
  g_free (self->metrics_address);
  g_free (self->metrics_token_file);
  g_free (self->token);
  g_free (self->checked_pipeline);
  g_clear_pointer (&self->settings, g_ptr_array_unref);
}

static MbOptions *
options_new_default (GPtrArray *settings)
{
  MbOptions *self = g_atomic_rc_box_new0 (MbOptions);

  self->settings = g_ptr_array_ref (settings);
  self->listen_address = g_strdup (MB_SERVER_DEFAULT_ADDRESS);
  self->listen_port = MB_SERVER_DEFAULT_PORT;
  self->allow_origins = g_new0 (char *, 1);
  self->auth_audiences = g_new0 (char *, 1);
  self->trusted_proxies = g_new0 (char *, 1);
  self->ice_stun = g_new0 (char *, 1);
  self->ice_turn = g_new0 (char *, 1);
  self->sources = g_new0 (char *, 1);
  self->codecs = g_strsplit ("vp8,h264,vp9", ",", -1);
  self->ice_servers = g_new0 (char *, 1);
  self->reports = g_new0 (char *, 1);
  self->settings_of_source = g_new0 (char *, 1);
  self->expects = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_expect_free);
  self->rate_limit = TRUE;
  self->max_rooms = MB_SERVER_DEFAULT_ROOMS;
  self->max_members = MB_SERVER_DEFAULT_MEMBERS;
  self->bitrate_kbps = 1500;
  self->width = 1280;
  self->height = 720;
  self->fps = 30;
  self->count = 1;
  self->rooms = 1;
  self->seed = (guint64) g_random_int () + 1;
  self->log_level = G_LOG_LEVEL_WARNING;
  return self;
}

/**
 * mb_options_new:
 * @argv: (array zero-terminated=1): the command line, the program's name first
 * @environment: (array zero-terminated=1): the environment, as of g_get_environ()
 *
 * Reads the files that `--config` and `--token-file` name, and nothing else outside. The command line wins,
 * then the environment, then files.
 *
 * Returns: (transfer full): the options; or %NULL with %MB_ERROR_USAGE and one line that says what
 *   is wrong and what would be right
 */
MbOptions *
mb_options_new (const char *const *argv, char **environment, GError **error)
{
  g_autoptr (GPtrArray) command_line = mb_settings_new ();
  g_autoptr (GPtrArray) settings = NULL;
  g_autoptr (MbOptions) self = NULL;
  const char *token = g_environ_getenv (environment, MB_OPTIONS_TOKEN_VARIABLE);
  g_autoptr (GPtrArray) variables = mb_settings_new ();
  const MbSetting *file;

  if (!parse_command_line (argv, command_line, error))
    return NULL;
  mb_settings_read_environment (variables, environment);
  mb_settings_override (variables, command_line);
  settings = mb_settings_new ();
  file = mb_settings_find (variables, "config");
  if (file != NULL && !mb_settings_read_files (settings, file->value, error))
    return NULL;
  mb_settings_override (settings, variables);

  self = options_new_default (settings);
  if (!apply (self, error))
    return NULL;
  if (self->action != MB_OPTIONS_RUN && self->action != MB_OPTIONS_CHECK_CONFIG &&
      self->action != MB_OPTIONS_PRINT_CONFIG)
    return g_steal_pointer (&self);
  if (!check_together (self, error))
    return NULL;
  if (self->token == NULL && token != NULL &&
      !mb_option_find ("token")->take (self, token, error)) {
    g_prefix_error (error, "$" MB_OPTIONS_TOKEN_VARIABLE ": ");
    return NULL;
  }
  if (mb_settings_find (settings, "max-connections-per-address") == NULL)
    self->max_connections_each = self->rate_limit ? MB_SERVER_DEFAULT_CONNECTIONS_EACH : 0;
  if (self->name == NULL)
    self->name = g_strdup (self->count > 1 ? "meshbot-{n}" : "meshbot");
  if (self->store_path == NULL)
    self->store_path = default_store (environment, self->user != NULL);
  return g_steal_pointer (&self);
}

/**
 * mb_options_ref:
 *
 * Thread: any.
 */
MbOptions *
mb_options_ref (MbOptions *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * mb_options_unref:
 *
 * Thread: any.
 */
void
mb_options_unref (MbOptions *self)
{
  g_atomic_rc_box_release_full (self, options_clear);
}

/**
 * mb_options_get_help:
 *
 * Returns: (transfer full): what `--help` prints
 */
char *
mb_options_get_help (void)
{
  GString *text = g_string_new (
      "meshbot hosts rooms for video calls and takes part in them: it sends, receives, records.\n"
      "\n"
      "  meshbot                                        host rooms on http://127.0.0.1:3000\n"
      "  meshbot --room x --source videotestsrc         and send a test picture and tone to room x\n"
      "  meshbot --server https://meet.example --room x --record ./archive\n"
      "                                                 join elsewhere, record everybody\n"
      "  meshbot --server http://localhost:3000 --room 'load-{r}' --rooms 10 --count 3 \\\n"
      "          --source videotestsrc --duration 60s   thirty bots in ten rooms for a minute\n"
      "  meshbot archive verify|info|repair DIR         check recordings, list them, finish what was cut off\n");

  for (MbOptionGroup group = MB_OPTION_GROUP_HOST; group < MB_N_OPTION_GROUPS; group++) {
    g_string_append_printf (text, "\n%s:\n", MB_OPTION_GROUP_TITLES[group]);
    for (gsize i = 0; i < mb_option_count (); i++) {
      const MbOptionRow *row = mb_option_get (i);
      char letter[] = "-?, ";
      g_autofree char *left = NULL;

      if (row->group != group || row->take == NULL)
        continue;
      letter[1] = row->letter;
      left = g_strdup_printf ("%s--%s%s%s", row->letter != 0 ? letter : "    ", row->name,
          row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
      g_string_append_printf (text, "  %-26s  %s\n", left, row->help);
    }
  }
  g_string_append (text,
      "\nExit status: 0 all went well, 1 it failed while running, 2 the command line or the\n"
      "configuration is wrong, 3 an --expect did not hold, 4 the server or room could not be joined.\n");
  return g_string_free (text, FALSE);
}

/**
 * mb_options_to_worker:
 * @program: what is to be argv[0]
 * @server_url: the host's address on this machine
 * @duration_ms: what `--duration` is to be; 0 leaves it out
 *
 * What a child process of the same program is given so that it takes part where this one hosts.
 * The token is not in it: it goes by %MB_OPTIONS_TOKEN_VARIABLE.
 *
 * Returns: (transfer full) (array zero-terminated=1): an argv
 */
char **
mb_options_to_worker (
    MbOptions *self, const char *program, const char *server_url, gint64 duration_ms)
{
  g_autoptr (GStrvBuilder) argv = g_strv_builder_new ();

  g_strv_builder_add_many (argv, program, "--server", server_url, NULL);
  if (duration_ms > 0) {
    g_autofree char *text = g_strdup_printf ("--duration=%" G_GINT64_FORMAT "ms", duration_ms);

    g_strv_builder_add (argv, text);
  }
  for (guint i = 0; i < self->settings->len; i++) {
    const MbSetting *setting = g_ptr_array_index (self->settings, i);
    g_autofree char *text = NULL;

    if ((setting->row->flags & MB_OPTION_PROCESS) != 0 ||
        g_str_equal (setting->row->name, "duration"))
      continue;
    if ((setting->row->flags & MB_OPTION_SWITCH) != 0)
      text = g_strdup_printf ("--%s", setting->row->name);
    else
      text = g_strdup_printf ("--%s=%s", setting->row->name, setting->value);
    g_strv_builder_add (argv, text);
  }
  return g_strv_builder_end (argv);
}
