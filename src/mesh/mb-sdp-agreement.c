/* mb-sdp-agreement.c: what two descriptions come to for one section
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each side is sent to as its own description says: the payload types that we send are the peer's,
 * those that we receive are ours (RFC 3264, section 6.1). They differ only where a peer renumbers.
 */
#include "mb-sdp-agreement.h"

#include "mb-sdp-simulcast.h"

/* Where both sides have one: the number of the side that it is sent to. */
static unsigned int
find_rtx (const MbSdpSection *to, const MbSdpCodec *to_codec, const MbSdpSection *from,
    const MbSdpCodec *from_codec)
{
  const MbSdpCodec *rtx = mb_sdp_section_find_rtx (to, to_codec->payload_type);

  if (rtx == NULL || mb_sdp_section_find_rtx (from, from_codec->payload_type) == NULL)
    return 0;
  return rtx->payload_type;
}

static gboolean
find_send_as (MbSdpAgreement *self, const MbSdpSection *local, const MbSdpSection *remote,
    const MbCodecInfo *codec)
{
  const MbSdpCodec *ours = mb_codec_info_match (codec, local);
  const MbSdpCodec *theirs = mb_codec_info_match (codec, remote);

  if (ours == NULL || theirs == NULL)
    return FALSE;
  self->send.codec = codec;
  self->send.payload_type = theirs->payload_type;
  self->send.rtx_payload_type = find_rtx (remote, theirs, local, ours);
  self->send.feedback = ours->feedback & theirs->feedback;
  return TRUE;
}

static void
find_send (MbSdpAgreement *self, const MbSdpSection *local, const MbSdpSection *remote,
    const MbCodecInfo *codec)
{
  const MbCodecInfo *richer = mb_codec_info_get_richer (codec);

  if (!find_send_as (self, local, remote, codec) && richer != NULL)
    find_send_as (self, local, remote, richer);
}

static gboolean
has_payload_type (const MbSdpAgreement *self, unsigned int payload_type)
{
  for (unsigned int i = 0; i < self->receive->len; i++) {
    if (g_array_index (self->receive, MbSdpPayload, i).payload_type == payload_type)
      return TRUE;
  }
  return FALSE;
}

/* A peer sends with the first codec of the answer, whichever side's it was. */
static void
find_receive (MbSdpAgreement *self, const MbSdpSlot *slot)
{
  const MbSdpSection *local = slot->local;
  const MbSdpSection *remote = slot->remote;
  const MbSdpSection *answer = slot->is_answered_by_peer ? remote : local;

  for (unsigned int i = 0; i < answer->codecs->len; i++) {
    const MbCodecInfo *info = mb_codec_info_of (answer->codecs->pdata[i]);
    const MbSdpCodec *ours = info != NULL ? mb_codec_info_match (info, local) : NULL;
    const MbSdpCodec *theirs = info != NULL ? mb_codec_info_match (info, remote) : NULL;

    if (ours != NULL && theirs != NULL && !has_payload_type (self, ours->payload_type)) {
      MbSdpPayload payload = {ours->payload_type, find_rtx (local, ours, remote, theirs), info,
          ours->feedback & theirs->feedback};

      g_array_append_val (self->receive, payload);
    }
  }
}

static void
find_remote_streams (MbSdpAgreement *self, const MbSdpSection *remote)
{
  const char *stream_id = remote->stream_id;
  const char *track_id = remote->track_id;

  for (unsigned int i = 0; i < remote->ssrcs->len; i++) {
    const MbSdpSsrc *ssrc = remote->ssrcs->pdata[i];

    if (ssrc->repairs != 0)
      continue;
    g_array_append_val (self->remote_ssrcs, ssrc->ssrc);
    if (self->remote_cname == NULL)
      self->remote_cname = g_strdup (ssrc->cname);
    if (stream_id == NULL && ssrc->stream_id != NULL) {
      stream_id = ssrc->stream_id;
      track_id = ssrc->track_id;
    }
  }
  for (unsigned int i = 0; self->remote_ssrcs->len > 0 && i < remote->ssrcs->len; i++) {
    const MbSdpSsrc *ssrc = remote->ssrcs->pdata[i];

    if (ssrc->repairs == g_array_index (self->remote_ssrcs, guint32, 0))
      self->remote_rtx_ssrc = ssrc->ssrc;
  }
  /* "-" is a track of no stream (RFC 8830). */
  if (g_strcmp0 (stream_id, "-") != 0)
    self->remote_stream_id = g_strdup (stream_id);
  self->remote_track_id = g_strdup (track_id);
  self->remote_content = g_strdup (remote->content);
}

/* Both sides must have named it; the ids are the same by RFC 8285. */
static unsigned int
find_extension (const MbSdpSection *local, const MbSdpSection *remote, const char *uri)
{
  return mb_sdp_section_get_extension (remote, uri) != 0 ? mb_sdp_section_get_extension (local, uri)
                                                         : 0;
}

/**
 * mb_sdp_agreement_new:
 * @index: the section's place in the description
 * @slot: the section, with ours of the last exchange, and the peer's if there is one
 * @track_id: (nullable): our track in this section
 * @send_codec: (nullable): what it is encoded with
 *
 * Returns: (transfer full)
 */
MbSdpAgreement *
mb_sdp_agreement_new (
    unsigned int index, const MbSdpSlot *slot, const char *track_id, const MbCodecInfo *send_codec)
{
  MbSdpAgreement *self = g_new0 (MbSdpAgreement, 1);
  const MbSdpSection *local = slot->local;
  const MbSdpSection *remote = slot->remote;
  unsigned int direction;

  self->index = index;
  self->mid = g_strdup (local->mid);
  self->kind = local->kind;
  self->track_id = g_strdup (track_id);
  self->receive = g_array_new (FALSE, FALSE, sizeof (MbSdpPayload));
  self->remote_ssrcs = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->is_live = !local->is_rejected && remote != NULL && !remote->is_rejected;
  if (!self->is_live || self->kind == MB_SDP_KIND_APPLICATION)
    return self;

  direction = local->direction & mb_sdp_direction_mirror (remote->direction);
  if (send_codec != NULL)
    find_send (self, local, remote, send_codec);
  self->is_sending = (direction & MB_SDP_DIRECTION_SENDONLY) != 0 && self->send.codec != NULL;
  find_receive (self, slot);
  self->is_receiving = (direction & MB_SDP_DIRECTION_RECVONLY) != 0 && self->receive->len > 0;
  if (self->is_receiving) {
    find_remote_streams (self, remote);
    self->rid = g_strdup (mb_sdp_simulcast_get_accepted (local));
  }
  self->audio_level_extension_id = find_extension (local, remote, MB_SDP_URI_AUDIO_LEVEL);
  self->mid_extension_id = find_extension (local, remote, MB_SDP_URI_MID);
  self->rid_extension_id = find_extension (local, remote, MB_SDP_URI_RID);
  self->repaired_rid_extension_id = find_extension (local, remote, MB_SDP_URI_REPAIRED_RID);
  self->abs_send_time_extension_id = find_extension (local, remote, MB_SDP_URI_ABS_SEND_TIME);
  self->transport_cc_extension_id = find_extension (local, remote, MB_SDP_URI_TRANSPORT_CC);
  return self;
}

void
mb_sdp_agreement_free (MbSdpAgreement *self)
{
  g_free (self->mid);
  g_free (self->track_id);
  g_array_unref (self->receive);
  g_array_unref (self->remote_ssrcs);
  g_free (self->rid);
  g_free (self->remote_cname);
  g_free (self->remote_stream_id);
  g_free (self->remote_track_id);
  g_free (self->remote_content);
  g_free (self);
}
