/* mb-receiver.h: one incoming stream: order, repair, reports, clock, statistics
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-rtcp.h"
#include "mb-rtp-clock.h"
#include "mb-rtp.h"
#include "mb-transport.h"

typedef struct _MbReceiver MbReceiver;

typedef enum {
  MB_RECEIVER_PART_NONE,
  MB_RECEIVER_PART_MEDIA,
  MB_RECEIVER_PART_RTX, /* what repeats it, RFC 4588 */
} MbReceiverPart;

/* All on the media thread. */
MbReceiver *mb_receiver_new (
    unsigned int id, const MbReceiverConfig *config, MbPeerClock *peer_clock);
void mb_receiver_free (MbReceiver *self);
void mb_receiver_configure (MbReceiver *self, const MbReceiverConfig *config);

unsigned int mb_receiver_get_id (const MbReceiver *self);
guint32 mb_receiver_get_ssrc (const MbReceiver *self);
gboolean mb_receiver_is_named (const MbReceiver *self, const MbRtp *rtp, MbReceiverPart part);
gboolean mb_receiver_is_nameless (const MbReceiver *self, MbReceiverPart part);
MbReceiverPart mb_receiver_get_part (const MbReceiver *self, guint8 payload_type);

gboolean mb_receiver_take (MbReceiver *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us);
gboolean mb_receiver_take_rtx (
    MbReceiver *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us);
void mb_receiver_take_report (MbReceiver *self, const MbRtcpSenderInfo *info, gint64 now_us);
void mb_receiver_take_bye (MbReceiver *self, gint64 now_us);
void mb_receiver_want_key_frame (MbReceiver *self);
void mb_receiver_tick (MbReceiver *self, gint64 now_us);
void mb_receiver_write_feedback (
    MbReceiver *self, MbRtcpWriter *writer, guint32 own_ssrc, gint64 now_us);
gboolean mb_receiver_report (MbReceiver *self, MbRtcpReport *report, gint64 now_us);
unsigned int mb_receiver_get_remb_bps (const MbReceiver *self, gint64 now_us);
void mb_receiver_get_stats (const MbReceiver *self, MbStreamStats *stats, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbReceiver, mb_receiver_free)
