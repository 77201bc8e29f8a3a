/* mb-rtp-queue.c: bounded, counted, in order, and safe to push into after its reader is gone
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-queue.h"

static GstBufferList *
list_of (guint n_packets, gsize size)
{
  GstBufferList *list = gst_buffer_list_new ();

  for (guint i = 0; i < n_packets; i++)
    gst_buffer_list_add (list, gst_buffer_new_allocate (NULL, size, NULL));
  return list;
}

/* What the last pop said. */
static gboolean ended;

static void
test_order (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (10, 10000);
  g_autoptr (MbRtpPort) port = mb_rtp_queue_get_port (queue);

  for (guint i = 1; i <= 3; i++)
    mb_rtp_port_push (port, list_of (i, 10));

  for (guint i = 1; i <= 3; i++) {
    g_autoptr (GstBufferList) list = mb_rtp_queue_pop (queue, &ended);

    g_assert_cmpuint (gst_buffer_list_length (list), ==, i);
  }
  g_assert_cmpuint (mb_rtp_queue_get_dropped (queue), ==, 0);
}

static void
test_packet_limit (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (4, 10000);
  g_autoptr (MbRtpPort) port = mb_rtp_queue_get_port (queue);

  mb_rtp_port_push (port, list_of (4, 10));
  g_assert_cmpuint (mb_rtp_queue_get_dropped (queue), ==, 0);
  mb_rtp_port_push (port, list_of (1, 10));
  g_assert_cmpuint (mb_rtp_queue_get_dropped (queue), ==, 1);

  gst_buffer_list_unref (mb_rtp_queue_pop (queue, &ended));
  mb_rtp_port_push (port, list_of (1, 10));
  g_assert_cmpuint (mb_rtp_queue_get_dropped (queue), ==, 1);
}

static void
test_byte_limit (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (100, 100);
  g_autoptr (MbRtpPort) port = mb_rtp_queue_get_port (queue);

  mb_rtp_port_push (port, list_of (1, 100));
  mb_rtp_port_push (port, list_of (2, 1));

  g_assert_cmpuint (mb_rtp_queue_get_dropped (queue), ==, 2);
}

static void
test_flushing (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (10, 10000);
  g_autoptr (MbRtpPort) port = mb_rtp_queue_get_port (queue);

  mb_rtp_port_push (port, list_of (1, 10));
  mb_rtp_queue_set_flushing (queue, TRUE);
  g_assert_null (mb_rtp_queue_pop (queue, &ended));

  mb_rtp_queue_set_flushing (queue, FALSE);
  gst_buffer_list_unref (mb_rtp_queue_pop (queue, &ended));
}

/* What was pushed comes out, and then the end. */
static void
test_ended (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (10, 10000);
  g_autoptr (MbRtpPort) port = mb_rtp_queue_get_port (queue);

  mb_rtp_port_push (port, list_of (1, 10));
  mb_rtp_port_end (port);
  gst_buffer_list_unref (mb_rtp_queue_pop (queue, &ended));
  g_assert_false (ended);
  g_assert_null (mb_rtp_queue_pop (queue, &ended));
  g_assert_true (ended);
  mb_rtp_queue_set_flushing (queue, TRUE);
  g_assert_null (mb_rtp_queue_pop (queue, &ended));
  g_assert_false (ended);
}

static void
test_closed (void)
{
  MbRtpQueue *queue = mb_rtp_queue_new (10, 10000);
  MbRtpPort *port = mb_rtp_port_ref (mb_rtp_queue_get_port (queue));

  mb_rtp_port_push (port, list_of (1, 10));
  mb_rtp_queue_close (queue);
  mb_rtp_port_unref (mb_rtp_queue_get_port (queue));
  mb_rtp_port_push (port, list_of (1, 10));

  mb_rtp_port_unref (port);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/rtp-queue/lists-come-out-in-order", test_order);
  g_test_add_func ("/rtp-queue/over-the-packet-limit-is-dropped-and-counted", test_packet_limit);
  g_test_add_func ("/rtp-queue/over-the-byte-limit-is-dropped-and-counted", test_byte_limit);
  g_test_add_func ("/rtp-queue/flushing-keeps-what-is-queued", test_flushing);
  g_test_add_func ("/rtp-queue/ended-after-what-is-queued", test_ended);
  g_test_add_func ("/rtp-queue/closed-port-swallows", test_closed);
  return g_test_run ();
}
