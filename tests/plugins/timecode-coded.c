/* timecode-coded.c: the time code survives VP8 at 150 kbit/s, and scaling behind it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/video/video.h>

#include "mb-timecode.h"

#define N_PICTURES 150
#define PATIENCE_NS (60 * GST_SECOND)
#define ID 99

typedef struct {
  unsigned int n_pictures;
  unsigned int n_read;
  unsigned int n_false; /* read, and not what was drawn */
} Counts;

static void
on_picture (GstElement *sink, GstBuffer *buffer, GstPad *pad, Counts *counts)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;
  GstVideoFrame frame;
  MbTimecode code;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  if (mb_timecode_read (&code, GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
          GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), GST_VIDEO_FRAME_WIDTH (&frame),
          GST_VIDEO_FRAME_HEIGHT (&frame))) {
    counts->n_read++;
    if (code.id != ID || code.frame != counts->n_pictures)
      counts->n_false++;
  }
  counts->n_pictures++;
  gst_video_frame_unmap (&frame);
}

static void
check (const char *size, const char *scale)
{
  g_autofree char *text = g_strdup_printf (
      "videotestsrc num-buffers=%d pattern=ball ! video/x-raw,format=I420,%s,framerate=15/1 ! "
      "mbstamp id=%d ! vp8enc deadline=1 cpu-used=12 lag-in-frames=0 end-usage=cbr "
      "target-bitrate=150000 keyframe-max-dist=30 ! vp8dec ! %s ! "
      "fakesink name=sink signal-handoffs=true",
      N_PICTURES, size, ID, scale);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  Counts counts = {0};

  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_picture), &counts);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, PATIENCE_NS, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  g_test_message ("%s, %s: %u of %u read", size, scale, counts.n_read, counts.n_pictures);
  g_assert_cmpuint (counts.n_pictures, ==, N_PICTURES);
  g_assert_cmpuint (counts.n_false, ==, 0);
  g_assert_cmpuint (counts.n_read, >=, N_PICTURES * 98 / 100);
}

static void
test_sizes (void)
{
  static const struct {
    const char *size;
    const char *scale;
  } ROWS[] = {
      {"width=320,height=180", "identity"},
      {"width=640,height=360", "identity"},
      {"width=640,height=360", "videoscale ! video/x-raw,width=320,height=180"},
      {"width=640,height=360", "videoscale ! video/x-raw,width=960,height=540"},
      {"width=320,height=240", "videoscale ! video/x-raw,width=176,height=132"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++)
    check (ROWS[i].size, ROWS[i].scale);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timecode/survives-150-kbit/s-and-scaling", test_sizes);
  return g_test_run ();
}
