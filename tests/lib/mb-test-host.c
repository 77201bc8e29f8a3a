/* mb-test-host.c: a real server in the test's process, and clients that say what they are told
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-test-host.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mb-ws-frame.h"

#define WATCHDOG_S 20

struct _MbTestClient {
  int fd; /* owned */
  unsigned int source;
  GByteArray *input;  /* owned; raw bytes that have come */
  MbWsParser *parser; /* (nullable) owned; set once it is a websocket */
  GQueue messages;    /* (element-type utf8) owned; that nobody has waited for */
  gboolean closed;    /* by the host */
  gboolean is_sio;
  guint16 close_code;
  char *id; /* (nullable) owned */
};

static gboolean
on_watchdog (gpointer data)
{
  g_printerr ("waited in vain for %s\n", (const char *) data);
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

/**
 * mb_test_wait:
 * @what: what the watchdog says was waited for
 */
void
mb_test_wait (MbTestCondition condition, gpointer data, const char *what)
{
  unsigned int watchdog = g_timeout_add_seconds (WATCHDOG_S, on_watchdog, (gpointer) what);

  while (!condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (watchdog);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

void
mb_test_wait_for_result (GAsyncResult **result)
{
  mb_test_wait (is_set, result, "the end of an operation");
}

/**
 * mb_test_take_result:
 * @place: a GAsyncResult *, NULL until now
 */
void
mb_test_take_result (GObject *source, GAsyncResult *result, gpointer place)
{
  *(GAsyncResult **) place = g_object_ref (result);
}

void
mb_test_config_init (MbServerConfig *config)
{
  mb_server_config_init (config);
  config->port = 0;
  config->store_path = ":memory:";
}

/**
 * mb_test_host_new:
 * @config: (nullable): else a host without limits worth mentioning, in memory
 */
MbServer *
mb_test_host_new (const MbServerConfig *config)
{
  MbServerConfig plain;
  g_autoptr (GError) error = NULL;
  MbServer *host = NULL;

  mb_test_config_init (&plain);
  host = mb_server_new (config == NULL ? &plain : config, &error);
  g_assert_no_error (error);
  return host;
}

static void
take_frames (MbTestClient *self)
{
  MbWsMessage message;
  guint16 code = 0;

  mb_ws_parser_feed (self->parser, self->input->data, self->input->len);
  while (mb_ws_parser_next (self->parser, &message, &code, NULL) == MB_WS_MESSAGE) {
    if (message.opcode == MB_WS_CLOSE)
      mb_ws_parse_close (message.data, message.length, &self->close_code, NULL, NULL);
    else if (message.opcode == MB_WS_TEXT)
      g_queue_push_tail (&self->messages, g_strndup ((const char *) message.data, message.length));
    else if (message.opcode == MB_WS_BINARY)
      g_queue_push_tail (&self->messages,
          g_strdup_printf ("binary:%.*s", (int) message.length, (const char *) message.data));
    else if (message.opcode == MB_WS_PING)
      mb_test_client_send_frame (self, MB_WS_PONG, message.data, message.length);
  }
  g_byte_array_set_size (self->input, 0);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer data)
{
  MbTestClient *self = data;
  guint8 buffer[65536];
  ssize_t length = recv (fd, buffer, sizeof buffer, MSG_DONTWAIT);

  if (length < 0 && (errno == EAGAIN || errno == EINTR))
    return G_SOURCE_CONTINUE;
  if (length <= 0) {
    self->closed = TRUE;
    self->source = 0;
    return G_SOURCE_REMOVE;
  }
  g_byte_array_append (self->input, buffer, (guint) length);
  if (self->parser != NULL)
    take_frames (self);
  return G_SOURCE_CONTINUE;
}

static MbTestClient *
client_new (guint16 port)
{
  MbTestClient *self = g_new0 (MbTestClient, 1);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons (port), .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};

  self->input = g_byte_array_new ();
  g_queue_init (&self->messages);
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  self->source = g_unix_fd_add (self->fd, G_IO_IN | G_IO_HUP, on_readable, self);
  return self;
}

MbTestClient *
mb_test_client_new (MbServer *host)
{
  return client_new (mb_server_get_port (host));
}

void
mb_test_client_free (MbTestClient *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  close (self->fd);
  g_byte_array_unref (self->input);
  g_clear_pointer (&self->parser, mb_ws_parser_free);
  g_queue_clear_full (&self->messages, g_free);
  g_free (self->id);
  g_free (self);
}

/**
 * mb_test_client_send_raw:
 *
 * Sends all of it, running the main context where the socket is full, so that the host reads. A
 * host that has closed is no failure here.
 */
void
mb_test_client_send_raw (MbTestClient *self, const void *bytes, gsize length)
{
  const char *at = bytes;

  while (length > 0) {
    ssize_t written = send (self->fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (written < 0 && errno != EAGAIN)
      return;
    if (written > 0) {
      at += written;
      length -= (gsize) written;
    }
    while (g_main_context_iteration (NULL, FALSE)) {
    }
  }
}

void
mb_test_client_send_frame (MbTestClient *self, int opcode, const void *payload, gsize length)
{
  static const guint8 MASK[4] = {1, 2, 3, 4};
  g_autoptr (GByteArray) frame = g_byte_array_new ();

  mb_ws_append_frame (frame, (MbWsOpcode) opcode, payload, length, MASK);
  mb_test_client_send_raw (self, frame->data, frame->len);
}

/**
 * mb_test_client_send:
 *
 * One text frame.
 */
void
mb_test_client_send (MbTestClient *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  mb_test_client_send_frame (self, MB_WS_TEXT, text, strlen (text));
}

static gboolean
head_has_come (gpointer data)
{
  MbTestClient *self = data;

  return self->closed || memmem (self->input->data, self->input->len, "\r\n\r\n", 4) != NULL;
}

/**
 * mb_test_client_new_websocket_at:
 * @port: of any server on loopback
 * @fields: (nullable): more header fields
 */
MbTestClient *
mb_test_client_new_websocket_at (guint16 port, const char *path, const char *fields)
{
  MbTestClient *self = client_new (port);
  g_autofree char *request = g_strdup_printf (
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
      path, port, fields == NULL ? "" : fields);
  const guint8 *end = NULL;

  mb_test_client_send_raw (self, request, strlen (request));
  mb_test_wait (head_has_come, self, "the answer to a WebSocket handshake");
  if (self->input->len < 12 || memcmp (self->input->data, "HTTP/1.1 101", 12) != 0)
    return self;
  g_assert_nonnull (memmem (self->input->data, self->input->len,
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", 52));
  end = memmem (self->input->data, self->input->len, "\r\n\r\n", 4);
  g_byte_array_remove_range (self->input, 0, (guint) (end - self->input->data) + 4);
  self->parser = mb_ws_parser_new (MB_WS_CLIENT, 64 * 1024 * 1024);
  take_frames (self);
  return self;
}

MbTestClient *
mb_test_client_new_websocket (MbServer *host, const char *path, const char *fields)
{
  return mb_test_client_new_websocket_at (mb_server_get_port (host), path, fields);
}

/**
 * mb_test_client_new_plain:
 *
 * A client of the plain dialect that has been welcomed.
 */
MbTestClient *
mb_test_client_new_plain (MbServer *host)
{
  MbTestClient *self = mb_test_client_new_websocket (host, "/ws", NULL);
  g_autofree char *welcome = mb_test_client_wait_for (self, "\"welcome\"");
  g_auto (GStrv) parts = g_strsplit (strstr (welcome, "\"id\":\"") + 6, "\"", 2);

  self->id = g_strdup (parts[0]);
  return self;
}

/**
 * mb_test_client_new_sio:
 *
 * A Socket.IO client by WebSocket alone, connected to the main namespace.
 */
MbTestClient *
mb_test_client_new_sio (MbServer *host)
{
  MbTestClient *self =
      mb_test_client_new_websocket (host, "/socket.io/?EIO=4&transport=websocket", NULL);
  g_autofree char *open = mb_test_client_wait_for (self, "0{");
  g_autofree char *connected = NULL;
  g_auto (GStrv) parts = NULL;

  self->is_sio = TRUE;
  mb_test_client_send (self, "40");
  connected = mb_test_client_wait_for (self, "40{");
  parts = g_strsplit (strstr (connected, "\"sid\":\"") + 7, "\"", 2);
  self->id = g_strdup (parts[0]);
  return self;
}

typedef struct {
  MbTestClient *client;
  const char *part;
  char *found;
} Search;

static gboolean
find_message (gpointer data)
{
  Search *search = data;
  GList *link = NULL;

  for (link = search->client->messages.head; link != NULL; link = link->next) {
    if (strstr (link->data, search->part) != NULL) {
      search->found = link->data;
      g_queue_delete_link (&search->client->messages, link);
      return TRUE;
    }
  }
  return search->client->closed;
}

/**
 * mb_test_client_wait_for:
 *
 * Returns: (transfer full): the first message with @part in it
 */
char *
mb_test_client_wait_for (MbTestClient *self, const char *part)
{
  Search search = {.client = self, .part = part};

  mb_test_wait (find_message, &search, part);
  if (search.found == NULL)
    g_printerr ("closed (%u) before %s came\n", self->close_code, part);
  g_assert_nonnull (search.found);
  return search.found;
}

/**
 * mb_test_client_has:
 *
 * Returns: whether a message with @part in it has come that nobody has waited for
 */
gboolean
mb_test_client_has (MbTestClient *self, const char *part)
{
  for (GList *link = self->messages.head; link != NULL; link = link->next) {
    if (strstr (link->data, part) != NULL)
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_test_client_wait_past:
 *
 * The same, for who only wants it to have come.
 */
void
mb_test_client_wait_past (MbTestClient *self, const char *part)
{
  g_free (mb_test_client_wait_for (self, part));
}

static gboolean
has_closed (gpointer data)
{
  return ((MbTestClient *) data)->closed;
}

/**
 * mb_test_client_wait_for_close:
 *
 * Returns: the code of the close frame that came before, 0 without one
 */
guint16
mb_test_client_wait_for_close (MbTestClient *self)
{
  mb_test_wait (has_closed, self, "the end of a connection");
  return self->close_code;
}

/**
 * mb_test_client_stop_reading:
 *
 * From here on the client is as good as dead, but its connection stands.
 */
void
mb_test_client_stop_reading (MbTestClient *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
}

/**
 * mb_test_client_assert_silent:
 *
 * Makes the host answer something else, and asserts that no message with @part came before it.
 */
void
mb_test_client_assert_silent (MbTestClient *self, const char *part)
{
  Search search = {.client = self, .part = part};

  mb_test_client_event (self, "signal", "\"to\":\"nobody\",\"data\":1");
  mb_test_client_wait_past (self, "room-error");
  find_message (&search);
  g_assert_cmpstr (search.found, ==, NULL);
}

/**
 * mb_test_client_get_received:
 *
 * Returns: (transfer full): the raw bytes that have come so far, as text
 */
char *
mb_test_client_get_received (MbTestClient *self)
{
  return g_strndup ((const char *) self->input->data, self->input->len);
}

gboolean
mb_test_client_is_closed (MbTestClient *self)
{
  return self->closed;
}

const char *
mb_test_client_get_id (MbTestClient *self)
{
  return self->id;
}

/**
 * mb_test_client_event:
 * @fields: the members of the event's object, without braces
 *
 * Says it in the client's dialect.
 */
void
mb_test_client_event (MbTestClient *self, const char *event, const char *fields)
{
  if (self->is_sio)
    mb_test_client_send (self, "42[\"%s\",{%s}]", event, fields);
  else
    mb_test_client_send (self, "{\"type\":\"%s\"%s%s}", event, *fields == '\0' ? "" : ",", fields);
}

/**
 * mb_test_client_join:
 *
 * Joins and waits until it is in.
 */
void
mb_test_client_join (MbTestClient *self, const char *room, const char *name)
{
  g_autofree char *fields =
      g_strdup_printf ("\"roomId\":\"%s\",\"displayName\":\"%s\"", room, name);

  mb_test_client_event (self, "join-room", fields);
  mb_test_client_wait_past (self, "\"peers\"");
}

MbTestReply *
mb_test_raw (MbServer *host, const char *request, gsize length)
{
  g_autoptr (MbTestClient) client = mb_test_client_new (host);
  MbTestReply *reply = g_new0 (MbTestReply, 1);
  g_autofree char *text = NULL;
  char *end = NULL;

  mb_test_client_send_raw (client, request, length);
  mb_test_client_wait_for_close (client);
  text = mb_test_client_get_received (client);
  end = strstr (text, "\r\n\r\n");
  if (end != NULL) {
    reply->status = (unsigned int) g_ascii_strtoull (text + 9, NULL, 10);
    reply->body = g_strdup (end + 4);
    end[2] = '\0';
    reply->head = g_strdup (text);
  }
  return reply;
}

/**
 * mb_test_http:
 * @fields: (nullable): more header fields, each with its line end
 * @body: (nullable): sent with its length
 */
MbTestReply *
mb_test_http (
    MbServer *host, const char *method, const char *path, const char *fields, const char *body)
{
  g_autoptr (GString) request = g_string_new (NULL);

  g_string_append_printf (request,
      "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n%s", method, path,
      mb_server_get_port (host), fields == NULL ? "" : fields);
  if (body != NULL)
    g_string_append_printf (request, "Content-Length: %" G_GSIZE_FORMAT "\r\n", strlen (body));
  g_string_append (request, "\r\n");
  if (body != NULL)
    g_string_append (request, body);
  return mb_test_raw (host, request->str, request->len);
}

void
mb_test_reply_free (MbTestReply *self)
{
  g_free (self->head);
  g_free (self->body);
  g_free (self);
}
