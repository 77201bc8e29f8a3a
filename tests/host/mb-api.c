/* mb-api.c: REST does what the contract says, and says what was wrong
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "mb-test-host.h"

#define JSON "Content-Type: application/json\r\n"

typedef struct {
  MbServer *host;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->host = mb_test_host_new (NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->host);
}

static MbTestReply *
post (Fixture *fixture, const char *body)
{
  return mb_test_http (fixture->host, "POST", "/api/rooms", JSON, body);
}

static MbTestReply *
get (Fixture *fixture, const char *path)
{
  return mb_test_http (fixture->host, "GET", path, NULL, NULL);
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_printerr ("no %s in %s\n", part, text);
  g_assert_nonnull (strstr (text, part));
}

static void
test_create (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) made = post (fixture,
      "{\"name\": \" Stand-up \", \"id\": \"daily\", \"maxMembers\": 3, \"topology\": \"mesh\","
      " \"metadata\": {\"n\": 12345678901234567890,  \"x\": 1e400}, \"other\": 1}");
  g_autoptr (MbTestReply) shown = get (fixture, "/api/rooms/daily");

  g_assert_cmpuint (made->status, ==, 201);
  assert_has (made->head, "Location: /api/rooms/daily\r\n");
  assert_has (made->body, "{\"id\":\"daily\",\"name\":\"Stand-up\",\"createdAt\":\"20");
  assert_has (made->body, "Z\",\"memberCount\":0,\"maxMembers\":3,\"topology\":\"mesh\","
                          "\"metadata\":{\"n\": 12345678901234567890,  \"x\": 1e400}}");
  g_assert_cmpuint (shown->status, ==, 200);
  assert_has (shown->body, "\"members\":[]}");
}

static void
test_random_id (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) one = post (fixture, "{\"name\":\"a\"}");
  g_autoptr (MbTestReply) two = post (fixture, "{\"name\":\"a\"}");

  g_assert_cmpuint (one->status, ==, 201);
  g_assert_cmpuint (two->status, ==, 201);
  g_assert_cmpstr (one->body, !=, two->body);
}

typedef struct {
  const char *name;
  const char *body;
  unsigned int status;
} Case;

static const Case BODIES[] = {
    {"blank-name", "{\"name\":\"  \"}", 400},
    {"no-name", "{}", 400},
    {"name-is-a-number", "{\"name\":1}", 400},
    {"id-outside-the-pattern", "{\"name\":\"a\",\"id\":\"a b\"}", 400},
    {"empty-id", "{\"name\":\"a\",\"id\":\"\"}", 400},
    {"id-of-64",
        "{\"name\":\"a\",\"id\":\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff1234\"}",
        201},
    {"id-of-65",
        "{\"name\":\"a\",\"id\":\"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff12345\"}",
        400},
    {"no-members", "{\"name\":\"a\",\"maxMembers\":0}", 400},
    {"half-a-member", "{\"name\":\"a\",\"maxMembers\":1.5}", 400},
    {"unknown-topology", "{\"name\":\"a\",\"topology\":\"star\"}", 400},
    {"metadata-is-a-list", "{\"name\":\"a\",\"metadata\":[]}", 400},
    {"a-list", "[]", 400},
    {"nothing", "", 400},
    {"not-json", "{name:1}", 400},
    {"two-values", "{\"name\":\"a\"}{\"name\":\"b\"}", 400},
    {"not-utf8", "{\"name\":\"\xff\"}", 400},
};

static void
test_body (Fixture *fixture, gconstpointer data)
{
  const Case *test = data;
  g_autoptr (MbTestReply) reply = post (fixture, test->body);

  g_assert_cmpuint (reply->status, ==, test->status);
  if (test->status != 201) {
    assert_has (reply->head, "Content-Type: application/problem+json");
    assert_has (reply->body, "\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
                             "\"detail\":\"");
  }
}

static void
test_deep (Fixture *fixture, gconstpointer data)
{
  g_autofree char *nested = g_strnfill (30000, '[');
  g_autofree char *body = g_strdup_printf ("{\"name\":\"a\",\"metadata\":%s", nested);
  g_autoptr (MbTestReply) reply = post (fixture, body);

  g_assert_cmpuint (reply->status, ==, 400);
}

/* The field itself, quotes and braces and all, at 16 KiB and one byte over. */
static void
test_metadata_size (Fixture *fixture, gconstpointer data)
{
  for (gsize over = 0; over < 2; over++) {
    g_autofree char *filler = g_strnfill (16 * 1024 - strlen ("{\"a\":\"\"}") + over, 'a');
    g_autofree char *body =
        g_strdup_printf ("{\"name\":\"a\",\"metadata\":{\"a\":\"%s\"}}", filler);
    g_autoptr (MbTestReply) reply = post (fixture, body);

    g_assert_cmpuint (reply->status, ==, over == 0 ? 201 : 413);
  }
}

static void
test_name_length (Fixture *fixture, gconstpointer data)
{
  for (gsize over = 0; over < 2; over++) {
    g_autofree char *name = g_strnfill (256 + over, 'a');
    g_autofree char *body = g_strdup_printf ("{\"name\":\"%s\"}", name);
    g_autoptr (MbTestReply) reply = post (fixture, body);

    g_assert_cmpuint (reply->status, ==, over == 0 ? 201 : 400);
  }
}

static void
test_body_size (Fixture *fixture, gconstpointer data)
{
  for (gsize over = 0; over < 2; over++) {
    g_autofree char *space = g_strnfill (64 * 1024 - strlen ("{\"name\":\"a\"}") + over, ' ');
    g_autofree char *body = g_strdup_printf ("{\"name\":\"a\"%s}", space);
    g_autoptr (MbTestReply) reply = post (fixture, body);

    g_assert_cmpuint (reply->status, ==, over == 0 ? 201 : 413);
  }
}

static void
test_taken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) one = post (fixture, "{\"name\":\"a\",\"id\":\"x\"}");
  g_autoptr (MbTestReply) two = post (fixture, "{\"name\":\"b\",\"id\":\"x\"}");

  g_assert_cmpuint (one->status, ==, 201);
  g_assert_cmpuint (two->status, ==, 409);
}

static void
test_media_type (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) none =
      mb_test_http (fixture->host, "POST", "/api/rooms", NULL, "{\"name\":\"a\"}");
  g_autoptr (MbTestReply) form = mb_test_http (fixture->host, "POST", "/api/rooms",
      "Content-Type: application/x-www-form-urlencoded\r\n", "{\"name\":\"a\"}");
  g_autoptr (MbTestReply) json = mb_test_http (fixture->host, "POST", "/api/rooms",
      "Content-Type: application/json; charset=utf-8\r\n", "{\"name\":\"a\"}");

  g_assert_cmpuint (none->status, ==, 415);
  g_assert_cmpuint (form->status, ==, 415);
  g_assert_cmpuint (json->status, ==, 201);
}

static void
test_pages (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) empty = get (fixture, "/api/rooms");
  g_autoptr (MbTestReply) all = NULL;
  g_autoptr (MbTestReply) first = NULL;
  g_autoptr (MbTestReply) last = NULL;
  g_autoptr (MbTestReply) bad = NULL;
  g_autoptr (MbTestReply) gone = NULL;

  for (int i = 0; i < 5; i++) {
    g_autofree char *body = g_strdup_printf ("{\"name\":\"n\",\"id\":\"r%d\"}", i);
    g_autoptr (MbTestReply) reply = post (fixture, body);
  }
  all = get (fixture, "/api/rooms");
  first = get (fixture, "/api/rooms?limit=2");
  last = get (fixture, "/api/rooms?limit=2&after=r2");
  bad = get (fixture, "/api/rooms?limit=0");
  gone = get (fixture, "/api/rooms?after=nowhere");

  g_assert_cmpstr (empty->body, ==, "[]\n");
  g_assert_true (strstr (all->body, "\"r0\"") < strstr (all->body, "\"r4\""));
  g_assert_null (strstr (all->head, "Link:"));
  assert_has (first->head, "Link: </api/rooms?limit=2&after=r1>; rel=\"next\"\r\n");
  assert_has (first->body, "\"r1\"");
  g_assert_null (strstr (first->body, "\"r2\""));
  assert_has (last->body, "\"r3\"");
  assert_has (last->body, "\"r4\"");
  g_assert_null (strstr (last->head, "Link:"));
  g_assert_cmpuint (bad->status, ==, 400);
  g_assert_cmpuint (gone->status, ==, 400);
}

static void
test_etag (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) first = get (fixture, "/api/rooms");
  const char *etag = strstr (first->head, "ETag: ") + 6;
  g_autofree char *value = g_strndup (etag, strcspn (etag, "\r"));
  g_autofree char *field = g_strdup_printf ("If-None-Match: %s\r\n", value);
  g_autoptr (MbTestReply) same = mb_test_http (fixture->host, "GET", "/api/rooms", field, NULL);
  g_autoptr (MbTestReply) made = post (fixture, "{\"name\":\"a\"}");
  g_autoptr (MbTestReply) other = mb_test_http (fixture->host, "GET", "/api/rooms", field, NULL);

  g_assert_cmpuint (same->status, ==, 304);
  g_assert_cmpstr (same->body, ==, "");
  g_assert_cmpuint (other->status, ==, 200);
}

static void
test_delete (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) made = post (fixture, "{\"name\":\"a\",\"id\":\"x\"}");
  g_autoptr (MbTestReply) gone = mb_test_http (fixture->host, "DELETE", "/api/rooms/x", NULL, NULL);
  g_autoptr (MbTestReply) again =
      mb_test_http (fixture->host, "DELETE", "/api/rooms/x", NULL, NULL);
  g_autoptr (MbTestReply) shown = get (fixture, "/api/rooms/x");

  g_assert_cmpuint (gone->status, ==, 204);
  g_assert_null (strstr (gone->head, "Content-Length"));
  g_assert_cmpuint (again->status, ==, 404);
  g_assert_cmpuint (shown->status, ==, 404);
}

/* Who deletes what he has read deletes nothing that has changed since. */
static void
test_delete_if_unchanged (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) made = post (fixture, "{\"name\":\"a\",\"id\":\"x\"}");
  g_autoptr (MbTestReply) seen = get (fixture, "/api/rooms/x");
  const char *etag = strstr (seen->head, "ETag: ") + 6;
  g_autofree char *value = g_strndup (etag, strcspn (etag, "\r"));
  g_autofree char *field = g_strdup_printf ("If-Match: %s\r\n", value);
  g_autoptr (MbTestClient) member = mb_test_client_new_plain (fixture->host);
  g_autoptr (MbTestReply) changed = NULL;
  g_autoptr (MbTestReply) none = NULL;
  g_autoptr (MbTestReply) there = NULL;
  g_autoptr (MbTestReply) any = NULL;

  mb_test_client_join (member, "x", "Ann");
  changed = mb_test_http (fixture->host, "DELETE", "/api/rooms/x", field, NULL);
  none = mb_test_http (fixture->host, "DELETE", "/api/rooms/y", field, NULL);
  there = get (fixture, "/api/rooms/x");
  any = mb_test_http (fixture->host, "DELETE", "/api/rooms/x", "If-Match: *\r\n", NULL);

  g_assert_cmpuint (changed->status, ==, 412);
  g_assert_cmpuint (none->status, ==, 404);
  g_assert_cmpuint (there->status, ==, 200);
  g_assert_cmpuint (any->status, ==, 204);
}

static void
test_methods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) put = mb_test_http (fixture->host, "PUT", "/api/rooms", JSON, "{}");
  g_autoptr (MbTestReply) patch = mb_test_http (fixture->host, "PATCH", "/api/rooms/x", JSON, "{}");
  g_autoptr (MbTestReply) options =
      mb_test_http (fixture->host, "OPTIONS", "/api/rooms/x", NULL, NULL);
  g_autoptr (MbTestReply) page = mb_test_http (fixture->host, "DELETE", "/nowhere", NULL, NULL);
  g_autoptr (MbTestReply) unknown = get (fixture, "/api/nothing");

  g_assert_cmpuint (put->status, ==, 405);
  assert_has (put->head, "Allow: GET, HEAD, POST, OPTIONS\r\n");
  g_assert_cmpuint (patch->status, ==, 405);
  assert_has (patch->head, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
  g_assert_cmpuint (options->status, ==, 204);
  assert_has (options->head, "Allow: GET, HEAD, DELETE, OPTIONS\r\n");
  g_assert_cmpuint (page->status, ==, 404);
  g_assert_cmpuint (unknown->status, ==, 404);
}

static void
test_service (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) ice = get (fixture, "/api/ice-servers");
  g_autoptr (MbTestReply) health = get (fixture, "/healthz");
  g_autoptr (MbTestReply) ready = get (fixture, "/readyz");
  g_autoptr (MbTestReply) metrics = get (fixture, "/metrics");

  g_assert_cmpstr (ice->body, ==, "{\"iceServers\":[],\"ttl\":3600}\n");
  assert_has (health->body, "{\"status\":\"ok\",\"server\":\"meshbot\",\"version\":\"");
  g_assert_cmpuint (ready->status, ==, 200);
  assert_has (metrics->head, "Content-Type: text/plain; version=0.0.4");
  assert_has (metrics->body, "\nmeshbot_host_rooms 0\n");
}

static void
test_origins (Fixture *fixture, gconstpointer data)
{
  static const char *const ALLOWED[] = {"https://app.example", NULL};
  g_autofree char *own_field =
      g_strdup_printf ("Origin: http://127.0.0.1:%u\r\n", mb_server_get_port (fixture->host));
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestReply) own = mb_test_http (fixture->host, "GET", "/api/rooms", own_field, NULL);
  g_autoptr (MbTestReply) foreign =
      mb_test_http (fixture->host, "GET", "/api/rooms", "Origin: https://app.example\r\n", NULL);
  g_autoptr (MbTestReply) null =
      mb_test_http (fixture->host, "GET", "/api/rooms", "Origin: null\r\n", NULL);
  g_autoptr (MbTestReply) named = NULL;
  g_autoptr (MbTestReply) preflight = NULL;

  mb_test_config_init (&config);
  config.allow_origins = ALLOWED;
  host = mb_test_host_new (&config);
  named = mb_test_http (host, "GET", "/api/rooms", "Origin: https://app.example\r\n", NULL);
  preflight = mb_test_http (host, "OPTIONS", "/api/rooms",
      "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"
      "Access-Control-Request-Headers: content-type\r\n",
      NULL);

  g_assert_cmpuint (own->status, ==, 200);
  g_assert_cmpuint (foreign->status, ==, 403);
  g_assert_cmpuint (null->status, ==, 403);
  g_assert_cmpuint (named->status, ==, 200);
  assert_has (named->head, "Access-Control-Allow-Origin: https://app.example\r\n");
  assert_has (named->head, "Vary: Origin\r\n");
  assert_has (named->head, "Access-Control-Expose-Headers: ETag, Link, Location, Retry-After\r\n");
  g_assert_cmpuint (preflight->status, ==, 204);
  assert_has (preflight->head, "Access-Control-Allow-Headers: content-type\r\n");
}

static void
test_restart (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("mb-api-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "rooms.db", NULL);
  MbServerConfig config;
  g_autoptr (MbServer) host = NULL;
  g_autoptr (MbTestReply) made = NULL;
  g_autoptr (MbTestReply) listed = NULL;

  mb_test_config_init (&config);
  config.store_path = path;
  host = mb_test_host_new (&config);
  made = mb_test_http (host, "POST", "/api/rooms", JSON, "{\"name\":\"Räume\",\"id\":\"x\"}");
  g_clear_object (&host);
  host = mb_test_host_new (&config);
  listed = mb_test_http (host, "GET", "/api/rooms", NULL, NULL);
  g_clear_object (&host);

  g_assert_cmpuint (made->status, ==, 201);
  assert_has (listed->body, "{\"id\":\"x\",\"name\":\"Räume\"");
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/api/create-and-show", test_create);
  ADD ("/api/an-id-is-made-where-none-is-given", test_random_id);
  for (gsize i = 0; i < G_N_ELEMENTS (BODIES); i++) {
    g_autofree char *path = g_strdup_printf ("/api/create/%s", BODIES[i].name);

    g_test_add (path, Fixture, &BODIES[i], set_up, test_body, tear_down);
  }
  ADD ("/api/deep-nesting-is-refused", test_deep);
  ADD ("/api/large-metadata-is-refused", test_metadata_size);
  ADD ("/api/a-name-has-256-bytes", test_name_length);
  ADD ("/api/a-body-has-64-kib", test_body_size);
  ADD ("/api/taken-id-is-a-conflict", test_taken);
  ADD ("/api/only-json-is-taken", test_media_type);
  ADD ("/api/list-in-pages", test_pages);
  ADD ("/api/etag-tells-changes", test_etag);
  ADD ("/api/delete-once", test_delete);
  ADD ("/api/delete-only-what-was-read", test_delete_if_unchanged);
  ADD ("/api/methods-are-named", test_methods);
  ADD ("/api/service-calls", test_service);
  ADD ("/api/origins", test_origins);
  ADD ("/api/rooms-outlive-a-restart", test_restart);
  return g_test_run ();
}
