/* mb-liveness.h: whether a peer is still there, by what comes from it; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_LIVENESS_SILENT_US (5 * G_USEC_PER_SEC)
#define MB_LIVENESS_GONE_US (15 * G_USEC_PER_SEC)

typedef enum {
  MB_LIVENESS_NOTHING, /* new */
  MB_LIVENESS_SILENT,  /* there is no media for 5 s; once */
  MB_LIVENESS_HEARD,   /* after that, media is back; once */
  MB_LIVENESS_GONE,    /* there is nothing at all for 15 s; once a second from then on */
} MbLivenessNews;

typedef struct {
  gint64 rtp_us;    /* the last packet of media; 0 means none that is waited for */
  gint64 packet_us; /* the last authentic packet; 0 means none yet */
  gint64 tick_us;   /* 0 means never */
  gint64 gone_us;   /* when it was last told; 0 means not since the last packet */
  gboolean is_silent;
} MbLiveness;

void mb_liveness_init (MbLiveness *self);
void mb_liveness_take (MbLiveness *self, gboolean is_rtp, gint64 now_us);
MbLivenessNews mb_liveness_tick (MbLiveness *self, gboolean expects_rtp, gint64 now_us);
