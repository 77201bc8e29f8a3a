/* mb-gcc.c: how much a path carries, told from when packets left and came; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Google Congestion Control, draft-ietf-rmcat-gcc-02: a queue that grows somewhere on the path makes
 * packets arrive further apart than they left, well before any of them is lost. The sections below
 * are those of the draft. Two things differ. Where it filters the delays with a Kalman filter (§5.3), this fits a line
 * through those of the last groups, as the estimators in use have come to do: its slope is how fast
 * the queue grows, and does not depend on assumptions about the noise. And since a queue that is full
 * does not grow, losses that come while packets are late are taken for what they are, at 2 % already.
 */
#include "mb-gcc.h"

#include <math.h>

#define MSEC 1000.0
#define BURST_US 5000       /* §5.2: packets that left so close together are one group */
#define MAX_BURST_US 100000 /* of arrival */
#define PAUSE_US 2000000    /* after which the delays of before say nothing */
#define SMOOTHING 0.9
#define HORIZON_MS 4.0 /* for each group; the slope says what the delay is to become in it */
#define MAX_HORIZON_GROUPS 60
#define START_THRESHOLD_MS 12.5 /* §5.4: del_var_th(0) */
#define MIN_THRESHOLD_MS 6.0
#define MAX_THRESHOLD_MS 600.0
#define MAX_EXCESS_MS 15.0  /* a trend so far off is an accident and moves no threshold */
#define THRESHOLD_UP 0.0087 /* K_u and K_d, a ms, for a line instead of a filter */
#define THRESHOLD_DOWN 0.039
#define OVERUSE_MS 10.0 /* overuse_time_th */
#define INCREASE 1.08   /* §5.5: eta, a second */
#define MOST_AT_ONCE \
  0.5              /* a path that carries yet less says so again, a quarter of a second later */
#define RETURN 1.5 /* the same, on the way back from an alarm that was false */
#define EMPTY_QUEUE_MS 10.0
#define DECREASE 0.85 /* beta */
#define AHEAD 1.5     /* of what is measured */
#define AHEAD_BPS 10000
#define PACKET_BITS 9600.0
#define BUCKET_US 50000
#define LOW_LOSS 0.02 /* §6 */
#define HIGH_LOSS 0.10
#define LOSS_INCREASE 1.08
#define JUDGE_LOSS_US 400000
#define MIN_TOLD 20
#define HOLD_US 200000     /* after a decrease: what was sent since then has to come first */
#define WINDOW_US 10000000 /* in which a path's quickest packet is looked for */
#define STANDING_QUEUE_MS 40.0

/**
 * mb_gcc_init:
 * @start_bps: what is assumed before anything is known
 * @min_bps: it is never less
 * @max_bps: and never more
 *
 * In bits a second, as the link sees packets.
 */
void
mb_gcc_init (MbGcc *self, unsigned int start_bps, unsigned int min_bps, unsigned int max_bps)
{
  *self = (MbGcc){.min_bps = min_bps,
      .max_bps = max_bps,
      .bps = start_bps,
      .loss_bps = max_bps,
      .threshold_ms = START_THRESHOLD_MS};
}

/* ---- what arrives, §5.5: R_hat, over half a second ---- */

static void
count_arrival (MbGcc *self, const MbTwccPacket *packet)
{
  gint64 bucket = packet->arrived_us / BUCKET_US;

  if (self->first_arrived_us == 0)
    self->first_arrived_us = packet->arrived_us;
  if (bucket - self->bucket >= MB_GCC_BUCKETS || self->bucket == 0) {
    for (unsigned int i = 0; i < MB_GCC_BUCKETS; i++)
      self->bucket_bytes[i] = 0;
    self->bucket = bucket;
  }
  while (self->bucket < bucket)
    self->bucket_bytes[(guint64) ++self->bucket % MB_GCC_BUCKETS] = 0;
  if (self->bucket - bucket < MB_GCC_BUCKETS)
    self->bucket_bytes[(guint64) bucket % MB_GCC_BUCKETS] += packet->size;
}

static double
measured_bps (const MbGcc *self)
{
  gint64 window_us = (gint64) MB_GCC_BUCKETS * BUCKET_US;
  gint64 since_us = (self->bucket + 1) * BUCKET_US - self->first_arrived_us;
  guint64 bytes = 0;

  /* The newest bucket is not full yet, and neither is the window at the beginning. */
  for (unsigned int i = 0; i < MB_GCC_BUCKETS; i++)
    bytes += self->bucket_bytes[i];
  bytes -= self->bucket_bytes[(guint64) self->bucket % MB_GCC_BUCKETS];
  window_us = MIN (window_us, since_us) - BUCKET_US;
  return window_us > BUCKET_US ? (double) bytes * 8 * G_USEC_PER_SEC / (double) window_us : 0;
}

/* ---- whether a queue grows, §5.2 to §5.4 ---- */

static double
slope (const MbGcc *self)
{
  double mean_at = 0;
  double mean_delay = 0;
  double above = 0;
  double below = 0;

  for (unsigned int i = 0; i < MB_GCC_TREND; i++) {
    mean_at += self->trend[i].at_ms / MB_GCC_TREND;
    mean_delay += self->trend[i].delay_ms / MB_GCC_TREND;
  }
  for (unsigned int i = 0; i < MB_GCC_TREND; i++) {
    above += (self->trend[i].at_ms - mean_at) * (self->trend[i].delay_ms - mean_delay);
    below += (self->trend[i].at_ms - mean_at) * (self->trend[i].at_ms - mean_at);
  }
  return below > 0 ? above / below : 0;
}

/* §5.4: it adapts, or a greedy TCP flow beside us would leave us nothing. */
static void
adapt_threshold (MbGcc *self, double modified_ms, double passed_ms)
{
  double excess = fabs (modified_ms) - self->threshold_ms;
  double gain = excess > 0 ? THRESHOLD_UP : THRESHOLD_DOWN;

  if (excess > MAX_EXCESS_MS)
    return;
  self->threshold_ms = CLAMP (self->threshold_ms + gain * excess * MIN (passed_ms, 100.0),
      MIN_THRESHOLD_MS, MAX_THRESHOLD_MS);
}

static void
detect (MbGcc *self, double modified_ms, double sent_apart_ms, double arrived_apart_ms)
{
  if (modified_ms > self->threshold_ms) {
    self->over_ms += self->n_over == 0 ? sent_apart_ms / 2 : sent_apart_ms;
    self->n_over++;
    if (self->over_ms > OVERUSE_MS && self->n_over > 1 && modified_ms >= self->last_modified_ms) {
      self->over_ms = 0;
      self->n_over = 0;
      self->signal = MB_GCC_OVERUSE;
    }
  } else {
    self->over_ms = 0;
    self->n_over = 0;
    self->signal = modified_ms < -self->threshold_ms ? MB_GCC_UNDERUSE : MB_GCC_NORMAL;
  }
  self->last_modified_ms = modified_ms;
  adapt_threshold (self, modified_ms, arrived_apart_ms);
}

static void
forget_trend (MbGcc *self)
{
  self->n_trend = 0;
  self->delay_ms = 0;
  self->smooth_ms = 0;
  self->n_over = 0;
  self->over_ms = 0;
  self->signal = MB_GCC_NORMAL;
}

/* Two groups that are whole: how much further apart they came than they left. */
static void
compare_groups (MbGcc *self)
{
  double sent_apart_ms = (double) (self->group.last_sent_us - self->before.last_sent_us) / MSEC;
  double arrived_apart_ms =
      (double) (self->group.last_arrived_us - self->before.last_arrived_us) / MSEC;
  unsigned int at = self->n_trend % MB_GCC_TREND;

  if (arrived_apart_ms < 0) /* out of order */
    return;
  if (sent_apart_ms * MSEC > PAUSE_US || arrived_apart_ms * MSEC > PAUSE_US) {
    forget_trend (self);
    return;
  }
  if (self->n_trend == 0)
    self->trend_from_us = self->group.last_arrived_us;
  self->delay_ms += arrived_apart_ms - sent_apart_ms;
  self->smooth_ms = SMOOTHING * self->smooth_ms + (1 - SMOOTHING) * self->delay_ms;
  self->trend[at].at_ms = (double) (self->group.last_arrived_us - self->trend_from_us) / MSEC;
  self->trend[at].delay_ms = self->smooth_ms;
  self->n_trend++;
  if (self->n_trend >= MB_GCC_TREND)
    detect (self, slope (self) * MIN (self->n_trend, MAX_HORIZON_GROUPS) * HORIZON_MS,
        sent_apart_ms, arrived_apart_ms);
}

/* Also what came in one burst, however it left: it waited at the same place. */
static gboolean
is_of_group (const MbGccGroup *group, const MbTwccPacket *packet)
{
  gint64 came_after_us = packet->arrived_us - group->last_arrived_us;

  if (packet->sent_us - group->first_sent_us <= BURST_US)
    return TRUE;
  return came_after_us <= BURST_US && came_after_us < packet->sent_us - group->last_sent_us &&
         packet->arrived_us - group->first_arrived_us < MAX_BURST_US;
}

static void
measure_queue (MbGcc *self, const MbTwccPacket *packet)
{
  gint64 under_way_us = packet->arrived_us - packet->sent_us;

  if (self->window_us == 0 || packet->sent_us - self->window_us >= WINDOW_US) {
    self->quickest_before_us = self->window_us != 0 ? self->quickest_us : under_way_us;
    self->quickest_us = under_way_us;
    self->window_us = packet->sent_us;
  }
  self->quickest_us = MIN (self->quickest_us, under_way_us);
  under_way_us -= MIN (self->quickest_us, self->quickest_before_us);
  self->queue_ms = SMOOTHING * self->queue_ms + (1 - SMOOTHING) * (double) under_way_us / MSEC;
}

static void
take_arrival (MbGcc *self, const MbTwccPacket *packet)
{
  measure_queue (self, packet);
  if (self->group.exists && packet->sent_us < self->group.first_sent_us)
    return;
  if (self->group.exists && is_of_group (&self->group, packet)) {
    self->group.last_sent_us = MAX (self->group.last_sent_us, packet->sent_us);
    self->group.last_arrived_us = MAX (self->group.last_arrived_us, packet->arrived_us);
    return;
  }
  if (self->group.exists && self->before.exists)
    compare_groups (self);
  if (self->group.exists)
    self->before = self->group;
  self->group = (MbGccGroup){.exists = TRUE,
      .first_sent_us = packet->sent_us,
      .last_sent_us = packet->sent_us,
      .first_arrived_us = packet->arrived_us,
      .last_arrived_us = packet->arrived_us};
}

/* ---- the rate, §5.5 ---- */

/* What the path turned out to carry, each time that it was too much. */
static void
remember_peak (MbGcc *self, double bps)
{
  double kbps = bps / 1000;
  double mean = self->peak_bps / 1000;
  double difference = kbps - mean;

  if (self->peak_bps <= 0 || fabs (difference) > 3 * sqrt (self->peak_variance * mean)) {
    self->peak_bps = bps;
    self->peak_variance = 0.4;
    return;
  }
  mean += 0.05 * difference;
  self->peak_bps = mean * 1000;
  /* Relative to the mean, as a rate's noise is. */
  self->peak_variance =
      CLAMP (0.95 * self->peak_variance + 0.05 * difference * difference / MAX (mean, 1), 0.4, 2.5);
}

static void
forget_peak_if_above (MbGcc *self, double bps)
{
  double mean = self->peak_bps / 1000;

  if (self->peak_bps > 0 && bps / 1000 > mean + 3 * sqrt (self->peak_variance * mean))
    self->peak_bps = 0;
}

/* A machine that stood still for a moment delays packets as a queue does, and little was measured at
   the time. If nothing is late any more well below what was there before, then it was that; if not,
   the next alarm says so, and what was before is that little already. */
static gboolean
is_false_alarm (const MbGcc *self)
{
  return self->bps < DECREASE * self->before_bps && self->queue_ms < EMPTY_QUEUE_MS;
}

static void
increase (MbGcc *self, double measured, gint64 rtt_us, gint64 passed_us)
{
  double seconds = (double) MIN (passed_us, G_USEC_PER_SEC) / G_USEC_PER_SEC;
  double response_s = 0.1 + (double) rtt_us / G_USEC_PER_SEC;
  double wanted;

  forget_peak_if_above (self, measured);
  if (is_false_alarm (self))
    wanted = self->bps * pow (RETURN, seconds);
  else if (self->peak_bps > 0) /* close to what it carried: a packet in each response time */
    wanted = self->bps + MAX (1000, 0.5 * MIN (seconds / response_s, 1) * PACKET_BITS);
  else
    wanted = self->bps * pow (INCREASE, seconds);
  /* Who sends less than it may has no proof that it may send yet more. */
  self->bps = MAX (self->bps, MIN (wanted, AHEAD * measured + AHEAD_BPS));
}

static void
decrease (MbGcc *self, double measured, gint64 rtt_us, gint64 now_us)
{
  if (measured <= 0 || now_us - self->decreased_us < HOLD_US + rtt_us)
    return;
  remember_peak (self, measured);
  self->before_bps = self->bps;
  self->bps = MIN (self->bps, MAX (DECREASE * measured, MOST_AT_ONCE * self->bps));
  self->decreased_us = now_us;
}

static void
update_rate (MbGcc *self, gint64 rtt_us, gint64 now_us)
{
  double measured = measured_bps (self);
  gint64 passed_us = self->updated_us != 0 ? now_us - self->updated_us : 0;

  self->updated_us = now_us;
  switch (self->signal) {
  case MB_GCC_NORMAL:
    increase (self, measured, rtt_us, passed_us);
    break;
  case MB_GCC_UNDERUSE: /* the queue empties: let it */
    break;
  case MB_GCC_OVERUSE:
    decrease (self, measured, rtt_us, now_us);
    break;
  }
}

/* ---- losses, §6 ---- */

static void
judge_losses (MbGcc *self, gint64 rtt_us, gint64 now_us)
{
  gint64 passed_us;
  double fraction;

  if (self->judged_us == 0)
    self->judged_us = now_us;
  passed_us = now_us - self->judged_us;
  if (passed_us < JUDGE_LOSS_US + rtt_us || self->n_told < MIN_TOLD)
    return;
  fraction = (double) self->n_lost / self->n_told;
  if (fraction > LOW_LOSS && self->queue_ms > STANDING_QUEUE_MS)
    decrease (self, measured_bps (self), rtt_us, now_us);
  if (fraction > HIGH_LOSS)
    self->loss_bps = MIN (self->loss_bps, self->bps) * (1 - 0.5 * fraction);
  else if (fraction < LOW_LOSS)
    self->loss_bps *=
        pow (LOSS_INCREASE, (double) MIN (passed_us, G_USEC_PER_SEC) / G_USEC_PER_SEC);
  self->loss_bps = CLAMP (self->loss_bps, self->min_bps, self->max_bps);
  self->n_lost = 0;
  self->n_told = 0;
  self->judged_us = now_us;
}

/**
 * mb_gcc_take:
 * @packets: (array length=n_packets): what a feedback told, in the order in which they were sent
 * @rtt_us: round trip, 0 where it is not known
 */
void
mb_gcc_take (
    MbGcc *self, const MbTwccPacket *packets, gsize n_packets, gint64 rtt_us, gint64 now_us)
{
  MbGccSignal before = self->signal;
  gboolean was_over = FALSE;

  for (gsize i = 0; i < n_packets; i++) {
    self->n_told++;
    if (packets[i].is_lost) {
      self->n_lost++;
      continue;
    }
    count_arrival (self, &packets[i]);
    take_arrival (self, &packets[i]);
    was_over = was_over || (self->signal == MB_GCC_OVERUSE && before != MB_GCC_OVERUSE);
    before = self->signal;
  }
  /* One that began and ended within the same feedback counts. */
  if (was_over)
    self->signal = MB_GCC_OVERUSE;
  update_rate (self, rtt_us, now_us);
  self->bps = CLAMP (self->bps, self->min_bps, self->max_bps);
  judge_losses (self, rtt_us, now_us);
}

/**
 * mb_gcc_get_bps:
 *
 * Returns: what may be sent, in bits a second
 */
unsigned int
mb_gcc_get_bps (const MbGcc *self)
{
  return (unsigned int) MIN (self->bps, self->loss_bps);
}

/**
 * mb_gcc_get_acked_bps:
 *
 * Returns: what arrives at the peer, over the last half second
 */
unsigned int
mb_gcc_get_acked_bps (const MbGcc *self)
{
  return (unsigned int) measured_bps (self);
}
