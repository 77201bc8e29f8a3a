/* mb-rtp-account.c: what is missing of a stream is counted, and its place in time is known
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp-account.h"

typedef struct {
  const char *name;
  guint16 sequences[8];
  guint n;
  guint64 n_packets;
  guint64 n_lost;
  guint n_gaps;
} Case;

static const Case CASES[] = {
    {"nothing-missing", {1, 2, 3, 4}, 4, 4, 0, 0},
    {"one-missing", {1, 2, 4, 5}, 4, 4, 1, 1},
    {"two-gaps", {1, 3, 4, 9}, 4, 4, 5, 2},
    {"around-the-end-of-the-numbers", {65534, 65535, 0, 1}, 4, 4, 0, 0},
    {"missing-around-the-end", {65534, 1}, 2, 2, 2, 1},
    {"begun-anew", {1, 2, 30000, 30001}, 4, 4, 0, 1},
    {"an-old-one-counts-nothing", {5, 6, 3, 7}, 4, 3, 0, 0},
    {"one-alone", {7}, 1, 1, 0, 0},
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  MbRtpAccount account;

  mb_rtp_account_init (&account);
  for (guint i = 0; i < test->n; i++)
    mb_rtp_account_take (&account, test->sequences[i], i * GST_MSECOND);

  g_assert_cmpuint (account.n_packets, ==, test->n_packets);
  g_assert_cmpuint (account.n_lost, ==, test->n_lost);
  g_assert_cmpuint (account.gaps->len, ==, test->n_gaps);
  mb_rtp_account_clear (&account);
}

static void
test_times (void)
{
  MbRtpAccount account;

  mb_rtp_account_init (&account);
  mb_rtp_account_take (&account, 10, 100 * GST_MSECOND);
  mb_rtp_account_take (&account, 15, 300 * GST_MSECOND);
  mb_rtp_account_take (&account, 17, GST_CLOCK_TIME_NONE);

  g_assert_cmpuint (account.gaps->len, ==, 1);
  g_assert_cmpuint (g_array_index (account.gaps, MbRtpGap, 0).from, ==, 100 * GST_MSECOND);
  g_assert_cmpuint (g_array_index (account.gaps, MbRtpGap, 0).to, ==, 300 * GST_MSECOND);
  g_assert_cmpuint (account.n_lost, ==, 5);
  mb_rtp_account_clear (&account);
}

static void
test_bounded (void)
{
  MbRtpAccount account;

  mb_rtp_account_init (&account);
  for (guint i = 0; i < 2 * MB_RTP_GAPS_MAX; i++)
    mb_rtp_account_take (&account, (guint16) (i * 2), i * GST_MSECOND);

  g_assert_cmpuint (account.gaps->len, ==, MB_RTP_GAPS_MAX);
  g_assert_cmpuint (account.n_lost, ==, 2 * MB_RTP_GAPS_MAX - 1);
  mb_rtp_account_clear (&account);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strdup_printf ("/rtp-account/%s", CASES[i].name);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  g_test_add_func ("/rtp-account/a-gap-has-its-times", test_times);
  g_test_add_func ("/rtp-account/gaps-are-bounded", test_bounded);
  return g_test_run ();
}
