/* mb-frame-queue.c: full means whole groups of pictures are dropped; nothing else is ever lost
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-frame-queue.h"

#define SIZE 10
#define MAX_AGE_US 1000

static gboolean
push (MbFrameQueue *queue, guint track, gboolean is_key, gint64 now_us)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);

  if (!is_key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return mb_frame_queue_push_frame (queue, track, buffer, 1, 2, now_us);
}

static guint
take (MbFrameQueue *queue)
{
  g_autoptr (GPtrArray) items = mb_frame_queue_take (queue);

  return items->len;
}

static void
test_order (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (1000, MAX_AGE_US);
  g_autoptr (GstCaps) caps = gst_caps_new_empty_simple ("audio/x-opus");
  g_autoptr (GPtrArray) items = NULL;

  mb_frame_queue_push_caps (queue, 3, caps);
  g_assert_true (push (queue, 3, TRUE, 1));
  mb_frame_queue_push_end (queue, 3);
  items = mb_frame_queue_take (queue);

  g_assert_cmpuint (items->len, ==, 3);
  g_assert_nonnull (((MbFrameItem *) items->pdata[0])->caps);
  g_assert_nonnull (((MbFrameItem *) items->pdata[1])->buffer);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[1])->pts, ==, 1);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[1])->dts, ==, 2);
  g_assert_null (((MbFrameItem *) items->pdata[2])->buffer);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[2])->track, ==, 3);
  mb_frame_queue_free (queue);
}

static void
test_bytes (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (3 * SIZE, MAX_AGE_US);

  for (int i = 0; i < 3; i++)
    g_assert_true (push (queue, 0, i == 0, 1));
  g_assert_false (push (queue, 0, FALSE, 1));
  g_assert_cmpuint (take (queue), ==, 3);
  g_assert_cmpuint (mb_frame_queue_get_dropped (queue), ==, 1);
  mb_frame_queue_free (queue);
}

static void
test_group (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (2 * SIZE, MAX_AGE_US);

  g_assert_true (push (queue, 0, TRUE, 1));
  g_assert_true (push (queue, 1, TRUE, 1));
  g_assert_false (push (queue, 0, FALSE, 1));
  g_assert_false (push (queue, 1, TRUE, 1));
  take (queue);

  /* There is room again, but the picture waits for its key frame; the sound does not. */
  g_assert_false (push (queue, 0, FALSE, 1));
  g_assert_true (push (queue, 1, TRUE, 1));
  g_assert_true (push (queue, 0, TRUE, 1));
  take (queue);
  g_assert_true (push (queue, 0, FALSE, 1));
  g_assert_cmpuint (mb_frame_queue_get_dropped (queue), ==, 3);
  mb_frame_queue_free (queue);
}

static void
test_missing (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (2 * SIZE, MAX_AGE_US);
  g_autoptr (GPtrArray) items = NULL;

  g_assert_true (push (queue, 0, TRUE, 1));
  mb_frame_queue_refuse_frame (queue, 0);
  g_assert_false (push (queue, 0, FALSE, 1));
  g_assert_true (push (queue, 0, TRUE, 1));
  mb_frame_queue_refuse_frame (queue, 0);
  mb_frame_queue_push_end (queue, 0);
  items = mb_frame_queue_take (queue);

  g_assert_cmpuint (items->len, ==, 3);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[0])->n_missing, ==, 0);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[1])->n_missing, ==, 2);
  g_assert_cmpuint (((MbFrameItem *) items->pdata[2])->n_missing, ==, 1);
  g_assert_cmpuint (mb_frame_queue_get_dropped (queue), ==, 1);
  mb_frame_queue_free (queue);
}

/* Three queues of 128 MB each: of all together only 256 MB are taken. */
static void
test_all_queues (void)
{
  MbFrameQueue *queues[3];
  gsize size = 1024 * 1024;
  guint n_taken = 0;

  for (guint i = 0; i < G_N_ELEMENTS (queues); i++)
    queues[i] = mb_frame_queue_new (128 * size, MAX_AGE_US);
  for (guint i = 0; i < 3 * 128; i++) {
    /* Its pages are never touched. */
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

    n_taken += mb_frame_queue_push_frame (queues[i / 128], 0, buffer, 1, 2, 1);
  }
  g_assert_cmpuint (n_taken, >=, 256);
  g_assert_cmpuint (n_taken, <=, 258);
  take (queues[0]);
  g_assert_true (push (queues[2], 0, TRUE, 1));
  for (guint i = 0; i < G_N_ELEMENTS (queues); i++)
    mb_frame_queue_free (queues[i]);
}

static void
test_age (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (1000, MAX_AGE_US);

  g_assert_true (push (queue, 0, TRUE, 1));
  g_assert_true (push (queue, 0, FALSE, 1 + MAX_AGE_US));
  g_assert_false (push (queue, 0, FALSE, 2 + MAX_AGE_US));
  take (queue);
  g_assert_true (push (queue, 0, TRUE, 3 + MAX_AGE_US));
  mb_frame_queue_free (queue);
}

static void
test_big (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (SIZE - 1, MAX_AGE_US);

  g_assert_true (push (queue, 0, TRUE, 1));
  g_assert_false (push (queue, 0, TRUE, 1));
  mb_frame_queue_free (queue);
}

static gpointer
wake (gpointer queue)
{
  mb_frame_queue_wake (queue);
  return NULL;
}

static void
test_wake (void)
{
  MbFrameQueue *queue = mb_frame_queue_new (1000, MAX_AGE_US);
  GThread *thread = g_thread_new ("waker", wake, queue);

  mb_frame_queue_wait (queue, g_get_monotonic_time () + 60 * G_USEC_PER_SEC);
  g_thread_join (thread);
  mb_frame_queue_wait (queue, g_get_monotonic_time ());
  mb_frame_queue_free (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/frame-queue/items-come-in-order", test_order);
  g_test_add_func ("/frame-queue/over-the-byte-limit-is-dropped-and-counted", test_bytes);
  g_test_add_func ("/frame-queue/picture-goes-on-at-a-key-frame", test_group);
  g_test_add_func ("/frame-queue/what-is-missing-is-told-with-what-follows", test_missing);
  g_test_add_func ("/frame-queue/all-queues-together-are-bounded", test_all_queues);
  g_test_add_func ("/frame-queue/slow-reader-is-seen-by-age", test_age);
  g_test_add_func ("/frame-queue/empty-takes-one-frame-of-any-size", test_big);
  g_test_add_func ("/frame-queue/wake-ends-the-wait", test_wake);
  return g_test_run ();
}
