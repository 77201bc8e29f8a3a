/* mb-pacer.c: packets wait here for their turn, so that a large frame leaves no faster than the path; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A key frame is ten times the size of the frames around it: sent at once, it overflows the queue of
 * a narrow link. So each packet moves the time at which the next may leave by as long as it takes at
 * the pacing rate, which is above what the encoder makes, and nothing waits for long.
 */
#include "mb-pacer.h"

#define OVERHEAD 50        /* bytes of a packet besides its payload, about */
#define CATCH_UP_US 10000  /* of what was not used; turns come 5 ms apart */
#define MAX_WAIT_US 250000 /* what waits is sent within it, whatever the rate */
#define MAX_WAITING 4096   /* packets of a class; what comes then leaves at once */

void
mb_pacer_init (MbPacer *self)
{
  *self = (MbPacer){.bps = 0};
}

static void
drop_packet (MbPacket *packet)
{
  gst_clear_buffer (&packet->buffer);
}

static MbPacket *
queue_peek (MbPacerQueue *self)
{
  return &self->packets[self->first];
}

static void
queue_skip (MbPacerQueue *self)
{
  self->first = (self->first + 1) % self->capacity;
  self->n--;
}

static void
queue_push (MbPacerQueue *self, const MbPacket *packet)
{
  MbPacket *slot;

  if (self->n == self->capacity) {
    unsigned int capacity = MAX (2 * self->capacity, 64);
    MbPacket *packets = g_new (MbPacket, capacity);

    for (unsigned int i = 0; i < self->n; i++)
      packets[i] = self->packets[(self->first + i) % self->capacity];
    g_free (self->packets);
    *self = (MbPacerQueue){.packets = packets, .capacity = capacity, .n = self->n};
  }
  slot = &self->packets[(self->first + self->n) % self->capacity];
  *slot = *packet;
  if (slot->buffer != NULL)
    gst_buffer_ref (slot->buffer);
  self->n++;
}

void
mb_pacer_clear (MbPacer *self)
{
  for (unsigned int i = 0; i < MB_PACKET_CLASSES; i++) {
    MbPacerQueue *queue = &self->queues[i];

    for (; queue->n > 0; queue_skip (queue))
      drop_packet (queue_peek (queue));
    g_free (queue->packets);
    *queue = (MbPacerQueue){.n = 0};
  }
  self->n_bytes = 0;
}

/**
 * mb_pacer_set_rate:
 * @bps: how fast packets leave at most, in bits a second; 0 for as they come
 */
void
mb_pacer_set_rate (MbPacer *self, unsigned int bps)
{
  self->bps = bps;
}

static void
charge (MbPacer *self, gsize payload_size, gint64 now_us)
{
  double bps = MAX (self->bps, (double) self->n_bytes * 8 * G_USEC_PER_SEC / MAX_WAIT_US);

  self->due_us = MAX (self->due_us, now_us - CATCH_UP_US);
  if (bps > 0)
    self->due_us += (gint64) ((double) (payload_size + OVERHEAD) * 8 * G_USEC_PER_SEC / bps);
}

/**
 * mb_pacer_admit:
 * @packet: copied, its buffer referenced, where it has to wait
 *
 * Returns: whether it is to be sent now; else mb_pacer_pop() brings it later
 */
gboolean
mb_pacer_admit (MbPacer *self, const MbPacket *packet, gint64 now_us)
{
  MbPacerQueue *queue = &self->queues[packet->class];

  if (packet->class != MB_PACKET_AUDIO && queue->n < MAX_WAITING &&
      (self->n_bytes > 0 || (self->bps != 0 && self->due_us > now_us))) {
    queue_push (queue, packet);
    self->n_bytes += packet->payload_size + OVERHEAD;
    return FALSE;
  }
  charge (self, packet->payload_size, now_us);
  return TRUE;
}

/**
 * mb_pacer_pop:
 * @packet: (out caller-allocates): the next one; its buffer is the caller's to drop
 *
 * Returns: %FALSE where none may leave now
 */
gboolean
mb_pacer_pop (MbPacer *self, MbPacket *packet, gint64 now_us)
{
  if (self->n_bytes == 0 || (self->bps != 0 && self->due_us > now_us))
    return FALSE;
  for (unsigned int i = 0; i < MB_PACKET_CLASSES; i++) {
    MbPacerQueue *queue = &self->queues[i];

    if (queue->n == 0)
      continue;
    *packet = *queue_peek (queue);
    queue_skip (queue);
    charge (self, packet->payload_size, now_us);
    self->n_bytes -= packet->payload_size + OVERHEAD;
    return TRUE;
  }
  return FALSE;
}

/**
 * mb_pacer_count_bytes:
 *
 * Returns: what waits
 */
gsize
mb_pacer_count_bytes (const MbPacer *self)
{
  return self->n_bytes;
}
