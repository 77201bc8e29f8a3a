/* mb-reorder.h: packets in the order of their numbers, and which are missing; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

typedef enum {
  MB_REORDER_TAKEN,
  MB_REORDER_FILLED,  /* it was missing */
  MB_REORDER_REFUSED, /* a duplicate, or too late */
  MB_REORDER_FULL,    /* drain first, then give up on the head */
  MB_REORDER_RESTART, /* the numbers begin anew: clear, and insert it again */
} MbReorderResult;

typedef struct {
  GstBuffer *buffer;   /* (nullable): NULL where missing */
  gint64 missed_at_us; /* when it was found missing */
  gint64 asked_at_us;
  unsigned int n_asked;
} MbReorderSlot;

typedef struct {
  MbReorderSlot *slots; /* (array length=size) owned */
  unsigned int size;    /* packets that wait at most */
  gboolean started;
  gint64 next;            /* unwrapped number to be delivered next */
  gint64 highest;         /* unwrapped number, the newest there is */
  gint64 base;            /* the first */
  unsigned int n_skipped; /* lost without ever having been waited for */
  gint64 strange;         /* where a second packet would confirm a restart; -1 means nowhere */
} MbReorder;

void mb_reorder_init (MbReorder *self, unsigned int size);
void mb_reorder_free (MbReorder *self);
void mb_reorder_clear (MbReorder *self);
MbReorderResult mb_reorder_insert (MbReorder *self, guint16 seq, GstBuffer *buffer, gint64 now_us);
GstBuffer *mb_reorder_pop (MbReorder *self);
unsigned int mb_reorder_give_up (MbReorder *self, gint64 missed_before_us);
gboolean mb_reorder_find_hole (const MbReorder *self, gint64 *number, gint64 *missed_at_us);
gsize mb_reorder_collect_missing (
    MbReorder *self, gint64 now_us, gint64 retry_us, guint16 *seqs, gsize capacity);
