/* mb-rtp-clock.h: RTP timestamps of a stream as capture times on the local clock; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The peer's NTP clock against the local monotonic one; all streams of a peer share it. */
typedef struct {
  unsigned int epoch; /* counts the times it was set; 0 means never */
  gint64 offset_ns;   /* local less NTP time */
} MbPeerClock;

typedef struct {
  unsigned int rate; /* timestamp units a second */
  gboolean started;
  gint64 last;          /* unwrapped timestamp, the newest */
  gint64 anchor;        /* unwrapped timestamp that stands for anchor_ns */
  gint64 anchor_ns;     /* without a report on the local clock, with one on the peer's */
  unsigned int epoch;   /* of the peer's clock that it is aligned to; 0 means by arrival alone */
  gint64 offset_ns;     /* of that epoch, for when the peer's clock goes on to the next */
  gint64 correction_ns; /* still to be worked in, slowly */
  gint64 slewed_at;     /* unwrapped timestamp up to which it was */
  gint64 last_ns;       /* what was given out last; never goes back */
} MbRtpClock;

void mb_peer_clock_init (MbPeerClock *self);

void mb_rtp_clock_init (MbRtpClock *self, unsigned int rate);
void mb_rtp_clock_take_arrival (
    MbRtpClock *self, const MbPeerClock *peer, guint32 timestamp, gint64 arrival_ns);
void mb_rtp_clock_take_report (MbRtpClock *self, MbPeerClock *peer, guint64 ntp, guint32 timestamp);
gint64 mb_rtp_clock_get_time (MbRtpClock *self, const MbPeerClock *peer, guint32 timestamp);
