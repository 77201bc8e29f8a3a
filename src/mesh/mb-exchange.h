/* mb-exchange.h: one connection to a peer: its transport, its descriptions, its streams
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-candidate.h"
#include "mb-media.h"
#include "mb-sdp.h"
#include "mb-signal-data.h"
#include "mb-source.h"
#include "mb-track.h"
#include "mb-webrtc.h"

typedef struct _MbExchange MbExchange;

/**
 * MbExchangeConfig:
 * @peer_id: for the log
 * @source: (nullable): what we send
 * @cname: our canonical name in RTCP and descriptions
 * @receive_codecs: (nullable) (array zero-terminated=1): video codecs in order of preference
 * @ice_servers: (nullable) (array zero-terminated=1)
 * @relay_only: what is not relayed by a TURN server is not used
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 * @candidates: which of the peer's addresses we send to
 *
 * Borrowed for the length of mb_exchange_new().
 */
typedef struct {
  const char *peer_id;
  MbSource *source;
  const char *cname;
  const char *const *receive_codecs;
  const char *const *ice_servers;
  gboolean relay_only;
  unsigned int give_up_ms;
  MbCandidatePolicy candidates;
} MbExchangeConfig;

MbExchange *mb_exchange_new (MbMedia *media, const MbExchangeConfig *config);
void mb_exchange_free (MbExchange *self);
MbWebrtc *mb_exchange_get_webrtc (MbExchange *self);

/* Through the transport: the first exchange of a connection. */
void mb_exchange_create_offer (MbExchange *self);
gboolean mb_exchange_apply_remote (
    MbExchange *self, const MbSdp *description, MbSdpType type, GError **error);
gboolean mb_exchange_is_answering (const MbExchange *self);
gboolean mb_exchange_set_base (MbExchange *self, const char *reduced, GError **error);

/* As text: all that comes later. */
gboolean mb_exchange_take_remote (
    MbExchange *self, const MbSdp *description, MbSdpType type, GError **error);
char *mb_exchange_create_description (
    MbExchange *self, MbSdpType type, MbSignalShape shape, GError **error);
void mb_exchange_rollback (MbExchange *self);
gboolean mb_exchange_needs_offer (const MbExchange *self);

char *mb_exchange_tell_candidate (MbExchange *self, const char *candidate, MbSignalShape shape);
void mb_exchange_add_candidates (MbExchange *self, MbCandidateQueue *queue);

gboolean mb_exchange_apply_agreements (MbExchange *self);
GPtrArray *mb_exchange_get_tracks (MbExchange *self);
MbTrack *mb_exchange_find_receiver (MbExchange *self, unsigned int receiver_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbExchange, mb_exchange_free)
