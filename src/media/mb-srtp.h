/* mb-srtp.h: SRTP of one peer, both ways, by libsrtp2
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SRTP_KEY_SIZE 30    /* bytes: AES-128 key, then 14 of salt */
#define MB_SRTP_MAX_TRAILER 16 /* bytes: tag of 10, and the index of SRTCP */
#define MB_SRTP_MAX_SSRCS 64   /* of the peer; libsrtp keeps a state for each */

typedef struct _MbSrtp MbSrtp;

MbSrtp *mb_srtp_new (const guint8 *rx_key, const guint8 *tx_key, GError **error);
void mb_srtp_free (MbSrtp *self);
gboolean mb_srtp_unprotect (MbSrtp *self, guint8 *data, gsize *size);
gboolean mb_srtp_protect (MbSrtp *self, guint8 *data, gsize *size, gsize capacity);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSrtp, mb_srtp_free)
