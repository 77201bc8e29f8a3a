/* mb-rtp-account.h: what came of one RTP stream, and what is missing between
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#define MB_RTP_GAPS_MAX 1000

/**
 * MbRtpGap:
 * @from: time of the last packet before it
 * @to: time of the first packet after it
 */
typedef struct {
  GstClockTime from;
  GstClockTime to;
} MbRtpGap;

/**
 * MbRtpAccount:
 * @n_packets: that came
 * @n_lost: sequence numbers that did not
 * @gaps: (element-type MbRtpGap): where they are missing; no more than %MB_RTP_GAPS_MAX are kept
 */
typedef struct {
  guint64 n_packets;
  guint64 n_lost;
  GArray *gaps;
  /*< private >*/
  gboolean has_begun;
  guint16 last_sequence;
  GstClockTime last_pts;
} MbRtpAccount;

void mb_rtp_account_init (MbRtpAccount *self);
void mb_rtp_account_clear (MbRtpAccount *self);
void mb_rtp_account_take (MbRtpAccount *self, guint16 sequence, GstClockTime pts);
