/* mb-reorder.c: packets leave in order, holes are known, asked for and given up
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-reorder.h"

#define SIZE 512

static MbReorder ring;

static MbReorderResult
insert (guint16 seq, gint64 now_us)
{
  GstBuffer *buffer = gst_buffer_new ();
  MbReorderResult result;

  GST_BUFFER_OFFSET (buffer) = seq;
  result = mb_reorder_insert (&ring, seq, buffer, now_us);
  if (result != MB_REORDER_TAKEN && result != MB_REORDER_FILLED)
    gst_buffer_unref (buffer);
  return result;
}

/* The number of the next packet, -1 for none. */
static int
pop (void)
{
  g_autoptr (GstBuffer) buffer = mb_reorder_pop (&ring);

  return buffer != NULL ? (int) GST_BUFFER_OFFSET (buffer) : -1;
}

static void
test_order (void)
{
  g_assert_cmpint (insert (65534, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (insert (0, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (insert (1, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (pop (), ==, 65534);
  g_assert_cmpint (pop (), ==, -1);
  g_assert_cmpint (insert (65535, 0), ==, MB_REORDER_FILLED);
  g_assert_cmpint (pop (), ==, 65535);
  g_assert_cmpint (pop (), ==, 0);
  g_assert_cmpint (pop (), ==, 1);
  g_assert_cmpint (pop (), ==, -1);
  mb_reorder_clear (&ring);
}

static void
test_refused (void)
{
  insert (100, 0);
  insert (102, 0);
  g_assert_cmpint (insert (102, 0), ==, MB_REORDER_REFUSED);
  g_assert_cmpint (insert (99, 0), ==, MB_REORDER_REFUSED);
  g_assert_cmpint (pop (), ==, 100);
  g_assert_cmpint (insert (100, 0), ==, MB_REORDER_REFUSED);
  mb_reorder_clear (&ring);
}

static void
test_asking (void)
{
  guint16 seqs[8];

  insert (10, 0);
  insert (14, 0);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 4999, 50000, seqs, 8), ==, 0);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 5000, 50000, seqs, 8), ==, 3);
  g_assert_cmpuint (seqs[0], ==, 11);
  g_assert_cmpuint (seqs[2], ==, 13);
  insert (12, 6000);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 54000, 50000, seqs, 8), ==, 0);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 55000, 50000, seqs, 1), ==, 1);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 56000, 50000, seqs, 8), ==, 1);
  g_assert_cmpuint (seqs[0], ==, 13);
  /* Doubled each time. */
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 150000, 50000, seqs, 8), ==, 0);
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 160000, 50000, seqs, 8), ==, 2);
  /* But not for ever. */
  for (gint64 now_us = 360000; now_us < 1700000; now_us += 200000) {
    g_assert_cmpuint (mb_reorder_collect_missing (&ring, now_us - 1, 50000, seqs, 8), ==, 0);
    g_assert_cmpuint (mb_reorder_collect_missing (&ring, now_us, 50000, seqs, 8), ==, 2);
  }
  g_assert_cmpuint (mb_reorder_collect_missing (&ring, 9000000, 50000, seqs, 8), ==, 0);
  mb_reorder_clear (&ring);
}

static void
test_giving_up (void)
{
  insert (10, 0);
  g_assert_cmpint (pop (), ==, 10);
  insert (13, 1000);
  insert (15, 2000);
  g_assert_cmpuint (mb_reorder_give_up (&ring, 999), ==, 0);
  g_assert_cmpuint (mb_reorder_give_up (&ring, 1000), ==, 2);
  g_assert_cmpuint (mb_reorder_give_up (&ring, 1000), ==, 0);
  g_assert_cmpint (pop (), ==, 13);
  g_assert_cmpuint (mb_reorder_give_up (&ring, 1999), ==, 0);
  g_assert_cmpuint (mb_reorder_give_up (&ring, G_MAXINT64), ==, 1);
  g_assert_cmpint (pop (), ==, 15);
  mb_reorder_clear (&ring);
}

static void
test_full (void)
{
  insert (1000, 0);
  g_assert_cmpint (pop (), ==, 1000);
  g_assert_cmpint (insert (1002, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (insert (1001 + SIZE - 1, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (insert (1001 + SIZE, 0), ==, MB_REORDER_FULL);
  g_assert_cmpuint (mb_reorder_give_up (&ring, G_MAXINT64), ==, 1);
  g_assert_cmpint (insert (1001 + SIZE, 0), ==, MB_REORDER_TAKEN);
  mb_reorder_clear (&ring);
}

static void
test_jumps (void)
{
  insert (1000, 0);
  g_assert_cmpint (pop (), ==, 1000);
  /* Nothing waits: a gap wider than the ring is stepped over. */
  g_assert_cmpint (insert (3000, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpuint (mb_reorder_give_up (&ring, 0), ==, 1999);
  g_assert_cmpint (pop (), ==, 3000);
  /* Further away, a second packet has to confirm it. */
  g_assert_cmpint (insert (30000, 0), ==, MB_REORDER_REFUSED);
  g_assert_cmpint (insert (3001, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (insert (30001, 0), ==, MB_REORDER_RESTART);
  mb_reorder_clear (&ring);
  g_assert_cmpint (insert (30001, 0), ==, MB_REORDER_TAKEN);
  g_assert_cmpint (pop (), ==, 30001);
  mb_reorder_clear (&ring);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  mb_reorder_init (&ring, SIZE);
  g_test_add_func ("/reorder/packets-leave-in-order", test_order);
  g_test_add_func ("/reorder/late-and-double-are-refused", test_refused);
  g_test_add_func ("/reorder/missing-are-asked-for-with-back-off", test_asking);
  g_test_add_func ("/reorder/old-holes-are-given-up", test_giving_up);
  g_test_add_func ("/reorder/full-at-its-size", test_full);
  g_test_add_func ("/reorder/jumps", test_jumps);
  status = g_test_run ();
  mb_reorder_free (&ring);
  return status;
}
