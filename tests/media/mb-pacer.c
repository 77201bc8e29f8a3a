/* mb-pacer.c: a burst leaves at the rate that was set, sound first, and nothing waits for long
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pacer.h"

#define START_US G_GINT64_CONSTANT (1000000)
#define TICK_US 5000
#define SIZE 1150 /* with what the pacer adds for headers: 1200 */

static gboolean
admit (MbPacer *self, MbPacketClass class, guint16 seq, gint64 now_us)
{
  const MbPacket packet = {.header = {.seq = seq}, .class = class, .payload_size = SIZE};

  return mb_pacer_admit (self, &packet, now_us);
}

static void
test_unlimited (void)
{
  MbPacer self;

  mb_pacer_init (&self);
  for (guint16 i = 0; i < 1000; i++)
    g_assert_true (admit (&self, MB_PACKET_VIDEO, i, START_US));
  mb_pacer_clear (&self);
}

static void
test_rate (void)
{
  MbPacer self;
  MbPacket packet;
  unsigned int n_early = 0;
  unsigned int n = 0;
  guint16 next;

  mb_pacer_init (&self);
  mb_pacer_set_rate (&self, 1920000); /* 200 packets a second: one each turn */
  for (guint16 i = 0; i < 41; i++)
    n_early += admit (&self, MB_PACKET_VIDEO, i, START_US) ? 1 : 0;
  g_assert_cmpuint (n_early, <=, 4); /* what was not used in the 10 ms before */
  next = (guint16) n_early;
  for (gint64 now_us = START_US; now_us < START_US + 100 * TICK_US; now_us += TICK_US) {
    while (mb_pacer_pop (&self, &packet, now_us)) {
      g_assert_cmpuint (packet.header.seq, ==, next++);
      n++;
    }
    if (now_us == START_US + 20 * TICK_US)
      g_assert_cmpuint (n, <=, 23);
  }
  g_assert_cmpuint (n + n_early, ==, 41);
  g_assert_cmpuint (mb_pacer_count_bytes (&self), ==, 0);
  mb_pacer_clear (&self);
}

static void
test_longest_wait (void)
{
  MbPacer self;
  MbPacket packet;
  gint64 now_us = START_US;

  mb_pacer_init (&self);
  mb_pacer_set_rate (&self, 100000);
  for (guint16 i = 0; i < 500; i++)
    admit (&self, MB_PACKET_VIDEO, i, START_US);
  for (; mb_pacer_count_bytes (&self) > 0; now_us += TICK_US) {
    while (mb_pacer_pop (&self, &packet, now_us))
      ;
  }
  /* The rate falls with what is left, so the end takes longer than the mean. */
  g_assert_cmpint (now_us - START_US, <, 2 * G_USEC_PER_SEC);
  mb_pacer_clear (&self);
}

static void
test_order (void)
{
  MbPacer self;
  MbPacket packet;

  mb_pacer_init (&self);
  mb_pacer_set_rate (&self, 100000);
  for (guint16 i = 0; i < 4; i++)
    admit (&self, MB_PACKET_VIDEO, i, START_US);
  g_assert_false (admit (&self, MB_PACKET_REPEAT, 10, START_US));
  g_assert_true (admit (&self, MB_PACKET_AUDIO, 20, START_US));
  g_assert_true (mb_pacer_pop (&self, &packet, START_US + G_USEC_PER_SEC));
  g_assert_cmpuint (packet.header.seq, ==, 10);
  g_assert_false (mb_pacer_pop (&self, &packet, START_US + G_USEC_PER_SEC));
  mb_pacer_clear (&self);
}

static void
test_buffers (void)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  const MbPacket packet = {.class = MB_PACKET_VIDEO, .payload_size = SIZE, .buffer = buffer};
  MbPacer self;

  mb_pacer_init (&self);
  mb_pacer_set_rate (&self, 100000);
  for (unsigned int i = 0; i < 100; i++)
    mb_pacer_admit (&self, &packet, START_US);
  g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (buffer), >, 90);
  mb_pacer_clear (&self);
  g_assert_cmpint (GST_MINI_OBJECT_REFCOUNT_VALUE (buffer), ==, 1);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pacer/without-a-rate-nothing-waits", test_unlimited);
  g_test_add_func ("/pacer/leaves-at-its-rate", test_rate);
  g_test_add_func ("/pacer/nothing-waits-for-long", test_longest_wait);
  g_test_add_func ("/pacer/sound-first-then-what-is-missed", test_order);
  g_test_add_func ("/pacer/buffers-are-kept-and-dropped", test_buffers);
  return g_test_run ();
}
