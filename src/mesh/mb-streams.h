/* mb-streams.h: what flows on one connection: our senders and the peer's tracks
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-media.h"
#include "mb-sdp-session.h"
#include "mb-source.h"
#include "mb-track.h"
#include "mb-transport.h"

/* What our tracks are called in descriptions. */
#define MB_STREAMS_VIDEO_ID "video"
#define MB_STREAMS_AUDIO_ID "audio"

typedef struct _MbStreams MbStreams;

MbStreams *mb_streams_new (MbMedia *media, MbTransport *transport, MbSource *source,
    const char *cname, unsigned int give_up_ms);
void mb_streams_free (MbStreams *self);
void mb_streams_take_estimate (MbStreams *self, unsigned int bps);
void mb_streams_announce (MbStreams *self, MbSdpSession *session);
gboolean mb_streams_apply (MbStreams *self, const MbSdpSession *session);
GPtrArray *mb_streams_get_tracks (MbStreams *self);
MbTrack *mb_streams_find_receiver (MbStreams *self, unsigned int receiver_id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbStreams, mb_streams_free)
