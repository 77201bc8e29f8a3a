/* mb-signaling.c: how a participant reaches the others of its room
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-signaling.h"

#include "mb-error.h"
#include "mb-sio-client.h"
#include "mb-ws-client.h"

G_DEFINE_INTERFACE (MbSignaling, mb_signaling, G_TYPE_OBJECT)

/* A page under /meet/ has its Socket.IO under /meet/socket.io/. */
static char *
make_sio_url (GUri *uri)
{
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);
  const char *slash = g_str_has_suffix (path, "/") ? "" : "/";
  g_autofree char *full_path = g_strconcat (path, slash, "socket.io/", NULL);
  g_autofree char *full_query =
      g_strconcat ("EIO=4&transport=websocket", query != NULL ? "&" : NULL, query, NULL);

  return g_uri_join (G_URI_FLAGS_ENCODED, g_uri_get_scheme (uri), NULL, g_uri_get_host (uri),
      g_uri_get_port (uri), full_path, full_query, NULL);
}

static char *
make_ws_url (GUri *uri)
{
  const char *path = g_uri_get_path (uri);
  gboolean is_bare = *path == '\0' || g_str_equal (path, "/");

  return g_uri_join (G_URI_FLAGS_ENCODED, g_uri_get_scheme (uri), NULL, g_uri_get_host (uri),
      g_uri_get_port (uri), is_bare ? "/ws" : path, g_uri_get_query (uri), NULL);
}

/* GLib takes what people would not. */
static gboolean
has_blanks (const char *url)
{
  for (const char *at = url; *at != '\0'; at++)
    if (g_ascii_isspace (*at) || g_ascii_iscntrl (*at))
      return TRUE;
  return FALSE;
}

static GUri *
parse_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  const char *const schemes[] = {"http", "https", "ws", "wss", NULL};

  if (uri == NULL || has_blanks (url) || !g_strv_contains (schemes, g_uri_get_scheme (uri)) ||
      g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "“%s” is no address of a room server: write http://HOST:PORT for Socket.IO, or "
        "ws://HOST:PORT/ws for a plain WebSocket (https and wss likewise)",
        url);
    return NULL;
  }
  if (g_uri_get_userinfo (uri) != NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "the address of a room server takes no user or password (here at %s): give a token instead",
        g_uri_get_host (uri));
    return NULL;
  }
  return g_steal_pointer (&uri);
}

/**
 * mb_signaling_new_for_url:
 * @url: `http(s)://…` of a Socket.IO server, with the path its page is under, or `ws(s)://…` of a
 *     plain WebSocket, `/ws` where it has no path
 * @token: (nullable): a bearer token
 *
 * Returns: (transfer full) (nullable): a client that has not joined, or NULL with MB_ERROR_USAGE
 *     where @url is not such an address
 */
MbSignaling *
mb_signaling_new_for_url (const char *url, const char *token, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  g_autofree char *endpoint = NULL;

  g_return_val_if_fail (url != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  uri = parse_url (url, error);
  if (uri == NULL)
    return NULL;
  if (g_str_has_prefix (g_uri_get_scheme (uri), "ws")) {
    endpoint = make_ws_url (uri);
    return mb_ws_client_new (url, endpoint, token);
  }
  endpoint = make_sio_url (uri);
  return mb_sio_client_new (url, endpoint, token);
}

/**
 * mb_signaling_join:
 * @room_id: matches `[A-Za-z0-9_-]{1,64}`
 * @display_name: what people see
 * @role: `member`, `bot`, `recorder` or `relay`
 *
 * Connects and joins; "joined" or "failed" tells how it went. To be called once.
 */
void
mb_signaling_join (
    MbSignaling *self, const char *room_id, const char *display_name, const char *role)
{
  g_return_if_fail (MB_IS_SIGNALING (self));
  g_return_if_fail (room_id != NULL && display_name != NULL && role != NULL);

  MB_SIGNALING_GET_IFACE (self)->join (self, room_id, display_name, role);
}

/**
 * mb_signaling_send:
 * @to: the member's id
 * @data: one JSON value as text, passed on untouched
 *
 * While there is no connection the message is dropped: ids of before mean nothing to the server after
 * the next "joined".
 */
void
mb_signaling_send (MbSignaling *self, const char *to, GBytes *data)
{
  g_return_if_fail (MB_IS_SIGNALING (self));
  g_return_if_fail (to != NULL && data != NULL);

  MB_SIGNALING_GET_IFACE (self)->send (self, to, data);
}

/**
 * mb_signaling_leave:
 *
 * Says goodbye and closes. "closed" follows within a second and a half, whatever the server does;
 * not if "failed" or "closed" has been told already. To drop the last reference without it closes
 * too, but others may then learn of it late.
 */
void
mb_signaling_leave (MbSignaling *self)
{
  g_return_if_fail (MB_IS_SIGNALING (self));

  MB_SIGNALING_GET_IFACE (self)->leave (self);
}

static void
mb_signaling_default_init (MbSignalingInterface *iface)
{
  GType type = G_TYPE_FROM_INTERFACE (iface);

  g_signal_new ("welcomed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new ("joined", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new (
      "message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
