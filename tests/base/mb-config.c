/* mb-config.c: a file is keys and values; what it does not say is an error that names the place
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "mb-error.h"

static const char *const SECTIONS[] = {"meshbot", "auth", NULL};

static MbConfig *
read_text (const char *text, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (MbConfig) config = NULL;
  int fd = g_file_open_tmp ("meshbot-test-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  config = mb_config_new (path, SECTIONS, error);
  g_unlink (path);
  return g_steal_pointer (&config);
}

static void
test_values (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbConfig) config =
      read_text ("# about\n[meshbot]\nname=Bob; the bot\nice-server=stun:a;stun:b\n", &error);
  g_auto (GStrv) keys = NULL;
  g_auto (GStrv) name = NULL;
  g_auto (GStrv) servers = NULL;

  g_assert_no_error (error);
  keys = mb_config_list_keys (config, "meshbot");
  name = mb_config_get_values (config, "meshbot", "name", FALSE, &error);
  servers = mb_config_get_values (config, "meshbot", "ice-server", TRUE, &error);

  g_assert_cmpuint (g_strv_length (keys), ==, 2);
  g_assert_cmpstr (keys[0], ==, "name");
  g_assert_cmpstr (name[0], ==, "Bob; the bot");
  g_assert_cmpuint (g_strv_length (servers), ==, 2);
  g_assert_cmpstr (servers[1], ==, "stun:b");
}

static void
test_empty (void)
{
  g_autoptr (MbConfig) config = read_text ("", NULL);
  g_auto (GStrv) keys = mb_config_list_keys (config, "meshbot");

  g_assert_null (keys[0]);
}

static void
test_sections (void)
{
  g_autoptr (MbConfig) config = read_text ("[auth]\nmode=jwt\n[meshbot]\nmode=x\nname=y\n", NULL);
  g_auto (GStrv) keys = mb_config_list_keys (config, "auth");
  g_auto (GStrv) mode = mb_config_get_values (config, "auth", "mode", FALSE, NULL);

  g_assert_cmpuint (g_strv_length (keys), ==, 1);
  g_assert_cmpstr (mode[0], ==, "jwt");
}

static void
test_wrong (void)
{
  static const char *const TEXTS[] = {"name=x\n", "[host]\n", "[meshbot]\nname\n", "[meshbot\n"};

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbConfig) config = read_text (TEXTS[i], &error);

    g_assert_null (config);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_assert_nonnull (strstr (error->message, "meshbot-test-"));
  }
}

static void
test_missing_key (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbConfig) config = read_text ("[meshbot]\n", NULL);

  g_assert_null (mb_config_get_values (config, "meshbot", "room", FALSE, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
  g_assert_nonnull (strstr (error->message, "[meshbot] room"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/values-and-lists-are-read", test_values);
  g_test_add_func ("/config/empty-file-has-no-keys", test_empty);
  g_test_add_func ("/config/sections-have-keys-of-their-own", test_sections);
  g_test_add_func ("/config/wrong-file-is-named", test_wrong);
  g_test_add_func ("/config/missing-key-is-named", test_missing_key);
  return g_test_run ();
}
