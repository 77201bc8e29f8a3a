/* gstmbrtpsrc.c: what is pushed into the port comes out, untouched; it never holds up the pusher
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "mb-rtp-queue.h"
#include "names.h"

#define CAPS "application/x-rtp, media=(string)audio, clock-rate=(int)48000, payload=(int)111"

static GstBufferList *
list_at (GstClockTime pts)
{
  GstBufferList *list = gst_buffer_list_new ();
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 20, NULL);

  GST_BUFFER_PTS (buffer) = pts;
  gst_buffer_list_add (list, buffer);
  return list;
}

static GstHarness *
harness_new (MbRtpPort **port)
{
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SRC);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);

  g_object_set (harness->element, MB_PROP_CAPS, caps, NULL);
  g_object_get (harness->element, MB_PROP_FEED, port, NULL);
  return harness;
}

static void
test_pull (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  g_autoptr (GstCaps) caps = NULL;
  const GstClockTime pts = 123456 * GST_SECOND + 7;

  mb_rtp_port_push (port, list_at (pts));
  gst_harness_play (harness);

  for (int round = 0; round < 2; round++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, pts);
    g_assert_cmpuint (GST_BUFFER_DTS (buffer), ==, pts);
    mb_rtp_port_push (port, list_at (pts));
  }
  caps = gst_pad_get_current_caps (harness->sinkpad);
  g_assert_true (gst_caps_is_strictly_equal (
      caps, gst_static_caps_get (&(GstStaticCaps) GST_STATIC_CAPS (CAPS))));
  gst_harness_teardown (harness);
}

static void
test_segment (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  GstEvent *event;
  gboolean found = FALSE;

  gst_harness_play (harness);
  mb_rtp_port_push (port, list_at (99 * GST_SECOND));
  gst_buffer_unref (gst_harness_pull (harness));

  while ((event = gst_harness_try_pull_event (harness)) != NULL) {
    if (GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT) {
      const GstSegment *segment;

      gst_event_parse_segment (event, &segment);
      g_assert_cmpint (segment->format, ==, GST_FORMAT_TIME);
      g_assert_cmpuint (segment->start, ==, 0);
      found = TRUE;
    }
    gst_event_unref (event);
  }
  g_assert_true (found);
  gst_harness_teardown (harness);
}

static void
test_cycles (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);

  for (int round = 0; round < 2; round++) {
    gst_harness_play (harness);
    mb_rtp_port_push (port, list_at (round));
    gst_buffer_unref (gst_harness_pull (harness));
    gst_element_set_state (harness->element, GST_STATE_NULL);
  }
  gst_harness_teardown (harness);
}

static void
test_eos (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  GstEvent *event;
  gboolean eos = FALSE;

  gst_harness_play (harness);
  mb_rtp_port_push (port, list_at (1));
  gst_buffer_unref (gst_harness_pull (harness));
  gst_element_send_event (harness->element, gst_event_new_eos ());

  while (!eos && (event = gst_harness_pull_event (harness)) != NULL) {
    eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  g_assert_true (eos);
  gst_harness_teardown (harness);
}

/* Unlike an EOS event, the end of the port is behind what was pushed before it. */
static void
test_end (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  GstEvent *event;
  gboolean eos = FALSE;

  mb_rtp_port_push (port, list_at (1));
  mb_rtp_port_push (port, list_at (2));
  mb_rtp_port_end (port);
  gst_harness_play (harness);
  gst_buffer_unref (gst_harness_pull (harness));
  gst_buffer_unref (gst_harness_pull (harness));
  while (!eos && (event = gst_harness_pull_event (harness)) != NULL) {
    eos = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    gst_event_unref (event);
  }
  g_assert_true (eos);
  gst_harness_teardown (harness);
}

static void
test_full (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  guint64 dropped;

  for (int i = 0; i < MB_RTP_QUEUE_MAX_PACKETS + 3; i++)
    mb_rtp_port_push (port, list_at (i));

  g_object_get (harness->element, MB_PROP_DROPPED, &dropped, NULL);
  g_assert_cmpuint (dropped, ==, 3);
  gst_harness_teardown (harness);
}

static void
test_outlives (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);

  mb_rtp_port_ref (port);
  gst_harness_teardown (harness);
  mb_rtp_port_push (port, list_at (0));

  mb_rtp_port_unref (port);
}

static void
test_key_frame (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) first = NULL;
  g_autoptr (GstMessage) second = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_play (harness);
  for (int i = 0; i < 2; i++)
    gst_harness_push_upstream_event (
        harness, gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));

  first = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  second = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  g_assert_true (gst_message_has_name (first, MB_MESSAGE_KEY_FRAME_WANTED));
  g_assert_null (second);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* RTP with a header extension of one byte's header (RFC 8285): id 1, one byte, -LEVEL dB. */
static GstBufferList *
list_with_level (guint16 seq, guint8 level)
{
  const guint8 packet[] = {0x90, 111, (guint8) (seq >> 8), (guint8) seq, 0, 0, 0, 0, 0, 0, 0, 1,
      0xbe, 0xde, 0, 1, 0x10, 0x80 | level, 0, 0, 0xf8, 0xff, 0xfe};
  GstBufferList *list = gst_buffer_list_new ();
  GstBuffer *buffer = gst_buffer_new_memdup (packet, sizeof packet);

  GST_BUFFER_PTS (buffer) = seq * 20 * GST_MSECOND;
  gst_buffer_list_add (list, buffer);
  return list;
}

static int
loudness_after (guint id, guint8 level)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  int loudness;

  g_object_set (harness->element, MB_PROP_AUDIO_LEVEL_ID, id, NULL);
  gst_harness_play (harness);
  mb_rtp_port_push (port, list_with_level (1, level));
  gst_buffer_unref (gst_harness_pull (harness));
  g_object_get (harness->element, MB_PROP_LOUDNESS, &loudness, NULL);
  gst_harness_teardown (harness);
  return loudness;
}

static void
test_loudness (void)
{
  g_assert_cmpint (loudness_after (1, 0), ==, 0);
  g_assert_cmpint (loudness_after (1, 30), ==, -30);
  g_assert_cmpint (loudness_after (1, 127), ==, -127);
  g_assert_cmpint (loudness_after (2, 30), ==, MB_LOUDNESS_UNKNOWN);
  g_assert_cmpint (loudness_after (0, 30), ==, MB_LOUDNESS_UNKNOWN);
}

static void
test_loss (void)
{
  MbRtpPort *port;
  GstHarness *harness = harness_new (&port);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  guint64 n_packets = 0;

  gst_element_set_bus (harness->element, bus);
  gst_harness_play (harness);
  for (guint16 seq = 1; seq < 10; seq += seq == 4 ? 3 : 1) {
    mb_rtp_port_push (port, list_with_level (seq, 0));
    gst_buffer_unref (gst_harness_pull (harness));
  }
  while (
      (message = gst_bus_pop (bus)) != NULL && !gst_message_has_name (message, MB_MESSAGE_RTP_LOST))
    gst_message_unref (g_steal_pointer (&message));

  g_assert_nonnull (message);
  gst_structure_get_uint64 (gst_message_get_structure (message), "packets", &n_packets);
  g_assert_cmpuint (n_packets, ==, 2);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/mbrtpsrc/packets-come-out-with-their-time-and-caps", test_pull);
  g_test_add_func ("/mbrtpsrc/segment-starts-at-zero", test_segment);
  g_test_add_func ("/mbrtpsrc/starts-again-after-a-stop", test_cycles);
  g_test_add_func ("/mbrtpsrc/eos-goes-downstream", test_eos);
  g_test_add_func ("/mbrtpsrc/end-comes-after-what-is-queued", test_end);
  g_test_add_func ("/mbrtpsrc/full-drops-and-counts", test_full);
  g_test_add_func ("/mbrtpsrc/port-outlives-the-element", test_outlives);
  g_test_add_func ("/mbrtpsrc/key-frame-wish-is-told-once", test_key_frame);
  g_test_add_func ("/mbrtpsrc/packets-say-how-loud-they-are", test_loudness);
  g_test_add_func ("/mbrtpsrc/what-is-missing-is-told", test_loss);
  return g_test_run ();
}
