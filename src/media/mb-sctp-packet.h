/* mb-sctp-packet.h: SCTP packets, chunk by chunk; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SCTP_HEADER_SIZE 12
#define MB_SCTP_CHUNK_HEADER_SIZE 4

/* RFC 9260 §3.2, RFC 3758, RFC 6525. */
enum {
  MB_SCTP_DATA = 0,
  MB_SCTP_INIT = 1,
  MB_SCTP_INIT_ACK = 2,
  MB_SCTP_SACK = 3,
  MB_SCTP_HEARTBEAT = 4,
  MB_SCTP_HEARTBEAT_ACK = 5,
  MB_SCTP_ABORT = 6,
  MB_SCTP_SHUTDOWN = 7,
  MB_SCTP_SHUTDOWN_ACK = 8,
  MB_SCTP_ERROR = 9,
  MB_SCTP_COOKIE_ECHO = 10,
  MB_SCTP_COOKIE_ACK = 11,
  MB_SCTP_SHUTDOWN_COMPLETE = 14,
  MB_SCTP_RE_CONFIG = 130,
  MB_SCTP_FORWARD_TSN = 192,
};

/**
 * MbSctpChunk:
 * @value: (array length=size): what follows the chunk's header, without padding
 */
typedef struct {
  guint8 type;
  guint8 flags;
  const guint8 *value;
  gsize size;
} MbSctpChunk;

/**
 * MbSctpReader:
 *
 * Over the chunks of a packet, or over the parameters of a chunk, which have the same form but for
 * a type of two bytes.
 */
typedef struct {
  const guint8 *at;
  gsize left;
} MbSctpReader;

guint32 mb_sctp_checksum (const guint8 *data, gsize size);
gboolean mb_sctp_packet_is_intact (const guint8 *packet, gsize size);
GByteArray *mb_sctp_packet_new (guint16 port, guint32 tag);
void mb_sctp_packet_finish (GByteArray *packet);
gsize mb_sctp_packet_begin_chunk (GByteArray *packet, guint8 type, guint8 flags);
void mb_sctp_packet_end_chunk (GByteArray *packet, gsize at);
void mb_sctp_packet_add_16 (GByteArray *packet, guint16 number);
void mb_sctp_packet_add_32 (GByteArray *packet, guint32 number);

gboolean mb_sctp_reader_next_chunk (MbSctpReader *self, MbSctpChunk *chunk);
gboolean mb_sctp_reader_next_parameter (
    MbSctpReader *self, guint16 *type, const guint8 **value, gsize *size);
guint16 mb_sctp_get_16 (const guint8 *data);
guint32 mb_sctp_get_32 (const guint8 *data);
