/* mb-guard.c: a bucket gives its burst, then its rate, and fills up again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-guard.h"

static void
test_bucket (void)
{
  static const MbRate RATE = {.per_second = 10, .burst = 5};
  MbBucket bucket = {0};
  gint64 now_us = 1000000000;

  for (int i = 0; i < 5; i++)
    g_assert_true (mb_bucket_take (&bucket, &RATE, now_us));
  g_assert_false (mb_bucket_take (&bucket, &RATE, now_us));

  g_assert_false (mb_bucket_take (&bucket, &RATE, now_us + 99999));
  g_assert_true (mb_bucket_take (&bucket, &RATE, now_us + 100000));
  g_assert_false (mb_bucket_take (&bucket, &RATE, now_us + 100000));

  now_us += 10 * G_USEC_PER_SEC;
  for (int i = 0; i < 5; i++)
    g_assert_true (mb_bucket_take (&bucket, &RATE, now_us));
  g_assert_false (mb_bucket_take (&bucket, &RATE, now_us));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/guard/burst-then-rate", test_bucket);
  return g_test_run ();
}
