/* mb-ice-servers.c: which STUN and TURN servers a room's server tells of
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What `GET /api/ice-servers` answers is ready for a browser's RTCPeerConnection; here it becomes
 * URLs as `--ice-server` takes them. Other people's servers have no such thing, which is no fault.
 */
#include "mb-ice-servers.h"

#include <libsoup/soup.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"

#define PATH "/api/ice-servers"
#define TIMEOUT_S 3
#define MAX_BYTES 65536
#define MAX_SERVERS 16
#define URL_MAX 512
#define CREDENTIAL_MAX 512
#define TTL_MAX 604800.0 /* a week */
#define DEPTH 8
#define HTTP_TOO_MANY_REQUESTS 429 /* RFC 6585; libsoup has no name for it */

static gboolean
is_ice_url (const char *url)
{
  return g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "turn:") ||
         g_str_has_prefix (url, "turns:");
}

/* `turn:host` and a user become `turn:user:password@host`, both escaped. */
static char *
put_credentials_in (const char *url, const char *user, const char *password)
{
  g_autofree char *escaped_user = NULL;
  g_autofree char *escaped_password = NULL;
  const char *host = strchr (url, ':') + 1;

  if (user == NULL || g_str_has_prefix (url, "stun:"))
    return g_strdup (url);
  escaped_user = g_uri_escape_string (user, NULL, FALSE);
  escaped_password = g_uri_escape_string (password != NULL ? password : "", NULL, FALSE);
  return g_strdup_printf (
      "%.*s%s:%s@%s", (int) (host - url), url, escaped_user, escaped_password, host);
}

static void
add_url (
    GStrvBuilder *urls, unsigned int *n, MbJsonSpan span, const char *user, const char *password)
{
  g_autofree char *url = mb_json_span_dup_string (span, "urls", URL_MAX, NULL);
  g_autofree char *whole = NULL;

  if (url == NULL || !is_ice_url (url) || *n >= MAX_SERVERS)
    return;
  whole = put_credentials_in (url, user, password);
  g_strv_builder_add (urls, whole);
  (*n)++;
}

/* RTCIceServer: `urls` is one or a list of them. */
static void
add_server (GStrvBuilder *urls, unsigned int *n, MbJsonSpan server)
{
  static const char *const NAMES[] = {"urls", "username", "credential"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  g_autofree char *user = NULL;
  g_autofree char *password = NULL;
  MbJsonIter iter;
  MbJsonSpan url;

  if (mb_json_span_get_kind (server) != MB_JSON_OBJECT)
    return;
  mb_json_find_many (server, NAMES, values, G_N_ELEMENTS (NAMES));
  if (mb_json_span_get_kind (values[1]) == MB_JSON_STRING)
    user = mb_json_span_dup_string (values[1], "username", CREDENTIAL_MAX, NULL);
  if (mb_json_span_get_kind (values[2]) == MB_JSON_STRING)
    password = mb_json_span_dup_string (values[2], "credential", CREDENTIAL_MAX, NULL);
  if (mb_json_span_get_kind (values[0]) == MB_JSON_STRING) {
    add_url (urls, n, values[0], user, password);
    return;
  }
  if (mb_json_span_get_kind (values[0]) != MB_JSON_ARRAY)
    return;
  mb_json_iter_init (&iter, values[0]);
  while (mb_json_iter_next (&iter, NULL, &url))
    add_url (urls, n, url, user, password);
}

static unsigned int
read_ttl (MbJsonSpan span)
{
  char text[32];
  double ttl;

  if (span.text == NULL || mb_json_span_get_kind (span) != MB_JSON_NUMBER ||
      span.length >= sizeof text)
    return 0;
  memcpy (text, span.text, span.length);
  text[span.length] = '\0';
  ttl = g_ascii_strtod (text, NULL);
  return ttl >= 1 ? (unsigned int) MIN (ttl, TTL_MAX) : 0;
}

/**
 * mb_ice_servers_parse:
 * @text: `{"iceServers": […], "ttl": S}`
 * @ttl_s: (out): how long credentials hold; 0 means that it is not said
 *
 * What is no server that we know is passed over.
 *
 * Returns: (transfer full) (array zero-terminated=1): URLs, with user and password in them; or
 *   %NULL with %MB_ERROR_BAD_REQUEST for what is something else
 */
GStrv
mb_ice_servers_parse (const char *text, gsize length, unsigned int *ttl_s, GError **error)
{
  static const char *const NAMES[] = {"iceServers", "ttl"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)] = {{0}};
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();
  unsigned int n = 0;
  MbJsonSpan whole = {0};
  MbJsonSpan server;
  MbJsonIter iter;

  if (!mb_json_scan (text, length, DEPTH, &whole, error))
    return NULL;
  if (mb_json_span_get_kind (whole) == MB_JSON_OBJECT)
    mb_json_find_many (whole, NAMES, values, G_N_ELEMENTS (NAMES));
  if (mb_json_span_get_kind (whole) != MB_JSON_OBJECT ||
      mb_json_span_get_kind (values[0]) != MB_JSON_ARRAY) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "there is no list of ICE servers");
    return NULL;
  }
  *ttl_s = read_ttl (values[1]);
  mb_json_iter_init (&iter, values[0]);
  while (mb_json_iter_next (&iter, NULL, &server))
    add_server (urls, &n, server);
  return g_strv_builder_end (urls);
}

typedef struct {
  SoupSession *session;
  SoupMessage *message;
  unsigned int ttl_s;
  gsize length;
  char text[MAX_BYTES];
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *self = data;

  g_clear_object (&self->message);
  g_clear_object (&self->session);
  g_free (self);
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  GStrv urls;

  if (!g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &fetch->length, &error)) {
    g_task_return_error (task, error);
    return;
  }
  urls = mb_ice_servers_parse (fetch->text, fetch->length, &fetch->ttl_s, &error);
  if (urls == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, urls, (GDestroyNotify) g_strfreev);
}

static void
on_answer (GObject *session, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (session), result, &error);

  if (stream == NULL) {
    g_task_return_error (task, error);
  } else if (soup_message_get_status (fetch->message) != SOUP_STATUS_OK) {
    unsigned int status = soup_message_get_status (fetch->message);

    g_task_return_new_error (task, MB_ERROR,
        status == HTTP_TOO_MANY_REQUESTS || status == SOUP_STATUS_SERVICE_UNAVAILABLE
            ? MB_ERROR_RATE_LIMITED
            : MB_ERROR_NOT_FOUND,
        "the server answers %u to " PATH, status);
  } else {
    g_input_stream_read_all_async (stream, fetch->text, sizeof fetch->text, G_PRIORITY_DEFAULT,
        g_task_get_cancellable (task), on_read, g_object_ref (task));
  }
}

/* ws and wss are http and https with another beginning. */
static GUri *
make_uri (const char *server_url, GError **error)
{
  g_autofree char *text = g_str_has_prefix (server_url, "ws")
                              ? g_strconcat ("http", server_url + strlen ("ws"), NULL)
                              : g_strdup (server_url);
  g_autoptr (GUri) base = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, error);

  return base != NULL ? g_uri_parse_relative (base, PATH, SOUP_HTTP_URI_FLAGS, error) : NULL;
}

/**
 * mb_ice_servers_fetch_async:
 * @server_url: as `--server` takes it
 * @token: (nullable): goes into the request's header
 *
 * Asks the server, and waits no longer than it takes a server to answer.
 */
void
mb_ice_servers_fetch_async (const char *server_url, const char *token, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Fetch *fetch = g_new0 (Fetch, 1);
  GError *error = NULL;
  g_autoptr (GUri) uri = make_uri (server_url, &error);

  g_task_set_task_data (task, fetch, fetch_free);
  if (uri == NULL) {
    g_task_return_error (task, error);
    return;
  }
  fetch->session =
      soup_session_new_with_options ("proxy-resolver", NULL, "timeout", TIMEOUT_S, NULL);
  fetch->message = soup_message_new_from_uri ("GET", uri);
  if (token != NULL) {
    g_autofree char *value = g_strconcat ("Bearer ", token, NULL);

    soup_message_headers_replace (
        soup_message_get_request_headers (fetch->message), "Authorization", value);
  }
  soup_session_send_async (fetch->session, fetch->message, G_PRIORITY_DEFAULT, cancellable,
      on_answer, g_object_ref (task));
}

/**
 * mb_ice_servers_fetch_finish:
 * @ttl_s: (out): how long credentials hold; 0 means that it is not said
 *
 * Returns: (transfer full) (array zero-terminated=1): URLs as `--ice-server` takes them, none where
 *   there are none; or %NULL, with %MB_ERROR_RATE_LIMITED where a later question may have an answer
 */
GStrv
mb_ice_servers_fetch_finish (GAsyncResult *result, unsigned int *ttl_s, GError **error)
{
  GTask *task = G_TASK (result);

  *ttl_s = ((Fetch *) g_task_get_task_data (task))->ttl_s;
  return g_task_propagate_pointer (task, error);
}
