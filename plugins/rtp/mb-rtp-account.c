/* mb-rtp-account.c: what came of one RTP stream, and what is missing between
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. The packets come in the order of their sequence numbers (RFC 3550 section 5.1): who waits
 * for late ones has done so before.
 */
#include "mb-rtp-account.h"

/* A leap of more than this is a stream that began anew, not so many packets lost (the value that
 * RFC 3550 appendix A.1 suggests). */
#define RESTART_LEAP 3000

void
mb_rtp_account_init (MbRtpAccount *self)
{
  *self = (MbRtpAccount){.gaps = g_array_new (FALSE, FALSE, sizeof (MbRtpGap))};
}

void
mb_rtp_account_clear (MbRtpAccount *self)
{
  g_clear_pointer (&self->gaps, g_array_unref);
}

static void
add_gap (MbRtpAccount *self, GstClockTime pts)
{
  MbRtpGap gap = {.from = self->last_pts, .to = pts};

  if (self->gaps->len < MB_RTP_GAPS_MAX && GST_CLOCK_TIME_IS_VALID (gap.from) &&
      GST_CLOCK_TIME_IS_VALID (gap.to) && gap.to >= gap.from)
    g_array_append_val (self->gaps, gap);
}

/**
 * mb_rtp_account_take:
 * @sequence: of the next packet
 * @pts: when it is to be shown or heard, or %GST_CLOCK_TIME_NONE
 */
void
mb_rtp_account_take (MbRtpAccount *self, guint16 sequence, GstClockTime pts)
{
  guint16 leap = (guint16) (sequence - self->last_sequence);

  self->n_packets++;
  if (self->has_begun && leap > 1) {
    /* Half of the numbers are older ones: that is no leap forward, and nothing is missing. */
    if (leap >= 0x8000) {
      self->n_packets--;
      return;
    }
    if (leap < RESTART_LEAP)
      self->n_lost += leap - 1;
    add_gap (self, pts);
  }
  self->has_begun = TRUE;
  self->last_sequence = sequence;
  self->last_pts = pts;
}
