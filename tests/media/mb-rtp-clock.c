/* mb-rtp-clock.c: capture times follow the least delay, sound and picture agree, time never goes back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-clock.h"

#include "mb-rtcp.h"

#define MS G_GINT64_CONSTANT (1000000)
#define START_NS (5000 * MS)

static void
test_anchor (void)
{
  MbRtpClock clock;
  guint32 timestamp = 0xffffff00; /* wraps */

  mb_rtp_clock_init (&clock, 90000);
  for (int i = 0; i < 100; i++) {
    mb_rtp_clock_take_arrival (&clock, timestamp, START_NS + i * 40 * MS);
    g_assert_cmpint (mb_rtp_clock_get_time (&clock, timestamp), ==, START_NS + i * 40 * MS);
    timestamp += 3600;
  }
}

static void
test_jitter (void)
{
  MbRtpClock clock;
  gint64 time_ns = 0;
  gint64 last_ns = 0;

  /* The first packet was delayed by 60 ms, as the first often is; others by 0 to 30. */
  mb_rtp_clock_init (&clock, 48000);
  for (int i = 0; i < 500; i++) {
    gint64 delay_ns = i == 0 ? 60 * MS : i * 7 % 31 * MS;

    mb_rtp_clock_take_arrival (&clock, (guint32) i * 960, START_NS + i * 20 * MS + delay_ns);
    time_ns = mb_rtp_clock_get_time (&clock, (guint32) i * 960);
    g_assert_cmpint (time_ns, >=, last_ns);
    g_assert_cmpint (ABS (time_ns - last_ns - 20 * MS), <=, i == 0 ? G_MAXINT64 : 2 * MS);
    last_ns = time_ns;
  }
  g_assert_cmpint (ABS (time_ns - (START_NS + 499 * 20 * MS)), <, 1 * MS);
}

static void
test_sync (void)
{
  MbPeerClock peer;
  MbRtpClock audio;
  MbRtpClock video;
  guint64 ntp_start = mb_rtcp_ntp_from_real_time (G_GINT64_CONSTANT (1700000000000000));
  gint64 audio_ns = 0;
  gint64 video_ns = 0;

  /* The picture comes 90 ms after its capture, the sound 15. */
  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&audio, 48000);
  mb_rtp_clock_init (&video, 90000);
  for (int i = 0; i < 500; i++) {
    gint64 captured_ns = START_NS + i * 20 * MS;
    guint32 audio_timestamp = 111 + (guint32) i * 960;
    guint32 video_timestamp = 0xfffff000 + (guint32) i * 1800;

    mb_rtp_clock_take_arrival (&audio, audio_timestamp, captured_ns + 15 * MS);
    mb_rtp_clock_take_arrival (&video, video_timestamp, captured_ns + 90 * MS);
    if (i % 50 == 10) {
      guint64 ntp = ntp_start + ((guint64) i << 32) / 50;

      mb_rtp_clock_take_report (&audio, &peer, ntp, audio_timestamp, captured_ns + 10 * MS);
      mb_rtp_clock_take_report (&video, &peer, ntp, video_timestamp, captured_ns + 12 * MS);
    }
    audio_ns = mb_rtp_clock_get_time (&audio, audio_timestamp);
    video_ns = mb_rtp_clock_get_time (&video, video_timestamp);
  }
  g_assert_cmpint (ABS (audio_ns - video_ns), <, MS / 10);
  g_assert_cmpint (ABS (audio_ns - (START_NS + 499 * 20 * MS + 10 * MS)), <, 1 * MS);
}

static void
test_foreign (void)
{
  MbPeerClock peer;
  MbRtpClock clock;
  gint64 before_ns;

  mb_peer_clock_init (&peer);
  mb_rtp_clock_init (&clock, 90000);
  mb_rtp_clock_take_report (&clock, &peer, 1, 2, START_NS); /* before any packet */
  mb_rtp_clock_take_arrival (&clock, 1000, START_NS);
  before_ns = mb_rtp_clock_get_time (&clock, 1000);
  g_assert_cmpint (before_ns, ==, START_NS);
  /* A report that says the stream is an hour off is not believed. */
  mb_rtp_clock_take_report (
      &clock, &peer, G_GUINT64_CONSTANT (1) << 40, 1000 + 90000u * 3600, START_NS);
  g_assert_cmpint (mb_rtp_clock_get_time (&clock, 1000), ==, START_NS);
  /* A new timeline begins at its arrival. */
  mb_rtp_clock_take_arrival (&clock, 0x70000000, START_NS + 40 * MS);
  g_assert_cmpint (mb_rtp_clock_get_time (&clock, 0x70000000), ==, START_NS + 40 * MS);
  /* An older packet does not take time back. */
  g_assert_cmpint (mb_rtp_clock_get_time (&clock, 0x70000000 - 3600), ==, START_NS + 40 * MS);
}

static void
test_pause (void)
{
  MbRtpClock clock;

  /* The source stood still for 5 s, its timestamps too. */
  mb_rtp_clock_init (&clock, 90000);
  for (int i = 0; i < 200; i++) {
    gint64 arrival_ns = START_NS + i * 40 * MS + (i >= 50 ? 5000 * MS : 0);

    mb_rtp_clock_take_arrival (&clock, (guint32) i * 3600, arrival_ns);
    mb_rtp_clock_get_time (&clock, (guint32) i * 3600);
  }
  g_assert_cmpint (
      ABS (mb_rtp_clock_get_time (&clock, 199 * 3600) - (START_NS + 199 * 40 * MS + 5000 * MS)), <,
      MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp-clock/anchored-on-arrival", test_anchor);
  g_test_add_func ("/rtp-clock/follows-the-least-delay-smoothly", test_jitter);
  g_test_add_func ("/rtp-clock/sound-and-picture-agree", test_sync);
  g_test_add_func ("/rtp-clock/foreign-timelines", test_foreign);
  g_test_add_func ("/rtp-clock/a-pause-is-caught-up", test_pause);
  return g_test_run ();
}
