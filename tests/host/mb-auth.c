/* mb-auth.c: no token is 401, a missing grant 403, and when a token ends its bearer goes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "mb-jwt.h"
#include "mb-test-host.h"

#define SECRET "0123456789abcdef0123456789abcdef"

typedef struct {
  MbServer *host;
  char *path; /* of the secret */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  MbServerConfig config;
  MbAuthConfig auth = {.wants_tokens = TRUE};
  int fd = g_file_open_tmp ("meshbot-test-XXXXXX", &fixture->path, NULL);

  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (fixture->path, SECRET "\n", -1, NULL));
  g_chmod (fixture->path, 0600);
  auth.secret_file = fixture->path;
  mb_test_config_init (&config);
  config.auth = &auth;
  fixture->host = mb_test_host_new (&config);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->host);
  g_unlink (fixture->path);
  g_free (fixture->path);
}

/* A token that is good for @seconds, with more claims behind. */
static char *
make_token (double seconds, const char *claims)
{
  g_autoptr (MbJwtKey) key = mb_jwt_key_new_secret (SECRET, strlen (SECRET), NULL);
  double end = (double) g_get_real_time () / G_USEC_PER_SEC + seconds;
  g_autofree char *text = g_strdup_printf ("{\"exp\":%.3f%s}", end, claims);

  return mb_jwt_make (key, text);
}

static unsigned int
ask (Fixture *fixture, const char *method, const char *path, const char *claims, const char *body)
{
  g_autofree char *token = claims == NULL ? NULL : make_token (60, claims);
  g_autofree char *fields = g_strdup_printf ("Content-Type: application/json\r\n%s%s%s",
      token == NULL ? "" : "Authorization: Bearer ", token == NULL ? "" : token,
      token == NULL ? "" : "\r\n");
  g_autoptr (MbTestReply) reply = mb_test_http (fixture->host, method, path, fields, body);

  return reply->status;
}

static void
test_open (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (ask (fixture, "GET", "/", NULL, NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "GET", "/healthz", NULL, NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "GET", "/readyz", NULL, NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "OPTIONS", "/api/rooms", NULL, NULL), ==, 204);
}

static void
test_unauthorized (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) none = mb_test_http (fixture->host, "GET", "/api/rooms", NULL, NULL);
  g_autoptr (MbTestReply) bad =
      mb_test_http (fixture->host, "GET", "/api/rooms", "Authorization: Bearer a.b.c\r\n", NULL);
  g_autoptr (MbTestReply) basic =
      mb_test_http (fixture->host, "GET", "/api/rooms", "Authorization: Basic YTpi\r\n", NULL);
  g_autofree char *token = make_token (60, "");
  g_autofree char *path = g_strdup_printf ("/api/rooms?access_token=%s", token);

  g_assert_cmpuint (none->status, ==, 401);
  g_assert_nonnull (strstr (none->head, "WWW-Authenticate: Bearer realm=\"meshbot\"\r\n"));
  g_assert_nonnull (strstr (none->head, "application/problem+json"));
  g_assert_cmpuint (bad->status, ==, 401);
  g_assert_nonnull (strstr (bad->head, "error=\"invalid_token\""));
  g_assert_cmpuint (basic->status, ==, 401);
  /* In a query it is for WebSockets only, which can do no better. */
  g_assert_cmpuint (ask (fixture, "GET", path, NULL, NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "DELETE", "/api/rooms/x", NULL, NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", NULL, "{\"name\":\"x\"}"), ==, 401);
  g_assert_cmpuint (ask (fixture, "GET", "/api/ice-servers", NULL, NULL), ==, 401);
}

static void
test_grants (Fixture *fixture, gconstpointer data)
{
  static const char BODY[] = "{\"name\":\"X\",\"id\":\"x\"}";
  static const char ADMIN[] = ",\"grants\":[\"admin\"]";

  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", ",\"grants\":[\"join\"]", BODY), ==, 403);
  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", ",\"grants\":[]", BODY), ==, 403);
  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", ",\"room\":\"y\"", BODY), ==, 403);
  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", ",\"room\":[]", BODY), ==, 403);
  g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", ",\"room\":[\"y\",\"x\"]", BODY), ==, 201);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms/x", ",\"room\":\"y\"", NULL), ==, 403);
  g_assert_cmpuint (
      ask (fixture, "GET", "/api/rooms/x", ",\"grants\":[\"record\"]", NULL), ==, 403);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms/x", ",\"room\":\"x\"", NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms/x", ",\"room\":\"*\"", NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "GET", "/api/ice-servers", ",\"grants\":[]", NULL), ==, 403);
  g_assert_cmpuint (ask (fixture, "GET", "/api/ice-servers", ",\"room\":\"x\"", NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "DELETE", "/api/rooms/x", "", NULL), ==, 403);
  g_assert_cmpuint (
      ask (fixture, "DELETE", "/api/rooms/x", ",\"room\":\"y\",\"grants\":\"admin\"", NULL), ==,
      403);
  g_assert_cmpuint (ask (fixture, "DELETE", "/api/rooms/x", ADMIN, NULL), ==, 204);
}

static void
test_claims (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms", ",\"room\":7", NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms", ",\"room\":[7]", NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms", ",\"grants\":7", NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms", ",\"name\":[]", NULL), ==, 401);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms", ",\"sub\":{}", NULL), ==, 401);
  /* As PHP applications write them. */
  g_assert_cmpuint (
      ask (fixture, "GET", "/api/rooms", ",\"sub\":17,\"prv\":\"x\",\"scopes\":[\"*\"]", NULL), ==,
      200);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  g_autofree char *token = make_token (60, ",\"room\":\"b\"");
  g_autofree char *fields = g_strdup_printf ("Authorization: bearer %s\r\n", token);
  g_autoptr (MbTestReply) list = NULL;

  for (const char *id = "abc"; *id != '\0'; id++) {
    g_autofree char *body = g_strdup_printf ("{\"name\":\"n\",\"id\":\"%c\"}", *id);

    g_assert_cmpuint (ask (fixture, "POST", "/api/rooms", "", body), ==, 201);
  }
  list = mb_test_http (fixture->host, "GET", "/api/rooms?limit=1", fields, NULL);

  g_assert_cmpuint (list->status, ==, 200);
  g_assert_true (g_str_has_prefix (list->body, "[{\"id\":\"b\","));
  g_assert_null (strstr (list->body, "\"id\":\"a\""));
  g_assert_null (strstr (list->body, "\"id\":\"c\""));
  g_assert_null (strstr (list->head, "rel=\"next\""));
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms?after=b", ",\"room\":\"b\"", NULL), ==, 200);
  g_assert_cmpuint (ask (fixture, "GET", "/api/rooms?after=a", ",\"room\":\"b\"", NULL), ==, 400);
}

static MbTestClient *
connect_plain (Fixture *fixture, double seconds, const char *claims)
{
  g_autofree char *token = make_token (seconds, claims);
  g_autofree char *path = g_strdup_printf ("/ws?access_token=%s", token);
  MbTestClient *client = mb_test_client_new_websocket (fixture->host, path, "");
  g_autofree char *welcome = mb_test_client_wait_for (client, "\"welcome\"");

  return client;
}

static void
refuse_join (Fixture *fixture, const char *claims, const char *fields)
{
  g_autoptr (MbTestClient) client = connect_plain (fixture, 60, claims);
  g_autofree char *told = NULL;

  mb_test_client_event (client, "join-room", fields);
  told = mb_test_client_wait_for (client, "room-error");
  g_assert_nonnull (strstr (told, "\"unauthorized\""));
}

static void
test_join (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestReply) none = mb_test_http (fixture->host, "GET", "/ws",
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
      NULL);
  g_autoptr (MbTestClient) client = connect_plain (fixture, 60, ",\"name\":\"Ann\",\"room\":\"x\"");
  g_autoptr (MbTestClient) recorder =
      connect_plain (fixture, 60, ",\"grants\":[\"join\",\"record\"]");
  g_autofree char *peers = NULL;
  g_autofree char *refused = NULL;

  g_assert_cmpuint (none->status, ==, 401);
  refuse_join (fixture, ",\"room\":\"y\"", "\"roomId\":\"x\",\"displayName\":\"A\"");
  refuse_join (fixture, ",\"grants\":[\"join\"]", "\"roomId\":\"x\",\"displayName\":\"A\"");
  refuse_join (fixture, ",\"grants\":[\"create\"]", "\"roomId\":\"x\",\"displayName\":\"A\"");
  refuse_join (fixture, "", "\"roomId\":\"x\",\"displayName\":\"A\",\"role\":\"recorder\"");
  refuse_join (fixture, "", "\"roomId\":\"x\",\"displayName\":\"A\",\"role\":\"relay\"");
  mb_test_client_join (client, "x", "Somebody else");
  mb_test_client_event (
      recorder, "join-room", "\"roomId\":\"x\",\"displayName\":\"R\",\"role\":\"recorder\"");
  peers = mb_test_client_wait_for (recorder, "\"peers\"");
  g_assert_nonnull (strstr (peers, "\"displayName\":\"Ann\""));
  mb_test_client_event (client, "join-room", "\"roomId\":\"y\",\"displayName\":\"A\"");
  refused = mb_test_client_wait_for (client, "room-error");
  g_assert_nonnull (strstr (refused, "the token is not for room y"));
}

static void
test_expiry (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) lasting = connect_plain (fixture, 60, "");
  g_autoptr (MbTestClient) brief = connect_plain (fixture, 0.6, "");
  gint64 end_us = g_get_monotonic_time () + 600 * 1000;
  g_autofree char *told = NULL;
  g_autofree char *left = NULL;

  mb_test_client_join (lasting, "x", "Ann");
  mb_test_client_join (brief, "x", "Bo");
  told = mb_test_client_wait_for (brief, "room-error");
  g_assert_nonnull (strstr (told, "the token has expired"));
  g_assert_cmpuint (mb_test_client_wait_for_close (brief), ==, 1008);
  g_assert_cmpint (g_get_monotonic_time (), >=, end_us - 50 * 1000);
  g_assert_cmpint (g_get_monotonic_time (), <, end_us + 2 * G_USEC_PER_SEC);
  left = mb_test_client_wait_for (lasting, "peer-left");
  g_assert_nonnull (strstr (left, "\"kicked\""));
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } TESTS[] = {
      {"/auth/pages-and-health-are-open", test_open},
      {"/auth/no-token-is-401", test_unauthorized},
      {"/auth/missing-grant-is-403", test_grants},
      {"/auth/malformed-claims-are-401", test_claims},
      {"/auth/list-has-the-rooms-of-the-token", test_list},
      {"/auth/join-takes-room-role-and-name-from-the-token", test_join},
      {"/auth/a-member-goes-when-its-token-ends", test_expiry},
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (TESTS); i++)
    g_test_add (TESTS[i].name, Fixture, NULL, set_up, TESTS[i].test, tear_down);
  return g_test_run ();
}
