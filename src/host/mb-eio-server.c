/* mb-eio-server.c: Engine.IO 4 at one path: which session a request belongs to
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The session id is a secret: whoever knows it can take the session over. It is 120 random bits,
 * never logged, and another than the id that members see.
 */
#include "mb-eio-server.h"

#include <string.h>

#include "mb-connection.h"
#include "mb-eio.h"
#include "mb-websocket.h"

#define METHODS "GET, POST, OPTIONS"
/* A client sends its goodbye and its next poll on two connections, and either may come first: for
 * so long, and of so many clients, the poll is expected after the goodbye. */
#define FAREWELL_US G_TIME_SPAN_SECOND
#define FAREWELLS 64

typedef struct {
  char sid[MB_ID_LENGTH + 1];
  gint64 until_us; /* of the monotonic clock; 0 means none */
} Farewell;

struct _MbEioServer {
  MbReactor *reactor; /* not owned */
  MbOrigins *origins; /* not owned */
  char *path;         /* owned; with a slash at its end */
  MbEioOptions options;
  MbEioOpenedFunc opened;
  gpointer user_data;   /* not owned */
  MbAuth *auth;         /* (nullable) not owned */
  GHashTable *sessions; /* (element-type MbEioSession) owned references, by sid */
  Farewell farewells[FAREWELLS];
  unsigned int next_farewell;
  gboolean draining;
};

static void
expect_last_poll (MbEioServer *self, const char *sid)
{
  Farewell *farewell = &self->farewells[self->next_farewell++ % FAREWELLS];

  g_strlcpy (farewell->sid, sid, sizeof farewell->sid);
  farewell->until_us = g_get_monotonic_time () + FAREWELL_US;
}

static gboolean
take_last_poll (MbEioServer *self, const char *sid)
{
  gint64 now_us = g_get_monotonic_time ();

  for (unsigned int i = 0; i < FAREWELLS; i++) {
    Farewell *farewell = &self->farewells[i];

    if (farewell->until_us > now_us && strcmp (farewell->sid, sid) == 0) {
      farewell->until_us = 0;
      return TRUE;
    }
  }
  return FALSE;
}

static void
on_session_ended (MbEioSession *session, gpointer user_data)
{
  MbEioServer *self = user_data;

  if (mb_eio_session_owes_poll (session))
    expect_last_poll (self, mb_eio_session_get_sid (session));
  g_hash_table_remove (self->sessions, mb_eio_session_get_sid (session));
}

static MbEioSession *
add_session (MbEioServer *self, MbAddress client, MbPass *pass)
{
  MbEioSession *session =
      mb_eio_session_new (self->reactor, &self->options, on_session_ended, self);

  mb_eio_session_set_pass (session, pass);
  mb_eio_session_set_client (session, client);
  g_hash_table_insert (self->sessions, (gpointer) mb_eio_session_get_sid (session), session);
  return session;
}

/* Browsers cannot send the field with every transport: who comes without one brings the token
 * later. FALSE where it was a bad one, and the request was answered. */
static gboolean
read_pass (MbEioServer *self, MbHttpRequest *request, MbPass **pass)
{
  const char *token = mb_auth_find_bearer (request);

  if (self->auth == NULL || token == NULL)
    return TRUE;
  *pass = mb_auth_admit (self->auth, request, token);
  return *pass != NULL;
}

static void
open_session (MbEioServer *self, MbHttpRequest *request, gboolean is_websocket)
{
  const char *version = mb_http_request_get_query (request, "EIO");
  MbAddress client = mb_http_request_get_client (request);
  MbSocket *socket = NULL;
  MbEioSession *session = NULL;
  g_autoptr (MbPass) pass = NULL;

  if (!mb_http_request_is_method (request, "GET")) {
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_HANDSHAKE_METHOD);
  } else if (is_websocket != mb_http_request_wants_websocket (request)) {
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
  } else if (g_strcmp0 (version, "4") != 0) {
    mb_eio_refuse (request, MB_EIO_REFUSAL_UNSUPPORTED_PROTOCOL);
  } else if (self->draining) {
    mb_http_request_add_header (request, "Retry-After", "5");
    mb_http_request_reply_problem (
        request, SOUP_STATUS_SERVICE_UNAVAILABLE, "this host is going away");
  } else if (!mb_http_request_visit (request, MB_VISIT_HANDSHAKE) ||
             !read_pass (self, request, &pass)) {
    return;
  } else if (!is_websocket) {
    session = add_session (self, client, g_steal_pointer (&pass));
    mb_eio_session_open_polling (session, request);
    self->opened (session, self->user_data);
  } else if ((socket = mb_http_request_upgrade (request)) != NULL) {
    session = add_session (self, client, g_steal_pointer (&pass));
    mb_eio_session_open_websocket (session, socket);
    self->opened (session, self->user_data);
  }
}

static void
upgrade_session (MbEioServer *self, MbEioSession *session, MbHttpRequest *request)
{
  MbSocket *socket = NULL;

  if (!mb_http_request_wants_websocket (request)) {
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
    return;
  }
  socket = mb_http_request_upgrade (request);
  if (socket == NULL)
    return;
  /* A session that has its websocket takes no second one. Clients expect it to be opened and
   * closed, for that is what a browser's page is told of. */
  if (mb_eio_session_can_upgrade (session))
    mb_eio_session_take_upgrade (session, socket);
  else
    mb_websocket_close (mb_websocket_new (socket, self->options.max_payload_bytes, NULL, NULL),
        MB_WS_CLOSE_POLICY, NULL);
}

static void
use_session (MbEioServer *self, MbHttpRequest *request, const char *sid, gboolean is_websocket)
{
  MbEioSession *session = g_hash_table_lookup (self->sessions, sid);

  /* A POST may bring the very pong that was due. */
  if (session != NULL && mb_http_request_is_method (request, "GET") &&
      !mb_eio_session_is_alive (session)) {
    mb_eio_session_drop (session, "timeout");
    session = NULL;
  }
  if (session == NULL && !is_websocket && mb_http_request_is_method (request, "GET") &&
      take_last_poll (self, sid))
    mb_eio_let_poll_go (request);
  else if (session == NULL)
    mb_eio_refuse (request, MB_EIO_REFUSAL_UNKNOWN_SID);
  else if (is_websocket)
    upgrade_session (self, session, request);
  else if (!mb_eio_session_is_polling (session) || mb_http_request_wants_websocket (request))
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
  else if (mb_http_request_is_method (request, "GET"))
    mb_eio_session_take_get (session, request);
  else if (mb_http_request_is_method (request, "POST"))
    mb_eio_session_take_post (session, request);
  else
    mb_eio_refuse (request, MB_EIO_REFUSAL_BAD_REQUEST);
}

static void
on_request (MbHttpRequest *request, gpointer user_data)
{
  MbEioServer *self = user_data;
  const char *transport = mb_http_request_get_query (request, "transport");
  const char *sid = mb_http_request_get_query (request, "sid");
  gboolean is_websocket = g_strcmp0 (transport, "websocket") == 0;

  if (strcmp (mb_http_request_get_path (request), self->path) != 0)
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, NULL);
  else if (!mb_origins_apply (self->origins, request))
    mb_eio_refuse (request, MB_EIO_REFUSAL_FORBIDDEN);
  else if (mb_http_request_is_method (request, "OPTIONS"))
    mb_origins_reply_options (request, METHODS);
  else if (!is_websocket && g_strcmp0 (transport, "polling") != 0)
    mb_eio_refuse (request, MB_EIO_REFUSAL_UNKNOWN_TRANSPORT);
  else if (sid == NULL)
    open_session (self, request, is_websocket);
  else
    use_session (self, request, sid, is_websocket);
}

/**
 * mb_eio_server_new:
 * @path: where it is, with a slash at its end
 * @opened: is given each new session
 */
MbEioServer *
mb_eio_server_new (MbReactor *reactor, MbHttp *http, MbOrigins *origins, const char *path,
    const MbEioOptions *options, MbEioOpenedFunc opened, gpointer user_data)
{
  MbEioServer *self = g_new0 (MbEioServer, 1);

  self->reactor = reactor;
  self->origins = origins;
  self->path = g_strdup (path);
  self->options = *options;
  self->opened = opened;
  self->user_data = user_data;
  self->sessions =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) mb_eio_session_unref);
  mb_http_route (http, path, options->max_payload_bytes, on_request, self);
  return self;
}

/**
 * mb_eio_server_set_auth:
 * @auth: not owned: a token in the handshake's Authorization field has to be good by it, and becomes
 *   the pass of the session
 */
void
mb_eio_server_set_auth (MbEioServer *self, MbAuth *auth)
{
  self->auth = auth;
}

/**
 * mb_eio_server_drain:
 *
 * Opens no sessions from here on.
 */
void
mb_eio_server_drain (MbEioServer *self)
{
  self->draining = TRUE;
}

/**
 * mb_eio_server_free:
 *
 * Ends the sessions that are left; their owners are told.
 */
void
mb_eio_server_free (MbEioServer *self)
{
  GHashTableIter iter;
  gpointer session = NULL;

  g_hash_table_iter_init (&iter, self->sessions);
  while (g_hash_table_iter_next (&iter, NULL, &session)) {
    mb_eio_session_drop (session, "disconnected");
    g_hash_table_iter_init (&iter, self->sessions);
  }
  g_hash_table_unref (self->sessions);
  g_free (self->path);
  g_free (self);
}

unsigned int
mb_eio_server_count_sessions (MbEioServer *self)
{
  return g_hash_table_size (self->sessions);
}
