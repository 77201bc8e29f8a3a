/* mb-source.c: a description becomes feeds with packets in them; its end and its errors are told
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-source.h"

#include <glib/gstdio.h>

#include "mb-error.h"

#define TIMEOUT_S 20
#define RTP_HEADER_SIZE 12

/* Counts what a feed gives; pushed on the media thread, read on main. */
typedef struct {
  MbRtpPort port;
  MbCodec codec;
  gint n_packets;    /* atomic */
  gint n_key_frames; /* atomic */
} Counter;

typedef struct {
  MbMedia *media;
  MbSource *source;
  Counter *video;
  Counter *audio;
  gboolean has_ended;
  GError *failure;
  gboolean timed_out;
} Fixture;

static void
counter_push (MbRtpPort *port, GstBufferList *list)
{
  Counter *self = (Counter *) port;

  for (guint i = 0; i < gst_buffer_list_length (list); i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_cmpuint (map.size, >, RTP_HEADER_SIZE);
    if (self->codec == MB_CODEC_VP8 && mb_codec_starts_key_frame (self->codec,
                                           map.data + RTP_HEADER_SIZE, map.size - RTP_HEADER_SIZE))
      g_atomic_int_inc (&self->n_key_frames);
    gst_buffer_unmap (buffer, &map);
    g_atomic_int_inc (&self->n_packets);
  }
  gst_buffer_list_unref (list);
}

static void
counter_free (MbRtpPort *port)
{
  g_free (port);
}

static Counter *
counter_new (MbCodec codec)
{
  Counter *self = g_new0 (Counter, 1);

  mb_rtp_port_init (&self->port, counter_push, counter_free);
  self->codec = codec;
  return self;
}

static void
on_ended (MbSource *source, Fixture *fixture)
{
  fixture->has_ended = TRUE;
}

static void
on_failed (MbSource *source, const GError *error, Fixture *fixture)
{
  fixture->failure = g_error_copy (error);
}

static gboolean
on_timeout (gpointer user_data)
{
  ((Fixture *) user_data)->timed_out = TRUE;
  return G_SOURCE_REMOVE;
}

#define WAIT_FOR(fixture, condition)                                         \
  G_STMT_START                                                               \
  {                                                                          \
    guint watchdog = g_timeout_add_seconds (TIMEOUT_S, on_timeout, fixture); \
    guint ticker = g_timeout_add (5, on_tick, NULL);                         \
    while (!(condition) && !(fixture)->timed_out)                            \
      g_main_context_iteration (NULL, TRUE);                                 \
    g_assert_false ((fixture)->timed_out);                                   \
    g_source_remove (watchdog);                                              \
    g_source_remove (ticker);                                                \
  }                                                                          \
  G_STMT_END

/* The counters rise on another thread, which does not wake main. */
static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture *fixture, gconstpointer spec)
{
  static const MbSourceOptions OPTIONS = {320, 180, 15, 300000};
  g_autoptr (GError) error = NULL;

  fixture->media = mb_media_new ();
  fixture->source = mb_source_new (fixture->media, spec, &OPTIONS, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->source, "ended", G_CALLBACK (on_ended), fixture);
  g_signal_connect (fixture->source, "failed", G_CALLBACK (on_failed), fixture);
  fixture->video = counter_new (MB_CODEC_VP8);
  fixture->audio = counter_new (MB_CODEC_OPUS);
  if (mb_source_get_video_feed (fixture->source) != NULL)
    mb_feed_add_port (mb_source_get_video_feed (fixture->source), &fixture->video->port);
  if (mb_source_get_audio_feed (fixture->source) != NULL)
    mb_feed_add_port (mb_source_get_audio_feed (fixture->source), &fixture->audio->port);
}

static void
tear_down (Fixture *fixture, gconstpointer spec)
{
  g_assert_finalize_object (fixture->source);
  mb_rtp_port_unref (&fixture->video->port);
  mb_rtp_port_unref (&fixture->audio->port);
  mb_media_unref (fixture->media);
  g_clear_error (&fixture->failure);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
}

static void
test_streams (Fixture *fixture, gconstpointer spec)
{
  const MbSourceStream *video = mb_source_get_video (fixture->source);
  const MbSourceStream *audio = mb_source_get_audio (fixture->source);

  g_assert_cmpint (video->codec, ==, MB_CODEC_VP8);
  g_assert_cmpuint (video->clock_rate, ==, 90000);
  g_assert_cmpuint (video->channels, ==, 0);
  g_assert_cmpint (audio->codec, ==, MB_CODEC_OPUS);
  g_assert_cmpuint (audio->clock_rate, ==, 48000);
  g_assert_cmpuint (audio->channels, ==, 2);
}

static void
test_packets (Fixture *fixture, gconstpointer spec)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_source_start (fixture->source, &error));
  g_assert_no_error (error);

  WAIT_FOR (fixture, g_atomic_int_get (&fixture->video->n_packets) >= 10 &&
                         g_atomic_int_get (&fixture->audio->n_packets) >= 10);
  g_assert_cmpuint (mb_source_get_video (fixture->source)->payload_type, ==, 96);
  g_assert_cmpuint (mb_source_get_audio (fixture->source)->payload_type, ==, 111);

  mb_source_stop (fixture->source);
  g_assert_true (mb_source_start (fixture->source, &error));
  g_atomic_int_set (&fixture->audio->n_packets, 0);
  WAIT_FOR (fixture, g_atomic_int_get (&fixture->audio->n_packets) >= 3);
  g_assert_no_error (fixture->failure);
}

static void
test_key_frame (Fixture *fixture, gconstpointer spec)
{
  g_assert_true (mb_source_start (fixture->source, NULL));
  WAIT_FOR (fixture, g_atomic_int_get (&fixture->video->n_packets) >= 5);

  for (int i = 1; i <= 2; i++) {
    gint before = g_atomic_int_get (&fixture->video->n_key_frames);
    gint64 asked_us = g_get_monotonic_time ();

    g_assert_cmpint (before, >=, 1);
    mb_feed_request_key_frame (mb_source_get_video_feed (fixture->source));
    WAIT_FOR (fixture, g_atomic_int_get (&fixture->video->n_key_frames) > before);
    g_test_message (
        "key frame after %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - asked_us) / 1000);
  }
}

static void
test_bitrate (Fixture *fixture, gconstpointer spec)
{
  g_assert_true (mb_source_set_video_bitrate (fixture->source, 500000));
}

static void
test_ended (Fixture *fixture, gconstpointer spec)
{
  g_assert_true (mb_source_start (fixture->source, NULL));
  WAIT_FOR (fixture, fixture->has_ended);

  g_assert_no_error (fixture->failure);
  g_assert_false (mb_source_set_video_bitrate (fixture->source, 500000));
}

static void
test_failed (Fixture *fixture, gconstpointer spec)
{
  g_assert_true (mb_source_start (fixture->source, NULL));
  WAIT_FOR (fixture, fixture->failure != NULL);

  g_assert_error (fixture->failure, MB_ERROR, MB_ERROR_FAILED);
  g_assert_nonnull (g_strstr_len (fixture->failure->message, -1, "breaks"));
}

static void
test_wrong (void)
{
  static const struct {
    const char *spec;
    MbSourceOptions options;
    const char *says;
  } ROWS[] = {
      {"nosuch", {0}, "videotestsrc"},
      {"/tmp/clip.webm", {0}, "videotestsrc"},
      {"rtsp://camera/1", {0}, "videotestsrc"},
      {"test-nothing", {0}, "no element named video or audio"},
      {"test-raw", {0}, "does not end in RTP"},
      {"videotestsrc", {.video_bps = G_MAXUINT}, "bitrate"},
  };
  g_autoptr (MbMedia) media = mb_media_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbSource) source = mb_source_new (media, ROWS[i].spec, &ROWS[i].options, &error);

    g_assert_null (source);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_test_message ("%s", error->message);
    g_assert_nonnull (g_strstr_len (error->message, -1, ROWS[i].says));
  }
}

static void
write_description (const char *folder, const char *name, const char *launch)
{
  g_autofree char *file = g_strconcat (name, ".pipeline", NULL);
  g_autofree char *path = g_build_filename (folder, "sources", file, NULL);
  g_autofree char *text = g_strdup_printf ("[Pipeline]\nKind=source\nLaunch=%s\n", launch);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
make_descriptions (void)
{
  g_autofree char *folder = g_dir_make_tmp ("mb-source-XXXXXX", NULL);
  g_autofree char *sources = g_build_filename (folder, "sources", NULL);
  const char *tone = "audiotestsrc num-buffers=20 ! audio/x-raw,rate=48000 ! ";
  g_autofree char *ends = g_strconcat (tone, "opusenc ! rtpopuspay name=audio", NULL);
  g_autofree char *breaks = g_strconcat (
      tone, "identity name=breaks error-after=5 ! opusenc ! rtpopuspay name=audio", NULL);

  g_assert_cmpint (g_mkdir (sources, 0700), ==, 0);
  write_description (folder, "test-ends", ends);
  write_description (folder, "test-breaks", breaks);
  write_description (folder, "test-nothing", "fakesrc ! fakesink");
  write_description (folder, "test-raw", "videotestsrc name=video");
  return g_steal_pointer (&folder);
}

static void
remove_descriptions (const char *folder)
{
  static const char *const NAMES[] = {"test-ends", "test-breaks", "test-nothing", "test-raw"};
  g_autofree char *sources = g_build_filename (folder, "sources", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    g_autofree char *path = g_strconcat (sources, "/", NAMES[i], ".pipeline", NULL);

    g_unlink (path);
  }
  g_rmdir (sources);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = make_descriptions ();
  g_autofree char *path = g_strconcat (folder, ":", g_getenv ("MESHBOT_PIPELINE_PATH"), NULL);
  int status;

  /* Before any thread. */
  g_setenv ("MESHBOT_PIPELINE_PATH", path, TRUE);
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add ("/source/codecs-are-known-before-it-starts", Fixture, "videotestsrc", set_up,
      test_streams, tear_down);
  g_test_add ("/source/packets-reach-both-feeds-also-after-a-stop", Fixture, "videotestsrc", set_up,
      test_packets, tear_down);
  g_test_add ("/source/wish-for-a-key-frame-is-met", Fixture, "videotestsrc", set_up,
      test_key_frame, tear_down);
  g_test_add (
      "/source/bit-rate-can-be-set", Fixture, "videotestsrc", set_up, test_bitrate, tear_down);
  g_test_add ("/source/end-is-told", Fixture, "test-ends", set_up, test_ended, tear_down);
  g_test_add ("/source/error-is-told-with-the-element", Fixture, "test-breaks", set_up, test_failed,
      tear_down);
  g_test_add_func ("/source/what-is-wrong-is-said", test_wrong);
  status = g_test_run ();
  remove_descriptions (folder);
  return status;
}
