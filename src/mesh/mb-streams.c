/* mb-streams.c: what flows on one connection: our senders and the peer's tracks
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a peer, one for each connection. After every exchange of descriptions it brings the
 * transport's senders and receivers into line with what was agreed, section by section.
 */
#include "mb-streams.h"

#include <string.h>

#include "mb-sdp-codec.h"

#define N_OUTGOING 2 /* one video and one audio */

/* One of our own streams, whether or not the peer takes it. */
typedef struct {
  const char *id;               /* its track id in descriptions */
  const MbSourceStream *stream; /* (nullable) borrowed of the source */
  MbFeed *feed;                 /* (nullable) owned; NULL where the source has none of the kind */
  guint32 ssrc;
  guint32 rtx_ssrc;       /* of video; 0 for audio */
  unsigned int sender_id; /* 0 means not sending */
} Outgoing;

struct _MbStreams {
  MbMedia *media;         /* owned */
  MbTransport *transport; /* owned */
  MbSource *source;       /* (nullable) owned */
  char *cname;
  unsigned int give_up_ms;
  Outgoing outgoing[N_OUTGOING];
  GPtrArray *tracks; /* (element-type MbTrack) */
};

/**
 * mb_streams_new:
 * @source: (nullable): what we send
 * @cname: our canonical name in RTCP, the same on every connection
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 *
 * Returns: (transfer full): streams with nothing flowing
 */
MbStreams *
mb_streams_new (MbMedia *media, MbTransport *transport, MbSource *source, const char *cname,
    unsigned int give_up_ms)
{
  MbStreams *self = g_new0 (MbStreams, 1);
  const MbSourceStream *streams[N_OUTGOING] = {NULL, NULL};

  self->media = mb_media_ref (media);
  self->transport = mb_transport_ref (transport);
  self->cname = g_strdup (cname);
  self->give_up_ms = give_up_ms;
  self->tracks = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_track_unref);
  if (source != NULL) {
    self->source = g_object_ref (source);
    streams[0] = mb_source_get_video (source);
    streams[1] = mb_source_get_audio (source);
  }
  for (int i = 0; i < N_OUTGOING; i++) {
    self->outgoing[i].id = i == 0 ? MB_STREAMS_VIDEO_ID : MB_STREAMS_AUDIO_ID;
    self->outgoing[i].stream = streams[i];
    self->outgoing[i].feed = streams[i] != NULL ? mb_feed_ref (streams[i]->feed) : NULL;
    /* Never 0, which means "not known" in RTCP's places. */
    self->outgoing[i].ssrc = g_random_int () | 1U;
    self->outgoing[i].rtx_ssrc = i == 0 ? (self->outgoing[i].ssrc ^ 0x10000) : 0;
  }
  return self;
}

/**
 * mb_streams_free:
 *
 * Ends the senders and receivers; a track that somebody else holds stays, with a feed that is
 * silent from here on.
 */
void
mb_streams_free (MbStreams *self)
{
  for (int i = 0; i < N_OUTGOING; i++) {
    if (self->outgoing[i].sender_id != 0)
      mb_transport_remove_sender (self->transport, self->outgoing[i].sender_id);
    g_clear_pointer (&self->outgoing[i].feed, mb_feed_unref);
  }
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    mb_transport_remove_receiver (self->transport, track->receiver_id);
  }
  if (self->source != NULL)
    mb_source_drop_estimate (self->source, self);
  g_clear_object (&self->source);
  g_ptr_array_unref (self->tracks);
  g_free (self->cname);
  mb_transport_unref (self->transport);
  mb_media_unref (self->media);
  g_free (self);
}

/**
 * mb_streams_take_estimate:
 * @bps: how much video the path carries
 */
void
mb_streams_take_estimate (MbStreams *self, unsigned int bps)
{
  if (self->source == NULL)
    return;
  if (self->outgoing[0].sender_id != 0)
    mb_source_take_estimate (self->source, self, bps);
  else
    mb_source_drop_estimate (self->source, self);
}

/**
 * mb_streams_announce:
 *
 * Tells a new @session which tracks we send.
 */
void
mb_streams_announce (MbStreams *self, MbSdpSession *session)
{
  for (int i = 0; i < N_OUTGOING; i++) {
    Outgoing *outgoing = &self->outgoing[i];
    g_autofree char *fmtp = NULL;
    MbSdpTrack track = {0};

    if (outgoing->feed == NULL)
      continue;
    fmtp = mb_codec_info_dup_level_fmtp (
        mb_codec_info_find (outgoing->stream->sdp_codec), outgoing->stream->h264_level);
    track.id = outgoing->id;
    track.kind = mb_feed_get_kind (outgoing->feed) == MB_MEDIA_KIND_VIDEO ? MB_SDP_KIND_VIDEO
                                                                          : MB_SDP_KIND_AUDIO;
    track.codec = outgoing->stream->sdp_codec;
    track.fmtp = fmtp;
    track.stream_id = self->cname;
    track.cname = self->cname;
    track.content = "camera";
    track.ssrc = outgoing->ssrc;
    track.rtx_ssrc = outgoing->rtx_ssrc;
    mb_sdp_session_add_track (session, &track);
  }
}

static void
apply_outgoing (MbStreams *self, Outgoing *outgoing, const MbSdpSession *session)
{
  const MbSdpAgreement *agreement =
      outgoing->feed != NULL ? mb_sdp_session_find_track (session, outgoing->id) : NULL;
  MbSenderConfig config = {0};

  if (agreement == NULL || !agreement->is_live || !agreement->is_sending ||
      agreement->send.codec == NULL) {
    if (outgoing->sender_id != 0)
      mb_transport_remove_sender (self->transport, outgoing->sender_id);
    outgoing->sender_id = 0;
    return;
  }
  config.kind = mb_feed_get_kind (outgoing->feed);
  config.codec = mb_feed_get_codec (outgoing->feed);
  config.clock_rate = mb_feed_get_clock_rate (outgoing->feed);
  config.payload_type = (guint8) agreement->send.payload_type;
  config.ssrc = outgoing->ssrc;
  config.cname = self->cname;
  config.mid = agreement->mid;
  config.mid_extension_id = (guint8) agreement->mid_extension_id;
  config.transport_cc_extension_id = (agreement->send.feedback & MB_SDP_FEEDBACK_TRANSPORT_CC) != 0
                                         ? (guint8) agreement->transport_cc_extension_id
                                         : 0;
  config.rtx_payload_type = (guint8) agreement->send.rtx_payload_type;
  config.rtx_ssrc = config.rtx_payload_type != 0 ? outgoing->rtx_ssrc : 0;
  config.feedback = mb_track_feedback_from_sdp (agreement->send.feedback);
  config.feed = outgoing->feed;
  if (outgoing->sender_id != 0)
    mb_transport_update_sender (self->transport, outgoing->sender_id, &config);
  else
    outgoing->sender_id = mb_transport_add_sender (self->transport, &config);
}

static MbTrack *
take_track (MbStreams *self, const char *mid)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    if (strcmp (track->mid, mid) == 0)
      return g_ptr_array_steal_index (self->tracks, i);
  }
  return NULL;
}

/**
 * mb_streams_apply:
 *
 * Returns: TRUE where the peer's tracks are others than before
 */
gboolean
mb_streams_apply (MbStreams *self, const MbSdpSession *session)
{
  const GPtrArray *agreements = mb_sdp_session_get_agreements (session);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_track_unref);
  gboolean changed = FALSE;

  for (int i = 0; i < N_OUTGOING; i++)
    apply_outgoing (self, &self->outgoing[i], session);
  for (guint i = 0; i < agreements->len; i++) {
    const MbSdpAgreement *agreement = g_ptr_array_index (agreements, i);
    MbTrack *track = take_track (self, agreement->mid);

    if (track != NULL && !mb_track_update (track, self->transport, agreement)) {
      mb_transport_remove_receiver (self->transport, track->receiver_id);
      g_clear_pointer (&track, mb_track_unref);
      changed = TRUE;
    }
    if (track == NULL) {
      track = mb_track_new (self->media, self->transport, agreement, self->give_up_ms);
      changed |= track != NULL;
    }
    if (track != NULL)
      g_ptr_array_add (kept, track);
  }
  /* What is left had a section that no longer exists. */
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    mb_transport_remove_receiver (self->transport, track->receiver_id);
    changed = TRUE;
  }
  g_ptr_array_unref (self->tracks);
  self->tracks = g_steal_pointer (&kept);
  return changed;
}

/**
 * mb_streams_get_tracks:
 *
 * Returns: (transfer none) (element-type MbTrack): what the peer may send, in the order of its
 *   sections
 */
GPtrArray *
mb_streams_get_tracks (MbStreams *self)
{
  return self->tracks;
}

/**
 * mb_streams_find_receiver:
 *
 * Returns: (transfer none) (nullable): the track that this receiver feeds
 */
MbTrack *
mb_streams_find_receiver (MbStreams *self, unsigned int receiver_id)
{
  for (guint i = 0; i < self->tracks->len; i++) {
    MbTrack *track = g_ptr_array_index (self->tracks, i);

    if (track->receiver_id == receiver_id)
      return track;
  }
  return NULL;
}
