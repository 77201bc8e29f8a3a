/* mb-rtp-queue.c: a bounded queue of RTP behind a port: many push, one pops
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It lives as long as its port has an owner, so whoever pushes need not know whether the element
 * at the other side still exists. The lock is held for queue operations only.
 */
#include "mb-rtp-queue.h"

struct _MbRtpQueue {
  MbRtpPort port;
  guint max_packets;
  gsize max_bytes;

  GMutex lock;
  GCond cond;
  GQueue lists; /* (element-type GstBufferList) lock; owned */
  guint n_packets;
  gsize n_bytes;
  guint64 n_dropped; /* packets */
  gboolean flushing; /* pop returns at once */
  gboolean ended;    /* nobody will push again */
  gboolean closed;   /* nobody will pop again */
};

static void
queue_push (MbRtpPort *port, GstBufferList *list)
{
  MbRtpQueue *self = (MbRtpQueue *) port;
  guint n_packets = gst_buffer_list_length (list);
  gsize n_bytes = gst_buffer_list_calculate_size (list);
  gboolean taken = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->closed) {
    taken = self->n_packets + n_packets <= self->max_packets &&
            self->n_bytes + n_bytes <= self->max_bytes;
    if (taken) {
      self->n_packets += n_packets;
      self->n_bytes += n_bytes;
      g_queue_push_tail (&self->lists, list);
      g_cond_signal (&self->cond);
    } else {
      self->n_dropped += n_packets;
    }
  }
  g_mutex_unlock (&self->lock);

  if (!taken)
    gst_buffer_list_unref (list);
}

static void
queue_end (MbRtpPort *port)
{
  MbRtpQueue *self = (MbRtpQueue *) port;

  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
queue_free (MbRtpPort *port)
{
  MbRtpQueue *self = (MbRtpQueue *) port;

  mb_rtp_queue_clear (self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

/**
 * mb_rtp_queue_new:
 * @max_packets: lists over either bound are dropped whole, and their packets counted
 *
 * Returns: (transfer full): a queue; its references are its port's
 */
MbRtpQueue *
mb_rtp_queue_new (guint max_packets, gsize max_bytes)
{
  MbRtpQueue *self = g_new0 (MbRtpQueue, 1);

  mb_rtp_port_init (&self->port, queue_push, queue_free);
  self->port.end = queue_end;
  self->max_packets = max_packets;
  self->max_bytes = max_bytes;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->lists);
  return self;
}

/**
 * mb_rtp_queue_get_port:
 *
 * Returns: (transfer none): the port to push into
 */
MbRtpPort *
mb_rtp_queue_get_port (MbRtpQueue *self)
{
  return &self->port;
}

/**
 * mb_rtp_queue_pop:
 * @ended: (out): whether there will be no more; only with NULL
 *
 * Waits for a list.
 *
 * Returns: (transfer full) (nullable): a list, or NULL while flushing and at the end
 */
GstBufferList *
mb_rtp_queue_pop (MbRtpQueue *self, gboolean *ended)
{
  GstBufferList *list = NULL;

  g_mutex_lock (&self->lock);
  while (!self->flushing && !self->ended && g_queue_is_empty (&self->lists))
    g_cond_wait (&self->cond, &self->lock);
  *ended = !self->flushing && g_queue_is_empty (&self->lists);
  if (!self->flushing && !*ended) {
    list = g_queue_pop_head (&self->lists);
    self->n_packets -= gst_buffer_list_length (list);
    self->n_bytes -= gst_buffer_list_calculate_size (list);
  }
  g_mutex_unlock (&self->lock);
  return list;
}

/**
 * mb_rtp_queue_set_flushing:
 *
 * While flushing pop returns NULL; what is queued stays.
 */
void
mb_rtp_queue_set_flushing (MbRtpQueue *self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/**
 * mb_rtp_queue_clear:
 *
 * Frees what is queued.
 */
void
mb_rtp_queue_clear (MbRtpQueue *self)
{
  GQueue lists = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  lists = self->lists;
  g_queue_init (&self->lists);
  self->n_packets = 0;
  self->n_bytes = 0;
  g_mutex_unlock (&self->lock);

  g_queue_clear_full (&lists, (GDestroyNotify) gst_buffer_list_unref);
}

/**
 * mb_rtp_queue_close:
 *
 * From here on the port swallows what it is given, uncounted.
 */
void
mb_rtp_queue_close (MbRtpQueue *self)
{
  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_mutex_unlock (&self->lock);
  mb_rtp_queue_clear (self);
}

/**
 * mb_rtp_queue_get_dropped:
 *
 * Returns: the packets dropped so far because the queue was full
 */
guint64
mb_rtp_queue_get_dropped (MbRtpQueue *self)
{
  guint64 n_dropped;

  g_mutex_lock (&self->lock);
  n_dropped = self->n_dropped;
  g_mutex_unlock (&self->lock);
  return n_dropped;
}
