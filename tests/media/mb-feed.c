/* mb-feed.c: every subscriber gets every packet, from any thread in; wishes are merged
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-feed.h"

#include "mb-feed-media.h"

#define N_THREADS 4
#define N_PACKETS 500

typedef struct {
  MbRtpPort port;
  int n; /* atomic */
  int n_lists;
  GstClockTime last_pts;
  gsize last_size;
} Taker;

static void
taker_push (MbRtpPort *port, GstBufferList *list)
{
  Taker *self = (Taker *) port;
  GstBuffer *last = gst_buffer_list_get (list, gst_buffer_list_length (list) - 1);

  self->last_pts = GST_BUFFER_PTS (last);
  self->last_size = gst_buffer_get_size (last);
  self->n_lists++;
  g_atomic_int_add (&self->n, (int) gst_buffer_list_length (list));
  gst_buffer_list_unref (list);
}

static void
taker_free (MbRtpPort *port)
{
  g_free (port);
}

static Taker *
taker_new (void)
{
  Taker *self = g_new0 (Taker, 1);

  mb_rtp_port_init (&self->port, taker_push, taker_free);
  return self;
}

static GstBuffer *
make_packet (guint16 seq, gboolean is_key, GstClockTime pts)
{
  guint8 packet[100];
  guint8 payload[20] = {0x10, is_key ? 0 : 1};
  MbRtpHeader header = {.payload_type = 96, .seq = seq, .ssrc = 5};
  gsize size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  GstBuffer *buffer = gst_buffer_new_memdup (packet, size);

  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static void
push (MbFeed *feed, GstBuffer *buffer)
{
  GstBufferList *list = gst_buffer_list_new ();

  gst_buffer_list_add (list, buffer);
  mb_rtp_port_push (mb_feed_get_port (feed), list);
}

static gpointer
push_many (gpointer feed)
{
  for (guint16 i = 0; i < N_PACKETS; i++)
    push (feed, make_packet (i, TRUE, 0));
  return NULL;
}

static void
test_threads (void)
{
  MbMedia *media = mb_media_new ();
  g_autoptr (MbFeed) feed = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  Taker *first = taker_new ();
  Taker *second = taker_new ();
  GThread *threads[N_THREADS];
  gint64 end_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  mb_feed_add_port (feed, &first->port);
  mb_feed_add_port (feed, &second->port);
  for (int i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("pusher", push_many, feed);
  for (int i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  while (g_atomic_int_get (&second->n) < N_THREADS * N_PACKETS && g_get_monotonic_time () < end_us)
    g_thread_yield ();

  g_assert_cmpint (g_atomic_int_get (&first->n), ==, N_THREADS * N_PACKETS);
  g_assert_cmpint (g_atomic_int_get (&second->n), ==, N_THREADS * N_PACKETS);
  g_assert_cmpint (first->n_lists, <, N_THREADS * N_PACKETS);
  mb_rtp_port_unref (&first->port);
  mb_rtp_port_unref (&second->port);
  mb_media_unref (media);
}

static void
test_full (void)
{
  MbMedia *media = mb_media_new_manual ();
  g_autoptr (MbFeed) feed = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  Taker *taker = taker_new ();

  mb_feed_add_port (feed, &taker->port);
  for (int i = 0; i < 4096 + 10; i++)
    push (feed, make_packet (1, TRUE, 0));
  mb_media_iterate (media, 1);
  g_assert_cmpint (taker->n, ==, 4096);
  push (feed, make_packet (1, TRUE, 0));
  mb_media_iterate (media, 2);
  g_assert_cmpint (taker->n, ==, 4097);
  mb_feed_remove_port (feed, &taker->port);
  push (feed, make_packet (1, TRUE, 0));
  mb_media_iterate (media, 3);
  g_assert_cmpint (taker->n, ==, 4097);
  mb_rtp_port_unref (&taker->port);
  mb_media_unref (media);
}

static void
test_time (void)
{
  MbMedia *media = mb_media_new_manual ();
  g_autoptr (MbFeed) timed = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  g_autoptr (MbFeed) untimed = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  Taker *taker = taker_new ();
  GstBuffer *buffer = make_packet (1, TRUE, 3 * GST_SECOND);

  mb_feed_add_port (timed, &taker->port);
  mb_feed_add_port (untimed, &taker->port);
  mb_feed_set_base_time (timed, 100 * GST_SECOND);
  gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, 8, NULL)); /* two memories */
  push (timed, buffer);
  mb_media_iterate (media, 200 * G_USEC_PER_SEC);
  g_assert_cmpuint (taker->last_pts, ==, 103 * GST_SECOND);
  g_assert_cmpuint (taker->last_size, ==, 40);
  push (untimed, make_packet (1, TRUE, 7 * GST_SECOND));
  mb_media_iterate (media, 210 * G_USEC_PER_SEC);
  g_assert_cmpuint (taker->last_pts, ==, 210 * GST_SECOND);
  push (untimed, make_packet (2, TRUE, 8 * GST_SECOND));
  push (untimed, gst_buffer_new_memdup ("no RTP", 6));
  mb_media_iterate (media, 219 * G_USEC_PER_SEC);
  g_assert_cmpuint (taker->last_pts, ==, 211 * GST_SECOND);
  g_assert_cmpint (taker->n, ==, 3);
  mb_rtp_port_unref (&taker->port);
  mb_media_unref (media);
}

static unsigned int n_asked;

static void
on_wanted (gpointer object, gpointer data)
{
  n_asked++;
}

static void
turn (MbMedia *media, gint64 now_us)
{
  mb_media_iterate (media, now_us);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
}

static void
test_key_frames (void)
{
  MbMedia *media = mb_media_new_manual ();
  g_autoptr (MbFeed) feed = mb_feed_new (media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  MbHandle *handle = mb_handle_new (object);
  Taker *taker = taker_new ();

  n_asked = 0;
  mb_feed_set_key_frame_handler (feed, handle, on_wanted);
  mb_feed_add_port (feed, &taker->port); /* asks, and waits */
  turn (media, 1000000);
  g_assert_cmpuint (n_asked, ==, 1);
  push (feed, make_packet (1, FALSE, 0));
  mb_feed_request_key_frame (feed);
  turn (media, 1400000);
  g_assert_cmpuint (n_asked, ==, 1);
  push (feed, make_packet (2, FALSE, 0));
  turn (media, 1500000);
  g_assert_cmpuint (n_asked, ==, 2);
  g_assert_cmpint (taker->n, ==, 0);
  push (feed, make_packet (3, TRUE, 0));
  push (feed, make_packet (4, FALSE, 0));
  turn (media, 2600000);
  g_assert_cmpint (taker->n, ==, 2);
  g_assert_cmpint (taker->n_lists, ==, 1);
  g_assert_cmpuint (n_asked, ==, 2);

  /* Once one has come the next is to be had soon, and not all the time. */
  mb_feed_request_key_frame (feed);
  turn (media, 2610000);
  push (feed, make_packet (5, TRUE, 0));
  turn (media, 2650000);
  g_assert_cmpuint (n_asked, ==, 3);
  mb_feed_request_key_frame (feed);
  turn (media, 2700000);
  g_assert_cmpuint (n_asked, ==, 3);
  mb_feed_request_key_frame (feed);
  turn (media, 2740000);
  g_assert_cmpuint (n_asked, ==, 4);

  n_asked = 2;
  mb_feed_set_key_frame_handler (feed, NULL, NULL);
  mb_feed_request_key_frame (feed);
  turn (media, 5000000);
  g_assert_cmpuint (n_asked, ==, 2);

  mb_handle_clear (handle);
  mb_handle_unref (handle);
  mb_rtp_port_unref (&taker->port);
  mb_media_unref (media);
}

static void
test_outlives (void)
{
  MbMedia *media = mb_media_new ();
  MbFeed *feed = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  MbRtpPort *port = mb_rtp_port_ref (mb_feed_get_port (feed));

  mb_feed_unref (feed);
  mb_media_unref (media);
  for (int i = 0; i < 10; i++) { /* a pipeline that has not stopped yet */
    GstBufferList *list = gst_buffer_list_new ();

    gst_buffer_list_add (list, make_packet (1, TRUE, 0));
    mb_rtp_port_push (port, list);
  }
  mb_rtp_port_unref (port);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/feed/every-packet-from-any-thread", test_threads);
  g_test_add_func ("/feed/the-queue-is-bounded", test_full);
  g_test_add_func ("/feed/times-are-capture-times", test_time);
  g_test_add_func ("/feed/key-frame-wishes-are-merged", test_key_frames);
  g_test_add_func ("/feed/a-port-outlives-the-engine", test_outlives);
  return g_test_run ();
}
