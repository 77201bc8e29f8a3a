/* mb-congestion.c: feedback is believed before REMB, and REMB before nothing; news are told in time
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-congestion.h"

#define START_US G_GINT64_CONSTANT (1000000)
#define SEC G_USEC_PER_SEC

static void
test_remb (void)
{
  MbCongestion self;
  unsigned int bps = 0;

  mb_congestion_init (&self);
  g_assert_cmpuint (mb_congestion_get_bps (&self, START_US), ==, 0);
  g_assert_false (mb_congestion_get_news (&self, START_US, &bps));
  mb_congestion_take_remb (&self, 1000000, START_US);
  g_assert_cmpuint (mb_congestion_get_bps (&self, START_US), ==, 1000000);
  g_assert_true (mb_congestion_get_news (&self, START_US, &bps));
  g_assert_cmpuint (bps, ==, 864800);
  /* The same again is told once a second, another at once. */
  mb_congestion_take_remb (&self, 1000000, START_US + SEC / 2);
  g_assert_false (mb_congestion_get_news (&self, START_US + SEC / 2, &bps));
  mb_congestion_take_remb (&self, 500000, START_US + SEC / 2);
  g_assert_true (mb_congestion_get_news (&self, START_US + SEC / 2, &bps));
  g_assert_cmpuint (bps, ==, 432400);
  g_assert_true (mb_congestion_get_news (&self, START_US + 3 * SEC / 2, &bps));
  /* An old one is not believed any more. */
  g_assert_cmpuint (mb_congestion_get_bps (&self, START_US + 20 * SEC), ==, 0);
  mb_congestion_clear (&self);
}

/* A second's packets arrive as they left. */
static void
deliver (MbCongestion *self, gint64 from_us)
{
  static MbTwccArrivals arrivals;
  guint8 data[2000];
  MbRtcpWriter writer;
  MbRtcpIter iter;
  MbRtcpPacket packet;
  MbRtcpFeedback feedback;

  mb_twcc_arrivals_init (&arrivals);
  for (unsigned int i = 0; i < 100; i++) {
    guint16 seq = mb_congestion_get_next_seq (self);

    mb_congestion_count_sent (self, MB_PACKET_VIDEO, TRUE, 1200, from_us + i * 10000);
    mb_twcc_arrivals_take (&arrivals, seq, from_us + i * 10000 + 20000);
  }
  mb_rtcp_writer_init (&writer, data, sizeof data);
  g_assert_true (mb_twcc_arrivals_write (&arrivals, &writer, 1, 2));
  g_assert_true (mb_rtcp_iter_init (&iter, data, writer.size));
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
  mb_congestion_take_feedback (self, &feedback, 20, from_us + SEC);
}

static void
test_feedback (void)
{
  MbCongestion self;
  unsigned int bps;

  mb_congestion_init (&self);
  mb_congestion_take_remb (&self, 300000, START_US);
  deliver (&self, START_US);
  g_assert_cmpuint (mb_congestion_get_bps (&self, START_US + SEC), >=, 2000000);
  g_assert_true (mb_congestion_get_news (&self, START_US + SEC, &bps));
  g_assert_cmpuint (bps, >=, 1700000);
  mb_congestion_clear (&self);
}

static void
test_what_is_left (void)
{
  MbCongestion self;
  unsigned int bps = 0;

  /* Sound and repeats take 400 kb/s of the path: an encoder gets what is left. */
  mb_congestion_init (&self);
  for (unsigned int i = 0; i <= 100; i++)
    mb_congestion_count_sent (&self, MB_PACKET_REPEAT, FALSE, 472, START_US + i * 10000);
  mb_congestion_take_remb (&self, 1000000, START_US + SEC);
  g_assert_true (mb_congestion_get_news (&self, START_US + SEC, &bps));
  g_assert_cmpuint (bps, >, 475000);
  g_assert_cmpuint (bps, <, 495000);
  mb_congestion_clear (&self);
}

static void
test_repeats (void)
{
  MbCongestion self;
  unsigned int n = 0;

  mb_congestion_init (&self);
  for (unsigned int i = 0; i < 1000; i++) /* nothing is known */
    g_assert_true (mb_congestion_may_repeat (&self, 1200, START_US));
  mb_congestion_take_remb (&self, 1000000, START_US);
  for (unsigned int i = 0; i < 10000; i++)
    n += mb_congestion_may_repeat (&self, 1200, START_US + i * 100) ? 1 : 0;
  /* Half of it, and what may come at once. */
  g_assert_cmpuint (n, >=, 52);
  g_assert_cmpuint (n, <=, 66);
  mb_congestion_clear (&self);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/congestion/remb-where-there-is-nothing-else", test_remb);
  g_test_add_func ("/congestion/feedback-before-remb", test_feedback);
  g_test_add_func ("/congestion/what-is-left-for-video", test_what_is_left);
  g_test_add_func ("/congestion/repeats-leave-room", test_repeats);
  return g_test_run ();
}
