/* mb-listen.c: silence is told from pauses, and a beep begins where it begins
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-listen.h"

#include <math.h>

#define RATE 48000
#define CHUNK 960 /* 20 ms */
#define NS_PER_MS 1000000

typedef struct {
  MbListen listen;
  gint64 n_frames;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  mb_listen_init (&fixture->listen);
  fixture->n_frames = 0;
}

/* So many milliseconds of a square wave of that height, in the right channel alone. */
static void
play (Fixture *fixture, int height, int ms)
{
  gint64 end = fixture->n_frames + (gint64) ms * RATE / 1000;

  while (fixture->n_frames < end) {
    gint16 samples[CHUNK * 2] = {0};
    gsize n = (gsize) MIN (CHUNK, end - fixture->n_frames);

    for (gsize i = 0; i < n; i++)
      samples[2 * i + 1] = (gint16) (i % 48 < 24 ? height : -height);
    mb_listen_take (
        &fixture->listen, samples, n, 2, RATE, fixture->n_frames * 1000 * NS_PER_MS / RATE);
    fixture->n_frames += (gint64) n;
  }
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  play (fixture, 5000, 500);
  play (fixture, 0, 1900);
  g_assert_cmpint (fixture->listen.silent_ns, ==, 0);
  play (fixture, 50, 600);
  g_assert_cmpint (ABS (fixture->listen.silent_ns / NS_PER_MS - 2500), <=, 1);
  play (fixture, 5000, 500);
  play (fixture, 0, 1900);
  g_assert_cmpint (ABS (fixture->listen.silent_ns / NS_PER_MS - 2500), <=, 1);
  g_assert_cmpint (fixture->listen.time_ns / NS_PER_MS, ==, 5400);
}

static void
test_beeps (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 5; i++) {
    play (fixture, 16000, 100);
    play (fixture, 30, 900);
  }
  /* The one at the very beginning may have begun before. */
  g_assert_cmpuint (fixture->listen.n_onsets, ==, 4);
  g_assert_cmpint (ABS (fixture->listen.onset_ns / NS_PER_MS - 4000), <=, 1);
  g_assert_cmpint (fixture->listen.silent_ns, ==, 0);
}

/* A tone that goes on, and a rattle, begin once. */
static void
test_no_beeps (Fixture *fixture, gconstpointer data)
{
  play (fixture, 0, 1000);
  for (int i = 0; i < 20; i++) {
    play (fixture, 16000, 50);
    play (fixture, 0, 50);
  }
  play (fixture, 16000, 2000);
  g_assert_cmpuint (fixture->listen.n_onsets, ==, 1);
  g_assert_cmpint (fixture->listen.onset_ns / NS_PER_MS, ==, 1000);
}

static void
test_peak (Fixture *fixture, gconstpointer data)
{
  play (fixture, 16384, 100);
  g_assert_cmpint (mb_listen_take_peak (&fixture->listen), ==, 16384);
  g_assert_cmpint (mb_listen_take_peak (&fixture->listen), ==, 0);
  g_assert_cmpfloat_with_epsilon (mb_listen_to_decibels (16384), -6.02, 0.01);
  g_assert_cmpfloat_with_epsilon (mb_listen_to_decibels (0), -100, 0.01);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, NULL)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/listen/silence-is-longer-than-a-pause", test_silence);
  ADD ("/listen/beeps-begin-where-they-begin", test_beeps);
  ADD ("/listen/a-tone-begins-once", test_no_beeps);
  ADD ("/listen/peak", test_peak);
  return g_test_run ();
}
