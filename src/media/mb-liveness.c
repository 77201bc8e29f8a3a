/* mb-liveness.c: whether a peer is still there, by what comes from it; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ICE does not notice when a peer vanishes (libnice answers for nobody, and its keep-alive takes 48
 * seconds to fail). Authentic packets do: media comes fifty times a second, and where a peer has
 * nothing to show its reports still come. So without media for 5 s it is silent, which may be all
 * right; without any packet for 15 s it is gone. Who has never sent anything is not judged.
 */
#include "mb-liveness.h"

#define AGAIN_US G_USEC_PER_SEC
#define MAX_STEP_US G_USEC_PER_SEC /* of a tick; a longer one was our own sleep, not the peer's */

void
mb_liveness_init (MbLiveness *self)
{
  *self = (MbLiveness){.rtp_us = 0};
}

/**
 * mb_liveness_take:
 * @is_rtp: media, not RTCP
 *
 * An authentic packet came.
 */
void
mb_liveness_take (MbLiveness *self, gboolean is_rtp, gint64 now_us)
{
  self->packet_us = now_us;
  self->gone_us = 0;
  if (is_rtp)
    self->rtp_us = now_us;
}

/* A process that was stopped heard nothing, and that says nothing about the peer. */
static void
forgive_own_sleep (MbLiveness *self, gint64 now_us)
{
  gint64 slept_us = self->tick_us != 0 ? now_us - self->tick_us - MAX_STEP_US : 0;

  self->tick_us = now_us;
  if (slept_us <= 0)
    return;
  if (self->rtp_us != 0)
    self->rtp_us = MIN (self->rtp_us + slept_us, now_us);
  if (self->packet_us != 0)
    self->packet_us = MIN (self->packet_us + slept_us, now_us);
}

/**
 * mb_liveness_tick:
 * @expects_rtp: whether the peer may send media at all, by what was agreed
 *
 * At least once a second.
 *
 * Returns: what is to be told now
 */
MbLivenessNews
mb_liveness_tick (MbLiveness *self, gboolean expects_rtp, gint64 now_us)
{
  gboolean is_silent;

  forgive_own_sleep (self, now_us);
  if (!expects_rtp)
    self->rtp_us = 0;
  if (self->packet_us != 0 && now_us - self->packet_us >= MB_LIVENESS_GONE_US &&
      (self->gone_us == 0 || now_us - self->gone_us >= AGAIN_US)) {
    self->gone_us = now_us;
    return MB_LIVENESS_GONE;
  }
  is_silent = self->rtp_us != 0 && now_us - self->rtp_us >= MB_LIVENESS_SILENT_US;
  if (is_silent == self->is_silent)
    return MB_LIVENESS_NOTHING;
  self->is_silent = is_silent;
  return is_silent ? MB_LIVENESS_SILENT : MB_LIVENESS_HEARD;
}
