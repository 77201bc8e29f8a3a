/* mb-rtcp.c: each packet is read as it was written, a malformed compound is refused whole
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtcp.h"

#include <string.h>

static guint8 buffer[1500];

static MbRtcpPacket
first (const MbRtcpWriter *writer)
{
  MbRtcpIter iter;
  MbRtcpPacket packet;

  g_assert_true (mb_rtcp_iter_init (&iter, writer->data, writer->size));
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  return packet;
}

static void
assert_reports_equal (const MbRtcpReport *a, const MbRtcpReport *b)
{
  g_assert_cmpuint (a->ssrc, ==, b->ssrc);
  g_assert_cmpuint (a->fraction_lost, ==, b->fraction_lost);
  g_assert_cmpint (a->lost, ==, b->lost);
  g_assert_cmpuint (a->highest_seq, ==, b->highest_seq);
  g_assert_cmpuint (a->jitter, ==, b->jitter);
  g_assert_cmpuint (a->last_sr, ==, b->last_sr);
  g_assert_cmpuint (a->delay_since, ==, b->delay_since);
}

static void
test_reports (void)
{
  MbRtcpReport in[2] = {{1, 255, -1, 0x10005, 77, 0x12345678, 65536}, {2, 0, 0x7fffff, 3, 4, 0, 0}};
  MbRtcpSenderInfo info = {9, G_GUINT64_CONSTANT (0x0123456789abcdef), 90000, 100, 120000};
  MbRtcpSenderInfo read_info;
  MbRtcpReport out;
  MbRtcpWriter writer;
  MbRtcpPacket packet;

  mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
  mb_rtcp_write_sr (&writer, &info, in, 2);
  packet = first (&writer);
  g_assert_true (mb_rtcp_get_sender_info (&packet, &read_info));
  g_assert_cmpuint (read_info.ssrc, ==, info.ssrc);
  g_assert_cmpuint (read_info.ntp, ==, info.ntp);
  g_assert_cmpuint (read_info.rtp_timestamp, ==, info.rtp_timestamp);
  g_assert_cmpuint (read_info.packets, ==, info.packets);
  g_assert_cmpuint (read_info.octets, ==, info.octets);
  for (unsigned int i = 0; i < 2; i++) {
    g_assert_true (mb_rtcp_get_report (&packet, i, &out));
    assert_reports_equal (&out, &in[i]);
  }
  g_assert_false (mb_rtcp_get_report (&packet, 2, &out));

  mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
  mb_rtcp_write_rr (&writer, 9, in, 1);
  packet = first (&writer);
  g_assert_false (mb_rtcp_get_sender_info (&packet, &read_info));
  g_assert_true (mb_rtcp_get_report (&packet, 0, &out));
  assert_reports_equal (&out, &in[0]);
}

static void
test_compound (void)
{
  static const guint16 lost[] = {65534, 65535, 0, 14, 15, 40};
  guint16 nacks[32];
  MbRtcpWriter writer;
  MbRtcpIter iter;
  MbRtcpPacket packet;
  MbRtcpFeedback feedback;
  guint32 ssrc = 0;
  gsize size = 0;
  const char *cname;

  mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
  mb_rtcp_write_rr (&writer, 7, NULL, 0);
  mb_rtcp_write_cname (&writer, 7, "bot-42");
  mb_rtcp_write_nack (&writer, 7, 8, lost, G_N_ELEMENTS (lost));
  mb_rtcp_write_bye (&writer, 7);

  g_assert_true (mb_rtcp_iter_init (&iter, buffer, writer.size));
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  g_assert_cmpuint (packet.type, ==, MB_RTCP_RR);
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  cname = mb_rtcp_get_cname (&packet, 7, &size);
  g_assert_cmpmem (cname, size, "bot-42", 6);
  g_assert_null (mb_rtcp_get_cname (&packet, 8, &size));
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
  g_assert_cmpuint (packet.count, ==, MB_RTCP_RTPFB_NACK);
  g_assert_cmpuint (feedback.media_ssrc, ==, 8);
  g_assert_cmpuint (feedback.fci_size, ==, 12); /* 65534 +16, 15, 40 */
  g_assert_cmpuint (mb_rtcp_get_nacks (&feedback, nacks, 32), ==, G_N_ELEMENTS (lost));
  g_assert_cmpmem (nacks, sizeof lost, lost, sizeof lost);
  g_assert_cmpuint (mb_rtcp_get_nacks (&feedback, nacks, 3), ==, 3);
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  g_assert_true (mb_rtcp_get_ssrc (&packet, 0, &ssrc));
  g_assert_cmpuint (ssrc, ==, 7);
  g_assert_false (mb_rtcp_get_ssrc (&packet, 1, &ssrc));
  g_assert_false (mb_rtcp_iter_next (&iter, &packet));
}

static void
test_payload_feedback (void)
{
  static const guint64 rates[] = {
      0, 1, 0x3ffff, 0x40000, 2500000, G_GUINT64_CONSTANT (10000000000)};
  guint32 ssrcs[2] = {5, 6};
  MbRtcpWriter writer;
  MbRtcpPacket packet;
  MbRtcpFeedback feedback;

  mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
  mb_rtcp_write_pli (&writer, 1, 2);
  packet = first (&writer);
  g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
  g_assert_cmpuint (packet.count, ==, MB_RTCP_PSFB_PLI);
  g_assert_cmpuint (feedback.media_ssrc, ==, 2);

  mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
  mb_rtcp_write_fir (&writer, 1, 2, 3);
  packet = first (&writer);
  g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
  g_assert_true (mb_rtcp_has_fir (&feedback, 2));
  g_assert_false (mb_rtcp_has_fir (&feedback, 1));

  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++) {
    guint64 bps = 1;

    mb_rtcp_writer_init (&writer, buffer, sizeof buffer);
    mb_rtcp_write_remb (&writer, 1, rates[i], ssrcs, 2);
    packet = first (&writer);
    g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
    g_assert_true (mb_rtcp_get_remb (&feedback, &bps));
    g_assert_cmpuint (bps, <=, rates[i]);
    g_assert_cmpuint (rates[i] - bps, <=, rates[i] >> 17);
    g_assert_cmpuint (feedback.fci_size, ==, 16);
  }
}

typedef struct {
  const char *what;
  guint8 data[32];
  gsize size;
} Case;

static const Case MALFORMED[] = {
    {"nothing", {0}, 0},
    {"three bytes", {0x80, 201, 0}, 3},
    {"version 0", {0x00, 201, 0, 1, 0, 0, 0, 1}, 8},
    {"longer than there is", {0x80, 201, 0, 2, 0, 0, 0, 1}, 8},
    {"a rest", {0x80, 201, 0, 1, 0, 0, 0, 1, 0x80, 202}, 10},
    {"padding in the middle",
        {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 201, 0, 1, 0, 0, 0, 1}, 20},
    {"padding over all", {0xa0, 201, 0, 1, 0, 0, 0, 8}, 8},
    {"odd padding", {0xa0, 201, 0, 1, 0, 0, 0, 3}, 8},
};

/* Well formed outside, wrong inside: every getter says no. */
static const Case HOLLOW[] = {
    {"sr of nothing", {0x81, 200, 0, 0}, 4},
    {"rr without its report", {0x81, 201, 0, 1, 0, 0, 0, 1}, 8},
    {"sdes cut off", {0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'a', 'b'}, 12},
    {"sdes of many chunks", {0x9f, 202, 0, 1, 0, 0, 0, 1}, 8},
    {"bye of nobody", {0x80, 203, 0, 0}, 4},
    {"feedback of four bytes", {0x81, 205, 0, 1, 0, 0, 0, 1}, 8},
};

static void
test_malformed (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (MALFORMED); i++) {
    g_autofree guint8 *exact = g_memdup2 (MALFORMED[i].data, MALFORMED[i].size);
    MbRtcpIter iter;

    g_test_message ("%s", MALFORMED[i].what);
    g_assert_false (mb_rtcp_iter_init (&iter, exact, MALFORMED[i].size));
  }
  for (gsize i = 0; i < G_N_ELEMENTS (HOLLOW); i++) {
    g_autofree guint8 *exact = g_memdup2 (HOLLOW[i].data, HOLLOW[i].size);
    MbRtcpIter iter;
    MbRtcpPacket packet;
    MbRtcpSenderInfo info;
    MbRtcpReport report;
    MbRtcpFeedback feedback;
    gsize size;

    g_test_message ("%s", HOLLOW[i].what);
    g_assert_true (mb_rtcp_iter_init (&iter, exact, HOLLOW[i].size));
    g_assert_true (mb_rtcp_iter_next (&iter, &packet));
    g_assert_false (mb_rtcp_get_sender_info (&packet, &info));
    g_assert_false (mb_rtcp_get_report (&packet, 0, &report));
    g_assert_null (mb_rtcp_get_cname (&packet, 1, &size));
    g_assert_false (mb_rtcp_get_feedback (&packet, &feedback));
  }
}

static void
test_full (void)
{
  guint8 small[16];
  MbRtcpWriter writer;

  mb_rtcp_writer_init (&writer, small, sizeof small);
  mb_rtcp_write_pli (&writer, 1, 2);
  mb_rtcp_write_pli (&writer, 1, 2);
  mb_rtcp_write_bye (&writer, 1);

  g_assert_cmpuint (writer.size, ==, 12);
}

static void
test_ntp (void)
{
  guint64 ntp = mb_rtcp_ntp_from_real_time (G_GINT64_CONSTANT (1500000));
  guint64 later = mb_rtcp_ntp_from_real_time (G_GINT64_CONSTANT (2750000));

  g_assert_cmpuint (ntp >> 32, ==, G_GUINT64_CONSTANT (2208988801));
  g_assert_cmpuint (ntp & 0xffffffff, ==, 0x80000000);
  g_assert_cmpuint (mb_rtcp_ntp_middle (later) - mb_rtcp_ntp_middle (ntp), ==, 65536 + 16384);
  g_assert_cmpint (mb_rtcp_ntp_to_ns (later) - mb_rtcp_ntp_to_ns (ntp), ==, 1250000000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtcp/reports-read-as-written", test_reports);
  g_test_add_func ("/rtcp/compound-read-as-written", test_compound);
  g_test_add_func ("/rtcp/payload-feedback-read-as-written", test_payload_feedback);
  g_test_add_func ("/rtcp/malformed-is-refused", test_malformed);
  g_test_add_func ("/rtcp/what-does-not-fit-is-left-out-whole", test_full);
  g_test_add_func ("/rtcp/ntp", test_ntp);
  return g_test_run ();
}
