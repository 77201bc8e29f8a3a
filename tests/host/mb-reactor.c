/* mb-reactor.c: timers fire in order and once, watches are told, flushes come last
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-reactor.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mb-test-host.h"

#define N_TIMERS 500

typedef struct {
  MbTimer timer;
  GArray *fired;
  int number;
} Entry;

static void
on_fired (gpointer data)
{
  Entry *entry = data;

  g_array_append_val (entry->fired, entry->number);
}

static gboolean
all_fired (gpointer data)
{
  return ((GArray *) data)->len >= N_TIMERS / 2;
}

/* Armed in a shuffled order, every second one disarmed again. */
static void
test_timers (void)
{
  g_autoptr (MbReactor) reactor = mb_reactor_new (NULL);
  g_autoptr (GArray) fired = g_array_new (FALSE, FALSE, sizeof (int));
  g_autofree Entry *entries = g_new0 (Entry, N_TIMERS);
  gint64 now_us = g_get_monotonic_time ();

  for (int i = 0; i < N_TIMERS; i++) {
    int number = i * 7 % N_TIMERS;
    Entry *entry = &entries[number];

    entry->fired = fired;
    entry->number = number;
    mb_timer_init (&entry->timer, on_fired, entry);
    mb_reactor_arm (reactor, &entry->timer, now_us + number * 10);
  }
  for (int i = 1; i < N_TIMERS; i += 2)
    mb_reactor_disarm (reactor, &entries[i].timer);

  mb_test_wait (all_fired, fired, "the timers");

  g_assert_cmpuint (fired->len, ==, N_TIMERS / 2);
  for (int i = 0; i < N_TIMERS / 2; i++)
    g_assert_cmpint (g_array_index (fired, int, i), ==, i * 2);
}

typedef struct {
  MbReactor *reactor;
  MbTimer first;
  MbTimer second;
  unsigned int n_first;
} Pair;

static void
on_first (gpointer data)
{
  Pair *pair = data;

  pair->n_first++;
  mb_reactor_disarm (pair->reactor, &pair->second);
  if (pair->n_first < 3)
    mb_reactor_arm (pair->reactor, &pair->first, 0);
}

static void
on_second (gpointer data)
{
  g_assert_not_reached ();
}

static gboolean
first_fired_thrice (gpointer data)
{
  return ((Pair *) data)->n_first == 3;
}

static void
test_disarm_due (void)
{
  g_autoptr (MbReactor) reactor = mb_reactor_new (NULL);
  Pair pair = {.reactor = reactor};

  mb_timer_init (&pair.first, on_first, &pair);
  mb_timer_init (&pair.second, on_second, &pair);
  mb_reactor_arm (reactor, &pair.first, 1);
  mb_reactor_arm (reactor, &pair.second, 2);

  mb_test_wait (first_fired_thrice, &pair, "a timer that arms itself");
}

typedef struct {
  MbReactor *reactor;
  MbWatch watch;
  MbFlush flush;
  GString *log;
  int fd;
} Pipe;

static void
on_pipe (gpointer data, guint32 events)
{
  Pipe *pipe = data;
  char byte = 0;

  g_assert_cmpint (read (pipe->fd, &byte, 1), ==, 1);
  g_string_append_c (pipe->log, byte);
  mb_reactor_flush_later (pipe->reactor, &pipe->flush);
  mb_reactor_flush_later (pipe->reactor, &pipe->flush);
}

static void
on_flush (gpointer data)
{
  g_string_append_c (((Pipe *) data)->log, '!');
}

static gboolean
has_flushed (gpointer data)
{
  return g_str_has_suffix (((Pipe *) data)->log->str, "!");
}

static void
test_watch (void)
{
  g_autoptr (MbReactor) reactor = mb_reactor_new (NULL);
  g_autoptr (GString) log = g_string_new (NULL);
  Pipe pipe_watch = {.reactor = reactor, .log = log};
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  pipe_watch.fd = fds[0];
  mb_watch_init (&pipe_watch.watch, on_pipe, &pipe_watch);
  mb_flush_init (&pipe_watch.flush, on_flush, &pipe_watch);
  mb_reactor_watch (reactor, &pipe_watch.watch, fds[0], EPOLLIN);
  g_assert_cmpint (write (fds[1], "a", 1), ==, 1);

  mb_test_wait (has_flushed, &pipe_watch, "a byte through a pipe");

  g_assert_cmpstr (log->str, ==, "a!");
  mb_reactor_unwatch (reactor, &pipe_watch.watch);
  close (fds[0]);
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reactor/timers-fire-in-order", test_timers);
  g_test_add_func ("/reactor/a-due-timer-can-be-disarmed", test_disarm_due);
  g_test_add_func ("/reactor/flushes-come-once-and-last", test_watch);
  return g_test_run ();
}
