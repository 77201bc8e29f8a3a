/* mb-eio.h: Engine.IO 4 packets and polling payloads
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Over WebSocket a text frame is one packet and a binary frame is a binary message as it is; over
 * HTTP polling a body is packets in a row, put apart by U+001E, binary ones as 'b' and base64.
 */
#pragma once

#include <glib.h>

#define MB_EIO_SID_MAX 128

typedef enum {
  MB_EIO_OPEN = '0',
  MB_EIO_CLOSE = '1',
  MB_EIO_PING = '2',
  MB_EIO_PONG = '3',
  MB_EIO_MESSAGE = '4',
  MB_EIO_UPGRADE = '5',
  MB_EIO_NOOP = '6',
} MbEioType;

/**
 * MbEioPacket:
 * @type: what it is; MB_EIO_MESSAGE for binary
 * @is_binary: a binary message: @data is its bytes, decoded
 * @data: what follows the type; not owned, not terminated
 * @length: of @data, in bytes
 */
typedef struct {
  MbEioType type;
  gboolean is_binary;
  const char *data;
  gsize length;
} MbEioPacket;

/**
 * MbEioReader:
 *
 * Walks the packets of a polling body. On the stack; mb_eio_reader_clear() when done.
 */
typedef struct {
  /*< private >*/
  const char *at; /* NULL at the end */
  const char *end;
  gboolean begun;
  GByteArray *decoded; /* (nullable) */
} MbEioReader;

/**
 * MbEioOpen:
 *
 * What an open packet says. All five are always in it.
 */
typedef struct {
  char sid[MB_EIO_SID_MAX + 1];
  gboolean upgrades_to_websocket;
  unsigned int ping_interval_ms;
  unsigned int ping_timeout_ms;
  unsigned int max_payload_bytes; /* 0: not told */
} MbEioOpen;

/**
 * MbEioRefusal:
 *
 * Why a request was not taken, with the numbers that clients know.
 */
typedef enum {
  MB_EIO_REFUSAL_UNKNOWN_TRANSPORT,
  MB_EIO_REFUSAL_UNKNOWN_SID,
  MB_EIO_REFUSAL_BAD_HANDSHAKE_METHOD,
  MB_EIO_REFUSAL_BAD_REQUEST,
  MB_EIO_REFUSAL_FORBIDDEN,
  MB_EIO_REFUSAL_UNSUPPORTED_PROTOCOL,
} MbEioRefusal;

gboolean mb_eio_parse_packet (const char *text, gsize length, MbEioPacket *packet, GError **error);

void mb_eio_reader_init (MbEioReader *reader, const char *body, gsize length);
gboolean mb_eio_reader_next (MbEioReader *reader, MbEioPacket *packet, GError **error);
void mb_eio_reader_clear (MbEioReader *reader);

gsize mb_eio_get_polling_size (gboolean is_binary, gsize length);
void mb_eio_append_packet (GString *payload, MbEioType type, const char *data, gsize length);
void mb_eio_append_binary (GString *payload, const void *data, gsize length);

void mb_eio_append_open (GString *payload, const MbEioOpen *open);
gboolean mb_eio_parse_open (const MbEioPacket *packet, MbEioOpen *open, GError **error);

unsigned int mb_eio_refusal_get_http_status (MbEioRefusal refusal);
const char *mb_eio_refusal_get_body (MbEioRefusal refusal);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbEioReader, mb_eio_reader_clear)
