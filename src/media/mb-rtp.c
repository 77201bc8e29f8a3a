/* mb-rtp.c: RTP packets: a checked view of one, and its writing; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp.h"

#include <string.h>

#define PROFILE_ONE_BYTE 0xbede /* RFC 8285 §4.2 */
#define PROFILE_TWO_BYTE 0x1000 /* §4.3; the low four bits are the application's */

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

static void
write16 (guint8 *out, guint16 value)
{
  out[0] = (guint8) (value >> 8);
  out[1] = (guint8) value;
}

static void
write32 (guint8 *out, guint32 value)
{
  write16 (out, (guint16) (value >> 16));
  write16 (out + 2, (guint16) value);
}

/**
 * mb_rtp_is_rtcp:
 *
 * Tells RTCP from RTP on one port by the packet type, RFC 5761 §4. The same in SRTP.
 */
gboolean
mb_rtp_is_rtcp (const guint8 *data, gsize size)
{
  return size >= 2 && data[1] >= 192 && data[1] <= 223;
}

/**
 * mb_rtp_parse:
 * @rtp: (out caller-allocates): the view; undefined where %FALSE
 *
 * Returns: whether @data is a whole RTP packet of at most %MB_RTP_MAX_SIZE bytes. Nothing outside
 *   of it is read later through the view. Thread: any.
 */
gboolean
mb_rtp_parse (MbRtp *rtp, const guint8 *data, gsize size)
{
  gsize at;

  if (size < MB_RTP_HEADER_SIZE || size > MB_RTP_MAX_SIZE || data[0] >> 6 != 2)
    return FALSE;

  *rtp = (MbRtp){.data = data, .size = size};
  rtp->marker = (data[1] & 0x80) != 0;
  rtp->payload_type = data[1] & 0x7f;
  rtp->seq = read16 (data + 2);
  rtp->timestamp = read32 (data + 4);
  rtp->ssrc = read32 (data + 8);

  at = MB_RTP_HEADER_SIZE + 4 * (gsize) (data[0] & 0x0f);
  if (at > size)
    return FALSE;
  if ((data[0] & 0x10) != 0) {
    if (size - at < 4)
      return FALSE;
    rtp->extension_profile = read16 (data + at);
    rtp->extension_size = 4 * (gsize) read16 (data + at + 2);
    at += 4;
    if (size - at < rtp->extension_size)
      return FALSE;
    rtp->extension = data + at;
    at += rtp->extension_size;
  }
  rtp->payload = data + at;
  rtp->payload_size = size - at;
  if ((data[0] & 0x20) != 0) {
    if (rtp->payload_size == 0 || data[size - 1] == 0 || data[size - 1] > rtp->payload_size)
      return FALSE;
    rtp->payload_size -= data[size - 1];
  }
  return TRUE;
}

/**
 * mb_rtp_find_extension:
 * @id: as negotiated by a=extmap, 1 to 255
 * @size: (out): its length in bytes; untouched where there is none
 *
 * Returns: (transfer none) (nullable): the extension element's data, RFC 8285
 */
const guint8 *
mb_rtp_find_extension (const MbRtp *rtp, guint8 id, gsize *size)
{
  gboolean two_byte = (rtp->extension_profile & 0xfff0) == PROFILE_TWO_BYTE;
  gsize at = 0;

  if (rtp->extension == NULL || (!two_byte && rtp->extension_profile != PROFILE_ONE_BYTE))
    return NULL;
  while (at < rtp->extension_size) {
    guint8 first = rtp->extension[at];
    guint8 found_id = two_byte ? first : first >> 4;
    gsize length;

    if (first == 0) {
      at++;
      continue;
    }
    if (!two_byte && found_id == 15)
      return NULL;
    if (two_byte && rtp->extension_size - at < 2)
      return NULL;
    length = two_byte ? rtp->extension[at + 1] : (gsize) (first & 0x0f) + 1;
    at += two_byte ? 2 : 1;
    if (length > rtp->extension_size - at)
      return NULL;
    if (found_id == id) {
      *size = length;
      return rtp->extension + at;
    }
    at += length;
  }
  return NULL;
}

static gboolean
is_one_byte_id (guint8 id)
{
  return id > 0 && id < 15;
}

/* Header extensions in elements of one byte, RFC 8285 §4.2; returns their size, a multiple of 4. */
static gsize
write_extensions (guint8 *out, const MbRtpHeader *header)
{
  gsize mid_size = strnlen (header->mid, sizeof header->mid) % sizeof header->mid;
  gsize at = 0;

  if (mid_size > 0 && is_one_byte_id (header->mid_extension_id)) {
    out[at++] = (guint8) (header->mid_extension_id << 4 | (mid_size - 1));
    memcpy (out + at, header->mid, mid_size);
    at += mid_size;
  }
  if (is_one_byte_id (header->transport_cc_extension_id)) {
    out[at++] = (guint8) (header->transport_cc_extension_id << 4 | 1);
    write16 (out + at, header->transport_seq);
    at += 2;
  }
  while (at % 4 != 0)
    out[at++] = 0;
  return at;
}

/**
 * mb_rtp_write:
 * @out: (array length=capacity): where to
 *
 * Returns: the packet's size, or 0 where it does not fit into @capacity or %MB_RTP_MAX_SIZE
 */
gsize
mb_rtp_write (guint8 *out, gsize capacity, const MbRtpHeader *header, const guint8 *payload,
    gsize payload_size)
{
  guint8 extensions[MB_RTP_MAX_MID + 8];
  gsize extensions_size = write_extensions (extensions, header);
  gsize at = MB_RTP_HEADER_SIZE + (extensions_size > 0 ? 4 + extensions_size : 0);
  gsize rtx_size = header->is_rtx ? 2 : 0;

  if (payload_size > MB_RTP_MAX_SIZE ||
      at + rtx_size + payload_size > MIN (capacity, MB_RTP_MAX_SIZE))
    return 0;

  out[0] = extensions_size > 0 ? 0x90 : 0x80;
  out[1] = (guint8) ((header->marker ? 0x80 : 0) | (header->payload_type & 0x7f));
  write16 (out + 2, header->seq);
  write32 (out + 4, header->timestamp);
  write32 (out + 8, header->ssrc);
  if (extensions_size > 0) {
    write16 (out + 12, PROFILE_ONE_BYTE);
    write16 (out + 14, (guint16) (extensions_size / 4));
    memcpy (out + 16, extensions, extensions_size);
  }
  if (header->is_rtx)
    write16 (out + at, header->original_seq);
  if (payload_size > 0)
    memcpy (out + at + rtx_size, payload, payload_size);
  return at + rtx_size + payload_size;
}

/**
 * mb_rtp_set_seq:
 * @data: a packet that mb_rtp_parse() accepted
 */
void
mb_rtp_set_seq (guint8 *data, guint16 seq)
{
  write16 (data + 2, seq);
}

/**
 * mb_rtp_unwrap_rtx:
 * @data: (array length=size): a packet that mb_rtp_parse() accepted, of an RTX stream; changed in
 *   place
 * @payload_type: of the stream that it repeats
 * @ssrc: of that stream
 *
 * RFC 4588 §4: the payload begins with the number of the packet that it repeats.
 *
 * Returns: the size of that packet; 0 where it is none, but padding to probe the path with
 */
gsize
mb_rtp_unwrap_rtx (guint8 *data, gsize size, guint8 payload_type, guint32 ssrc)
{
  MbRtp rtp;
  gsize at;

  if (!mb_rtp_parse (&rtp, data, size) || rtp.payload_size < 2)
    return 0;
  at = (gsize) (rtp.payload - data);
  data[0] &= 0xdf; /* the padding is cut off */
  data[1] = (guint8) ((data[1] & 0x80) | (payload_type & 0x7f));
  write16 (data + 2, read16 (rtp.payload));
  write32 (data + 8, ssrc);
  memmove (data + at, data + at + 2, rtp.payload_size - 2);
  return at + rtp.payload_size - 2;
}

/**
 * mb_rtp_unwrap_seq:
 * @near: an unwrapped number close to it
 *
 * Returns: the number nearest to @near that @seq can stand for
 */
gint64
mb_rtp_unwrap_seq (gint64 near, guint16 seq)
{
  return near + (gint16) (guint16) (seq - (guint16) near);
}

/**
 * mb_rtp_unwrap_timestamp:
 * @near: an unwrapped timestamp close to it
 *
 * Returns: the timestamp nearest to @near that @timestamp can stand for
 */
gint64
mb_rtp_unwrap_timestamp (gint64 near, guint32 timestamp)
{
  return near + (gint32) (timestamp - (guint32) near);
}
