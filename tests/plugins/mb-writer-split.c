/* mb-writer-split.c: files that follow one another have every frame once, each in its time
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <string.h>

#include "frames.h"
#include "mb-writer.h"
#include "playback.h"

#define TICK_MS 200
#define VIDEO_MS 40
#define AUDIO_MS 20
#define LATE_MS 60 /* sound comes so much after the picture of its time */
#define START_MS 5000000
#define PADDING 100 /* bytes after a frame's end, which decoders ignore */
#define MAX_FILES 16

typedef struct {
  gint64 zero_ms; /* of the call */
  Playback playback;
} File;

typedef struct {
  char *folder;
  MbWriter *writer;
  guint video;
  guint audio;
  guint n_video; /* frames pushed */
  guint n_audio;
  guint n_files;
  File files[MAX_FILES];
} Fixture;

static void
set_caps (Fixture *fixture, guint track, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  mb_writer_set_caps (fixture->writer, track, caps);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *location = NULL;

  fixture->folder = g_dir_make_tmp ("mb-writer-split-XXXXXX", NULL);
  location = g_build_filename (fixture->folder, "a.webm", NULL);
  fixture->writer = mb_writer_new (location);
  fixture->video = mb_writer_add_track (fixture->writer, TRUE);
  fixture->audio = mb_writer_add_track (fixture->writer, FALSE);
  set_caps (fixture, fixture->video, "video/x-vp8,width=64,height=48");
  set_caps (fixture, fixture->audio, "audio/x-opus,channels=2,rate=48000");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
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
}

static void
push (Fixture *fixture, guint track, const guint8 *data, gsize size, gint64 ms, gint64 now_ms)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, size + PADDING, NULL);

  gst_buffer_memset (buffer, 0, 0, size + PADDING);
  gst_buffer_fill (buffer, 0, data, size);
  mb_writer_push (fixture->writer, track, buffer, (GstClockTime) (START_MS + ms) * GST_MSECOND,
      GST_CLOCK_TIME_NONE, now_ms * 1000);
}

static void
take_file (Fixture *fixture, const char *location)
{
  File *file = &fixture->files[fixture->n_files++];
  g_autofree char *number = g_strdup_printf (".%u", fixture->n_files);
  g_autofree char *name = g_strdup_printf ("a%s.webm", fixture->n_files == 1 ? "" : number);
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  g_assert_cmpstr (location, ==, path);
  playback_read (path, &file->playback);
  g_assert_cmpuint (file->playback.n_errors, ==, 0);
  /* libavformat makes an index of pictures where there could be any; a short file is not looked at. */
  if (playback_find (&file->playback, TRUE)->n_packets > 1000 / VIDEO_MS)
    g_assert_true (file->playback.has_index);
}

static void
take_ended (Fixture *fixture)
{
  g_autoptr (MbWriterFile) ended = mb_writer_take_ended (fixture->writer);

  if (ended == NULL)
    return;
  take_file (fixture, ended->location);
  g_assert_cmpint ((gint64) (ended->duration / GST_MSECOND), >=,
      fixture->files[fixture->n_files - 1].playback.duration_ms - AUDIO_MS);
}

static void
note_zero (Fixture *fixture)
{
  if (mb_writer_is_open (fixture->writer))
    fixture->files[fixture->n_files].zero_ms =
        (gint64) (mb_writer_get_zero (fixture->writer) / GST_MSECOND) - START_MS;
}

/* @key_every_ms: 0 is only the first; -1 is no picture at all */
static void
play (Fixture *fixture, gint64 from_ms, gint64 to_ms, gint64 key_every_ms)
{
  g_autoptr (GError) error = NULL;

  for (gint64 ms = from_ms; ms < to_ms; ms += AUDIO_MS) {
    gboolean is_key = ms == 0 || (key_every_ms > 0 && ms % key_every_ms == 0);

    if (key_every_ms >= 0 && ms % VIDEO_MS == 0) {
      if (is_key)
        push (fixture, fixture->video, VP8_KEY, sizeof VP8_KEY, ms, ms);
      else
        push (fixture, fixture->video, VP8_DELTA, sizeof VP8_DELTA, ms, ms);
      fixture->n_video++;
    }
    if (ms >= LATE_MS) {
      push (fixture, fixture->audio, OPUS, sizeof OPUS, ms - LATE_MS, ms);
      fixture->n_audio++;
    }
    if (ms % TICK_MS == TICK_MS - AUDIO_MS) {
      g_assert_true (mb_writer_tick (fixture->writer, ms * 1000, &error));
      g_assert_no_error (error);
      take_ended (fixture);
      note_zero (fixture);
    }
  }
}

static void
finish (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_writer_finish (fixture->writer, &error));
  g_assert_no_error (error);
  take_ended (fixture);
  fixture->files[fixture->n_files].zero_ms =
      (gint64) (mb_writer_get_zero (fixture->writer) / GST_MSECOND) - START_MS;
  take_file (fixture, mb_writer_get_location (fixture->writer));
  g_assert_null (mb_writer_take_ended (fixture->writer));
}

/* Every frame is in one file, and follows the last one of the file before. */
static void
check_all_there (Fixture *fixture)
{
  guint n_video = 0;
  guint n_audio = 0;
  gint64 audio_ms = -AUDIO_MS;

  for (guint i = 0; i < fixture->n_files; i++) {
    const File *file = &fixture->files[i];
    const PlaybackTrack *video = playback_find (&file->playback, TRUE);
    const PlaybackTrack *audio = playback_find (&file->playback, FALSE);

    n_video += video->n_packets;
    n_audio += audio->n_packets;
    g_assert_cmpuint (video->n_frames, ==, video->n_packets);
    if (audio->n_packets == 0)
      continue;
    g_assert_cmpint (file->zero_ms + audio->first_ms, ==, audio_ms + AUDIO_MS);
    g_assert_cmpint (audio->longest_gap_ms, <=, AUDIO_MS);
    audio_ms = file->zero_ms + audio->last_ms;
  }
  g_assert_cmpuint (n_video, ==, fixture->n_video);
  g_assert_cmpuint (n_audio, ==, fixture->n_audio);
  g_assert_cmpuint (mb_writer_get_dropped (fixture->writer), ==, 0);
}

static void
test_time (Fixture *fixture, gconstpointer data)
{
  mb_writer_set_split (fixture->writer, 3 * GST_SECOND, 0);
  play (fixture, 0, 10000, 1000);
  finish (fixture);

  check_all_there (fixture);
  g_assert_cmpuint (fixture->n_files, ==, 4);
  for (guint i = 0; i < fixture->n_files; i++) {
    g_assert_cmpint (fixture->files[i].zero_ms, ==, i * 3000);
    g_assert_cmpint (playback_find (&fixture->files[i].playback, TRUE)->first_ms, ==, 0);
  }
}

static void
test_bytes (Fixture *fixture, gconstpointer data)
{
  mb_writer_set_split (fixture->writer, 0, 20000);
  play (fixture, 0, 10000, 1000);
  finish (fixture);

  check_all_there (fixture);
  g_assert_cmpuint (fixture->n_files, >=, 3);
}

static void
test_waits_for_key (Fixture *fixture, gconstpointer data)
{
  mb_writer_set_split (fixture->writer, 2 * GST_SECOND, 0);
  play (fixture, 0, 1800, 0);
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  play (fixture, 1800, 5000, 0);
  g_assert_true (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->audio));
  g_assert_cmpuint (fixture->n_files, ==, 0);
  play (fixture, 5000, 6000, 1000);
  g_assert_false (mb_writer_wants_key_frame (fixture->writer, fixture->video));
  finish (fixture);

  check_all_there (fixture);
  g_assert_cmpuint (fixture->n_files, ==, 2);
  g_assert_cmpint (fixture->files[1].zero_ms, ==, 5000);
}

/* A camera that is off keeps no file open. */
static void
test_sound_alone (Fixture *fixture, gconstpointer data)
{
  mb_writer_set_split (fixture->writer, 3 * GST_SECOND, 0);
  play (fixture, 0, 1000, 1000);
  play (fixture, 1000, 10000, -1);
  finish (fixture);

  check_all_there (fixture);
  g_assert_cmpuint (fixture->n_files, ==, 4);
}

static void
test_end_within (Fixture *fixture, gconstpointer data)
{
  mb_writer_set_split (fixture->writer, 3 * GST_SECOND, 0);
  play (fixture, 0, 3200, 1000);
  g_assert_cmpuint (fixture->n_files, ==, 0);
  finish (fixture);

  check_all_there (fixture);
  g_assert_cmpuint (fixture->n_files, ==, 2);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  ADD ("/writer/split/by-time-at-key-frames", test_time);
  ADD ("/writer/split/by-bytes-at-key-frames", test_bytes);
  ADD ("/writer/split/asks-and-waits-for-a-key-frame", test_waits_for_key);
  ADD ("/writer/split/sound-alone-is-split-too", test_sound_alone);
  ADD ("/writer/split/an-end-within-loses-nothing", test_end_within);
  return g_test_run ();
}
