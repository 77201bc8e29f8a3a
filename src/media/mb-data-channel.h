/* mb-data-channel.h: the text channel to a peer, over SCTP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbDataChannel MbDataChannel;

/**
 * MbDataChannelEvents:
 * @send: a packet for the peer
 * @open: texts can be sent; once
 * @text: the peer's, valid UTF-8
 *
 * None of them may free the channel.
 */
typedef struct {
  void (*send) (gpointer user_data, const guint8 *packet, gsize size);
  void (*open) (gpointer user_data);
  void (*text) (gpointer user_data, const char *text);
} MbDataChannelEvents;

MbDataChannel *mb_data_channel_new (const MbDataChannelEvents *events, gpointer user_data,
    gboolean is_dtls_client, const char *label);
void mb_data_channel_free (MbDataChannel *self);
void mb_data_channel_start (MbDataChannel *self, gint64 now_us);
void mb_data_channel_take (MbDataChannel *self, const guint8 *packet, gsize size, gint64 now_us);
void mb_data_channel_tick (MbDataChannel *self, gint64 now_us);
gboolean mb_data_channel_send_text (MbDataChannel *self, const char *text, gint64 now_us);
void mb_data_channel_close (MbDataChannel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbDataChannel, mb_data_channel_free)
