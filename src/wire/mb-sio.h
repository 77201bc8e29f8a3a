/* mb-sio.h: Socket.IO 5 packets, and events put together with their attachments
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-json-scan.h"

/* Attachments of one packet. */
#define MB_SIO_ATTACHMENTS_MAX 10
#define MB_SIO_NAMESPACE_MAX 256
#define MB_SIO_NO_ACK ((gint64) -1)

typedef enum {
  MB_SIO_CONNECT,
  MB_SIO_DISCONNECT,
  MB_SIO_EVENT,
  MB_SIO_ACK,
  MB_SIO_CONNECT_ERROR,
  MB_SIO_BINARY_EVENT,
  MB_SIO_BINARY_ACK,
} MbSioType;

/**
 * MbSioPacket:
 * @type: its type; a reader may treat the binary ones like the others, with @n_attachments
 * @n_attachments: binary packets that follow it, 0 to 10
 * @nsp: the namespace, "/" where the packet names none
 * @ack_id: MB_SIO_NO_ACK, or the id of the acknowledgement that is wanted or given
 * @payload: checked JSON, or absent: an object for CONNECT, an array whose first item is the name for
 *     an event, an array for an acknowledgement, a string or object for CONNECT_ERROR
 *
 * Its spans point into the text that it was parsed from.
 */
typedef struct {
  MbSioType type;
  unsigned int n_attachments;
  MbJsonSpan nsp;
  gint64 ack_id;
  MbJsonSpan payload;
} MbSioPacket;

/**
 * MbSioResult:
 * @MB_SIO_FAILED: the error is set; the other side broke the protocol, close it
 * @MB_SIO_MORE: attachments are still to come
 * @MB_SIO_PACKET: a packet is whole
 */
typedef enum {
  MB_SIO_FAILED,
  MB_SIO_MORE,
  MB_SIO_PACKET,
} MbSioResult;

/* Packets of one connection with their attachments. */
typedef struct _MbSioDecoder MbSioDecoder;

gboolean mb_sio_parse (
    const char *text, gsize length, unsigned int max_depth, MbSioPacket *packet, GError **error);
gboolean mb_sio_packet_is_in (const MbSioPacket *packet, const char *nsp);
gboolean mb_sio_check_placeholders (MbJsonSpan value, unsigned int n_attachments, GError **error);

void mb_sio_append_header (
    GString *out, MbSioType type, unsigned int n_attachments, const char *nsp, gint64 ack_id);

MbSioDecoder *mb_sio_decoder_new (unsigned int max_depth, gsize max_bytes);
void mb_sio_decoder_free (MbSioDecoder *self);
MbSioResult mb_sio_decoder_take_text (MbSioDecoder *self, const char *text, gsize length,
    MbSioPacket *packet, GPtrArray **attachments, GError **error);
MbSioResult mb_sio_decoder_take_binary (MbSioDecoder *self, const void *data, gsize length,
    MbSioPacket *packet, GPtrArray **attachments, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSioDecoder, mb_sio_decoder_free)
