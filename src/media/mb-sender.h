/* mb-sender.h: one outgoing stream: rewriting, resend ring, reports
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-feed-media.h"
#include "mb-pacer.h"
#include "mb-rtcp.h"
#include "mb-rtp.h"
#include "mb-transport.h"

typedef struct _MbSender MbSender;

/**
 * MbSenderOutput:
 *
 * Protects and sends one packet, now or soon, or drops it.
 */
typedef void (*MbSenderOutput) (gpointer data, const MbPacket *packet, gint64 now_us);

/* All on the media thread. */
MbSender *mb_sender_new (
    unsigned int id, const MbSenderConfig *config, MbSenderOutput output, gpointer data);
void mb_sender_free (MbSender *self);
void mb_sender_configure (MbSender *self, const MbSenderConfig *config, gint64 now_us);
void mb_sender_start (MbSender *self, gint64 now_us);

unsigned int mb_sender_get_id (const MbSender *self);
guint32 mb_sender_get_ssrc (const MbSender *self);
const char *mb_sender_get_cname (const MbSender *self);
double mb_sender_get_rtt_ms (const MbSender *self);

void mb_sender_take_nacks (MbSender *self, const guint16 *seqs, gsize n_seqs, gint64 now_us);
void mb_sender_take_key_frame_request (MbSender *self, gint64 now_us);
void mb_sender_take_remb (MbSender *self, guint64 bps);
void mb_sender_take_report (MbSender *self, const MbRtcpReport *report, guint32 now_ntp_middle);
void mb_sender_tick (MbSender *self, gint64 now_us);
gboolean mb_sender_get_info (
    const MbSender *self, MbRtcpSenderInfo *info, gint64 now_us, guint64 ntp);
void mb_sender_get_stats (const MbSender *self, MbStreamStats *stats, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSender, mb_sender_free)
