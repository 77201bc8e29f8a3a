/* mb-server-url.c: what the address of a room's server tells
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-server-url.h"

#include <gio/gio.h>

/**
 * mb_server_url_describe:
 *
 * Returns: (transfer full) (nullable): where the room is, without what nobody else is to know
 */
char *
mb_server_url_describe (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL)
    return NULL;
  return g_uri_to_string_partial (
      uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
}

/**
 * mb_server_url_get_candidate_policy:
 *
 * Returns: which addresses its members may name: a server on this machine those of this machine; one
 *   elsewhere may not make us send to ourselves
 */
MbCandidatePolicy
mb_server_url_get_candidate_policy (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host != NULL ? g_inet_address_new_from_string (host) : NULL;

  if (g_strcmp0 (host, "localhost") == 0 ||
      (address != NULL && g_inet_address_get_is_loopback (address)))
    return MB_CANDIDATE_POLICY_LOOPBACK;
  return MB_CANDIDATE_POLICY_DEFAULT;
}
