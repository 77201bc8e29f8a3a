/* mb-recorder.c: what a peer sends that no depayloader takes ends its file, and the next one begins
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-recorder.h"

#include <glib/gstdio.h>

#include "mb-media.h"
#include "mb-track.h"
#include "names.h"

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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* It warns of the file that fails, as it should. */
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
  g_test_add_func ("/recorder/a-file-that-fails-is-followed-by-another", test_poison);
  return g_test_run ();
}
