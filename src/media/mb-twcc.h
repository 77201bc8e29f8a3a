/* mb-twcc.h: transport-wide feedback: when each packet of a transport arrived; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * draft-holmer-rmcat-transport-wide-cc-extensions-01. Every packet carries a number of its
 * transport in a header extension; the receiver tells for each number whether and when it came.
 */
#pragma once

#include <glib.h>

#include "mb-rtcp.h"

#define MB_TWCC_MAX_PACKETS 1024 /* that one feedback tells of */

/* ---- receiving: what came, until it is told ---- */

#define MB_TWCC_ARRIVALS 2048 /* numbers that are remembered, a power of two */

typedef struct {
  gint64 arrived_us[MB_TWCC_ARRIVALS]; /* by number; 0 means not yet */
  gboolean started;
  gint64 next;           /* unwrapped: the first that was not told yet */
  gint64 highest;        /* unwrapped */
  unsigned int n_untold; /* arrivals since the last feedback */
  guint8 count;          /* of feedbacks */
} MbTwccArrivals;

void mb_twcc_arrivals_init (MbTwccArrivals *self);
void mb_twcc_arrivals_take (MbTwccArrivals *self, guint16 seq, gint64 arrived_us);
gboolean mb_twcc_arrivals_write (
    MbTwccArrivals *self, MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc);

/* ---- sending: what left, until its fate is known ---- */

#define MB_TWCC_HISTORY 2048 /* packets: ten seconds of one video, two of a very large one */

/**
 * MbTwccPacket:
 * @arrived_us: on the peer's clock, from an arbitrary zero; only where it was not lost
 * @size: bytes, as it was put down when it left
 *
 * What became of a packet that we sent.
 */
typedef struct {
  gint64 sent_us;
  gint64 arrived_us;
  unsigned int size;
  gboolean is_lost;
} MbTwccPacket;

typedef struct {
  gint64 number; /* unwrapped; -1 means none */
  gint64 sent_us;
  guint16 size;
  gboolean has_arrived;
  gboolean was_told; /* its fate was given out */
} MbTwccSent;

typedef struct {
  MbTwccSent *sent; /* (array length=MB_TWCC_HISTORY) owned */
  gint64 next;      /* unwrapped number of the next packet */
  gint64 reference; /* unwrapped reference time of the last feedback, 64 ms each; -1 means none */
} MbTwccHistory;

void mb_twcc_history_init (MbTwccHistory *self);
void mb_twcc_history_clear (MbTwccHistory *self);
guint16 mb_twcc_history_add (MbTwccHistory *self, gsize size, gint64 now_us);
gsize mb_twcc_history_take (
    MbTwccHistory *self, const MbRtcpFeedback *feedback, MbTwccPacket *packets, gsize capacity);
