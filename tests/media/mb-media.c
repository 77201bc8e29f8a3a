/* mb-media.c: posts run in order on one thread, none is lost or leaked, sleep and wake
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-media.h"

#include "mb-media-core.h"

typedef struct {
  GThread *thread; /* that ran the posts */
  int run;         /* atomic */
  int freed;       /* atomic */
  int last;
} Log;

typedef struct {
  Log *log;
  int number;
} Item;

static void
take (gpointer data, gint64 now_us)
{
  Item *item = data;

  g_assert_true (item->log->thread == NULL || item->log->thread == g_thread_self ());
  g_assert_cmpint (item->number, >, item->log->last);
  item->log->thread = g_thread_self ();
  item->log->last = item->number;
  g_atomic_int_inc (&item->log->run);
}

static void
item_free (gpointer data)
{
  Item *item = data;

  g_atomic_int_inc (&item->log->freed);
  g_free (item);
}

static Item *
item_new (Log *log, int number)
{
  Item *item = g_new (Item, 1);

  *item = (Item){log, number};
  return item;
}

static void
wait_for (int *value, int expected)
{
  gint64 end_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (g_atomic_int_get (value) < expected && g_get_monotonic_time () < end_us)
    g_thread_yield ();
  g_assert_cmpint (g_atomic_int_get (value), ==, expected);
}

static void
test_order (void)
{
  Log log = {.last = 0};
  MbMedia *media = mb_media_new ();

  for (int i = 1; i <= 1000; i++)
    mb_media_post (media, take, item_new (&log, i), item_free);
  wait_for (&log.run, 1000);
  mb_media_unref (media);

  g_assert_true (log.thread != g_thread_self ());
  g_assert_cmpint (log.freed, ==, 1000);
}

static void
test_end (void)
{
  for (int round = 0; round < 20; round++) {
    Log log = {.last = 0};
    MbMedia *media = mb_media_new ();
    g_autoptr (MbMediaCore) core = mb_media_core_ref (mb_media_get_core (media));

    for (int i = 1; i <= 10; i++)
      mb_media_post (media, take, item_new (&log, i), item_free);
    mb_media_unref (media);
    g_assert_cmpint (log.run, ==, 10);
    mb_media_core_post (core, take, item_new (&log, 11), item_free);

    g_assert_cmpint (log.run, ==, 10);
    g_assert_cmpint (log.freed, ==, 11);
  }
}

static void
test_wake (void)
{
  Log log = {.last = 0};
  MbMedia *media = mb_media_new ();

  /* Each post comes when the thread may just go to sleep, or sleeps for good. */
  for (int i = 1; i <= 30; i++) {
    mb_media_post (media, take, item_new (&log, i), item_free);
    wait_for (&log.run, i);
    if (i % 10 == 0)
      g_usleep (60000);
  }
  mb_media_unref (media);
}

typedef struct {
  MbMediaMember member;
  int ticks;
  int shut;
} Counter;

static void
counter_tick (MbMediaMember *member, gint64 now_us)
{
  ((Counter *) member)->ticks++;
}

static void
counter_shut (MbMediaMember *member)
{
  ((Counter *) member)->shut++;
}

static void
test_turns (void)
{
  Counter counter = {.member = {counter_tick, counter_shut}};
  Log log = {.last = 0};
  MbMediaCore *core = mb_media_core_new ();

  g_assert_cmpint (mb_media_core_iterate (core, 1000), ==, -1);
  mb_media_core_add_member (core, &counter.member);
  g_assert_cmpint (mb_media_core_iterate (core, 1000), ==, 101000);
  mb_media_core_post (core, take, item_new (&log, 1), item_free);
  g_assert_cmpint (mb_media_core_iterate (core, 2000), ==, 7000);
  g_assert_cmpint (mb_media_core_iterate (core, 7000), ==, 12000);
  g_assert_cmpint (mb_media_core_iterate (core, 52000), ==, 152000);
  g_assert_cmpint (counter.ticks, ==, 4);
  mb_media_core_finish (core, 53000);
  g_assert_cmpint (counter.shut, ==, 1);
  mb_media_core_unref (core);
}

static void
run_at_end (gpointer data, gint64 now_us)
{
  *(int *) data = 1;
}

static int ended;

static void
ask_for_end (gpointer data, gint64 now_us)
{
  mb_media_core_at_end (data, run_at_end, &ended, NULL);
  g_assert_cmpint (ended, ==, 0);
}

static void
test_at_end (void)
{
  MbMediaCore *core = mb_media_core_new ();

  ended = 0;
  mb_media_core_post (core, ask_for_end, core, NULL);
  mb_media_core_post (core, ask_for_end, core, NULL);
  mb_media_core_iterate (core, 1);

  g_assert_cmpint (ended, ==, 1);
  mb_media_core_finish (core, 2);
  mb_media_core_unref (core);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/media/posts-run-in-order-on-one-thread", test_order);
  g_test_add_func ("/media/the-end-runs-what-was-posted-and-frees-the-rest", test_end);
  g_test_add_func ("/media/a-post-wakes", test_wake);
  g_test_add_func ("/media/turns-are-due", test_turns);
  g_test_add_func ("/media/ends-of-turns-come-after-its-posts", test_at_end);
  return g_test_run ();
}
