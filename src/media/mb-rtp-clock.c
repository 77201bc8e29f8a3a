/* mb-rtp-clock.c: RTP timestamps of a stream as capture times on the local clock; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream begins anchored on its first arrival, and follows the least delay seen. A sender report
 * ties it to the peer's NTP clock, which all streams of the peer share: from then on sound and
 * picture captured together get the same time. Small corrections are worked in at a twentieth of
 * real time, so that nobody hears or sees them; large ones at once.
 */
#include "mb-rtp-clock.h"

#include "mb-rtcp.h"
#include "mb-rtp.h"

#define NS_PER_SECOND G_GINT64_CONSTANT (1000000000)
#define WINDOW_NS (2 * NS_PER_SECOND)
#define JUMP_NS (NS_PER_SECOND / 5)     /* corrections above are made at once */
#define FOREIGN_NS (10 * NS_PER_SECOND) /* so far from its arrival it is another timeline */
#define SLEW 20

void
mb_peer_clock_init (MbPeerClock *self)
{
  *self = (MbPeerClock){.n_samples = 0};
}

/* The least of the last: what came with the least delay. */
static gint64
peer_clock_take (MbPeerClock *self, gint64 sample_ns)
{
  unsigned int n;
  gint64 least_ns = sample_ns;

  self->samples_ns[self->n_samples++ % MB_PEER_CLOCK_SAMPLES] = sample_ns;
  n = MIN (self->n_samples, MB_PEER_CLOCK_SAMPLES);
  for (unsigned int i = 0; i < n; i++) {
    /* A peer that sets its clock starts anew. */
    if (ABS (self->samples_ns[i] - sample_ns) < NS_PER_SECOND)
      least_ns = MIN (least_ns, self->samples_ns[i]);
  }
  return least_ns;
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

static gint64
raw_time (const MbRtpClock *self, gint64 timestamp)
{
  gint64 units = timestamp - self->anchor;

  return self->anchor_ns + units / self->rate * NS_PER_SECOND +
         units % self->rate * NS_PER_SECOND / self->rate;
}

static void
set_anchor (MbRtpClock *self, gint64 timestamp, gint64 time_ns)
{
  self->anchor = timestamp;
  self->anchor_ns = time_ns;
  self->slewed_at = timestamp;
  self->correction_ns = 0;
  self->window_end_ns = time_ns + WINDOW_NS;
  self->window_least_ns = G_MAXINT64;
}

static void
correct (MbRtpClock *self, gint64 error_ns)
{
  if (ABS (error_ns) > JUMP_NS) {
    self->anchor_ns += error_ns;
    self->correction_ns = 0;
  } else {
    self->correction_ns = error_ns;
  }
}

/**
 * mb_rtp_clock_take_arrival:
 * @arrival_ns: when a packet with @timestamp came, not one that was resent; monotonic
 */
void
mb_rtp_clock_take_arrival (MbRtpClock *self, guint32 timestamp, gint64 arrival_ns)
{
  gint64 unwrapped = self->started ? mb_rtp_unwrap_timestamp (self->last, timestamp) : timestamp;
  gint64 late_ns;

  if (!self->started) {
    self->started = TRUE;
    self->last_ns = G_MININT64;
    set_anchor (self, unwrapped, arrival_ns);
  }
  self->last = MAX (self->last, unwrapped);
  late_ns = arrival_ns - raw_time (self, unwrapped);
  if (ABS (late_ns) > FOREIGN_NS) {
    self->last = unwrapped;
    self->has_report = FALSE;
    set_anchor (self, unwrapped, arrival_ns);
    return;
  }
  if (self->has_report)
    return;

  if (late_ns < self->correction_ns)
    correct (self, late_ns);
  self->window_least_ns = MIN (self->window_least_ns, late_ns);
  if (arrival_ns >= self->window_end_ns) {
    correct (self, self->window_least_ns);
    self->window_end_ns = arrival_ns + WINDOW_NS;
    self->window_least_ns = G_MAXINT64;
  }
}

/**
 * mb_rtp_clock_take_report:
 * @peer: the clock that all streams of the peer share
 * @ntp: the report's NTP time, and
 * @timestamp: what it stands for in the stream
 * @arrival_ns: when the report came
 */
void
mb_rtp_clock_take_report (
    MbRtpClock *self, MbPeerClock *peer, guint64 ntp, guint32 timestamp, gint64 arrival_ns)
{
  gint64 ntp_ns = mb_rtcp_ntp_to_ns (ntp);
  gint64 offset_ns;
  gint64 error_ns;

  if (!self->started || ntp == 0)
    return;
  offset_ns = peer_clock_take (peer, arrival_ns - ntp_ns);
  error_ns = ntp_ns + offset_ns - raw_time (self, mb_rtp_unwrap_timestamp (self->last, timestamp));
  if (ABS (error_ns) > FOREIGN_NS / 2) /* a report of another timeline, or nonsense */
    return;
  self->has_report = TRUE;
  correct (self, error_ns);
}

/**
 * mb_rtp_clock_get_time:
 * @timestamp: of the next packet in order
 *
 * Returns: when it was captured, on the local monotonic clock in nanoseconds; never less than the
 *   last time
 */
gint64
mb_rtp_clock_get_time (MbRtpClock *self, guint32 timestamp)
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
  self->last_ns = MAX (self->last_ns, raw_time (self, unwrapped));
  return self->last_ns;
}
