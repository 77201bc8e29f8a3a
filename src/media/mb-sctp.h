/* mb-sctp.h: one SCTP association as data channels need it: packets in, packets out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SCTP_MAX_MESSAGE 262144 /* bytes; longer ones are neither sent nor taken */

typedef struct _MbSctp MbSctp;

/**
 * MbSctpEvents:
 * @send: a packet for the peer
 * @open: both ends are there
 * @receive: a whole message
 * @close: the peer has ended it, or has not answered for long; once
 *
 * None of them may free the association.
 */
typedef struct {
  void (*send) (gpointer user_data, const guint8 *packet, gsize size);
  void (*open) (gpointer user_data);
  void (*receive) (
      gpointer user_data, guint16 stream, guint32 protocol, const guint8 *data, gsize size);
  void (*close) (gpointer user_data);
} MbSctpEvents;

MbSctp *mb_sctp_new (const MbSctpEvents *events, gpointer user_data, guint16 port);
void mb_sctp_free (MbSctp *self);
void mb_sctp_connect (MbSctp *self, gint64 now_us);
void mb_sctp_take (MbSctp *self, const guint8 *packet, gsize size, gint64 now_us);
void mb_sctp_tick (MbSctp *self, gint64 now_us);
gboolean mb_sctp_send (
    MbSctp *self, guint16 stream, guint32 protocol, const guint8 *data, gsize size, gint64 now_us);
void mb_sctp_abort (MbSctp *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSctp, mb_sctp_free)
