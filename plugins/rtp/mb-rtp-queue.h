/* mb-rtp-queue.h: a bounded queue of RTP behind a port: many push, one pops
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "names.h"

#define MB_RTP_QUEUE_MAX_PACKETS 8192
#define MB_RTP_QUEUE_MAX_BYTES (8 * 1024 * 1024)

typedef struct _MbRtpQueue MbRtpQueue;

MbRtpQueue *mb_rtp_queue_new (guint max_packets, gsize max_bytes);
MbRtpPort *mb_rtp_queue_get_port (MbRtpQueue *self);
GstBufferList *mb_rtp_queue_pop (MbRtpQueue *self, gboolean *ended);
void mb_rtp_queue_set_flushing (MbRtpQueue *self, gboolean flushing);
void mb_rtp_queue_clear (MbRtpQueue *self);
void mb_rtp_queue_close (MbRtpQueue *self);
guint64 mb_rtp_queue_get_dropped (MbRtpQueue *self);
