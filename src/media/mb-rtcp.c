/* mb-rtcp.c: RTCP packets: checked views and builders; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, draft-alvestrand-rmcat-remb-03.
 */
#include "mb-rtcp.h"

#include <string.h>

#define SENDER_INFO_SIZE 24 /* with the SSRC */
#define REPORT_SIZE 24
#define SDES_CNAME 1
#define REMB_IDENTIFIER 0x52454d42                       /* "REMB" */
#define NTP_UNIX_SECONDS G_GUINT64_CONSTANT (2208988800) /* 1900 to 1970 */

static guint16
read16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

static guint32
read32 (const guint8 *data)
{
  return (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
}

/**
 * mb_rtcp_iter_init:
 *
 * Checks the whole compound: versions, lengths, and that padding is in the last packet only. Not so
 * strictly in transport feedback, which browsers pad to a word by single bytes, wherever it stands.
 *
 * Returns: whether it may be walked with mb_rtcp_iter_next(). Reduced-size RTCP (RFC 5506) is
 *   accepted too: browsers send feedback alone.
 */
gboolean
mb_rtcp_iter_init (MbRtcpIter *iter, const guint8 *data, gsize size)
{
  gsize at = 0;

  *iter = (MbRtcpIter){.data = data, .size = size};
  if (size < 4)
    return FALSE;
  while (at < size) {
    gsize length;

    if (size - at < 4 || data[at] >> 6 != 2)
      return FALSE;
    length = 4 * ((gsize) read16 (data + at + 2) + 1);
    if (length > size - at)
      return FALSE;
    if ((data[at] & 0x20) != 0) {
      guint8 padding = data[at + length - 1];
      gboolean is_strict = data[at + 1] != MB_RTCP_RTPFB;

      if (padding == 0 || padding > length - 4 ||
          (is_strict && (at + length != size || padding % 4 != 0)))
        return FALSE;
    }
    at += length;
  }
  return TRUE;
}

/**
 * mb_rtcp_iter_next:
 * @packet: (out caller-allocates): the next packet
 *
 * Returns: %FALSE at the end
 */
gboolean
mb_rtcp_iter_next (MbRtcpIter *iter, MbRtcpPacket *packet)
{
  const guint8 *data = iter->data + iter->at;
  gsize length;

  if (iter->at >= iter->size)
    return FALSE;
  length = 4 * ((gsize) read16 (data + 2) + 1);
  packet->type = data[1];
  packet->count = data[0] & 0x1f;
  packet->body = data + 4;
  packet->body_size = length - 4;
  if ((data[0] & 0x20) != 0)
    packet->body_size -= data[length - 1];
  iter->at += length;
  return TRUE;
}

/**
 * mb_rtcp_get_ssrc:
 * @index: 0 for the sender of a report or feedback, the n-th source of a BYE
 * @ssrc: (out): the number
 */
gboolean
mb_rtcp_get_ssrc (const MbRtcpPacket *packet, unsigned int index, guint32 *ssrc)
{
  if (packet->body_size < 4 * ((gsize) index + 1))
    return FALSE;
  if (packet->type == MB_RTCP_BYE && index >= packet->count)
    return FALSE;
  *ssrc = read32 (packet->body + 4 * (gsize) index);
  return TRUE;
}

/**
 * mb_rtcp_get_sender_info:
 * @info: (out caller-allocates): filled where it is a sender report
 */
gboolean
mb_rtcp_get_sender_info (const MbRtcpPacket *packet, MbRtcpSenderInfo *info)
{
  const guint8 *body = packet->body;

  if (packet->type != MB_RTCP_SR || packet->body_size < SENDER_INFO_SIZE)
    return FALSE;
  info->ssrc = read32 (body);
  info->ntp = (guint64) read32 (body + 4) << 32 | read32 (body + 8);
  info->rtp_timestamp = read32 (body + 12);
  info->packets = read32 (body + 16);
  info->octets = read32 (body + 20);
  return TRUE;
}

/**
 * mb_rtcp_get_report:
 * @index: from 0
 * @report: (out caller-allocates): a report block of a sender or receiver report
 */
gboolean
mb_rtcp_get_report (const MbRtcpPacket *packet, unsigned int index, MbRtcpReport *report)
{
  gsize at;
  const guint8 *block;

  if ((packet->type != MB_RTCP_SR && packet->type != MB_RTCP_RR) || index >= packet->count)
    return FALSE;
  at = (packet->type == MB_RTCP_SR ? SENDER_INFO_SIZE : 4) + REPORT_SIZE * (gsize) index;
  if (packet->body_size < at + REPORT_SIZE)
    return FALSE;
  block = packet->body + at;
  report->ssrc = read32 (block);
  report->fraction_lost = block[4];
  report->lost = (gint32) (read32 (block + 4) << 8) / 256;
  report->highest_seq = read32 (block + 8);
  report->jitter = read32 (block + 12);
  report->last_sr = read32 (block + 16);
  report->delay_since = read32 (block + 20);
  return TRUE;
}

/**
 * mb_rtcp_get_cname:
 * @size: (out): its length in bytes
 *
 * Returns: (transfer none) (nullable): the canonical name of @ssrc, not terminated
 */
const char *
mb_rtcp_get_cname (const MbRtcpPacket *packet, guint32 ssrc, gsize *size)
{
  const guint8 *body = packet->body;
  gsize at = 0;

  if (packet->type != MB_RTCP_SDES)
    return NULL;
  for (unsigned int chunk = 0; chunk < packet->count && packet->body_size - at >= 4; chunk++) {
    guint32 found = read32 (body + at);

    at += 4;
    while (at < packet->body_size && body[at] != 0) {
      gsize length;

      if (packet->body_size - at < 2)
        return NULL;
      length = body[at + 1];
      if (packet->body_size - at - 2 < length)
        return NULL;
      if (found == ssrc && body[at] == SDES_CNAME) {
        *size = length;
        return (const char *) body + at + 2;
      }
      at += 2 + length;
    }
    at = MIN (4 * (at / 4 + 1), packet->body_size); /* at least one null, then to a word's end */
  }
  return NULL;
}

/**
 * mb_rtcp_get_feedback:
 * @feedback: (out caller-allocates): filled for transport and payload feedback
 */
gboolean
mb_rtcp_get_feedback (const MbRtcpPacket *packet, MbRtcpFeedback *feedback)
{
  if ((packet->type != MB_RTCP_RTPFB && packet->type != MB_RTCP_PSFB) || packet->body_size < 8)
    return FALSE;
  feedback->sender_ssrc = read32 (packet->body);
  feedback->media_ssrc = read32 (packet->body + 4);
  feedback->fci = packet->body + 8;
  feedback->fci_size = packet->body_size - 8;
  return TRUE;
}

/**
 * mb_rtcp_get_nacks:
 * @seqs: (array length=capacity): takes the numbers asked for
 *
 * Returns: how many; the rest of a longer list is left out
 */
gsize
mb_rtcp_get_nacks (const MbRtcpFeedback *feedback, guint16 *seqs, gsize capacity)
{
  gsize n = 0;

  for (gsize at = 0; feedback->fci_size - at >= 4; at += 4) {
    guint16 first = read16 (feedback->fci + at);
    guint16 mask = read16 (feedback->fci + at + 2);

    if (n < capacity)
      seqs[n++] = first;
    for (unsigned int bit = 0; bit < 16; bit++) {
      if ((mask >> bit & 1) != 0 && n < capacity)
        seqs[n++] = (guint16) (first + 1 + bit);
    }
  }
  return n;
}

/**
 * mb_rtcp_has_fir:
 *
 * Returns: whether a full intra request asks @ssrc for a key frame
 */
gboolean
mb_rtcp_has_fir (const MbRtcpFeedback *feedback, guint32 ssrc)
{
  for (gsize at = 0; feedback->fci_size - at >= 8; at += 8) {
    if (read32 (feedback->fci + at) == ssrc)
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_rtcp_get_remb:
 * @bps: (out): the peer's estimate in bits a second
 *
 * Returns: whether this application feedback is a REMB
 */
gboolean
mb_rtcp_get_remb (const MbRtcpFeedback *feedback, guint64 *bps)
{
  const guint8 *fci = feedback->fci;
  unsigned int exponent;
  guint64 mantissa;

  if (feedback->fci_size < 8 || read32 (fci) != REMB_IDENTIFIER)
    return FALSE;
  exponent = fci[5] >> 2;
  mantissa = (guint64) (fci[5] & 3) << 16 | read16 (fci + 6);
  if (exponent > 45) /* 18 bits of mantissa: more would not fit */
    return FALSE;
  *bps = mantissa << exponent;
  return TRUE;
}

void
mb_rtcp_writer_init (MbRtcpWriter *writer, guint8 *data, gsize capacity)
{
  *writer = (MbRtcpWriter){.data = data, .capacity = capacity};
}

static guint8 *
put16 (guint8 *out, guint16 value)
{
  out[0] = (guint8) (value >> 8);
  out[1] = (guint8) value;
  return out + 2;
}

static guint8 *
put32 (guint8 *out, guint32 value)
{
  return put16 (put16 (out, (guint16) (value >> 16)), (guint16) value);
}

/* Room for a packet with a body of so many bytes, a multiple of four; NULL where there is none. */
static guint8 *
start_packet (MbRtcpWriter *writer, MbRtcpType type, unsigned int count, gsize body_size)
{
  guint8 *out = writer->data + writer->size;

  if (writer->capacity - writer->size < 4 + body_size)
    return NULL;
  *out++ = (guint8) (0x80 | count);
  *out++ = (guint8) type;
  out = put16 (out, (guint16) (body_size / 4));
  memset (out, 0, body_size);
  writer->size += 4 + body_size;
  return out;
}

static guint8 *
put_reports (guint8 *out, const MbRtcpReport *reports, unsigned int n_reports)
{
  for (unsigned int i = 0; i < n_reports; i++) {
    const MbRtcpReport *report = &reports[i];
    gint32 lost = CLAMP (report->lost, -0x800000, 0x7fffff);

    out = put32 (out, report->ssrc);
    out = put32 (out, (guint32) report->fraction_lost << 24 | ((guint32) lost & 0xffffff));
    out = put32 (out, report->highest_seq);
    out = put32 (out, report->jitter);
    out = put32 (out, report->last_sr);
    out = put32 (out, report->delay_since);
  }
  return out;
}

void
mb_rtcp_write_sr (MbRtcpWriter *writer, const MbRtcpSenderInfo *info, const MbRtcpReport *reports,
    unsigned int n_reports)
{
  unsigned int n = MIN (n_reports, MB_RTCP_MAX_REPORTS);
  guint8 *out = start_packet (writer, MB_RTCP_SR, n, SENDER_INFO_SIZE + REPORT_SIZE * (gsize) n);

  if (out == NULL)
    return;
  out = put32 (out, info->ssrc);
  out = put32 (out, (guint32) (info->ntp >> 32));
  out = put32 (out, (guint32) info->ntp);
  out = put32 (out, info->rtp_timestamp);
  out = put32 (out, info->packets);
  out = put32 (out, info->octets);
  put_reports (out, reports, n);
}

void
mb_rtcp_write_rr (
    MbRtcpWriter *writer, guint32 ssrc, const MbRtcpReport *reports, unsigned int n_reports)
{
  unsigned int n = MIN (n_reports, MB_RTCP_MAX_REPORTS);
  guint8 *out = start_packet (writer, MB_RTCP_RR, n, 4 + REPORT_SIZE * (gsize) n);

  if (out != NULL)
    put_reports (put32 (out, ssrc), reports, n);
}

/**
 * mb_rtcp_write_cname:
 * @cname: cut off at 255 bytes
 */
void
mb_rtcp_write_cname (MbRtcpWriter *writer, guint32 ssrc, const char *cname)
{
  gsize length = MIN (strlen (cname), 255);
  guint8 *out = start_packet (writer, MB_RTCP_SDES, 1, 4 + 4 * ((2 + length) / 4 + 1));

  if (out == NULL)
    return;
  out = put32 (out, ssrc);
  *out++ = SDES_CNAME;
  *out++ = (guint8) length;
  for (gsize i = 0; i < length; i++)
    out[i] = (guint8) cname[i];
}

void
mb_rtcp_write_bye (MbRtcpWriter *writer, guint32 ssrc)
{
  guint8 *out = start_packet (writer, MB_RTCP_BYE, 1, 4);

  if (out != NULL)
    put32 (out, ssrc);
}

/**
 * mb_rtcp_write_nack:
 * @seqs: (array length=n_seqs): rising, as unwrapped numbers would be
 */
void
mb_rtcp_write_nack (MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc,
    const guint16 *seqs, gsize n_seqs)
{
  guint32 items[MB_RTCP_MAX_NACKS];
  gsize n_items = 0;
  guint8 *out;

  for (gsize i = 0; i < n_seqs; i++) {
    guint16 ahead = n_items > 0 ? (guint16) (seqs[i] - (guint16) (items[n_items - 1] >> 16)) : 0;

    if (n_items > 0 && ahead >= 1 && ahead <= 16)
      items[n_items - 1] |= 1u << (ahead - 1);
    else if (n_items < G_N_ELEMENTS (items))
      items[n_items++] = (guint32) seqs[i] << 16;
  }
  if (n_items == 0)
    return;
  out = start_packet (writer, MB_RTCP_RTPFB, MB_RTCP_RTPFB_NACK, 8 + 4 * n_items);
  if (out == NULL)
    return;
  out = put32 (put32 (out, sender_ssrc), media_ssrc);
  for (gsize i = 0; i < n_items; i++)
    out = put32 (out, items[i]);
}

/**
 * mb_rtcp_write_rtpfb:
 * @format: of the transport feedback
 * @fci: (array length=fci_size): what it says; padded to a whole word as RFC 3550 has it
 *
 * Returns: %FALSE where it does not fit
 */
gboolean
mb_rtcp_write_rtpfb (MbRtcpWriter *writer, unsigned int format, guint32 sender_ssrc,
    guint32 media_ssrc, const guint8 *fci, gsize fci_size)
{
  gsize padding = (4 - fci_size % 4) % 4;
  guint8 *start = writer->data + writer->size;
  guint8 *out = start_packet (writer, MB_RTCP_RTPFB, format, 8 + fci_size + padding);

  if (out == NULL)
    return FALSE;
  out = put32 (put32 (out, sender_ssrc), media_ssrc);
  memcpy (out, fci, fci_size);
  if (padding > 0) {
    start[0] |= 0x20;
    out[fci_size + padding - 1] = (guint8) padding;
  }
  return TRUE;
}

void
mb_rtcp_write_pli (MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc)
{
  guint8 *out = start_packet (writer, MB_RTCP_PSFB, MB_RTCP_PSFB_PLI, 8);

  if (out != NULL)
    put32 (put32 (out, sender_ssrc), media_ssrc);
}

/**
 * mb_rtcp_write_fir:
 * @command: one more for each new request, the same for a repetition
 */
void
mb_rtcp_write_fir (MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc, guint8 command)
{
  guint8 *out = start_packet (writer, MB_RTCP_PSFB, MB_RTCP_PSFB_FIR, 16);

  if (out == NULL)
    return;
  out = put32 (put32 (out, sender_ssrc), 0); /* RFC 5104 §4.3.1.2: media SSRC unused, 0 */
  put32 (put32 (out, media_ssrc), (guint32) command << 24);
}

void
mb_rtcp_write_remb (MbRtcpWriter *writer, guint32 sender_ssrc, guint64 bps, const guint32 *ssrcs,
    unsigned int n_ssrcs)
{
  unsigned int n = MIN (n_ssrcs, 255);
  guint8 *out = start_packet (writer, MB_RTCP_PSFB, MB_RTCP_PSFB_AFB, 16 + 4 * (gsize) n);
  unsigned int exponent = 0;

  if (out == NULL)
    return;
  while (bps >> exponent > 0x3ffff)
    exponent++;
  out = put32 (put32 (out, sender_ssrc), 0);
  out = put32 (out, REMB_IDENTIFIER);
  out = put32 (out, (guint32) n << 24 | exponent << 18 | (guint32) (bps >> exponent));
  for (unsigned int i = 0; i < n; i++)
    out = put32 (out, ssrcs[i]);
}

/**
 * mb_rtcp_ntp_from_real_time:
 * @real_us: microseconds since 1970, as g_get_real_time() gives
 */
guint64
mb_rtcp_ntp_from_real_time (gint64 real_us)
{
  guint64 seconds = (guint64) real_us / G_USEC_PER_SEC + NTP_UNIX_SECONDS;
  guint64 rest = (guint64) real_us % G_USEC_PER_SEC;

  return seconds << 32 | (rest << 32) / G_USEC_PER_SEC;
}

/**
 * mb_rtcp_ntp_middle:
 *
 * Returns: the middle 32 bits, 1/65536 s, as report blocks have them
 */
guint32
mb_rtcp_ntp_middle (guint64 ntp)
{
  return (guint32) (ntp >> 16);
}

/**
 * mb_rtcp_ntp_to_ns:
 *
 * Returns: nanoseconds since 1900 without the whole eras, for differences
 */
gint64
mb_rtcp_ntp_to_ns (guint64 ntp)
{
  return (gint64) (ntp >> 32) * 1000000000 +
         (gint64) ((ntp & G_GUINT64_CONSTANT (0xffffffff)) * 1000000000 >> 32);
}
