/* mb-figures.c: what the engine counts becomes what happened in each second, and nothing more
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-figures.h"

#include <math.h>

#define START_US 1000000
#define EPSILON 1e-6

/* A stream of 30 frames and 100 packets of 1000 bytes a second, and what can be wrong with it. */
typedef struct {
  MbBotFigures *bot;
  MbPeerFigures *peer;
  MbSnapshot snapshot;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->bot = mb_bot_figures_new ("meshbot", "x", START_US);
  fixture->peer = mb_bot_figures_add_peer (fixture->bot, "id", "alice", START_US);
  fixture->snapshot = (MbSnapshot){.at_us = START_US};
  fixture->snapshot.rx[MB_FIGURES_VIDEO].is_there = TRUE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mb_bot_figures_free (fixture->bot);
}

static void
connect_peer (Fixture *fixture)
{
  mb_peer_figures_set_state (fixture->peer, MB_PEER_STATE_CONNECTED, fixture->snapshot.at_us);
  mb_peer_figures_take (fixture->peer, &fixture->snapshot);
}

static void
pass_second (Fixture *fixture, unsigned int frames, unsigned int packets, unsigned int lost,
    unsigned int recovered)
{
  MbTotals *video = &fixture->snapshot.rx[MB_FIGURES_VIDEO];

  fixture->snapshot.at_us += G_USEC_PER_SEC;
  fixture->snapshot.frames += frames;
  video->packets += packets;
  video->bytes += packets * 1000;
  video->lost += lost;
  video->recovered += recovered;
  if (fixture->snapshot.first_frame_us == 0 && frames > 0)
    fixture->snapshot.first_frame_us = fixture->snapshot.at_us - 500000;
  mb_peer_figures_take (fixture->peer, &fixture->snapshot);
}

static const MbSeries *
seconds (Fixture *fixture, MbMeasure measure)
{
  return &fixture->peer->seconds[measure];
}

static void
test_steady (Fixture *fixture, gconstpointer data)
{
  connect_peer (fixture);
  for (int i = 0; i < 5; i++)
    pass_second (fixture, 30, 100, 0, 0);

  /* The second in which it began is not whole, and the newest does not count yet. */
  g_assert_cmpuint (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->n, ==, 3);
  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->least, 30, EPSILON);
  g_assert_cmpfloat_with_epsilon (
      seconds (fixture, MB_MEASURE_RX_VIDEO_KBPS)->greatest, 800, EPSILON);
  g_assert_cmpfloat_with_epsilon (
      seconds (fixture, MB_MEASURE_RX_VIDEO_LOSS)->greatest, 0, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_TTFF], 500, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_FREEZES], 0, EPSILON);
  g_assert_cmpuint (fixture->peer->frames, ==, 150);
  g_assert_cmpuint (seconds (fixture, MB_MEASURE_RX_AUDIO_KBPS)->n, ==, 0);
}

static void
test_loss (Fixture *fixture, gconstpointer data)
{
  connect_peer (fixture);
  pass_second (fixture, 30, 100, 0, 0);
  pass_second (fixture, 30, 90, 5, 5); /* 95 were sent on, 5 of the 90 a second time */
  pass_second (fixture, 30, 0, 10, 0); /* nothing but holes */
  pass_second (fixture, 30, 100, 0, 0);
  pass_second (fixture, 30, 100, 0, 0);

  g_assert_cmpuint (seconds (fixture, MB_MEASURE_RX_VIDEO_LOSS)->n, ==, 3);
  g_assert_cmpfloat_with_epsilon (
      seconds (fixture, MB_MEASURE_RX_VIDEO_LOSS)->greatest, 100, EPSILON);
  g_assert_cmpfloat_with_epsilon (
      g_array_index (seconds (fixture, MB_MEASURE_RX_VIDEO_LOSS)->kept, float, 0), 100.0 * 10 / 95,
      1e-3);
  g_assert_cmpuint (fixture->peer->rx[MB_FIGURES_VIDEO].lost, ==, 15);
  g_assert_cmpuint (fixture->peer->rx[MB_FIGURES_VIDEO].recovered, ==, 5);
}

/* A stream that has stopped has seconds of nothing; one that never began gets them as well. */
static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  gboolean begins = GPOINTER_TO_INT (data);

  connect_peer (fixture);
  for (int i = 0; i < 3; i++)
    pass_second (fixture, begins ? 30 : 0, begins ? 100 : 0, 0, 0);
  for (int i = 0; i < 4; i++)
    pass_second (fixture, 0, 0, 0, 0);

  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->least, 0, EPSILON);
  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_KBPS)->least, 0, EPSILON);
  g_assert_cmpuint (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->n, ==, begins ? 5 : 3);
  if (!begins)
    g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_TTFF], 7000, EPSILON);
}

static void
test_leave (Fixture *fixture, gconstpointer data)
{
  connect_peer (fixture);
  for (int i = 0; i < 4; i++)
    pass_second (fixture, 30, 100, 0, 0);
  fixture->snapshot.n_freezes = 1;
  fixture->snapshot.frozen_ms = 700;
  pass_second (fixture, 10, 30, 0, 0); /* it has stopped to send, and is gone before the next */
  mb_peer_figures_set_state (fixture->peer, MB_PEER_STATE_LEFT, fixture->snapshot.at_us);
  mb_peer_figures_end (fixture->peer, fixture->snapshot.at_us);
  pass_second (fixture, 0, 0, 0, 0);
  mb_peer_figures_add (fixture->peer, MB_MEASURE_BLACK, 1);

  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->least, 30, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_FREEZES], 0, EPSILON);
  g_assert_true (isnan (fixture->peer->one[MB_MEASURE_BLACK]));
  g_assert_cmpstr (mb_peer_state_get_name (fixture->peer->state), ==, "left");
}

static void
test_rebuilt (Fixture *fixture, gconstpointer data)
{
  connect_peer (fixture);
  for (int i = 0; i < 3; i++)
    pass_second (fixture, 30, 100, 0, 0);
  fixture->snapshot.n_freezes = 2;
  fixture->snapshot.frozen_ms = 900;
  pass_second (fixture, 30, 100, 0, 0);

  /* Another connection counts from 0 again. */
  fixture->snapshot.rx[MB_FIGURES_VIDEO] = (MbTotals){.is_there = TRUE};
  fixture->snapshot.frames = 0;
  fixture->snapshot.n_freezes = 0;
  fixture->snapshot.frozen_ms = 0;
  for (int i = 0; i < 4; i++)
    pass_second (fixture, 20, 50, 0, 0);

  g_assert_cmpuint (fixture->peer->rx[MB_FIGURES_VIDEO].packets, ==, 600);
  g_assert_cmpuint (fixture->peer->frames, ==, 200);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_FREEZES], 2, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_FREEZE_TIME], 900, EPSILON);
  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->least, 20, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->peer->one[MB_MEASURE_TTFF], 500, EPSILON);
}

static void
test_camera_off (Fixture *fixture, gconstpointer data)
{
  connect_peer (fixture);
  for (int i = 0; i < 3; i++)
    pass_second (fixture, 30, 100, 0, 0);
  fixture->snapshot.is_video_off = TRUE;
  for (int i = 0; i < 5; i++)
    pass_second (fixture, 0, 0, 0, 0);

  g_assert_cmpuint (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->n, ==, 2);
  g_assert_cmpfloat_with_epsilon (seconds (fixture, MB_MEASURE_RX_VIDEO_FPS)->least, 30, EPSILON);
}

static void
test_never_connected (Fixture *fixture, gconstpointer data)
{
  MbPeerFigures *brief = mb_bot_figures_add_peer (fixture->bot, "b", "bob", START_US);

  mb_peer_figures_end (brief, START_US + 9 * G_USEC_PER_SEC);
  mb_peer_figures_end (fixture->peer, START_US + 10 * G_USEC_PER_SEC);

  g_assert_cmpint (brief->state, ==, MB_PEER_STATE_CONNECTING);
  g_assert_cmpint (fixture->peer->state, ==, MB_PEER_STATE_FAILED);
}

static void
test_count (Fixture *fixture, gconstpointer data)
{
  MbPeerFigures *bob = mb_bot_figures_add_peer (fixture->bot, "b", "bob", START_US);

  mb_bot_figures_count (fixture->bot);
  g_assert_cmpuint (fixture->bot->connected.n, ==, 0); /* before the first connection */
  mb_peer_figures_set_state (fixture->peer, MB_PEER_STATE_CONNECTED, START_US);
  mb_bot_figures_count (fixture->bot);
  mb_peer_figures_set_state (bob, MB_PEER_STATE_CONNECTED, START_US);
  mb_bot_figures_count (fixture->bot);
  mb_peer_figures_set_state (bob, MB_PEER_STATE_LEFT, START_US);
  mb_bot_figures_count (fixture->bot);

  g_assert_cmpuint (fixture->bot->connected.n, ==, 3);
  g_assert_cmpfloat_with_epsilon (fixture->bot->connected.greatest, 2, EPSILON);
  g_assert_cmpfloat_with_epsilon (fixture->bot->connected.last, 1, EPSILON);
  fixture->bot->peers_ended = TRUE;
  mb_peer_figures_set_state (fixture->peer, MB_PEER_STATE_LEFT, START_US);
  mb_bot_figures_count (fixture->bot);
  g_assert_cmpuint (fixture->bot->n_connected, ==, 0);
  g_assert_cmpfloat_with_epsilon (fixture->bot->connected.last, 1, EPSILON);
}

#define ADD(name, data, func) g_test_add (name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/figures/a-steady-stream", NULL, test_steady);
  ADD ("/figures/loss-is-what-did-not-come-the-first-time", NULL, test_loss);
  ADD ("/figures/a-stopped-stream-has-seconds-of-nothing", GINT_TO_POINTER (TRUE), test_nothing);
  ADD ("/figures/so-has-one-that-never-begins", GINT_TO_POINTER (FALSE), test_nothing);
  ADD ("/figures/the-second-of-leaving-does-not-count", NULL, test_leave);
  ADD ("/figures/go-on-over-another-connection", NULL, test_rebuilt);
  ADD ("/figures/a-camera-that-is-off-is-not-measured", NULL, test_camera_off);
  ADD ("/figures/no-connection-in-10-s-has-failed", NULL, test_never_connected);
  ADD ("/figures/peers-are-counted-from-the-first-on", NULL, test_count);
  return g_test_run ();
}
