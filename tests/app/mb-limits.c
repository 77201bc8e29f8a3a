/* mb-limits.c: what many bots need is known beforehand, and what is missing is explained
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-limits.h"

#include <string.h>
#include <sys/resource.h>

#include "mb-error.h"

static char *no_sources[] = {NULL};
static char *a_source[] = {(char *) "testcard", NULL};

static void
test_grows (void)
{
  MbOptions one = {.rooms = 1, .count = 1, .sources = no_sources};
  MbOptions many = {.rooms = 50, .count = 4, .sources = a_source};
  MbOptions decoding = {
      .rooms = 50, .count = 4, .sources = a_source, .measure = MB_MEASURE_LEVEL_PIXELS};
  MbNeeds needs[3];

  mb_limits_estimate (&one, &needs[0]);
  mb_limits_estimate (&many, &needs[1]);
  mb_limits_estimate (&decoding, &needs[2]);
  /* A bot alone is never refused. */
  g_assert_cmpuint (needs[0].n_files, <, 256);
  g_assert_cmpuint (needs[0].n_threads, <, 64);
  /* 600 connections of a file or more among themselves, and no thread for any. */
  g_assert_cmpuint (needs[1].n_files, >, 600 * 2);
  g_assert_cmpuint (needs[1].n_files, <, 600 * 20);
  g_assert_cmpuint (needs[1].n_threads, <, 100);
  g_assert_cmpuint (needs[2].n_threads, >, needs[1].n_threads);
}

static void
test_explains (void)
{
  MbOptions options = {.rooms = 50, .count = 4, .sources = no_sources};
  MbNeeds needs = {1000, 500};
  g_autoptr (GError) files = NULL;
  g_autoptr (GError) threads = NULL;

  g_assert_true (mb_limits_compare (&options, &needs, &(MbNeeds){1000, 500}, NULL));
  g_assert_false (mb_limits_compare (&options, &needs, &(MbNeeds){999, 500}, &files));
  g_assert_error (files, MB_ERROR, MB_ERROR_FAILED);
  g_assert_nonnull (strstr (
      files->message, "200 bots in 50 rooms need about 1000 open files, and 999 are allowed"));
  g_assert_nonnull (strstr (files->message, "LimitNOFILE="));
  g_assert_false (mb_limits_compare (&options, &needs, &(MbNeeds){1000, 499}, &threads));
  g_assert_nonnull (strstr (threads->message, "500 threads, and 499 are allowed"));
}

static void
test_raises (void)
{
  MbOptions options = {.rooms = 1, .count = 1, .sources = no_sources};
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = MIN (limit.rlim_max, 64);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  mb_limits_check (&options, NULL);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpuint (limit.rlim_cur, ==, limit.rlim_max);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/needs-grow-with-connections", test_grows);
  g_test_add_func ("/limits/what-is-missing-is-explained", test_explains);
  g_test_add_func ("/limits/the-soft-limit-is-raised", test_raises);
  return g_test_run ();
}
