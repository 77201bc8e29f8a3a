/* mb-look.c: black and still pictures are told from those that are neither
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-look.h"

#include <string.h>

#define WIDTH 320
#define HEIGHT 180
#define FRAME_US 40000
#define START_US 1000000

typedef struct {
  MbLook look;
  guint8 luma[WIDTH * HEIGHT];
  GRand *rand;
  gint64 now_us;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  memset (&fixture->look, 0, sizeof fixture->look);
  fixture->rand = g_rand_new_with_seed (1);
  fixture->now_us = START_US;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_rand_free (fixture->rand);
}

/* So many pictures of that value, with noise of coding on it. */
static void
show (Fixture *fixture, int value, int noise, unsigned int n)
{
  for (unsigned int i = 0; i < n; i++) {
    for (int j = 0; j < WIDTH * HEIGHT; j++)
      fixture->luma[j] =
          (guint8) (value + (noise > 0 ? g_rand_int_range (fixture->rand, 0, noise + 1) : 0));
    mb_look_take (&fixture->look, fixture->luma, WIDTH, WIDTH, HEIGHT, fixture->now_us);
    fixture->now_us += FRAME_US;
  }
}

static void
test_black (Fixture *fixture, gconstpointer data)
{
  show (fixture, 16, 2, 26);
  g_assert_cmpint (fixture->look.black_us, ==, 25 * FRAME_US);
  show (fixture, 80, 0, 1);
  show (fixture, 120, 0, 50);
  g_assert_cmpint (fixture->look.black_us, ==, 26 * FRAME_US);
}

/* A night with a lamp in it, and a dark room: somebody is there. */
static void
test_dark (Fixture *fixture, gconstpointer data)
{
  for (int i = 0; i < 50; i++) {
    memset (fixture->luma, 16, sizeof fixture->luma);
    for (int y = 0; y < HEIGHT / 6; y++)
      memset (fixture->luma + y * WIDTH, i % 2 == 0 ? 120 : 35, WIDTH / 8);
    mb_look_take (&fixture->look, fixture->luma, WIDTH, WIDTH, HEIGHT, fixture->now_us);
    fixture->now_us += FRAME_US;
  }
  g_assert_cmpint (fixture->look.black_us, ==, 0);
}

static void
test_still (Fixture *fixture, gconstpointer data)
{
  const unsigned int LIMIT = MB_LOOK_STILL_US / FRAME_US;

  show (fixture, 100, 0, LIMIT);
  g_assert_cmpint (fixture->look.still_us, ==, 0);
  show (fixture, 100, 0, 1);
  g_assert_cmpint (fixture->look.still_us, ==, MB_LOOK_STILL_US);
  show (fixture, 100, 0, 25);
  g_assert_cmpint (fixture->look.still_us, ==, MB_LOOK_STILL_US + 25 * FRAME_US);
  /* It goes on, and stands still again for a moment only. */
  show (fixture, 110, 0, LIMIT);
  show (fixture, 120, 0, LIMIT);
  g_assert_cmpint (fixture->look.still_us, ==, MB_LOOK_STILL_US + 25 * FRAME_US);
}

/* What a camera does when nobody moves. */
static void
test_noise (Fixture *fixture, gconstpointer data)
{
  show (fixture, 100, 40, 200);
  g_assert_cmpint (fixture->look.still_us, ==, 0);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/look/black-is-told-while-it-lasts", test_black);
  ADD ("/look/dark-is-not-black", test_dark);
  ADD ("/look/still-begins-after-its-limit", test_still);
  ADD ("/look/a-camera-is-never-still", test_noise);
  return g_test_run ();
}
