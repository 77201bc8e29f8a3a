/* mb-rtp-clock.c: RTP timestamps of a stream as capture times on the local clock; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream begins anchored on its first arrival. Its first sender report ties it to the peer's NTP
 * clock, which all streams of the peer share: from then on sound and picture captured together get
 * the same time (RFC 3550 §6.4.1). How long the first packets were under way is not known, so a
 * stream may turn out to stand too late against the others; then the others are moved later, and
 * not it earlier: a gap of some milliseconds in a file is harmless, frames squeezed into the same
 * instant are not. After that the peer's clock is followed, and nothing of the network's jitter
 * reaches the times.
 */
#include "mb-rtp-clock.h"

#include "mb-rtcp.h"
#include "mb-rtp.h"

#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)
#define NOISE_NS (NS_PER_SECOND / 200)  /* a report's own error; below it nothing is corrected */
#define JUMP_NS (NS_PER_SECOND / 5)     /* above it the peer has set its clock */
#define FOREIGN_NS (10 * NS_PER_SECOND) /* so far from its arrival it is another timeline */
#define SLEW 500                        /* a correction takes so many times its length */

/**
 * mb_peer_clock_init:
 */
void
mb_peer_clock_init (MbPeerClock *self)
{
  *self = (MbPeerClock){.epoch = 0};
}

/**
 * mb_rtp_clock_init:
 * @rate: the codec's clock rate, not 0
 */
void
mb_rtp_clock_init (MbRtpClock *self, unsigned int rate)
{
  *self = (MbRtpClock){.rate = rate};
}

/* On the clock that the anchor is on. */
static gint64
raw_time (const MbRtpClock *self, gint64 timestamp)
{
  gint64 units = timestamp - self->anchor;

  return self->anchor_ns + units / self->rate * NS_PER_SECOND +
         units % self->rate * NS_PER_SECOND / self->rate;
}

static gint64
get_offset (const MbRtpClock *self, const MbPeerClock *peer)
{
  if (self->epoch == 0)
    return 0;
  return self->epoch == peer->epoch ? peer->offset_ns : self->offset_ns;
}

static gint64
local_time (const MbRtpClock *self, const MbPeerClock *peer, gint64 timestamp)
{
  return raw_time (self, timestamp) + get_offset (self, peer);
}

static void
set_anchor (MbRtpClock *self, gint64 timestamp, gint64 time_ns)
{
  self->anchor = timestamp;
  self->anchor_ns = time_ns;
  self->slewed_at = timestamp;
  self->correction_ns = 0;
}

/**
 * mb_rtp_clock_take_arrival:
 * @peer: the clock that all streams of the peer share
 * @arrival_ns: when a packet with @timestamp came, not one that was resent; monotonic
 */
void
mb_rtp_clock_take_arrival (
    MbRtpClock *self, const MbPeerClock *peer, guint32 timestamp, gint64 arrival_ns)
{
  gint64 unwrapped = self->started ? mb_rtp_unwrap_timestamp (self->last, timestamp) : timestamp;

  if (!self->started) {
    self->last_ns = G_MININT64;
    self->last = unwrapped;
  }
  /* A source that begins again (another clip, another sender) may count from anywhere. */
  if (!self->started || ABS (arrival_ns - local_time (self, peer, unwrapped)) > FOREIGN_NS) {
    self->started = TRUE;
    self->epoch = 0;
    self->last = unwrapped;
    set_anchor (self, unwrapped, arrival_ns);
  }
  self->last = MAX (self->last, unwrapped);
}

/* The stream stays where it is, and the peer's clock is what fits it. */
static void
begin_epoch (MbRtpClock *self, MbPeerClock *peer, gint64 ntp_ns, gint64 timestamp)
{
  gint64 time_ns = local_time (self, peer, timestamp);

  peer->epoch++;
  peer->offset_ns = time_ns - ntp_ns;
  self->epoch = peer->epoch;
  set_anchor (self, timestamp, ntp_ns);
}

static void
join_epoch (MbRtpClock *self, MbPeerClock *peer, gint64 ntp_ns, gint64 timestamp)
{
  gint64 ahead_ns = local_time (self, peer, timestamp) - (ntp_ns + peer->offset_ns);

  if (ABS (ahead_ns) > FOREIGN_NS / 2) /* a report of another timeline, or nonsense */
    return;
  peer->offset_ns += MAX (ahead_ns, 0);
  self->epoch = peer->epoch;
  set_anchor (self, timestamp, ntp_ns);
}

/**
 * mb_rtp_clock_take_report:
 * @peer: the clock that all streams of the peer share
 * @ntp: the report's NTP time, and
 * @timestamp: what it stands for in the stream
 */
void
mb_rtp_clock_take_report (MbRtpClock *self, MbPeerClock *peer, guint64 ntp, guint32 timestamp)
{
  gint64 ntp_ns = mb_rtcp_ntp_to_ns (ntp);
  gint64 unwrapped;
  gint64 error_ns;

  if (!self->started || ntp == 0)
    return;
  unwrapped = mb_rtp_unwrap_timestamp (self->last, timestamp);
  if (peer->epoch == 0) {
    begin_epoch (self, peer, ntp_ns, unwrapped);
  } else if (self->epoch != peer->epoch) {
    join_epoch (self, peer, ntp_ns, unwrapped);
  } else {
    error_ns = ntp_ns - raw_time (self, unwrapped);
    if (ABS (error_ns) > JUMP_NS)
      begin_epoch (self, peer, ntp_ns, unwrapped);
    else if (ABS (error_ns) > NOISE_NS)
      self->correction_ns = error_ns;
  }
  self->offset_ns = peer->offset_ns;
}

/**
 * mb_rtp_clock_get_time:
 * @peer: the clock that all streams of the peer share
 * @timestamp: of the next packet in order
 *
 * Returns: when it was captured, on the local monotonic clock in nanoseconds; never less than the
 *   last time
 */
gint64
mb_rtp_clock_get_time (MbRtpClock *self, const MbPeerClock *peer, guint32 timestamp)
{
  gint64 unwrapped = mb_rtp_unwrap_timestamp (self->last, timestamp);
  gint64 passed_ns;

  if (!self->started)
    return 0;
  passed_ns = raw_time (self, unwrapped) - raw_time (self, self->slewed_at);
  if (passed_ns > 0) {
    gint64 step_ns = CLAMP (self->correction_ns, -passed_ns / SLEW, passed_ns / SLEW);

    self->anchor_ns += step_ns;
    self->correction_ns -= step_ns;
    self->slewed_at = unwrapped;
  }
  self->last_ns = MAX (self->last_ns, local_time (self, peer, unwrapped));
  return self->last_ns;
}
