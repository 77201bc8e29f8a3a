/* mb-rtcp.h: RTCP packets: checked views and builders; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_RTCP_MAX_REPORTS 31
#define MB_RTCP_MAX_NACKS 256 /* sequence numbers taken from one packet */

typedef enum {
  MB_RTCP_SR = 200,
  MB_RTCP_RR = 201,
  MB_RTCP_SDES = 202,
  MB_RTCP_BYE = 203,
  MB_RTCP_RTPFB = 205,
  MB_RTCP_PSFB = 206,
} MbRtcpType;

enum {
  MB_RTCP_RTPFB_NACK = 1,  /* RFC 4585 §6.2.1 */
  MB_RTCP_RTPFB_TWCC = 15, /* draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1 */
  MB_RTCP_PSFB_PLI = 1,    /* RFC 4585 §6.3.1 */
  MB_RTCP_PSFB_FIR = 4,    /* RFC 5104 §4.3.1 */
  MB_RTCP_PSFB_AFB = 15,   /* REMB: draft-alvestrand-rmcat-remb */
};

/* One packet of a compound. @count is the report or source count, or the feedback's format. */
typedef struct {
  guint8 type;
  guint8 count;
  const guint8 *body; /* after the first four bytes, without padding */
  gsize body_size;
} MbRtcpPacket;

typedef struct {
  const guint8 *data;
  gsize size;
  gsize at;
} MbRtcpIter;

typedef struct {
  guint32 ssrc;
  guint64 ntp; /* 32.32 seconds since 1900 */
  guint32 rtp_timestamp;
  guint32 packets;
  guint32 octets;
} MbRtcpSenderInfo;

typedef struct {
  guint32 ssrc;
  guint8 fraction_lost; /* of 256, since the last report */
  gint32 lost;          /* 24 bits on the wire */
  guint32 highest_seq;
  guint32 jitter;      /* timestamp units */
  guint32 last_sr;     /* middle 32 bits of its NTP time; 0 means none */
  guint32 delay_since; /* 1/65536 s */
} MbRtcpReport;

typedef struct {
  guint32 sender_ssrc;
  guint32 media_ssrc;
  const guint8 *fci;
  gsize fci_size;
} MbRtcpFeedback;

typedef struct {
  guint8 *data;
  gsize capacity;
  gsize size; /* what does not fit is left out whole */
} MbRtcpWriter;

gboolean mb_rtcp_iter_init (MbRtcpIter *iter, const guint8 *data, gsize size);
gboolean mb_rtcp_iter_next (MbRtcpIter *iter, MbRtcpPacket *packet);

gboolean mb_rtcp_get_ssrc (const MbRtcpPacket *packet, unsigned int index, guint32 *ssrc);
gboolean mb_rtcp_get_sender_info (const MbRtcpPacket *packet, MbRtcpSenderInfo *info);
gboolean mb_rtcp_get_report (const MbRtcpPacket *packet, unsigned int index, MbRtcpReport *report);
const char *mb_rtcp_get_cname (const MbRtcpPacket *packet, guint32 ssrc, gsize *size);
gboolean mb_rtcp_get_feedback (const MbRtcpPacket *packet, MbRtcpFeedback *feedback);
gsize mb_rtcp_get_nacks (const MbRtcpFeedback *feedback, guint16 *seqs, gsize capacity);
gboolean mb_rtcp_has_fir (const MbRtcpFeedback *feedback, guint32 ssrc);
gboolean mb_rtcp_get_remb (const MbRtcpFeedback *feedback, guint64 *bps);

void mb_rtcp_writer_init (MbRtcpWriter *writer, guint8 *data, gsize capacity);
void mb_rtcp_write_sr (MbRtcpWriter *writer, const MbRtcpSenderInfo *info,
    const MbRtcpReport *reports, unsigned int n_reports);
void mb_rtcp_write_rr (
    MbRtcpWriter *writer, guint32 ssrc, const MbRtcpReport *reports, unsigned int n_reports);
void mb_rtcp_write_cname (MbRtcpWriter *writer, guint32 ssrc, const char *cname);
void mb_rtcp_write_bye (MbRtcpWriter *writer, guint32 ssrc);
void mb_rtcp_write_nack (MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc,
    const guint16 *seqs, gsize n_seqs);
gboolean mb_rtcp_write_rtpfb (MbRtcpWriter *writer, unsigned int format, guint32 sender_ssrc,
    guint32 media_ssrc, const guint8 *fci, gsize fci_size);
void mb_rtcp_write_pli (MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc);
void mb_rtcp_write_fir (
    MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc, guint8 command);
void mb_rtcp_write_remb (MbRtcpWriter *writer, guint32 sender_ssrc, guint64 bps,
    const guint32 *ssrcs, unsigned int n_ssrcs);

guint64 mb_rtcp_ntp_from_real_time (gint64 real_us);
guint32 mb_rtcp_ntp_middle (guint64 ntp);
gint64 mb_rtcp_ntp_to_ns (guint64 ntp);
