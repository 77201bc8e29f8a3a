/* mb-peer-config.c: what a peer is told at construction
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-peer-config.h"

/* Pages that offer when they should not do so at once; on somebody else's server most of them do. */
#define PAGE_PATIENCE_MS 200
#define STRANGER_PATIENCE_MS 1000

/**
 * mb_peer_config_copy:
 *
 * Returns: (transfer full): with texts and a reference of its own; for mb_peer_config_free()
 */
MbPeerConfig *
mb_peer_config_copy (const MbPeerConfig *self)
{
  MbPeerConfig *copy = g_new0 (MbPeerConfig, 1);

  *copy = *self;
  copy->own_id = g_strdup (self->own_id);
  copy->peer_id = g_strdup (self->peer_id);
  copy->display_name = g_strdup (self->display_name);
  copy->source = self->source != NULL ? g_object_ref (self->source) : NULL;
  copy->receive_codecs = (const char *const *) g_strdupv ((char **) self->receive_codecs);
  copy->ice_servers = (const char *const *) g_strdupv ((char **) self->ice_servers);
  copy->cname = g_strdup (self->cname);
  return copy;
}

void
mb_peer_config_free (MbPeerConfig *self)
{
  g_free ((char *) self->own_id);
  g_free ((char *) self->peer_id);
  g_free ((char *) self->display_name);
  g_clear_object (&self->source);
  g_strfreev ((char **) self->receive_codecs);
  g_strfreev ((char **) self->ice_servers);
  g_free ((char *) self->cname);
  g_free (self);
}

/**
 * mb_peer_config_get_patience_ms:
 *
 * Whoever is no page follows the rule who offers to the letter.
 *
 * Returns: how long the peer may make the first offer though that is ours to make
 */
unsigned int
mb_peer_config_get_patience_ms (const MbPeerConfig *self)
{
  switch (self->role) {
  case MB_ROLE_MEMBER:
    return PAGE_PATIENCE_MS;
  case MB_ROLE_UNKNOWN:
    return STRANGER_PATIENCE_MS;
  case MB_ROLE_BOT:
  case MB_ROLE_RECORDER:
  case MB_ROLE_RELAY:
    break;
  }
  return 0;
}
