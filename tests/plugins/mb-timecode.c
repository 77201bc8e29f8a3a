/* mb-timecode.c: what was drawn is read, whatever was done to the picture, and nothing else is
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-timecode.h"

#include <string.h>

/* 2026-11-27, and the last instant that fits. */
#define NOW_US G_GUINT64_CONSTANT (1795737600123400)
#define LAST_US ((G_GUINT64_CONSTANT (1) << 48) * MB_TIMECODE_UNIT_US - MB_TIMECODE_UNIT_US)

typedef struct {
  int width;
  int height;
  int stride;
  guint8 *luma;
} Picture;

static Picture *
picture_new (int width, int height, guint8 value)
{
  Picture *self = g_new0 (Picture, 1);

  self->width = width;
  self->height = height;
  self->stride = width + 13;
  self->luma = g_malloc ((gsize) (self->stride * height));
  memset (self->luma, value, (gsize) (self->stride * height));
  return self;
}

static void
picture_free (Picture *self)
{
  g_free (self->luma);
  g_free (self);
}

static gboolean
read_code (const Picture *picture, MbTimecode *code)
{
  return mb_timecode_read (code, picture->luma, picture->stride, picture->width, picture->height);
}

static void
draw (const MbTimecode *code, Picture *picture)
{
  mb_timecode_draw (code, picture->luma, picture->stride, picture->width, picture->height);
}

static void
assert_same (const MbTimecode *a, const MbTimecode *b)
{
  g_assert_cmpuint (a->sent_us, ==, b->sent_us);
  g_assert_cmpuint (a->id, ==, b->id);
  g_assert_cmpuint (a->frame, ==, b->frame);
  g_assert_cmpuint (a->phase_ms, ==, b->phase_ms);
}

static const MbTimecode CODES[] = {
    {0, 0, 0, 0},
    {NOW_US, 1, 1, 999},
    {NOW_US, 0xffffffff, 65535, 500},
    {LAST_US, 0x12345678, 0x1234, 123},
    {NOW_US + MB_TIMECODE_UNIT_US, 0xaaaaaaaa, 0x5555, 1},
};

static void
test_round_trip (void)
{
  static const int SIZES[][2] = {{MB_TIMECODE_MIN_WIDTH, MB_TIMECODE_MIN_HEIGHT}, {160, 90},
      {161, 91}, {320, 180}, {640, 480}, {1280, 720}, {1920, 1080}, {720, 1280}};

  for (gsize i = 0; i < G_N_ELEMENTS (SIZES); i++) {
    for (gsize j = 0; j < G_N_ELEMENTS (CODES); j++) {
      Picture *picture = picture_new (SIZES[i][0], SIZES[i][1], 100);
      MbTimecode code;

      draw (&CODES[j], picture);
      g_assert_true (read_code (picture, &code));
      assert_same (&code, &CODES[j]);
      picture_free (picture);
    }
  }
}

static void
test_small (void)
{
  Picture *narrow = picture_new (MB_TIMECODE_MIN_WIDTH - 1, 200, 0);
  Picture *low = picture_new (200, MB_TIMECODE_MIN_HEIGHT - 1, 0);
  MbTimecode code;

  g_assert_false (mb_timecode_fits (narrow->width, narrow->height));
  g_assert_false (mb_timecode_fits (low->width, low->height));
  g_assert_false (read_code (narrow, &code));
  g_assert_false (read_code (low, &code));
  picture_free (narrow);
  picture_free (low);
}

/* The nearest sample of the other picture: the worst way to scale. */
static Picture *
scale (const Picture *from, int width, int height)
{
  Picture *to = picture_new (width, height, 0);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      to->luma[y * to->stride + x] =
          from->luma[y * from->height / height * from->stride + x * from->width / width];
  return to;
}

static void
test_scaled (void)
{
  static const int SIZES[][2] = {{160, 90}, {213, 120}, {320, 240}, {427, 240}, {1920, 1080}};
  Picture *picture = picture_new (640, 360, 100);

  draw (&CODES[3], picture);
  for (gsize i = 0; i < G_N_ELEMENTS (SIZES); i++) {
    Picture *other = scale (picture, SIZES[i][0], SIZES[i][1]);
    MbTimecode code;

    g_assert_true (read_code (other, &code));
    assert_same (&code, &CODES[3]);
    picture_free (other);
  }
  picture_free (picture);
}

static void
test_noise (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  Picture *picture = picture_new (320, 180, 100);
  MbTimecode code;

  draw (&CODES[2], picture);
  for (int i = 0; i < picture->stride * picture->height; i++) {
    int value = 40 + picture->luma[i] / 2 + g_rand_int_range (rand, -30, 31);

    picture->luma[i] = (guint8) CLAMP (value, 0, 255);
  }
  g_assert_true (read_code (picture, &code));
  assert_same (&code, &CODES[2]);
  picture_free (picture);
}

/* Grey, black, noise, stripes, and codes with a cell turned over are none. */
static void
test_none (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (8);
  Picture *picture = picture_new (320, 180, 16);
  MbTimecode code = {.id = 4711};

  g_assert_false (read_code (picture, &code));
  for (int round = 0; round < 2000; round++) {
    for (int y = 0; y < picture->height; y++) {
      for (int x = 0; x < picture->width; x++)
        picture->luma[y * picture->stride + x] = (guint8) g_rand_int_range (rand, 0, 256);
      if (round % 2 == 0) /* whole rows of stripes: clearly dark or light */
        memset (picture->luma + y * picture->stride, y / 9 % 2 == round % 4 / 2 ? 20 : 230,
            (gsize) (picture->width / 2));
    }
    g_assert_false (read_code (picture, &code));
  }
  for (int cell = 0; cell < MB_TIMECODE_COLUMNS * MB_TIMECODE_ROWS; cell++) {
    int left = cell % MB_TIMECODE_COLUMNS * 10;
    int top = cell / MB_TIMECODE_COLUMNS * 9;

    draw (&CODES[4], picture);
    for (int y = top; y < top + 9; y++)
      for (int x = left; x < left + 10; x++)
        picture->luma[y * picture->stride + x] ^= 0xff;
    g_assert_false (read_code (picture, &code));
  }
  g_assert_cmpuint (code.id, ==, 4711);
  picture_free (picture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timecode/what-was-drawn-is-read", test_round_trip);
  g_test_add_func ("/timecode/small-pictures-carry-none", test_small);
  g_test_add_func ("/timecode/survives-scaling", test_scaled);
  g_test_add_func ("/timecode/survives-noise", test_noise);
  g_test_add_func ("/timecode/nothing-else-is-one", test_none);
  return g_test_run ();
}
