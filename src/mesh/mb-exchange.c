/* mb-exchange.c: one connection to a peer: its transport, its descriptions, its streams
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a peer, which replaces it whole when it begins anew. It keeps three views of the same
 * connection in line: what the transport sees (one data-channel section), what the peer sees (the real
 * descriptions), and what flows (senders and receivers on the transport).
 */
#include "mb-exchange.h"

#include "mb-sdp-reduce.h"
#include "mb-sdp-session.h"
#include "mb-streams.h"

#define N_TRACKS 2

static const char *const TRACKS[N_TRACKS] = {MB_STREAMS_VIDEO_ID, MB_STREAMS_AUDIO_ID};

struct _MbExchange {
  MbWebrtc *webrtc;      /* owned */
  MbSdpSession *session; /* owned */
  MbStreams *streams;    /* owned */
  char *peer_id;         /* for the log */
  MbCandidatePolicy candidates;
  gboolean told_refusal[N_TRACKS];
  gboolean is_answering; /* the remote description under way in the transport is an offer */
};

static void
on_webrtc_estimate (MbWebrtc *webrtc, unsigned int bps, MbExchange *self)
{
  mb_streams_take_estimate (self->streams, bps);
}

/**
 * mb_exchange_new:
 *
 * Returns: (transfer full): a connection of which nothing has been told yet
 */
MbExchange *
mb_exchange_new (MbMedia *media, const MbExchangeConfig *config)
{
  static const char *const AUDIO[] = {"opus", NULL};
  static const char *const VIDEO[] = {"vp8", "h264", "vp9", NULL};
  MbSdpCapabilities capabilities = {.audio = AUDIO,
      .video = config->receive_codecs != NULL ? config->receive_codecs : VIDEO,
      .feedback = MB_SDP_FEEDBACK_NACK | MB_SDP_FEEDBACK_NACK_PLI | MB_SDP_FEEDBACK_CCM_FIR |
                  MB_SDP_FEEDBACK_GOOG_REMB | MB_SDP_FEEDBACK_TRANSPORT_CC,
      .rtx = TRUE};
  /* RFC 8829 §5.2.1: 63 bits, so that a signed reader takes it too. */
  guint64 session_id = ((guint64) g_random_int () << 31) ^ g_random_int ();
  MbWebrtc *webrtc = mb_webrtc_new (media, config->ice_servers, config->relay_only);
  MbExchange *self = g_new0 (MbExchange, 1);

  self->webrtc = webrtc;
  self->peer_id = g_strdup (config->peer_id);
  self->candidates = config->candidates;
  self->session = mb_sdp_session_new (session_id, &capabilities);
  self->streams = mb_streams_new (
      media, mb_webrtc_get_transport (webrtc), config->source, config->cname, config->give_up_ms);
  mb_streams_announce (self->streams, self->session);
  g_signal_connect (webrtc, "estimate", G_CALLBACK (on_webrtc_estimate), self);
  return self;
}

/**
 * mb_exchange_free:
 *
 * Stops the transport without waiting for it; whoever wants to know listens to its "stopped".
 */
void
mb_exchange_free (MbExchange *self)
{
  g_signal_handlers_disconnect_by_data (self->webrtc, self);
  mb_streams_free (self->streams);
  mb_sdp_session_free (self->session);
  mb_webrtc_stop (self->webrtc);
  g_object_unref (self->webrtc);
  g_free (self->peer_id);
  g_free (self);
}

/**
 * mb_exchange_get_webrtc:
 *
 * Returns: (transfer none): for its signals
 */
MbWebrtc *
mb_exchange_get_webrtc (MbExchange *self)
{
  return self->webrtc;
}

/**
 * mb_exchange_create_offer:
 *
 * the transport's "description" follows, for mb_exchange_set_base().
 */
void
mb_exchange_create_offer (MbExchange *self)
{
  self->is_answering = FALSE;
  mb_webrtc_create_offer (self->webrtc);
}

/**
 * mb_exchange_take_remote:
 *
 * The real descriptions alone: the transport is not told.
 */
gboolean
mb_exchange_take_remote (MbExchange *self, const MbSdp *description, MbSdpType type, GError **error)
{
  return type == MB_SDP_TYPE_OFFER
             ? mb_sdp_session_set_remote_offer (self->session, description, error)
             : mb_sdp_session_set_remote_answer (self->session, description, error);
}

/**
 * mb_exchange_apply_remote:
 *
 * The real descriptions learn the whole of it, the transport what is left when media is taken out; its
 * "remote-set" follows.
 */
gboolean
mb_exchange_apply_remote (
    MbExchange *self, const MbSdp *description, MbSdpType type, GError **error)
{
  const MbSdpFingerprint *fingerprint;
  g_autofree char *reduced = NULL;

  self->is_answering = type == MB_SDP_TYPE_OFFER;
  if (!mb_exchange_take_remote (self, description, type, error))
    return FALSE;
  reduced = mb_sdp_reduce (description, self->candidates, error);
  if (reduced == NULL)
    return FALSE;
  fingerprint = mb_sdp_session_get_remote_fingerprint (self->session);
  return mb_webrtc_set_remote (
      self->webrtc, self->is_answering, reduced, fingerprint->algorithm, fingerprint->value, error);
}

/**
 * mb_exchange_is_answering:
 *
 * Returns: whether the transport's part under way answers the peer's offer
 */
gboolean
mb_exchange_is_answering (const MbExchange *self)
{
  return self->is_answering;
}

/**
 * mb_exchange_set_base:
 * @reduced: the transport's own description: credentials, certificate, data channel
 */
gboolean
mb_exchange_set_base (MbExchange *self, const char *reduced, GError **error)
{
  return mb_sdp_session_set_base (self->session, reduced, error);
}

/**
 * mb_exchange_create_description:
 *
 * Returns: (transfer full): the real offer or answer as a signal's data, JSON text
 */
char *
mb_exchange_create_description (
    MbExchange *self, MbSdpType type, MbSignalShape shape, GError **error)
{
  g_autofree char *sdp = type == MB_SDP_TYPE_OFFER
                             ? mb_sdp_session_create_offer (self->session, error)
                             : mb_sdp_session_create_answer (self->session, error);

  return sdp != NULL ? mb_signal_data_build_description (shape, type, sdp) : NULL;
}

/**
 * mb_exchange_rollback:
 *
 * Our offer that is out, as text, is void.
 */
void
mb_exchange_rollback (MbExchange *self)
{
  mb_sdp_session_rollback (self->session);
}

/**
 * mb_exchange_needs_offer:
 */
gboolean
mb_exchange_needs_offer (const MbExchange *self)
{
  return mb_sdp_session_needs_offer (self->session);
}

/* libnice names link-local addresses too, which lead nowhere. */
static gboolean
is_worth_telling (const char *text)
{
  g_autoptr (MbCandidate) candidate = mb_candidate_parse (text, NULL);

  return candidate != NULL && mb_candidate_judge (candidate, MB_CANDIDATE_POLICY_LOOPBACK, NULL) ==
                                  MB_CANDIDATE_VERDICT_ACCEPTED;
}

/**
 * mb_exchange_tell_candidate:
 * @candidate: one of ours, as the transport gathered it
 * @shape: as the peer reads them
 *
 * Returns: (transfer full) (nullable): a signal's data, JSON text; NULL where the peer has no use
 *   for it
 */
char *
mb_exchange_tell_candidate (MbExchange *self, const char *candidate, MbSignalShape shape)
{
  unsigned int index = 0;
  const char *mid;

  if (!is_worth_telling (candidate))
    return NULL;
  mb_sdp_session_add_local_candidate (self->session, candidate);
  mid = mb_sdp_session_get_candidate_mid (self->session, &index);
  return mb_signal_data_build_candidate (
      shape, candidate, mid, index, mb_sdp_session_get_local_ufrag (self->session));
}

/**
 * mb_exchange_add_candidates:
 *
 * Those of @queue that belong to the peer's present description.
 */
void
mb_exchange_add_candidates (MbExchange *self, MbCandidateQueue *queue)
{
  g_autoptr (GPtrArray) list =
      mb_candidate_queue_take (queue, mb_sdp_session_get_remote_ufrag (self->session));

  for (guint i = 0; i < list->len; i++) {
    g_autofree char *text = mb_candidate_to_text (g_ptr_array_index (list, i));

    mb_webrtc_add_candidate (self->webrtc, text);
  }
}

static void
tell_refusals (MbExchange *self)
{
  for (gsize i = 0; i < N_TRACKS; i++) {
    const char *refusal = mb_sdp_session_get_refusal (self->session, TRACKS[i]);

    if (refusal != NULL && !self->told_refusal[i])
      g_info ("peer %s: our %s is not sent: %s", self->peer_id, TRACKS[i], refusal);
    self->told_refusal[i] = refusal != NULL;
  }
}

/**
 * mb_exchange_apply_agreements:
 *
 * Brings senders and receivers into line with the descriptions.
 *
 * Returns: TRUE where the peer's tracks are others than before
 */
gboolean
mb_exchange_apply_agreements (MbExchange *self)
{
  tell_refusals (self);
  return mb_streams_apply (self->streams, self->session);
}

/**
 * mb_exchange_get_tracks:
 *
 * Returns: (transfer none) (element-type MbTrack)
 */
GPtrArray *
mb_exchange_get_tracks (MbExchange *self)
{
  return mb_streams_get_tracks (self->streams);
}

/**
 * mb_exchange_find_receiver:
 *
 * Returns: (transfer none) (nullable): the track that this receiver feeds
 */
MbTrack *
mb_exchange_find_receiver (MbExchange *self, unsigned int receiver_id)
{
  return mb_streams_find_receiver (self->streams, receiver_id);
}
