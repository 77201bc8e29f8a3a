/* mb-server.c: the room server: rooms for others, over HTTP and WebSocket
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It puts the parts of the house together and takes them apart in the right order; what it
 * decides itself is who may open a plain WebSocket, and how it goes away.
 */
#include "mb-server.h"

#include <string.h>
#include <sys/resource.h>

#include "mb-acceptor.h"
#include "mb-api.h"
#include "mb-audit.h"
#include "mb-auth.h"
#include "mb-eio-server.h"
#include "mb-error.h"
#include "mb-jwt.h"
#include "mb-lobby.h"
#include "mb-pulse.h"
#include "mb-redirect.h"
#include "mb-sio-connection.h"
#include "mb-web.h"
#include "mb-ws-connection.h"

#define DRAIN_LOOK_MS 20
/* Of a path, in the log. */
#define PATH_SHOWN 256
#define LINGER_LOOK_MS 100
/* How long a Socket.IO client may be in no namespace. */
#define CONNECT_MS 15000
/* A browser's round of candidates for a room of twenty is 500 messages at once. */
#define MESSAGES_PER_SECOND 100
#define MESSAGES_BURST 1000
/* Of one member, in KiB. A burst is less than what may lie ready for a peer, which would be closed
 * for somebody else's fault. */
#define VOLUME_PER_SECOND 512
#define VOLUME_BURST 768
/* Of one address: an office of two hundred comes at nine. */
#define CALLS_PER_SECOND 20
#define CALLS_BURST 200
#define HANDSHAKES_PER_SECOND 10
#define HANDSHAKES_BURST 200
/* A browser opens six connections for a page. */
#define TLS_PER_SECOND 60
#define TLS_BURST 1200
/* What the program needs besides connections. */
#define DESCRIPTORS_KEPT 64

struct _MbServer {
  GObject parent_instance;

  MbWsOptions ws_options;
  unsigned int drain_ms;
  char *url;       /* owned */
  char *inner_url; /* (nullable) owned */

  MbVisitors *visitors; /* owned, like the rest */
  MbReactor *reactor;
  MbAcceptor *acceptor; /* (nullable) */
  MbAcceptor *inner;    /* (nullable) */
  MbRedirect *redirect; /* (nullable) */
  MbMetricsPage *metrics_page;
  MbMetricsPageFunc more_metrics; /* (nullable) */
  gpointer more_metrics_data;     /* not owned */
  MbTls *tls;                     /* (nullable) */
  MbHttp *http;
  MbAudit *audit; /* (nullable) */
  MbAddressStyle log_addresses;
  gboolean logs_requests;
  MbPulse *pulse;
  MbIceList *ice;
  MbAuth *auth;
  MbOrigins *origins;
  MbStore *store; /* (nullable) NULL once drained */
  MbLobby *lobby;
  MbApi *api;
  MbWeb *web;
  MbSioServer *sio;
  MbEioServer *eio;

  GTask *drain; /* (nullable) owned */
  gint64 drain_deadline_us;
  MbTimer drain_timer;

  GTask *linger; /* (nullable) owned */
  gint64 linger_deadline_us;
  MbTimer linger_timer;

  MbTimer beat;
  unsigned int beat_ms;
  MbServerBeatFunc beat_func; /* (nullable) */
  gpointer beat_data;         /* not owned */
};

G_DEFINE_FINAL_TYPE (MbServer, mb_server, G_TYPE_OBJECT)

/* Browsers cannot send fields of their own with a WebSocket handshake. */
static const char *
find_token (MbHttpRequest *request)
{
  const char *token = mb_auth_find_bearer (request);

  return token != NULL ? token : mb_http_request_get_query (request, "access_token");
}

static void
on_ws_request (MbHttpRequest *request, gpointer user_data)
{
  MbServer *self = user_data;
  MbAddress client = mb_http_request_get_client (request);
  MbSocket *socket = NULL;
  g_autoptr (MbPass) pass = NULL;

  if (strcmp (mb_http_request_get_path (request), "/ws") != 0) {
    mb_web_serve (self->web, request);
  } else if (!mb_origins_apply (self->origins, request)) {
    mb_http_request_reply_problem (request, SOUP_STATUS_FORBIDDEN,
        "pages of this origin may not use this host; see --allow-origin");
  } else if (mb_lobby_is_draining (self->lobby)) {
    mb_http_request_add_header (request, "Retry-After", "5");
    mb_http_request_reply_problem (
        request, SOUP_STATUS_SERVICE_UNAVAILABLE, "this host is going away");
  } else if (!mb_http_request_wants_websocket (request)) {
    mb_http_request_add_header (request, "Upgrade", "websocket");
    mb_http_request_reply_problem (request, 426, "this is for WebSocket clients");
  } else if (!mb_http_request_visit (request, MB_VISIT_HANDSHAKE)) {
    return;
  } else if ((pass = mb_auth_admit (self->auth, request, find_token (request))) != NULL &&
             (socket = mb_http_request_upgrade (request)) != NULL) {
    MbConnection *connection = mb_ws_connection_new (self->reactor, socket, &self->ws_options);

    connection->client = client;
    mb_lobby_add_connection (self->lobby, connection, g_steal_pointer (&pass));
  }
}

/* A token in `auth` counts before one of the handshake. */
static gpointer
on_sio_admit (MbPass *pass, MbJsonSpan auth, gpointer user_data, GError **error)
{
  MbServer *self = user_data;
  MbJsonSpan token = {0};
  g_autofree char *text = NULL;

  mb_json_find (auth, "token", &token);
  if (token.text == NULL || mb_json_span_is_null (token))
    return pass != NULL ? mb_pass_ref (pass) : mb_auth_check (self->auth, NULL, error);
  text = mb_json_span_dup_string (token, "token", MB_JWT_MAX_BYTES, NULL);
  return mb_auth_check (self->auth, text != NULL ? text : "", error);
}

static void
on_sio_connected (MbSioSocket *socket, MbJsonSpan auth, gpointer user_data)
{
  MbServer *self = user_data;
  MbPass *pass = mb_sio_socket_get_data (socket);
  MbConnection *connection = mb_sio_connection_new (socket);

  connection->client = mb_sio_socket_get_client (socket);
  mb_lobby_add_connection (self->lobby, connection, pass);
}

static void
on_sio_event (
    MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data)
{
  mb_sio_connection_take_event (mb_sio_socket_get_data (socket), packet, attachments);
}

static void
on_sio_disconnected (MbSioSocket *socket, const char *reason, gpointer user_data)
{
  mb_sio_connection_take_end (mb_sio_socket_get_data (socket), reason);
}

static void
on_keys_fetched (gpointer user_data)
{
  MbServer *self = user_data;

  mb_sio_server_retry (self->sio);
}

static const MbSioHandlers sio_handlers = {.admit = on_sio_admit,
    .connected = on_sio_connected,
    .event = on_sio_event,
    .disconnected = on_sio_disconnected};

static gboolean
is_refusal (unsigned int status)
{
  return status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN ||
         status == SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE || status == 429 || status == 431;
}

/* The path is shown without its query, in which tokens may be. */
static void
on_answer (MbHttpRequest *request, unsigned int status, gint64 duration_us, gpointer user_data)
{
  MbServer *self = user_data;
  gboolean is_worth_it = self->logs_requests || (self->audit != NULL && is_refusal (status));
  const char *method = mb_http_request_get_method (request);
  const char *path = mb_http_request_get_path (request);
  g_autofree char *target = NULL;
  g_autofree char *text = NULL;
  MbAddress client;
  MbAuditEvent event = {.event = "refused",
      .client = &client,
      .request = mb_http_request_get_id (request),
      .status = status};

  if (!is_worth_it)
    return;
  client = mb_http_request_get_client (request);
  /* Somebody may have put a token where none belongs. All begin so, with a brace in base64. */
  if (path != NULL && strstr (path, "eyJ") != NULL)
    path = "(hidden)";
  target = method == NULL || path == NULL ? g_strdup ("(unreadable)")
                                          : g_strdup_printf ("%s %.*s", method, PATH_SHOWN, path);
  event.target = target;
  if (is_refusal (status))
    mb_audit_write (self->audit, &event);
  if (!self->logs_requests)
    return;
  text = mb_address_to_string (&client, self->log_addresses);
  g_debug ("request %s: %s: %u after %" G_GINT64_FORMAT " µs, %s", event.request, target, status,
      duration_us, text != NULL ? text : "-");
}

static void
on_caller (int fd, gpointer user_data)
{
  MbServer *self = user_data;

  mb_http_accept (self->http, fd, self->tls);
}

static void
on_inner_caller (int fd, gpointer user_data)
{
  MbServer *self = user_data;

  mb_http_accept (self->http, fd, NULL);
}

/* Descriptors are what a host of thousands runs out of first; the soft limit is often 1024. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}

static unsigned int
count_descriptors (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > G_MAXINT)
    return 0;
  return (unsigned int) MAX (limit.rlim_cur, DESCRIPTORS_KEPT + 1) - DESCRIPTORS_KEPT;
}

static MbVisitorLimits
make_visitor_limits (const MbServerConfig *config)
{
  MbVisitorLimits limits = {.max_connections_each = config->max_connections_each,
      .max_connections = config->max_connections,
      .proxies = config->trusted_proxies};

  if (limits.max_connections == 0)
    limits.max_connections = count_descriptors ();
  if (config->rate_limit) {
    limits.rates[MB_VISIT_CALL] = (MbRate){CALLS_PER_SECOND, CALLS_BURST};
    limits.rates[MB_VISIT_HANDSHAKE] = (MbRate){HANDSHAKES_PER_SECOND, HANDSHAKES_BURST};
    limits.rates[MB_VISIT_TLS] = (MbRate){TLS_PER_SECOND, TLS_BURST};
  }
  return limits;
}

static MbLobbyLimits
make_lobby_limits (const MbServerConfig *config)
{
  MbLobbyLimits limits = {.max_rooms = config->max_rooms, .max_members = config->max_members};

  if (config->rate_limit)
    limits.rate = (MbRate){.per_second = MESSAGES_PER_SECOND, .burst = MESSAGES_BURST};
  if (config->rate_limit)
    limits.volume = (MbRate){.per_second = VOLUME_PER_SECOND, .burst = VOLUME_BURST};
  return limits;
}

static void
build_house (MbServer *self, const MbServerConfig *config, GPtrArray *rooms)
{
  MbMetrics *metrics = mb_metrics_get_default ();
  MbLobbyLimits limits = make_lobby_limits (config);
  MbEioOptions eio_options = {.ping_interval_ms = config->ping_interval_ms,
      .ping_timeout_ms = config->ping_timeout_ms,
      .max_payload_bytes = config->max_payload_bytes};

  self->origins = mb_origins_new (config->allow_origins);
  self->lobby = mb_lobby_new (self->reactor, self->store, rooms, &limits, metrics);
  mb_lobby_set_audit (self->lobby, self->audit);
  mb_http_set_observer (self->http, on_answer, self);
  self->api = mb_api_new (
      self->http, self->lobby, self->origins, self->auth, self->metrics_page, self->ice, metrics);
  mb_http_route (self->http, "/ws", 0, on_ws_request, self);
  self->sio = mb_sio_server_new (self->reactor, CONNECT_MS, config->max_payload_bytes);
  mb_sio_server_add_namespace (self->sio, "/", &sio_handlers, self);
  /* Of routes that fit the first one counts: the client's files are below Engine.IO's path. */
  self->web = mb_web_new (self->http);
  self->eio = mb_eio_server_new (self->reactor, self->http, self->origins, "/socket.io/",
      &eio_options, mb_sio_server_take_session, self->sio);
  mb_eio_server_set_auth (self->eio, self->auth);
  mb_auth_set_listener (self->auth, on_keys_fetched, self);
  mb_web_serve_rest (self->web, self->http);
}

static char *
make_url (const char *scheme, MbAcceptor *acceptor)
{
  const char *address = mb_acceptor_get_address (acceptor);
  gboolean is_v6 = strchr (address, ':') != NULL;

  return g_strdup_printf ("%s://%s%s%s:%u", scheme, is_v6 ? "[" : "", address, is_v6 ? "]" : "",
      mb_acceptor_get_port (acceptor));
}

static char *
make_metrics (gpointer user_data)
{
  MbServer *self = user_data;
  g_autofree char *own = NULL;
  g_autofree char *more = NULL;

  mb_lobby_update_metrics (self->lobby);
  mb_pulse_update (self->pulse);
  own = mb_metrics_render (mb_metrics_get_default ());
  more = self->more_metrics != NULL ? self->more_metrics (self->more_metrics_data) : NULL;
  return g_strconcat (own, more, NULL);
}

/* The address before the store: who finds it taken is to learn that, not that the store of the host
 * that took it is locked. */
static gboolean
open_doors (MbServer *self, const MbServerConfig *config, GError **error)
{
  if (config->tls_certificate != NULL) {
    const char *key = config->tls_key != NULL ? config->tls_key : config->tls_certificate;

    self->tls =
        mb_tls_new (self->reactor, mb_metrics_get_default (), config->tls_certificate, key, error);
    if (self->tls == NULL)
      return FALSE;
    mb_http_set_hsts (self->http, config->hsts_s);
  }
  if (config->listen_fd >= 0)
    self->acceptor =
        mb_acceptor_new_inherited (self->reactor, config->listen_fd, on_caller, self, error);
  else
    self->acceptor = mb_acceptor_new (
        self->reactor, config->listen_address, config->port, on_caller, self, error);
  if (self->acceptor == NULL)
    return FALSE;
  self->url = make_url (self->tls != NULL ? "https" : "http", self->acceptor);
  if (self->tls == NULL)
    return TRUE;
  if (config->has_inner_door) {
    self->inner = mb_acceptor_new (self->reactor, "127.0.0.1", 0, on_inner_caller, self, error);
    if (self->inner == NULL)
      return FALSE;
    self->inner_url = make_url ("http", self->inner);
  }
  if (config->redirect_address != NULL)
    self->redirect = mb_redirect_new (self->reactor, self->visitors, config->redirect_address,
        config->redirect_port, mb_acceptor_get_port (self->acceptor), error);
  return config->redirect_address == NULL || self->redirect != NULL;
}

MbServer *
mb_server_new (const MbServerConfig *config, GError **error)
{
  g_autoptr (MbServer) self = g_object_new (MB_TYPE_SERVER, NULL);
  static const MbAuthConfig EVERYBODY = {.wants_tokens = FALSE};
  static const MbMetricsPageConfig OPEN_METRICS = {0};
  MbVisitorLimits visitor_limits;
  static const MbIceListConfig NO_ICE = {.ttl_s = MB_ICE_LIST_DEFAULT_TTL_S};
  g_autoptr (GPtrArray) rooms = NULL;

  self->auth = mb_auth_new (config->auth != NULL ? config->auth : &EVERYBODY, error);
  if (self->auth == NULL)
    return NULL;
  self->ice = mb_ice_list_new (config->ice != NULL ? config->ice : &NO_ICE, error);
  if (self->ice == NULL)
    return NULL;
  self->ws_options = (MbWsOptions){.ping_interval_ms = config->ping_interval_ms,
      .ping_timeout_ms = config->ping_timeout_ms,
      .max_payload_bytes = config->max_payload_bytes};
  self->drain_ms = config->drain_ms;
  self->log_addresses = config->log_addresses;
  self->logs_requests = config->logs_requests;
  if (config->audit_path != NULL) {
    self->audit = mb_audit_new (config->audit_path,
        config->audit_bytes != 0 ? config->audit_bytes : MB_AUDIT_DEFAULT_BYTES,
        config->log_addresses, error);
    if (self->audit == NULL)
      return NULL;
  }
  self->reactor = mb_reactor_new (error);
  if (self->reactor == NULL)
    return NULL;
  raise_descriptor_limit ();
  visitor_limits = make_visitor_limits (config);
  self->visitors = mb_visitors_new (&visitor_limits);
  self->http = mb_http_new (self->reactor);
  mb_http_set_visitors (self->http, self->visitors);
  mb_http_set_metrics (self->http, mb_metrics_get_default ());
  self->pulse = mb_pulse_new (self->reactor, mb_metrics_get_default ());
  if (!open_doors (self, config, error))
    return NULL;
  self->more_metrics = config->more_metrics;
  self->more_metrics_data = config->more_metrics_data;
  self->metrics_page = mb_metrics_page_new (self->reactor,
      config->metrics != NULL ? config->metrics : &OPEN_METRICS, make_metrics, self, error);
  if (self->metrics_page == NULL ||
      (config->bound != NULL && !config->bound (config->bound_data, error)))
    return NULL;
  self->store = mb_store_new (config->store_path, &rooms, error);
  if (self->store == NULL)
    return NULL;
  build_house (self, config, rooms);
  mb_acceptor_start (self->acceptor);
  if (self->inner != NULL)
    mb_acceptor_start (self->inner);
  return g_steal_pointer (&self);
}

guint16
mb_server_get_port (MbServer *self)
{
  return mb_acceptor_get_port (self->acceptor);
}

const char *
mb_server_get_url (MbServer *self)
{
  return self->url;
}

gboolean
mb_server_check (const MbServerConfig *config, GError **error)
{
  g_autoptr (MbMetrics) metrics = mb_metrics_new ();
  g_autoptr (MbReactor) reactor = mb_reactor_new (error);
  g_autoptr (MbAuth) auth = reactor == NULL ? NULL : mb_auth_new (config->auth, error);
  g_autoptr (MbIceList) ice = auth == NULL ? NULL : mb_ice_list_new (config->ice, error);
  MbMetricsPageConfig page_config = *config->metrics;
  g_autoptr (MbMetricsPage) page = NULL;
  MbTls *tls = NULL;

  if (ice == NULL)
    return FALSE;
  page_config.listen_address = NULL;
  page = mb_metrics_page_new (reactor, &page_config, NULL, NULL, error);
  if (page == NULL || config->tls_certificate == NULL)
    return page != NULL;
  tls = mb_tls_new (reactor, metrics, config->tls_certificate,
      config->tls_key != NULL ? config->tls_key : config->tls_certificate, error);
  if (tls != NULL)
    mb_tls_close (tls);
  return tls != NULL;
}

gboolean
mb_server_reload (MbServer *self, const MbServerConfig *config, GError **error)
{
  g_autoptr (MbIceList) ice = NULL;
  MbVisitorLimits visitor_limits = make_visitor_limits (config);
  MbLobbyLimits lobby_limits = make_lobby_limits (config);

  /* All of it is tried before any of it is taken. */
  if (!mb_server_check (config, error))
    return FALSE;
  ice = mb_ice_list_new (config->ice, error);
  if (ice == NULL || (self->tls != NULL && !mb_tls_reload (self->tls, error)) ||
      (self->audit != NULL && !mb_audit_reopen (self->audit, error)) ||
      !mb_auth_reload (self->auth, config->auth, error))
    return FALSE;
  self->logs_requests = config->logs_requests;
  mb_ice_list_swap (self->ice, ice);
  mb_origins_set (self->origins, config->allow_origins);
  mb_visitors_set_limits (self->visitors, &visitor_limits);
  mb_lobby_set_limits (self->lobby, &lobby_limits);
  return TRUE;
}

const char *
mb_server_get_inner_url (MbServer *self)
{
  return self->inner_url != NULL ? self->inner_url : self->url;
}

guint16
mb_server_get_metrics_port (MbServer *self)
{
  return mb_metrics_page_is_elsewhere (self->metrics_page)
             ? mb_metrics_page_get_port (self->metrics_page)
             : 0;
}

guint16
mb_server_get_redirect_port (MbServer *self)
{
  return self->redirect != NULL ? mb_redirect_get_port (self->redirect) : 0;
}

/**
 * mb_server_make_token:
 * @claims: a JSON object
 *
 * Returns: (transfer full) (nullable): a token that this host itself takes; %NULL where it wants none
 *   or has no secret to make one with
 */
char *
mb_server_make_token (MbServer *self, const char *claims)
{
  return mb_auth_make_token (self->auth, claims);
}

static void
finish_drain (MbServer *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->drain);

  g_clear_pointer (&self->acceptor, mb_acceptor_free);
  g_clear_pointer (&self->inner, mb_acceptor_free);
  g_clear_pointer (&self->redirect, mb_redirect_free);
  g_clear_pointer (&self->store, mb_store_free);
  g_task_return_boolean (task, TRUE);
}

static void
on_drain_look (gpointer data)
{
  MbServer *self = data;
  gboolean done =
      mb_reactor_count_orphans (self->reactor) == 0 && mb_http_count_connections (self->http) == 0;

  if (done || g_get_monotonic_time () >= self->drain_deadline_us)
    finish_drain (self);
  else
    mb_reactor_arm_in (self->reactor, &self->drain_timer, DRAIN_LOOK_MS);
}

/* From here on nobody comes in, and a proxy that asks is told so. */
static void
refuse_newcomers (MbServer *self)
{
  mb_eio_server_drain (self->eio);
  mb_lobby_drain (self->lobby);
}

static void
finish_linger (MbServer *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->linger);

  g_task_return_boolean (task, TRUE);
}

static void
on_linger_look (gpointer data)
{
  MbServer *self = data;

  if (!mb_lobby_has_callers (self->lobby) || g_get_monotonic_time () >= self->linger_deadline_us)
    finish_linger (self);
  else
    mb_reactor_arm_in (self->reactor, &self->linger_timer, LINGER_LOOK_MS);
}

/**
 * mb_server_linger_async:
 * @linger_ms: at most so long
 *
 * The first half of going away: takes no newcomers any more, `/readyz` says 503, and those who are
 * in rooms are served on. It is over when nobody but programs is left in them, or the time is.
 */
void
mb_server_linger_async (
    MbServer *self, unsigned int linger_ms, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  if (self->linger != NULL || self->drain != NULL || self->store == NULL) {
    g_task_return_new_error (
        task, MB_ERROR, MB_ERROR_UNAVAILABLE, "the host is going away already");
    g_object_unref (task);
    return;
  }
  self->linger = task;
  self->linger_deadline_us = g_get_monotonic_time () + (gint64) linger_ms * 1000;
  refuse_newcomers (self);
  mb_reactor_arm_in (self->reactor, &self->linger_timer, 0);
}

gboolean
mb_server_linger_finish (MbServer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_server_leave_callers:
 *
 * Where the listening socket is another process' as well: who calls from here on waits there for
 * whoever serves next. Otherwise callers are taken until the end, and told.
 */
void
mb_server_leave_callers (MbServer *self)
{
  if (self->acceptor != NULL && mb_acceptor_is_inherited (self->acceptor))
    mb_acceptor_stop (self->acceptor);
}

void
mb_server_drain_async (MbServer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  if (self->drain != NULL || self->store == NULL) {
    g_task_return_new_error (
        task, MB_ERROR, MB_ERROR_UNAVAILABLE, "the host is going away already");
    g_object_unref (task);
    return;
  }
  self->drain = task;
  self->drain_deadline_us = g_get_monotonic_time () + (gint64) self->drain_ms * 1000;
  if (self->linger != NULL) {
    mb_reactor_disarm (self->reactor, &self->linger_timer);
    finish_linger (self);
  }
  refuse_newcomers (self);
  mb_server_leave_callers (self);
  mb_lobby_close (self->lobby);
  mb_http_drain (self->http);
  mb_reactor_arm_in (self->reactor, &self->drain_timer, DRAIN_LOOK_MS);
}

gboolean
mb_server_drain_finish (MbServer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_beat (gpointer data)
{
  MbServer *self = data;

  mb_reactor_arm_in (self->reactor, &self->beat, self->beat_ms);
  self->beat_func (self->beat_data);
}

/**
 * mb_server_set_beat:
 * @func: called every @interval_ms by the loop that serves members, from now on
 *
 * A loop that hangs, or is so busy that nobody is served, does not call.
 */
void
mb_server_set_beat (
    MbServer *self, unsigned int interval_ms, MbServerBeatFunc func, gpointer user_data)
{
  self->beat_ms = interval_ms;
  self->beat_func = func;
  self->beat_data = user_data;
  mb_reactor_arm_in (self->reactor, &self->beat, 0);
}

/**
 * mb_server_count:
 * @n_rooms: (out): rooms there are
 * @n_members: (out): connections, in a room or not
 */
void
mb_server_count (MbServer *self, unsigned int *n_rooms, unsigned int *n_members)
{
  *n_rooms = g_list_length (mb_lobby_get_rooms (self->lobby));
  *n_members = mb_lobby_count_members (self->lobby);
}

static void
mb_server_dispose (GObject *object)
{
  MbServer *self = MB_SERVER (object);

  if (self->reactor != NULL) {
    mb_reactor_disarm (self->reactor, &self->drain_timer);
    mb_reactor_disarm (self->reactor, &self->linger_timer);
    mb_reactor_disarm (self->reactor, &self->beat);
  }
  g_clear_pointer (&self->acceptor, mb_acceptor_free);
  g_clear_pointer (&self->inner, mb_acceptor_free);
  g_clear_pointer (&self->redirect, mb_redirect_free);
  g_clear_pointer (&self->metrics_page, mb_metrics_page_free);
  if (self->lobby != NULL && !mb_lobby_is_closed (self->lobby))
    mb_lobby_close (self->lobby);
  g_clear_pointer (&self->eio, mb_eio_server_free);
  g_clear_pointer (&self->sio, mb_sio_server_free);
  g_clear_pointer (&self->http, mb_http_free);
  g_clear_pointer (&self->api, mb_api_free);
  g_clear_pointer (&self->web, mb_web_free);
  g_clear_pointer (&self->store, mb_store_free);
  g_clear_object (&self->lobby);
  g_clear_pointer (&self->audit, mb_audit_free);
  g_clear_pointer (&self->origins, mb_origins_free);
  g_clear_pointer (&self->auth, mb_auth_free);
  g_clear_pointer (&self->pulse, mb_pulse_free);
  g_clear_pointer (&self->ice, mb_ice_list_free);
  g_clear_pointer (&self->tls, mb_tls_close);
  g_clear_pointer (&self->reactor, mb_reactor_free);
  /* After all sockets. */
  g_clear_pointer (&self->visitors, mb_visitors_free);
  G_OBJECT_CLASS (mb_server_parent_class)->dispose (object);
}

static void
mb_server_finalize (GObject *object)
{
  MbServer *self = MB_SERVER (object);

  g_free (self->url);
  g_free (self->inner_url);
  G_OBJECT_CLASS (mb_server_parent_class)->finalize (object);
}

static void
mb_server_class_init (MbServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_server_dispose;
  object_class->finalize = mb_server_finalize;
}

static void
mb_server_init (MbServer *self)
{
  mb_timer_init (&self->drain_timer, on_drain_look, self);
  mb_timer_init (&self->linger_timer, on_linger_look, self);
  mb_timer_init (&self->beat, on_beat, self);
}
