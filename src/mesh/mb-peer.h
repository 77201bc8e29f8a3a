/* mb-peer.h: one other member of the room, and the connection to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-candidate.h"
#include "mb-media.h"
#include "mb-source.h"
#include "mb-track.h"

/**
 * MbPeerConfig:
 * @own_id: our id in the room
 * @peer_id: the peer's
 * @display_name: the peer's
 * @source: (nullable): what we send
 * @receive_codecs: (nullable) (array zero-terminated=1): video codecs in order of preference
 * @ice_servers: (nullable) (array zero-terminated=1)
 * @relay_only: what is not relayed by a TURN server is not used
 * @cname: our canonical name in RTCP and descriptions
 * @patience_ms: how long it may make the first offer though that is ours to make
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 * @candidates: which of the peer's addresses we send to
 *
 * What a peer is told at construction; it copies what it keeps.
 */
typedef struct {
  const char *own_id;
  const char *peer_id;
  const char *display_name;
  MbSource *source;
  const char *const *receive_codecs;
  const char *const *ice_servers;
  gboolean relay_only;
  const char *cname;
  unsigned int patience_ms;
  unsigned int give_up_ms;
  MbCandidatePolicy candidates;
} MbPeerConfig;

#define MB_TYPE_PEER (mb_peer_get_type ())
G_DECLARE_FINAL_TYPE (MbPeer, mb_peer, MB, PEER, GObject)

MbPeer *mb_peer_new (MbMedia *media, const MbPeerConfig *config);
void mb_peer_start (MbPeer *self);
void mb_peer_take_data (MbPeer *self, GBytes *data);
void mb_peer_close (MbPeer *self);
gboolean mb_peer_send_text (MbPeer *self, const char *text);
const char *mb_peer_get_id (MbPeer *self);
const char *mb_peer_get_display_name (MbPeer *self);
GPtrArray *mb_peer_get_tracks (MbPeer *self);
MbTransport *mb_peer_get_transport (MbPeer *self);
