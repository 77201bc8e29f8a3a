/* mb-twcc.c: no feedback makes the history read outside of it, or tell of a packet twice
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-twcc.h"

#include "fuzz.h"

#define N_SENT 300

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  static MbTwccPacket packets[MB_TWCC_MAX_PACKETS];
  MbTwccHistory history;
  gsize n_arrived = 0;

  mb_twcc_history_init (&history);
  for (unsigned int i = 0; i < N_SENT; i++)
    mb_twcc_history_add (&history, 1200, i);
  /* The same feedback again, and parts of it, since what it leaves behind counts too. */
  for (unsigned int round = 0; round < 3; round++) {
    MbRtcpFeedback feedback = {
        .fci = bytes + length / 4 * round, .fci_size = length - length / 4 * round};
    gsize n = mb_twcc_history_take (&history, &feedback, packets, G_N_ELEMENTS (packets));

    g_assert_cmpuint (n, <=, N_SENT);
    for (gsize i = 0; i < n; i++) {
      g_assert_cmpuint (packets[i].size, ==, 1200);
      n_arrived += packets[i].is_lost ? 0 : 1;
    }
  }
  g_assert_cmpuint (n_arrived, <=, N_SENT);
  mb_twcc_history_clear (&history);
  return 0;
}
