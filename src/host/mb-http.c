/* mb-http.c: HTTP/1.1 on the reactor: requests to handlers, answers back, upgrades
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections live here, not in a SoupServer: libsoup 3.2.3 leaks idle ones that the client
 * closes, has no deadlines, collects bodies without limit and does not notice that the client of
 * a held request has gone. Every limit in this file is one of those.
 */
#include "mb-http-private.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mb-connection.h"

#define HEAD_MS 10000
/* Who has just been let in when the host goes away is answered, if it speaks up at once. */
#define LAST_HEAD_MS 200
#define BODY_MS 30000
#define IDLE_MS 15000
#define WRITE_MS 60000

/**
 * mb_http_connection_dissolve:
 *
 * Takes the connection from its request and out of the table.
 *
 * Returns: (transfer full): its socket
 */
MbSocket *
mb_http_connection_dissolve (MbHttpConnection *connection)
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
  MbHttpConnection *connection = data;

  if (connection->state == MB_HTTP_STATE_IDLE || connection->state == MB_HTTP_STATE_HEAD)
    mb_socket_close (mb_http_connection_dissolve (connection));
  else
    mb_socket_abort (mb_http_connection_dissolve (connection));
}

static void
expect_within (MbHttpConnection *connection, MbHttpState state, unsigned int delay_ms)
{
  connection->state = state;
  mb_reactor_arm_in (connection->http->reactor, &connection->deadline, delay_ms);
}

/**
 * mb_http_connection_finish:
 *
 * Its request has been answered: waits for the next one, or closes once all is written.
 */
void
mb_http_connection_finish (MbHttpConnection *connection, gboolean keeps_alive)
{
  if (!keeps_alive) {
    mb_socket_close (mb_http_connection_dissolve (connection));
    return;
  }
  g_clear_pointer (&connection->request, mb_http_request_unref);
  expect_within (connection, MB_HTTP_STATE_WRITING, WRITE_MS);
}

static const MbHttpRoute *
find_route (MbHttp *self, const char *path)
{
  for (unsigned int i = 0; i < self->routes->len; i++) {
    const MbHttpRoute *route = g_ptr_array_index (self->routes, i);

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
refuse (MbHttpConnection *connection, unsigned int status)
{
  connection->request->head.keeps_alive = FALSE;
  connection->state = MB_HTTP_STATE_BUSY;
  mb_http_request_reply_problem (connection->request, status,
      status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE ? "the request is longer than this path takes"
                                                     : "the request is not one this host can read");
}

static void
dispatch_request (MbHttpConnection *connection)
{
  g_autoptr (MbHttpRequest) request = mb_http_request_ref (connection->request);

  mb_reactor_disarm (connection->http->reactor, &connection->deadline);
  connection->state = MB_HTTP_STATE_BUSY;
  request->begun_us = g_get_monotonic_time ();
  mb_socket_set_reading (connection->socket, FALSE);
  if (request->route == NULL)
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "nothing is at this path");
  else
    request->route->handler (request, request->route->user_data);
}

/* Starts a request with its head. FALSE while it is not whole, or where it was refused: then
 * the connection is not to be touched any more. */
static gboolean
take_head (MbHttpConnection *connection, const guint8 *bytes, gsize length, gsize *used)
{
  gboolean whole = mb_http_head_find_end (bytes, length, used);
  unsigned int status = SOUP_STATUS_OK;
  MbHttpRequest *request = NULL;

  if (!whole && length < MB_HTTP_HEAD_MAX) {
    *used = 0;
    return FALSE;
  }
  request = connection->request = mb_http_request_new (connection);
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
  expect_within (connection, MB_HTTP_STATE_BODY, BODY_MS);
  if (request->head.expects_continue) {
    static const char CONTINUE[] = "HTTP/1.1 100 Continue\r\n\r\n";
    g_autoptr (GBytes) go_on = g_bytes_new_static (CONTINUE, sizeof CONTINUE - 1);

    mb_socket_send (connection->socket, go_on);
  }
  return TRUE;
}

/* Returns how much of the input was body. The connection may be gone afterwards. */
static gsize
take_body (MbHttpConnection *connection, const guint8 *bytes, gsize length)
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
  MbHttpConnection *connection = owner;
  gsize used = 0;

  if (connection->state == MB_HTTP_STATE_IDLE)
    expect_within (connection, MB_HTTP_STATE_HEAD, HEAD_MS);
  if (connection->state == MB_HTTP_STATE_HEAD && !take_head (connection, bytes, length, &used))
    return used;
  if (connection->state == MB_HTTP_STATE_BODY)
    used += take_body (connection, bytes + used, length - used);
  return used;
}

static void
on_ended (gpointer owner, MbSocketEnd end)
{
  MbHttpConnection *connection = owner;
  MbHttpRequest *request = connection->request;

  /* Somebody may close his sending side and still wait for the answer, but not for a poll. */
  if (end == MB_SOCKET_END_PEER && request != NULL && request->gone == NULL &&
      (connection->state == MB_HTTP_STATE_BUSY || connection->state == MB_HTTP_STATE_WRITING)) {
    request->head.keeps_alive = FALSE;
    return;
  }
  if (request != NULL && request->gone != NULL) {
    g_autoptr (MbHttpRequest) held = mb_http_request_ref (request);

    mb_socket_abort (mb_http_connection_dissolve (connection));
    held->gone (held, held->gone_data);
    return;
  }
  mb_socket_close (mb_http_connection_dissolve (connection));
}

static void
on_drained (gpointer owner)
{
  MbHttpConnection *connection = owner;

  if (connection->state == MB_HTTP_STATE_WRITING) {
    expect_within (connection, MB_HTTP_STATE_IDLE, IDLE_MS);
    mb_socket_set_reading (connection->socket, TRUE);
    mb_socket_read_again (connection->socket);
  }
}

static const MbSocketListener connection_listener = {
    .data = on_data, .ended = on_ended, .drained = on_drained};

/**
 * mb_http_set_visitors:
 * @visitors: (nullable): not owned; who may call how often, and have how many connections
 */
void
mb_http_set_visitors (MbHttp *self, MbVisitors *visitors)
{
  self->visitors = visitors;
}

/**
 * mb_http_set_metrics:
 * @metrics: not owned; where routes that are made from here on are counted
 */
void
mb_http_set_metrics (MbHttp *self, MbMetrics *metrics)
{
  static const char *const REASONS[MB_HTTP_N_REFUSALS] = {
      "unauthorized", "forbidden", "too-large", "rate-limited", "connections"};

  self->metrics = metrics;
  for (unsigned int i = 0; i < MB_HTTP_N_REFUSALS; i++)
    self->n_refused[i] = mb_metrics_counter (metrics, "meshbot_http_refused_total",
        "Requests and connections that were refused, by reason.", "reason", REASONS[i], NULL);
}

/* One line for somebody who has too many connections: nothing of his is read. By TLS it is an alert,
 * internal_error, for he has agreed on no keys by which he could be told more. */
static void
turn_away (MbHttp *self, int fd, MbHttpRefusal refusal, gboolean is_secure)
{
  static const char ALERT[] = {21, 3, 3, 0, 2, 2, 80};
  const char *line =
      mb_visitors_are_full (self->visitors) ? "503 Service Unavailable" : "429 Too Many Requests";
  g_autofree char *text = g_strdup_printf (
      "HTTP/1.1 %s\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", line);

  if (self->metrics != NULL)
    mb_metric_add (self->n_refused[refusal], 1);
  send (fd, is_secure ? ALERT : text, is_secure ? sizeof ALERT : strlen (text),
      MSG_DONTWAIT | MSG_NOSIGNAL);
  shutdown (fd, SHUT_WR);
  close (fd);
}

/* FALSE where somebody has as much as he may have; he was told. */
static gboolean
seat_caller (MbHttp *self, int fd, const MbAddress *peer, gboolean is_secure, MbSeat **seat)
{
  gboolean is_proxy = mb_visitors_is_proxy (self->visitors, peer);

  *seat = mb_visitors_sit (self->visitors, peer, !is_proxy);
  if (*seat == NULL) {
    turn_away (self, fd, MB_HTTP_REFUSAL_CONNECTIONS, is_secure);
    return FALSE;
  }
  if (is_secure && !is_proxy &&
      mb_visitors_take (self->visitors, peer, MB_VISIT_TLS, g_get_monotonic_time ()) > 0) {
    turn_away (self, fd, MB_HTTP_REFUSAL_RATE_LIMITED, TRUE);
    g_clear_pointer (seat, mb_seat_free);
    return FALSE;
  }
  return TRUE;
}

/**
 * mb_http_set_observer:
 * @observer: is told of every answer
 */
void
mb_http_set_observer (MbHttp *self, MbHttpObserver observer, gpointer user_data)
{
  self->observer = observer;
  self->observer_data = user_data;
}

/**
 * mb_http_set_hsts:
 * @max_age_s: how long browsers are told to come by https only; 0 tells them nothing
 */
void
mb_http_set_hsts (MbHttp *self, gint64 max_age_s)
{
  g_clear_pointer (&self->hsts, g_free);
  if (max_age_s > 0)
    self->hsts = g_strdup_printf ("max-age=%" G_GINT64_FORMAT, max_age_s);
}

/**
 * mb_http_accept:
 * @fd: (transfer full): a connected socket
 * @tls: (nullable): not owned; with it, the caller has to speak TLS. The handshake is within the time
 *   that there is for the head of a first request
 */
void
mb_http_accept (MbHttp *self, int fd, MbTls *tls)
{
  MbSocket *socket = NULL;
  MbSeat *seat = NULL;
  MbHttpConnection *connection = NULL;
  MbAddress peer;

  mb_address_read_peer (&peer, fd);
  if (self->visitors != NULL && !seat_caller (self, fd, &peer, tls != NULL, &seat))
    return;
  socket = mb_socket_new (self->reactor, fd);
  if (socket == NULL) {
    g_clear_pointer (&seat, mb_seat_free);
    return;
  }
  if (seat != NULL)
    mb_socket_set_seat (socket, seat);
  if (tls != NULL)
    mb_socket_set_tls (socket, tls);
  connection = g_new0 (MbHttpConnection, 1);
  connection->is_secure = tls != NULL;
  connection->http = self;
  connection->socket = socket;
  connection->peer = peer;
  connection->link.data = connection;
  g_queue_push_tail_link (&self->connections, &connection->link);
  mb_timer_init (&connection->deadline, on_deadline, connection);
  mb_socket_set_listener (socket, &connection_listener, connection);
  expect_within (connection, MB_HTTP_STATE_HEAD, self->draining ? LAST_HEAD_MS : HEAD_MS);
}

MbHttp *
mb_http_new (MbReactor *reactor)
{
  char random[MB_ID_LENGTH + 1];
  MbHttp *self = g_new0 (MbHttp, 1);

  self->reactor = reactor;
  mb_connection_make_id (random);
  g_strlcpy (self->run, random, sizeof self->run);
  self->routes = g_ptr_array_new ();
  g_queue_init (&self->connections);
  return self;
}

static void
route_free (gpointer data)
{
  MbHttpRoute *route = data;

  g_free (route->prefix);
  g_free (route);
}

void
mb_http_free (MbHttp *self)
{
  while (self->connections.head != NULL)
    mb_socket_abort (mb_http_connection_dissolve (self->connections.head->data));
  g_ptr_array_set_free_func (self->routes, route_free);
  g_ptr_array_unref (self->routes);
  g_free (self->hsts);
  g_free (self);
}

/**
 * mb_http_make_duration:
 * @route: as it is shown; one of few
 *
 * Returns: (transfer none): how long requests of it take
 */
MbMetric *
mb_http_make_duration (MbMetrics *metrics, const char *route)
{
  static const double BOUNDS[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5};

  return mb_metrics_histogram (metrics, "meshbot_http_request_duration_seconds",
      "From a whole request to its answer, by route; polls that wait are not in it.", BOUNDS,
      G_N_ELEMENTS (BOUNDS), 1e-6, "route", route, NULL);
}

static void
add_metrics (MbHttpRoute *route, MbMetrics *metrics)
{
  static const char *const CLASSES[MB_HTTP_STATUS_CLASSES] = {"1xx", "2xx", "3xx", "4xx", "5xx"};

  route->duration = mb_http_make_duration (metrics, route->prefix);
  for (unsigned int i = 0; i < MB_HTTP_STATUS_CLASSES; i++)
    route->n_answers[i] = mb_metrics_counter (metrics, "meshbot_http_responses_total",
        "Answers, by the beginning of the path and the class of the status.", "route",
        route->prefix, "code", CLASSES[i], NULL);
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
  MbHttpRoute *route = g_new0 (MbHttpRoute, 1);

  route->prefix = g_strdup (prefix);
  route->max_body = max_body;
  route->handler = handler;
  route->user_data = user_data;
  if (self->metrics != NULL)
    add_metrics (route, self->metrics);
  g_ptr_array_add (self->routes, route);
}

/**
 * mb_http_drain:
 *
 * From here on every answer is the last of its connection. Idle connections are closed, new ones
 * have a moment to ask.
 */
void
mb_http_drain (MbHttp *self)
{
  GList *next = NULL;

  self->draining = TRUE;
  for (GList *link = self->connections.head; link != NULL; link = next) {
    MbHttpConnection *connection = link->data;

    next = link->next;
    if (connection->state == MB_HTTP_STATE_IDLE)
      mb_socket_close (mb_http_connection_dissolve (connection));
    else if (connection->state == MB_HTTP_STATE_HEAD)
      expect_within (connection, MB_HTTP_STATE_HEAD, LAST_HEAD_MS);
  }
}

unsigned int
mb_http_count_connections (MbHttp *self)
{
  return self->connections.length;
}
