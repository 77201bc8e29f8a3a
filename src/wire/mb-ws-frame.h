/* mb-ws-frame.h: RFC 6455 frames: bytes in, whole messages out, and the other way
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_WS_FRAGMENTS_MAX 128
#define MB_WS_CONTROL_MAX 125
#define MB_WS_HEADER_MAX 14

#define MB_WS_CLOSE_NORMAL 1000
#define MB_WS_CLOSE_GOING_AWAY 1001
#define MB_WS_CLOSE_PROTOCOL 1002
#define MB_WS_CLOSE_UNSUPPORTED 1003
#define MB_WS_CLOSE_NO_STATUS 1005
#define MB_WS_CLOSE_ABNORMAL 1006
#define MB_WS_CLOSE_NOT_UTF8 1007
#define MB_WS_CLOSE_POLICY 1008
#define MB_WS_CLOSE_TOO_LARGE 1009
#define MB_WS_CLOSE_INTERNAL 1011
#define MB_WS_CLOSE_TRY_LATER 1013

/**
 * MbWsSide:
 * @MB_WS_SERVER: we are the server: what comes in is masked, what goes out is not
 * @MB_WS_CLIENT: we are the client: the other way round
 */
typedef enum {
  MB_WS_SERVER,
  MB_WS_CLIENT,
} MbWsSide;

typedef enum {
  MB_WS_CONTINUATION = 0,
  MB_WS_TEXT = 1,
  MB_WS_BINARY = 2,
  MB_WS_CLOSE = 8,
  MB_WS_PING = 9,
  MB_WS_PONG = 10,
} MbWsOpcode;

/**
 * MbWsMessage:
 * @opcode: never MB_WS_CONTINUATION
 * @data: the unmasked payload, put together; UTF-8 if text. Not owned, not terminated; good until
 *     the parser is called again
 * @length: of @data, in bytes
 */
typedef struct {
  MbWsOpcode opcode;
  const guint8 *data;
  gsize length;
} MbWsMessage;

/**
 * MbWsResult:
 * @MB_WS_FAILED: the error is set and the close code told; nothing further is parsed
 * @MB_WS_MORE: all input is used up
 * @MB_WS_MESSAGE: a message or control frame
 */
typedef enum {
  MB_WS_FAILED,
  MB_WS_MORE,
  MB_WS_MESSAGE,
} MbWsResult;

typedef struct _MbWsParser MbWsParser;

MbWsParser *mb_ws_parser_new (MbWsSide side, gsize max_message_bytes);
void mb_ws_parser_free (MbWsParser *self);
void mb_ws_parser_feed (MbWsParser *self, guint8 *data, gsize length);
MbWsResult mb_ws_parser_next (
    MbWsParser *self, MbWsMessage *message, guint16 *close_code, GError **error);
gboolean mb_ws_parser_is_inside_message (MbWsParser *self);

gsize mb_ws_write_header (
    guint8 header[MB_WS_HEADER_MAX], MbWsOpcode opcode, gsize length, const guint8 *mask_key);
void mb_ws_mask (guint8 *data, gsize length, const guint8 mask_key[4], gsize offset);
void mb_ws_append_frame (
    GByteArray *out, MbWsOpcode opcode, const void *data, gsize length, const guint8 *mask_key);

gsize mb_ws_write_close (guint8 payload[MB_WS_CONTROL_MAX], guint16 code, const char *reason);
gboolean mb_ws_parse_close (
    const guint8 *payload, gsize length, guint16 *code, char **reason, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWsParser, mb_ws_parser_free)
