/* mb-http.c: HTTP/1.1 on the reactor: requests to handlers, answers back, upgrades
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections live here, not in a SoupServer: libsoup 3.2.3 leaks idle ones that the client
 * closes, has no deadlines, collects bodies without limit and does not notice that the client of
 * a held request has gone. Every limit in this file is one of those.
 */
#include "mb-http.h"

#include <string.h>

#include "mb-error.h"
#include "mb-http-head.h"
#include "mb-json-scan.h"

#define HEAD_MS 10000
#define BODY_MS 30000
#define IDLE_MS 15000
#define WRITE_MS 60000
#define REQUESTS_MAX 10000

typedef struct {
  char *prefix; /* owned */
  gsize max_body;
  MbHttpHandler handler;
  gpointer user_data; /* not owned */
} Route;

struct _MbHttp {
  MbReactor *reactor; /* not owned */
  GPtrArray *routes;  /* (element-type Route) */
  GQueue connections; /* (element-type Connection) */
  gboolean draining;
};

typedef enum {
  STATE_IDLE, /* kept, between two requests */
  STATE_HEAD,
  STATE_BODY,
  STATE_BUSY, /* a handler has it */
  STATE_WRITING,
} State;

typedef struct {
  MbHttp *http;           /* not owned */
  MbSocket *socket;       /* owned */
  MbHttpRequest *request; /* (nullable) owned; the one in work */
  GList link;
  MbTimer deadline;
  State state;
  MbHttpChunks chunks;
  unsigned int n_requests;
} Connection;

struct _MbHttpRequest {
  Connection *connection; /* (nullable) not owned; NULL once answered or gone */
  MbHttpHead head;
  const Route *route; /* not owned */
  GByteArray *body;
  GHashTable *query;   /* (nullable) owned; name → value, made when asked for */
  GString *headers;    /* of the answer */
  MbHttpGoneFunc gone; /* (nullable) */
  gpointer gone_data;  /* not owned */
};

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

static MbHttpRequest *
request_new (Connection *connection)
{
  MbHttpRequest *self = g_rc_box_new0 (MbHttpRequest);

  self->connection = connection;
  self->body = g_byte_array_new ();
  self->headers = g_string_new (NULL);
  return self;
}

/* Takes the connection from its request and out of the table; the socket is the caller's now. */
static MbSocket *
dissolve (Connection *connection)
{
  MbSocket *socket = connection->socket;
  MbHttpRequest *request = g_steal_pointer (&connection->request);

  mb_reactor_disarm (connection->http->reactor, &connection->deadline);
  g_queue_unlink (&connection->http->connections, &connection->link);
  g_free (connection);
  if (request != NULL) {
    request->connection = NULL;
    mb_http_request_unref (request);
  }
  return socket;
}

static void
on_deadline (gpointer data)
{
  Connection *connection = data;

  if (connection->state == STATE_IDLE || connection->state == STATE_HEAD)
    mb_socket_close (dissolve (connection));
  else
    mb_socket_abort (dissolve (connection));
}

static void
expect_within (Connection *connection, State state, unsigned int delay_ms)
{
  connection->state = state;
  mb_reactor_arm_in (connection->http->reactor, &connection->deadline, delay_ms);
}

static const Route *
find_route (MbHttp *self, const char *path)
{
  for (unsigned int i = 0; i < self->routes->len; i++) {
    const Route *route = g_ptr_array_index (self->routes, i);

    if (g_str_has_prefix (path, route->prefix))
      return route;
  }
  return NULL;
}

static gsize
get_max_body (MbHttpRequest *request)
{
  return request->route == NULL ? 0 : request->route->max_body;
}

/* A request that cannot be trusted, or not be read to its end, is the last one. */
static void
refuse (Connection *connection, unsigned int status)
{
  connection->request->head.keeps_alive = FALSE;
  connection->state = STATE_BUSY;
  mb_http_request_reply_problem (connection->request, status,
      status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE ? "the request is longer than this path takes"
                                                     : "the request is not one this host can read");
}

static void
dispatch_request (Connection *connection)
{
  g_autoptr (MbHttpRequest) request = mb_http_request_ref (connection->request);

  mb_reactor_disarm (connection->http->reactor, &connection->deadline);
  connection->state = STATE_BUSY;
  mb_socket_set_reading (connection->socket, FALSE);
  if (request->route == NULL)
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "nothing is at this path");
  else
    request->route->handler (request, request->route->user_data);
}

/* Starts a request with its head. FALSE while it is not whole, or where it was refused: then
 * the connection is not to be touched any more. */
static gboolean
take_head (Connection *connection, const guint8 *bytes, gsize length, gsize *used)
{
  gboolean whole = mb_http_head_find_end (bytes, length, used);
  unsigned int status = SOUP_STATUS_OK;
  MbHttpRequest *request = NULL;

  if (!whole && length < MB_HTTP_HEAD_MAX) {
    *used = 0;
    return FALSE;
  }
  request = connection->request = request_new (connection);
  connection->n_requests++;
  if (!whole || *used > MB_HTTP_HEAD_MAX)
    status = 431;
  else
    status = mb_http_head_parse (&request->head, (const char *) bytes, *used);
  if (status == SOUP_STATUS_OK) {
    request->route = find_route (connection->http, request->head.path);
    if (request->head.content_length > (gint64) get_max_body (request))
      status = SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  }
  if (status != SOUP_STATUS_OK) {
    *used = length;
    refuse (connection, status);
    return FALSE;
  }
  connection->chunks = (MbHttpChunks){0};
  expect_within (connection, STATE_BODY, BODY_MS);
  if (request->head.expects_continue) {
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    g_autoptr (GBytes) go_on = g_bytes_new_static (CONTINUE, sizeof CONTINUE - 1);

    mb_socket_send (connection->socket, go_on);
  }
  return TRUE;
}

/* Returns how much of the input was body. The connection may be gone afterwards. */
static gsize
take_body (Connection *connection, const guint8 *bytes, gsize length)
{
  MbHttpRequest *request = connection->request;
  gsize used = 0;

  if (!request->head.is_chunked) {
    used = MIN (length, (gsize) request->head.content_length - request->body->len);
    g_byte_array_append (request->body, bytes, (guint) used);
    if (request->body->len == (gsize) request->head.content_length)
      dispatch_request (connection);
    return used;
  }
  if (!mb_http_chunks_take (&connection->chunks, bytes, length, &used, request->body)) {
    refuse (connection, SOUP_STATUS_BAD_REQUEST);
    return length;
  }
  if (request->body->len > get_max_body (request)) {
    refuse (connection, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE);
    return length;
  }
  if (connection->chunks.done)
    dispatch_request (connection);
  return used;
}

static gsize
on_data (gpointer owner, guint8 *bytes, gsize length)
{
  Connection *connection = owner;
  gsize used = 0;

  if (connection->state == STATE_IDLE)
    expect_within (connection, STATE_HEAD, HEAD_MS);
  if (connection->state == STATE_HEAD && !take_head (connection, bytes, length, &used))
    return used;
  if (connection->state == STATE_BODY)
    used += take_body (connection, bytes + used, length - used);
  return used;
}

static void
on_ended (gpointer owner, MbSocketEnd end)
{
  Connection *connection = owner;
  MbHttpRequest *request = connection->request;

  /* Somebody may close his sending side and still wait for the answer, but not for a poll. */
  if (end == MB_SOCKET_END_PEER && request != NULL && request->gone == NULL &&
      (connection->state == STATE_BUSY || connection->state == STATE_WRITING)) {
    request->head.keeps_alive = FALSE;
    return;
  }
  if (request != NULL && request->gone != NULL) {
    g_autoptr (MbHttpRequest) held = mb_http_request_ref (request);

    mb_socket_abort (dissolve (connection));
    held->gone (held, held->gone_data);
    return;
  }
  mb_socket_close (dissolve (connection));
}

static void
on_drained (gpointer owner)
{
  Connection *connection = owner;

  if (connection->state == STATE_WRITING) {
    expect_within (connection, STATE_IDLE, IDLE_MS);
    mb_socket_set_reading (connection->socket, TRUE);
    mb_socket_read_again (connection->socket);
  }
}

static const MbSocketListener connection_listener = {
    .data = on_data, .ended = on_ended, .drained = on_drained};

/**
 * mb_http_accept:
 * @fd: (transfer full): a connected socket
 */
void
mb_http_accept (MbHttp *self, int fd)
{
  MbSocket *socket = mb_socket_new (self->reactor, fd);
  Connection *connection = NULL;

  if (socket == NULL)
    return;
  connection = g_new0 (Connection, 1);
  connection->http = self;
  connection->socket = socket;
  connection->link.data = connection;
  g_queue_push_tail_link (&self->connections, &connection->link);
  mb_timer_init (&connection->deadline, on_deadline, connection);
  mb_socket_set_listener (socket, &connection_listener, connection);
  expect_within (connection, STATE_HEAD, HEAD_MS);
}

MbHttp *
mb_http_new (MbReactor *reactor)
{
  MbHttp *self = g_new0 (MbHttp, 1);

  self->reactor = reactor;
  self->routes = g_ptr_array_new ();
  g_queue_init (&self->connections);
  return self;
}

static void
route_free (gpointer data)
{
  Route *route = data;

  g_free (route->prefix);
  g_free (route);
}

void
mb_http_free (MbHttp *self)
{
  while (self->connections.head != NULL)
    mb_socket_abort (dissolve (self->connections.head->data));
  g_ptr_array_set_free_func (self->routes, route_free);
  g_ptr_array_unref (self->routes);
  g_free (self);
}

/**
 * mb_http_route:
 * @prefix: paths that begin so go to @handler; of two routes the one made first
 * @max_body: bytes a body may have; above it the request is refused with 413, mostly unread
 */
void
mb_http_route (
    MbHttp *self, const char *prefix, gsize max_body, MbHttpHandler handler, gpointer user_data)
{
  Route *route = g_new0 (Route, 1);

  route->prefix = g_strdup (prefix);
  route->max_body = max_body;
  route->handler = handler;
  route->user_data = user_data;
  g_ptr_array_add (self->routes, route);
}

/**
 * mb_http_drain:
 *
 * From here on every answer is the last of its connection; idle connections are closed.
 */
void
mb_http_drain (MbHttp *self)
{
  GList *next = NULL;

  self->draining = TRUE;
  for (GList *link = self->connections.head; link != NULL; link = next) {
    Connection *connection = link->data;

    next = link->next;
    if (connection->state == STATE_IDLE || connection->state == STATE_HEAD)
      mb_socket_close (dissolve (connection));
  }
}

unsigned int
mb_http_count_connections (MbHttp *self)
{
  return self->connections.length;
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
    gboolean keeps_alive)
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
  g_string_append (head, "X-Content-Type-Options: nosniff\r\n");
  if (!keeps_alive)
    g_string_append (head, "Connection: close\r\n");
  else if (self->head.is_http_1_0)
    g_string_append (head, "Connection: keep-alive\r\n");
  g_string_append_len (head, self->headers->str, (gssize) self->headers->len);
  g_string_append (head, "\r\n");
  return g_string_free_to_bytes (head);
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
  Connection *connection = g_steal_pointer (&self->connection);
  gboolean keeps_alive = FALSE;
  g_autoptr (GBytes) head = NULL;

  if (connection == NULL)
    return;
  keeps_alive = self->head.keeps_alive && !connection->http->draining &&
                connection->n_requests < REQUESTS_MAX;
  head = make_head (
      self, status, content_type, body == NULL ? 0 : g_bytes_get_size (body), keeps_alive);
  self->gone = NULL;
  mb_socket_send (connection->socket, head);
  if (body != NULL && has_body (self, status) && g_strcmp0 (self->head.method, "HEAD") != 0)
    mb_socket_send (connection->socket, body);
  if (!keeps_alive) {
    mb_socket_close (dissolve (connection));
    return;
  }
  g_clear_pointer (&connection->request, mb_http_request_unref);
  expect_within (connection, STATE_WRITING, WRITE_MS);
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
  Connection *connection = self->connection;
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
  accept = make_accept (key);
  text = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
      accept, self->headers->str);
  head = g_bytes_new_take (text, strlen (text));
  g_steal_pointer (&text);
  socket = dissolve (connection);
  mb_socket_send (socket, head);
  mb_socket_set_reading (socket, TRUE);
  return socket;
}
