/* mb-recorder-hostile.c: what one peer does, another's file is whole, and memory is bounded
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In each case somebody honest is recorded, too: two seconds of pictures, all of which have to be there.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "mb-json.h"
#include "mb-media.h"
#include "mb-recorder.h"
#include "names.h"
#include "playback.h"

#define LIMIT_US (40 * G_USEC_PER_SEC)
#define RTP_HEADER 12 /* bytes */
#define N_HONEST 100
#define FLOOD_MBPS 600
#define STEP (20 * GST_MSECOND)

/* Somebody who sends. */
typedef struct {
  MbTrack *track;
  guint16 seq;
  guint32 ssrc;
  GstClockTime pts;
} Peer;

typedef struct {
  MbMedia *media;
  MbRecorder *recorder;
  char *folder;
  Peer honest;
  Peer hostile;
  gboolean finished;
} Fixture;

static void
on_finished (MbRecorder *recorder, Fixture *self)
{
  self->finished = TRUE;
}

static void
peer_begin (Peer *self, Fixture *fixture, const char *id, const char *name, MbCodec codec)
{
  g_autoptr (GPtrArray) tracks = g_ptr_array_new ();

  self->track = g_rc_box_new0 (MbTrack);
  self->track->kind = mb_codec_get_kind (codec);
  self->track->codec = codec;
  self->track->feed = mb_feed_new (fixture->media, self->track->kind, codec, 0);
  self->ssrc = 1;
  g_ptr_array_add (tracks, self->track);
  mb_recorder_add_peer (fixture->recorder, id, name);
  mb_recorder_update (fixture->recorder, id, name, tracks);
}

static void
peer_push (Peer *self, guint8 descriptor, const guint8 *frame, gsize size)
{
  guint32 timestamp = (guint32) (self->pts / GST_MSECOND * 90);
  guint8 head[RTP_HEADER + 1] = {0x80, 0xe0, (guint8) (self->seq >> 8), (guint8) self->seq,
      (guint8) (timestamp >> 24), (guint8) (timestamp >> 16), (guint8) (timestamp >> 8),
      (guint8) timestamp, 0, 0, (guint8) (self->ssrc >> 8), (guint8) self->ssrc, descriptor};
  GstBufferList *list = gst_buffer_list_new ();
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, sizeof head + size, NULL);

  gst_buffer_fill (buffer, 0, head, sizeof head);
  gst_buffer_fill (buffer, sizeof head, frame, size);
  GST_BUFFER_PTS (buffer) = self->pts;
  gst_buffer_list_add (list, buffer);
  mb_rtp_port_push (mb_feed_get_port (self->track->feed), list);
  self->seq++;
}

/* A frame that is whole in one packet (RFC 7741 section 4.2). */
static void
peer_push_vp8 (Peer *self, gboolean is_key)
{
  if (is_key)
    peer_push (self, 0x10, VP8_KEY, sizeof VP8_KEY);
  else
    peer_push (self, 0x10, VP8_DELTA, sizeof VP8_DELTA);
  self->pts += STEP;
}

static void
iterate (void)
{
  g_main_context_iteration (NULL, FALSE);
  g_usleep (2000);
}

static void
set_up_named (Fixture *self, const char *hostile, MbCodec codec)
{
  g_autofree char *root = g_dir_make_tmp ("meshbot-hostile-XXXXXX", NULL);
  MbRecorderConfig config = {
      .directory = root, .room_id = "r", .server = "http://s", .name = "rec"};

  self->media = mb_media_new ();
  self->recorder = mb_recorder_new (&config, NULL);
  g_assert_nonnull (self->recorder);
  self->folder = g_strdup (mb_recorder_get_folder (self->recorder));
  g_signal_connect (self->recorder, "finished", G_CALLBACK (on_finished), self);
  peer_begin (&self->honest, self, "h0", "Honest", MB_CODEC_VP8);
  peer_begin (&self->hostile, self, "x0", hostile, codec);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  set_up_named (self, "Mallory", MB_CODEC_VP8);
}

static void
finish (Fixture *self)
{
  gint64 limit_us = g_get_monotonic_time () + LIMIT_US;

  mb_recorder_finish (self->recorder);
  while (!self->finished && g_get_monotonic_time () < limit_us)
    iterate ();
  g_assert_true (self->finished);
}

static void
read_file (Fixture *self, const char *name, Playback *playback)
{
  g_autofree char *path = g_build_filename (self->folder, name, NULL);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  playback_read (path, playback);
}

static char *
read_events (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->folder, "events.jsonl", NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
assert_honest (Fixture *self)
{
  Playback playback;

  read_file (self, "Honest-h0.webm", &playback);
  g_assert_cmpuint (playback.n_errors, ==, 0);
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, ==, N_HONEST);
}

static void
remove_below (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_below (child);
  }
  g_remove (path);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_autofree char *room = g_path_get_dirname (self->folder);
  g_autofree char *root = g_path_get_dirname (room);

  g_clear_object (&self->recorder);
  mb_track_unref (self->honest.track);
  mb_track_unref (self->hostile.track);
  mb_media_unref (self->media);
  remove_below (root);
  g_free (self->folder);
}

static void
test_names (Fixture *unused, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (10000, 'n');
  const char *const NAMES[] = {"../../etc/x", long_name, "a\nb\r\n\"}{",
      "\xe2\x80\xae"
      "cod.exe",
      "\xff\xfe", "/", "."};

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    Fixture self = {0};
    g_autoptr (GDir) dir = NULL;
    g_autofree char *path = NULL;
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;
    const char *name;
    unsigned int n_files = 0;

    set_up_named (&self, NAMES[i], MB_CODEC_VP8);
    for (int n = 0; n < N_HONEST; n++) {
      peer_push_vp8 (&self.honest, n == 0);
      peer_push_vp8 (&self.hostile, n == 0);
    }
    finish (&self);
    assert_honest (&self);
    dir = g_dir_open (self.folder, 0, NULL);
    while ((name = g_dir_read_name (dir)) != NULL) {
      g_assert_cmpuint (strlen (name), <, 200);
      g_assert_true (g_utf8_validate (name, -1, NULL));
      for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at))
        g_assert_true (g_unichar_isgraph (g_utf8_get_char (at)));
      n_files += g_str_has_suffix (name, ".webm");
    }
    g_assert_cmpuint (n_files, ==, 2);
    path = g_build_filename (self.folder, "session.json", NULL);
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    g_assert_cmpuint (strlen (text), <, 5000);
    json_node_unref (mb_json_parse (text, -1, &error));
    g_assert_no_error (error);
    tear_down (&self, NULL);
  }
}

/* Nothing is decoded: a size costs nothing. */
static void
test_sizes (Fixture *self, gconstpointer data)
{
  g_autofree char *events = NULL;
  guint8 huge[sizeof VP8_KEY];
  guint8 none[sizeof VP8_KEY];
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  memcpy (huge, VP8_KEY, sizeof huge);
  memcpy (none, VP8_KEY, sizeof none);
  memset (huge + 6, 0x3f, 4);
  huge[6] = huge[8] = 0xff;
  memset (none + 6, 0, 4);
  for (int i = 0; i < N_HONEST; i++) {
    peer_push_vp8 (&self->honest, i == 0);
    peer_push (&self->hostile, 0x10, i < 50 ? none : huge, sizeof huge);
    self->hostile.pts += STEP;
  }
  /* It is told once a second at most. */
  for (int i = 0; i < 600; i++)
    iterate ();
  finish (self);
  assert_honest (self);
  events = read_events (self);
  g_assert_nonnull (strstr (events, "\"event\":\"frames-refused\""));
  g_assert_nonnull (strstr (events, "\"width\":16383,\"height\":16383"));
  /* Not read back: a decoder would take 900 MB. */
  path = g_build_filename (self->folder, "session.json", NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"keyframes\": 50"));
}

/* A parameter set and slices of noise (RFC 6184), and afterwards nothing else. */
static void
test_lies (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);

  set_up_named (self, "Mallory", MB_CODEC_H264);
  for (int i = 0; i < N_HONEST; i++) {
    static const guint8 TYPES[] = {0x67, 0x68, 0x65, 0x41, 0x78, 0x7c};
    guint8 noise[400];

    for (gsize k = 0; k < sizeof noise; k++)
      noise[k] = (guint8) g_rand_int (chance);
    peer_push_vp8 (&self->honest, i == 0);
    peer_push (&self->hostile, TYPES[i % (int) G_N_ELEMENTS (TYPES)], noise,
        (gsize) g_rand_int_range (chance, 1, sizeof noise));
    self->hostile.pts += STEP;
    iterate ();
  }
  finish (self);
  assert_honest (self);
}

/* Every second it is another source, its numbers and times anywhere. */
static void
test_ssrcs (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) chance = g_rand_new_with_seed (2);
  Playback playback;

  for (int i = 0; i < N_HONEST * 10; i++) {
    if (i % 50 == 0) {
      self->hostile.ssrc = g_rand_int (chance);
      self->hostile.seq = (guint16) g_rand_int (chance);
    }
    if (i < N_HONEST)
      peer_push_vp8 (&self->honest, i == 0);
    peer_push_vp8 (&self->hostile, i % 50 == 0);
    if (i % 20 == 0)
      iterate ();
  }
  finish (self);
  assert_honest (self);
  read_file (self, "Mallory-x0.webm", &playback);
  g_assert_cmpuint (playback.n_errors, ==, 0);
  /* A new source that looks like a late packet of the old one costs that packet. */
  g_assert_cmpuint (playback_find (&playback, TRUE)->n_frames, >=, N_HONEST * 10 * 9 / 10);
}

static guint64
get_resident_kb (void)
{
  g_autofree char *text = NULL;
  guint64 n_pages = 0;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  n_pages = g_ascii_strtoull (strchr (text, ' ') + 1, NULL, 10);
  return n_pages * (guint64) sysconf (_SC_PAGESIZE) / 1024;
}

/* 600 Mb/s for three seconds, each packet a whole frame of 1,100 bytes: they have to be taken, or dropped, as
 * they come. */
static void
test_flood (Fixture *self, gconstpointer data)
{
  guint64 before_kb = get_resident_kb ();
  gint64 began_us = g_get_monotonic_time ();
  guint8 frame[1100] = {0};
  guint64 n_bytes = 0;
  guint64 peak_kb = 0;
  gint64 spent_us = 0;
  int n_honest = 0;

  memcpy (frame, VP8_KEY, sizeof VP8_KEY);
  while ((spent_us = g_get_monotonic_time () - began_us) < 3 * G_USEC_PER_SEC) {
    for (int i = 0; i < 500; i++, n_bytes += sizeof frame) {
      peer_push (&self->hostile, 0x10, frame, sizeof frame);
      self->hostile.pts += 100000;
    }
    if (n_honest < N_HONEST && n_honest * 20000 < spent_us)
      peer_push_vp8 (&self->honest, n_honest++ == 0);
    g_main_context_iteration (NULL, FALSE);
    peak_kb = MAX (peak_kb, get_resident_kb ());
    while (n_bytes * 8 > (guint64) (g_get_monotonic_time () - began_us) * FLOOD_MBPS)
      g_usleep (500);
  }
  while (n_honest < N_HONEST)
    peer_push_vp8 (&self->honest, n_honest++ == 0);
  g_test_message ("%.0f Mb/s, %" G_GUINT64_FORMAT " MB more",
      (double) n_bytes * 8 / (double) spent_us, (peak_kb - before_kb) / 1024);
  g_assert_cmpfloat ((double) n_bytes * 8 / (double) spent_us, >, FLOOD_MBPS * 0.8);
  g_assert_cmpuint (peak_kb - before_kb, <, 100 * 1024);
  finish (self);
  assert_honest (self);
}

static void
test_many (Fixture *self, gconstpointer data)
{
  g_autofree Peer *peers = g_new0 (Peer, 200);
  guint64 before_kb = get_resident_kb ();

  for (int i = 0; i < 200; i++) {
    g_autofree char *id = g_strdup_printf ("p%d", i);

    peer_begin (&peers[i], self, id, "Many", MB_CODEC_VP8);
  }
  for (int n = 0; n < N_HONEST; n++) {
    peer_push_vp8 (&self->honest, n == 0);
    for (int i = 0; i < 200; i++)
      peer_push_vp8 (&peers[i], n == 0);
    iterate ();
  }
  g_test_message ("%.2f MB each", (double) (get_resident_kb () - before_kb) / 1024 / 200);
  g_assert_cmpuint (get_resident_kb () - before_kb, <, 200 * 2 * 1024);
  finish (self);
  assert_honest (self);
  for (int i = 0; i < 200; i++) {
    g_autofree char *name = g_strdup_printf ("Many-p%d.webm", i);
    Playback playback;

    read_file (self, name, &playback);
    g_assert_cmpuint (playback_find (&playback, TRUE)->n_packets, ==, N_HONEST);
    mb_track_unref (peers[i].track);
  }
}

#define ADD(path, up, func) \
  g_test_add ("/recorder-hostile/" path, Fixture, NULL, up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* It warns of files that fail, as it should. */
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
  g_test_add ("/recorder-hostile/names-stay-in-the-folder", Fixture, NULL, NULL, test_names, NULL);
  ADD ("sizes-cost-nothing", set_up, test_sizes);
  g_test_add ("/recorder-hostile/lying-codec-data", Fixture, NULL, NULL, test_lies, tear_down);
  ADD ("another-source-every-second", set_up, test_ssrcs);
  ADD ("a-flood-is-bounded", set_up, test_flood);
  ADD ("two-hundred-peers", set_up, test_many);
  return g_test_run ();
}
