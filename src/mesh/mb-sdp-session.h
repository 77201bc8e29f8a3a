/* mb-sdp-session.h: our side of offer and answer for one connection
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The real descriptions that peers see are made here; the transport knows of none of it but the
 * transport. One session lasts as long as one transport: a rebuilt peer gets a new one. Pure;
 * one owner.
 *
 * We offer:     set_base (the transport's offer), create_offer, ... set_remote_answer
 * Peer offers:  set_remote_offer, [the transport answers the reduced one], set_base, create_answer
 * Later:        create_offer ... set_remote_answer | set_remote_offer, create_answer; text only
 */
#pragma once

#include "mb-sdp-agreement.h"

typedef struct _MbSdpSession MbSdpSession;

/* What the engine can do; copied. */
typedef struct {
  const char *const
      *audio; /* (nullable) codecs that we take, in order of preference, ended by NULL */
  const char *const *video; /* (nullable) NULL or empty: that kind is not received */
  unsigned int feedback;    /* MbSdpFeedback for video; audio gets NACK and transport-cc of it */
  gboolean rtx;             /* lost packets of video are repeated in a stream of their own */
} MbSdpCapabilities;

/* One stream that we send; copied. */
typedef struct {
  const char *id; /* unique among our tracks; the msid's second part */
  MbSdpKind kind;
  const char *codec;     /* the one that its source encodes: "vp8" */
  const char *fmtp;      /* (nullable) instead of the codec's usual one in offers */
  const char *stream_id; /* the msid's first part: tracks of one stream are played in sync */
  const char *cname;
  const char *content; /* (nullable) "camera" or "screen" */
  guint32 ssrc;
  guint32 rtx_ssrc; /* what lost packets are repeated with; 0 means none */
} MbSdpTrack;

MbSdpSession *mb_sdp_session_new (guint64 session_id, const MbSdpCapabilities *capabilities);
void mb_sdp_session_free (MbSdpSession *self);

gboolean mb_sdp_session_add_track (MbSdpSession *self, const MbSdpTrack *track);
gboolean mb_sdp_session_remove_track (MbSdpSession *self, const char *track_id);
gboolean mb_sdp_session_needs_offer (const MbSdpSession *self);

gboolean mb_sdp_session_set_base (MbSdpSession *self, const char *reduced, GError **error);
void mb_sdp_session_add_local_candidate (MbSdpSession *self, const char *candidate);
char *mb_sdp_session_create_offer (MbSdpSession *self, GError **error);
gboolean mb_sdp_session_set_remote_answer (MbSdpSession *self, const MbSdp *answer, GError **error);
gboolean mb_sdp_session_set_remote_offer (MbSdpSession *self, const MbSdp *offer, GError **error);
char *mb_sdp_session_create_answer (MbSdpSession *self, GError **error);
void mb_sdp_session_rollback (MbSdpSession *self);

const GPtrArray *mb_sdp_session_get_agreements (const MbSdpSession *self);
const MbSdpAgreement *mb_sdp_session_find_track (const MbSdpSession *self, const char *track_id);
const char *mb_sdp_session_get_refusal (const MbSdpSession *self, const char *track_id);
MbSdpSetup mb_sdp_session_get_role (const MbSdpSession *self);
const MbSdpFingerprint *mb_sdp_session_get_remote_fingerprint (const MbSdpSession *self);
const char *mb_sdp_session_get_remote_session_id (const MbSdpSession *self);
const char *mb_sdp_session_get_remote_ufrag (const MbSdpSession *self);
const char *mb_sdp_session_get_local_ufrag (const MbSdpSession *self);
const char *mb_sdp_session_get_candidate_mid (const MbSdpSession *self, unsigned int *index);
gboolean mb_sdp_session_has_application (const MbSdpSession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdpSession, mb_sdp_session_free)
