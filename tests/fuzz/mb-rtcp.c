/* mb-rtcp.c: a compound is read without leaving it, and reports can be written again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtcp.h"

#include "fuzz.h"

static guint8 sum; /* so that nothing read is optimised away */

static void
touch (const guint8 *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    sum ^= data[i];
}

static void
read_feedback (const MbRtcpPacket *packet)
{
  guint16 seqs[MB_RTCP_MAX_NACKS];
  MbRtcpFeedback feedback;
  guint64 bps;

  if (!mb_rtcp_get_feedback (packet, &feedback))
    return;
  touch (feedback.fci, feedback.fci_size);
  g_assert_cmpuint (
      mb_rtcp_get_nacks (&feedback, seqs, G_N_ELEMENTS (seqs)), <=, G_N_ELEMENTS (seqs));
  (void) mb_rtcp_has_fir (&feedback, feedback.media_ssrc);
  (void) mb_rtcp_get_remb (&feedback, &bps);
}

static void
read_reports (const MbRtcpPacket *packet)
{
  guint8 out[100];
  MbRtcpReport report;
  MbRtcpReport again;
  MbRtcpWriter writer;
  MbRtcpIter iter;
  MbRtcpPacket written;

  for (unsigned int i = 0; mb_rtcp_get_report (packet, i, &report); i++) {
    g_assert_cmpuint (i, <, 32);
    mb_rtcp_writer_init (&writer, out, sizeof out);
    mb_rtcp_write_rr (&writer, 1, &report, 1);
    g_assert_true (mb_rtcp_iter_init (&iter, out, writer.size));
    g_assert_true (mb_rtcp_iter_next (&iter, &written));
    g_assert_true (mb_rtcp_get_report (&written, 0, &again));
    g_assert_cmpint (again.lost, ==, report.lost);
    g_assert_cmpuint (again.highest_seq, ==, report.highest_seq);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  MbRtcpIter iter;
  MbRtcpPacket packet;
  MbRtcpSenderInfo info;
  guint32 ssrc;
  gsize size;

  if (!mb_rtcp_iter_init (&iter, bytes, length))
    return 0;
  while (mb_rtcp_iter_next (&iter, &packet)) {
    const char *cname;

    touch (packet.body, packet.body_size);
    for (unsigned int i = 0; i < 40; i++)
      (void) mb_rtcp_get_ssrc (&packet, i, &ssrc);
    (void) mb_rtcp_get_sender_info (&packet, &info);
    if (mb_rtcp_get_ssrc (&packet, 0, &ssrc)) {
      cname = mb_rtcp_get_cname (&packet, ssrc, &size);
      if (cname != NULL)
        touch ((const guint8 *) cname, size);
    }
    read_reports (&packet);
    read_feedback (&packet);
  }
  return 0;
}
