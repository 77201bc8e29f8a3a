/* gstmbwriter.c: the element never holds up or fails what is upstream, and says what became of the file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>

#include "frames.h"
#include "names.h"
#include "playback.h"

#define TIMEOUT (20 * GST_SECOND)
#define VP8_CAPS "video/x-vp8"
#define OPUS_CAPS "audio/x-opus,channels=2,rate=48000,channel-mapping-family=0"

typedef struct {
  char *folder;
  char *location;
  GstElement *element;
  GstBus *bus;
  GstHarness *video;
  GstHarness *audio; /* (nullable) */
} Fixture;

static void
set_up_video (Fixture *fixture, gconstpointer name)
{
  fixture->folder = g_dir_make_tmp ("mbwriter-XXXXXX", NULL);
  fixture->location = g_build_filename (fixture->folder, name != NULL ? name : "a.webm", NULL);
  fixture->element = gst_object_ref_sink (gst_element_factory_make (MB_ELEMENT_WRITER, NULL));
  fixture->bus = gst_bus_new ();
  gst_element_set_bus (fixture->element, fixture->bus);
  g_object_set (fixture->element, MB_PROP_LOCATION, fixture->location, NULL);
  fixture->video = gst_harness_new_with_element (fixture->element, MB_WRITER_PAD_VIDEO, NULL);
  gst_harness_set_src_caps_str (fixture->video, VP8_CAPS);
}

static void
set_up (Fixture *fixture, gconstpointer name)
{
  set_up_video (fixture, name);
  fixture->audio = gst_harness_new_with_element (fixture->element, MB_WRITER_PAD_AUDIO, NULL);
  gst_harness_set_src_caps_str (fixture->audio, OPUS_CAPS);
}

static void
tear_down (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GDir) dir = NULL;
  const char *file;

  gst_element_set_state (fixture->element, GST_STATE_NULL);
  gst_element_set_bus (fixture->element, NULL);
  if (fixture->audio != NULL)
    gst_harness_teardown (fixture->audio);
  gst_harness_teardown (fixture->video);
  gst_object_unref (fixture->bus);
  g_assert_finalize_object ((GObject *) fixture->element);

  dir = g_dir_open (fixture->folder, 0, NULL);
  while ((file = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, file, NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->location);
}

static void
push_video (Fixture *fixture, gboolean is_key, guint ms)
{
  GstBuffer *buffer = is_key ? gst_buffer_new_memdup (VP8_KEY, sizeof VP8_KEY)
                             : gst_buffer_new_memdup (VP8_DELTA, sizeof VP8_DELTA);

  if (!is_key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  g_assert_cmpint (gst_harness_push (fixture->video, buffer), ==, GST_FLOW_OK);
}

static void
push_audio (Fixture *fixture, guint ms)
{
  GstBuffer *buffer = gst_buffer_new_memdup (OPUS, sizeof OPUS);

  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  g_assert_cmpint (gst_harness_push (fixture->audio, buffer), ==, GST_FLOW_OK);
}

static void
push_second (Fixture *fixture)
{
  for (guint i = 0; i < 50; i++) {
    push_video (fixture, i == 0, i * 20);
    push_audio (fixture, i * 20);
  }
}

/* Waits for the next message of that name. */
static GstMessage *
wait_for (Fixture *fixture, const char *name)
{
  for (;;) {
    g_autoptr (GstMessage) message =
        gst_bus_timed_pop_filtered (fixture->bus, TIMEOUT, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (gst_message_has_name (message, name))
      return g_steal_pointer (&message);
  }
}

static void
assert_closed (Fixture *fixture, const char *reason, guint64 *duration)
{
  g_autoptr (GstMessage) message = wait_for (fixture, MB_MESSAGE_WRITER_CLOSED);
  const GstStructure *structure = gst_message_get_structure (message);
  guint64 bytes;

  g_assert_cmpstr (gst_structure_get_string (structure, "location"), ==, fixture->location);
  g_assert_cmpstr (gst_structure_get_string (structure, "reason"), ==, reason);
  g_assert_true (gst_structure_get_uint64 (structure, "bytes", &bytes));
  g_assert_true (gst_structure_get_uint64 (structure, "duration", duration));
  if (g_str_equal (reason, MB_WRITER_REASON_ERROR))
    g_assert_cmpstr (gst_structure_get_string (structure, "error"), !=, "");
  else
    g_assert_cmpuint (bytes, >, 0);
}

static void
test_eos (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) opened = NULL;
  g_autoptr (GstMessage) eos = NULL;
  guint64 duration;
  Playback playback;

  push_second (fixture);
  opened = wait_for (fixture, MB_MESSAGE_WRITER_OPENED);
  g_assert_cmpstr (gst_structure_get_string (gst_message_get_structure (opened), "location"), ==,
      fixture->location);
  gst_harness_push_event (fixture->video, gst_event_new_eos ());
  gst_harness_push_event (fixture->audio, gst_event_new_eos ());
  assert_closed (fixture, MB_WRITER_REASON_EOS, &duration);
  eos = gst_bus_timed_pop_filtered (fixture->bus, TIMEOUT, GST_MESSAGE_EOS);

  g_assert_nonnull (eos);
  g_assert_cmpuint (duration, ==, 980 * GST_MSECOND);
  playback_read (fixture->location, &playback);
  g_assert_cmpuint (playback.n_errors, ==, 0);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, 50);
  g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets, ==, 50);
}

static void
test_stop (Fixture *fixture, gconstpointer name)
{
  guint64 duration;
  Playback playback;

  push_second (fixture);
  gst_element_set_state (fixture->element, GST_STATE_NULL);
  assert_closed (fixture, MB_WRITER_REASON_STOPPED, &duration);

  playback_read (fixture->location, &playback);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, 50);
}

static void
test_cycles (Fixture *fixture, gconstpointer name)
{
  for (int i = 0; i < 3; i++) {
    guint64 duration;

    gst_harness_set_src_caps_str (fixture->video, VP8_CAPS);
    gst_harness_set_src_caps_str (fixture->audio, OPUS_CAPS);
    push_second (fixture);
    gst_element_set_state (fixture->element, GST_STATE_NULL);
    assert_closed (fixture, MB_WRITER_REASON_STOPPED, &duration);
    g_assert_cmpuint (duration, ==, 980 * GST_MSECOND);

    g_assert_cmpint (g_unlink (fixture->location), ==, 0);
    gst_element_set_state (fixture->element, GST_STATE_PLAYING);
  }
}

static void
test_silent (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) opened = NULL;

  push_audio (fixture, 0);
  opened = wait_for (fixture, MB_MESSAGE_WRITER_OPENED);
  g_assert_nonnull (opened);

  push_audio (fixture, 20);
  push_video (fixture, TRUE, 1500);
}

static void
test_no_frames (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) eos = NULL;
  g_autoptr (GstMessage) other = NULL;
  g_autoptr (GDir) dir = NULL;

  gst_harness_push_event (fixture->video, gst_event_new_eos ());
  gst_harness_push_event (fixture->audio, gst_event_new_eos ());
  eos = gst_bus_timed_pop_filtered (fixture->bus, TIMEOUT, GST_MESSAGE_EOS);
  g_assert_nonnull (eos);
  gst_element_set_state (fixture->element, GST_STATE_NULL);

  other = gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ELEMENT);
  g_assert_null (other);
  dir = g_dir_open (fixture->folder, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
}

static void
test_error (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) error = NULL;
  guint64 duration;

  push_second (fixture);
  assert_closed (fixture, MB_WRITER_REASON_ERROR, &duration);
  push_second (fixture);
  gst_element_set_state (fixture->element, GST_STATE_NULL);

  error = gst_bus_pop_filtered (fixture->bus, GST_MESSAGE_ERROR);
  g_assert_null (error);
}

static void
test_full (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) dropped = NULL;
  guint64 frames;

  g_object_set (fixture->element, "max-queue-bytes", 1, NULL);
  for (guint i = 0; i < 500; i++)
    push_video (fixture, FALSE, i);
  dropped = wait_for (fixture, MB_MESSAGE_WRITER_DROPPED);

  g_assert_true (gst_structure_get_uint64 (gst_message_get_structure (dropped), "frames", &frames));
  g_assert_cmpuint (frames, >, 0);
}

static guint64
get_time (const GstStructure *structure, const char *name, guint index)
{
  const GValue *times = gst_structure_get_value (structure, name);

  g_assert_nonnull (times);
  g_assert_cmpuint (gst_value_array_get_size (times), >, index);
  return g_value_get_uint64 (gst_value_array_get_value (times, index));
}

static void
test_without_video (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstMessage) closed = NULL;
  const GstStructure *structure;
  guint64 missing = 0;
  Playback playback;

  for (guint i = 0; i < 150; i++) {
    if (i == 50 || i == 100)
      g_object_set (fixture->element, MB_PROP_WITHOUT_VIDEO, i == 50, NULL);
    /* Of what comes when it is over the first is no key frame. */
    push_video (fixture, i == 0 || i == 102, i * 20);
    push_audio (fixture, i * 20);
  }
  gst_element_set_state (fixture->element, GST_STATE_NULL);
  closed = wait_for (fixture, MB_MESSAGE_WRITER_CLOSED);
  structure = gst_message_get_structure (closed);

  g_assert_true (gst_structure_get_uint64 (structure, "video-missing", &missing));
  g_assert_cmpuint (missing, ==, 52);
  g_assert_true (gst_structure_get_uint64 (structure, "audio-missing", &missing));
  g_assert_cmpuint (missing, ==, 0);
  g_assert_cmpuint (get_time (structure, "video-gaps", 0), ==, 49 * 20 * GST_MSECOND);
  g_assert_cmpuint (get_time (structure, "video-gaps", 1), ==, 102 * 20 * GST_MSECOND);
  playback_read (fixture->location, &playback);
  g_assert_cmpuint (playback.n_errors, ==, 0);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_packets, ==, 98);
  g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets, ==, 150);
}

static void
assert_size (Fixture *fixture, guint width, guint height)
{
  g_autoptr (GstMessage) message = wait_for (fixture, MB_MESSAGE_WRITER_SIZE);
  guint told_width = 0;
  guint told_height = 0;

  gst_structure_get (gst_message_get_structure (message), "width", G_TYPE_UINT, &told_width,
      "height", G_TYPE_UINT, &told_height, NULL);
  g_assert_cmpuint (told_width, ==, width);
  g_assert_cmpuint (told_height, ==, height);
}

static void
test_size (Fixture *fixture, gconstpointer name)
{
  GstBuffer *turned = gst_buffer_new_memdup (VP8_KEY, sizeof VP8_KEY);
  static const guint8 SIZE[] = {FRAME_HEIGHT, 0, FRAME_WIDTH, 0};

  push_video (fixture, TRUE, 0);
  push_video (fixture, FALSE, 20);
  assert_size (fixture, FRAME_WIDTH, FRAME_HEIGHT);
  gst_buffer_fill (turned, 6, SIZE, sizeof SIZE);
  GST_BUFFER_PTS (turned) = 40 * GST_MSECOND;
  gst_harness_push (fixture->video, turned);
  assert_size (fixture, FRAME_HEIGHT, FRAME_WIDTH);
}

static void
test_key_frame (Fixture *fixture, gconstpointer name)
{
  gint64 until_us = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;
  gboolean found = FALSE;

  for (guint i = 0; !found && g_get_monotonic_time () < until_us; i++) {
    g_autoptr (GstEvent) event = NULL;

    push_video (fixture, FALSE, i);
    event = gst_harness_try_pull_upstream_event (fixture->video);
    found = event != NULL && gst_event_has_name (event, "GstForceKeyUnit");
    g_thread_yield ();
  }
  g_assert_true (found);
}

static void
test_release (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (fixture->element, MB_WRITER_PAD_AUDIO);
  g_autoptr (GstMessage) eos = NULL;

  push_video (fixture, TRUE, 0);
  gst_element_release_request_pad (fixture->element, pad);
  gst_harness_push_event (fixture->video, gst_event_new_eos ());
  eos = gst_bus_timed_pop_filtered (fixture->bus, TIMEOUT, GST_MESSAGE_EOS);

  g_assert_nonnull (eos);
  g_assert_true (g_file_test (fixture->location, G_FILE_TEST_EXISTS));
}

static void
test_segment (Fixture *fixture, gconstpointer name)
{
  GstSegment segment;
  guint64 duration;
  Playback playback;

  /* The picture's segment starts at 100 s, the sound's at 0: running time puts them together. */
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 100 * GST_SECOND;
  gst_harness_push_event (fixture->video, gst_event_new_segment (&segment));
  push_video (fixture, TRUE, 100500);
  push_audio (fixture, 0);
  push_audio (fixture, 500);
  gst_element_set_state (fixture->element, GST_STATE_NULL);
  assert_closed (fixture, MB_WRITER_REASON_STOPPED, &duration);

  playback_read (fixture->location, &playback);
  g_assert_cmpint (playback_find (&playback, TRUE)->first_ms, ==, 500);
  g_assert_cmpint (playback_find (&playback, FALSE)->first_ms, ==, 0);
}

static void
test_no_location (void)
{
  GstElement *element = gst_object_ref_sink (gst_element_factory_make (MB_ELEMENT_WRITER, NULL));

  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

#define ADD(path, name, func) g_test_add (path, Fixture, name, set_up, func, tear_down)
#define ADD_VIDEO(path, func) g_test_add (path, Fixture, NULL, set_up_video, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("/mbwriter/eos-finishes-the-file", NULL, test_eos);
  ADD ("/mbwriter/stop-finishes-the-file", NULL, test_stop);
  ADD ("/mbwriter/starts-again-after-a-stop", NULL, test_cycles);
  ADD ("/mbwriter/silent-track-is-not-waited-for", NULL, test_silent);
  ADD ("/mbwriter/no-frames-no-file-no-messages", NULL, test_no_frames);
  ADD ("/mbwriter/disk-error-is-told-and-goes-nowhere-else", "none/a.webm", test_error);
  ADD ("/mbwriter/full-queue-drops-and-tells", NULL, test_full);
  ADD ("/mbwriter/pictures-are-left-out-and-go-on-with-a-key-frame", NULL, test_without_video);
  ADD_VIDEO ("/mbwriter/sizes-are-told", test_size);
  ADD_VIDEO ("/mbwriter/key-frame-is-asked-for", test_key_frame);
  ADD_VIDEO ("/mbwriter/released-pad-is-not-waited-for", test_release);
  ADD ("/mbwriter/tracks-meet-in-running-time", NULL, test_segment);
  g_test_add_func ("/mbwriter/without-a-location-it-does-not-start", test_no_location);
  return g_test_run ();
}
