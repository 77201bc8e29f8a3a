/* mb-http-request.c: one request: what it asks, and its answer, a 101 too
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-http-private.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"

static void
request_free (gpointer data)
{
  MbHttpRequest *self = data;

  mb_http_head_clear (&self->head);
  g_byte_array_unref (self->body);
  g_clear_pointer (&self->query, g_hash_table_unref);
  g_string_free (self->headers, TRUE);
}

MbHttpRequest *
mb_http_request_ref (MbHttpRequest *self)
{
  return g_rc_box_acquire (self);
}

void
mb_http_request_unref (MbHttpRequest *self)
{
  g_rc_box_release_full (self, request_free);
}

MbHttpRequest *
mb_http_request_new (MbHttpConnection *connection)
{
  MbHttpRequest *self = g_rc_box_new0 (MbHttpRequest);

  self->connection = connection;
  self->body = g_byte_array_new ();
  self->headers = g_string_new (NULL);
  g_snprintf (self->id, sizeof self->id, "%s-%" G_GINT64_MODIFIER "x", connection->http->run,
      ++connection->http->n_requests);
  return self;
}

const char *
mb_http_request_get_method (MbHttpRequest *self)
{
  return self->head.method;
}

gboolean
mb_http_request_is_method (MbHttpRequest *self, const char *method)
{
  return strcmp (self->head.method, method) == 0;
}

const char *
mb_http_request_get_path (MbHttpRequest *self)
{
  return self->head.path;
}

SoupMessageHeaders *
mb_http_request_get_headers (MbHttpRequest *self)
{
  return self->head.headers;
}

/**
 * mb_http_request_get_header:
 *
 * Returns: (nullable): the first field of that name
 */
const char *
mb_http_request_get_header (MbHttpRequest *self, const char *name)
{
  return soup_message_headers_get_one (self->head.headers, name);
}

/**
 * mb_http_request_get_query:
 *
 * Returns: (nullable): the decoded value of a query parameter, the last where it comes twice
 */
const char *
mb_http_request_get_query (MbHttpRequest *self, const char *name)
{
  if (self->head.query == NULL)
    return NULL;
  if (self->query == NULL)
    self->query = soup_form_decode (self->head.query);
  return g_hash_table_lookup (self->query, name);
}

/**
 * mb_http_request_dup_target:
 *
 * Returns: (transfer full): path and query, as a URL has them
 */
char *
mb_http_request_dup_target (MbHttpRequest *self)
{
  g_autofree char *path =
      g_uri_escape_string (self->head.path, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);

  return g_strconcat (path, self->head.query != NULL ? "?" : "",
      self->head.query != NULL ? self->head.query : "", NULL);
}

/**
 * mb_http_request_is_secure:
 *
 * Returns: whether it came by TLS of this host's own; a proxy's is not known
 */
gboolean
mb_http_request_is_secure (MbHttpRequest *self)
{
  return self->connection != NULL && self->connection->is_secure;
}

const char *
mb_http_request_get_body (MbHttpRequest *self, gsize *length)
{
  *length = self->body->len;
  return (const char *) self->body->data;
}

gboolean
mb_http_request_is_open (MbHttpRequest *self)
{
  return self->connection != NULL;
}

/**
 * mb_http_request_add_header:
 * @value: must not hold line ends; what clients send never does, the head is checked for it
 */
void
mb_http_request_add_header (MbHttpRequest *self, const char *name, const char *value)
{
  g_return_if_fail (strpbrk (value, "\r\n") == NULL);
  g_string_append_printf (self->headers, "%s: %s\r\n", name, value);
}

static const char *
get_phrase (unsigned int status)
{
  switch (status) {
  case 426:
    return "Upgrade Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  default:
    return soup_status_get_phrase (status);
  }
}

static gboolean
has_body (MbHttpRequest *self, unsigned int status)
{
  return status != SOUP_STATUS_NO_CONTENT && status != SOUP_STATUS_NOT_MODIFIED;
}

static GBytes *
make_head (MbHttpRequest *self, unsigned int status, const char *content_type, gsize length,
    gboolean keeps_alive, const char *hsts)
{
  GString *head = g_string_sized_new (256 + self->headers->len);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *date = soup_date_time_to_string (now, SOUP_DATE_HTTP);

  g_string_append_printf (head, "HTTP/1.%c %u %s\r\nDate: %s\r\n",
      self->head.is_http_1_0 ? '0' : '1', status, get_phrase (status), date);
  if (has_body (self, status)) {
    g_string_append_printf (head, "Content-Length: %" G_GSIZE_FORMAT "\r\n", length);
    if (content_type != NULL)
      g_string_append_printf (head, "Content-Type: %s\r\n", content_type);
  }
  g_string_append_printf (
      head, "X-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n", self->id);
  if (hsts != NULL)
    g_string_append_printf (head, "Strict-Transport-Security: %s\r\n", hsts);
  if (!keeps_alive)
    g_string_append (head, "Connection: close\r\n");
  else if (self->head.is_http_1_0)
    g_string_append (head, "Connection: keep-alive\r\n");
  g_string_append_len (head, self->headers->str, (gssize) self->headers->len);
  g_string_append (head, "\r\n");
  return g_string_free_to_bytes (head);
}

/**
 * mb_http_request_set_duration:
 * @duration: what its time is counted by, in place of its route's
 */
void
mb_http_request_set_duration (MbHttpRequest *self, MbMetric *duration)
{
  self->duration = duration;
}

static void
count_refusal (MbHttp *http, unsigned int status)
{
  MbHttpRefusal refusal = MB_HTTP_N_REFUSALS;

  if (status == SOUP_STATUS_UNAUTHORIZED)
    refusal = MB_HTTP_REFUSAL_UNAUTHORIZED;
  else if (status == SOUP_STATUS_FORBIDDEN)
    refusal = MB_HTTP_REFUSAL_FORBIDDEN;
  else if (status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE || status == 431)
    refusal = MB_HTTP_REFUSAL_TOO_LARGE;
  else if (status == 429)
    refusal = MB_HTTP_REFUSAL_RATE_LIMITED;
  if (refusal < MB_HTTP_N_REFUSALS && http->metrics != NULL)
    mb_metric_add (http->n_refused[refusal], 1);
}

/* Those of no route, or not readable to their end, have no duration. */
static void
count_answer (MbHttpRequest *self, MbHttp *http, unsigned int status)
{
  const MbHttpRoute *route = self->route;
  MbMetric *duration = NULL;

  count_refusal (http, status);
  if (route == NULL || route->duration == NULL || self->begun_us == 0)
    return;
  if (status >= 100 && status / 100 <= MB_HTTP_STATUS_CLASSES)
    mb_metric_add (route->n_answers[status / 100 - 1], 1);
  duration = self->duration != NULL ? self->duration : route->duration;
  if (self->gone == NULL)
    mb_metric_observe (duration, g_get_monotonic_time () - self->begun_us);
}

static void
observe (MbHttpRequest *self, unsigned int status)
{
  MbHttp *http = self->connection->http;

  if (http->observer != NULL)
    http->observer (self, status,
        self->begun_us == 0 ? 0 : g_get_monotonic_time () - self->begun_us, http->observer_data);
}

/**
 * mb_http_request_reply:
 * @content_type: (nullable): of @body
 * @body: (nullable): the body; not sent for HEAD, but its length is
 *
 * Answers; a second answer, and one to a client that has gone, does nothing.
 */
void
mb_http_request_reply (
    MbHttpRequest *self, unsigned int status, const char *content_type, GBytes *body)
{
  MbHttpConnection *connection = self->connection;
  gboolean keeps_alive = FALSE;
  g_autoptr (GBytes) head = NULL;

  if (connection == NULL)
    return;
  observe (self, status);
  self->connection = NULL;
  count_answer (self, connection->http, status);
  keeps_alive = self->head.keeps_alive && !connection->http->draining &&
                connection->n_requests < MB_HTTP_REQUESTS_MAX;
  head = make_head (self, status, content_type, body == NULL ? 0 : g_bytes_get_size (body),
      keeps_alive, connection->is_secure ? connection->http->hsts : NULL);
  self->gone = NULL;
  mb_socket_send (connection->socket, head);
  if (body != NULL && has_body (self, status) && g_strcmp0 (self->head.method, "HEAD") != 0)
    mb_socket_send (connection->socket, body);
  mb_http_connection_finish (connection, keeps_alive);
}

void
mb_http_request_reply_text (
    MbHttpRequest *self, unsigned int status, const char *content_type, const char *text)
{
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  mb_http_request_reply (self, status, content_type, body);
}

/**
 * mb_http_request_reply_problem:
 * @detail: (nullable): what was wrong with this request
 *
 * Answers with problem+json (RFC 9457).
 */
void
mb_http_request_reply_problem (MbHttpRequest *self, unsigned int status, const char *detail)
{
  g_autoptr (GString) body = g_string_new ("{\"type\":\"about:blank\",\"title\":");

  mb_json_append_string (body, get_phrase (status));
  g_string_append_printf (body, ",\"status\":%u", status);
  if (detail != NULL) {
    g_string_append (body, ",\"detail\":");
    mb_json_append_string (body, detail);
  }
  g_string_append (body, "}\n");
  mb_http_request_reply_text (self, status, "application/problem+json", body->str);
}

void
mb_http_request_reply_error (MbHttpRequest *self, const GError *error)
{
  mb_http_request_reply_problem (self, mb_error_get_http_status (error), error->message);
}

/**
 * mb_http_request_hold:
 * @gone: called when the client goes away before the answer
 *
 * For an answer that may take long: a poll. The caller keeps a reference.
 */
void
mb_http_request_hold (MbHttpRequest *self, MbHttpGoneFunc gone, gpointer user_data)
{
  self->gone = gone;
  self->gone_data = user_data;
}

/**
 * mb_http_request_handle_again:
 *
 * Gives an unanswered request to its handler once more, as if it came now.
 */
void
mb_http_request_handle_again (MbHttpRequest *self)
{
  if (self->connection == NULL)
    return;
  self->is_again = TRUE;
  g_string_truncate (self->headers, 0);
  self->route->handler (self, self->route->user_data);
}

gboolean
mb_http_request_is_again (MbHttpRequest *self)
{
  return self->is_again;
}

/**
 * mb_http_request_wants_websocket:
 *
 * Returns: whether it is the opening handshake of RFC 6455 section 4.2.1
 */
gboolean
mb_http_request_wants_websocket (MbHttpRequest *self)
{
  const char *upgrade = mb_http_request_get_header (self, "Upgrade");

  return mb_http_request_is_method (self, "GET") && upgrade != NULL &&
         g_ascii_strcasecmp (upgrade, "websocket") == 0 && !self->head.is_http_1_0 &&
         soup_message_headers_header_contains (self->head.headers, "Connection", "Upgrade");
}

/**
 * mb_http_request_get_id:
 *
 * Returns: what is in the answer as X-Request-Id, and in the log
 */
const char *
mb_http_request_get_id (MbHttpRequest *self)
{
  return self->id;
}

static MbAddress
find_client (MbHttpRequest *self)
{
  return mb_visitors_find_client (self->connection->http->visitors, &self->connection->peer,
      soup_message_headers_get_list (self->head.headers, "Forwarded"),
      soup_message_headers_get_list (self->head.headers, "X-Forwarded-For"));
}

/**
 * mb_http_request_get_client:
 *
 * Returns: who calls; all zero where the request was answered already
 */
MbAddress
mb_http_request_get_client (MbHttpRequest *self)
{
  if (self->connection == NULL)
    return (MbAddress){0};
  if (self->connection->http->visitors == NULL || self->head.headers == NULL)
    return self->connection->peer;
  return find_client (self);
}

static void
reply_too_many (MbHttpRequest *self, unsigned int wait_s, const char *detail)
{
  g_autofree char *wait = g_strdup_printf ("%u", wait_s);

  mb_http_request_add_header (self, "Retry-After", wait);
  mb_http_request_reply_problem (self, 429, detail);
}

/**
 * mb_http_request_visit:
 *
 * Counts it against its address.
 *
 * Returns: %FALSE where that calls too often, and the request was answered with 429
 */
gboolean
mb_http_request_visit (MbHttpRequest *self, MbVisit visit)
{
  unsigned int wait_s = 0;
  MbAddress client;

  if (self->connection == NULL || self->connection->http->visitors == NULL || self->is_again)
    return TRUE;
  client = find_client (self);
  wait_s =
      mb_visitors_take (self->connection->http->visitors, &client, visit, g_get_monotonic_time ());
  if (wait_s == 0)
    return TRUE;
  reply_too_many (self, wait_s, "too many requests from this address");
  return FALSE;
}

/* Behind a proxy each WebSocket is one connection of its client. FALSE where that has too many. */
static gboolean
change_seats (MbHttpRequest *self)
{
  MbVisitors *visitors = self->connection->http->visitors;
  MbSeat *seat = NULL;
  MbAddress client;

  if (visitors == NULL || !mb_visitors_is_proxy (visitors, &self->connection->peer))
    return TRUE;
  client = find_client (self);
  seat = mb_visitors_sit (visitors, &client, !mb_visitors_is_proxy (visitors, &client));
  if (seat == NULL) {
    reply_too_many (self, 5, "too many connections from this address");
    return FALSE;
  }
  mb_socket_set_seat (self->connection->socket, seat);
  return TRUE;
}

static char *
make_accept (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

static gboolean
key_is_valid (const char *key)
{
  return key != NULL && strlen (key) == 24 && g_str_has_suffix (key, "==");
}

/**
 * mb_http_request_upgrade:
 *
 * Answers 101 and gives the connection away; where the handshake is wrong it answers 400 (or 426
 * for another version) instead. No extension and no subprotocol is taken up.
 *
 * Returns: (transfer full) (nullable): the socket, that needs a listener at once
 */
MbSocket *
mb_http_request_upgrade (MbHttpRequest *self)
{
  MbHttpConnection *connection = self->connection;
  const char *key = mb_http_request_get_header (self, "Sec-WebSocket-Key");
  const char *version = mb_http_request_get_header (self, "Sec-WebSocket-Version");
  g_autofree char *accept = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) head = NULL;
  MbSocket *socket = NULL;

  if (connection == NULL)
    return NULL;
  if (g_strcmp0 (version, "13") != 0) {
    mb_http_request_add_header (self, "Sec-WebSocket-Version", "13");
    mb_http_request_reply_problem (self, 426, "this host speaks WebSocket version 13");
    return NULL;
  }
  if (!mb_http_request_wants_websocket (self) || !key_is_valid (key)) {
    mb_http_request_reply_problem (
        self, SOUP_STATUS_BAD_REQUEST, "this is not a WebSocket handshake");
    return NULL;
  }
  if (!change_seats (self))
    return NULL;
  accept = make_accept (key);
  text = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
      accept, self->headers->str);
  head = g_bytes_new_take (text, strlen (text));
  g_steal_pointer (&text);
  count_answer (self, connection->http, SOUP_STATUS_SWITCHING_PROTOCOLS);
  observe (self, SOUP_STATUS_SWITCHING_PROTOCOLS);
  socket = mb_http_connection_dissolve (connection);
  mb_socket_send (socket, head);
  mb_socket_set_reading (socket, TRUE);
  return socket;
}
