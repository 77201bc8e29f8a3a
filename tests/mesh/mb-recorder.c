/* mb-recorder.c: what a peer sends that no depayloader takes ends its file, and the next one begins
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-recorder.h"

#include <glib/gstdio.h>
#include <string.h>

#include "frames.h"
#include "mb-media.h"
#include "mb-track.h"
#include "names.h"
#include "playback.h"

#define LIMIT_US (20 * G_USEC_PER_SEC)
#define RTP_HEADER 12 /* bytes */

typedef struct {
  MbMedia *media;
  MbTrack *track;
  MbRecorder *recorder;
  char *folder;
  guint16 seq;
  GstClockTime pts;
  gboolean finished;
} Fixture;

static void
push (Fixture *self, GstBuffer *buffer)
{
  GstBufferList *list = gst_buffer_list_new ();
  guint8 seq[2] = {(guint8) (self->seq >> 8), (guint8) self->seq};

  gst_buffer_fill (buffer, 2, seq, sizeof seq);
  self->seq++;
  GST_BUFFER_PTS (buffer) = self->pts;
  gst_buffer_list_add (list, buffer);
  mb_rtp_port_push (mb_feed_get_port (self->track->feed), list);
}

/* Eight pictures of H.264, as the corpus of tests/fuzz has them. */
static void
push_pictures (Fixture *self)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "fuzz", "corpus", "mb-recording", "h264", NULL);
  g_autofree guint8 *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize length = 0;

  g_file_get_contents (path, (char **) &bytes, &length, &error);
  g_assert_no_error (error);
  for (gsize at = 1; at + 2 < length;) {
    gsize size = ((gsize) bytes[at] << 8) | bytes[at + 1];
    GstBuffer *buffer = gst_buffer_new_memdup (bytes + at + 2, size);

    push (self, buffer);
    self->pts += 20 * GST_MSECOND;
    at += 2 + size;
  }
}

/* MTAP16 (RFC 6184 section 5.7.2), which rtph264depay ends its pipeline for. */
static void
push_poison (Fixture *self)
{
  static const guint8 PACKET[RTP_HEADER + 8] = {
      0x80, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 26, 0, 0, 0};

  push (self, gst_buffer_new_memdup (PACKET, sizeof PACKET));
}

static unsigned int
count_files (Fixture *self, const char *suffix)
{
  g_autoptr (GDir) dir = g_dir_open (mb_recorder_get_folder (self->recorder), 0, NULL);
  unsigned int n = 0;
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    if (g_str_has_suffix (name, suffix))
      n++;
  }
  return n;
}

static void
on_finished (MbRecorder *recorder, Fixture *self)
{
  self->finished = TRUE;
}

static void
wait_a_little (void)
{
  g_main_context_iteration (NULL, FALSE);
  g_usleep (5000);
}

static void
test_poison (void)
{
  g_autofree char *folder = g_dir_make_tmp ("meshbot-recorder-XXXXXX", NULL);
  MbRecorderConfig config = {
      .directory = folder, .room_id = "r", .server = "http://s", .name = "rec"};
  g_autoptr (GPtrArray) tracks = g_ptr_array_new ();
  Fixture self = {.media = mb_media_new (), .track = g_rc_box_new0 (MbTrack), .folder = folder};
  gint64 limit_us = g_get_monotonic_time () + LIMIT_US;

  self.track->mid = g_strdup ("0");
  self.track->kind = MB_MEDIA_KIND_VIDEO;
  self.track->codec = MB_CODEC_H264;
  self.track->feed = mb_feed_new (self.media, MB_MEDIA_KIND_VIDEO, MB_CODEC_H264, 0);
  self.recorder = mb_recorder_new (&config, NULL);
  g_assert_nonnull (self.recorder);
  g_signal_connect (self.recorder, "finished", G_CALLBACK (on_finished), &self);
  g_ptr_array_add (tracks, self.track);
  mb_recorder_add_peer (self.recorder, "p1", "Ann");
  mb_recorder_update (self.recorder, "p1", "Ann", tracks);

  push_pictures (&self);
  push_poison (&self);
  while (count_files (&self, ".mkv") + count_files (&self, ".part") < 2 &&
         g_get_monotonic_time () < limit_us) {
    wait_a_little ();
    /* Nobody has to be told: what goes on is in a file of its own a second later. */
    if (count_files (&self, ".mkv") > 0)
      push_pictures (&self);
  }
  g_assert_cmpuint (count_files (&self, ".mkv") + count_files (&self, ".part"), ==, 2);
  mb_recorder_finish (self.recorder);
  while (!self.finished && g_get_monotonic_time () < limit_us)
    wait_a_little ();
  g_assert_true (self.finished);
  g_assert_cmpuint (count_files (&self, ".mkv"), ==, 2);
  g_assert_cmpuint (count_files (&self, ".part"), ==, 0);

  g_clear_object (&self.recorder);
  mb_track_unref (self.track);
  mb_media_unref (self.media);
}

static void
push_vp8 (Fixture *self, gboolean is_key)
{
  const guint8 *frame = is_key ? VP8_KEY : VP8_DELTA;
  gsize size = is_key ? sizeof VP8_KEY : sizeof VP8_DELTA;
  guint32 timestamp = (guint32) (self->pts / GST_MSECOND * 90);
  /* A whole frame in one packet (RFC 7741 section 4.2): its descriptor says that it begins here. */
  guint8 head[RTP_HEADER + 1] = {0x80, 0xe0, 0, 0, (guint8) (timestamp >> 24),
      (guint8) (timestamp >> 16), (guint8) (timestamp >> 8), (guint8) timestamp, 0, 0, 0, 1, 0x10};
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, sizeof head + size, NULL);

  gst_buffer_fill (buffer, 0, head, sizeof head);
  gst_buffer_fill (buffer, sizeof head, frame, size);
  push (self, buffer);
}

/* Fifteen pictures, 20 ms apart, key frames at 0 and 10; the one at 5 is lost. */
static void
record_loss (gboolean keeps_corrupt, guint n_expected, const char *gap)
{
  g_autofree char *folder = g_dir_make_tmp ("meshbot-recorder-XXXXXX", NULL);
  MbRecorderConfig config = {.directory = folder,
      .room_id = "r",
      .server = "http://s",
      .name = "rec",
      .recording = {.keeps_corrupt = keeps_corrupt}};
  g_autoptr (GPtrArray) tracks = g_ptr_array_new ();
  g_autofree char *path = NULL;
  g_autofree char *json = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) packed = NULL;
  Fixture self = {.media = mb_media_new (), .track = g_rc_box_new0 (MbTrack)};
  gint64 limit_us = g_get_monotonic_time () + LIMIT_US;
  Playback playback;

  self.track->kind = MB_MEDIA_KIND_VIDEO;
  self.track->codec = MB_CODEC_VP8;
  self.track->feed = mb_feed_new (self.media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  self.recorder = mb_recorder_new (&config, NULL);
  g_signal_connect (self.recorder, "finished", G_CALLBACK (on_finished), &self);
  g_ptr_array_add (tracks, self.track);
  mb_recorder_add_peer (self.recorder, "p1", "Ann");
  mb_recorder_update (self.recorder, "p1", "Ann", tracks);
  for (guint i = 0; i < 15; i++, self.pts += 20 * GST_MSECOND) {
    if (i == 5)
      self.seq++;
    else
      push_vp8 (&self, i % 10 == 0);
  }
  mb_recorder_finish (self.recorder);
  while (!self.finished && g_get_monotonic_time () < limit_us)
    wait_a_little ();
  g_assert_true (self.finished);

  path = g_build_filename (mb_recorder_get_folder (self.recorder), "Ann-p1.webm", NULL);
  playback_read (path, &playback);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_packets, ==, n_expected);
  json = g_build_filename (mb_recorder_get_folder (self.recorder), "session.json", NULL);
  g_assert_true (g_file_get_contents (json, &text, NULL, NULL));
  packed = g_strsplit_set (text, " \n", -1);
  g_free (text);
  text = g_strjoinv (NULL, packed);
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, gap));

  g_clear_object (&self.recorder);
  mb_track_unref (self.track);
  mb_media_unref (self.media);
}

static void
test_loss (void)
{
  record_loss (FALSE, 10, "\"gaps\":[{\"atMs\":80,\"durationMs\":120}]");
  record_loss (TRUE, 14, "\"gaps\":[{\"atMs\":80,\"durationMs\":40}]");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* It warns of the file that fails, as it should. */
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
  g_test_add_func ("/recorder/a-file-that-fails-is-followed-by-another", test_poison);
  g_test_add_func ("/recorder/what-refers-to-a-lost-picture-is-no-picture", test_loss);
  return g_test_run ();
}
