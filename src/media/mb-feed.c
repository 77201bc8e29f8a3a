/* mb-feed.c: a published stream of RTP and its subscribers
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   pipeline ─ mbrtpsink ─► port ─│ queue ─► publish ─┬─► MbSender (any number)
 *                      MbReceiver ────────► publish ──┴─► ports of mbrtpsrc, a list a turn
 *
 * A packet is one buffer, shared by all who take it. Nobody who takes it can wait, so no subscriber
 * delays another. Any thread may push into the port; all else happens on the media thread.
 */
#include "mb-feed.h"

#include "mb-feed-media.h"
#include "mb-media-core.h"

#define MAX_QUEUED 4096 /* packets from a pipeline that the media thread has not seen yet */

typedef struct {
  MbRtpPort *port;
  GstBufferList *list; /* (nullable): of this turn */
  gboolean waits;      /* for its first key frame */
} PortSubscriber;

typedef struct {
  MbHandle *handle;
  MbHandleFunc func;
} KeyFrameHandler;

/* What a feed gives to pipelines. Its references are those of the feed, whose part it is. */
typedef struct {
  MbRtpPort port;
  MbFeed *feed; /* not owned */
} FeedPort;

struct _MbFeed {
  MbMediaCore *core;
  MbMediaKind kind;
  MbCodec codec;
  unsigned int clock_rate;
  FeedPort port;

  GAsyncQueue *queue; /* (element-type GstBufferList) from pipelines */
  int n_queued;       /* atomic: packets in it */
  int drain_posted;   /* atomic */

  /* media thread only */
  GPtrArray *subscribers; /* (element-type MbFeedSubscriber) not owned */
  GPtrArray *ports;       /* (element-type PortSubscriber) */
  gboolean flush_asked;
  KeyFrameHandler *handler;         /* (nullable) */
  const MbFeedPublisher *publisher; /* (nullable) */
  gpointer publisher_data;          /* not owned */
  gint64 asked_us;
  gboolean has_come;    /* a key frame, since it was asked for */
  gint64 key_frames_us; /* up to where the wishes passed on have used up the long run */
  gint64 base_ns;       /* added to a pipeline's PTS; -1 means not known yet */
};

static void
port_subscriber_free (gpointer user_data)
{
  PortSubscriber *self = user_data;

  if (self->list != NULL)
    gst_buffer_list_unref (self->list);
  mb_rtp_port_unref (self->port);
  g_free (self);
}

static void
key_frame_handler_free (gpointer user_data)
{
  KeyFrameHandler *self = user_data;

  mb_handle_unref (self->handle);
  g_free (self);
}

static void
unref_feed (gpointer user_data)
{
  mb_feed_unref (user_data);
}

/* A pipeline's packet as the engine wants it: in one memory, its PTS on the monotonic clock. */
static GstBuffer *
copy_flat (GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  GstBuffer *copy;
  GstMapInfo map;

  if (size == 0 || size > MB_RTP_MAX_SIZE)
    return NULL;
  copy = gst_buffer_new_allocate (NULL, size, NULL);
  if (gst_buffer_map (copy, &map, GST_MAP_WRITE)) {
    gst_buffer_extract (buffer, 0, map.data, size);
    gst_buffer_unmap (copy, &map);
  }
  GST_BUFFER_PTS (copy) = GST_BUFFER_PTS (buffer);
  return copy;
}

static void
take_from_pipeline (MbFeed *self, GstBuffer *packet, gint64 now_us)
{
  g_autoptr (GstBuffer) buffer = copy_flat (packet);

  if (buffer == NULL)
    return;
  if (GST_BUFFER_PTS_IS_VALID (buffer)) {
    if (self->base_ns < 0)
      self->base_ns = MAX (now_us * 1000 - (gint64) GST_BUFFER_PTS (buffer), 0);
    GST_BUFFER_PTS (buffer) += (GstClockTime) self->base_ns;
  } else {
    GST_BUFFER_PTS (buffer) = (GstClockTime) now_us * 1000;
  }
  mb_feed_publish (self, buffer, now_us);
}

static void
drain_queue (gpointer user_data, gint64 now_us)
{
  MbFeed *self = user_data;
  GstBufferList *list;

  g_atomic_int_set (&self->drain_posted, 0);
  while ((list = g_async_queue_try_pop (self->queue)) != NULL) {
    unsigned int n = gst_buffer_list_length (list);

    g_atomic_int_add (&self->n_queued, -(int) n);
    for (unsigned int i = 0; i < n; i++)
      take_from_pipeline (self, gst_buffer_list_get (list, i), now_us);
    gst_buffer_list_unref (list);
  }
}

static void
push_offmain (MbRtpPort *port, GstBufferList *list)
{
  MbFeed *self = ((FeedPort *) port)->feed;
  int n = (int) gst_buffer_list_length (list);

  if (g_atomic_int_add (&self->n_queued, n) + n > MAX_QUEUED) {
    g_atomic_int_add (&self->n_queued, -n);
    gst_buffer_list_unref (list);
    return;
  }
  g_async_queue_push (self->queue, list);
  if (g_atomic_int_compare_and_exchange (&self->drain_posted, 0, 1))
    mb_media_core_post (self->core, drain_queue, mb_feed_ref (self), unref_feed);
}

static void
feed_free (MbRtpPort *port)
{
  MbFeed *self = ((FeedPort *) port)->feed;

  g_assert (self->subscribers->len == 0);
  g_ptr_array_unref (self->subscribers);
  g_ptr_array_unref (self->ports);
  g_async_queue_unref (self->queue);
  g_clear_pointer (&self->handler, key_frame_handler_free);
  mb_media_core_unref (self->core);
  g_free (self);
}

static void
free_list (gpointer list)
{
  gst_buffer_list_unref (list);
}

/**
 * mb_feed_new:
 * @clock_rate: timestamp units a second; 0 means the codec's
 *
 * Returns: (transfer full): a feed that nobody publishes into yet
 */
MbFeed *
mb_feed_new (MbMedia *media, MbMediaKind kind, MbCodec codec, unsigned int clock_rate)
{
  MbFeed *self = g_new0 (MbFeed, 1);

  self->core = mb_media_core_ref (mb_media_get_core (media));
  self->kind = kind;
  self->codec = codec;
  self->clock_rate = clock_rate != 0 ? clock_rate : mb_codec_get_clock_rate (codec);
  mb_rtp_port_init (&self->port.port, push_offmain, feed_free);
  self->port.feed = self;
  self->queue = g_async_queue_new_full (free_list);
  self->subscribers = g_ptr_array_new ();
  self->ports = g_ptr_array_new_with_free_func (port_subscriber_free);
  self->asked_us = G_MININT64 / 2;
  self->base_ns = -1;
  return self;
}

/**
 * mb_feed_ref:
 *
 * Thread: any.
 */
MbFeed *
mb_feed_ref (MbFeed *self)
{
  mb_rtp_port_ref (&self->port.port);
  return self;
}

/**
 * mb_feed_unref:
 *
 * Thread: any.
 */
void
mb_feed_unref (MbFeed *self)
{
  mb_rtp_port_unref (&self->port.port);
}

MbMediaKind
mb_feed_get_kind (const MbFeed *self)
{
  return self->kind;
}

MbCodec
mb_feed_get_codec (const MbFeed *self)
{
  return self->codec;
}

unsigned int
mb_feed_get_clock_rate (const MbFeed *self)
{
  return self->clock_rate;
}

/**
 * mb_feed_get_port:
 *
 * Returns: (transfer none): where a pipeline pushes its packets; a reference of it is one of the
 *   feed
 */
MbRtpPort *
mb_feed_get_port (MbFeed *self)
{
  return &self->port.port;
}

/* What main wants of a feed, on its way to the media thread. */
typedef struct {
  MbFeed *feed;
  MbRtpPort *port;          /* (nullable) */
  KeyFrameHandler *handler; /* (nullable) */
  gint64 base_ns;
} Command;

static void
command_free (gpointer user_data)
{
  Command *self = user_data;

  if (self->port != NULL)
    mb_rtp_port_unref (self->port);
  g_clear_pointer (&self->handler, key_frame_handler_free);
  mb_feed_unref (self->feed);
  g_free (self);
}

static Command *
command_new (MbFeed *feed)
{
  Command *self = g_new0 (Command, 1);

  self->feed = mb_feed_ref (feed);
  return self;
}

static void
do_set_base_time (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  command->feed->base_ns = command->base_ns;
}

/**
 * mb_feed_set_base_time:
 * @base_time: the monotonic time, in nanoseconds, at which the pipeline's time is 0: its base time
 *   with the system clock
 *
 * All feeds of a pipeline get the same, so that what they publish is in sync. Without it a feed
 * takes its first packet for one captured at the instant it comes.
 */
void
mb_feed_set_base_time (MbFeed *self, GstClockTime base_time)
{
  Command *command = command_new (self);

  command->base_ns = (gint64) base_time;
  mb_media_core_post (self->core, do_set_base_time, command, command_free);
}

static void
do_set_handler (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  g_clear_pointer (&command->feed->handler, key_frame_handler_free);
  command->feed->handler = g_steal_pointer (&command->handler);
}

/**
 * mb_feed_set_key_frame_handler:
 * @handle: (nullable): of the object that can ask the source; NULL for none
 * @func: called on main with the object and the feed as data, at most once in 500 ms
 *
 * Not for the feed of a receiver: that asks its peer by itself.
 */
void
mb_feed_set_key_frame_handler (MbFeed *self, MbHandle *handle, MbHandleFunc func)
{
  Command *command = command_new (self);

  if (handle != NULL) {
    command->handler = g_new (KeyFrameHandler, 1);
    *command->handler = (KeyFrameHandler){mb_handle_ref (handle), func};
  }
  mb_media_core_post (self->core, do_set_handler, command, command_free);
}

static void
do_add_port (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;
  PortSubscriber *subscriber = g_new0 (PortSubscriber, 1);

  subscriber->port = g_steal_pointer (&command->port);
  subscriber->waits = command->feed->kind == MB_MEDIA_KIND_VIDEO;
  g_ptr_array_add (command->feed->ports, subscriber);
  if (subscriber->waits)
    mb_feed_want_key_frame (command->feed, now_us);
}

/**
 * mb_feed_add_port:
 * @port: (transfer none): the port of an mbrtpsrc; gets the feed's packets, a list a turn, video
 *   from the next key frame on, which is asked for
 */
void
mb_feed_add_port (MbFeed *self, MbRtpPort *port)
{
  Command *command = command_new (self);

  command->port = mb_rtp_port_ref (port);
  mb_media_core_post (self->core, do_add_port, command, command_free);
}

static gboolean
find_port (MbFeed *self, MbRtpPort *port, unsigned int *index)
{
  for (unsigned int i = 0; i < self->ports->len; i++) {
    *index = i;
    if (((PortSubscriber *) self->ports->pdata[i])->port == port)
      return TRUE;
  }
  return FALSE;
}

static void
do_remove_port (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;
  unsigned int index = 0;

  if (find_port (command->feed, command->port, &index))
    g_ptr_array_remove_index (command->feed->ports, index);
}

void
mb_feed_remove_port (MbFeed *self, MbRtpPort *port)
{
  Command *command = command_new (self);

  command->port = mb_rtp_port_ref (port);
  mb_media_core_post (self->core, do_remove_port, command, command_free);
}

static void
do_end_port (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;
  MbFeed *self = command->feed;
  unsigned int index = 0;
  PortSubscriber *subscriber;

  if (self->publisher != NULL)
    self->publisher->give_up (self->publisher_data, now_us);
  if (!find_port (self, command->port, &index))
    return;
  subscriber = self->ports->pdata[index];
  if (subscriber->list != NULL)
    mb_rtp_port_push (subscriber->port, g_steal_pointer (&subscriber->list));
  mb_rtp_port_end (subscriber->port);
  g_ptr_array_remove_index (self->ports, index);
}

/**
 * mb_feed_end_port:
 *
 * Removes the port once it has all that has arrived, also what was held back behind packets that
 * may still come: they are given up, for all subscribers. For streams that have ended.
 */
void
mb_feed_end_port (MbFeed *self, MbRtpPort *port)
{
  Command *command = command_new (self);

  command->port = mb_rtp_port_ref (port);
  mb_media_core_post (self->core, do_end_port, command, command_free);
}

static void
do_request_key_frame (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  mb_feed_want_key_frame (command->feed, now_us);
}

/**
 * mb_feed_request_key_frame:
 *
 * Merged with other requests: the source is asked at most once in 500 ms.
 */
void
mb_feed_request_key_frame (MbFeed *self)
{
  mb_media_core_post (self->core, do_request_key_frame, command_new (self), command_free);
}

/**
 * mb_feed_subscribe:
 * @subscriber: (transfer none): unsubscribes before it dies, and holds a reference of the feed
 */
void
mb_feed_subscribe (MbFeed *self, MbFeedSubscriber *subscriber)
{
  g_ptr_array_add (self->subscribers, subscriber);
}

void
mb_feed_unsubscribe (MbFeed *self, MbFeedSubscriber *subscriber)
{
  g_ptr_array_remove (self->subscribers, subscriber);
}

/**
 * mb_feed_set_publisher:
 * @publisher: what it can be asked; static
 * @data: for its functions
 *
 * The newest publisher is the one that is asked: a rebuilt peer's takes over from the old one's.
 */
void
mb_feed_set_publisher (MbFeed *self, const MbFeedPublisher *publisher, gpointer data)
{
  self->publisher = publisher;
  self->publisher_data = data;
}

/**
 * mb_feed_drop_publisher:
 * @data: what it was set with; nothing happens where another has taken over
 */
void
mb_feed_drop_publisher (MbFeed *self, gpointer data)
{
  if (self->publisher_data != data)
    return;
  self->publisher = NULL;
  self->publisher_data = NULL;
}

/**
 * mb_feed_want_key_frame:
 *
 * Passes the wish on, unless it did so a moment ago or too often before. Who still waits then, asks again.
 */
void
mb_feed_want_key_frame (MbFeed *self, gint64 now_us)
{
  gint64 used_us = MAX (self->key_frames_us - now_us, 0);
  gint64 spacing_us = self->has_come ? MB_FEED_KEY_FRAME_SPACING_US : MB_FEED_KEY_FRAME_INTERVAL_US;

  if (now_us - self->asked_us < spacing_us ||
      used_us > (MB_FEED_KEY_FRAME_BURST - 1) * MB_FEED_KEY_FRAME_INTERVAL_US ||
      (self->publisher == NULL && self->handler == NULL))
    return;
  self->asked_us = now_us;
  self->has_come = FALSE;
  self->key_frames_us = now_us + used_us + MB_FEED_KEY_FRAME_INTERVAL_US;
  if (self->publisher != NULL)
    self->publisher->want_key_frame (self->publisher_data);
  if (self->handler != NULL)
    mb_handle_post (self->handler->handle, self->handler->func, mb_feed_ref (self), unref_feed);
}

static void
flush_ports (gpointer user_data, gint64 now_us)
{
  MbFeed *self = user_data;

  self->flush_asked = FALSE;
  for (unsigned int i = 0; i < self->ports->len; i++) {
    PortSubscriber *subscriber = self->ports->pdata[i];

    if (subscriber->list != NULL)
      mb_rtp_port_push (subscriber->port, g_steal_pointer (&subscriber->list));
  }
}

static void
collect_for_ports (MbFeed *self, GstBuffer *buffer, gboolean is_key, gint64 now_us)
{
  for (unsigned int i = 0; i < self->ports->len; i++) {
    PortSubscriber *subscriber = self->ports->pdata[i];

    if (subscriber->waits && !is_key) {
      mb_feed_want_key_frame (self, now_us);
      continue;
    }
    subscriber->waits = FALSE;
    if (subscriber->list == NULL)
      subscriber->list = gst_buffer_list_new ();
    gst_buffer_list_add (subscriber->list, gst_buffer_ref (buffer));
  }
  if (!self->flush_asked && self->ports->len > 0) {
    self->flush_asked = TRUE;
    mb_media_core_at_end (self->core, flush_ports, mb_feed_ref (self), unref_feed);
  }
}

/**
 * mb_feed_publish:
 * @buffer: an RTP packet in one memory, not written to from here on; its PTS is its capture time on
 *   the local monotonic clock
 *
 * What is no RTP packet is dropped.
 */
void
mb_feed_publish (MbFeed *self, GstBuffer *buffer, gint64 now_us)
{
  GstMapInfo map;
  MbRtp rtp;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  if (mb_rtp_parse (&rtp, map.data, map.size)) {
    gboolean is_key = self->kind == MB_MEDIA_KIND_VIDEO &&
                      mb_codec_starts_key_frame (self->codec, rtp.payload, rtp.payload_size);

    self->has_come = self->has_come || is_key;
    for (unsigned int i = 0; i < self->subscribers->len; i++) {
      MbFeedSubscriber *subscriber = self->subscribers->pdata[i];

      subscriber->take (subscriber, buffer, &rtp, now_us);
    }
    if (self->ports->len > 0)
      collect_for_ports (self, buffer, is_key, now_us);
  }
  gst_buffer_unmap (buffer, &map);
}
