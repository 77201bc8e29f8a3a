/* card-reader.c: when a recording flashes and beeps, for tests that measure how far apart its tracks are
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   filesrc ─ matroskademux ─┬ video_N: decoder ─ fakesink: reads the time code
 *                            └ audio_N: decoder ─ fakesink: listens
 *
 * Of a file with test cards it prints a line for each second of each track: `video_0 12003.2`, the time in
 * the file, in milliseconds, at which a second of the card begins, by its time code or its beep. With
 * `pictures` behind the file's name it has a line for each picture: its time, and whether its time code can
 * be read: `video_0 12033.0 1`.
 */
#include <gst/video/video.h>

#include "mb-listen.h"
#include "mb-timecode.h"

#define QUEUE "queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! "
#define VIDEO QUEUE "vp8dec ! videoconvert ! video/x-raw,format=I420 ! "
#define AUDIO QUEUE "opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1,rate=48000 ! "
#define SINK "fakesink name=sink sync=false signal-handoffs=true"
#define RATE 48000

static gboolean tells_pictures;

typedef struct {
  char *name;
  unsigned int phase_ms; /* of the last picture */
  MbListen listen;
  guint64 n_onsets;
} Track;

static void
track_free (gpointer data, GClosure *closure)
{
  Track *self = data;

  g_free (self->name);
  g_free (self);
}

static void
on_picture (GstElement *sink, GstBuffer *buffer, GstPad *pad, Track *self)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  GstVideoInfo info;
  GstVideoFrame frame;
  MbTimecode code;
  gboolean is_read;

  if (!gst_video_info_from_caps (&info, caps) ||
      !gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ))
    return;
  is_read = mb_timecode_read (&code, GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
      GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), GST_VIDEO_FRAME_WIDTH (&frame),
      GST_VIDEO_FRAME_HEIGHT (&frame));
  if (tells_pictures)
    g_print ("%s %.1f %d\n", self->name, (double) GST_BUFFER_PTS (buffer) / GST_MSECOND, is_read);
  else if (is_read && code.phase_ms < self->phase_ms)
    g_print (
        "%s %.1f\n", self->name, (double) GST_BUFFER_PTS (buffer) / GST_MSECOND - code.phase_ms);
  if (is_read)
    self->phase_ms = code.phase_ms;
  gst_video_frame_unmap (&frame);
}

static void
on_sound (GstElement *sink, GstBuffer *buffer, GstPad *pad, Track *self)
{
  GstMapInfo map;

  if (!GST_BUFFER_PTS_IS_VALID (buffer) || !gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  mb_listen_take (&self->listen, (const gint16 *) (gconstpointer) map.data,
      map.size / sizeof (gint16), 1, RATE, (gint64) GST_BUFFER_PTS (buffer));
  if (self->listen.n_onsets != self->n_onsets && !tells_pictures)
    g_print ("%s %.1f\n", self->name, (double) self->listen.onset_ns / GST_MSECOND);
  self->n_onsets = self->listen.n_onsets;
  gst_buffer_unmap (buffer, &map);
}

static void
on_pad_added (GstElement *demuxer, GstPad *pad, GstBin *pipeline)
{
  Track *track = g_new0 (Track, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) entry = NULL;
  GstElement *branch;
  gboolean is_video;

  track->name = gst_pad_get_name (pad);
  is_video = g_str_has_prefix (track->name, "video");
  branch = gst_parse_bin_from_description (is_video ? VIDEO SINK : AUDIO SINK, TRUE, &error);
  g_assert_no_error (error);
  sink = gst_bin_get_by_name (GST_BIN (branch), "sink");
  g_signal_connect_data (sink, "handoff",
      is_video ? G_CALLBACK (on_picture) : G_CALLBACK (on_sound), track, track_free,
      G_CONNECT_DEFAULT);
  gst_bin_add (pipeline, branch);
  entry = gst_element_get_static_pad (branch, "sink");
  g_assert_cmpint (gst_pad_link (pad, entry), ==, GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent (branch);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstElement) demuxer = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  tells_pictures = argc > 2;
  pipeline = gst_parse_launch ("filesrc name=source ! matroskademux name=demuxer", &error);
  g_assert_no_error (error);
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  demuxer = gst_bin_get_by_name (GST_BIN (pipeline), "demuxer");
  g_object_set (source, "location", argc > 1 ? argv[1] : "", NULL);
  g_signal_connect (demuxer, "pad-added", G_CALLBACK (on_pad_added), pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return 0;
  gst_message_parse_error (message, &error, NULL);
  g_printerr ("%s\n", error->message);
  return 1;
}
