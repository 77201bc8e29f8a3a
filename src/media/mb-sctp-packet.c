/* mb-sctp-packet.c: SCTP packets, chunk by chunk; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sctp-packet.h"

#define CASTAGNOLI 0x82f63b78u /* the polynomial of CRC32c, bits reversed */
#define CHECKSUM_AT 8

static const guint32 *
get_table (void)
{
  static gsize ready = 0;
  static guint32 table[256];

  if (g_once_init_enter (&ready)) {
    for (guint32 i = 0; i < G_N_ELEMENTS (table); i++) {
      guint32 value = i;

      for (int bit = 0; bit < 8; bit++)
        value = (value & 1) != 0 ? value >> 1 ^ CASTAGNOLI : value >> 1;
      table[i] = value;
    }
    g_once_init_leave (&ready, 1);
  }
  return table;
}

/**
 * mb_sctp_checksum:
 *
 * Returns: CRC32c of @data, with the four bytes of the checksum's own place taken for 0
 */
guint32
mb_sctp_checksum (const guint8 *data, gsize size)
{
  const guint32 *table = get_table ();
  guint32 value = G_MAXUINT32;

  for (gsize i = 0; i < size; i++) {
    guint8 byte = i >= CHECKSUM_AT && i < CHECKSUM_AT + 4 ? 0 : data[i];

    value = table[(value ^ byte) & 0xff] ^ value >> 8;
  }
  return ~value;
}

guint16
mb_sctp_get_16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

guint32
mb_sctp_get_32 (const guint8 *data)
{
  return (guint32) mb_sctp_get_16 (data) << 16 | mb_sctp_get_16 (data + 2);
}

void
mb_sctp_packet_add_16 (GByteArray *packet, guint16 number)
{
  const guint8 bytes[] = {(guint8) (number >> 8), (guint8) number};

  g_byte_array_append (packet, bytes, sizeof bytes);
}

void
mb_sctp_packet_add_32 (GByteArray *packet, guint32 number)
{
  mb_sctp_packet_add_16 (packet, (guint16) (number >> 16));
  mb_sctp_packet_add_16 (packet, (guint16) number);
}

/**
 * mb_sctp_packet_is_intact:
 *
 * Returns: whether it has a header and the right checksum (which goes least byte first)
 */
gboolean
mb_sctp_packet_is_intact (const guint8 *packet, gsize size)
{
  guint32 told;

  if (size < MB_SCTP_HEADER_SIZE + MB_SCTP_CHUNK_HEADER_SIZE)
    return FALSE;
  told = GUINT32_SWAP_LE_BE (mb_sctp_get_32 (packet + CHECKSUM_AT));
  return told == mb_sctp_checksum (packet, size);
}

/**
 * mb_sctp_packet_new:
 * @port: of both ends
 * @tag: the peer's verification tag
 *
 * Returns: (transfer full): a packet without chunks
 */
GByteArray *
mb_sctp_packet_new (guint16 port, guint32 tag)
{
  GByteArray *packet = g_byte_array_new ();

  mb_sctp_packet_add_16 (packet, port);
  mb_sctp_packet_add_16 (packet, port);
  mb_sctp_packet_add_32 (packet, tag);
  mb_sctp_packet_add_32 (packet, 0);
  return packet;
}

/**
 * mb_sctp_packet_finish:
 *
 * Puts the checksum in.
 */
void
mb_sctp_packet_finish (GByteArray *packet)
{
  guint32 checksum = mb_sctp_checksum (packet->data, packet->len);

  for (unsigned int i = 0; i < 4; i++)
    packet->data[CHECKSUM_AT + i] = (guint8) (checksum >> 8 * i);
}

/**
 * mb_sctp_packet_begin_chunk:
 *
 * Returns: where it is, for mb_sctp_packet_end_chunk()
 */
gsize
mb_sctp_packet_begin_chunk (GByteArray *packet, guint8 type, guint8 flags)
{
  gsize at = packet->len;
  const guint8 header[] = {type, flags, 0, 0};

  g_byte_array_append (packet, header, sizeof header);
  return at;
}

/**
 * mb_sctp_packet_end_chunk:
 *
 * Writes its length, and fills up to four bytes.
 */
void
mb_sctp_packet_end_chunk (GByteArray *packet, gsize at)
{
  static const guint8 zeros[3] = {0};
  gsize size = packet->len - at;

  packet->data[at + 2] = (guint8) (size >> 8);
  packet->data[at + 3] = (guint8) size;
  g_byte_array_append (packet, zeros, (guint) (-size & 3));
}

static gboolean
next (MbSctpReader *self, const guint8 **value, gsize *size)
{
  gsize length;
  gsize padded;

  if (self->left < MB_SCTP_CHUNK_HEADER_SIZE)
    return FALSE;
  length = mb_sctp_get_16 (self->at + 2);
  if (length < MB_SCTP_CHUNK_HEADER_SIZE || length > self->left)
    return FALSE;
  *value = self->at + MB_SCTP_CHUNK_HEADER_SIZE;
  *size = length - MB_SCTP_CHUNK_HEADER_SIZE;
  padded = MIN ((length + 3) & ~(gsize) 3, self->left);
  self->at += padded;
  self->left -= padded;
  return TRUE;
}

/**
 * mb_sctp_reader_next_chunk:
 *
 * Returns: FALSE at the end, and where a length is wrong
 */
gboolean
mb_sctp_reader_next_chunk (MbSctpReader *self, MbSctpChunk *chunk)
{
  const guint8 *header = self->at;

  if (!next (self, &chunk->value, &chunk->size))
    return FALSE;
  chunk->type = header[0];
  chunk->flags = header[1];
  return TRUE;
}

/**
 * mb_sctp_reader_next_parameter:
 *
 * Returns: FALSE at the end, and where a length is wrong
 */
gboolean
mb_sctp_reader_next_parameter (MbSctpReader *self, guint16 *type, const guint8 **value, gsize *size)
{
  const guint8 *header = self->at;

  if (!next (self, value, size))
    return FALSE;
  *type = mb_sctp_get_16 (header);
  return TRUE;
}
