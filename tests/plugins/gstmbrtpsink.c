/* gstmbrtpsink.c: what reaches the element reaches the port; key frames are asked for upstream
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstharness.h>

#include "names.h"

#define CAPS "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96"

typedef struct {
  MbRtpPort port;
  GPtrArray *lists; /* (element-type GstBufferList) */
} Catcher;

static int n_freed;

static void
catcher_push (MbRtpPort *port, GstBufferList *list)
{
  g_ptr_array_add (((Catcher *) port)->lists, list);
}

static void
catcher_free (MbRtpPort *port)
{
  n_freed++;
  g_ptr_array_unref (((Catcher *) port)->lists);
  g_free (port);
}

static Catcher *
catcher_new (void)
{
  Catcher *self = g_new0 (Catcher, 1);

  mb_rtp_port_init (&self->port, catcher_push, catcher_free);
  self->lists = g_ptr_array_new_with_free_func ((GDestroyNotify) gst_buffer_list_unref);
  return self;
}

static GstBuffer *
packet (GstClockTime pts)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 20, NULL);

  GST_BUFFER_PTS (buffer) = pts;
  return buffer;
}

static void
test_push (void)
{
  Catcher *catcher = catcher_new ();
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SINK);
  GstBufferList *list = gst_buffer_list_new ();

  n_freed = 0;
  g_object_set (harness->element, MB_PROP_FEED, catcher, NULL);
  gst_harness_set_src_caps_str (harness, CAPS);
  gst_buffer_list_add (list, packet (7));
  gst_buffer_list_add (list, packet (7));
  g_assert_cmpint (gst_harness_push (harness, packet (5)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_pad_push_list (harness->srcpad, list), ==, GST_FLOW_OK);

  g_assert_cmpuint (catcher->lists->len, ==, 2);
  g_assert_cmpuint (gst_buffer_list_length (catcher->lists->pdata[0]), ==, 1);
  g_assert_cmpuint (gst_buffer_list_length (catcher->lists->pdata[1]), ==, 2);
  g_assert_cmpuint (GST_BUFFER_PTS (gst_buffer_list_get (catcher->lists->pdata[0], 0)), ==, 5);

  mb_rtp_port_unref (&catcher->port);
  g_assert_cmpint (n_freed, ==, 0);
  gst_harness_teardown (harness);
  g_assert_cmpint (n_freed, ==, 1);
}

static void
test_running_time (void)
{
  Catcher *catcher = catcher_new ();
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SINK);
  GstSegment segment;

  g_object_set (harness->element, MB_PROP_FEED, catcher, NULL);
  gst_harness_set_src_caps_str (harness, CAPS);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 100 * GST_SECOND;
  segment.base = 3 * GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  gst_harness_push (harness, packet (101 * GST_SECOND));

  g_assert_cmpuint (
      GST_BUFFER_PTS (gst_buffer_list_get (catcher->lists->pdata[0], 0)), ==, 4 * GST_SECOND);

  gst_harness_teardown (harness);
  mb_rtp_port_unref (&catcher->port);
}

static void
test_no_port (void)
{
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SINK);

  gst_harness_set_src_caps_str (harness, CAPS);
  g_assert_cmpint (gst_harness_push (harness, packet (0)), ==, GST_FLOW_OK);

  gst_harness_teardown (harness);
}

static void
test_key_frame (void)
{
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SINK);
  gboolean found = FALSE;
  GstEvent *event;

  gst_harness_set_src_caps_str (harness, CAPS);
  g_signal_emit_by_name (harness->element, MB_ACTION_REQUEST_KEY_FRAME);

  while ((event = gst_harness_try_pull_upstream_event (harness)) != NULL) {
    found = found || gst_event_has_name (event, "GstForceKeyUnit");
    gst_event_unref (event);
  }
  g_assert_true (found);
  gst_harness_teardown (harness);
}

static void
test_caps_message (void)
{
  GstHarness *harness = gst_harness_new (MB_ELEMENT_RTP_SINK);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstCaps) expected = gst_caps_from_string (CAPS);
  g_autoptr (GstCaps) caps = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, CAPS);
  gst_harness_push (harness, packet (0));

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  g_assert_true (gst_message_has_name (message, MB_MESSAGE_RTP_CAPS));
  gst_structure_get (gst_message_get_structure (message), MB_PROP_CAPS, GST_TYPE_CAPS, &caps, NULL);
  g_assert_true (gst_caps_is_equal (caps, expected));

  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/mbrtpsink/buffers-and-lists-reach-the-port", test_push);
  g_test_add_func ("/mbrtpsink/pts-becomes-running-time", test_running_time);
  g_test_add_func ("/mbrtpsink/without-a-port-it-drops", test_no_port);
  g_test_add_func ("/mbrtpsink/key-frame-request-goes-upstream", test_key_frame);
  g_test_add_func ("/mbrtpsink/caps-are-told", test_caps_message);
  return g_test_run ();
}
