/* mb-srtp-peer.c: another implementation reads what we protect, and we what it does
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <srtp2/srtp.h>
#include <string.h>

#include "mb-rtcp.h"
#include "mb-rtp.h"
#include "mb-srtp.h"

static const guint8 OUR_KEY[MB_SRTP_KEY_SIZE] = "an A key and its salt, thirty";
static const guint8 ITS_KEY[MB_SRTP_KEY_SIZE] = "a B key and its salt, thirty.";

typedef struct {
  MbSrtp *ours;
  srtp_t rx; /* of libsrtp2 */
  srtp_t tx;
  guint8 plain[MB_RTP_MAX_SIZE];
  guint8 packet[MB_RTP_MAX_SIZE + SRTP_MAX_TRAILER_LEN];
  gsize size; /* of both */
} Fixture;

static srtp_t
make_session (const guint8 *key, srtp_ssrc_type_t direction)
{
  srtp_policy_t policy = {0};
  srtp_t session = NULL;

  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtp);
  srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80 (&policy.rtcp);
  policy.ssrc.type = direction;
  policy.key = (guint8 *) key;
  policy.window_size = 128;
  g_assert_cmpint (srtp_create (&session, &policy), ==, srtp_err_status_ok);
  return session;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->ours = mb_srtp_new (ITS_KEY, OUR_KEY, NULL);
  self->rx = make_session (OUR_KEY, ssrc_any_inbound);
  self->tx = make_session (ITS_KEY, ssrc_any_outbound);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_srtp_free (self->ours);
  srtp_dealloc (self->rx);
  srtp_dealloc (self->tx);
}

/* One with two contributors and an extension of a word now and then: neither is encrypted. */
static void
make_rtp (Fixture *self, unsigned int i)
{
  guint8 *at = self->plain;
  gboolean is_full = i % 3 == 0;

  memset (self->plain, (int) i, sizeof self->plain);
  self->size = is_full ? 12 + 8 + 8 + 500 : 12 + i % 40;
  at[0] = is_full ? 0x92 : 0x80;
  at[1] = 96;
  at[2] = (guint8) ((65000 + i) >> 8);
  at[3] = (guint8) (65000 + i);
  memcpy (at + 4, "timeSSRC", 8);
  if (is_full) {
    at[20] = 0xbe;
    at[21] = 0xde;
    at[22] = 0;
    at[23] = 1;
  }
  memcpy (self->packet, self->plain, self->size);
}

static void
make_rtcp (Fixture *self)
{
  MbRtcpWriter writer;

  mb_rtcp_writer_init (&writer, self->plain, sizeof self->plain);
  mb_rtcp_write_rr (&writer, 9, NULL, 0);
  mb_rtcp_write_pli (&writer, 9, 8);
  self->size = writer.size;
  memcpy (self->packet, self->plain, self->size);
}

static void
pass_to_it (Fixture *self, gboolean is_rtcp)
{
  gsize size = self->size;
  int length;
  srtp_err_status_t status;

  g_assert_true (mb_srtp_protect (self->ours, self->packet, &size, sizeof self->packet));
  length = (int) size;
  status = is_rtcp ? srtp_unprotect_rtcp (self->rx, self->packet, &length)
                   : srtp_unprotect (self->rx, self->packet, &length);
  g_assert_cmpint (status, ==, srtp_err_status_ok);
  g_assert_cmpmem (self->packet, (gsize) length, self->plain, self->size);
}

static void
pass_to_us (Fixture *self, gboolean is_rtcp)
{
  int length = (int) self->size;
  gsize size;

  g_assert_cmpint (is_rtcp ? srtp_protect_rtcp (self->tx, self->packet, &length)
                           : srtp_protect (self->tx, self->packet, &length),
      ==, srtp_err_status_ok);
  size = (gsize) length;
  g_assert_true (mb_srtp_unprotect (self->ours, self->packet, &size));
  g_assert_cmpmem (self->packet, size, self->plain, self->size);
}

/* Over two wraps of the sequence number. */
static void
test_rtp (Fixture *self, gconstpointer data)
{
  for (unsigned int i = 0; i < 140000; i++) {
    make_rtp (self, i);
    pass_to_it (self, FALSE);
  }
  for (unsigned int i = 0; i < 140000; i++) {
    make_rtp (self, i);
    pass_to_us (self, FALSE);
  }
}

static void
test_rtcp (Fixture *self, gconstpointer data)
{
  for (unsigned int i = 0; i < 300; i++) {
    make_rtcp (self);
    pass_to_it (self, TRUE);
    make_rtcp (self);
    pass_to_us (self, TRUE);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (srtp_init (), ==, srtp_err_status_ok);
  g_test_add ("/srtp-peer/rtp-over-two-wraps", Fixture, NULL, set_up, test_rtp, tear_down);
  g_test_add ("/srtp-peer/rtcp", Fixture, NULL, set_up, test_rtcp, tear_down);
  return g_test_run ();
}
