/* mb-ice-servers.c: what a server tells of STUN and TURN servers becomes URLs
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-ice-servers.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *text;
  const char *urls; /* (nullable) joined by a space; NULL is an error */
  unsigned int ttl_s;
} Case;

static const Case CASES[] = {
    {"none", "{\"iceServers\":[],\"ttl\":600}", "", 600},
    {"stun", "{\"iceServers\":[{\"urls\":\"stun:a.example\"}]}", "stun:a.example", 0},
    {"turn/with-its-credentials",
        "{\"iceServers\":[{\"urls\":[\"turn:t:3478?transport=udp\",\"turns:t\"],"
        "\"username\":\"17:ann\",\"credential\":\"a/b+c=@\"}],\"ttl\":3600}",
        "turn:17%3Aann:a%2Fb%2Bc%3D%40@t:3478?transport=udp turns:17%3Aann:a%2Fb%2Bc%3D%40@t",
        3600},
    {"stun/takes-no-user",
        "{\"iceServers\":[{\"urls\":[\"stun:s\"],\"username\":\"u\",\"credential\":\"p\"}]}",
        "stun:s", 0},
    {"odd/is-passed-over",
        "{\"iceServers\":[1,{\"urls\":2},{\"urls\":[3,\"http://x\",\"stun:s\"]},{}],\"ttl\":\"x\"}",
        "stun:s", 0},
    {"odd/ttl", "{\"iceServers\":[],\"ttl\":-1}", "", 0},
    {"odd/ttl-is-bounded", "{\"iceServers\":[],\"ttl\":1e99}", "", 604800},
    {"wrong/no-list", "{\"iceServers\":{}}", NULL, 0},
    {"wrong/no-object", "[]", NULL, 0},
    {"wrong/no-json", "<html>", NULL, 0},
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  unsigned int ttl_s = 0;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) urls = mb_ice_servers_parse (test->text, strlen (test->text), &ttl_s, &error);
  g_autofree char *joined = urls != NULL ? g_strjoinv (" ", urls) : NULL;

  g_assert_cmpstr (joined, ==, test->urls);
  g_assert_cmpuint (ttl_s, ==, test->ttl_s);
  g_assert_true ((urls == NULL) == (error != NULL));
}

static void
test_many (void)
{
  g_autoptr (GString) text = g_string_new ("{\"iceServers\":[");
  unsigned int ttl_s = 0;
  g_auto (GStrv) urls = NULL;

  for (unsigned int i = 0; i < 40; i++)
    g_string_append_printf (text, "%s{\"urls\":\"stun:s%u\"}", i > 0 ? "," : "", i);
  g_string_append (text, "]}");
  urls = mb_ice_servers_parse (text->str, text->len, &ttl_s, NULL);
  g_assert_cmpuint (g_strv_length (urls), ==, 16);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strdup_printf ("/ice-servers/%s", CASES[i].name);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  g_test_add_func ("/ice-servers/no-more-than-sixteen", test_many);
  return g_test_run ();
}
