/* mb-rtp.h: RTP packets: a checked view of one, and its writing; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_RTP_MAX_SIZE 1500 /* bytes; a larger packet is refused, in and out */
#define MB_RTP_HEADER_SIZE 12
#define MB_RTP_MAX_MID \
  16 /* bytes of an RFC 8843 identification tag, as one-byte extensions carry */

/**
 * MbRtp:
 * @extension: (nullable): the data of the header extension
 * @payload: what follows the header, without padding
 *
 * A view: points into the packet that was parsed.
 */
typedef struct {
  const guint8 *data;
  gsize size;
  gboolean marker;
  guint8 payload_type;
  guint16 seq;
  guint32 timestamp;
  guint32 ssrc;
  guint16 extension_profile;
  const guint8 *extension;
  gsize extension_size;
  const guint8 *payload;
  gsize payload_size;
} MbRtp;

/**
 * MbRtpHeader:
 * @mid: written as a one-byte header extension where it is not empty and @mid_extension_id is 1 to
 *   14
 * @transport_seq: likewise where @transport_cc_extension_id is 1 to 14
 * @is_rtx: the payload is preceded by @original_seq, RFC 4588 §4
 *
 * What mb_rtp_write() writes.
 */
typedef struct {
  gboolean marker;
  guint8 payload_type;
  guint16 seq;
  guint32 timestamp;
  guint32 ssrc;
  guint8 mid_extension_id;
  guint8 transport_cc_extension_id;
  guint16 transport_seq;
  guint16 original_seq;
  gboolean is_rtx;
  char mid[MB_RTP_MAX_MID + 1];
} MbRtpHeader;

gboolean mb_rtp_is_rtcp (const guint8 *data, gsize size);
gboolean mb_rtp_parse (MbRtp *rtp, const guint8 *data, gsize size);
const guint8 *mb_rtp_find_extension (const MbRtp *rtp, guint8 id, gsize *size);
gsize mb_rtp_write (guint8 *out, gsize capacity, const MbRtpHeader *header, const guint8 *payload,
    gsize payload_size);
void mb_rtp_set_seq (guint8 *data, guint16 seq);
gsize mb_rtp_unwrap_rtx (guint8 *data, gsize size, guint8 payload_type, guint32 ssrc);
gint64 mb_rtp_unwrap_seq (gint64 near, guint16 seq);
gint64 mb_rtp_unwrap_timestamp (gint64 near, guint32 timestamp);
