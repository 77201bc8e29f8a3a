/* mb-rtp-clock.c: times keep the sender's spacing, streams fall in step, and nothing goes back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-clock.h"

#define MS G_GINT64_CONSTANT (1000000)
#define SECOND (1000 * MS)
#define VIDEO_RATE 90000
#define AUDIO_RATE 48000
#define START (3600 * SECOND) /* of the local clock */

/* NTP format of so many ns after an hour that is far from 0. */
static guint64
ntp (gint64 ns)
{
  gint64 seconds = ns / SECOND;

  return (guint64) (3900000000U + (guint64) seconds) << 32 |
         (guint64) ((ns % SECOND) * (G_GINT64_CONSTANT (1) << 32) / SECOND);
}

static gint64
take (MbRtpClock *clock, const MbPeerClock *peer, guint32 timestamp, gint64 arrival_ns)
{
  mb_rtp_clock_take_arrival (clock, peer, timestamp, arrival_ns);
  return mb_rtp_clock_get_time (clock, peer, timestamp);
}

static void
test_spacing (void)
{
  MbPeerClock peer;
  MbRtpClock clock;
  gint64 before = 0;

  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&clock, VIDEO_RATE);
  /* The first hundred come at once (they waited for a handshake), the others with jitter; the
   * timestamp wraps on the way. */
  for (int i = 0; i < 1000; i++) {
    gint64 arrival = START + MAX (i - 100, 0) * 33 * MS + (i * 7919 % 40) * MS;
    gint64 time = take (&clock, &peer, (guint32) (0xffff0000U + (guint32) i * 2970), arrival);

    if (i > 0)
      g_assert_cmpint (ABS (time - before - 33 * MS), <=, 1);
    before = time;
  }
}

static void
test_in_step (void)
{
  /* The sound came 60 ms later after its capture than the picture, or the picture than the sound:
   * either way both end on one line, and neither went back. */
  const gint64 late_ms[] = {60, -60};

  for (gsize row = 0; row < G_N_ELEMENTS (late_ms); row++) {
    gint64 audio_delay = 100 * MS + MAX (late_ms[row], 0) * MS;
    gint64 video_delay = 100 * MS + MAX (-late_ms[row], 0) * MS;
    MbPeerClock peer;
    MbRtpClock audio;
    MbRtpClock video;
    gint64 a = 0;
    gint64 v = 0;
    gint64 last_a = 0;
    gint64 last_v = 0;

    mb_peer_clock_init (&peer);
    mb_rtp_clock_init (&audio, AUDIO_RATE);
    mb_rtp_clock_init (&video, VIDEO_RATE);
    for (int i = 0; i < 200; i++) {
      gint64 now = START + i * 20 * MS;

      a = take (&audio, &peer, 5000 + (guint32) i * 960, now + audio_delay);
      v = take (&video, &peer, 77 + (guint32) i * 1800, now + video_delay);
      g_assert_cmpint (a, >=, last_a + (i > 0 ? 20 * MS - 1 : 0));
      g_assert_cmpint (v, >=, last_v + (i > 0 ? 20 * MS - 1 : 0));
      last_a = a;
      last_v = v;
      if (i % 50 == 30)
        mb_rtp_clock_take_report (&audio, &peer, ntp (i * 20 * MS), 5000 + (guint32) i * 960);
      if (i % 50 == 40)
        mb_rtp_clock_take_report (&video, &peer, ntp (i * 20 * MS), 77 + (guint32) i * 1800);
    }
    g_assert_cmpint (ABS (a - v), <, MS);
  }
}

static void
test_drift (void)
{
  MbPeerClock peer;
  MbRtpClock clock;
  gint64 time = 0;
  gint64 before = 0;

  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&clock, AUDIO_RATE);
  /* A sound card that is 0.05 % fast by its own computer's clock. */
  for (int i = 0; i < 100000; i++) {
    gint64 now = i * 19990 * (MS / 1000);

    time = take (&clock, &peer, (guint32) i * 960, START + now);
    if (i > 0)
      g_assert_cmpint (ABS (time - before - 20 * MS), <, MS / 10);
    before = time;
    if (i % 250 == 0)
      mb_rtp_clock_take_report (&clock, &peer, ntp (now), (guint32) i * 960);
  }
  g_assert_cmpint (ABS (time - START - 99999 * 19990 * (MS / 1000)), <, 20 * MS);
}

static void
test_clock_set (void)
{
  MbPeerClock peer;
  MbRtpClock audio;
  MbRtpClock video;
  gint64 last_a = 0;
  gint64 last_v = 0;

  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&audio, AUDIO_RATE);
  mb_rtp_clock_init (&video, VIDEO_RATE);
  for (int i = 0; i < 500; i++) {
    gint64 now = i * 20 * MS;
    gint64 set = i < 250 ? 100 * SECOND : i < 400 ? 97 * SECOND : 1000 * SECOND;
    gint64 a = take (&audio, &peer, (guint32) i * 960, START + now);
    gint64 v = take (&video, &peer, (guint32) i * 1800, START + now);

    if (i > 0) {
      g_assert_cmpint (ABS (a - last_a - 20 * MS), <=, 2);
      g_assert_cmpint (ABS (v - last_v - 20 * MS), <=, 2);
    }
    last_a = a;
    last_v = v;
    if (i % 50 == 30)
      mb_rtp_clock_take_report (&audio, &peer, ntp (set + now), (guint32) i * 960);
    if (i % 50 == 40)
      mb_rtp_clock_take_report (&video, &peer, ntp (set + now), (guint32) i * 1800);
  }
  g_assert_cmpint (ABS (last_a - last_v), <, MS);
}

static void
test_another_line (void)
{
  MbPeerClock peer;
  MbRtpClock clock;

  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&clock, VIDEO_RATE);
  take (&clock, &peer, 1000, START);
  mb_rtp_clock_take_report (&clock, &peer, ntp (0), 1000);

  g_assert_cmpint (take (&clock, &peer, 2000000000, START + SECOND), ==, START + SECOND);
  g_assert_cmpint (take (&clock, &peer, 2000000000 + 90, START + SECOND), ==, START + SECOND + MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-clock/keeps-the-spacing-whatever-the-arrivals", test_spacing);
  g_test_add_func ("/rtp-clock/streams-of-a-peer-fall-in-step-forwards", test_in_step);
  g_test_add_func ("/rtp-clock/follows-the-peers-clock", test_drift);
  g_test_add_func ("/rtp-clock/a-clock-that-is-set-is-not-seen", test_clock_set);
  g_test_add_func ("/rtp-clock/another-timeline-begins-at-its-arrival", test_another_line);
  return g_test_run ();
}
