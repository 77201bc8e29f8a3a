/* mb-rtp.c: a packet is read as it was written, a malformed one is refused
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp.h"

#include <string.h>

static void
test_round_trip (void)
{
  guint8 packet[MB_RTP_MAX_SIZE];
  guint8 payload[100];
  MbRtpHeader header = {.marker = TRUE,
      .payload_type = 96,
      .seq = 0xfffe,
      .timestamp = 0x89abcdef,
      .ssrc = 0xdeadbeef,
      .mid_extension_id = 4,
      .mid = "video-0"};
  MbRtp rtp;
  gsize size;
  gsize mid_size = 0;
  const guint8 *mid;

  memset (payload, 0x5a, sizeof payload);
  size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  g_assert_true (mb_rtp_parse (&rtp, packet, size));

  g_assert_true (rtp.marker);
  g_assert_cmpuint (rtp.payload_type, ==, 96);
  g_assert_cmpuint (rtp.seq, ==, 0xfffe);
  g_assert_cmpuint (rtp.timestamp, ==, 0x89abcdef);
  g_assert_cmpuint (rtp.ssrc, ==, 0xdeadbeef);
  g_assert_cmpmem (rtp.payload, rtp.payload_size, payload, sizeof payload);
  mid = mb_rtp_find_extension (&rtp, 4, &mid_size);
  g_assert_cmpmem (mid, mid_size, "video-0", 7);
  g_assert_null (mb_rtp_find_extension (&rtp, 5, &mid_size));
}

static void
test_rtx (void)
{
  guint8 packet[MB_RTP_MAX_SIZE];
  guint8 payload[100];
  MbRtpHeader header = {.marker = TRUE,
      .payload_type = 97,
      .seq = 9,
      .timestamp = 5,
      .ssrc = 2,
      .mid_extension_id = 4,
      .mid = "v0",
      .transport_cc_extension_id = 3,
      .transport_seq = 0x1234,
      .is_rtx = TRUE,
      .original_seq = 0xfffe};
  gsize extension_size = 0;
  const guint8 *extension;
  MbRtp rtp;
  gsize size;

  memset (payload, 0x5a, sizeof payload);
  size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  g_assert_true (mb_rtp_parse (&rtp, packet, size));
  g_assert_cmpuint (rtp.payload_size, ==, sizeof payload + 2);
  extension = mb_rtp_find_extension (&rtp, 3, &extension_size);
  g_assert_cmpmem (extension, extension_size, "\x12\x34", 2);

  size = mb_rtp_unwrap_rtx (packet, size, 96, 1);
  g_assert_true (mb_rtp_parse (&rtp, packet, size));
  g_assert_cmpuint (rtp.seq, ==, 0xfffe);
  g_assert_cmpuint (rtp.ssrc, ==, 1);
  g_assert_cmpuint (rtp.payload_type, ==, 96);
  g_assert_cmpuint (rtp.timestamp, ==, 5);
  g_assert_true (rtp.marker);
  g_assert_cmpmem (rtp.payload, rtp.payload_size, payload, sizeof payload);
}

static void
test_rtx_padding (void)
{
  /* Nothing but padding, then a byte too few, then one packet with padding behind it. */
  guint8 probe[] = {0xa0, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4};
  guint8 half[] = {0x80, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7};
  guint8 padded[] = {0xa0, 97, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 77, 5, 0, 0, 3};
  MbRtp rtp;

  g_assert_cmpuint (mb_rtp_unwrap_rtx (probe, sizeof probe, 96, 1), ==, 0);
  g_assert_cmpuint (mb_rtp_unwrap_rtx (half, sizeof half, 96, 1), ==, 0);
  g_assert_cmpuint (mb_rtp_unwrap_rtx (padded, sizeof padded, 96, 1), ==, 13);
  g_assert_true (mb_rtp_parse (&rtp, padded, 13));
  g_assert_cmpuint (rtp.seq, ==, 77);
  g_assert_cmpmem (rtp.payload, rtp.payload_size, "\x05", 1);
}

static void
test_limits (void)
{
  guint8 packet[MB_RTP_MAX_SIZE + 1] = {0x80, 96};
  guint8 payload[MB_RTP_MAX_SIZE] = {0};
  MbRtpHeader header = {.payload_type = 96, .mid = "17-bytes-is-a-lot", .mid_extension_id = 1};
  MbRtp rtp;

  g_assert_true (mb_rtp_parse (&rtp, packet, MB_RTP_MAX_SIZE));
  g_assert_false (mb_rtp_parse (&rtp, packet, MB_RTP_MAX_SIZE + 1));
  g_assert_true (mb_rtp_parse (&rtp, packet, 12));
  g_assert_false (mb_rtp_parse (&rtp, packet, 11));
  g_assert_cmpuint (
      mb_rtp_write (packet, sizeof packet, &header, payload, MB_RTP_MAX_SIZE - 12), ==, 1500);
  g_assert_cmpuint (
      mb_rtp_write (packet, sizeof packet, &header, payload, MB_RTP_MAX_SIZE - 11), ==, 0);
  g_assert_cmpuint (mb_rtp_write (packet, 20, &header, payload, 9), ==, 0);
}

typedef struct {
  const char *what;
  guint8 data[32];
  gsize size;
  gboolean good;
  gsize payload_size;
} Case;

static const Case CASES[] = {
    {"plain", {0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7}, 13, TRUE, 1},
    {"version 1", {0x40, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7}, 13, FALSE, 0},
    {"one csrc", {0x81, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 7}, 17, TRUE, 1},
    {"csrc cut off", {0x8f, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7}, 13, FALSE, 0},
    {"extension head cut off", {0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0}, 15, FALSE,
        0},
    {"extension cut off", {0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 9, 1}, 17, FALSE,
        0},
    {"empty extension", {0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 0, 1}, 17, TRUE, 1},
    {"padding", {0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 3}, 16, TRUE, 1},
    {"padding only", {0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 4}, 16, TRUE, 0},
    {"padding of 0", {0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 0}, 16, FALSE, 0},
    {"too much padding", {0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 5}, 16, FALSE, 0},
    {"padding of nothing", {0xa0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, 12, FALSE, 0},
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree guint8 *exact = g_memdup2 (CASES[i].data, CASES[i].size); /* for ASan's sake */
    MbRtp rtp;

    g_test_message ("%s", CASES[i].what);
    g_assert_cmpint (mb_rtp_parse (&rtp, exact, CASES[i].size), ==, CASES[i].good);
    if (CASES[i].good)
      g_assert_cmpuint (rtp.payload_size, ==, CASES[i].payload_size);
  }
}

static void
test_extensions (void)
{
  static const guint8 one[] = {0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xbe, 0xde, 0, 2, 0x10, 0xaa,
      0, 0x21, 0xbb, 0xcc, 0xf0, 0x30};
  static const guint8 two[] = {
      0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x10, 0x00, 0, 2, 0x01, 0, 0x22, 1, 0xdd, 0x33, 9, 1};
  gsize size = 99;
  MbRtp rtp;

  g_assert_true (mb_rtp_parse (&rtp, one, sizeof one));
  g_assert_cmpint (*mb_rtp_find_extension (&rtp, 1, &size), ==, 0xaa);
  g_assert_cmpuint (size, ==, 1);
  g_assert_cmpint (*mb_rtp_find_extension (&rtp, 2, &size), ==, 0xbb);
  g_assert_cmpuint (size, ==, 2);
  g_assert_null (mb_rtp_find_extension (&rtp, 3, &size)); /* after id 15 all stops */
  g_assert_true (mb_rtp_parse (&rtp, two, sizeof two));
  g_assert_nonnull (mb_rtp_find_extension (&rtp, 1, &size));
  g_assert_cmpuint (size, ==, 0);
  g_assert_cmpint (*mb_rtp_find_extension (&rtp, 0x22, &size), ==, 0xdd);
  g_assert_null (mb_rtp_find_extension (&rtp, 0x33, &size)); /* longer than there is */
}

static void
test_rtcp (void)
{
  static const guint8 types[] = {96, 191, 192, 200, 223, 224};
  static const gboolean expected[] = {FALSE, FALSE, TRUE, TRUE, TRUE, FALSE};

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    guint8 data[2] = {0x80, types[i]};

    g_assert_cmpint (mb_rtp_is_rtcp (data, 2), ==, expected[i]);
  }
  g_assert_false (mb_rtp_is_rtcp ((const guint8 *) "\x80", 1));
}

static void
test_unwrap (void)
{
  g_assert_cmpint (mb_rtp_unwrap_seq (65535, 0), ==, 65536);
  g_assert_cmpint (mb_rtp_unwrap_seq (65536, 65535), ==, 65535);
  g_assert_cmpint (mb_rtp_unwrap_seq (65536 * 3 + 5, 4), ==, 65536 * 3 + 4);
  g_assert_cmpint (mb_rtp_unwrap_seq (0, 65535), ==, -1);
  g_assert_cmpint (mb_rtp_unwrap_timestamp (G_GINT64_CONSTANT (0xffffffff), 9), ==,
      G_GINT64_CONSTANT (0x100000009));
  g_assert_cmpint (mb_rtp_unwrap_timestamp (5, 0xfffffffe), ==, -2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtp/read-as-written", test_round_trip);
  g_test_add_func ("/rtp/repeated-as-it-was", test_rtx);
  g_test_add_func ("/rtp/padding-repeats-nothing", test_rtx_padding);
  g_test_add_func ("/rtp/limits", test_limits);
  g_test_add_func ("/rtp/malformed-is-refused", test_table);
  g_test_add_func ("/rtp/extensions-of-both-profiles", test_extensions);
  g_test_add_func ("/rtp/rtcp-is-told-apart", test_rtcp);
  g_test_add_func ("/rtp/numbers-unwrap", test_unwrap);
  return g_test_run ();
}
