/* mb-sender.c: one outgoing stream: rewriting, resend ring, reports
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by its transport, on the media thread. It subscribes to a feed once the transport is
 * secured, and gives each packet the numbers of its own stream: they go on without a seam whatever
 * feed is behind, but a hole in the feed stays a hole, since the peer must know of it. Header
 * extensions of the feed's packets mean nothing to this peer and are left out.
 */
#include "mb-sender.h"

#define RING_SIZE 1024        /* packets that can be resent: a second of 10 Mb/s */
#define RESEND_FOR_US 1000000 /* older ones are of no use any more */
#define RESEND_GAP_US 20000   /* the same packet at most so often, and once in a round trip */
#define MAX_RESEND_GAP_US 400000
#define RESENDS_A_SECOND 1000
#define MAX_SEQ_STEP 1000             /* the feed's numbers began anew */
#define MAX_TIMESTAMP_STEP_SECONDS 10 /* its timestamps did */

typedef struct {
  GstBuffer *buffer; /* (nullable) shared with everybody who took it */
  MbRtpHeader header;
  gint64 sent_us;
  gint64 resent_us;
} Sent;

struct _MbSender {
  MbFeedSubscriber subscriber;
  unsigned int id;
  MbSenderConfig config; /* its feed, mid and cname are owned */
  MbSenderOutput output;
  gpointer output_data;

  gboolean started;    /* the transport is secured */
  gboolean subscribed; /* to config.feed */
  gboolean waits;      /* for a key frame, before anything is sent */
  gboolean wants_key_frame;
  gboolean in_key_frame;

  gboolean joined; /* the two offsets hold for the feed's present numbers */
  guint16 seq_offset;
  guint32 timestamp_offset;
  guint16 feed_seq; /* the newest of the feed */
  guint32 feed_timestamp;
  guint16 next_seq;
  guint16 next_rtx_seq;
  guint32 last_timestamp; /* ours, of the last packet */
  gint64 last_pts_ns;     /* its capture time */
  gint64 last_packet_us;  /* 0 means none yet */

  Sent ring[RING_SIZE]; /* by sequence number */
  gint64 resend_window_us;
  unsigned int n_resent; /* in the window */

  MbStreamStats stats;
};

static void take_feed_packet (
    MbFeedSubscriber *subscriber, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us);

static void
unsubscribe (MbSender *self)
{
  if (self->subscribed)
    mb_feed_unsubscribe (self->config.feed, &self->subscriber);
  self->subscribed = FALSE;
}

static void
subscribe (MbSender *self, gint64 now_us)
{
  if (!self->started || self->subscribed || self->config.feed == NULL)
    return;
  mb_feed_subscribe (self->config.feed, &self->subscriber);
  self->subscribed = TRUE;
  self->joined = FALSE;
  self->waits = self->config.kind == MB_MEDIA_KIND_VIDEO;
  self->wants_key_frame = self->waits;
  if (self->waits)
    mb_feed_want_key_frame (self->config.feed, now_us);
}

static void
take_config (MbSender *self, const MbSenderConfig *config)
{
  self->config = *config;
  self->config.cname = g_strdup (config->cname);
  self->config.mid = g_strdup (config->mid);
  if (config->feed != NULL)
    mb_feed_ref (config->feed);
  if (config->clock_rate == 0)
    self->config.clock_rate = MAX (mb_codec_get_clock_rate (config->codec), 1);
}

static void
drop_config (MbSenderConfig *config)
{
  g_free ((char *) config->cname);
  g_free ((char *) config->mid);
  if (config->feed != NULL)
    mb_feed_unref (config->feed);
}

/**
 * mb_sender_new:
 * @config: copied, its feed referenced
 * @output: called for each packet, with @data
 */
MbSender *
mb_sender_new (unsigned int id, const MbSenderConfig *config, MbSenderOutput output, gpointer data)
{
  MbSender *self = g_new0 (MbSender, 1);

  self->subscriber.take = take_feed_packet;
  self->id = id;
  self->output = output;
  self->output_data = data;
  self->next_seq = (guint16) g_random_int_range (1, 0x8000); /* RFC 3711 §3.3.1: low half */
  self->next_rtx_seq = (guint16) g_random_int_range (1, 0x8000);
  self->last_timestamp = g_random_int ();
  take_config (self, config);
  return self;
}

void
mb_sender_free (MbSender *self)
{
  g_debug ("%08x: sent %s: packets %" G_GUINT64_FORMAT ", frames %" G_GUINT64_FORMAT
           ", key frames %" G_GUINT64_FORMAT ", lost %" G_GUINT64_FORMAT
           ", repeated %" G_GUINT64_FORMAT,
      self->config.ssrc, mb_codec_get_name (self->config.codec), self->stats.packets,
      self->stats.frames, self->stats.key_frames, self->stats.lost, self->stats.recovered);
  unsubscribe (self);
  for (unsigned int i = 0; i < RING_SIZE; i++)
    gst_clear_buffer (&self->ring[i].buffer);
  drop_config (&self->config);
  g_free (self);
}

/**
 * mb_sender_configure:
 *
 * Another feed is joined at its next key frame.
 */
void
mb_sender_configure (MbSender *self, const MbSenderConfig *config, gint64 now_us)
{
  MbSenderConfig old = self->config;

  if (config->feed != old.feed)
    unsubscribe (self);
  take_config (self, config);
  drop_config (&old);
  subscribe (self, now_us);
}

/**
 * mb_sender_start:
 *
 * The transport is secured: from here on the feed is sent.
 */
void
mb_sender_start (MbSender *self, gint64 now_us)
{
  self->started = TRUE;
  subscribe (self, now_us);
}

unsigned int
mb_sender_get_id (const MbSender *self)
{
  return self->id;
}

guint32
mb_sender_get_ssrc (const MbSender *self)
{
  return self->config.ssrc;
}

const char *
mb_sender_get_cname (const MbSender *self)
{
  return self->config.cname;
}

double
mb_sender_get_rtt_ms (const MbSender *self)
{
  return self->stats.rtt_ms;
}

/* So that our numbers go on where they ended, and our time as long as the captures are apart. */
static void
join (MbSender *self, const MbRtp *rtp, gint64 pts_ns)
{
  gint64 apart_ns = self->last_packet_us != 0 ? MAX (pts_ns - self->last_pts_ns, 0) : 0;
  guint32 apart = (guint32) (apart_ns / 1000 * self->config.clock_rate / G_USEC_PER_SEC);

  self->seq_offset = (guint16) (self->next_seq - rtp->seq);
  self->timestamp_offset = self->last_timestamp + MAX (apart, 1) - rtp->timestamp;
  self->feed_seq = (guint16) (rtp->seq - 1);
  self->feed_timestamp = rtp->timestamp;
  self->joined = TRUE;
}

static gboolean
is_seam (const MbSender *self, const MbRtp *rtp)
{
  gint32 step = (gint32) (rtp->timestamp - self->feed_timestamp);
  gint16 seq_step = (gint16) (guint16) (rtp->seq - self->feed_seq);

  return !self->joined || ABS ((int) seq_step) > MAX_SEQ_STEP ||
         ABS ((gint64) step) > (gint64) self->config.clock_rate * MAX_TIMESTAMP_STEP_SECONDS;
}

static void
remember (MbSender *self, GstBuffer *buffer, const MbRtpHeader *header, gint64 now_us)
{
  Sent *sent = &self->ring[header->seq % RING_SIZE];

  gst_buffer_replace (&sent->buffer, buffer);
  sent->header = *header;
  sent->sent_us = now_us;
  sent->resent_us = 0;
}

/* What is of the peer and not of the packet; it may change until the packet is repeated. */
static void
fill_header (const MbSender *self, MbRtpHeader *header)
{
  header->mid_extension_id = self->config.mid_extension_id;
  header->transport_cc_extension_id = self->config.transport_cc_extension_id;
  if (self->config.mid == NULL ||
      g_strlcpy (header->mid, self->config.mid, sizeof header->mid) >= sizeof header->mid)
    header->mid[0] = '\0';
}

static void
send_packet (MbSender *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  MbPacket packet = {.header = {.marker = rtp->marker,
                         .payload_type = self->config.payload_type,
                         .seq = (guint16) (rtp->seq + self->seq_offset),
                         .timestamp = rtp->timestamp + self->timestamp_offset,
                         .ssrc = self->config.ssrc},
      .class = self->config.kind == MB_MEDIA_KIND_VIDEO ? MB_PACKET_VIDEO : MB_PACKET_AUDIO,
      .buffer = buffer,
      .payload = rtp->payload,
      .payload_size = rtp->payload_size};
  const MbRtpHeader *header = &packet.header;

  fill_header (self, &packet.header);
  if ((self->config.feedback & MB_FEEDBACK_NACK) != 0)
    remember (self, buffer, header, now_us);
  self->output (self->output_data, &packet, now_us);

  if ((gint16) (guint16) (rtp->seq - self->feed_seq) > 0) {
    self->feed_seq = rtp->seq;
    self->feed_timestamp = rtp->timestamp;
    self->next_seq = (guint16) (header->seq + 1);
    self->last_timestamp = header->timestamp;
    self->last_pts_ns = (gint64) GST_BUFFER_PTS (buffer);
  }
  self->last_packet_us = now_us;
  self->stats.packets++;
  self->stats.bytes += rtp->payload_size;
  if (rtp->marker && self->config.kind == MB_MEDIA_KIND_VIDEO) {
    self->stats.frames++;
    self->in_key_frame = FALSE;
  }
}

static void
take_feed_packet (MbFeedSubscriber *subscriber, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  MbSender *self = (MbSender *) subscriber;
  gboolean is_video = self->config.kind == MB_MEDIA_KIND_VIDEO;
  gboolean is_key = is_video && mb_codec_starts_key_frame (mb_feed_get_codec (self->config.feed),
                                    rtp->payload, rtp->payload_size);

  if (self->waits && !is_key)
    return;
  self->waits = FALSE;
  if (is_key && !self->in_key_frame) {
    self->in_key_frame = TRUE;
    self->wants_key_frame = FALSE;
    self->stats.key_frames++;
  }
  if (is_seam (self, rtp))
    join (self, rtp, (gint64) GST_BUFFER_PTS (buffer));
  send_packet (self, buffer, rtp, now_us);
}

/* In a stream of its own where the peer knows that (RFC 4588 §4), else as it was. */
static void
output_again (MbSender *self, const Sent *sent, const MbRtp *rtp, gint64 now_us)
{
  MbPacket packet = {.header = sent->header,
      .class = MB_PACKET_REPEAT,
      .buffer = sent->buffer,
      .payload = rtp->payload,
      .payload_size = rtp->payload_size};

  fill_header (self, &packet.header);
  if (self->config.rtx_ssrc != 0 && self->config.rtx_payload_type != 0) {
    packet.header.is_rtx = TRUE;
    packet.header.original_seq = sent->header.seq;
    packet.header.seq = self->next_rtx_seq++;
    packet.header.ssrc = self->config.rtx_ssrc;
    packet.header.payload_type = self->config.rtx_payload_type;
  }
  self->output (self->output_data, &packet, now_us);
}

static gint64
resend_gap (const MbSender *self)
{
  return CLAMP ((gint64) (self->stats.rtt_ms * 900), RESEND_GAP_US, MAX_RESEND_GAP_US);
}

static void
resend (MbSender *self, guint16 seq, gint64 now_us)
{
  Sent *sent = &self->ring[seq % RING_SIZE];
  GstMapInfo map;
  MbRtp rtp;

  if (sent->buffer == NULL || sent->header.seq != seq || now_us - sent->sent_us > RESEND_FOR_US ||
      now_us - MAX (sent->resent_us, sent->sent_us) < resend_gap (self) ||
      self->n_resent >= RESENDS_A_SECOND || !gst_buffer_map (sent->buffer, &map, GST_MAP_READ))
    return;
  if (mb_rtp_parse (&rtp, map.data, map.size)) {
    output_again (self, sent, &rtp, now_us);
    sent->resent_us = now_us;
    self->n_resent++;
    self->stats.recovered++;
  }
  gst_buffer_unmap (sent->buffer, &map);
}

/**
 * mb_sender_take_nacks:
 *
 * Resends what it still has, each packet at most once in a round trip, and a thousand a second in all: a
 * peer cannot make us send without end.
 */
void
mb_sender_take_nacks (MbSender *self, const guint16 *seqs, gsize n_seqs, gint64 now_us)
{
  if (now_us - self->resend_window_us >= G_USEC_PER_SEC) {
    self->resend_window_us = now_us;
    self->n_resent = 0;
  }
  self->stats.nacks += n_seqs;
  for (gsize i = 0; i < n_seqs; i++)
    resend (self, seqs[i], now_us);
}

/**
 * mb_sender_take_key_frame_request:
 *
 * By PLI or FIR. The feed is asked until one comes.
 */
void
mb_sender_take_key_frame_request (MbSender *self, gint64 now_us)
{
  if (self->config.kind != MB_MEDIA_KIND_VIDEO)
    return;
  self->stats.plis++;
  self->wants_key_frame = TRUE;
  if (self->subscribed)
    mb_feed_want_key_frame (self->config.feed, now_us);
}

void
mb_sender_take_remb (MbSender *self, guint64 bps)
{
  self->stats.remb_bps = (unsigned int) MIN (bps, G_MAXUINT);
}

/**
 * mb_sender_take_report:
 * @report: the peer's, of this stream
 * @now_ntp_middle: the middle of the NTP time now
 */
void
mb_sender_take_report (MbSender *self, const MbRtcpReport *report, guint32 now_ntp_middle)
{
  self->stats.lost = (guint64) MAX (report->lost, 0);
  self->stats.jitter_ms = (double) report->jitter * 1000 / self->config.clock_rate;
  if (report->last_sr != 0) {
    gint32 rtt = (gint32) (now_ntp_middle - report->last_sr - report->delay_since);

    if (rtt >= 0)
      self->stats.rtt_ms = (double) rtt * 1000 / 65536;
  }
}

/**
 * mb_sender_tick:
 *
 * Asks again for a key frame that has not come.
 */
void
mb_sender_tick (MbSender *self, gint64 now_us)
{
  if (self->wants_key_frame && self->subscribed)
    mb_feed_want_key_frame (self->config.feed, now_us);
}

/**
 * mb_sender_get_info:
 * @info: (out caller-allocates): what a sender report says
 * @ntp: the wall clock at @now_us
 *
 * Returns: %FALSE where nothing was sent yet
 */
gboolean
mb_sender_get_info (const MbSender *self, MbRtcpSenderInfo *info, gint64 now_us, guint64 ntp)
{
  gint64 since_us = now_us - self->last_pts_ns / 1000;

  if (self->last_packet_us == 0)
    return FALSE;
  *info = (MbRtcpSenderInfo){.ssrc = self->config.ssrc,
      .ntp = ntp,
      .rtp_timestamp =
          self->last_timestamp + (guint32) (since_us * self->config.clock_rate / G_USEC_PER_SEC),
      .packets = (guint32) self->stats.packets,
      .octets = (guint32) self->stats.bytes};
  return TRUE;
}

void
mb_sender_get_stats (const MbSender *self, MbStreamStats *stats, gint64 now_us)
{
  *stats = self->stats;
  stats->id = self->id;
  stats->is_sender = TRUE;
  stats->kind = self->config.kind;
  stats->codec = self->config.codec;
  stats->ssrc = self->config.ssrc;
  stats->idle_us = self->last_packet_us != 0 ? now_us - self->last_packet_us : -1;
}
