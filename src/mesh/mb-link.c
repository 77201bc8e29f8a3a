/* mb-link.c: one WebSocket to a server, opened as often as needed
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows HTTP, the handshake and silence; knows neither rooms nor when to try again. libsoup 3.2
 * needs three precautions: a payload limit that is never 0 (0 reads out of bounds), no
 * permessage-deflate (it inflates without limit), and no message taken after an error (they still
 * come). Its limit is per frame: a server that sends endless fragments can fill this process.
 */
#include "mb-link.h"

#include <libsoup/soup.h>

#include "mb-error.h"

#define MAX_PAYLOAD_BYTES 1000000
#define HTTP_TOO_MANY_REQUESTS 429 /* RFC 6585; libsoup has no name for it */

struct _MbLink {
  GObject parent_instance;

  char *url;
  char *token; /* (nullable) */

  SoupSession *session;
  SoupMessage *message;        /* (nullable) the handshake under way */
  GCancellable *cancellable;   /* (nullable) of the handshake */
  SoupWebsocketConnection *ws; /* (nullable) */
  GSource *silence_source;     /* (nullable) */
  GError *fault;               /* (nullable) why the socket is being given up */

  unsigned int silence_limit_ms; /* 0 means none */
  gint64 heard_us;
};

enum {
  OPENED,
  RECEIVED,
  DOWN,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbLink, mb_link, G_TYPE_OBJECT)

/**
 * mb_link_new:
 * @url: an `http`, `https`, `ws` or `wss` URL of a WebSocket
 * @token: (nullable): a bearer token
 *
 * Returns: (transfer full): a link that is not open
 */
MbLink *
mb_link_new (const char *url, const char *token)
{
  MbLink *self = g_object_new (MB_TYPE_LINK, NULL);

  self->url = g_strdup (url);
  self->token = g_strdup (token);
  return self;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static gboolean
once (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* libsoup goes on with its object after it has told "message" or "closed", so the last reference
 * is dropped on the next turn of the loop. */
static void
unref_later (SoupWebsocketConnection *ws)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, once, ws, g_object_unref);
  g_source_attach (source, NULL);
}

/* Closes and stays until the close has gone through, 5 s at most; @ws: (transfer full). */
static void
linger (SoupWebsocketConnection *ws)
{
  if (soup_websocket_connection_get_state (ws) == SOUP_WEBSOCKET_STATE_CLOSED) {
    unref_later (ws);
    return;
  }
  g_signal_connect (ws, "closed", G_CALLBACK (unref_later), NULL);
  if (soup_websocket_connection_get_state (ws) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (ws, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
}

/* Forgets the socket or the attempt at one; whatever comes from it later is not heard. */
static void
let_go (MbLink *self)
{
  clear_source (&self->silence_source);
  self->silence_limit_ms = 0;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->message);
  if (self->ws != NULL) {
    g_signal_handlers_disconnect_by_data (self->ws, self);
    linger (g_steal_pointer (&self->ws));
  }
}

static void
go_down (MbLink *self, GError *error)
{
  g_autoptr (GError) owned = error;

  g_clear_error (&self->fault);
  let_go (self);
  g_signal_emit (self, signals[DOWN], 0, owned);
}

static gboolean
on_silence (gpointer user_data)
{
  MbLink *self = user_data;
  gint64 end_us = self->heard_us + (gint64) self->silence_limit_ms * 1000;

  /* Each frame only notes the time; the source moves on when it fires early. */
  if (g_get_monotonic_time () < end_us) {
    g_source_set_ready_time (self->silence_source, end_us);
    return G_SOURCE_CONTINUE;
  }
  g_object_ref (self);
  go_down (self, g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "the server was silent for %u ms",
                     self->silence_limit_ms));
  g_object_unref (self);
  return G_SOURCE_REMOVE;
}

/**
 * mb_link_set_silence_limit:
 * @limit_ms: after so long without a frame the link is down; 0 means never
 *
 * Holds for the connection that is open now.
 */
void
mb_link_set_silence_limit (MbLink *self, unsigned int limit_ms)
{
  g_return_if_fail (self->ws != NULL);

  clear_source (&self->silence_source);
  self->silence_limit_ms = limit_ms;
  if (limit_ms == 0)
    return;
  self->silence_source = g_timeout_source_new (limit_ms);
  g_source_set_callback (self->silence_source, on_silence, self, NULL);
  g_source_attach (self->silence_source, NULL);
}

/**
 * mb_link_set_ping_interval:
 * @interval_s: seconds between WebSocket pings, whose answers break the silence
 *
 * Holds for the connection that is open now.
 */
void
mb_link_set_ping_interval (MbLink *self, unsigned int interval_s)
{
  g_return_if_fail (self->ws != NULL);

  soup_websocket_connection_set_keepalive_interval (self->ws, interval_s);
}

static void
on_ws_message (SoupWebsocketConnection *ws, int type, GBytes *data, MbLink *self)
{
  if (self->fault != NULL || soup_websocket_connection_get_state (ws) != SOUP_WEBSOCKET_STATE_OPEN)
    return;
  self->heard_us = g_get_monotonic_time ();
  g_signal_emit (self, signals[RECEIVED], 0, data, type == SOUP_WEBSOCKET_DATA_BINARY);
}

static void
on_ws_pong (SoupWebsocketConnection *ws, GBytes *data, MbLink *self)
{
  self->heard_us = g_get_monotonic_time ();
}

static void
on_ws_error (SoupWebsocketConnection *ws, GError *error, MbLink *self)
{
  if (self->fault == NULL)
    self->fault =
        g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "the connection broke: %s", error->message);
}

static void
on_ws_closed (SoupWebsocketConnection *ws, MbLink *self)
{
  GError *error = g_steal_pointer (&self->fault);
  unsigned int code = soup_websocket_connection_get_close_code (ws);

  if (error == NULL && code != 0)
    error = g_error_new (
        MB_ERROR, MB_ERROR_UNREACHABLE, "the server closed the connection (code %u)", code);
  if (error == NULL)
    error = g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "the server closed the connection");
  g_object_ref (self);
  go_down (self, error);
  g_object_unref (self);
}

/* Whether this machine still has the address: whoever has it can bind to it. */
static gboolean
is_ours (GInetSocketAddress *address)
{
  GInetAddress *inet = g_inet_socket_address_get_address (address);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (inet, 0);
  g_autoptr (GSocket) socket = g_socket_new (
      g_inet_address_get_family (inet), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  /* Without a socket nobody knows. */
  return socket == NULL || g_socket_bind (socket, any_port, FALSE, NULL);
}

/* libsoup's stream and TLS's each have the one below as a property. */
static GSocketConnection *
find_socket (GIOStream *stream)
{
  static const char *const BELOW[] = {"base-iostream", "base-io-stream"};
  g_autoptr (GIOStream) at = g_object_ref (stream);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (BELOW) && !G_IS_SOCKET_CONNECTION (at); i++) {
    const char *name = BELOW[i % G_N_ELEMENTS (BELOW)];
    GIOStream *below = NULL;

    if (g_object_class_find_property (G_OBJECT_GET_CLASS (at), name) == NULL)
      continue;
    g_object_get (at, name, &below, NULL);
    if (below == NULL)
      return NULL;
    g_object_unref (at);
    at = below;
  }
  return G_IS_SOCKET_CONNECTION (at) ? G_SOCKET_CONNECTION (g_steal_pointer (&at)) : NULL;
}

/* TCP waits for an answer to an address that is no more for as long as silence is borne. */
static void
on_network_changed (GNetworkMonitor *monitor, gboolean is_available, MbLink *self)
{
  g_autoptr (GSocketConnection) socket =
      self->ws != NULL ? find_socket (soup_websocket_connection_get_io_stream (self->ws)) : NULL;
  g_autoptr (GSocketAddress) address =
      socket != NULL ? g_socket_connection_get_local_address (socket, NULL) : NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (address) || is_ours (G_INET_SOCKET_ADDRESS (address)))
    return;
  g_object_ref (self);
  go_down (self, g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "our address is another one now"));
  g_object_unref (self);
}

/* What the server's refusal of the upgrade means to whoever started us. */
static GError *
explain_answer (MbLink *self, SoupMessage *message)
{
  unsigned int status = soup_message_get_status (message);
  const char *location =
      soup_message_headers_get_one (soup_message_get_response_headers (message), "Location");

  if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    return g_error_new (MB_ERROR, MB_ERROR_UNAUTHORIZED,
        self->token == NULL ? "the server wants a token (HTTP %u)"
                            : "the server refused the token (HTTP %u)",
        status);
  if (status == HTTP_TOO_MANY_REQUESTS)
    return g_error_new (MB_ERROR, MB_ERROR_RATE_LIMITED, "the server limits the rate of joins");
  if (status >= 500)
    return g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "the server answered HTTP %u", status);
  if (location != NULL && SOUP_STATUS_IS_REDIRECTION (status))
    return g_error_new (MB_ERROR, MB_ERROR_UNSUPPORTED,
        "the server has moved: give the address it answers with (HTTP %u, %s)", status, location);
  return g_error_new (
      MB_ERROR, MB_ERROR_UNSUPPORTED, "the server refused a WebSocket (HTTP %u)", status);
}

static GError *
explain_certificate (SoupMessage *message)
{
  GTlsCertificateFlags flags = soup_message_get_tls_peer_certificate_errors (message);
  const char *why = "it is not valid";

  if ((flags & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0)
    why = "it is for another name";
  else if ((flags & G_TLS_CERTIFICATE_EXPIRED) != 0)
    why = "it has expired";
  else if ((flags & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0)
    why = "this machine does not know who signed it (see update-ca-certificates)";
  return g_error_new (
      MB_ERROR, MB_ERROR_SECURITY, "the server's certificate is not trusted: %s", why);
}

static GError *
explain_failure (MbLink *self, SoupMessage *message, const GError *error)
{
  if (error->domain == SOUP_WEBSOCKET_ERROR)
    return explain_answer (self, message);
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return explain_certificate (message);
  return g_error_new_literal (MB_ERROR, MB_ERROR_UNREACHABLE, error->message);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MbLink) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) ws =
      soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  g_autoptr (SoupMessage) message = NULL;

  /* Cancelled: let_go() has run, and another attempt may be under way by now. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (ws == NULL) {
    message = g_steal_pointer (&self->message);
    go_down (self, explain_failure (self, message, error));
    return;
  }
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  self->ws = g_steal_pointer (&ws);
  self->heard_us = g_get_monotonic_time ();
  soup_websocket_connection_set_max_incoming_payload_size (self->ws, MAX_PAYLOAD_BYTES);
  g_signal_connect (self->ws, "message", G_CALLBACK (on_ws_message), self);
  g_signal_connect (self->ws, "pong", G_CALLBACK (on_ws_pong), self);
  g_signal_connect (self->ws, "error", G_CALLBACK (on_ws_error), self);
  g_signal_connect (self->ws, "closed", G_CALLBACK (on_ws_closed), self);
  g_signal_emit (self, signals[OPENED], 0);
}

static SoupMessage *
make_handshake (MbLink *self)
{
  SoupMessage *message = soup_message_new (SOUP_METHOD_GET, self->url);

  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  if (self->token != NULL) {
    g_autofree char *bearer = g_strconcat ("Bearer ", self->token, NULL);

    soup_message_headers_replace (
        soup_message_get_request_headers (message), "Authorization", bearer);
  }
  return message;
}

/**
 * mb_link_open:
 *
 * Makes one attempt: "opened" or "down" follows. An attempt or a connection there is already is
 * given up without a word.
 */
void
mb_link_open (MbLink *self)
{
  let_go (self);
  g_clear_error (&self->fault);
  self->message = make_handshake (self);
  self->cancellable = g_cancellable_new ();
  soup_session_websocket_connect_async (self->session, self->message, NULL, NULL,
      G_PRIORITY_DEFAULT, self->cancellable, on_connected, g_object_ref (self));
}

gboolean
mb_link_is_open (MbLink *self)
{
  return self->ws != NULL && self->fault == NULL &&
         soup_websocket_connection_get_state (self->ws) == SOUP_WEBSOCKET_STATE_OPEN;
}

/**
 * mb_link_send:
 * @binary: whether @data goes as a binary frame
 *
 * Dropped unless the link is open. Never waits.
 */
void
mb_link_send (MbLink *self, GBytes *data, gboolean binary)
{
  if (mb_link_is_open (self))
    soup_websocket_connection_send_message (
        self->ws, binary ? SOUP_WEBSOCKET_DATA_BINARY : SOUP_WEBSOCKET_DATA_TEXT, data);
}

void
mb_link_send_text (MbLink *self, const char *text)
{
  g_autoptr (GBytes) data = g_bytes_new (text, strlen (text));

  mb_link_send (self, data, FALSE);
}

/**
 * mb_link_close:
 *
 * Closes after what has been sent; "down" follows when the server has answered, which may take
 * seconds: mb_link_abort() ends the wait.
 */
void
mb_link_close (MbLink *self)
{
  if (mb_link_is_open (self))
    soup_websocket_connection_close (self->ws, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
}

/**
 * mb_link_abort:
 *
 * Gives up the connection, or the attempt at one; nothing is told.
 */
void
mb_link_abort (MbLink *self)
{
  let_go (self);
  g_clear_error (&self->fault);
}

static void
mb_link_dispose (GObject *object)
{
  MbLink *self = MB_LINK (object);

  let_go (self);
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (mb_link_parent_class)->dispose (object);
}

static void
mb_link_finalize (GObject *object)
{
  MbLink *self = MB_LINK (object);

  g_clear_error (&self->fault);
  g_free (self->url);
  g_free (self->token);
  G_OBJECT_CLASS (mb_link_parent_class)->finalize (object);
}

static void
mb_link_class_init (MbLinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_link_dispose;
  object_class->finalize = mb_link_finalize;

  /**
   * MbLink::opened:
   *
   * The server has accepted the WebSocket.
   */
  signals[OPENED] =
      g_signal_new ("opened", MB_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbLink::received:
   * @data: a message; text is valid UTF-8
   * @binary: whether it came as binary
   */
  signals[RECEIVED] = g_signal_new ("received", MB_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 2, G_TYPE_BYTES | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_BOOLEAN);
  /**
   * MbLink::down:
   * @error: why, in MB_ERROR: UNREACHABLE where another attempt may help, UNAUTHORIZED,
   *   RATE_LIMITED, SECURITY for a bad certificate, UNSUPPORTED where there is no such WebSocket
   *
   * The connection, or the attempt at one, is over. The handler may open again or drop the link.
   */
  signals[DOWN] = g_signal_new ("down", MB_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 1, G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
mb_link_init (MbLink *self)
{
  g_signal_connect_object (g_network_monitor_get_default (), "network-changed",
      G_CALLBACK (on_network_changed), self, G_CONNECT_DEFAULT);
  /* An own session, for its limit of two connections a host would queue the third bot. */
  self->session = soup_session_new_with_options ("proxy-resolver", NULL, NULL);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_AUTH_MANAGER);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_COOKIE_JAR);
}
