/* mb-track.h: one incoming stream of a peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-feed.h"
#include "mb-sdp-session.h"
#include "mb-transport.h"

/**
 * MbTrack:
 * @mid: the section it came in
 * @kind: audio or video
 * @codec: what it is coded with
 * @channels: of audio; 0 for video
 * @group: (nullable): the stream (msid) it belongs to; tracks of one group are played in sync
 * @is_screen: it is a shared screen and not a camera
 * @feed: where its packets can be had, for as long as anyone holds the track
 * @audio_level_id: the header extension (RFC 6464) in which its packets say how loud they are; 0 means none
 * @receiver_id: its receiver on the peer's transport
 * @give_up_ms: how long a packet that is missing is waited for; 0 means the usual time
 *
 * Read-only for all but mb-track.c; counted. Main thread.
 */
typedef struct {
  char *mid;
  MbMediaKind kind;
  MbCodec codec;
  unsigned int channels;
  char *group;
  gboolean is_screen;
  MbFeed *feed;
  unsigned int audio_level_id;
  unsigned int receiver_id;
  unsigned int give_up_ms;
} MbTrack;

MbFeedback mb_track_feedback_from_sdp (unsigned int sdp);
MbTrack *mb_track_new (MbMedia *media, MbTransport *transport, const MbSdpAgreement *agreement,
    unsigned int give_up_ms);
MbTrack *mb_track_ref (MbTrack *self);
void mb_track_unref (MbTrack *self);
GstCaps *mb_track_make_caps (const MbTrack *self);
gboolean mb_track_update (MbTrack *self, MbTransport *transport, const MbSdpAgreement *agreement);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTrack, mb_track_unref)
