/* mb-receiver.c: one incoming stream: order, repair, reports, clock, statistics
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by its transport, on the media thread. It is given authentic packets of its own source and
 * publishes them to its feed in order, each with the time of its capture. Packets that carry
 * nothing but padding (Chromium probes with them) end here; what follows is renumbered, so that
 * behind the feed nobody takes them for losses.
 */
#include "mb-receiver.h"

#include "mb-feed-media.h"
#include "mb-reorder.h"

#define GIVE_UP_MS 1000
#define REORDER_SIZE 512       /* packets: a second of 4 Mb/s */
#define LONG_REORDER_SIZE 2048 /* where a hole is waited for longer */
#define GIVE_UP_WITHOUT_NACK_MS 100
#define EARLY_US 700000 /* so long missing, a packet is likely lost: a key frame can be under way */
#define RETRY_US 50000
#define KEY_FRAME_RETRY_US 500000
#define TARGET_BPS 2500000
#define ALIVE_US 5000000 /* reported and asked for so long after its last packet */
#define NACKS_AT_ONCE 128
#define MAX_JITTER_SECONDS 10

struct _MbReceiver {
  unsigned int id;
  MbReceiverConfig config; /* its feed, mid and rid are owned */
  MbPeerClock *peer_clock; /* not owned */

  MbReorder reorder;
  MbRtpClock clock;
  guint32 ssrc;           /* 0 means not known yet */
  gboolean discontinuous; /* the next packet follows a loss */
  gboolean in_key_frame;
  gboolean wants_key_frame;
  gboolean wants_early; /* one, for what may still come */
  gint64 early_number;  /* of the packet that it was last asked for; -1 means none */

  gint64 last_packet_us; /* 0 means none yet */
  double jitter;         /* timestamp units */
  guint64 n_arrived;     /* of this source, for reports */
  guint64 n_expected_before;
  guint64 n_arrived_before;
  gint64 last_sr_us;
  gint64 asked_key_frame_us;
  guint32 last_sr;   /* middle of its NTP time; 0 means none yet */
  guint32 transit;   /* of the last packet, timestamp units */
  guint16 n_padding; /* packets taken out so far */
  guint8 fir_command;

  MbStreamStats stats;
};

static void
on_feed_wants_key_frame (gpointer user_data)
{
  mb_receiver_want_key_frame (user_data);
}

static void
on_feed_gives_up (gpointer user_data, gint64 now_us)
{
  mb_receiver_take_bye (user_data, now_us);
}

static const MbFeedPublisher PUBLISHER = {on_feed_wants_key_frame, on_feed_gives_up};

static void
drop_config (MbReceiver *self)
{
  if (self->config.feed != NULL) {
    mb_feed_drop_publisher (self->config.feed, self);
    mb_feed_unref (self->config.feed);
  }
  g_free ((char *) self->config.mid);
  g_free ((char *) self->config.rid);
}

static void
take_config (MbReceiver *self, const MbReceiverConfig *config)
{
  self->config = *config;
  self->config.mid = g_strdup (config->mid);
  self->config.rid = g_strdup (config->rid);
  self->config.n_payload_types = MIN (config->n_payload_types, MB_MAX_PAYLOAD_TYPES);
  if (config->clock_rate == 0)
    self->config.clock_rate = MAX (mb_codec_get_clock_rate (config->codec), 1);
  if (config->feed != NULL) {
    mb_feed_ref (config->feed);
    mb_feed_set_publisher (config->feed, &PUBLISHER, self);
  }
}

static void
begin_source (MbReceiver *self, guint32 ssrc)
{
  self->ssrc = ssrc;
  mb_reorder_clear (&self->reorder);
  mb_rtp_clock_init (&self->clock, self->config.clock_rate);
  self->n_arrived = 0;
  self->n_expected_before = 0;
  self->n_arrived_before = 0;
  self->jitter = 0;
  self->transit = 0;
  self->last_sr = 0;
  self->n_padding = 0;
  self->early_number = -1;
}

/**
 * mb_receiver_new:
 * @config: copied; its feed is referenced, and asks this receiver for key frames from now on
 * @peer_clock: shared by all receivers of the peer; outlives them
 */
MbReceiver *
mb_receiver_new (unsigned int id, const MbReceiverConfig *config, MbPeerClock *peer_clock)
{
  MbReceiver *self = g_new0 (MbReceiver, 1);

  self->id = id;
  self->peer_clock = peer_clock;
  self->asked_key_frame_us = G_MININT64 / 2;
  take_config (self, config);
  mb_reorder_init (
      &self->reorder, config->give_up_ms > GIVE_UP_MS ? LONG_REORDER_SIZE : REORDER_SIZE);
  begin_source (self, config->ssrc);
  return self;
}

void
mb_receiver_free (MbReceiver *self)
{
  g_debug ("%08x: received %s: packets %" G_GUINT64_FORMAT ", frames %" G_GUINT64_FORMAT
           ", key frames %" G_GUINT64_FORMAT ", lost %" G_GUINT64_FORMAT
           ", repeated %" G_GUINT64_FORMAT,
      self->ssrc, mb_codec_get_name (self->config.codec), self->stats.packets, self->stats.frames,
      self->stats.key_frames, self->stats.lost, self->stats.recovered);
  mb_reorder_free (&self->reorder);
  drop_config (self);
  g_free (self);
}

/**
 * mb_receiver_configure:
 *
 * Changes what was negotiated; the stream goes on where its source stays the same.
 */
void
mb_receiver_configure (MbReceiver *self, const MbReceiverConfig *config)
{
  gboolean is_other =
      (config->ssrc != 0 && config->ssrc != self->ssrc) || config->codec != self->config.codec;

  if (config->feed != NULL) /* may be the one we hold the last reference of */
    mb_feed_ref (config->feed);
  drop_config (self);
  take_config (self, config);
  if (config->feed != NULL)
    mb_feed_unref (config->feed);
  if (is_other)
    begin_source (self, config->ssrc);
}

unsigned int
mb_receiver_get_id (const MbReceiver *self)
{
  return self->id;
}

guint32
mb_receiver_get_ssrc (const MbReceiver *self)
{
  return self->ssrc;
}

typedef enum {
  NAME_ABSENT,
  NAME_SAME,
  NAME_OTHER,
} Name;

/* What a header extension says beside what was agreed. */
static Name
compare_name (const MbRtp *rtp, guint8 extension_id, const char *name)
{
  gsize size = 0;
  const guint8 *data;

  if (name == NULL || extension_id == 0)
    return NAME_ABSENT;
  data = mb_rtp_find_extension (rtp, extension_id, &size);
  if (data == NULL)
    return NAME_ABSENT;
  return strlen (name) == size && memcmp (data, name, size) == 0 ? NAME_SAME : NAME_OTHER;
}

/**
 * mb_receiver_is_named:
 * @part: which of its streams @rtp would be
 *
 * Returns: whether the description names its source, or its extensions name the section, and of a
 *   simulcast the layer that is taken
 */
gboolean
mb_receiver_is_named (const MbReceiver *self, const MbRtp *rtp, MbReceiverPart part)
{
  gboolean is_rtx = part == MB_RECEIVER_PART_RTX;
  guint32 ssrc = is_rtx ? self->config.rtx_ssrc : self->config.ssrc;
  guint8 rid_id = is_rtx ? self->config.repaired_rid_extension_id : self->config.rid_extension_id;

  if (ssrc != 0 && ssrc == rtp->ssrc)
    return TRUE;
  return compare_name (rtp, self->config.mid_extension_id, self->config.mid) == NAME_SAME &&
         compare_name (rtp, rid_id, self->config.rid) != NAME_OTHER;
}

/**
 * mb_receiver_is_nameless:
 *
 * Returns: whether the description names no source of that part: one that nothing else claims may
 *   be it
 */
gboolean
mb_receiver_is_nameless (const MbReceiver *self, MbReceiverPart part)
{
  if (self->config.rid != NULL)
    return FALSE;
  return part == MB_RECEIVER_PART_RTX ? self->config.rtx_ssrc == 0 : self->config.ssrc == 0;
}

/**
 * mb_receiver_get_part:
 *
 * Returns: which of its streams comes with @payload_type
 */
MbReceiverPart
mb_receiver_get_part (const MbReceiver *self, guint8 payload_type)
{
  for (unsigned int i = 0; i < self->config.n_payload_types; i++) {
    if (self->config.payload_types[i] == payload_type)
      return MB_RECEIVER_PART_MEDIA;
    if (self->config.rtx_payload_types[i] == payload_type && payload_type != 0)
      return MB_RECEIVER_PART_RTX;
  }
  return MB_RECEIVER_PART_NONE;
}

/* RFC 3550 A.8, in timestamp units. */
static void
measure_jitter (MbReceiver *self, const MbRtp *rtp, gint64 now_us)
{
  gint64 rate = self->config.clock_rate;
  guint32 arrival =
      (guint32) (now_us / G_USEC_PER_SEC * rate + now_us % G_USEC_PER_SEC * rate / G_USEC_PER_SEC);
  guint32 transit = arrival - rtp->timestamp;

  if (self->n_arrived > 1) {
    gint32 difference = (gint32) (transit - self->transit);

    if (ABS ((gint64) difference) < rate * MAX_JITTER_SECONDS) /* else another timeline */
      self->jitter += (ABS ((double) difference) - self->jitter) / 16;
  }
  self->transit = transit;
}

static void
count_frame (MbReceiver *self, const MbRtp *rtp)
{
  if (self->config.kind != MB_MEDIA_KIND_VIDEO)
    return;
  if (mb_codec_starts_key_frame (self->config.codec, rtp->payload, rtp->payload_size) &&
      !self->in_key_frame) {
    self->in_key_frame = TRUE;
    self->wants_key_frame = FALSE;
    self->stats.key_frames++;
  }
  if (rtp->marker) {
    self->in_key_frame = FALSE;
    self->stats.frames++;
  }
}

/* One packet, in order. */
static void
deliver (MbReceiver *self, GstBuffer *buffer, gint64 now_us)
{
  GstMapInfo map;
  MbRtp rtp;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    gst_buffer_unref (buffer);
    return;
  }
  if (!mb_rtp_parse (&rtp, map.data, map.size) || rtp.payload_size == 0) {
    self->n_padding++;
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
    return;
  }
  count_frame (self, &rtp);
  self->stats.bytes += rtp.payload_size;
  if (self->n_padding != 0)
    mb_rtp_set_seq (map.data, (guint16) (rtp.seq - self->n_padding));
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE; /* nicesrc's, on another clock */
  GST_BUFFER_PTS (buffer) =
      (GstClockTime) MAX (mb_rtp_clock_get_time (&self->clock, self->peer_clock, rtp.timestamp), 0);
  gst_buffer_unmap (buffer, &map);
  if (self->discontinuous) {
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    self->discontinuous = FALSE;
  }
  if (self->config.feed != NULL)
    mb_feed_publish (self->config.feed, buffer, now_us);
  gst_buffer_unref (buffer);
}

static void
drain (MbReceiver *self, gint64 now_us)
{
  GstBuffer *buffer;

  while ((buffer = mb_reorder_pop (&self->reorder)) != NULL)
    deliver (self, buffer, now_us);
}

static void
give_up (MbReceiver *self, gint64 missed_before_us, gint64 now_us)
{
  unsigned int n_lost = mb_reorder_give_up (&self->reorder, missed_before_us);

  if (n_lost == 0)
    return;
  self->stats.lost += n_lost;
  self->discontinuous = TRUE;
  if (self->config.kind == MB_MEDIA_KIND_VIDEO)
    mb_receiver_want_key_frame (self);
  drain (self, now_us);
}

static MbReorderResult
insert (MbReceiver *self, GstBuffer *buffer, guint16 seq, gint64 now_us)
{
  MbReorderResult result = mb_reorder_insert (&self->reorder, seq, buffer, now_us);

  /* Each round either steps over the first hole or drains all there is: two at most per hole. */
  for (unsigned int i = 0; result == MB_REORDER_FULL && i < self->reorder.size; i++) {
    give_up (self, G_MAXINT64, now_us);
    drain (self, now_us);
    result = mb_reorder_insert (&self->reorder, seq, buffer, now_us);
  }
  return result;
}

/**
 * mb_receiver_take:
 * @buffer: (transfer full): an authentic packet, in one memory, writable
 * @rtp: the view of it
 *
 * Returns: whether it is the first of the stream
 */
gboolean
mb_receiver_take (MbReceiver *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  gboolean is_first = self->last_packet_us == 0;
  MbReorderResult result;

  if (rtp->ssrc != self->ssrc) {
    begin_source (self, rtp->ssrc);
    if (self->config.kind == MB_MEDIA_KIND_VIDEO && !is_first)
      mb_receiver_want_key_frame (self);
  }
  result = insert (self, buffer, rtp->seq, now_us);
  if (result == MB_REORDER_RESTART) {
    begin_source (self, rtp->ssrc);
    result = insert (self, buffer, rtp->seq, now_us);
  }
  if (result != MB_REORDER_TAKEN && result != MB_REORDER_FILLED) {
    gst_buffer_unref (buffer);
    return FALSE;
  }

  self->last_packet_us = now_us;
  self->stats.packets++;
  self->n_arrived++;
  if (result == MB_REORDER_FILLED) {
    self->stats.recovered++;
  } else {
    measure_jitter (self, rtp, now_us);
    mb_rtp_clock_take_arrival (&self->clock, self->peer_clock, rtp->timestamp, now_us * 1000);
  }
  if (is_first && self->config.kind == MB_MEDIA_KIND_VIDEO &&
      !mb_codec_starts_key_frame (self->config.codec, rtp->payload, rtp->payload_size))
    mb_receiver_want_key_frame (self);
  drain (self, now_us);
  return is_first;
}

/* What @payload_type repeats. */
static guint8
repeated_payload_type (const MbReceiver *self, guint8 payload_type)
{
  for (unsigned int i = 0; i < self->config.n_payload_types; i++) {
    if (self->config.rtx_payload_types[i] == payload_type)
      return self->config.payload_types[i];
  }
  return 0;
}

/**
 * mb_receiver_take_rtx:
 * @buffer: (transfer full): an authentic packet of its RTX stream, in one memory, writable
 *
 * Returns: whether it is the first of the stream
 */
gboolean
mb_receiver_take_rtx (MbReceiver *self, GstBuffer *buffer, const MbRtp *rtp, gint64 now_us)
{
  guint8 payload_type = repeated_payload_type (self, rtp->payload_type);
  gsize size = 0;
  GstMapInfo map;
  MbRtp original;

  /* Before the stream itself there is nothing to repeat, only padding that probes the path. */
  if (self->last_packet_us != 0 && gst_buffer_map (buffer, &map, GST_MAP_READWRITE)) {
    size = mb_rtp_unwrap_rtx (map.data, map.size, payload_type, self->ssrc);
    if (size > 0 && !mb_rtp_parse (&original, map.data, size))
      size = 0;
    gst_buffer_unmap (buffer, &map);
  }
  if (size == 0) {
    gst_buffer_unref (buffer);
    return FALSE;
  }
  gst_buffer_set_size (buffer, (gssize) size);
  return mb_receiver_take (self, buffer, &original, now_us);
}

void
mb_receiver_take_report (MbReceiver *self, const MbRtcpSenderInfo *info, gint64 now_us)
{
  self->last_sr = mb_rtcp_ntp_middle (info->ntp);
  self->last_sr_us = now_us;
  mb_rtp_clock_take_report (&self->clock, self->peer_clock, info->ntp, info->rtp_timestamp);
}

/**
 * mb_receiver_take_bye:
 *
 * The source has ended: what is missing of it will not come.
 */
void
mb_receiver_take_bye (MbReceiver *self, gint64 now_us)
{
  /* Each time the first hole and what waits behind it. */
  while (self->reorder.started && self->reorder.next <= self->reorder.highest)
    give_up (self, G_MAXINT64, now_us);
}

/**
 * mb_receiver_want_key_frame:
 *
 * Asks the peer at the next tick, and again until a key frame comes.
 */
void
mb_receiver_want_key_frame (MbReceiver *self)
{
  self->wants_key_frame = TRUE;
}

/* Who waits for long: by the time that a packet is given up the key frame is there, behind it: asked for only then, it
 * would come later still. */
static void
ask_early (MbReceiver *self, gint64 now_us)
{
  gint64 number;
  gint64 missed_at_us;

  if (self->config.kind != MB_MEDIA_KIND_VIDEO || self->config.give_up_ms <= GIVE_UP_MS ||
      !mb_reorder_find_hole (&self->reorder, &number, &missed_at_us) ||
      number == self->early_number || now_us - missed_at_us < EARLY_US)
    return;
  self->early_number = number;
  self->wants_early = TRUE;
}

/**
 * mb_receiver_tick:
 *
 * Gives up on what is missing for too long.
 */
void
mb_receiver_tick (MbReceiver *self, gint64 now_us)
{
  unsigned int wait_ms = self->config.give_up_ms;

  if (wait_ms == 0)
    wait_ms =
        (self->config.feedback & MB_FEEDBACK_NACK) != 0 ? GIVE_UP_MS : GIVE_UP_WITHOUT_NACK_MS;
  ask_early (self, now_us);
  give_up (self, now_us - (gint64) wait_ms * 1000, now_us);
}

static gboolean
is_alive (const MbReceiver *self, gint64 now_us)
{
  return self->last_packet_us != 0 && now_us - self->last_packet_us < ALIVE_US;
}

/**
 * mb_receiver_write_feedback:
 *
 * Writes what is due: NACKs, and a request for a key frame.
 */
void
mb_receiver_write_feedback (MbReceiver *self, MbRtcpWriter *writer, guint32 own_ssrc, gint64 now_us)
{
  guint16 seqs[NACKS_AT_ONCE];
  gsize n;

  if (!is_alive (self, now_us))
    return;
  if ((self->config.feedback & MB_FEEDBACK_NACK) != 0) {
    n = mb_reorder_collect_missing (&self->reorder, now_us, RETRY_US, seqs, G_N_ELEMENTS (seqs));
    mb_rtcp_write_nack (writer, own_ssrc, self->ssrc, seqs, n);
    self->stats.nacks += n;
  }
  if ((!self->wants_key_frame && !self->wants_early) ||
      now_us - self->asked_key_frame_us < KEY_FRAME_RETRY_US ||
      (self->config.feedback & (MB_FEEDBACK_PLI | MB_FEEDBACK_FIR)) == 0)
    return;
  if ((self->config.feedback & MB_FEEDBACK_PLI) != 0)
    mb_rtcp_write_pli (writer, own_ssrc, self->ssrc);
  else
    mb_rtcp_write_fir (writer, own_ssrc, self->ssrc, self->fir_command++);
  self->wants_early = FALSE;
  self->asked_key_frame_us = now_us;
  self->stats.plis++;
}

/**
 * mb_receiver_report:
 * @report: (out caller-allocates): a report block; its counts since the last one begin anew
 *
 * Returns: %FALSE where there is nothing to report of
 */
gboolean
mb_receiver_report (MbReceiver *self, MbRtcpReport *report, gint64 now_us)
{
  guint64 n_expected;
  gint64 n_expected_now;
  gint64 n_lost_now;

  if (!is_alive (self, now_us) || !self->reorder.started)
    return FALSE;
  n_expected = (guint64) (self->reorder.highest - self->reorder.base + 1);
  n_expected_now = (gint64) (n_expected - self->n_expected_before);
  n_lost_now = n_expected_now - (gint64) (self->n_arrived - self->n_arrived_before);
  self->n_expected_before = n_expected;
  self->n_arrived_before = self->n_arrived;

  *report = (MbRtcpReport){.ssrc = self->ssrc};
  if (n_expected_now > 0 && n_lost_now > 0)
    report->fraction_lost = (guint8) MIN (n_lost_now * 256 / n_expected_now, 255);
  report->lost = (gint32) CLAMP ((gint64) (n_expected - self->n_arrived), -0x800000, 0x7fffff);
  report->highest_seq = (guint32) (self->reorder.highest - 65536);
  report->jitter = (guint32) self->jitter;
  report->last_sr = self->last_sr;
  if (self->last_sr != 0)
    report->delay_since = (guint32) ((now_us - self->last_sr_us) * 65536 / G_USEC_PER_SEC);
  return TRUE;
}

/**
 * mb_receiver_get_remb_bps:
 *
 * Returns: what the peer should be told it may send, in bits a second; 0 for nothing
 */
unsigned int
mb_receiver_get_remb_bps (const MbReceiver *self, gint64 now_us)
{
  if (!is_alive (self, now_us) || (self->config.feedback & MB_FEEDBACK_REMB) == 0)
    return 0;
  return self->config.target_bps != 0 ? self->config.target_bps : TARGET_BPS;
}

void
mb_receiver_get_stats (const MbReceiver *self, MbStreamStats *stats, gint64 now_us)
{
  *stats = self->stats;
  stats->id = self->id;
  stats->kind = self->config.kind;
  stats->codec = self->config.codec;
  stats->ssrc = self->ssrc;
  stats->jitter_ms = self->jitter * 1000 / self->config.clock_rate;
  stats->idle_us = self->last_packet_us != 0 ? now_us - self->last_packet_us : -1;
}
