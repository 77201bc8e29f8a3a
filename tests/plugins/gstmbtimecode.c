/* gstmbtimecode.c: mbprobe reads what mbstamp drew, mbsoundprobe hears mbbeep, each alone in a pipeline
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "mb-timecode.h"
#include "names.h"

#define WIDTH 320
#define HEIGHT 180
#define VIDEO_CAPS "video/x-raw,format=%s,width=320,height=180,framerate=25/1"
#define AUDIO_CAPS "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1"
#define FRAME (40 * GST_MSECOND)

static GstBuffer *
make_picture (const char *caps_text, GstClockTime pts)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GstVideoInfo info;
  GstBuffer *buffer;

  g_assert_true (gst_video_info_from_caps (&info, caps));
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  gst_buffer_memset (buffer, 0, 100, GST_VIDEO_INFO_SIZE (&info));
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return buffer;
}

/* The newest message of that name. */
static GstStructure *
take_message (GstBus *bus, const char *name)
{
  GstStructure *found = NULL;
  GstMessage *message;

  while ((message = gst_bus_pop (bus)) != NULL) {
    if (gst_message_has_name (message, name)) {
      g_clear_pointer (&found, gst_structure_free);
      found = gst_structure_copy (gst_message_get_structure (message));
    }
    gst_message_unref (message);
  }
  return found;
}

static guint64
read_number (const GstStructure *structure, const char *name)
{
  const GValue *value = gst_structure_get_value (structure, name);

  g_assert_nonnull (value);
  return G_VALUE_HOLDS_UINT (value) ? g_value_get_uint (value) : g_value_get_uint64 (value);
}

static void
test_stamp_and_probe (gconstpointer data)
{
  g_autofree char *caps = g_strdup_printf (VIDEO_CAPS, (const char *) data);
  GstHarness *stamp = gst_harness_new_parse ("mbstamp id=4711");
  GstHarness *probe = gst_harness_new_parse ("mbprobe expected-id=4711 interval=200000000");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstStructure) latency = NULL;
  gint64 began_us = g_get_real_time ();

  gst_element_set_bus (probe->element, bus);
  gst_harness_set_src_caps_str (stamp, caps);
  gst_harness_set_src_caps_str (probe, caps);
  for (unsigned int i = 0; i < 10; i++) {
    GstBuffer *picture = gst_harness_push_and_pull (stamp, make_picture (caps, i * FRAME));

    if (i == 3 || i == 4) /* lost under way */
      gst_buffer_unref (picture);
    else
      gst_buffer_unref (gst_harness_push_and_pull (probe, picture));
  }
  /* The next message is due after its interval. */
  do {
    g_clear_pointer (&latency, gst_structure_free);
    gst_buffer_unref (gst_harness_push_and_pull (
        probe, gst_harness_push_and_pull (stamp, make_picture (caps, 10 * FRAME))));
    latency = take_message (bus, MB_MESSAGE_LATENCY);
  } while (latency == NULL || read_number (latency, "frames") < 9);

  g_assert_cmpuint (read_number (latency, "id"), ==, 4711);
  g_assert_cmpuint (read_number (latency, "missed"), ==, 2);
  g_assert_cmpuint (read_number (latency, "repeated"), ==, 0);
  g_assert_cmpuint (read_number (latency, "wrong"), ==, 0);
  g_assert_cmpuint (read_number (latency, "phase"), ==, 400);
  g_assert_cmpuint (read_number (latency, "sent"), >=, (guint64) began_us - MB_TIMECODE_UNIT_US);
  g_assert_cmpuint (
      read_number (latency, "seen"), >=, read_number (latency, "sent") - MB_TIMECODE_UNIT_US);
  gst_element_set_bus (probe->element, NULL);
  gst_harness_teardown (stamp);
  gst_harness_teardown (probe);
}

static void
test_wrong_and_repeated (void)
{
  g_autofree char *caps = g_strdup_printf (VIDEO_CAPS, "I420");
  GstHarness *stamp = gst_harness_new_parse ("mbstamp id=1");
  GstHarness *probe = gst_harness_new_parse ("mbprobe expected-id=2 interval=200000000");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstStructure) latency = NULL;
  GstBuffer *picture;
  guint64 n = 0;

  gst_element_set_bus (probe->element, bus);
  gst_harness_set_src_caps_str (stamp, caps);
  gst_harness_set_src_caps_str (probe, caps);
  picture = gst_harness_push_and_pull (stamp, make_picture (caps, 0));
  do {
    g_clear_pointer (&latency, gst_structure_free);
    gst_buffer_unref (gst_harness_push_and_pull (probe, gst_buffer_ref (picture)));
    n++;
    latency = take_message (bus, MB_MESSAGE_LATENCY);
  } while (latency == NULL || n < 5);

  g_assert_cmpuint (read_number (latency, "repeated"), ==, n - 1);
  g_assert_cmpuint (read_number (latency, "wrong"), ==, n);
  gst_buffer_unref (picture);
  gst_element_set_bus (probe->element, NULL);
  gst_harness_teardown (stamp);
  gst_harness_teardown (probe);
}

static void
test_flash (void)
{
  g_autofree char *caps = g_strdup_printf (VIDEO_CAPS, "I420");
  GstHarness *stamp = gst_harness_new_parse ("mbstamp");

  gst_harness_set_src_caps_str (stamp, caps);
  for (unsigned int i = 0; i < 50; i++) {
    GstBuffer *picture = gst_harness_push_and_pull (stamp, make_picture (caps, i * FRAME));
    guint8 corner = 0;

    gst_buffer_extract (picture, (HEIGHT - 5) * WIDTH + 5, &corner, 1);
    g_assert_cmpuint (corner, ==, i * FRAME % GST_SECOND < 100 * GST_MSECOND ? 235 : 16);
    gst_buffer_unref (picture);
  }
  gst_harness_teardown (stamp);
}

static void
test_beep_is_heard (void)
{
  GstHarness *beep = gst_harness_new_parse ("mbbeep frequency=500");
  GstHarness *probe = gst_harness_new_parse ("mbsoundprobe interval=100000000");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstStructure) sound = NULL;
  GstClockTime time = 1700 * GST_MSECOND; /* it does not begin with a second */

  gst_element_set_bus (probe->element, bus);
  gst_harness_set_src_caps_str (beep, AUDIO_CAPS);
  gst_harness_set_src_caps_str (probe, AUDIO_CAPS);
  do {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 960 * 2, NULL);

    gst_buffer_memset (buffer, 0, 0, 960 * 2);
    GST_BUFFER_PTS (buffer) = time;
    time += 20 * GST_MSECOND;
    gst_buffer_unref (gst_harness_push_and_pull (probe, gst_harness_push_and_pull (beep, buffer)));
    g_clear_pointer (&sound, gst_structure_free);
    sound = take_message (bus, MB_MESSAGE_SOUND);
  } while (sound == NULL || read_number (sound, "onsets") < 3);

  g_assert_cmpuint (read_number (sound, "onset") % GST_SECOND, <, 2 * GST_MSECOND);
  g_assert_cmpuint (read_number (sound, "silent"), ==, 0);
  gst_element_set_bus (probe->element, NULL);
  gst_harness_teardown (beep);
  gst_harness_teardown (probe);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/timecode/read-as-drawn/I420", "I420", test_stamp_and_probe);
  g_test_add_data_func ("/timecode/read-as-drawn/NV12", "NV12", test_stamp_and_probe);
  g_test_add_data_func ("/timecode/read-as-drawn/Y444", "Y444", test_stamp_and_probe);
  g_test_add_data_func ("/timecode/read-as-drawn/GRAY8", "GRAY8", test_stamp_and_probe);
  g_test_add_func ("/timecode/another's-and-the-same-again-are-counted", test_wrong_and_repeated);
  g_test_add_func ("/timecode/a-flash-each-second", test_flash);
  g_test_add_func ("/timecode/a-beep-each-second-is-heard", test_beep_is_heard);
  return g_test_run ();
}
