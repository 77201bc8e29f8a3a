/* mb-feed.h: a published stream of RTP and its subscribers
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-handle.h"
#include "mb-media.h"
#include "mb-rtp-codec.h"
#include "names.h"

typedef struct _MbFeed MbFeed;

MbFeed *mb_feed_new (MbMedia *media, MbMediaKind kind, MbCodec codec, unsigned int clock_rate);
MbFeed *mb_feed_ref (MbFeed *self);
void mb_feed_unref (MbFeed *self);
MbMediaKind mb_feed_get_kind (const MbFeed *self);
MbCodec mb_feed_get_codec (const MbFeed *self);
unsigned int mb_feed_get_clock_rate (const MbFeed *self);

/* From a pipeline: set the port as the feed of an mbrtpsink. */
MbRtpPort *mb_feed_get_port (MbFeed *self);
void mb_feed_set_base_time (MbFeed *self, GstClockTime base_time);
void mb_feed_set_key_frame_handler (MbFeed *self, MbHandle *handle, MbHandleFunc func);

/* To a pipeline: the port of an mbrtpsrc. */
void mb_feed_add_port (MbFeed *self, MbRtpPort *port);
void mb_feed_remove_port (MbFeed *self, MbRtpPort *port);
void mb_feed_end_port (MbFeed *self, MbRtpPort *port);
void mb_feed_request_key_frame (MbFeed *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbFeed, mb_feed_unref)
