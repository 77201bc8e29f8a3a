/* mb-track.c: one incoming stream of a peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Made by the peer from what a section of the description agreed on. It joins the receiver, which
 * lives as long as the transport, to a feed, which lives as long as somebody listens.
 */
#include "mb-track.h"

#define ANY_PAYLOAD_TYPE 96 /* depayloaders want one in their caps, and do not look at packets' */

/**
 * mb_track_feedback_from_sdp:
 * @sdp: #MbSdpFeedback bits
 *
 * Returns: what they mean to the engine
 */
MbFeedback
mb_track_feedback_from_sdp (unsigned int sdp)
{
  MbFeedback feedback = MB_FEEDBACK_NONE;

  feedback |= (sdp & MB_SDP_FEEDBACK_NACK) != 0 ? MB_FEEDBACK_NACK : 0;
  feedback |= (sdp & MB_SDP_FEEDBACK_NACK_PLI) != 0 ? MB_FEEDBACK_PLI : 0;
  feedback |= (sdp & MB_SDP_FEEDBACK_CCM_FIR) != 0 ? MB_FEEDBACK_FIR : 0;
  feedback |= (sdp & MB_SDP_FEEDBACK_GOOG_REMB) != 0 ? MB_FEEDBACK_REMB : 0;
  return feedback;
}

/* A section has one receiver, so it has one codec: the first agreed on, which is what the peer
 * sends with; further payload types count where they are the same codec (H.264 profiles). */
static gboolean
config_from_agreement (const MbSdpAgreement *agreement, MbReceiverConfig *config)
{
  const MbSdpPayload *first = NULL;

  *config = (MbReceiverConfig){0};
  if (!agreement->is_live || !agreement->is_receiving || agreement->receive->len == 0)
    return FALSE;
  first = &g_array_index (agreement->receive, MbSdpPayload, 0);
  config->codec = mb_codec_from_name (first->codec->name);
  config->kind = mb_codec_get_kind (config->codec);
  config->clock_rate = first->codec->clock_rate;
  config->feedback = mb_track_feedback_from_sdp (first->feedback);
  for (guint i = 0; i < agreement->receive->len && config->n_payload_types < MB_MAX_PAYLOAD_TYPES;
       i++) {
    const MbSdpPayload *payload = &g_array_index (agreement->receive, MbSdpPayload, i);

    if (mb_codec_from_name (payload->codec->name) != config->codec)
      continue;
    config->rtx_payload_types[config->n_payload_types] = (guint8) payload->rtx_payload_type;
    config->payload_types[config->n_payload_types++] = (guint8) payload->payload_type;
  }
  if (agreement->remote_ssrcs->len > 0)
    config->ssrc = g_array_index (agreement->remote_ssrcs, guint32, 0);
  config->rtx_ssrc = agreement->remote_rtx_ssrc;
  config->rid = agreement->rid;
  config->rid_extension_id = (guint8) agreement->rid_extension_id;
  config->repaired_rid_extension_id = (guint8) agreement->repaired_rid_extension_id;
  if ((first->feedback & MB_SDP_FEEDBACK_TRANSPORT_CC) != 0)
    config->transport_cc_extension_id = (guint8) agreement->transport_cc_extension_id;
  config->mid = agreement->mid;
  config->mid_extension_id = (guint8) agreement->mid_extension_id;
  return config->codec != MB_CODEC_UNKNOWN;
}

/**
 * mb_track_new:
 * @transport: (nullable): where its receiver is added
 * @agreement: a live section in which the peer may send
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 *
 * Returns: (transfer full) (nullable): NULL where the section brings no media that we know
 */
MbTrack *
mb_track_new (MbMedia *media, MbTransport *transport, const MbSdpAgreement *agreement,
    unsigned int give_up_ms)
{
  MbReceiverConfig config;
  MbTrack *self;

  if (!config_from_agreement (agreement, &config))
    return NULL;
  self = g_rc_box_new0 (MbTrack);
  self->mid = g_strdup (agreement->mid);
  self->kind = config.kind;
  self->codec = config.codec;
  self->channels = g_array_index (agreement->receive, MbSdpPayload, 0).codec->channels;
  self->group = g_strdup (agreement->remote_stream_id);
  self->is_screen = g_strcmp0 (agreement->remote_content, "screen") == 0 ||
                    g_strcmp0 (agreement->remote_content, "slides") == 0;
  self->feed = mb_feed_new (media, config.kind, config.codec, config.clock_rate);
  config.feed = self->feed;
  self->audio_level_id = agreement->audio_level_extension_id;
  self->give_up_ms = give_up_ms;
  config.give_up_ms = give_up_ms;
  self->receiver_id = mb_transport_add_receiver (transport, &config);
  return self;
}

/**
 * mb_track_ref:
 */
MbTrack *
mb_track_ref (MbTrack *self)
{
  return g_rc_box_acquire (self);
}

static void
track_clear (gpointer data)
{
  MbTrack *self = data;

  g_free (self->mid);
  g_free (self->group);
  mb_feed_unref (self->feed);
}

/**
 * mb_track_unref:
 */
void
mb_track_unref (MbTrack *self)
{
  g_rc_box_release_full (self, track_clear);
}

/**
 * mb_track_make_caps:
 *
 * Returns: (transfer full): what its packets are, for an mbrtpsrc
 */
GstCaps *
mb_track_make_caps (const MbTrack *self)
{
  g_autofree char *encoding = g_ascii_strup (mb_codec_get_name (self->codec), -1);

  return gst_caps_new_simple ("application/x-rtp", "media", G_TYPE_STRING,
      self->kind == MB_MEDIA_KIND_VIDEO ? "video" : "audio", "encoding-name", G_TYPE_STRING,
      encoding, "clock-rate", G_TYPE_INT, (int) mb_codec_get_clock_rate (self->codec), "payload",
      G_TYPE_INT, ANY_PAYLOAD_TYPE, NULL);
}

/**
 * mb_track_update:
 *
 * After a renegotiation: another SSRC or payload type of the same codec goes on in the same feed.
 *
 * Returns: FALSE where the section no longer is this track: drop it
 */
gboolean
mb_track_update (MbTrack *self, MbTransport *transport, const MbSdpAgreement *agreement)
{
  MbReceiverConfig config;

  if (!config_from_agreement (agreement, &config) || config.codec != self->codec ||
      g_strcmp0 (agreement->remote_stream_id, self->group) != 0)
    return FALSE;
  config.feed = self->feed;
  config.give_up_ms = self->give_up_ms;
  mb_transport_update_receiver (transport, self->receiver_id, &config);
  return TRUE;
}
