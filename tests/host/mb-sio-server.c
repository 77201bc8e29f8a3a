/* mb-sio-server.c: Socket.IO without rooms: namespaces, events, acknowledgements both ways, ends
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sio-server.h"

#include <string.h>

#include "mb-acceptor.h"
#include "mb-eio-server.h"
#include "mb-test-host.h"

#define CONNECT_MS 200
#define WEBSOCKET "/socket.io/?EIO=4&transport=websocket"

typedef struct {
  MbReactor *reactor;
  MbOrigins *origins;
  MbHttp *http;
  MbAcceptor *acceptor;
  MbSioServer *sio;
  MbEioServer *eio;
  guint16 port;
  unsigned int n_connected;
  GString *told; /* what the handlers were told, a line each */
} Fixture;

static void
send_text (MbSioSocket *socket, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  mb_sio_socket_send (socket, bytes, NULL);
}

static void
tell (Fixture *fixture, const char *what, MbSioSocket *socket, const MbSioPacket *packet,
    GPtrArray *attachments)
{
  g_string_append_printf (fixture->told, "%s %s %.*s", what, mb_sio_socket_get_namespace (socket),
      (int) packet->payload.length, packet->payload.text);
  for (unsigned int i = 0; attachments != NULL && i < attachments->len; i++)
    g_string_append_printf (
        fixture->told, " +%" G_GSIZE_FORMAT, g_bytes_get_size (g_ptr_array_index (attachments, i)));
  g_string_append_c (fixture->told, '\n');
}

/* A client that brings `{"go":true}` is put out at once. */
static void
on_connected (MbSioSocket *socket, MbJsonSpan auth, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_connected++;
  g_string_append_printf (fixture->told, "connected %s %.*s\n",
      mb_sio_socket_get_namespace (socket), (int) auth.length, auth.text == NULL ? "" : auth.text);
  if (auth.text != NULL && strstr (auth.text, "\"go\"") != NULL) {
    fixture->n_connected--;
    mb_sio_socket_disconnect (socket, MB_SIO_END_SESSION);
  }
}

static gboolean
is_called (const MbSioPacket *packet, const char *name)
{
  MbJsonIter iter;
  MbJsonSpan item;

  mb_json_iter_init (&iter, packet->payload);
  return mb_json_iter_next (&iter, NULL, &item) && mb_json_span_equals (item, name);
}

static void
on_event (
    MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data)
{
  static const struct {
    const char *name;
    MbSioEnd end;
  } ENDS[] = {
      {"leave", MB_SIO_END_NAMESPACE}, {"go", MB_SIO_END_SESSION}, {"break", MB_SIO_END_TRANSPORT}};
  Fixture *fixture = user_data;

  tell (fixture, "event", socket, packet, attachments);
  if (is_called (packet, "ask"))
    send_text (socket, "27[\"question\",1]");
  for (unsigned int i = 0; i < G_N_ELEMENTS (ENDS); i++) {
    if (is_called (packet, ENDS[i].name)) {
      fixture->n_connected--;
      mb_sio_socket_disconnect (socket, ENDS[i].end);
      return;
    }
  }
}

static void
on_acknowledged (
    MbSioSocket *socket, const MbSioPacket *packet, GPtrArray *attachments, gpointer user_data)
{
  g_assert_cmpint (packet->ack_id, ==, 7);
  tell (user_data, "acknowledged", socket, packet, attachments);
  send_text (socket, "2[\"thanks\"]");
}

static void
on_disconnected (MbSioSocket *socket, const char *reason, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_connected--;
  g_string_append_printf (
      fixture->told, "disconnected %s %s\n", mb_sio_socket_get_namespace (socket), reason);
}

static void
on_caller (int fd, gpointer user_data)
{
  mb_http_accept (user_data, fd, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const MbEioOptions OPTIONS = {
      .ping_interval_ms = 10000, .ping_timeout_ms = 5000, .max_payload_bytes = 1000};
  static const MbSioHandlers HANDLERS = {.connected = on_connected,
      .event = on_event,
      .acknowledged = on_acknowledged,
      .disconnected = on_disconnected};
  g_autoptr (GError) error = NULL;

  fixture->told = g_string_new (NULL);
  fixture->reactor = mb_reactor_new (&error);
  g_assert_no_error (error);
  fixture->http = mb_http_new (fixture->reactor);
  fixture->origins = mb_origins_new (NULL);
  fixture->sio = mb_sio_server_new (fixture->reactor, CONNECT_MS, OPTIONS.max_payload_bytes);
  mb_sio_server_add_namespace (fixture->sio, "/", &HANDLERS, fixture);
  mb_sio_server_add_namespace (fixture->sio, "/custom", &HANDLERS, fixture);
  fixture->eio = mb_eio_server_new (fixture->reactor, fixture->http, fixture->origins,
      "/socket.io/", &OPTIONS, mb_sio_server_take_session, fixture->sio);
  fixture->acceptor =
      mb_acceptor_new (fixture->reactor, "127.0.0.1", 0, on_caller, fixture->http, &error);
  g_assert_no_error (error);
  fixture->port = mb_acceptor_get_port (fixture->acceptor);
  mb_acceptor_start (fixture->acceptor);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mb_acceptor_free (fixture->acceptor);
  mb_eio_server_free (fixture->eio);
  g_assert_cmpuint (fixture->n_connected, ==, 0);
  mb_sio_server_free (fixture->sio);
  mb_http_free (fixture->http);
  mb_origins_free (fixture->origins);
  mb_reactor_free (fixture->reactor);
  g_string_free (fixture->told, TRUE);
}

static MbTestClient *
open_client (Fixture *fixture)
{
  MbTestClient *client = mb_test_client_new_websocket_at (fixture->port, WEBSOCKET, NULL);

  mb_test_client_wait_past (client, "0{\"sid\":\"");
  return client;
}

static MbTestClient *
connect_client (Fixture *fixture)
{
  MbTestClient *client = open_client (fixture);

  mb_test_client_send (client, "40");
  mb_test_client_wait_past (client, "40{\"sid\":\"");
  return client;
}

static void
test_namespaces (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = open_client (fixture);
  g_autofree char *refused = NULL;

  mb_test_client_send (client, "40/random,{\"a\":1}");
  refused = mb_test_client_wait_for (client, "44");
  mb_test_client_send (client, "40/custom,{\"token\":\"abc\"}");
  mb_test_client_wait_past (client, "40/custom,{\"sid\":\"");
  mb_test_client_send (client, "40");
  mb_test_client_wait_past (client, "40{\"sid\":\"");
  mb_test_client_send (client, "42/custom,[\"x\",1e400]");
  mb_test_client_send (client, "41/custom,");
  mb_test_client_send (client, "42[\"ask\"]");
  mb_test_client_wait_past (client, "question");

  g_assert_cmpstr (refused, ==, "44/random,{\"message\":\"Invalid namespace\"}");
  g_assert_cmpstr (fixture->told->str, ==,
      "connected /custom {\"token\":\"abc\"}\nconnected / \nevent /custom [\"x\",1e400]\n"
      "disconnected /custom left\nevent / [\"ask\"]\n");
}

static void
test_acknowledged (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = connect_client (fixture);

  mb_test_client_send (client, "42[\"ask\"]");
  mb_test_client_wait_past (client, "427[\"question\",1]");
  mb_test_client_send (client, "461-7[{\"_placeholder\":true,\"num\":0}]");
  mb_test_client_send_frame (client, 2, "bytes", 5);
  mb_test_client_wait_past (client, "thanks");

  g_assert_nonnull (
      strstr (fixture->told->str, "acknowledged / [{\"_placeholder\":true,\"num\":0}] +5\n"));
}

static void
test_leave_namespace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = connect_client (fixture);

  mb_test_client_send (client, "40/custom");
  mb_test_client_wait_past (client, "40/custom,{");
  mb_test_client_send (client, "42/custom,[\"leave\"]");
  mb_test_client_wait_past (client, "41/custom,");
  mb_test_client_send (client, "42[\"ask\"]");
  mb_test_client_wait_past (client, "question");
}

/* A stock client stays away after 41. */
static void
test_put_out (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = connect_client (fixture);

  mb_test_client_send (client, "42[\"go\"]");
  mb_test_client_send (client, "42[\"not heard\"]");
  mb_test_client_wait_for_close (client);

  g_assert_true (mb_test_client_has (client, "41"));
  g_assert_null (strstr (fixture->told->str, "not heard"));
  g_assert_null (strstr (fixture->told->str, "disconnected"));
}

static void
test_put_out_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = open_client (fixture);

  mb_test_client_send (client, "40{\"go\":true}");
  mb_test_client_wait_past (client, "40{\"sid\"");
  mb_test_client_wait_past (client, "41");
  mb_test_client_wait_for_close (client);
}

/* And comes back when the connection has just ended. */
static void
test_transport_ends (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = connect_client (fixture);

  mb_test_client_send (client, "42[\"break\"]");
  mb_test_client_wait_for_close (client);

  g_assert_false (mb_test_client_has (client, "41"));
}

static void
test_connect_deadline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) silent = open_client (fixture);
  g_autoptr (MbTestClient) refused = open_client (fixture);
  g_autoptr (MbTestClient) left = connect_client (fixture);
  g_autoptr (MbTestClient) stays = connect_client (fixture);

  mb_test_client_send (refused, "40/random");
  mb_test_client_send (left, "41");
  mb_test_client_wait_for_close (silent);
  mb_test_client_wait_for_close (refused);
  mb_test_client_wait_for_close (left);

  g_assert_false (mb_test_client_is_closed (stays));
}

static void
test_breach (Fixture *fixture, gconstpointer data)
{
  static const char *const PACKETS[] = {"4abc", "42{}", "42[]", "42[\"disconnect\"]", "44{}",
      "451-[\"x\",{\"_placeholder\":true,\"num\":1}]", "4511-[\"x\"]", "42/custom,[\"x\"]", "5",
      "x"};

  for (unsigned int i = 0; i < G_N_ELEMENTS (PACKETS); i++) {
    g_autoptr (MbTestClient) client = connect_client (fixture);

    mb_test_client_send (client, "%s", PACKETS[i]);
    mb_test_client_wait_for_close (client);
  }
}

/* A packet with its attachments counts as one against the limit. */
static void
test_size (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbTestClient) client = connect_client (fixture);
  g_autofree char *bytes = g_strnfill (700, 'a');

  mb_test_client_send (client, "452-[\"x\",{\"_placeholder\":true,\"num\":0}]");
  mb_test_client_send_frame (client, 2, bytes, 700);
  mb_test_client_send_frame (client, 2, bytes, 700);
  mb_test_client_wait_for_close (client);

  g_assert_null (strstr (fixture->told->str, "event"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/sio-server/namespaces-are-apart-and-others-refused", test_namespaces);
  ADD ("/sio-server/acknowledgements-reach-who-asked", test_acknowledged);
  ADD ("/sio-server/one-namespace-may-end-alone", test_leave_namespace);
  ADD ("/sio-server/who-is-put-out-is-told", test_put_out);
  ADD ("/sio-server/who-connects-may-be-put-out-at-once", test_put_out_at_once);
  ADD ("/sio-server/a-transport-may-end-without-a-word", test_transport_ends);
  ADD ("/sio-server/who-connects-to-nothing-is-closed", test_connect_deadline);
  ADD ("/sio-server/breaches-close", test_breach);
  ADD ("/sio-server/attachments-count", test_size);
  return g_test_run ();
}
