/* mb-verdict.c: the worst peer of all bots decides, and what was not measured does not hold
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-verdict.h"

#include <math.h>

typedef struct {
  GPtrArray *bots;
} Fixture;

/* Two bots; the first met two peers, at 30 and at 10 to 20 frames a second, the second one without
 * a picture. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  MbBotFigures *one = mb_bot_figures_new ("one", "x", 0);
  MbBotFigures *two = mb_bot_figures_new ("two", "x", 0);
  MbPeerFigures *good = mb_bot_figures_add_peer (one, "a", "alice", 0);
  MbPeerFigures *bad = mb_bot_figures_add_peer (one, "b", "bob", 0);

  mb_bot_figures_add_peer (two, "c", "carol", 0);
  fixture->bots = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_bot_figures_free);
  g_ptr_array_add (fixture->bots, one);
  g_ptr_array_add (fixture->bots, two);
  mb_bot_figures_set_joined (one, "1", 100000);
  mb_bot_figures_set_joined (two, "2", 300000);
  for (int i = 0; i < 10; i++) {
    mb_peer_figures_sample (good, MB_MEASURE_RX_VIDEO_FPS, 30);
    mb_peer_figures_sample (bad, MB_MEASURE_RX_VIDEO_FPS, i < 5 ? 10 : 20);
  }
  mb_peer_figures_add (good, MB_MEASURE_TTFF, 400);
  mb_peer_figures_add (bad, MB_MEASURE_TTFF, 800);
  mb_peer_figures_set_state (good, MB_PEER_STATE_CONNECTED, 1);
  mb_bot_figures_count (one);
  mb_peer_figures_set_state (bad, MB_PEER_STATE_CONNECTED, 1);
  mb_bot_figures_count (one);
  mb_bot_figures_add_error (one, "e");
  mb_bot_figures_add_error (two, "f");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->bots);
}

static void
test_table (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text;
    double value; /* NaN: not measured */
    gboolean ok;
    const char *who;
  } ROWS[] = {
      {"rx.video.fps >= 16", 15, FALSE, "one in room x, peer bob"},
      {"rx.video.fps >= 15", 15, TRUE, "one in room x, peer bob"},
      {"rx.video.fps.min >= 10", 10, TRUE, "one in room x, peer bob"},
      {"rx.video.fps.p50 == 10", 30, FALSE, "one in room x, peer alice"},
      {"rx.video.fps <= 30", 30, TRUE, "one in room x, peer alice"},
      {"rx.video.fps.p95 >= 21", 20, FALSE, "one in room x, peer bob"},
      {"ttff < 800ms", 800, FALSE, "one in room x, peer bob"},
      {"ttff.mean < 700ms", 600, TRUE, NULL},
      {"ttff.min < 700ms", 400, TRUE, NULL},
      {"join < 1s", 300, TRUE, "two in room x"},
      {"join.mean == 200ms", 200, TRUE, NULL},
      {"peers >= 1", 0, FALSE, "two in room x"}, /* nobody ever connected to it */
      {"peers <= 2", 2, TRUE, "one in room x"},
      {"peers.min <= 1", 1, TRUE, "one in room x"},
      {"errors == 2", 2, TRUE, NULL},
      {"errors == 0", 2, FALSE, NULL},
      {"latency < 1h", (double) NAN, FALSE, NULL},
      {"freezes == 0", (double) NAN, FALSE, NULL},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GPtrArray) expects =
        g_ptr_array_new_with_free_func ((GDestroyNotify) mb_expect_free);
    g_autoptr (MbVerdict) verdict = NULL;
    const MbJudgement *judgement;

    g_ptr_array_add (expects, mb_expect_parse (ROWS[i].text, NULL));
    verdict = mb_verdict_new (expects, fixture->bots);
    judgement = g_ptr_array_index (verdict->judgements, 0);
    g_test_message ("%s: %g", ROWS[i].text, judgement->value);
    g_assert_cmpint (isnan (judgement->value), ==, isnan (ROWS[i].value));
    if (!isnan (ROWS[i].value))
      g_assert_cmpfloat_with_epsilon (judgement->value, ROWS[i].value, 1e-6);
    g_assert_cmpint (judgement->ok, ==, ROWS[i].ok);
    g_assert_cmpint (verdict->ok, ==, ROWS[i].ok);
    g_assert_cmpstr (judgement->who, ==, ROWS[i].who);
  }
}

static void
test_never_joined (Fixture *fixture, gconstpointer data)
{
  g_autoptr (MbExpect) expect = mb_expect_parse ("join < 1h", NULL);

  g_assert_true (mb_expect_holds (expect, mb_verdict_measure (expect, fixture->bots, NULL)));
  g_ptr_array_add (fixture->bots, mb_bot_figures_new ("three", "x", 0));
  g_assert_false (mb_expect_holds (expect, mb_verdict_measure (expect, fixture->bots, NULL)));
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) expects = g_ptr_array_new ();
  g_autoptr (MbVerdict) verdict = mb_verdict_new (expects, fixture->bots);

  g_assert_true (verdict->ok);
  g_assert_cmpuint (mb_verdict_count_ok (verdict), ==, 0);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/verdict/table", test_table);
  ADD ("/verdict/a-bot-that-never-joined-was-not-quick", test_never_joined);
  ADD ("/verdict/no-expectation-is-a-pass", test_none);
  return g_test_run ();
}
