/* mb-server-config.c: what a host is told: where it listens, whom it lets in, its limits
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-server-config.h"

#include <string.h>

#include "mb-error.h"

/**
 * mb_server_config_init:
 * @config: (out caller-allocates): what a host is without any option
 */
void
mb_server_config_init (MbServerConfig *config)
{
  *config = (MbServerConfig){
      .listen_fd = -1,
      .listen_address = MB_SERVER_DEFAULT_ADDRESS,
      .port = MB_SERVER_DEFAULT_PORT,
      .store_path = ":memory:",
      .rate_limit = TRUE,
      .ping_interval_ms = 10000,
      .ping_timeout_ms = 8000,
      .max_payload_bytes = 256 * 1024,
      .max_connections_each = MB_SERVER_DEFAULT_CONNECTIONS_EACH,
      .max_rooms = MB_SERVER_DEFAULT_ROOMS,
      .max_members = MB_SERVER_DEFAULT_MEMBERS,
      .drain_ms = 3000,
  };
}

gboolean
mb_server_parse_listen (const char *text, char **address, guint16 *port, GError **error)
{
  const char *colon = strrchr (text, ':');
  const char *digits = colon == NULL ? text : colon + 1;
  g_autofree char *host = NULL;
  guint64 number = 0;

  if (colon == NULL)
    host = g_strdup (MB_SERVER_DEFAULT_ADDRESS);
  else if (*text == '[' && colon > text + 1 && colon[-1] == ']')
    host = g_strndup (text + 1, (gsize) (colon - text) - 2);
  else
    host = g_strndup (text, (gsize) (colon - text));
  if (!g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT16, &number, NULL) ||
      (strcmp (host, "localhost") != 0 && !g_hostname_is_ip_address (host))) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "%s is not [ADDR:]PORT with an IP address and a port up to 65535", text);
    return FALSE;
  }
  *address = g_steal_pointer (&host);
  *port = (guint16) number;
  return TRUE;
}
