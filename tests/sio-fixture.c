/* sio-fixture.c: what the published Engine.IO and Socket.IO conformance suites want of a server
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sio-fixture PORT
 *
 * The suites' handlers are none that a room server has, so this puts them on the same library:
 * an echo at /engine.io/, and at /socket.io/ the namespaces "/" and "/custom". It prints
 * `listening on PORT` and runs until it is ended.
 */
#include <string.h>

#include "mb-acceptor.h"
#include "mb-eio-server.h"
#include "mb-error.h"
#include "mb-sio-server.h"

#define PING_INTERVAL_MS 300
#define PING_TIMEOUT_MS 200
#define MAX_PAYLOAD 1000000
#define CONNECT_MS 1000

static void
on_echo_message (gpointer owner, gboolean is_text, const char *data, gsize length)
{
  MbEioSession *session = owner;
  g_autoptr (GBytes) bytes = g_bytes_new (data, length);

  if (is_text)
    mb_eio_session_send_text (session, bytes);
  else
    mb_eio_session_send_binary (session, bytes);
}

static void
on_echo_closed (gpointer owner, const char *reason)
{
}

static const MbEioListener echo_listener = {.message = on_echo_message, .closed = on_echo_closed};

static void
on_echo_opened (MbEioSession *session, gpointer user_data)
{
  mb_eio_session_set_listener (session, &echo_listener, session);
}

static void
send_packet (MbSioSocket *socket, GString *text, GPtrArray *attachments)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text->str, text->len);

  mb_sio_socket_send (socket, bytes, attachments);
}

static void
on_connected (MbSioSocket *socket, MbJsonSpan auth, gpointer user_data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  mb_sio_append_header (text, MB_SIO_EVENT, 0, mb_sio_socket_get_namespace (socket), MB_SIO_NO_ACK);
  g_string_append (text, "[\"auth\",");
  if (auth.text == NULL)
    g_string_append (text, "{}");
  else
    g_string_append_len (text, auth.text, (gssize) auth.length);
  g_string_append_c (text, ']');
  send_packet (socket, text, NULL);
}

/* Appends the arguments of an event, without its name; @separator goes before the first. */
static void
append_arguments (GString *text, MbJsonSpan payload, const char *separator)
{
  MbJsonIter iter;
  MbJsonSpan item;

  mb_json_iter_init (&iter, payload);
  if (!mb_json_iter_next (&iter, NULL, &item))
    return;
  while (mb_json_iter_next (&iter, NULL, &item)) {
    g_string_append (text, separator);
    g_string_append_len (text, item.text, (gssize) item.length);
    separator = ",";
  }
}

static void
on_event (
    MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data)
{
  unsigned int n_attachments = attachments == NULL ? 0 : attachments->len;
  g_autoptr (GString) text = g_string_new (NULL);
  MbJsonIter iter;
  MbJsonSpan name;

  mb_json_iter_init (&iter, packet->payload);
  mb_json_iter_next (&iter, NULL, &name);
  if (mb_json_span_equals (name, "message")) {
    mb_sio_append_header (text, n_attachments > 0 ? MB_SIO_BINARY_EVENT : MB_SIO_EVENT,
        n_attachments, NULL, MB_SIO_NO_ACK);
    g_string_append (text, "[\"message-back\"");
    append_arguments (text, packet->payload, ",");
  } else if (mb_json_span_equals (name, "message-with-ack")) {
    mb_sio_append_header (text, n_attachments > 0 ? MB_SIO_BINARY_ACK : MB_SIO_ACK, n_attachments,
        NULL, packet->ack_id);
    g_string_append_c (text, '[');
    append_arguments (text, packet->payload, "");
  } else {
    return;
  }
  g_string_append_c (text, ']');
  send_packet (socket, text, attachments);
}

static void
on_custom_event (
    MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data)
{
}

static void
on_disconnected (MbSioSocket *socket, const char *reason, gpointer user_data)
{
}

static void
on_caller (int fd, gpointer user_data)
{
  mb_http_accept (user_data, fd, NULL);
}

int
main (int argc, char **argv)
{
  static const char *const ANY[] = {"*", NULL};
  static const MbEioOptions OPTIONS = {.ping_interval_ms = PING_INTERVAL_MS,
      .ping_timeout_ms = PING_TIMEOUT_MS,
      .max_payload_bytes = MAX_PAYLOAD};
  static const MbSioHandlers MAIN = {
      .connected = on_connected, .event = on_event, .disconnected = on_disconnected};
  static const MbSioHandlers CUSTOM = {
      .connected = on_connected, .event = on_custom_event, .disconnected = on_disconnected};
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  MbReactor *reactor = mb_reactor_new (&error);
  MbHttp *http = reactor == NULL ? NULL : mb_http_new (reactor);
  MbOrigins *origins = mb_origins_new (ANY);
  guint16 port = argc > 1 ? (guint16) g_ascii_strtoull (argv[1], NULL, 10) : 0;
  MbAcceptor *acceptor = NULL;
  MbSioServer *sio = NULL;

  if (http != NULL)
    acceptor = mb_acceptor_new (reactor, "127.0.0.1", port, on_caller, http, &error);
  if (acceptor == NULL) {
    g_printerr ("sio-fixture: %s\n", error->message);
    return 1;
  }
  sio = mb_sio_server_new (reactor, CONNECT_MS, MAX_PAYLOAD);
  mb_sio_server_add_namespace (sio, "/", &MAIN, NULL);
  mb_sio_server_add_namespace (sio, "/custom", &CUSTOM, NULL);
  mb_eio_server_new (reactor, http, origins, "/engine.io/", &OPTIONS, on_echo_opened, NULL);
  mb_eio_server_new (
      reactor, http, origins, "/socket.io/", &OPTIONS, mb_sio_server_take_session, sio);
  mb_acceptor_start (acceptor);
  g_print ("listening on %u\n", mb_acceptor_get_port (acceptor));
  g_main_loop_run (loop);
  return 0;
}
