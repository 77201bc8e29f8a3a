/* mb-srtp.c: what one side protects the other reads; changed, repeated and strange packets do not pass
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-srtp.h"

#include <string.h>

#include "mb-rtcp.h"
#include "mb-rtp.h"

static const guint8 KEY_A[MB_SRTP_KEY_SIZE] = "an A key and its salt, thirty";
static const guint8 KEY_B[MB_SRTP_KEY_SIZE] = "a B key and its salt, thirty.";

typedef struct {
  MbSrtp *a;
  MbSrtp *b;
  guint8 packet[MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER];
  gsize size;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->a = mb_srtp_new (KEY_B, KEY_A, NULL);
  self->b = mb_srtp_new (KEY_A, KEY_B, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_srtp_free (self->a);
  mb_srtp_free (self->b);
}

static void
make (Fixture *self, guint16 seq, guint32 ssrc, gsize payload_size)
{
  guint8 payload[MB_RTP_MAX_SIZE] = "plain text";
  MbRtpHeader header = {.payload_type = 96, .seq = seq, .ssrc = ssrc};

  self->size = mb_rtp_write (self->packet, MB_RTP_MAX_SIZE, &header, payload, payload_size);
  g_assert_true (mb_srtp_protect (self->a, self->packet, &self->size, sizeof self->packet));
}

static void
test_passes (Fixture *self, gconstpointer data)
{
  for (guint16 i = 0; i < 100; i++) {
    make (self, (guint16) (65500 + i), 1, i == 0 ? MB_RTP_MAX_SIZE - 12 : 10);
    g_assert_true (memcmp (self->packet + 12, "plain text", 10) != 0);
    g_assert_true (mb_srtp_unprotect (self->b, self->packet, &self->size));
    g_assert_cmpmem (self->packet + 12, 10, "plain text", 10);
  }
}

static void
test_rtcp (Fixture *self, gconstpointer data)
{
  MbRtcpWriter writer;
  MbRtcpIter iter;
  gsize size;

  mb_rtcp_writer_init (&writer, self->packet, MB_RTP_MAX_SIZE);
  mb_rtcp_write_rr (&writer, 9, NULL, 0);
  mb_rtcp_write_pli (&writer, 9, 8);
  size = writer.size;
  g_assert_true (mb_srtp_protect (self->a, self->packet, &size, sizeof self->packet));
  g_assert_true (mb_srtp_unprotect (self->b, self->packet, &size));
  g_assert_cmpuint (size, ==, writer.size);
  g_assert_true (mb_rtcp_iter_init (&iter, self->packet, size));
}

static void
test_replay (Fixture *self, gconstpointer data)
{
  guint8 copy[sizeof self->packet];
  gsize size;

  make (self, 1, 1, 100);
  memcpy (copy, self->packet, self->size);
  size = self->size;
  g_assert_true (mb_srtp_unprotect (self->b, self->packet, &self->size));
  g_assert_false (mb_srtp_unprotect (self->b, copy, &size));
}

static void
test_resend (Fixture *self, gconstpointer data)
{
  guint8 first[sizeof self->packet];
  gsize first_size;

  make (self, 1, 1, 100);
  memcpy (first, self->packet, self->size);
  first_size = self->size;
  for (guint16 seq = 2; seq < 1000; seq++)
    make (self, seq, 1, 10);
  make (self, 1, 1, 100);

  g_assert_cmpmem (self->packet, self->size, first, first_size);
  g_assert_true (mb_srtp_unprotect (self->b, self->packet, &self->size));
}

static void
test_changed (Fixture *self, gconstpointer data)
{
  for (gsize at = 1; at < 40; at++) {
    make (self, (guint16) at, 1, 20);
    self->packet[at] ^= 1;
    g_assert_false (mb_srtp_unprotect (self->b, self->packet, &self->size));
  }
}

static void
test_sources (Fixture *self, gconstpointer data)
{
  for (guint32 ssrc = 1; ssrc <= MB_SRTP_MAX_SSRCS; ssrc++) {
    make (self, 1, ssrc, 10);
    g_assert_true (mb_srtp_unprotect (self->b, self->packet, &self->size));
  }
  make (self, 1, MB_SRTP_MAX_SSRCS + 1, 10);
  g_assert_false (mb_srtp_unprotect (self->b, self->packet, &self->size));
  make (self, 2, 1, 10);
  g_assert_true (mb_srtp_unprotect (self->b, self->packet, &self->size));
}

static void
test_sizes (Fixture *self, gconstpointer data)
{
  gsize size = 100;

  memset (self->packet, 0x80, sizeof self->packet);
  g_assert_false (mb_srtp_protect (self->a, self->packet, &size, 100 + MB_SRTP_MAX_TRAILER - 1));
  for (size = 0; size < 30; size++) {
    gsize given = size;

    g_assert_false (mb_srtp_unprotect (self->b, self->packet, &given));
  }
  size = MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER + 1;
  g_assert_false (mb_srtp_unprotect (self->b, self->packet, &size));
}

#define ADD(path, func) g_test_add ("/srtp/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("read-as-protected-over-the-wrap", test_passes);
  ADD ("rtcp-too", test_rtcp);
  ADD ("repeated-is-refused", test_replay);
  ADD ("a-resend-is-the-same-packet", test_resend);
  ADD ("changed-is-refused", test_changed);
  ADD ("sources-are-bounded", test_sources);
  ADD ("sizes-are-checked", test_sizes);
  return g_test_run ();
}
