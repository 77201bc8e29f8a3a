/* mb-session.h: the streams on one transport: SRTP, demultiplexing, RTCP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-liveness.h"
#include "mb-transport.h"

typedef struct _MbSession MbSession;

/**
 * MbSessionEvents:
 * @send: a protected packet is to leave
 * @first_media: the first packet of a receiver came
 * @news: whether the peer is there has changed
 * @estimate: how much video the path to the peer carries
 */
typedef struct {
  void (*send) (gpointer data, const guint8 *packet, gsize size);
  void (*first_media) (gpointer data, unsigned int id);
  void (*news) (gpointer data, MbLivenessNews news);
  void (*estimate) (gpointer data, unsigned int video_bps);
} MbSessionEvents;

/* All on the media thread. */
MbSession *mb_session_new (const MbSessionEvents *events, gpointer data);
void mb_session_free (MbSession *self);
gboolean mb_session_secure (
    MbSession *self, const guint8 *rx_key, const guint8 *tx_key, gint64 now_us, GError **error);
void mb_session_take (MbSession *self, GstBuffer *buffer, gint64 now_us);
void mb_session_tick (MbSession *self, gint64 now_us);
void mb_session_say_bye (MbSession *self);

void mb_session_set_receiver (
    MbSession *self, unsigned int id, const MbReceiverConfig *config, gint64 now_us);
void mb_session_remove_receiver (MbSession *self, unsigned int id);
void mb_session_request_key_frame (MbSession *self, unsigned int id);
void mb_session_set_sender (
    MbSession *self, unsigned int id, const MbSenderConfig *config, gint64 now_us);
void mb_session_remove_sender (MbSession *self, unsigned int id);
MbTransportStats *mb_session_make_stats (const MbSession *self, gint64 now_us);
