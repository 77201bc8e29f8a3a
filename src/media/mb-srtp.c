/* mb-srtp.c: SRTP of one peer, both ways, by libsrtp2
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES_CM_128_HMAC_SHA1_80 for RTP and RTCP, the one profile that we offer.
 */
#include "mb-srtp.h"

#include <srtp2/srtp.h>

#include "mb-error.h"
#include "mb-rtp.h"

#define REPLAY_WINDOW 1024 /* packets */

G_STATIC_ASSERT (MB_SRTP_KEY_SIZE == SRTP_AES_ICM_128_KEY_LEN_WSALT);

struct _MbSrtp {
  srtp_t rx;
  srtp_t tx;
  GHashTable *ssrcs; /* those that sent an authentic packet */
};

static srtp_t
make_session (const guint8 *key, srtp_ssrc_type_t direction)
{
  srtp_policy_t policy = {0};
  srtp_t session = NULL;
  guint8 copy[MB_SRTP_KEY_SIZE]; /* libsrtp wants it writable */

  memcpy (copy, key, sizeof copy);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtcp);
  policy.ssrc.type = direction;
  policy.key = copy;
  policy.window_size = REPLAY_WINDOW;
  policy.allow_repeat_tx = 1; /* a resend is the same packet: same key stream, same plain text */
  if (srtp_create (&session, &policy) != srtp_err_status_ok)
    session = NULL;
  explicit_bzero (copy, sizeof copy);
  return session;
}

/**
 * mb_srtp_new:
 * @rx_key: (array fixed-size=30): the peer's master key and salt
 * @tx_key: (array fixed-size=30): ours
 *
 * Returns: (transfer full) (nullable): the session, or NULL with %MB_ERROR_FAILED
 */
MbSrtp *
mb_srtp_new (const guint8 *rx_key, const guint8 *tx_key, GError **error)
{
  static gsize initialised;
  g_autoptr (MbSrtp) self = g_new0 (MbSrtp, 1);

  /* Fails where GStreamer's srtp plugin has done it before, and harms nothing then. */
  if (g_once_init_enter (&initialised)) {
    (void) srtp_init ();
    g_once_init_leave (&initialised, 1);
  }
  self->ssrcs = g_hash_table_new (NULL, NULL);
  self->rx = make_session (rx_key, ssrc_any_inbound);
  self->tx = make_session (tx_key, ssrc_any_outbound);
  if (self->rx == NULL || self->tx == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_FAILED, "no SRTP session could be made");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mb_srtp_free (MbSrtp *self)
{
  if (self->rx != NULL)
    srtp_dealloc (self->rx);
  if (self->tx != NULL)
    srtp_dealloc (self->tx);
  g_hash_table_unref (self->ssrcs);
  g_free (self);
}

static guint32
read_ssrc (const guint8 *data, gboolean is_rtcp)
{
  const guint8 *at = data + (is_rtcp ? 4 : 8);

  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

/**
 * mb_srtp_unprotect:
 * @data: (array length=size): an SRTP or SRTCP packet, decrypted in place
 * @size: (inout): its size
 *
 * Returns: whether it is authentic, new, and of one of the peer's first %MB_SRTP_MAX_SSRCS sources
 */
gboolean
mb_srtp_unprotect (MbSrtp *self, guint8 *data, gsize *size)
{
  gboolean is_rtcp = mb_rtp_is_rtcp (data, *size);
  srtp_err_status_t status;
  gpointer ssrc;
  gboolean is_known;
  int length = (int) *size;

  if (*size < MB_RTP_HEADER_SIZE || *size > MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER)
    return FALSE;
  ssrc = GUINT_TO_POINTER (read_ssrc (data, is_rtcp));
  is_known = g_hash_table_contains (self->ssrcs, ssrc);
  if (!is_known && g_hash_table_size (self->ssrcs) >= MB_SRTP_MAX_SSRCS)
    return FALSE;
  status = is_rtcp ? srtp_unprotect_rtcp (self->rx, data, &length)
                   : srtp_unprotect (self->rx, data, &length);
  if (status != srtp_err_status_ok || length < 0)
    return FALSE;
  if (!is_known)
    g_hash_table_add (self->ssrcs, ssrc);
  *size = (gsize) length;
  return TRUE;
}

/**
 * mb_srtp_protect:
 * @data: (array length=capacity): an RTP or RTCP packet, encrypted in place
 * @size: (inout): its size
 *
 * Returns: %FALSE where @capacity has no room for %MB_SRTP_MAX_TRAILER more, or the key is used up
 */
gboolean
mb_srtp_protect (MbSrtp *self, guint8 *data, gsize *size, gsize capacity)
{
  srtp_err_status_t status;
  int length = (int) *size;

  if (*size < 8 || *size > MB_RTP_MAX_SIZE || capacity < *size + MB_SRTP_MAX_TRAILER)
    return FALSE;
  status = mb_rtp_is_rtcp (data, *size) ? srtp_protect_rtcp (self->tx, data, &length)
                                        : srtp_protect (self->tx, data, &length);
  if (status != srtp_err_status_ok)
    return FALSE;
  *size = (gsize) length;
  return TRUE;
}
