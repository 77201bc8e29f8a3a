/* mb-dtls.h: one end of a DTLS connection: datagrams in, datagrams out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbDtls MbDtls;

/**
 * MbDtlsEvents:
 * @send: a datagram to the peer
 * @ready: the handshake is done, and @pem is the certificate that the peer has the key of
 * @receive: application data
 * @end: it failed for the reason @why, or, where that is NULL, the peer has closed it; once
 *
 * None of them may free the connection.
 */
typedef struct {
  void (*send) (gpointer user_data, const guint8 *data, gsize size);
  void (*ready) (gpointer user_data, const char *pem);
  void (*receive) (gpointer user_data, const guint8 *data, gsize size);
  void (*end) (gpointer user_data, const char *why);
} MbDtlsEvents;

const char *mb_dtls_get_fingerprint (void);
MbDtls *mb_dtls_new (const MbDtlsEvents *events, gpointer user_data, gboolean is_client);
void mb_dtls_free (MbDtls *self);
void mb_dtls_start (MbDtls *self);
void mb_dtls_take (MbDtls *self, const guint8 *data, gsize size);
void mb_dtls_tick (MbDtls *self);
gboolean mb_dtls_send (MbDtls *self, const guint8 *data, gsize size);
gboolean mb_dtls_get_srtp_keys (MbDtls *self, guint8 *rx_key, guint8 *tx_key);
void mb_dtls_close (MbDtls *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbDtls, mb_dtls_free)
