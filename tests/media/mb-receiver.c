/* mb-receiver.c: order, reports, key-frame wishes and figures of one stream, in made-up time
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-receiver.h"

#include "mb-feed-media.h"

#define SSRC 0x1234
#define START_US G_GINT64_CONSTANT (1000000)

/* Stands for whoever subscribes. */
typedef struct {
  MbFeedSubscriber subscriber;
  GArray *seqs; /* (element-type guint16) */
  GstClockTime last_pts;
  unsigned int n_discontinuities;
} Taker;

typedef struct {
  MbMedia *media;
  MbFeed *feed;
  MbPeerClock clock;
  MbReceiverConfig config;
  MbReceiver *receiver;
  Taker taker;
} Fixture;

static void
take (MbFeedSubscriber *subscriber, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  Taker *self = (Taker *) subscriber;

  g_array_append_val (self->seqs, rtp->seq);
  self->last_pts = GST_BUFFER_PTS (buffer);
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT))
    self->n_discontinuities++;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->media = mb_media_new_manual ();
  self->feed = mb_feed_new (self->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  self->taker.subscriber.take = take;
  self->taker.seqs = g_array_new (FALSE, FALSE, sizeof (guint16));
  mb_feed_subscribe (self->feed, &self->taker.subscriber);
  mb_peer_clock_init (&self->clock);
  self->config = (MbReceiverConfig){.kind = MB_MEDIA_KIND_VIDEO,
      .codec = MB_CODEC_VP8,
      .payload_types = {96},
      .n_payload_types = 1,
      .ssrc = SSRC,
      .feedback = MB_FEEDBACK_NACK | MB_FEEDBACK_PLI | MB_FEEDBACK_REMB,
      .feed = self->feed};
  self->receiver = mb_receiver_new (7, &self->config, &self->clock);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_receiver_free (self->receiver);
  mb_feed_unsubscribe (self->feed, &self->taker.subscriber);
  g_array_unref (self->taker.seqs);
  mb_feed_unref (self->feed);
  mb_media_unref (self->media);
}

typedef enum {
  DELTA,
  KEY,
  PADDING
} Content;

static gboolean
give_of (Fixture *self, guint32 ssrc, guint16 seq, Content content, gint64 now_us)
{
  guint8 packet[100];
  guint8 payload[20] = {0x10, content == KEY ? 0 : 1};
  MbRtpHeader header = {.marker = TRUE,
      .payload_type = 96,
      .seq = seq,
      .timestamp = (guint16) (seq + 10) * 3000u,
      .ssrc = ssrc};
  gsize size = mb_rtp_write (
      packet, sizeof packet, &header, payload, content == PADDING ? 0 : sizeof payload);
  GstBuffer *buffer = gst_buffer_new_memdup (packet, size);
  GstMapInfo map;
  MbRtp rtp;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_true (mb_rtp_parse (&rtp, map.data, map.size));
  gst_buffer_unmap (buffer, &map);
  return mb_receiver_take (self->receiver, buffer, &rtp, now_us);
}

static gboolean
give (Fixture *self, guint16 seq, Content content, gint64 now_us)
{
  return give_of (self, SSRC, seq, content, now_us);
}

static void
assert_taken (Fixture *self, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (unsigned int i = 0; i < self->taker.seqs->len; i++)
    g_string_append_printf (
        text, "%s%u", i > 0 ? " " : "", g_array_index (self->taker.seqs, guint16, i));
  g_assert_cmpstr (text->str, ==, expected);
}

/* The kinds of the feedback packets that are due, as letters: N, P, F. */
static char *
feedback (Fixture *self, gint64 now_us)
{
  guint8 data[1400];
  GString *text = g_string_new (NULL);
  MbRtcpWriter writer;
  MbRtcpIter iter;
  MbRtcpPacket packet;

  mb_rtcp_writer_init (&writer, data, sizeof data);
  mb_receiver_tick (self->receiver, now_us);
  mb_receiver_write_feedback (self->receiver, &writer, 1, now_us);
  if (writer.size > 0)
    g_assert_true (mb_rtcp_iter_init (&iter, data, writer.size));
  while (writer.size > 0 && mb_rtcp_iter_next (&iter, &packet))
    g_string_append_c (text, packet.type == MB_RTCP_RTPFB       ? 'N'
                             : packet.count == MB_RTCP_PSFB_PLI ? 'P'
                                                                : 'F');
  return g_string_free (text, FALSE);
}

static void
assert_feedback (Fixture *self, gint64 now_us, const char *expected)
{
  g_autofree char *text = feedback (self, now_us);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_order (Fixture *self, gconstpointer data)
{
  g_assert_true (give (self, 1, KEY, START_US));
  g_assert_false (give (self, 3, DELTA, START_US + 1000));
  g_assert_false (give (self, 2, DELTA, START_US + 2000));
  give (self, 2, DELTA, START_US + 3000);

  assert_taken (self, "1 2 3");
}

static void
test_padding (Fixture *self, gconstpointer data)
{
  give (self, 1, KEY, START_US);
  give (self, 2, PADDING, START_US);
  give (self, 3, PADDING, START_US);
  give (self, 4, DELTA, START_US);

  assert_taken (self, "1 2");
}

static void
test_giving_up (Fixture *self, gconstpointer data)
{
  MbStreamStats stats;

  give (self, 1, KEY, START_US);
  give (self, 3, DELTA, START_US);
  assert_feedback (self, START_US + 5000, "N");
  assert_feedback (self, START_US + 54000, "");
  assert_feedback (self, START_US + 55000, "N");
  assert_taken (self, "1");
  give (self, 4, DELTA, START_US + 999000);
  assert_feedback (self, START_US + 1000000, "P"); /* given up: the picture is torn */
  assert_taken (self, "1 3 4");
  g_assert_cmpuint (self->taker.n_discontinuities, ==, 1);
  assert_feedback (self, START_US + 1499000, "");
  assert_feedback (self, START_US + 1500000, "P");
  give (self, 5, KEY, START_US + 1600000);
  assert_feedback (self, START_US + 2500000, "");

  mb_receiver_get_stats (self->receiver, &stats, START_US + 2600000);
  g_assert_cmpuint (stats.lost, ==, 1);
  g_assert_cmpuint (stats.nacks, ==, 2);
  g_assert_cmpuint (stats.plis, ==, 2);
  g_assert_cmpuint (stats.key_frames, ==, 2);
  g_assert_cmpuint (stats.frames, ==, 4);
  g_assert_cmpint (stats.idle_us, ==, 1000000);
}

static void
test_without_feedback (Fixture *self, gconstpointer data)
{
  self->config.feedback = MB_FEEDBACK_FIR;
  mb_receiver_configure (self->receiver, &self->config);
  give (self, 1, KEY, START_US);
  give (self, 3, DELTA, START_US);
  assert_feedback (self, START_US + 99000, "");
  assert_taken (self, "1");
  assert_feedback (self, START_US + 100000, "F");
  assert_taken (self, "1 3");
  g_assert_cmpuint (mb_receiver_get_remb_bps (self->receiver, START_US), ==, 0);
}

static void
test_key_frame (Fixture *self, gconstpointer data)
{
  give (self, 1, DELTA, START_US); /* nobody can begin with it */
  assert_feedback (self, START_US, "P");
  give (self, 2, KEY, START_US + 1000);
  assert_feedback (self, START_US + 600000, "");
  mb_feed_want_key_frame (self->feed, START_US + 600000); /* what a subscriber does */
  assert_feedback (self, START_US + 601000, "P");
}

static void
test_report (Fixture *self, gconstpointer data)
{
  MbRtcpReport report;

  g_assert_false (mb_receiver_report (self->receiver, &report, START_US));
  for (guint16 seq = 65530; seq != 4; seq++) {
    if (seq != 65532 && seq != 1)
      give (self, seq, KEY, START_US + (guint16) (seq - 65530) * 33333);
  }
  mb_receiver_take_report (self->receiver,
      &(MbRtcpSenderInfo){.ssrc = SSRC, .ntp = G_GUINT64_CONSTANT (0x1111222233334444)},
      START_US + 400000);

  g_assert_true (mb_receiver_report (self->receiver, &report, START_US + 900000));
  g_assert_cmpuint (report.ssrc, ==, SSRC);
  g_assert_cmpuint (report.highest_seq, ==, 65536 + 3);
  g_assert_cmpint (report.lost, ==, 2);
  g_assert_cmpuint (report.fraction_lost, ==, 2 * 256 / 10);
  g_assert_cmpuint (report.last_sr, ==, 0x22223333);
  g_assert_cmpuint (report.delay_since, ==, 32768);
  g_assert_cmpuint (report.jitter, <, 10);
  g_assert_true (mb_receiver_report (self->receiver, &report, START_US + 950000));
  g_assert_cmpuint (report.fraction_lost, ==, 0);
  g_assert_cmpint (report.lost, ==, 2);
  g_assert_false (
      mb_receiver_report (self->receiver, &report, START_US + 60000000)); /* long gone */
}

static void
test_new_source (Fixture *self, gconstpointer data)
{
  GstClockTime before;

  give (self, 100, KEY, START_US);
  before = self->taker.last_pts;
  give_of (self, SSRC + 1, 5, DELTA, START_US + 40000);
  assert_taken (self, "100 5");
  g_assert_cmpuint (mb_receiver_get_ssrc (self->receiver), ==, SSRC + 1);
  g_assert_cmpuint (self->taker.last_pts, ==, before + 40 * GST_MSECOND);
  assert_feedback (self, START_US + 41000, "P");
}

static void
test_restart (Fixture *self, gconstpointer data)
{
  give (self, 100, KEY, START_US);
  give (self, 30000, KEY, START_US + 10000);
  give (self, 30001, KEY, START_US + 20000);
  give (self, 30002, KEY, START_US + 30000);
  assert_taken (self, "100 30001 30002");
}

static void
test_burst_loss (Fixture *self, gconstpointer data)
{
  MbStreamStats stats;

  give (self, 1, KEY, START_US);
  for (guint16 seq = 3; seq < 700; seq++) /* more than can wait */
    give (self, seq, DELTA, START_US + 1000);

  g_assert_cmpuint (self->taker.seqs->len, ==, 1 + 697);
  mb_receiver_get_stats (self->receiver, &stats, START_US);
  g_assert_cmpuint (stats.lost, ==, 1);
}

static void
give_rtx (Fixture *self, guint16 original_seq, gint64 now_us)
{
  guint8 packet[100];
  guint8 payload[20] = {0x10, 1};
  MbRtpHeader header = {.marker = TRUE,
      .payload_type = 97,
      .seq = 500,
      .timestamp = (guint16) (original_seq + 10) * 3000u,
      .ssrc = SSRC + 1,
      .is_rtx = TRUE,
      .original_seq = original_seq};
  gsize size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  GstBuffer *buffer = gst_buffer_new_memdup (packet, size);
  GstMapInfo map;
  MbRtp rtp;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_true (mb_rtp_parse (&rtp, map.data, map.size));
  gst_buffer_unmap (buffer, &map);
  mb_receiver_take_rtx (self->receiver, buffer, &rtp, now_us);
}

static void
test_rtx (Fixture *self, gconstpointer data)
{
  MbStreamStats stats;

  self->config.rtx_payload_types[0] = 97;
  self->config.rtx_ssrc = SSRC + 1;
  mb_receiver_configure (self->receiver, &self->config);
  g_assert_cmpint (mb_receiver_get_part (self->receiver, 96), ==, MB_RECEIVER_PART_MEDIA);
  g_assert_cmpint (mb_receiver_get_part (self->receiver, 97), ==, MB_RECEIVER_PART_RTX);
  g_assert_cmpint (mb_receiver_get_part (self->receiver, 98), ==, MB_RECEIVER_PART_NONE);
  give_rtx (self, 1, START_US); /* before there is anything to repeat */
  give (self, 1, KEY, START_US);
  give (self, 3, DELTA, START_US + 1000);
  give_rtx (self, 2, START_US + 50000);
  give_rtx (self, 2, START_US + 50000);
  assert_taken (self, "1 2 3");
  mb_receiver_get_stats (self->receiver, &stats, START_US + 60000);
  g_assert_cmpuint (stats.recovered, ==, 1);
  g_assert_cmpuint (stats.lost, ==, 0);
}

static void
test_takeover (Fixture *self, gconstpointer data)
{
  MbReceiver *newer = mb_receiver_new (8, &self->config, &self->clock);

  /* The old receiver of a rebuilt peer goes: the new one is still asked for key frames. */
  mb_receiver_free (self->receiver);
  self->receiver = newer;
  give (self, 1, KEY, START_US);
  mb_feed_want_key_frame (self->feed, START_US);
  assert_feedback (self, START_US + 1000, "P");
}

/* Who has time waits for twice a second's worth, of more packets. */
static void
test_patience (Fixture *self, gconstpointer data)
{
  g_autoptr (MbReceiver) patient = NULL;

  self->config.give_up_ms = 2000;
  patient = mb_receiver_new (8, &self->config, &self->clock);
  mb_receiver_free (g_steal_pointer (&self->receiver));
  self->receiver = g_steal_pointer (&patient);
  give (self, 1, KEY, START_US);
  for (guint16 seq = 3; seq < 1500; seq++)
    give (self, seq, DELTA, START_US + seq);
  g_free (feedback (self, START_US + 1990000));
  g_assert_cmpuint (self->taker.seqs->len, ==, 1);
  give (self, 2, DELTA, START_US + 1990000);
  g_assert_cmpuint (self->taker.seqs->len, ==, 1499);
  g_assert_cmpuint (self->taker.n_discontinuities, ==, 0);
}

/* A key frame is under way before what is missing is given up, asked for once. */
static void
test_early_key_frame (Fixture *self, gconstpointer data)
{
  g_autoptr (MbReceiver) patient = NULL;

  self->config.give_up_ms = 2000;
  self->config.feedback = MB_FEEDBACK_PLI;
  patient = mb_receiver_new (8, &self->config, &self->clock);
  mb_receiver_free (g_steal_pointer (&self->receiver));
  self->receiver = g_steal_pointer (&patient);
  give (self, 1, KEY, START_US);
  give (self, 3, DELTA, START_US);
  assert_feedback (self, START_US + 699000, "");
  assert_feedback (self, START_US + 700000, "P");
  give (self, 4, KEY, START_US + 800000);
  assert_feedback (self, START_US + 1500000, "");
  assert_taken (self, "1");
  assert_feedback (self, START_US + 2000000, "");
  assert_taken (self, "1 3 4");
}

static void
on_pushed (MbRtpPort *port, GstBufferList *list)
{
  gst_buffer_list_unref (list);
}

static void
on_freed (MbRtpPort *port)
{
}

static gboolean has_ended;

static void
on_ended (MbRtpPort *port)
{
  has_ended = TRUE;
}

/* A file that is closed gets what waits behind holes, each of them. */
static void
test_end_of_port (Fixture *self, gconstpointer data)
{
  MbRtpPort port;

  mb_rtp_port_init (&port, on_pushed, on_freed);
  port.end = on_ended;
  mb_feed_add_port (self->feed, &port);
  mb_media_iterate (self->media, START_US);
  give (self, 1, KEY, START_US);
  give (self, 3, DELTA, START_US);
  give (self, 6, DELTA, START_US);
  assert_taken (self, "1");
  mb_feed_end_port (self->feed, &port);
  mb_media_iterate (self->media, START_US + 1000);
  assert_taken (self, "1 3 6");
  g_assert_true (has_ended);
  give (self, 7, DELTA, START_US + 2000);
  mb_media_iterate (self->media, START_US + 3000);
  assert_taken (self, "1 3 6 7");
  g_assert_cmpint (g_atomic_int_get (&port.ref_count), ==, 1);
}

#define ADD(path, func) g_test_add ("/receiver/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("publishes-in-order", test_order);
  ADD ("padding-is-no-loss", test_padding);
  ADD ("holes-are-asked-for-then-given-up", test_giving_up);
  ADD ("without-nack-and-pli", test_without_feedback);
  ADD ("key-frames-are-asked-for-until-one-comes", test_key_frame);
  ADD ("report", test_report);
  ADD ("a-new-source-goes-on", test_new_source);
  ADD ("numbers-that-begin-anew", test_restart);
  ADD ("more-than-can-wait", test_burst_loss);
  ADD ("what-is-repeated-fills-the-hole", test_rtx);
  ADD ("who-has-time-waits-longer", test_patience);
  ADD ("a-key-frame-comes-before-a-hole-is-given-up", test_early_key_frame);
  ADD ("the-end-of-a-port-brings-what-is-held-back", test_end_of_port);
  ADD ("a-newer-receiver-takes-over", test_takeover);
  return g_test_run ();
}
