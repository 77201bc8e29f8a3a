/* mb-peer-config.h: what a peer is told at construction
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-candidate.h"
#include "mb-message.h"
#include "mb-source.h"

/**
 * MbPeerConfig:
 * @own_id: our id in the room
 * @peer_id: the peer's
 * @display_name: the peer's
 * @role: the peer's
 * @source: (nullable): what we send
 * @receive_codecs: (nullable) (array zero-terminated=1): video codecs in order of preference
 * @ice_servers: (nullable) (array zero-terminated=1)
 * @relay_only: what is not relayed by a TURN server is not used
 * @cname: our canonical name in RTCP and descriptions
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 * @candidates: which of the peer's addresses we send to
 */
typedef struct {
  const char *own_id;
  const char *peer_id;
  const char *display_name;
  MbRole role;
  MbSource *source;
  const char *const *receive_codecs;
  const char *const *ice_servers;
  gboolean relay_only;
  const char *cname;
  unsigned int give_up_ms;
  MbCandidatePolicy candidates;
} MbPeerConfig;

MbPeerConfig *mb_peer_config_copy (const MbPeerConfig *self);
void mb_peer_config_free (MbPeerConfig *self);
unsigned int mb_peer_config_get_patience_ms (const MbPeerConfig *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPeerConfig, mb_peer_config_free)
