/* mb-congestion.c: what one path carries, and how packets leave for it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Brings together what is sent, what the peer tells of it, the estimate from that, and the pacing
 * by the estimate. Where a peer knows no transport-wide feedback its REMB is believed instead; where
 * it knows neither, nothing is estimated and nothing paced.
 */
#include "mb-congestion.h"

#define START_BPS 2500000 /* all is well until something tells otherwise */
#define MIN_BPS 100000
#define MAX_BPS 20000000
#define PACE 2.0           /* so many times the estimate: an encoder's frames are of unequal size */
#define IP_UDP 28          /* bytes */
#define PAYLOAD_SHARE 0.94 /* of a packet of video, with all its headers */
#define HEADROOM \
  0.92 /* of the estimate: an encoder is never exact, and a queue takes time to empty */
#define STALE_US 10000000
#define OTHER_US 1000000
#define REPEAT_SHARE 0.5 /* of the estimate, at most */
#define REPEAT_BURST_S 0.25
#define TELL_US 1000000
#define TELL_SOON_US 100000
#define TELL_CHANGE 0.02
#define MAX_TOLD 1024

void
mb_congestion_init (MbCongestion *self)
{
  *self = (MbCongestion){.feedback_us = 0};
  mb_twcc_history_init (&self->history);
  mb_gcc_init (&self->gcc, START_BPS, MIN_BPS, MAX_BPS);
  mb_pacer_init (&self->pacer);
}

void
mb_congestion_clear (MbCongestion *self)
{
  mb_twcc_history_clear (&self->history);
  mb_pacer_clear (&self->pacer);
}

/**
 * mb_congestion_get_next_seq:
 *
 * Returns: the transport-wide number of the next packet
 */
guint16
mb_congestion_get_next_seq (const MbCongestion *self)
{
  return (guint16) self->history.next;
}

/**
 * mb_congestion_count_sent:
 * @is_numbered: it carries the number of mb_congestion_get_next_seq()
 * @size: of the protected packet
 */
void
mb_congestion_count_sent (
    MbCongestion *self, MbPacketClass class, gboolean is_numbered, gsize size, gint64 now_us)
{
  if (is_numbered)
    mb_twcc_history_add (&self->history, size + IP_UDP, now_us);
  if (class != MB_PACKET_VIDEO)
    self->other_bytes += size + IP_UDP;
  if (self->other_from_us == 0)
    self->other_from_us = now_us;
  if (now_us - self->other_from_us < OTHER_US)
    return;
  self->other_bps =
      (double) self->other_bytes * 8 * G_USEC_PER_SEC / (double) (now_us - self->other_from_us);
  self->other_bytes = 0;
  self->other_from_us = now_us;
}

/**
 * mb_congestion_may_repeat:
 * @size: of a packet that the peer has asked for again
 *
 * Where a link is too narrow everything is asked for again, and repeating it all would leave no
 * room for anything new. What is not repeated now, the peer asks for once more.
 *
 * Returns: whether to repeat it; then it counts
 */
gboolean
mb_congestion_may_repeat (MbCongestion *self, gsize size, gint64 now_us)
{
  double bytes_a_second = REPEAT_SHARE * mb_congestion_get_bps (self, now_us) / 8;
  double seconds = (double) (now_us - self->repeat_us) / G_USEC_PER_SEC;

  if (bytes_a_second <= 0)
    return TRUE;
  self->repeat_bytes = MIN (
      self->repeat_bytes + seconds * bytes_a_second, MAX (REPEAT_BURST_S * bytes_a_second, 3000));
  self->repeat_us = now_us;
  if (self->repeat_bytes < (double) size)
    return FALSE;
  self->repeat_bytes -= (double) size;
  return TRUE;
}

static void
set_pace (MbCongestion *self, gint64 now_us)
{
  mb_pacer_set_rate (&self->pacer, (unsigned int) (PACE * mb_congestion_get_bps (self, now_us)));
}

/**
 * mb_congestion_take_feedback:
 * @feedback: transport-wide
 * @rtt_ms: to the peer; 0 where it is not known
 */
void
mb_congestion_take_feedback (
    MbCongestion *self, const MbRtcpFeedback *feedback, double rtt_ms, gint64 now_us)
{
  MbTwccPacket packets[MAX_TOLD];
  gsize n = mb_twcc_history_take (&self->history, feedback, packets, G_N_ELEMENTS (packets));

  if (n == 0)
    return;
  self->feedback_us = now_us;
  mb_gcc_take (&self->gcc, packets, n, (gint64) (rtt_ms * 1000), now_us);
  set_pace (self, now_us);
}

void
mb_congestion_take_remb (MbCongestion *self, guint64 bps, gint64 now_us)
{
  self->remb_bps = CLAMP (bps, MIN_BPS, MAX_BPS);
  self->remb_us = now_us;
  set_pace (self, now_us);
}

/**
 * mb_congestion_get_bps:
 *
 * Returns: what the path carries, all headers counted, in bits a second; 0 where it is not known
 */
unsigned int
mb_congestion_get_bps (const MbCongestion *self, gint64 now_us)
{
  if (self->feedback_us != 0 && now_us - self->feedback_us < STALE_US)
    return mb_gcc_get_bps (&self->gcc);
  if (self->remb_us != 0 && now_us - self->remb_us < STALE_US)
    return (unsigned int) self->remb_bps;
  return 0;
}

/**
 * mb_congestion_get_news:
 * @video_bps: (out): what is left of the estimate for an encoder's video
 *
 * Returns: whether it is to be told now: soon where it has changed, and once a second
 */
gboolean
mb_congestion_get_news (MbCongestion *self, gint64 now_us, unsigned int *video_bps)
{
  double bps = mb_congestion_get_bps (self, now_us);
  unsigned int left;
  double change;

  if (bps <= 0 || now_us - self->told_us < TELL_SOON_US)
    return FALSE;
  left = (unsigned int) MAX ((HEADROOM * bps - self->other_bps) * PAYLOAD_SHARE, bps / 4);
  change = ABS ((double) left - self->told_bps);
  if (now_us - self->told_us < TELL_US && change < TELL_CHANGE * self->told_bps)
    return FALSE;
  self->told_bps = left;
  self->told_us = now_us;
  *video_bps = left;
  return TRUE;
}
