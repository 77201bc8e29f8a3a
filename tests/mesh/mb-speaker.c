/* mb-speaker.c: who speaks is found, and no cough or breath makes somebody else speak
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-speaker.h"

/* Loudness of ann and ben in each round, and who speaks after it. */
typedef struct {
  int ann;
  int ben;
  const char *speaker;
} Round;

static void
run (const Round *rounds, gsize n)
{
  MbSpeaker speaker = {0};
  const char *before = NULL;

  for (gsize i = 0; i < n; i++) {
    gboolean has_changed;

    mb_speaker_take (&speaker, "ann", rounds[i].ann);
    mb_speaker_take (&speaker, "ben", rounds[i].ben);
    has_changed = mb_speaker_end_round (&speaker);
    g_assert_cmpstr (speaker.id, ==, rounds[i].speaker);
    g_assert_cmpint (has_changed, ==, g_strcmp0 (before, rounds[i].speaker) != 0);
    before = rounds[i].speaker;
  }
  mb_speaker_clear (&speaker);
}

static void
test_begins (void)
{
  static const Round ROUNDS[] = {{-128, -60, NULL}, {-128, -20, NULL}, {-128, -128, NULL},
      {-128, -20, NULL}, {-40, -20, "ben"}, {-40, -50, "ben"}};

  run (ROUNDS, G_N_ELEMENTS (ROUNDS));
}

static void
test_gives_way (void)
{
  static const Round ROUNDS[] = {{-30, -128, NULL}, {-30, -128, "ann"}, {-30, -25, "ann"},
      {-30, -25, "ann"}, {-30, -24, "ann"}, {-30, -24, "ben"}, {-30, -128, "ben"},
      {-30, -128, "ann"}};

  run (ROUNDS, G_N_ELEMENTS (ROUNDS));
}

static void
test_ends (void)
{
  static const Round ROUNDS[] = {{0, -128, NULL}, {0, -128, "ann"}, {-128, -128, "ann"},
      {-128, -128, "ann"}, {-128, -128, "ann"}, {-128, -128, "ann"}, {-30, -128, "ann"},
      {-128, -128, "ann"}, {-128, -128, "ann"}, {-128, -128, "ann"}, {-128, -128, "ann"},
      {-128, -128, "ann"}, {-128, -128, NULL}};

  run (ROUNDS, G_N_ELEMENTS (ROUNDS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/speaker/two-loud-rounds-make-one", test_begins);
  g_test_add_func ("/speaker/gives-way-to-who-is-louder-by-far-or-when-silent", test_gives_way);
  g_test_add_func ("/speaker/ends-after-a-while-and-not-for-a-breath", test_ends);
  return g_test_run ();
}
