/* mb-frame-queue.c: what streaming threads leave for the writer's thread: bounded, never waited for
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When the disk is slower than what comes, whole groups of pictures are dropped: a picture is only
 * taken again from a key frame on. The reader looks by the clock rather than at each frame, since
 * waking a thread costs more than what it does then.
 */
#include "mb-frame-queue.h"

/* All queues of the process together: of hundreds of files each may have its share of a slow disk,
 * but not of the memory. */
#define MAX_BYTES_OF_ALL (256 * 1024 * 1024)

typedef struct {
  gboolean is_dropping; /* until its next key frame */
  guint n_missing;      /* frames dropped since the last one that was taken */
} QueueTrack;

static gint n_kb_of_all; /* atomic */

struct _MbFrameQueue {
  gint64 max_age_us;

  GMutex lock; /* everything below */
  GCond cond;
  gsize max_bytes;
  GPtrArray *items; /* (element-type MbFrameItem) */
  gsize n_bytes;
  guint n_kb;        /* of n_kb_of_all */
  gint64 oldest_us;  /* when the first of the frames came; 0 means there is none */
  GArray *tracks;    /* (element-type QueueTrack) by number */
  guint64 n_dropped; /* frames */
  gboolean woken;
};

static void
item_free (gpointer data)
{
  MbFrameItem *self = data;

  gst_clear_caps (&self->caps);
  gst_clear_buffer (&self->buffer);
  g_free (self);
}

static GPtrArray *
new_items (void)
{
  return g_ptr_array_new_with_free_func (item_free);
}

/**
 * mb_frame_queue_new:
 * @max_bytes: of frames
 * @max_age_us: how long the oldest frame may wait before no more are taken
 */
MbFrameQueue *
mb_frame_queue_new (gsize max_bytes, gint64 max_age_us)
{
  MbFrameQueue *self = g_new0 (MbFrameQueue, 1);

  self->max_bytes = max_bytes;
  self->max_age_us = max_age_us;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->items = new_items ();
  self->tracks = g_array_new (FALSE, TRUE, sizeof (QueueTrack));
  return self;
}

void
mb_frame_queue_free (MbFrameQueue *self)
{
  g_ptr_array_unref (self->items);
  g_array_unref (self->tracks);
  g_atomic_int_add (&n_kb_of_all, -(gint) self->n_kb);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
mb_frame_queue_set_max_bytes (MbFrameQueue *self, gsize max_bytes)
{
  g_mutex_lock (&self->lock);
  self->max_bytes = max_bytes;
  g_mutex_unlock (&self->lock);
}

static QueueTrack *
get_track (MbFrameQueue *self, guint track)
{
  if (self->tracks->len <= track)
    g_array_set_size (self->tracks, track + 1);
  return &g_array_index (self->tracks, QueueTrack, track);
}

/* Takes @caps and @buffer. */
static MbFrameItem *
append (MbFrameQueue *self, guint track, GstCaps *caps, GstBuffer *buffer)
{
  MbFrameItem *item = g_new0 (MbFrameItem, 1);

  item->track = track;
  item->caps = caps;
  item->buffer = buffer;
  g_ptr_array_add (self->items, item);
  return item;
}

/**
 * mb_frame_queue_push_caps:
 *
 * Thread: any.
 */
void
mb_frame_queue_push_caps (MbFrameQueue *self, guint track, GstCaps *caps)
{
  g_mutex_lock (&self->lock);
  append (self, track, gst_caps_ref (caps), NULL);
  g_mutex_unlock (&self->lock);
}

/**
 * mb_frame_queue_push_end:
 *
 * The track has ended; wakes the reader. Thread: any.
 */
void
mb_frame_queue_push_end (MbFrameQueue *self, guint track)
{
  MbFrameItem *item;

  g_mutex_lock (&self->lock);
  item = append (self, track, NULL, NULL);
  item->n_missing = get_track (self, track)->n_missing;
  get_track (self, track)->n_missing = 0;
  self->woken = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_full (const MbFrameQueue *self, gsize size, gint64 now_us)
{
  if (self->oldest_us == 0)
    return FALSE;
  return self->n_bytes + size > self->max_bytes || now_us - self->oldest_us > self->max_age_us ||
         g_atomic_int_get (&n_kb_of_all) > MAX_BYTES_OF_ALL / 1024;
}

static void
set_bytes (MbFrameQueue *self, gsize n_bytes)
{
  guint n_kb = (guint) (n_bytes / 1024);

  g_atomic_int_add (&n_kb_of_all, (gint) n_kb - (gint) self->n_kb);
  self->n_bytes = n_bytes;
  self->n_kb = n_kb;
}

/**
 * mb_frame_queue_push_frame:
 * @buffer: (transfer full)
 *
 * Drops and counts the frame where the queue is full, and the rest of its group of pictures. One
 * frame is always taken by an empty queue. Thread: any; never waits for the reader.
 *
 * Returns: whether it was taken
 */
gboolean
mb_frame_queue_push_frame (MbFrameQueue *self, guint track, GstBuffer *buffer, GstClockTime pts,
    GstClockTime dts, gint64 now_us)
{
  gboolean is_delta = GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  gsize size = gst_buffer_get_size (buffer);
  QueueTrack *state;
  gboolean is_taken;

  g_mutex_lock (&self->lock);
  state = get_track (self, track);
  is_taken = !(state->is_dropping && is_delta) && !is_full (self, size, now_us);
  state->is_dropping = !is_taken;
  if (is_taken) {
    MbFrameItem *item = append (self, track, NULL, g_steal_pointer (&buffer));

    item->pts = pts;
    item->dts = dts;
    item->n_missing = state->n_missing;
    state->n_missing = 0;
    set_bytes (self, self->n_bytes + size);
    if (self->oldest_us == 0)
      self->oldest_us = now_us;
  } else {
    self->n_dropped++;
    state->n_missing++;
  }
  g_mutex_unlock (&self->lock);

  gst_clear_buffer (&buffer);
  return is_taken;
}

/**
 * mb_frame_queue_refuse_frame:
 *
 * Drops a frame that nobody wants; the track goes on with its next key frame. Such frames are missing,
 * but mb_frame_queue_get_dropped() does not count them. Thread: any.
 */
void
mb_frame_queue_refuse_frame (MbFrameQueue *self, guint track)
{
  QueueTrack *state;

  g_mutex_lock (&self->lock);
  state = get_track (self, track);
  state->is_dropping = TRUE;
  state->n_missing++;
  g_mutex_unlock (&self->lock);
}

/**
 * mb_frame_queue_get_age:
 *
 * Returns: how long the oldest frame has been waiting, microseconds. Thread: any.
 */
gint64
mb_frame_queue_get_age (MbFrameQueue *self, gint64 now_us)
{
  gint64 age_us;

  g_mutex_lock (&self->lock);
  age_us = self->oldest_us == 0 ? 0 : now_us - self->oldest_us;
  g_mutex_unlock (&self->lock);
  return age_us;
}

/**
 * mb_frame_queue_take:
 *
 * Returns: (transfer full) (element-type MbFrameItem): all there is, in the order in which it came
 */
GPtrArray *
mb_frame_queue_take (MbFrameQueue *self)
{
  GPtrArray *fresh = new_items ();
  GPtrArray *items;

  g_mutex_lock (&self->lock);
  items = self->items;
  self->items = fresh;
  set_bytes (self, 0);
  self->oldest_us = 0;
  g_mutex_unlock (&self->lock);
  return items;
}

/**
 * mb_frame_queue_wait:
 * @until_us: monotonic
 *
 * Waits until then, or for mb_frame_queue_wake() or the end of a track.
 */
void
mb_frame_queue_wait (MbFrameQueue *self, gint64 until_us)
{
  g_mutex_lock (&self->lock);
  while (!self->woken && g_cond_wait_until (&self->cond, &self->lock, until_us)) {
  }
  self->woken = FALSE;
  g_mutex_unlock (&self->lock);
}

/**
 * mb_frame_queue_wake:
 *
 * Thread: any.
 */
void
mb_frame_queue_wake (MbFrameQueue *self)
{
  g_mutex_lock (&self->lock);
  self->woken = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/**
 * mb_frame_queue_get_dropped:
 *
 * Returns: the frames dropped so far. Thread: any.
 */
guint64
mb_frame_queue_get_dropped (MbFrameQueue *self)
{
  guint64 n_dropped;

  g_mutex_lock (&self->lock);
  n_dropped = self->n_dropped;
  g_mutex_unlock (&self->lock);
  return n_dropped;
}
