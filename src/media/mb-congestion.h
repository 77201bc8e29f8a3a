/* mb-congestion.h: what one path carries, and how packets leave for it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-gcc.h"
#include "mb-pacer.h"
#include "mb-twcc.h"

typedef struct {
  MbTwccHistory history;
  MbGcc gcc;
  MbPacer pacer;
  gint64 feedback_us; /* of the last transport-wide feedback; 0 means none yet */
  guint64 remb_bps;
  gint64 remb_us; /* 0 means none yet */

  guint64 other_bytes; /* that were not video sent for the first time, since */
  gint64 other_from_us;
  double other_bps; /* the same, as a rate */

  double repeat_bytes; /* that may be repeated now */
  gint64 repeat_us;    /* when that was true */

  unsigned int told_bps;
  gint64 told_us;
} MbCongestion;

void mb_congestion_init (MbCongestion *self);
void mb_congestion_clear (MbCongestion *self);
guint16 mb_congestion_get_next_seq (const MbCongestion *self);
void mb_congestion_count_sent (
    MbCongestion *self, MbPacketClass class, gboolean is_numbered, gsize size, gint64 now_us);
gboolean mb_congestion_may_repeat (MbCongestion *self, gsize size, gint64 now_us);
void mb_congestion_take_feedback (
    MbCongestion *self, const MbRtcpFeedback *feedback, double rtt_ms, gint64 now_us);
void mb_congestion_take_remb (MbCongestion *self, guint64 bps, gint64 now_us);
unsigned int mb_congestion_get_bps (const MbCongestion *self, gint64 now_us);
gboolean mb_congestion_get_news (MbCongestion *self, gint64 now_us, unsigned int *video_bps);
