/* mb-frame-meter.c: counts the frames of a feed that could be shown, and when there were none
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   MbFeed ─► MbFrameMeter ─ post ─► main
 *
 * Made and freed on main; what it counts lives on the media thread. Nothing is decoded: a frame
 * counts when its last packet has come, unless a packet was lost since the last key frame.
 */
#include "mb-frame-meter.h"

#include "mb-feed-media.h"
#include "mb-freeze.h"

struct _MbFrameMeter {
  MbFeedSubscriber subscriber;
  MbMedia *media; /* main thread only */
  MbFeed *feed;

  /* media thread only */
  MbFreeze freeze;
  guint64 frames;
  gint64 first_us;       /* 0 means none yet */
  gboolean is_decodable; /* nothing was lost since a key frame */
};

static void
take_packet (MbFeedSubscriber *subscriber, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  MbFrameMeter *self = (MbFrameMeter *) subscriber;

  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
    self->is_decodable = FALSE;
  if (mb_codec_starts_key_frame (mb_feed_get_codec (self->feed), rtp->payload, rtp->payload_size))
    self->is_decodable = TRUE;
  if (!self->is_decodable || !rtp->marker)
    return;
  self->frames++;
  if (self->first_us == 0)
    self->first_us = now_us;
  mb_freeze_take_frame (&self->freeze, now_us);
}

static void
do_begin (gpointer data, gint64 now_us)
{
  MbFrameMeter *self = data;

  mb_feed_subscribe (self->feed, &self->subscriber);
}

/**
 * mb_frame_meter_new:
 * @feed: of video
 *
 * Returns: (transfer full): a meter that counts from the next turn of the media thread on
 */
MbFrameMeter *
mb_frame_meter_new (MbMedia *media, MbFeed *feed)
{
  MbFrameMeter *self = g_new0 (MbFrameMeter, 1);

  self->subscriber.take = take_packet;
  self->media = mb_media_ref (media);
  self->feed = mb_feed_ref (feed);
  mb_media_post (media, do_begin, self, NULL);
  return self;
}

static void
do_end (gpointer data, gint64 now_us)
{
  MbFrameMeter *self = data;

  mb_feed_unsubscribe (self->feed, &self->subscriber);
}

static void
end_free (gpointer data)
{
  MbFrameMeter *self = data;

  mb_feed_unref (self->feed);
  g_free (self);
}

/**
 * mb_frame_meter_free:
 */
void
mb_frame_meter_free (MbFrameMeter *self)
{
  g_autoptr (MbMedia) media = g_steal_pointer (&self->media);

  mb_media_post (media, do_end, self, end_free);
}

static void
do_pause (gpointer data, gint64 now_us)
{
  MbFrameMeter *self = data;

  mb_freeze_pause (&self->freeze);
}

/**
 * mb_frame_meter_pause:
 *
 * The peer has turned its picture off: until the next frame there is no freeze.
 */
void
mb_frame_meter_pause (MbFrameMeter *self)
{
  mb_media_post (self->media, do_pause, self, NULL);
}

typedef struct {
  MbFrameMeter *meter;
  MbHandle *handle;
  MbHandleFunc func;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  mb_handle_unref (request->handle);
  g_free (request);
}

static void
do_answer (gpointer data, gint64 now_us)
{
  Request *request = data;
  MbFrameFigures *figures = g_new0 (MbFrameFigures, 1);

  figures->meter = request->meter;
  figures->frames = request->meter->frames;
  figures->first_us = request->meter->first_us;
  mb_freeze_get (&request->meter->freeze, now_us, &figures->n_freezes, &figures->frozen_us);
  mb_handle_post (request->handle, request->func, figures, g_free);
}

/**
 * mb_frame_meter_request:
 * @func: called on main with the object of @handle and #MbFrameFigures
 */
void
mb_frame_meter_request (MbFrameMeter *self, MbHandle *handle, MbHandleFunc func)
{
  Request *request = g_new0 (Request, 1);

  request->meter = self;
  request->handle = mb_handle_ref (handle);
  request->func = func;
  mb_media_post (self->media, do_answer, request, request_free);
}
