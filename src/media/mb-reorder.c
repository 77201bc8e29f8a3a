/* mb-reorder.c: packets in the order of their numbers, and which are missing; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-reorder.h"

#include "mb-rtp.h"

#define MAX_JUMP 3000     /* RFC 3550 A.1: further away it must be confirmed */
#define MAX_ASKED 10      /* times for one packet */
#define MAX_DOUBLED 2     /* times; what is asked for in vain ten times is long late anyway */
#define REORDERED_US 5000 /* a hole so young may only be out of order */

static MbReorderSlot *
slot_of (MbReorder *self, gint64 number)
{
  return &self->slots[(guint64) number % self->size];
}

/**
 * mb_reorder_init:
 * @self: any value before
 * @size: how many packets from the first hole on are kept
 */
void
mb_reorder_init (MbReorder *self, unsigned int size)
{
  *self = (MbReorder){.slots = g_new0 (MbReorderSlot, size), .size = size, .strange = -1};
}

/**
 * mb_reorder_free:
 *
 * Frees what it holds, not itself.
 */
void
mb_reorder_free (MbReorder *self)
{
  mb_reorder_clear (self);
  g_clear_pointer (&self->slots, g_free);
}

/**
 * mb_reorder_clear:
 *
 * Frees what waits; the next packet starts anew.
 */
void
mb_reorder_clear (MbReorder *self)
{
  for (unsigned int i = 0; i < self->size; i++) {
    gst_clear_buffer (&self->slots[i].buffer);
    self->slots[i] = (MbReorderSlot){.buffer = NULL};
  }
  self->started = FALSE;
  self->strange = -1;
}

static void
start (MbReorder *self, guint16 seq)
{
  self->started = TRUE;
  self->base = (gint64) seq + 65536; /* never below 0, whatever comes before it */
  self->next = self->base;
  self->highest = self->base - 1;
  self->strange = -1;
}

/**
 * mb_reorder_insert:
 * @buffer: its reference is taken where the result is %MB_REORDER_TAKEN or %MB_REORDER_FILLED
 */
MbReorderResult
mb_reorder_insert (MbReorder *self, guint16 seq, GstBuffer *buffer, gint64 now_us)
{
  MbReorderResult result = MB_REORDER_TAKEN;
  gint64 number;

  if (!self->started)
    start (self, seq);
  number = mb_rtp_unwrap_seq (self->highest, seq);
  if (ABS (number - self->highest) > MAX_JUMP) {
    if (seq != self->strange) {
      self->strange = (seq + 1) & 0xffff;
      return MB_REORDER_REFUSED;
    }
    return MB_REORDER_RESTART;
  }
  if (self->next > self->highest && number - self->next >= self->size) {
    self->n_skipped += (unsigned int) (number - self->next);
    self->next = number;
    self->highest = number - 1;
  }
  if (number < self->next || slot_of (self, number)->buffer != NULL)
    return number - self->next >= self->size ? MB_REORDER_FULL : MB_REORDER_REFUSED;
  if (number - self->next >= self->size)
    return MB_REORDER_FULL;

  if (number <= self->highest)
    result = MB_REORDER_FILLED;
  for (gint64 missing = self->highest + 1; missing < number; missing++)
    *slot_of (self, missing) = (MbReorderSlot){.missed_at_us = now_us};
  self->highest = MAX (self->highest, number);
  slot_of (self, number)->buffer = buffer;
  return result;
}

/**
 * mb_reorder_pop:
 *
 * Returns: (transfer full) (nullable): the next packet in order, NULL where it is missing
 */
GstBuffer *
mb_reorder_pop (MbReorder *self)
{
  MbReorderSlot *slot = slot_of (self, self->next);

  if (!self->started || self->next > self->highest || slot->buffer == NULL)
    return NULL;
  self->next++;
  return g_steal_pointer (&slot->buffer);
}

/**
 * mb_reorder_give_up:
 * @missed_before_us: holes found after it are kept waiting for; %G_MAXINT64 gives up the first
 *   whatever its age
 *
 * Steps over the hole that the next packet in order is, if there is one.
 *
 * Returns: how many packets are lost
 */
unsigned int
mb_reorder_give_up (MbReorder *self, gint64 missed_before_us)
{
  unsigned int n = self->n_skipped;

  self->n_skipped = 0;
  if (!self->started)
    return n;
  while (self->next <= self->highest) {
    MbReorderSlot *slot = slot_of (self, self->next);

    if (slot->buffer != NULL || slot->missed_at_us > missed_before_us)
      break;
    self->next++;
    n++;
  }
  return n;
}

/**
 * mb_reorder_find_hole:
 * @number: (out): unwrapped, of the packet that the others wait for
 * @missed_at_us: (out): when it was found missing
 *
 * Returns: whether there is one
 */
gboolean
mb_reorder_find_hole (const MbReorder *self, gint64 *number, gint64 *missed_at_us)
{
  const MbReorderSlot *slot;

  if (!self->started || self->next > self->highest)
    return FALSE;
  slot = &self->slots[(guint64) self->next % self->size];
  *number = self->next;
  *missed_at_us = slot->missed_at_us;
  return slot->buffer == NULL;
}

/**
 * mb_reorder_collect_missing:
 * @retry_us: how long after the first time a packet is asked for again, then twice as long, and from
 *   then on every four times as long
 * @seqs: (array length=capacity): takes the numbers, rising
 *
 * Returns: how many packets should be asked for now; they are taken for asked
 */
gsize
mb_reorder_collect_missing (
    MbReorder *self, gint64 now_us, gint64 retry_us, guint16 *seqs, gsize capacity)
{
  gsize n = 0;

  if (!self->started)
    return 0;
  for (gint64 number = self->next; number <= self->highest && n < capacity; number++) {
    MbReorderSlot *slot = slot_of (self, number);
    gint64 wait_us = slot->n_asked == 0 ? 0 : retry_us << MIN (slot->n_asked - 1, MAX_DOUBLED);

    if (slot->buffer != NULL || slot->n_asked >= MAX_ASKED ||
        now_us - slot->missed_at_us < REORDERED_US ||
        (slot->n_asked > 0 && now_us - slot->asked_at_us < wait_us))
      continue;
    slot->asked_at_us = now_us;
    slot->n_asked++;
    seqs[n++] = (guint16) number;
  }
  return n;
}
