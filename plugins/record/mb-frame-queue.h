/* mb-frame-queue.h: what streaming threads leave for the writer's thread: bounded, never waited for
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

typedef struct _MbFrameQueue MbFrameQueue;

/**
 * MbFrameItem:
 * @caps: (nullable): the track's frames are of these caps from here on
 * @buffer: (nullable): a frame; with neither it is the track's end
 * @pts: running time
 * @n_missing: frames of the track that were dropped before this one
 */
typedef struct {
  guint track;
  GstCaps *caps;
  GstBuffer *buffer;
  GstClockTime pts;
  GstClockTime dts;
  guint n_missing;
} MbFrameItem;

MbFrameQueue *mb_frame_queue_new (gsize max_bytes, gint64 max_age_us);
void mb_frame_queue_free (MbFrameQueue *self);
void mb_frame_queue_set_max_bytes (MbFrameQueue *self, gsize max_bytes);
void mb_frame_queue_push_caps (MbFrameQueue *self, guint track, GstCaps *caps);
void mb_frame_queue_push_end (MbFrameQueue *self, guint track);
gboolean mb_frame_queue_push_frame (MbFrameQueue *self, guint track, GstBuffer *buffer,
    GstClockTime pts, GstClockTime dts, gint64 now_us);
void mb_frame_queue_refuse_frame (MbFrameQueue *self, guint track);
gint64 mb_frame_queue_get_age (MbFrameQueue *self, gint64 now_us);
GPtrArray *mb_frame_queue_take (MbFrameQueue *self);
void mb_frame_queue_wait (MbFrameQueue *self, gint64 until_us);
void mb_frame_queue_wake (MbFrameQueue *self);
guint64 mb_frame_queue_get_dropped (MbFrameQueue *self);
