/* mb-api.c: REST: requests to the lobby, JSON back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It has no state: what it is asked, the lobby knows.
 */
#include "mb-api.h"

#include <string.h>

#include "mb-error.h"
#include "mb-http-conditions.h"
#include "mb-json-scan.h"

#define BODY_MAX (64 * 1024)
#define NAME_MAX_BYTES 256
#define METADATA_MAX (16 * 1024)
#define MEMBERS_MAX 100000
#define PAGE_MAX 1000
/* An entity tag: quotes, an id, a dash and a number. */
#define ETAG_SIZE (MB_ID_LENGTH + 32)
/* What scripts of a page may read of an answer besides the plainest fields. */
#define EXPOSED "ETag, Link, Location, Retry-After"
#define N_RESOURCES 6
#define JSON_TYPE "application/json; charset=utf-8"

struct _MbApi {
  MbLobby *lobby;              /* owned */
  MbOrigins *origins;          /* not owned */
  MbAuth *auth;                /* not owned */
  MbMetricsPage *metrics_page; /* not owned */
  MbIceList *ice;              /* not owned */
  MbMetric *durations[N_RESOURCES];
  char run[MB_ID_LENGTH + 1]; /* names this run of the host */
};

/* What is done with a request; which of GET (and HEAD), POST and DELETE it takes is in the table. */
typedef void (*Action) (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass);

typedef struct {
  const char *path; /* one that ends in a slash goes on with an id */
  const char *allow;
  Action get;
  Action post;
  Action remove;
  gboolean is_open; /* to those without a token, too */
} Resource;

/* The tag names this run of the host too, since the count of revisions begins anew with each. */
static void
make_etag (MbApi *self, guint64 revision, char *etag, gsize size)
{
  g_snprintf (etag, size, "\"%s-%" G_GUINT64_FORMAT "\"", self->run, revision);
}

/* TRUE where the client has that revision already, and has been told. */
static gboolean
reply_if_known (MbApi *self, MbHttpRequest *request, guint64 revision)
{
  char etag[ETAG_SIZE];

  make_etag (self, revision, etag, sizeof etag);
  mb_http_request_add_header (request, "ETag", etag);
  mb_http_request_add_header (request, "Cache-Control", "no-cache");
  if (!mb_http_is_known (mb_http_request_get_headers (request), etag))
    return FALSE;
  mb_http_request_reply (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
  return TRUE;
}

static void
reply_json (MbHttpRequest *request, unsigned int status, GString *text)
{
  gsize length = text->len;
  g_autoptr (GBytes) body = g_bytes_new_take (g_string_free (text, FALSE), length);

  mb_http_request_reply (request, status, JSON_TYPE, body);
}

static gboolean
read_page (MbApi *self, MbHttpRequest *request, const MbPass *pass, GList **first, gint64 *limit)
{
  const char *limit_text = mb_http_request_get_query (request, "limit");
  const char *after = mb_http_request_get_query (request, "after");
  MbRoom *room = NULL;

  *limit = G_MAXINT64;
  if (limit_text != NULL && !g_ascii_string_to_signed (limit_text, 10, 1, PAGE_MAX, limit, NULL)) {
    mb_http_request_reply_problem (
        request, SOUP_STATUS_BAD_REQUEST, "limit is a number from 1 to 1000");
    return FALSE;
  }
  *first = mb_lobby_get_rooms (self->lobby);
  if (after == NULL)
    return TRUE;
  room = mb_lobby_get_room (self->lobby, after);
  /* Whether there is a room of that id is nothing for those whom it is not for. */
  if (room == NULL || !mb_pass_is_for_room (pass, after)) {
    mb_http_request_reply_problem (
        request, SOUP_STATUS_BAD_REQUEST, "after is the id of a room that exists");
    return FALSE;
  }
  *first = mb_room_get_link (room)->next;
  return TRUE;
}

/* FALSE where it may not, and has been told. */
static gboolean
check_pass (MbHttpRequest *request, const MbPass *pass, MbGrant grant, const char *room)
{
  g_autoptr (GError) error = NULL;

  if (mb_pass_check (pass, grant, room, &error))
    return TRUE;
  mb_http_request_reply_error (request, error);
  return FALSE;
}

/* The same for what is about no room in particular. */
static gboolean
check_grant (MbHttpRequest *request, const MbPass *pass, MbGrant grant)
{
  return check_pass (request, pass, grant, pass->rooms == NULL ? NULL : pass->rooms[0]);
}

/* The next room of those that the pass is for. */
static GList *
skip_foreign (GList *link, const MbPass *pass)
{
  while (link != NULL && !mb_pass_is_for_room (pass, mb_room_get_id (link->data)))
    link = link->next;
  return link;
}

static void
list_rooms (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  GString *text = NULL;
  GList *link = NULL;
  gint64 limit = 0;
  MbRoom *last = NULL;

  if (!read_page (self, request, pass, &link, &limit))
    return;
  /* The tag tells revisions of the whole list apart, not whose part of it was read. */
  if (mb_pass_is_for_room (pass, NULL) &&
      reply_if_known (self, request, mb_lobby_get_revision (self->lobby)))
    return;
  link = skip_foreign (link, pass);
  text = g_string_new ("[");
  for (; link != NULL && limit > 0; link = skip_foreign (link->next, pass), limit--) {
    if (last != NULL)
      g_string_append_c (text, ',');
    last = link->data;
    mb_room_append_json (last, FALSE, text);
  }
  g_string_append (text, "]\n");
  if (link != NULL) {
    g_autofree char *next = g_strdup_printf ("</api/rooms?limit=%s&after=%s>; rel=\"next\"",
        mb_http_request_get_query (request, "limit"), mb_room_get_id (last));

    mb_http_request_add_header (request, "Link", next);
  }
  reply_json (request, SOUP_STATUS_OK, text);
}

static void
get_room (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  MbRoom *room = mb_lobby_get_room (self->lobby, id);
  GString *text = NULL;

  if (!check_pass (request, pass, MB_GRANT_JOIN, id))
    return;
  if (room == NULL) {
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "there is no such room");
    return;
  }
  if (reply_if_known (self, request, mb_room_get_revision (room)))
    return;
  text = g_string_new (NULL);
  mb_room_append_json (room, TRUE, text);
  g_string_append_c (text, '\n');
  reply_json (request, SOUP_STATUS_OK, text);
}

static gboolean
read_name (MbJsonSpan span, char **name, GError **error)
{
  g_autofree char *text = mb_json_span_dup_string (span, "name", NAME_MAX_BYTES, error);

  if (text == NULL)
    return FALSE;
  g_strstrip (text);
  if (*text == '\0') {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "name is blank");
    return FALSE;
  }
  *name = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
read_id (MbJsonSpan span, char **id, GError **error)
{
  if (span.text == NULL) {
    char random[MB_ID_LENGTH + 1];

    mb_connection_make_id (random);
    *id = g_strdup (random);
    return TRUE;
  }
  *id = mb_json_span_dup_string (span, "id", MB_ROOM_ID_MAX, error);
  if (*id != NULL && !mb_room_id_is_valid (*id)) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "id is 1 to 64 of A-Z, a-z, 0-9, _ and -");
    return FALSE;
  }
  return *id != NULL;
}

static gboolean
read_topology (MbJsonSpan span, MbTopology *topology, GError **error)
{
  g_autofree char *text = NULL;

  if (span.text == NULL)
    return TRUE;
  text = mb_json_span_dup_string (span, "topology", 16, error);
  if (text == NULL)
    return FALSE;
  if (!mb_topology_from_string (text, topology)) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "topology is one of mesh, relay and auto");
    return FALSE;
  }
  return TRUE;
}

static gboolean
read_metadata (MbJsonSpan span, char **metadata, GError **error)
{
  if (span.text != NULL && mb_json_span_get_kind (span) != MB_JSON_OBJECT) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "metadata is an object");
    return FALSE;
  }
  if (span.length > METADATA_MAX) {
    g_set_error (error, MB_ERROR, MB_ERROR_TOO_LARGE, "metadata takes %d bytes", METADATA_MAX);
    return FALSE;
  }
  *metadata = span.text == NULL ? g_strdup ("{}") : g_strndup (span.text, span.length);
  return TRUE;
}

static MbRoomRecord *
read_room (const char *body, gsize length, GError **error)
{
  static const char *const NAMES[] = {"name", "id", "maxMembers", "topology", "metadata"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)] = {0};
  MbJsonSpan whole = {0};
  gint64 max_members = 0;
  g_autoptr (MbRoomRecord) room = g_new0 (MbRoomRecord, 1);

  if (!mb_json_scan (body, length, MB_JSON_DEPTH, &whole, error))
    return NULL;
  if (mb_json_span_get_kind (whole) != MB_JSON_OBJECT) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "a room is a JSON object");
    return NULL;
  }
  mb_json_find_many (whole, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!read_name (values[0], &room->name, error) || !read_id (values[1], &room->id, error) ||
      !read_topology (values[3], &room->topology, error) ||
      !read_metadata (values[4], &room->metadata, error))
    return NULL;
  if (values[2].text != NULL && !mb_json_span_is_null (values[2]) &&
      !mb_json_span_read_integer (values[2], "maxMembers", 1, MEMBERS_MAX, &max_members, error))
    return NULL;
  room->max_members = (unsigned int) max_members;
  room->created_at_us = g_get_real_time ();
  return g_steal_pointer (&room);
}

static gboolean
is_json (MbHttpRequest *request)
{
  const char *type =
      soup_message_headers_get_content_type (mb_http_request_get_headers (request), NULL);

  return type != NULL &&
         (g_ascii_strcasecmp (type, "application/json") == 0 || g_str_has_suffix (type, "+json"));
}

typedef struct {
  MbHttpRequest *request; /* owned */
  char *id;               /* owned */
} Pending;

static Pending *
pending_new (MbHttpRequest *request, const char *id)
{
  Pending *self = g_new0 (Pending, 1);

  self->request = mb_http_request_ref (request);
  self->id = g_strdup (id);
  return self;
}

static void
pending_free (Pending *self)
{
  mb_http_request_unref (self->request);
  g_free (self->id);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pending, pending_free)

static void
on_room_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  g_autoptr (GError) error = NULL;
  GString *text = NULL;
  g_autofree char *location = g_strdup_printf ("/api/rooms/%s", pending->id);
  MbRoom *room = NULL;

  if (!mb_lobby_create_room_finish (MB_LOBBY (source), result, &error)) {
    mb_http_request_reply_error (pending->request, error);
    return;
  }
  room = mb_lobby_get_room (MB_LOBBY (source), pending->id);
  if (room == NULL) {
    mb_http_request_reply_problem (
        pending->request, SOUP_STATUS_CONFLICT, "the room was deleted as it was made");
    return;
  }
  text = g_string_new (NULL);
  mb_room_append_json (room, FALSE, text);
  g_string_append_c (text, '\n');
  mb_http_request_add_header (pending->request, "Location", location);
  reply_json (pending->request, SOUP_STATUS_CREATED, text);
}

static void
create_room (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  gsize length = 0;
  const char *body = mb_http_request_get_body (request, &length);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbRoomRecord) room = NULL;

  if (!is_json (request)) {
    mb_http_request_reply_problem (
        request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "the body is to be application/json");
    return;
  }
  if (!check_grant (request, pass, MB_GRANT_CREATE))
    return;
  room = read_room (body == NULL ? "" : body, length, &error);
  if (room == NULL)
    mb_http_request_reply_error (request, error);
  else if (check_pass (request, pass, MB_GRANT_CREATE, room->id))
    mb_lobby_create_room_async (
        self->lobby, room, on_room_created, pending_new (request, room->id));
}

static void
on_room_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  g_autoptr (GError) error = NULL;

  if (mb_lobby_delete_room_finish (MB_LOBBY (source), result, &error))
    mb_http_request_reply (pending->request, SOUP_STATUS_NO_CONTENT, NULL, NULL);
  else
    mb_http_request_reply_error (pending->request, error);
}

static void
delete_room (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  MbRoom *room = mb_lobby_get_room (self->lobby, id);
  char etag[ETAG_SIZE];

  if (!check_pass (request, pass, MB_GRANT_ADMIN, id))
    return;
  if (room != NULL) {
    make_etag (self, mb_room_get_revision (room), etag, sizeof etag);
    if (!mb_http_is_as_expected (mb_http_request_get_headers (request), etag)) {
      mb_http_request_add_header (request, "ETag", etag);
      mb_http_request_reply_problem (request, SOUP_STATUS_PRECONDITION_FAILED,
          "the room has changed since it was read; read it again");
      return;
    }
  }
  mb_lobby_delete_room_async (self->lobby, id, on_room_deleted, pending_new (request, id));
}

static void
get_ice_servers (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  g_autofree char *text = NULL;
  char random[MB_ID_LENGTH + 1];

  if (!check_grant (request, pass, MB_GRANT_JOIN))
    return;
  mb_connection_make_id (random);
  text = mb_ice_list_make_json (
      self->ice, pass->subject != NULL ? pass->subject : random, g_get_real_time ());
  mb_http_request_add_header (request, "Cache-Control", "no-store");
  mb_http_request_reply_text (request, SOUP_STATUS_OK, JSON_TYPE, text);
}

static void
get_health (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  mb_http_request_add_header (request, "Cache-Control", "no-store");
  mb_http_request_reply_text (request, SOUP_STATUS_OK, JSON_TYPE,
      "{\"status\":\"ok\",\"server\":\"meshbot\",\"version\":\"" MESHBOT_VERSION "\"}\n");
}

static void
get_readiness (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  mb_http_request_add_header (request, "Cache-Control", "no-store");
  if (mb_lobby_is_draining (self->lobby) || !mb_auth_has_keys (self->auth)) {
    mb_http_request_add_header (request, "Retry-After", "5");
    mb_http_request_reply_problem (request, SOUP_STATUS_SERVICE_UNAVAILABLE,
        mb_lobby_is_draining (self->lobby) ? "this host is going away"
                                           : "the keys for tokens are not here yet");
    return;
  }
  mb_http_request_reply_text (request, SOUP_STATUS_OK, JSON_TYPE, "{\"status\":\"ready\"}\n");
}

static void
get_metrics (MbApi *self, MbHttpRequest *request, const char *id, const MbPass *pass)
{
  if (mb_metrics_page_is_elsewhere (self->metrics_page))
    mb_http_request_reply_problem (
        request, SOUP_STATUS_NOT_FOUND, "metrics are at an address of their own");
  else
    mb_metrics_page_serve (self->metrics_page, request);
}

static const Resource RESOURCES[N_RESOURCES] = {
    {"/api/rooms", "GET, HEAD, POST, OPTIONS", list_rooms, create_room, NULL},
    {"/api/rooms/", "GET, HEAD, DELETE, OPTIONS", get_room, NULL, delete_room},
    {"/api/ice-servers", "GET, HEAD, OPTIONS", get_ice_servers, NULL, NULL},
    {"/healthz", "GET, HEAD, OPTIONS", get_health, NULL, NULL, TRUE},
    {"/readyz", "GET, HEAD, OPTIONS", get_readiness, NULL, NULL, TRUE},
    {"/metrics", "GET, HEAD, OPTIONS", get_metrics, NULL, NULL, TRUE},
};

static const Resource *
find_resource (const char *path, const char **id)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (RESOURCES); i++) {
    const Resource *resource = &RESOURCES[i];
    gsize length = strlen (resource->path);

    if (strcmp (path, resource->path) == 0 && !g_str_has_suffix (path, "/"))
      return resource;
    if (g_str_has_suffix (resource->path, "/") && strncmp (path, resource->path, length) == 0 &&
        mb_room_id_is_valid (path + length)) {
      *id = path + length;
      return resource;
    }
  }
  return NULL;
}

static Action
choose_action (const Resource *resource, MbHttpRequest *request)
{
  if (mb_http_request_is_method (request, "GET") || mb_http_request_is_method (request, "HEAD"))
    return resource->get;
  if (mb_http_request_is_method (request, "POST"))
    return resource->post;
  if (mb_http_request_is_method (request, "DELETE"))
    return resource->remove;
  return NULL;
}

static void
act (MbApi *self, MbHttpRequest *request, const Resource *resource, Action action, const char *id)
{
  g_autoptr (MbPass) pass = NULL;

  if (!resource->is_open && !mb_http_request_visit (request, MB_VISIT_CALL))
    return;
  if (!resource->is_open) {
    pass = mb_auth_admit (self->auth, request, mb_auth_find_bearer (request));
    if (pass == NULL)
      return;
    if (mb_auth_wants_tokens (self->auth))
      mb_http_request_add_header (request, "Vary", "Authorization");
  }
  action (self, request, id, pass);
}

static void
on_request (MbHttpRequest *request, gpointer user_data)
{
  MbApi *self = user_data;
  const char *id = NULL;
  const Resource *resource = find_resource (mb_http_request_get_path (request), &id);
  Action action = NULL;

  if (resource != NULL)
    mb_http_request_set_duration (request, self->durations[resource - RESOURCES]);
  if (!mb_origins_apply (self->origins, request)) {
    mb_http_request_reply_problem (request, SOUP_STATUS_FORBIDDEN,
        "pages of this origin may not use this host; see --allow-origin");
    return;
  }
  if (mb_http_request_get_header (request, "Origin") != NULL)
    mb_http_request_add_header (request, "Access-Control-Expose-Headers", EXPOSED);
  if (resource == NULL) {
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "there is no such thing here");
  } else if (mb_http_request_is_method (request, "OPTIONS")) {
    mb_origins_reply_options (request, resource->allow);
  } else {
    action = choose_action (resource, request);
    if (action != NULL) {
      act (self, request, resource, action, id);
      return;
    }
    mb_http_request_add_header (request, "Allow", resource->allow);
    mb_http_request_reply_problem (
        request, SOUP_STATUS_METHOD_NOT_ALLOWED, "the Allow field names what can be done here");
  }
}

/**
 * mb_api_new:
 *
 * Puts itself on @http at `/api/`, `/healthz`, `/readyz` and `/metrics`.
 */
MbApi *
mb_api_new (MbHttp *http, MbLobby *lobby, MbOrigins *origins, MbAuth *auth,
    MbMetricsPage *metrics_page, MbIceList *ice, MbMetrics *metrics)
{
  MbApi *self = g_new0 (MbApi, 1);

  self->lobby = g_object_ref (lobby);
  self->origins = origins;
  self->auth = auth;
  mb_connection_make_id (self->run);
  self->metrics_page = metrics_page;
  self->ice = ice;
  for (unsigned int i = 0; i < N_RESOURCES; i++) {
    const char *path = RESOURCES[i].path;
    g_autofree char *route = g_strconcat (path, g_str_has_suffix (path, "/") ? "{id}" : "", NULL);

    self->durations[i] = mb_http_make_duration (metrics, route);
  }
  mb_http_route (http, "/api/", BODY_MAX, on_request, self);
  mb_http_route (http, "/healthz", 0, on_request, self);
  mb_http_route (http, "/readyz", 0, on_request, self);
  mb_http_route (http, "/metrics", 0, on_request, self);
  return self;
}

void
mb_api_free (MbApi *self)
{
  g_clear_object (&self->lobby);
  g_free (self);
}
