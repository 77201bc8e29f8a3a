/* mb-session.c: the streams on one transport: SRTP, demultiplexing, RTCP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a transport has on the media thread. It knows no sockets and no clock: packets and the time
 * are given to it, and packets leave by a callback.
 */
#include "mb-session.h"

#include "mb-congestion.h"
#include "mb-receiver.h"
#include "mb-rtcp.h"
#include "mb-rtp.h"
#include "mb-sender.h"
#include "mb-srtp.h"

#define REPORT_INTERVAL_US G_USEC_PER_SEC
#define REMB_INTERVAL_US G_USEC_PER_SEC
#define RTCP_SIZE 1400 /* bytes of a compound */
#define MAX_HELD 64    /* packets of unknown streams that wait for their receiver */
#define HOLD_FOR_US 500000
#define TRANSPORT_CC_INTERVAL_US 100000

struct _MbSession {
  MbSessionEvents events;
  gpointer events_data;

  MbSrtp *srtp;         /* (nullable): NULL before the keys */
  GPtrArray *receivers; /* (element-type MbReceiver) by id */
  GPtrArray *senders;   /* (element-type MbSender) by id */
  GHashTable *bindings; /* ssrc to MbReceiver, not owned */
  GQueue held;          /* (element-type GstBuffer) unprotected, DTS is the arrival */
  MbPeerClock peer_clock;
  MbLiveness liveness;
  MbCongestion congestion;       /* of what we send */
  MbTwccArrivals arrivals;       /* of what the peer sends */
  guint8 transport_cc_extension; /* its number there; 0 means not agreed on */
  gint64 transport_cc_us;
  guint32 own_ssrc; /* of reports where nothing is sent */
  char *cname;

  gint64 reported_us;
  gint64 remb_us;
  gint64 last_packet_us; /* 0 means none yet */
  MbTransportStats stats;
};

/**
 * mb_session_new:
 * @events: copied
 */
MbSession *
mb_session_new (const MbSessionEvents *events, gpointer data)
{
  MbSession *self = g_new0 (MbSession, 1);

  self->events = *events;
  self->events_data = data;
  self->receivers = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_receiver_free);
  self->senders = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_sender_free);
  self->bindings = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->held);
  mb_peer_clock_init (&self->peer_clock);
  mb_liveness_init (&self->liveness);
  mb_congestion_init (&self->congestion);
  mb_twcc_arrivals_init (&self->arrivals);
  self->own_ssrc = (guint32) g_random_int_range (1, G_MAXINT32);
  self->cname = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->reported_us = G_MININT64 / 2;
  self->remb_us = G_MININT64 / 2;
  return self;
}

static void
free_buffer (gpointer buffer)
{
  gst_buffer_unref (buffer);
}

void
mb_session_free (MbSession *self)
{
  g_ptr_array_unref (self->receivers);
  g_ptr_array_unref (self->senders);
  g_hash_table_unref (self->bindings);
  g_queue_clear_full (&self->held, free_buffer);
  mb_congestion_clear (&self->congestion);
  g_clear_pointer (&self->srtp, mb_srtp_free);
  g_free (self->cname);
  g_free (self);
}

/* Returns: the size that left; 0 where it could not */
static gsize
send_protected (MbSession *self, guint8 *packet, gsize size, gsize capacity)
{
  if (self->srtp == NULL || !mb_srtp_protect (self->srtp, packet, &size, capacity))
    return 0;
  self->stats.tx_packets++;
  self->stats.tx_bytes += size;
  self->events.send (self->events_data, packet, size);
  return size;
}

static void
transmit (MbSession *self, MbPacket *packet, gint64 now_us)
{
  guint8 data[MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER];
  gboolean is_numbered = packet->header.transport_cc_extension_id != 0;
  gsize size;

  packet->header.transport_seq = mb_congestion_get_next_seq (&self->congestion);
  size =
      mb_rtp_write (data, MB_RTP_MAX_SIZE, &packet->header, packet->payload, packet->payload_size);
  if (size > 0)
    size = send_protected (self, data, size, sizeof data);
  if (size > 0)
    mb_congestion_count_sent (&self->congestion, packet->class, is_numbered, size, now_us);
}

static void
send_rtp (gpointer user_data, const MbPacket *packet, gint64 now_us)
{
  MbSession *self = user_data;

  if (packet->class == MB_PACKET_REPEAT &&
      !mb_congestion_may_repeat (&self->congestion, packet->payload_size, now_us))
    return;
  if (mb_pacer_admit (&self->congestion.pacer, packet, now_us)) {
    MbPacket copy = *packet;

    transmit (self, &copy, now_us);
  }
}

static void
send_waiting (MbSession *self, gint64 now_us)
{
  MbPacket packet;

  while (mb_pacer_pop (&self->congestion.pacer, &packet, now_us)) {
    transmit (self, &packet, now_us);
    gst_clear_buffer (&packet.buffer);
  }
}

static void
send_rtcp (MbSession *self, MbRtcpWriter *writer)
{
  send_protected (self, writer->data, writer->size, RTCP_SIZE + MB_SRTP_MAX_TRAILER);
}

/**
 * mb_session_secure:
 * @rx_key: (array fixed-size=30): the peer's master key and salt
 * @tx_key: (array fixed-size=30): ours
 *
 * From here on packets are taken, and the senders send.
 */
gboolean
mb_session_secure (
    MbSession *self, const guint8 *rx_key, const guint8 *tx_key, gint64 now_us, GError **error)
{
  g_autoptr (MbSrtp) srtp = mb_srtp_new (rx_key, tx_key, error);

  if (srtp == NULL)
    return FALSE;
  g_clear_pointer (&self->srtp, mb_srtp_free);
  self->srtp = g_steal_pointer (&srtp);
  for (unsigned int i = 0; i < self->senders->len; i++)
    mb_sender_start (self->senders->pdata[i], now_us);
  return TRUE;
}

/* The receiver of a source not seen before: RFC 8843 §9.2, in short. */
static MbReceiver *
choose_receiver (MbSession *self, const MbRtp *rtp)
{
  MbReceiver *by_payload_type = NULL;
  unsigned int n_by_payload_type = 0;

  for (unsigned int i = 0; i < self->receivers->len; i++) {
    MbReceiver *receiver = self->receivers->pdata[i];
    MbReceiverPart part = mb_receiver_get_part (receiver, rtp->payload_type);

    if (part == MB_RECEIVER_PART_NONE)
      continue;
    if (mb_receiver_is_named (receiver, rtp, part))
      return receiver;
    n_by_payload_type++;
    if (mb_receiver_is_nameless (receiver, part))
      by_payload_type = receiver;
  }
  return n_by_payload_type == 1 ? by_payload_type : NULL;
}

static MbReceiver *
find_receiver (MbSession *self, const MbRtp *rtp)
{
  gpointer ssrc = GUINT_TO_POINTER (rtp->ssrc);
  MbReceiver *receiver = g_hash_table_lookup (self->bindings, ssrc);

  if (receiver != NULL)
    return mb_receiver_get_part (receiver, rtp->payload_type) != MB_RECEIVER_PART_NONE ? receiver
                                                                                       : NULL;
  receiver = choose_receiver (self, rtp);
  if (receiver != NULL) /* bounded, since libsrtp's sources are */
    g_hash_table_insert (self->bindings, ssrc, receiver);
  return receiver;
}

/* Takes the buffer. */
static void
hold (MbSession *self, GstBuffer *buffer, gint64 now_us)
{
  GST_BUFFER_DTS (buffer) = (GstClockTime) now_us * 1000;
  g_queue_push_tail (&self->held, buffer);
  self->stats.unknown++;
  if (g_queue_get_length (&self->held) > MAX_HELD)
    gst_buffer_unref (g_queue_pop_head (&self->held));
}

/* The view is used after the buffer was unmapped: it stays good, the memory being the system's. */
static void
take_rtp (MbSession *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  MbReceiver *receiver = find_receiver (self, rtp);
  gboolean is_first = FALSE;

  if (receiver == NULL)
    hold (self, buffer, now_us);
  else if (mb_receiver_get_part (receiver, rtp->payload_type) == MB_RECEIVER_PART_RTX)
    mb_receiver_take_rtx (receiver, buffer, rtp, now_us);
  else
    is_first = mb_receiver_take (receiver, buffer, rtp, now_us);
  if (is_first)
    self->events.first_media (self->events_data, mb_receiver_get_id (receiver));
}

static gboolean
parse_buffer (GstBuffer *buffer, MbRtp *rtp)
{
  GstMapInfo map;
  gboolean is_rtp;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  is_rtp = mb_rtp_parse (rtp, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  return is_rtp;
}

static void
replay_held (MbSession *self, gint64 now_us)
{
  unsigned int n = g_queue_get_length (&self->held);

  for (unsigned int i = 0; i < n; i++) {
    g_autoptr (GstBuffer) buffer = g_queue_pop_head (&self->held);
    gint64 arrival_us = (gint64) (GST_BUFFER_DTS (buffer) / 1000);
    MbRtp rtp;

    if (now_us - arrival_us >= HOLD_FOR_US || !parse_buffer (buffer, &rtp))
      continue;
    self->stats.unknown--; /* counted again if it is still */
    take_rtp (self, g_steal_pointer (&buffer), &rtp, arrival_us);
  }
}

static MbReceiver *
bound_receiver (MbSession *self, guint32 ssrc)
{
  return g_hash_table_lookup (self->bindings, GUINT_TO_POINTER (ssrc));
}

static MbSender *
sender_of (MbSession *self, guint32 ssrc)
{
  for (unsigned int i = 0; i < self->senders->len; i++) {
    if (mb_sender_get_ssrc (self->senders->pdata[i]) == ssrc)
      return self->senders->pdata[i];
  }
  return NULL;
}

static void
take_reports (MbSession *self, const MbRtcpPacket *packet, gint64 now_us)
{
  guint32 now_middle = mb_rtcp_ntp_middle (mb_rtcp_ntp_from_real_time (g_get_real_time ()));
  MbRtcpSenderInfo info;
  MbRtcpReport report;

  if (mb_rtcp_get_sender_info (packet, &info)) {
    MbReceiver *receiver = bound_receiver (self, info.ssrc);

    if (receiver != NULL && mb_receiver_get_ssrc (receiver) == info.ssrc)
      mb_receiver_take_report (receiver, &info, now_us);
  }
  for (unsigned int i = 0; mb_rtcp_get_report (packet, i, &report); i++) {
    MbSender *sender = sender_of (self, report.ssrc);

    if (sender != NULL)
      mb_sender_take_report (sender, &report, now_middle);
  }
}

static void
take_nacks (MbSession *self, const MbRtcpFeedback *feedback, gint64 now_us)
{
  guint16 seqs[MB_RTCP_MAX_NACKS];
  MbSender *sender = sender_of (self, feedback->media_ssrc);

  if (sender != NULL)
    mb_sender_take_nacks (
        sender, seqs, mb_rtcp_get_nacks (feedback, seqs, G_N_ELEMENTS (seqs)), now_us);
}

static void
take_payload_feedback (
    MbSession *self, unsigned int format, const MbRtcpFeedback *feedback, gint64 now_us)
{
  guint64 bps;

  for (unsigned int i = 0; i < self->senders->len; i++) {
    MbSender *sender = self->senders->pdata[i];
    guint32 ssrc = mb_sender_get_ssrc (sender);

    if ((format == MB_RTCP_PSFB_PLI && feedback->media_ssrc == ssrc) ||
        (format == MB_RTCP_PSFB_FIR && mb_rtcp_has_fir (feedback, ssrc)))
      mb_sender_take_key_frame_request (sender, now_us);
    else if (format == MB_RTCP_PSFB_AFB && mb_rtcp_get_remb (feedback, &bps))
      mb_sender_take_remb (sender, bps);
  }
  if (format == MB_RTCP_PSFB_AFB && mb_rtcp_get_remb (feedback, &bps))
    mb_congestion_take_remb (&self->congestion, bps, now_us);
}

static double
get_rtt_ms (const MbSession *self)
{
  double rtt_ms = 0;

  for (unsigned int i = 0; i < self->senders->len; i++)
    rtt_ms = MAX (rtt_ms, mb_sender_get_rtt_ms (self->senders->pdata[i]));
  return rtt_ms;
}

static void
take_rtcp (MbSession *self, const guint8 *data, gsize size, gint64 now_us)
{
  MbRtcpIter iter;
  MbRtcpPacket packet;
  MbRtcpFeedback feedback;
  guint32 ssrc;

  if (!mb_rtcp_iter_init (&iter, data, size)) {
    self->stats.refused++;
    return;
  }
  while (mb_rtcp_iter_next (&iter, &packet)) {
    if (packet.type == MB_RTCP_SR || packet.type == MB_RTCP_RR)
      take_reports (self, &packet, now_us);
    if (packet.type == MB_RTCP_BYE) {
      for (unsigned int i = 0; mb_rtcp_get_ssrc (&packet, i, &ssrc); i++) {
        MbReceiver *receiver = bound_receiver (self, ssrc);

        if (receiver != NULL && mb_receiver_get_ssrc (receiver) == ssrc)
          mb_receiver_take_bye (receiver, now_us);
      }
    }
    if (!mb_rtcp_get_feedback (&packet, &feedback))
      continue;
    if (packet.type == MB_RTCP_RTPFB && packet.count == MB_RTCP_RTPFB_NACK)
      take_nacks (self, &feedback, now_us);
    else if (packet.type == MB_RTCP_RTPFB && packet.count == MB_RTCP_RTPFB_TWCC)
      mb_congestion_take_feedback (&self->congestion, &feedback, get_rtt_ms (self), now_us);
    else if (packet.type == MB_RTCP_PSFB)
      take_payload_feedback (self, packet.count, &feedback, now_us);
  }
}

/* In place. The size afterwards, 0 where it is refused. */
static gsize
unprotect (MbSession *self, GstBuffer *buffer)
{
  GstMapInfo map;
  gsize size;

  if (self->srtp == NULL || !gst_buffer_map (buffer, &map, GST_MAP_READWRITE))
    return 0;
  size = map.size;
  if (!mb_srtp_unprotect (self->srtp, map.data, &size))
    size = 0;
  gst_buffer_unmap (buffer, &map);
  return size;
}

/* RTCP is dealt with here. */
static gboolean
parse_rtp_or_rtcp (MbSession *self, GstBuffer *packet, MbRtp *rtp, gint64 now_us)
{
  gboolean is_rtp = FALSE;
  GstMapInfo map;

  if (!gst_buffer_map (packet, &map, GST_MAP_READ))
    return FALSE;
  if (mb_rtp_is_rtcp (map.data, map.size))
    take_rtcp (self, map.data, map.size, now_us);
  else
    is_rtp = mb_rtp_parse (rtp, map.data, map.size);
  gst_buffer_unmap (packet, &map);
  return is_rtp;
}

/* By when it came and not by when we look, where who brought it has put that down. */
static void
note_arrival (MbSession *self, GstBuffer *packet, const MbRtp *rtp, gint64 now_us)
{
  gsize size = 0;
  const guint8 *data;

  if (self->transport_cc_extension == 0)
    return;
  data = mb_rtp_find_extension (rtp, self->transport_cc_extension, &size);
  if (data == NULL || size != 2)
    return;
  if (GST_BUFFER_DTS_IS_VALID (packet))
    now_us = (gint64) (GST_BUFFER_DTS (packet) / 1000);
  mb_twcc_arrivals_take (&self->arrivals, (guint16) (data[0] << 8 | data[1]), now_us);
}

/**
 * mb_session_take:
 * @buffer: (transfer full): an SRTP or SRTCP packet of the peer
 */
void
mb_session_take (MbSession *self, GstBuffer *buffer, gint64 now_us)
{
  g_autoptr (GstBuffer) packet = gst_buffer_make_writable (buffer);
  gsize size = unprotect (self, packet);
  MbRtp rtp;

  if (size == 0) {
    self->stats.refused++;
    return;
  }
  gst_buffer_set_size (packet, (gssize) size);
  self->stats.rx_packets++;
  self->stats.rx_bytes += size;
  self->last_packet_us = now_us;

  if (parse_rtp_or_rtcp (self, packet, &rtp, now_us)) {
    mb_liveness_take (&self->liveness, TRUE, now_us);
    note_arrival (self, packet, &rtp, now_us);
    take_rtp (self, g_steal_pointer (&packet), &rtp, now_us);
  } else {
    mb_liveness_take (&self->liveness, FALSE, now_us);
  }
}

static void
write_remb (MbSession *self, MbRtcpWriter *writer, gint64 now_us)
{
  guint32 ssrcs[16];
  unsigned int n = 0;
  guint64 bps = 0;

  /* Whoever gets transport-wide feedback makes its own estimate. */
  if (now_us - self->remb_us < REMB_INTERVAL_US || self->transport_cc_extension != 0)
    return;
  for (unsigned int i = 0; i < self->receivers->len && n < G_N_ELEMENTS (ssrcs); i++) {
    MbReceiver *receiver = self->receivers->pdata[i];
    unsigned int receiver_bps = mb_receiver_get_remb_bps (receiver, now_us);

    if (receiver_bps == 0)
      continue;
    bps += receiver_bps;
    ssrcs[n++] = mb_receiver_get_ssrc (receiver);
  }
  if (n == 0)
    return;
  mb_rtcp_write_remb (writer, self->own_ssrc, bps, ssrcs, n);
  self->remb_us = now_us;
}

/* Feedback that is due, behind an empty report as RFC 3550 §6.1 wants a compound to begin. Chromium
   takes the first REMB at its word if it comes in the first two seconds, and climbs slowly
   afterwards: so it leaves with the first video packet's tick. */
static void
send_feedback (MbSession *self, gint64 now_us)
{
  guint8 data[RTCP_SIZE + MB_SRTP_MAX_TRAILER];
  MbRtcpWriter writer;
  gsize empty_size;

  mb_rtcp_writer_init (&writer, data, RTCP_SIZE);
  mb_rtcp_write_rr (&writer, self->own_ssrc, NULL, 0);
  empty_size = writer.size;
  for (unsigned int i = 0; i < self->receivers->len; i++)
    mb_receiver_write_feedback (self->receivers->pdata[i], &writer, self->own_ssrc, now_us);
  write_remb (self, &writer, now_us);
  if (now_us - self->transport_cc_us >= TRANSPORT_CC_INTERVAL_US &&
      mb_twcc_arrivals_write (&self->arrivals, &writer, self->own_ssrc, 0)) /* last: padded */
    self->transport_cc_us = now_us;
  if (writer.size > empty_size)
    send_rtcp (self, &writer);
}

static void
tell_estimate (MbSession *self, gint64 now_us)
{
  unsigned int video_bps;

  if (mb_congestion_get_news (&self->congestion, now_us, &video_bps))
    self->events.estimate (self->events_data, video_bps);
}

static void
send_reports (MbSession *self, gint64 now_us)
{
  guint8 data[RTCP_SIZE + MB_SRTP_MAX_TRAILER];
  MbRtcpReport reports[MB_RTCP_MAX_REPORTS];
  MbRtcpSenderInfo info;
  MbRtcpWriter writer;
  guint64 ntp = mb_rtcp_ntp_from_real_time (g_get_real_time ());
  unsigned int n_reports = 0;
  const char *cname = self->cname;

  for (unsigned int i = 0; i < self->receivers->len && n_reports < MB_RTCP_MAX_REPORTS; i++) {
    if (mb_receiver_report (self->receivers->pdata[i], &reports[n_reports], now_us))
      n_reports++;
  }
  mb_rtcp_writer_init (&writer, data, RTCP_SIZE);
  for (unsigned int i = 0; i < self->senders->len; i++) {
    MbSender *sender = self->senders->pdata[i];

    if (mb_sender_get_cname (sender) != NULL)
      cname = mb_sender_get_cname (sender);
    if (!mb_sender_get_info (sender, &info, now_us, ntp))
      continue;
    mb_rtcp_write_sr (&writer, &info, reports, n_reports);
    mb_rtcp_write_cname (&writer, info.ssrc, cname);
    n_reports = 0; /* in the first one only */
  }
  if (n_reports > 0) {
    mb_rtcp_write_rr (&writer, self->own_ssrc, reports, n_reports);
    mb_rtcp_write_cname (&writer, self->own_ssrc, cname);
  }
  if (writer.size > 0)
    send_rtcp (self, &writer);
}

static void
check_liveness (MbSession *self, gint64 now_us)
{
  MbLivenessNews news = mb_liveness_tick (&self->liveness, self->receivers->len > 0, now_us);

  if (news != MB_LIVENESS_NOTHING)
    self->events.news (self->events_data, news);
}

/**
 * mb_session_tick:
 *
 * Retries, gives up, reports: what is due at @now_us.
 */
void
mb_session_tick (MbSession *self, gint64 now_us)
{
  if (self->srtp == NULL)
    return;
  for (unsigned int i = 0; i < self->receivers->len; i++)
    mb_receiver_tick (self->receivers->pdata[i], now_us);
  for (unsigned int i = 0; i < self->senders->len; i++)
    mb_sender_tick (self->senders->pdata[i], now_us);
  send_waiting (self, now_us);
  tell_estimate (self, now_us);
  check_liveness (self, now_us);
  send_feedback (self, now_us);
  if (now_us - self->reported_us >= REPORT_INTERVAL_US) {
    self->reported_us = now_us;
    send_reports (self, now_us);
  }
}

/**
 * mb_session_say_bye:
 *
 * Tells the peer that the streams end, RFC 3550 §6.6.
 */
void
mb_session_say_bye (MbSession *self)
{
  guint8 data[RTCP_SIZE + MB_SRTP_MAX_TRAILER];
  MbRtcpWriter writer;

  mb_rtcp_writer_init (&writer, data, RTCP_SIZE);
  mb_rtcp_write_rr (&writer, self->own_ssrc, NULL, 0);
  for (unsigned int i = 0; i < self->senders->len; i++)
    mb_rtcp_write_bye (&writer, mb_sender_get_ssrc (self->senders->pdata[i]));
  if (self->senders->len > 0)
    send_rtcp (self, &writer);
}

static MbReceiver *
receiver_by_id (MbSession *self, unsigned int id, unsigned int *index)
{
  for (unsigned int i = 0; i < self->receivers->len; i++) {
    *index = i;
    if (mb_receiver_get_id (self->receivers->pdata[i]) == id)
      return self->receivers->pdata[i];
  }
  return NULL;
}

static gboolean
is_bound_to (gpointer ssrc, gpointer receiver, gpointer which)
{
  return receiver == which;
}

/**
 * mb_session_set_receiver:
 * @config: copied
 *
 * Adds the receiver, or changes the one of that @id.
 */
void
mb_session_set_receiver (
    MbSession *self, unsigned int id, const MbReceiverConfig *config, gint64 now_us)
{
  unsigned int index = 0;
  MbReceiver *receiver = receiver_by_id (self, id, &index);

  if (receiver != NULL) {
    g_hash_table_foreach_remove (self->bindings, is_bound_to, receiver);
    mb_receiver_configure (receiver, config);
  } else {
    g_ptr_array_add (self->receivers, mb_receiver_new (id, config, &self->peer_clock));
  }
  /* One number for the whole bundle, RFC 8285 §5. */
  if (config->transport_cc_extension_id != 0)
    self->transport_cc_extension = config->transport_cc_extension_id;
  replay_held (self, now_us);
}

void
mb_session_remove_receiver (MbSession *self, unsigned int id)
{
  unsigned int index = 0;
  MbReceiver *receiver = receiver_by_id (self, id, &index);

  if (receiver == NULL)
    return;
  g_hash_table_foreach_remove (self->bindings, is_bound_to, receiver);
  g_ptr_array_remove_index (self->receivers, index);
}

void
mb_session_request_key_frame (MbSession *self, unsigned int id)
{
  unsigned int index = 0;
  MbReceiver *receiver = receiver_by_id (self, id, &index);

  if (receiver != NULL)
    mb_receiver_want_key_frame (receiver);
}

static MbSender *
sender_by_id (MbSession *self, unsigned int id, unsigned int *index)
{
  for (unsigned int i = 0; i < self->senders->len; i++) {
    *index = i;
    if (mb_sender_get_id (self->senders->pdata[i]) == id)
      return self->senders->pdata[i];
  }
  return NULL;
}

/**
 * mb_session_set_sender:
 * @config: copied
 *
 * Adds the sender, or changes the one of that @id.
 */
void
mb_session_set_sender (
    MbSession *self, unsigned int id, const MbSenderConfig *config, gint64 now_us)
{
  unsigned int index = 0;
  MbSender *sender = sender_by_id (self, id, &index);

  if (sender != NULL) {
    mb_sender_configure (sender, config, now_us);
    return;
  }
  sender = mb_sender_new (id, config, send_rtp, self);
  g_ptr_array_add (self->senders, sender);
  if (self->srtp != NULL)
    mb_sender_start (sender, now_us);
}

void
mb_session_remove_sender (MbSession *self, unsigned int id)
{
  unsigned int index = 0;

  if (sender_by_id (self, id, &index) != NULL)
    g_ptr_array_remove_index (self->senders, index);
}

/**
 * mb_session_make_stats:
 *
 * Returns: (transfer full): the figures at @now_us; its transport is for the caller to fill in
 */
MbTransportStats *
mb_session_make_stats (const MbSession *self, gint64 now_us)
{
  MbTransportStats *stats = g_new (MbTransportStats, 1);

  *stats = self->stats;
  stats->at_us = now_us;
  stats->secured = self->srtp != NULL;
  stats->estimate_bps = mb_congestion_get_bps (&self->congestion, now_us);
  stats->rtt_ms = get_rtt_ms (self);
  stats->idle_us = self->last_packet_us != 0 ? now_us - self->last_packet_us : -1;
  stats->n_streams = self->receivers->len + self->senders->len;
  stats->streams = g_new0 (MbStreamStats, stats->n_streams);
  for (unsigned int i = 0; i < self->receivers->len; i++)
    mb_receiver_get_stats (self->receivers->pdata[i], &stats->streams[i], now_us);
  for (unsigned int i = 0; i < self->senders->len; i++)
    mb_sender_get_stats (
        self->senders->pdata[i], &stats->streams[self->receivers->len + i], now_us);
  return stats;
}
