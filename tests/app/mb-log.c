/* mb-log.c: a line an event, whatever a message has in it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-log.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define NOON_US (G_GINT64_CONSTANT (1000000000) * G_USEC_PER_SEC + 250000)

static void
test_text (void)
{
  g_autofree char *line =
      mb_log_format_line (MB_LOG_FORMAT_TEXT, G_LOG_LEVEL_WARNING, "mb-host", "room x", NOON_US);

  g_assert_cmpstr (line, ==, "01:46:40.250 warning mb-host: room x\n");
}

static void
test_one_line (void)
{
  g_autofree char *line = mb_log_format_line (
      MB_LOG_FORMAT_TEXT, G_LOG_LEVEL_INFO, NULL, "Zo\xc3\xab\nforged\r\x1b[2J \xff", NOON_US);

  g_assert_cmpstr (line, ==, "01:46:40.250 info    meshbot: Zo\xc3\xab forged  [2J \xef\xbf\xbd\n");
}

static void
test_json (void)
{
  const char *message = "a \"quoted\" \\ line\nwith Zo\xc3\xab and \x01";
  g_autofree char *line =
      mb_log_format_line (MB_LOG_FORMAT_JSON, G_LOG_LEVEL_CRITICAL, "mb-mesh", message, NOON_US);
  g_autoptr (JsonNode) node = json_from_string (line, NULL);
  JsonObject *object;

  g_assert_nonnull (node);
  g_assert_cmpuint (strcspn (line, "\n"), ==, strlen (line) - 1);
  object = json_node_get_object (node);
  g_assert_cmpstr (json_object_get_string_member (object, "message"), ==, message);
  g_assert_cmpstr (json_object_get_string_member (object, "level"), ==, "error");
  g_assert_cmpstr (json_object_get_string_member (object, "domain"), ==, "mb-mesh");
  g_assert_cmpstr (json_object_get_string_member (object, "time"), ==, "2001-09-09T01:46:40.250Z");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/text-has-time-level-and-domain", test_text);
  g_test_add_func ("/log/control-characters-forge-no-line", test_one_line);
  g_test_add_func ("/log/json-reads-back", test_json);
  return g_test_run ();
}
