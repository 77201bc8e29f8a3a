/* mb-writer.c: what comes is in the file, in its time, and no track ever waits for another
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-writer.h"

#include <glib/gstdio.h>

#include "frames.h"
#include "playback.h"

#define SECOND_US G_USEC_PER_SEC
#define VIDEO_MS 33
#define AUDIO_MS 20
#define START_MS 5000000 /* of the senders' clock: recordings start in the middle of it */

typedef struct {
  char *folder;
  char *location;
  MbWriter *writer;
  guint video;
  guint audio;
  gint64 now_us;
  guint n_video; /* frames pushed */
  guint n_audio;
} Fixture;

static void
set_caps (Fixture *fixture, guint track, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  mb_writer_set_caps (fixture->writer, track, caps);
}

static void
set_up (Fixture *fixture, gconstpointer name)
{
  fixture->folder = g_dir_make_tmp ("mb-writer-XXXXXX", NULL);
  fixture->location = g_build_filename (fixture->folder, name != NULL ? name : "a.webm", NULL);
  fixture->writer = mb_writer_new (fixture->location);
  fixture->video = mb_writer_add_track (fixture->writer, TRUE);
  fixture->audio = mb_writer_add_track (fixture->writer, FALSE);
  fixture->now_us = 1000 * SECOND_US;
}

static void
tear_down (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *file;

  mb_writer_free (fixture->writer);
  while ((file = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, file, NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->location);
}

static void
push (Fixture *fixture, guint track, const guint8 *data, gsize size, gint64 ms)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (data, size);

  mb_writer_push (fixture->writer, track, buffer, (GstClockTime) (START_MS + ms) * GST_MSECOND,
      GST_CLOCK_TIME_NONE, fixture->now_us);
}

static void
push_vp8 (Fixture *fixture, gboolean is_key, gint64 ms)
{
  if (is_key)
    push (fixture, fixture->video, VP8_KEY, sizeof VP8_KEY, ms);
  else
    push (fixture, fixture->video, VP8_DELTA, sizeof VP8_DELTA, ms);
  fixture->n_video++;
}

static void
push_opus (Fixture *fixture, gint64 ms)
{
  push (fixture, fixture->audio, OPUS, sizeof OPUS, ms);
  fixture->n_audio++;
}

static void
tick (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_writer_tick (fixture->writer, fixture->now_us, &error));
  g_assert_no_error (error);
}

typedef enum {
  VIDEO = 1,
  AUDIO = 2,
  BOTH = 3,
} Which;

/* Plays @from_ms to @to_ms of a call, a tick each 200 ms; the picture starts with a key frame. */
static void
play (Fixture *fixture, Which which, gint64 from_ms, gint64 to_ms)
{
  gint64 video_ms = from_ms;
  gint64 audio_ms = from_ms;

  for (gint64 ms = from_ms; ms < to_ms; ms++, fixture->now_us += 1000) {
    if ((which & VIDEO) != 0 && ms == video_ms) {
      push_vp8 (fixture, ms == from_ms, ms);
      video_ms += VIDEO_MS;
    }
    if ((which & AUDIO) != 0 && ms == audio_ms) {
      push_opus (fixture, ms);
      audio_ms += AUDIO_MS;
    }
    if (ms % 200 == 199)
      tick (fixture);
  }
}

static void
finish (Fixture *fixture, Playback *playback)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_writer_finish (fixture->writer, &error));
  g_assert_no_error (error);
  playback_read (mb_writer_get_location (fixture->writer), playback);
  g_assert_cmpuint (playback->n_errors, ==, 0);
}

static char *
dup_part (Fixture *fixture)
{
  return g_strconcat (mb_writer_get_location (fixture->writer), ".part", NULL);
}

static void
set_usual_caps (Fixture *fixture)
{
  set_caps (fixture, fixture->video, "video/x-vp8,width=64,height=48");
  set_caps (fixture, fixture->audio, "audio/x-opus,channels=2,rate=48000");
}

static void
test_both (Fixture *fixture, gconstpointer name)
{
  const PlaybackTrack *video;
  const PlaybackTrack *audio;
  Playback playback;

  set_usual_caps (fixture);
  play (fixture, BOTH, 0, 3000);
  finish (fixture, &playback);

  video = playback_find (&playback, TRUE);
  audio = playback_find (&playback, FALSE);
  g_assert_true (playback.is_webm);
  g_assert_true (playback.has_index);
  g_assert_cmpint (playback.duration_ms, >=, 2970);
  g_assert_cmpint (playback.duration_ms, <=, 3000);
  g_assert_cmpstr (video->codec, ==, "vp8");
  g_assert_cmpint (video->width, ==, FRAME_WIDTH);
  g_assert_cmpuint (video->n_packets, ==, fixture->n_video);
  g_assert_cmpuint (video->n_frames, ==, fixture->n_video);
  g_assert_cmpstr (audio->codec, ==, "opus");
  g_assert_cmpuint (audio->n_packets, ==, fixture->n_audio);
  g_assert_cmpint (video->first_ms, ==, 0);
  g_assert_cmpint (audio->first_ms, ==, 0);
  g_assert_cmpuint (mb_writer_get_dropped (fixture->writer), ==, 0);
  g_assert_cmpuint (
      mb_writer_get_duration (fixture->writer), ==, (guint64) playback.duration_ms * GST_MSECOND);
}

static void
test_at_any_time (Fixture *fixture, gconstpointer name)
{
  set_usual_caps (fixture);
  for (int i = 0; i < 10; i++) {
    g_autofree char *part = NULL;
    Playback playback;

    play (fixture, BOTH, i * 400, (i + 1) * 400);
    part = dup_part (fixture);
    playback_read (part, &playback);
    g_assert_cmpuint (playback.n_errors, ==, 0);
    g_assert_cmpuint (playback_find (&playback, TRUE)->n_packets, ==, fixture->n_video);
    /* libavformat holds the last packet of sound back until the next one. */
    g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets + 1, >=, fixture->n_audio);
  }
}

static void
test_key_due (Fixture *fixture, gconstpointer name)
{
  set_usual_caps (fixture);
  push_vp8 (fixture, TRUE, 0);
  for (int ms = 33; ms < 10000; ms += 33)
    push_vp8 (fixture, FALSE, ms);
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  push_vp8 (fixture, FALSE, 10000);
  g_assert_true (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  push_vp8 (fixture, TRUE, 10033);
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->video));
}

static void
test_first_key (Fixture *fixture, gconstpointer name)
{
  Playback playback;

  set_usual_caps (fixture);
  for (int ms = 0; ms < 600; ms += 20)
    push_opus (fixture, ms);
  for (int ms = 10; ms < 300; ms += 33)
    push_vp8 (fixture, FALSE, ms);
  g_assert_true (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  g_assert_false (mb_writer_wants_open (fixture->writer, fixture->now_us));
  push_vp8 (fixture, TRUE, 300);
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  g_assert_true (mb_writer_wants_open (fixture->writer, fixture->now_us));
  finish (fixture, &playback);

  g_assert_cmpint (playback_find (&playback, FALSE)->first_ms, ==, 0);
  g_assert_cmpint (playback_find (&playback, TRUE)->first_ms, ==, 300);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_packets, ==, 1);
  g_assert_cmpuint (mb_writer_get_dropped (fixture->writer), ==, 9);
}

static void
test_never_comes (Fixture *fixture, gconstpointer name)
{
  g_autofree char *part = NULL;
  Playback playback;

  set_usual_caps (fixture);
  play (fixture, AUDIO, 0, 800);
  g_assert_false (mb_writer_is_open (fixture->writer));
  play (fixture, AUDIO, 800, 1400);
  g_assert_true (mb_writer_is_open (fixture->writer));
  part = dup_part (fixture);
  playback_read (part, &playback);

  g_assert_cmpuint (playback.n_errors, ==, 0);
  g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets + 1, >=, fixture->n_audio);
}

static void
test_late (Fixture *fixture, gconstpointer caps)
{
  Playback playback;
  const PlaybackTrack *video;

  /* A depayloader can say at once what it is, and the size only with its first frame. */
  set_caps (fixture, fixture->video, "video/x-vp8");
  set_caps (fixture, fixture->audio, "audio/x-opus,channels=2,rate=48000");
  play (fixture, AUDIO, 0, 2000);
  play (fixture, BOTH, 2000, 3000);
  finish (fixture, &playback);

  video = playback_find (&playback, TRUE);
  g_assert_cmpint (video->first_ms, ==, 2000);
  g_assert_cmpuint (video->n_frames, ==, fixture->n_video);
  g_assert_cmpint (video->width, ==, FRAME_WIDTH);
  g_assert_cmpint (video->height, ==, FRAME_HEIGHT);
}

static void
test_late_sound (Fixture *fixture, gconstpointer name)
{
  Playback playback;

  set_caps (fixture, fixture->video, "video/x-vp8");
  play (fixture, VIDEO, 0, 2000);
  set_caps (fixture, fixture->audio, "audio/x-opus,channels=2,rate=48000");
  play (fixture, BOTH, 2000, 3000);
  finish (fixture, &playback);

  g_assert_cmpint (playback_find (&playback, FALSE)->first_ms, ==, 2000);
  g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets, ==, fixture->n_audio);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, fixture->n_video);
}

static void
test_late_h264 (Fixture *fixture, gconstpointer name)
{
  Playback playback;
  const PlaybackTrack *video;

  set_caps (fixture, fixture->video, "video/x-h264,stream-format=byte-stream,alignment=au");
  set_caps (fixture, fixture->audio, "audio/x-opus,channels=2,rate=48000");
  play (fixture, AUDIO, 0, 1400);
  push (fixture, fixture->video, H264_KEY, sizeof H264_KEY, 1400);
  push (fixture, fixture->video, H264_DELTA, sizeof H264_DELTA, 1433);
  finish (fixture, &playback);

  video = playback_find (&playback, TRUE);
  g_assert_false (playback.is_webm);
  g_assert_true (g_str_has_suffix (mb_writer_get_location (fixture->writer), "/a.mkv"));
  g_assert_cmpstr (video->codec, ==, "h264");
  g_assert_cmpuint (video->n_frames, ==, 2);
  g_assert_cmpint (video->decoded_width, ==, FRAME_WIDTH);
}

static void
test_mute (Fixture *fixture, gconstpointer name)
{
  g_autofree char *part = NULL;
  Playback playback;

  set_usual_caps (fixture);
  play (fixture, BOTH, 0, 1000);
  play (fixture, AUDIO, 1000, 5000);
  part = dup_part (fixture);
  playback_read (part, &playback);
  g_assert_cmpint (playback_find (&playback, FALSE)->last_ms, >=, 4900);
  play (fixture, BOTH, 5000, 6000);
  finish (fixture, &playback);

  g_assert_cmpint (playback_find (&playback, TRUE)->longest_gap_ms, >=, 4000);
  g_assert_cmpint (playback_find (&playback, TRUE)->last_ms, >=, 5900);
  g_assert_cmpint (playback_find (&playback, FALSE)->longest_gap_ms, <=, AUDIO_MS);
}

static void
test_backwards (Fixture *fixture, gconstpointer name)
{
  static const gint64 TIMES_MS[] = {0, 20, 20, 5, 40, -100, 60, 30, 80, 80, 100};
  Playback playback;

  set_usual_caps (fixture);
  mb_writer_end_track (fixture->writer, fixture->video);
  for (gsize i = 0; i < G_N_ELEMENTS (TIMES_MS); i++) {
    push_opus (fixture, TIMES_MS[i]);
    tick (fixture);
  }
  finish (fixture, &playback);

  g_assert_cmpuint (playback_find (&playback, FALSE)->n_packets, ==, fixture->n_audio);
  g_assert_cmpint (playback_find (&playback, FALSE)->last_ms, ==, 100);
}

static void
test_out_of_turn (Fixture *fixture, gconstpointer name)
{
  Playback playback;

  /* The sound is there at once, the picture 400 ms later: both keep their time. */
  set_usual_caps (fixture);
  push_vp8 (fixture, TRUE, 0);
  for (gint64 ms = 0; ms < 3000; ms += 20, fixture->now_us += 20000) {
    push_opus (fixture, ms);
    if (ms >= 420)
      push_vp8 (fixture, FALSE, ms - 400);
    if (ms % 200 == 0)
      tick (fixture);
  }
  finish (fixture, &playback);

  g_assert_cmpint (playback_find (&playback, TRUE)->longest_gap_ms, ==, 20);
  g_assert_cmpint (playback_find (&playback, FALSE)->longest_gap_ms, ==, 20);
  g_assert_cmpint (playback_find (&playback, TRUE)->last_ms, ==, 2580);
  g_assert_cmpint (playback_find (&playback, FALSE)->last_ms, ==, 2980);
}

static void
test_vp9 (Fixture *fixture, gconstpointer name)
{
  Playback playback;

  set_caps (fixture, fixture->video, "video/x-vp9");
  mb_writer_end_track (fixture->writer, fixture->audio);
  push (fixture, fixture->video, VP9_KEY, sizeof VP9_KEY, 0);
  push (fixture, fixture->video, VP9_DELTA, sizeof VP9_DELTA, 33);
  finish (fixture, &playback);

  g_assert_true (playback.is_webm);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, 2);
  g_assert_cmpint (playback_find (&playback, TRUE)->width, ==, FRAME_WIDTH);
}

static void
test_no_frames (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GDir) dir = NULL;

  set_usual_caps (fixture);
  push_vp8 (fixture, FALSE, 0);
  fixture->now_us += 2 * SECOND_US;
  tick (fixture);
  g_assert_true (mb_writer_finish (fixture->writer, NULL));

  dir = g_dir_open (fixture->folder, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  g_assert_cmpuint (mb_writer_get_bytes (fixture->writer), ==, 0);
}

static void
test_codec_change (Fixture *fixture, gconstpointer name)
{
  Playback playback;

  set_usual_caps (fixture);
  play (fixture, BOTH, 0, 600);
  set_caps (fixture, fixture->video, "video/x-h264,stream-format=byte-stream,alignment=au");
  push (fixture, fixture->video, H264_KEY, sizeof H264_KEY, 700);
  g_assert_cmpuint (mb_writer_get_dropped (fixture->writer), ==, 1);
  set_caps (fixture, fixture->video, "video/x-vp8,width=320,height=240");
  play (fixture, BOTH, 800, 1200);
  finish (fixture, &playback);

  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, fixture->n_video);
}

static void
test_bad_folder (Fixture *fixture, gconstpointer name)
{
  g_autoptr (GError) error = NULL;

  set_usual_caps (fixture);
  push_vp8 (fixture, TRUE, 0);
  push_opus (fixture, 0);
  g_assert_false (mb_writer_tick (fixture->writer, fixture->now_us, &error));
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);

  push_opus (fixture, 20);
  tick (fixture);
  g_assert_true (mb_writer_finish (fixture->writer, NULL));
  g_assert_cmpuint (mb_writer_get_dropped (fixture->writer), ==, 3);
}

#define ADD(path, name, func) g_test_add (path, Fixture, name, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("/writer/finished-file-has-all-of-both-tracks", NULL, test_both);
  ADD ("/writer/open-file-plays-to-its-end-at-any-time", NULL, test_at_any_time);
  ADD ("/writer/picture-starts-at-its-first-key-frame", NULL, test_first_key);
  ADD ("/writer/key-frame-is-due-after-ten-seconds", NULL, test_key_due);
  ADD ("/writer/track-that-never-comes-is-not-waited-for", NULL, test_never_comes);
  ADD ("/writer/late-picture-records-with-its-size", NULL, test_late);
  ADD ("/writer/late-sound-records", NULL, test_late_sound);
  ADD ("/writer/late-h264-records", NULL, test_late_h264);
  ADD ("/writer/mute-of-one-never-stalls-the-other", NULL, test_mute);
  ADD ("/writer/times-never-go-back", NULL, test_backwards);
  ADD ("/writer/tracks-out-of-turn-keep-their-time", NULL, test_out_of_turn);
  ADD ("/writer/vp9", NULL, test_vp9);
  ADD ("/writer/no-frames-no-file", NULL, test_no_frames);
  ADD ("/writer/other-codec-is-left-out-other-size-is-not", NULL, test_codec_change);
  ADD ("/writer/missing-folder-is-told-once", "none/a.webm", test_bad_folder);
  return g_test_run ();
}
