/* mb-sender.c: numbers go on without a seam, holes stay, resends are bounded
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sender.h"

#include <string.h>

#define START_US G_GINT64_CONSTANT (1000000)

typedef struct {
  MbRtpHeader header;
  guint8 first; /* byte of payload */
} Output;

typedef struct {
  MbMedia *media;
  MbFeed *feed;
  MbFeed *other_feed;
  MbSenderConfig config;
  MbSender *sender;
  GArray *sent; /* (element-type Output) */
  unsigned int n_wanted;
} Fixture;

static void
on_output (gpointer data, const MbPacket *packet, gint64 now_us)
{
  Fixture *self = data;
  Output output = {packet->header, packet->payload_size > 0 ? packet->payload[0] : 0};

  g_array_append_val (self->sent, output);
}

static void
on_wanted (gpointer data)
{
  ((Fixture *) data)->n_wanted++;
}

static void
on_given_up (gpointer data, gint64 now_us)
{
}

static const MbFeedPublisher PUBLISHER = {on_wanted, on_given_up};

static void
set_up (Fixture *self, gconstpointer data)
{
  self->media = mb_media_new_manual ();
  self->feed = mb_feed_new (self->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  self->other_feed = mb_feed_new (self->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  mb_feed_set_publisher (self->feed, &PUBLISHER, self);
  self->sent = g_array_new (FALSE, FALSE, sizeof (Output));
  self->config = (MbSenderConfig){.kind = MB_MEDIA_KIND_VIDEO,
      .codec = MB_CODEC_VP8,
      .payload_type = 101,
      .ssrc = 42,
      .mid = "1",
      .mid_extension_id = 9,
      .feedback = MB_FEEDBACK_NACK | MB_FEEDBACK_PLI,
      .feed = self->feed};
  self->sender = mb_sender_new (3, &self->config, on_output, self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_sender_free (self->sender);
  mb_feed_unref (self->feed);
  mb_feed_unref (self->other_feed);
  mb_media_unref (self->media);
  g_array_unref (self->sent);
}

static void
publish (MbFeed *feed, guint16 seq, guint32 timestamp, gboolean is_key, gint64 now_us)
{
  guint8 packet[100];
  guint8 payload[20] = {0x10, is_key ? 0 : 1};
  MbRtpHeader header = {
      .marker = TRUE, .payload_type = 96, .seq = seq, .timestamp = timestamp, .ssrc = 5};
  gsize size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (packet, size);

  GST_BUFFER_PTS (buffer) = (GstClockTime) now_us * 1000;
  mb_feed_publish (feed, buffer, now_us);
}

static const MbRtpHeader *
sent (Fixture *self, unsigned int index)
{
  g_assert_cmpuint (index, <, self->sent->len);
  return &g_array_index (self->sent, Output, index).header;
}

static void
test_starts (Fixture *self, gconstpointer data)
{
  publish (self->feed, 1, 0, TRUE, START_US);
  g_assert_cmpuint (self->n_wanted, ==, 0);
  mb_sender_start (self->sender, START_US); /* the transport is secured */
  g_assert_cmpuint (self->n_wanted, ==, 1);
  publish (self->feed, 2, 3000, FALSE, START_US + 33000);
  g_assert_cmpuint (self->sent->len, ==, 0);
  mb_sender_tick (self->sender, START_US + 400000);
  g_assert_cmpuint (self->n_wanted, ==, 1);
  mb_sender_tick (self->sender, START_US + 500000);
  g_assert_cmpuint (self->n_wanted, ==, 2);
  publish (self->feed, 3, 6000, TRUE, START_US + 510000);
  publish (self->feed, 4, 9000, FALSE, START_US + 543000);
  mb_sender_tick (self->sender, START_US + 2000000);

  g_assert_cmpuint (self->n_wanted, ==, 2);
  g_assert_cmpuint (self->sent->len, ==, 2);
  g_assert_cmpuint (sent (self, 0)->ssrc, ==, 42);
  g_assert_cmpuint (sent (self, 0)->payload_type, ==, 101);
  g_assert_cmpstr (sent (self, 0)->mid, ==, "1");
  g_assert_cmpuint (sent (self, 1)->timestamp - sent (self, 0)->timestamp, ==, 3000);
}

static void
test_holes (Fixture *self, gconstpointer data)
{
  mb_sender_start (self->sender, START_US);
  publish (self->feed, 65534, 0, TRUE, START_US);
  publish (self->feed, 1, 3000, FALSE, START_US);
  publish (self->feed, 0, 3000, FALSE, START_US); /* out of order, whoever publishes so */

  g_assert_cmpuint ((guint16) (sent (self, 1)->seq - sent (self, 0)->seq), ==, 3);
  g_assert_cmpuint ((guint16) (sent (self, 2)->seq - sent (self, 0)->seq), ==, 2);
}

static void
test_seams (Fixture *self, gconstpointer data)
{
  mb_sender_start (self->sender, START_US);
  publish (self->feed, 10, 1000, TRUE, START_US);
  /* The source begins anew. */
  publish (self->feed, 40000, 0x80000000, TRUE, START_US + 100000);
  g_assert_cmpuint ((guint16) (sent (self, 1)->seq - sent (self, 0)->seq), ==, 1);
  g_assert_cmpuint (sent (self, 1)->timestamp - sent (self, 0)->timestamp, ==, 9000);
  /* Another feed, joined at its key frame. */
  self->config.feed = self->other_feed;
  mb_sender_configure (self->sender, &self->config, START_US + 200000);
  publish (self->feed, 40001, 0x80000000, TRUE, START_US + 200000);
  publish (self->other_feed, 7, 77, FALSE, START_US + 200000);
  g_assert_cmpuint (self->sent->len, ==, 2);
  publish (self->other_feed, 8, 3077, TRUE, START_US + 300000);
  g_assert_cmpuint ((guint16) (sent (self, 2)->seq - sent (self, 0)->seq), ==, 2);
  g_assert_cmpuint (sent (self, 2)->timestamp - sent (self, 0)->timestamp, ==, 27000);
}

static void
test_resends (Fixture *self, gconstpointer data)
{
  guint16 seqs[3];

  mb_sender_start (self->sender, START_US);
  for (guint16 i = 0; i < 10; i++)
    publish (self->feed, i, i * 3000u, TRUE, START_US);
  seqs[0] = sent (self, 3)->seq;
  seqs[1] = sent (self, 5)->seq;
  seqs[2] = (guint16) (sent (self, 9)->seq + 1); /* never sent */
  mb_sender_take_nacks (self->sender, seqs, 3, START_US + 19000);
  g_assert_cmpuint (self->sent->len, ==, 10); /* it may still be on its way */
  mb_sender_take_nacks (self->sender, seqs, 3, START_US + 20000);
  g_assert_cmpuint (self->sent->len, ==, 12);
  g_assert_cmpuint (sent (self, 10)->seq, ==, seqs[0]);
  g_assert_cmpuint (sent (self, 10)->timestamp, ==, sent (self, 3)->timestamp);
  mb_sender_take_nacks (self->sender, seqs, 3, START_US + 39000);
  g_assert_cmpuint (self->sent->len, ==, 12);
  mb_sender_take_nacks (self->sender, seqs, 3, START_US + 1000001); /* too old by then */
  g_assert_cmpuint (self->sent->len, ==, 12);
}

static void
test_rtx (Fixture *self, gconstpointer data)
{
  guint16 seqs[2];

  self->config.rtx_ssrc = 43;
  self->config.rtx_payload_type = 102;
  mb_sender_configure (self->sender, &self->config, START_US);
  mb_sender_start (self->sender, START_US);
  for (guint16 i = 0; i < 3; i++)
    publish (self->feed, i, i * 3000u, TRUE, START_US);
  seqs[0] = sent (self, 0)->seq;
  seqs[1] = sent (self, 2)->seq;
  mb_sender_take_nacks (self->sender, seqs, 2, START_US + 20000);
  mb_sender_take_nacks (self->sender, seqs, 1, START_US + 40000);

  g_assert_cmpuint (self->sent->len, ==, 6);
  for (unsigned int i = 3; i < 6; i++) {
    g_assert_true (sent (self, i)->is_rtx);
    g_assert_cmpuint (sent (self, i)->ssrc, ==, 43);
    g_assert_cmpuint (sent (self, i)->payload_type, ==, 102);
    g_assert_cmpuint (sent (self, i)->original_seq, ==, seqs[i == 4 ? 1 : 0]);
  }
  g_assert_cmpuint ((guint16) (sent (self, 5)->seq - sent (self, 3)->seq), ==, 2);
}

static void
test_flood (Fixture *self, gconstpointer data)
{
  guint16 seqs[200];

  mb_sender_start (self->sender, START_US);
  for (guint16 i = 0; i < 200; i++) {
    publish (self->feed, i, i * 3000u, TRUE, START_US);
    seqs[i] = sent (self, i)->seq;
  }
  for (int round = 1; round <= 40; round++)
    mb_sender_take_nacks (self->sender, seqs, 200, START_US + round * 20000);

  g_assert_cmpuint (self->sent->len, ==, 200 + 1000);
}

static void
test_reports (Fixture *self, gconstpointer data)
{
  MbRtcpSenderInfo info;
  MbStreamStats stats;

  g_assert_false (mb_sender_get_info (self->sender, &info, START_US, 1));
  mb_sender_start (self->sender, START_US);
  publish (self->feed, 1, 3000, TRUE, START_US);
  g_assert_true (mb_sender_get_info (self->sender, &info, START_US + 500000, 99));
  g_assert_cmpuint (info.ntp, ==, 99);
  g_assert_cmpuint (info.rtp_timestamp - sent (self, 0)->timestamp, ==, 45000);
  g_assert_cmpuint (info.packets, ==, 1);
  g_assert_cmpuint (info.octets, ==, 20);

  mb_sender_take_report (self->sender,
      &(MbRtcpReport){.ssrc = 42, .lost = 5, .jitter = 900, .last_sr = 65536, .delay_since = 6553},
      65536 + 6553 + 3277);
  mb_sender_take_remb (self->sender, 1500000);
  mb_sender_take_key_frame_request (self->sender, START_US + 600000);
  mb_sender_get_stats (self->sender, &stats, START_US + 700000);
  g_assert_cmpuint (stats.lost, ==, 5);
  g_assert_cmpfloat_with_epsilon (stats.jitter_ms, 10, 0.01);
  g_assert_cmpfloat_with_epsilon (stats.rtt_ms, 50, 0.1);
  g_assert_cmpuint (stats.remb_bps, ==, 1500000);
  g_assert_cmpuint (stats.plis, ==, 1);
  g_assert_cmpuint (self->n_wanted, ==, 2);
}

#define ADD(path, func) g_test_add ("/sender/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("begins-with-a-key-frame-it-asks-for", test_starts);
  ADD ("holes-stay-holes", test_holes);
  ADD ("numbers-go-on-over-seams", test_seams);
  ADD ("what-it-has-is-resent", test_resends);
  ADD ("what-is-resent-has-a-stream-of-its-own", test_rtx);
  ADD ("resends-are-bounded", test_flood);
  ADD ("reports", test_reports);
  return g_test_run ();
}
