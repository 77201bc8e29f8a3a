/* mb-feed-media.h: a feed as seen from the media thread
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-feed.h"
#include "mb-rtp.h"

/* A key frame that does not come is asked for again after INTERVAL; once it has come another one can be had
 * after SPACING, and in the long run one every INTERVAL: whoever asks all the time may not spoil the picture
 * of the others. */
#define MB_FEED_KEY_FRAME_SPACING_US 120000
#define MB_FEED_KEY_FRAME_INTERVAL_US 500000
#define MB_FEED_KEY_FRAME_BURST 4

typedef struct _MbFeedSubscriber MbFeedSubscriber;

/**
 * MbFeedPublisher:
 * @want_key_frame: somebody cannot go on without one
 * @give_up: publishes what it holds back, and does without what it was waiting for
 *
 * What a feed asks of whoever fills it, on the media thread, with the data it was set with.
 */
typedef struct {
  void (*want_key_frame) (gpointer data);
  void (*give_up) (gpointer data, gint64 now_us);
} MbFeedPublisher;

/**
 * MbFeedSubscriber:
 * @take: takes a packet; keeps a reference of @buffer where it wants to. Its PTS is the capture
 *   time on the local monotonic clock in nanoseconds, where known
 *
 * The first member of a struct that lives on the media thread.
 */
struct _MbFeedSubscriber {
  void (*take) (MbFeedSubscriber *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us);
};

/* All on the media thread. */
void mb_feed_subscribe (MbFeed *self, MbFeedSubscriber *subscriber);
void mb_feed_unsubscribe (MbFeed *self, MbFeedSubscriber *subscriber);
void mb_feed_set_publisher (MbFeed *self, const MbFeedPublisher *publisher, gpointer data);
void mb_feed_drop_publisher (MbFeed *self, gpointer data);
void mb_feed_publish (MbFeed *self, GstBuffer *buffer, gint64 now_us);
void mb_feed_want_key_frame (MbFeed *self, gint64 now_us);
