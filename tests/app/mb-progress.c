/* mb-progress.c: the whole in one line, and the rooms that want looking at first
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-progress.h"

#include <string.h>

typedef struct {
  GPtrArray *bots;
} Fixture;

static void
add (Fixture *fixture, const char *room, double fps, double loss)
{
  MbBotFigures *bot = mb_bot_figures_new ("bot", room, 0);
  MbPeerFigures *peer = mb_bot_figures_add_peer (bot, "id", "peer", 0);

  mb_bot_figures_set_joined (bot, "own", 1000);
  mb_peer_figures_set_state (peer, MB_PEER_STATE_CONNECTED, 1);
  mb_peer_figures_sample (peer, MB_MEASURE_RX_VIDEO_FPS, 1);
  mb_peer_figures_sample (peer, MB_MEASURE_RX_VIDEO_FPS, fps);
  mb_peer_figures_sample (peer, MB_MEASURE_RX_VIDEO_KBPS, 1500);
  mb_peer_figures_sample (peer, MB_MEASURE_TX_VIDEO_KBPS, 500);
  mb_peer_figures_sample (peer, MB_MEASURE_RX_VIDEO_LOSS, loss);
  g_ptr_array_add (fixture->bots, bot);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->bots = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_bot_figures_free);
  add (fixture, "good", 30, 0);
  add (fixture, "good", 29.5, 0);
  add (fixture, "lossy", 12.25, 3.5);
  add (fixture, "broken", 30, 0);
  mb_bot_figures_add_error (g_ptr_array_index (fixture->bots, 3), "e");
  g_ptr_array_add (fixture->bots, mb_bot_figures_new ("bot", "good", 0));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->bots);
}

static void
test_line (Fixture *fixture, gconstpointer data)
{
  g_autofree char *line = mb_progress_make_line (fixture->bots, 8);

  g_assert_cmpstr (line, ==,
      "4 of 8 bots, 4 connections, 12.2 frames/s at worst, 6.0 Mbit/s in, 2.0 out, 3.5 % lost at "
      "worst, 1 errors");
}

static void
test_table (Fixture *fixture, gconstpointer data)
{
  g_autofree char *table = mb_progress_make_table (fixture->bots, 8, 2, 100);
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);

  g_assert_cmpuint (g_strv_length (lines), ==, 6); /* the last is empty */
  g_assert_true (g_str_has_prefix (lines[2], "broken "));
  g_assert_true (g_str_has_prefix (lines[3], "lossy "));
  g_assert_nonnull (strstr (lines[3], "3.5%"));
  g_assert_cmpstr (lines[4], ==, "… and 1 rooms more");
}

static void
test_narrow (Fixture *fixture, gconstpointer data)
{
  g_autofree char *table = mb_progress_make_table (fixture->bots, 8, 10, 30);
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, 30);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/progress/the-whole-in-a-line", test_line);
  ADD ("/progress/the-worst-rooms-first", test_table);
  ADD ("/progress/fits-the-terminal", test_narrow);
  return g_test_run ();
}
