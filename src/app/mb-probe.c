/* mb-probe.c: who it is that already listens where the host was to listen
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Blocks for up to three seconds: it runs at start-up, when there is nothing else to do.
 */
#include "mb-probe.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define TIMEOUT_S 3
#define ANSWER_MAX 65536
#define REQUEST "GET /healthz HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static const char *
reachable_address (const char *address)
{
  if (g_str_equal (address, "0.0.0.0"))
    return "127.0.0.1";
  if (g_str_equal (address, "::"))
    return "::1";
  return address;
}

static char *
ask (const char *address, guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *answer = g_malloc0 (ANSWER_MAX + 1);
  gsize n_read = 0;

  g_socket_client_set_timeout (client, TIMEOUT_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  connection =
      g_socket_client_connect_to_host (client, reachable_address (address), port, NULL, NULL);
  if (connection == NULL)
    return NULL;
  if (!g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), REQUEST,
          strlen (REQUEST), NULL, NULL, NULL))
    return NULL;
  /* What came before an error or the end is enough. */
  g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (connection)), answer,
      ANSWER_MAX, &n_read, NULL, NULL);
  return n_read > 0 ? g_steal_pointer (&answer) : NULL;
}

/**
 * mb_probe_is_meshbot:
 * @address: an IP address or `localhost`, as it was to be listened on
 *
 * Returns: whether `GET /healthz` there is answered by a meshbot
 */
gboolean
mb_probe_is_meshbot (const char *address, guint16 port)
{
  g_autofree char *answer = ask (address, port);
  g_autoptr (JsonParser) parser = json_parser_new ();
  const char *body = answer != NULL ? strstr (answer, "\r\n\r\n") : NULL;
  JsonNode *root;

  /* A body in chunks has its length before it and a zero after it; the object is what counts. */
  if (body != NULL)
    body = strchr (body, '{');
  if (body == NULL)
    return FALSE;
  *(strrchr (answer, '}') != NULL ? strrchr (answer, '}') + 1 : answer + strlen (answer)) = '\0';
  if (!json_parser_load_from_data (parser, body, -1, NULL))
    return FALSE;
  root = json_parser_get_root (parser);
  return root != NULL && JSON_NODE_HOLDS_OBJECT (root) &&
         g_strcmp0 (json_object_get_string_member_with_default (
                        json_node_get_object (root), "server", NULL),
             "meshbot") == 0;
}

/**
 * mb_probe_make_url:
 *
 * Returns: (transfer full): `http://ADDR:PORT` by which this machine itself reaches a listener
 */
char *
mb_probe_make_url (const char *address, guint16 port)
{
  const char *reachable = reachable_address (address);

  if (strchr (reachable, ':') != NULL)
    return g_strdup_printf ("http://[%s]:%u", reachable, port);
  return g_strdup_printf ("http://%s:%u", reachable, port);
}
