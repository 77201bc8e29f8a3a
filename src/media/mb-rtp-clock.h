/* mb-rtp-clock.h: RTP timestamps of a stream as capture times on the local clock; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_PEER_CLOCK_SAMPLES 16

/* The peer's NTP clock against the local monotonic one; all streams of a peer share it. */
typedef struct {
  gint64 samples_ns[MB_PEER_CLOCK_SAMPLES]; /* arrival less NTP time, of the last reports */
  unsigned int n_samples;                   /* ever taken */
} MbPeerClock;

typedef struct {
  unsigned int rate; /* timestamp units a second */
  gboolean started;
  gboolean has_report; /* aligned by a sender report: arrivals no longer steer */
  gint64 last;         /* unwrapped timestamp, the newest */
  gint64 anchor;       /* unwrapped timestamp that stands for anchor_ns */
  gint64 anchor_ns;
  gint64 correction_ns; /* still to be worked in, slowly */
  gint64 slewed_at;     /* unwrapped timestamp up to which it was */
  gint64 last_ns;       /* what was given out last; never goes back */
  gint64 window_end_ns; /* arrivals: the least delay of a window is kept */
  gint64 window_least_ns;
} MbRtpClock;

void mb_peer_clock_init (MbPeerClock *self);

void mb_rtp_clock_init (MbRtpClock *self, unsigned int rate);
void mb_rtp_clock_take_arrival (MbRtpClock *self, guint32 timestamp, gint64 arrival_ns);
void mb_rtp_clock_take_report (
    MbRtpClock *self, MbPeerClock *peer, guint64 ntp, guint32 timestamp, gint64 arrival_ns);
gint64 mb_rtp_clock_get_time (MbRtpClock *self, guint32 timestamp);
