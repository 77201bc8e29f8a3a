/* mb-rtp-level.h: how loud a stream of sound is, by what its packets say
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

/* Zeroed it is a stream of which nothing has come. */
typedef struct {
  double power; /* 1 is the loudest there can be; falls off over a third of a second */
  gint64 at_us; /* monotonic, of the last packet that said so; 0 means none */
} MbRtpLevel;

void mb_rtp_level_take (MbRtpLevel *self, GstBuffer *packet, guint8 id, gint64 now_us);
int mb_rtp_level_get (const MbRtpLevel *self, gint64 now_us);
