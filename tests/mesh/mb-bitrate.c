/* mb-bitrate.c: the slowest peer sets the rate, one bad path does not spoil it for many
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-bitrate.h"

#define START_US G_GINT64_CONSTANT (100000000)
#define SEC G_USEC_PER_SEC

static const MbBitrateLimits LIMITS = {
    .min_bps = 150000, .max_bps = 1500000, .width = 1280, .height = 720, .fps = 30};
static const int PEERS[8];

static void
test_rates (void)
{
  static const struct {
    unsigned int estimates[8]; /* kb/s; 0 ends them */
    unsigned int expected;     /* kb/s */
  } ROWS[] = {
      {{0}, 1500}, {{3000}, 1500}, {{700}, 700}, {{3000, 700, 2000}, 700}, {{100}, 150},
      {{2400, 2400, 200}, 600},                          /* a quarter of the middle one */
      {{2400, 2400, 800}, 800}, {{200, 200, 2400}, 200}, /* many bad ones are followed */
      {{9000, 9000, 9000, 100}, 1500}, /* and it never is more than was asked for */
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbBitrate) self = mb_bitrate_new (&LIMITS);
    MbBitrateSetting setting;

    for (unsigned int k = 0; k < 8 && ROWS[i].estimates[k] != 0; k++)
      mb_bitrate_take (self, &PEERS[k], ROWS[i].estimates[k] * 1000, START_US);
    mb_bitrate_decide (self, START_US, &setting);

    g_assert_cmpuint (setting.bps, ==, ROWS[i].expected * 1000);
  }
}

static void
test_forgets (void)
{
  g_autoptr (MbBitrate) self = mb_bitrate_new (&LIMITS);
  MbBitrateSetting setting;

  mb_bitrate_take (self, &PEERS[0], 1000000, START_US);
  mb_bitrate_take (self, &PEERS[1], 600000, START_US);
  g_assert_true (mb_bitrate_decide (self, START_US, &setting));
  g_assert_cmpuint (setting.bps, ==, 600000);
  mb_bitrate_forget (self, &PEERS[1]);
  g_assert_true (mb_bitrate_decide (self, START_US + SEC, &setting));
  g_assert_cmpuint (setting.bps, ==, 1000000);
  /* One that says nothing any more does not count. */
  g_assert_false (mb_bitrate_decide (self, START_US + 9 * SEC, &setting));
  g_assert_true (mb_bitrate_decide (self, START_US + 10 * SEC, &setting));
  g_assert_cmpuint (setting.bps, ==, 1500000);
}

static void
test_steady (void)
{
  g_autoptr (MbBitrate) self = mb_bitrate_new (&LIMITS);
  MbBitrateSetting setting;

  mb_bitrate_take (self, &PEERS[0], 1000000, START_US);
  g_assert_true (mb_bitrate_decide (self, START_US, &setting));
  mb_bitrate_take (self, &PEERS[0], 1020000, START_US + SEC);
  g_assert_false (mb_bitrate_decide (self, START_US + SEC, &setting));
  mb_bitrate_take (self, &PEERS[0], 1040000, START_US + SEC);
  g_assert_true (mb_bitrate_decide (self, START_US + SEC, &setting));
  /* Up by steps, down at once. */
  mb_bitrate_take (self, &PEERS[0], 1300000, START_US + SEC);
  g_assert_false (mb_bitrate_decide (self, START_US + SEC + 1000, &setting));
  mb_bitrate_take (self, &PEERS[0], 500000, START_US + SEC);
  g_assert_true (mb_bitrate_decide (self, START_US + SEC + 1000, &setting));
}

static void
test_sizes (void)
{
  static const struct {
    unsigned int at_s;
    unsigned int kbps;
    unsigned int height;
  } ROWS[] = {{0, 1500, 720}, {1, 520, 720}, {2, 400, 540}, {3, 150, 360}, {4, 700, 360},
      {9, 700, 720}, {10, 150, 360}, {16, 500, 540}, {30, 560, 540}, {40, 1500, 720}};
  g_autoptr (MbBitrate) self = mb_bitrate_new (&LIMITS);
  MbBitrateSetting setting;

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    gint64 now_us = START_US + ROWS[i].at_s * SEC;

    mb_bitrate_take (self, &PEERS[0], ROWS[i].kbps * 1000, now_us);
    mb_bitrate_decide (self, now_us, &setting);
    g_assert_cmpuint (setting.height, ==, ROWS[i].height);
    g_assert_cmpuint (setting.width % 2, ==, 0);
  }
}

static void
test_little_asked_for (void)
{
  /* Whoever asks for little gets it in the size that was asked for. */
  const MbBitrateLimits limits = {
      .min_bps = 150000, .max_bps = 300000, .width = 1280, .height = 720, .fps = 30};
  g_autoptr (MbBitrate) self = mb_bitrate_new (&limits);
  MbBitrateSetting setting;

  mb_bitrate_take (self, &PEERS[0], 3000000, START_US);
  g_assert_false (mb_bitrate_decide (self, START_US, &setting));
  g_assert_cmpuint (setting.height, ==, 720);
}

static void
test_fixed_size (void)
{
  const MbBitrateLimits limits = {.min_bps = 150000, .max_bps = 1500000};
  g_autoptr (MbBitrate) self = mb_bitrate_new (&limits);
  MbBitrateSetting setting;

  mb_bitrate_take (self, &PEERS[0], 150000, START_US);
  g_assert_true (mb_bitrate_decide (self, START_US, &setting));
  g_assert_cmpuint (setting.width, ==, 0);
  g_assert_false (mb_bitrate_decide (self, START_US + SEC, &setting));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bitrate/slowest-peer-sets-it", test_rates);
  g_test_add_func ("/bitrate/who-is-gone-does-not-count", test_forgets);
  g_test_add_func ("/bitrate/small-changes-are-not-made", test_steady);
  g_test_add_func ("/bitrate/picture-shrinks-and-grows", test_sizes);
  g_test_add_func ("/bitrate/little-asked-for-is-no-reason-to-shrink", test_little_asked_for);
  g_test_add_func ("/bitrate/size-that-cannot-change", test_fixed_size);
  return g_test_run ();
}
