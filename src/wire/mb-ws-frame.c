/* mb-ws-frame.c: RFC 6455 frames: bytes in, whole messages out, and the other way
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames are unmasked and handed out where they stand in the caller's read buffer; only what is left
 * over at its end (half a frame) or stands in fragments is copied. A connection that waits for its
 * next message owns no buffer at all, so that ten thousand idle ones cost nothing here.
 */
#include "mb-ws-frame.h"

#include <string.h>

#include "mb-error.h"
#include "mb-utf8.h"

#define FIN 0x80
#define RESERVED_BITS 0x70
#define MASKED 0x80
#define LENGTH_16 126
#define LENGTH_64 127

struct _MbWsParser {
  MbWsSide side;
  gsize max_message_bytes;
  guint8 *input;       /* (nullable) not owned: what was fed, or own->data */
  gsize n_input;       /* bytes left in it */
  GByteArray *own;     /* (nullable) half a frame, and what came behind it */
  GByteArray *message; /* (nullable) fragments so far */
  MbWsOpcode opcode;   /* of the fragmented message; MB_WS_CONTINUATION: none is open */
  unsigned int n_fragments;
  gboolean is_over; /* closed or failed: nothing more is parsed */
};

typedef struct {
  gboolean is_final;
  MbWsOpcode opcode;
  gsize header_length;
  gsize length; /* of the payload */
  guint8 mask_key[4];
} Frame;

/**
 * mb_ws_parser_new:
 * @side: which side we are
 * @max_message_bytes: the size of a whole message, fragments added up
 *
 * Returns: (transfer full): a parser for one connection.
 */
MbWsParser *
mb_ws_parser_new (MbWsSide side, gsize max_message_bytes)
{
  MbWsParser *self = g_new0 (MbWsParser, 1);

  self->side = side;
  self->max_message_bytes = max_message_bytes;
  return self;
}

void
mb_ws_parser_free (MbWsParser *self)
{
  g_clear_pointer (&self->own, g_byte_array_unref);
  g_clear_pointer (&self->message, g_byte_array_unref);
  g_free (self);
}

/**
 * mb_ws_parser_feed:
 * @data: (array length=length): what was read; unmasked in place
 * @length: how many bytes
 *
 * @data has to stay until mb_ws_parser_next() returned %MB_WS_MORE or %MB_WS_FAILED, which it must be
 * called for before more is fed.
 */
void
mb_ws_parser_feed (MbWsParser *self, guint8 *data, gsize length)
{
  if (self->is_over || length == 0)
    return;
  g_return_if_fail (self->n_input == 0);

  if (self->own != NULL) {
    g_byte_array_append (self->own, data, (unsigned int) length);
    self->input = self->own->data;
    self->n_input = self->own->len;
  } else {
    self->input = data;
    self->n_input = length;
  }
}

/**
 * mb_ws_parser_is_inside_message:
 *
 * Returns: whether half a frame or an unfinished message is waiting: what a deadline is for.
 */
gboolean
mb_ws_parser_is_inside_message (MbWsParser *self)
{
  return self->own != NULL || self->opcode != MB_WS_CONTINUATION;
}

static MbWsResult
fail (MbWsParser *self, guint16 code, const char *what, guint16 *close_code, GError **error)
{
  self->is_over = TRUE;
  self->input = NULL;
  self->n_input = 0;
  g_clear_pointer (&self->own, g_byte_array_unref);
  g_clear_pointer (&self->message, g_byte_array_unref);
  *close_code = code;
  g_set_error (error, MB_ERROR,
      code == MB_WS_CLOSE_TOO_LARGE ? MB_ERROR_TOO_LARGE : MB_ERROR_BAD_REQUEST, "WebSocket %s",
      what);
  return MB_WS_FAILED;
}

/* Keeps the rest for the next read. */
static MbWsResult
wait_for_more (MbWsParser *self)
{
  if (self->n_input == 0) {
    g_clear_pointer (&self->own, g_byte_array_unref);
  } else if (self->own == NULL) {
    self->own = g_byte_array_new ();
    g_byte_array_append (self->own, self->input, (unsigned int) self->n_input);
  } else {
    g_byte_array_remove_range (self->own, 0, (unsigned int) (self->own->len - self->n_input));
  }
  self->input = NULL;
  self->n_input = 0;
  return MB_WS_MORE;
}

static gboolean
is_control (MbWsOpcode opcode)
{
  return (opcode & 0x8) != 0;
}

static gboolean
is_known (unsigned int opcode)
{
  return opcode <= MB_WS_BINARY || (opcode >= MB_WS_CLOSE && opcode <= MB_WS_PONG);
}

/* RFC 6455 5.2, 5.4, 5.5: what the first two bytes alone can get wrong. Returns NULL if nothing. */
static const char *
check_first_bytes (MbWsParser *self, const guint8 *bytes)
{
  unsigned int opcode = bytes[0] & 0x0f;
  gboolean is_masked = (bytes[1] & MASKED) != 0;

  if ((bytes[0] & RESERVED_BITS) != 0)
    return "frame has reserved bits";
  if (!is_known (opcode))
    return "frame has an unknown opcode";
  if (is_masked != (self->side == MB_WS_SERVER))
    return is_masked ? "frame from a server is masked" : "frame from a client is not masked";
  if (is_control (opcode)) {
    if ((bytes[0] & FIN) == 0)
      return "control frame is fragmented";
    if ((bytes[1] & 0x7f) > MB_WS_CONTROL_MAX)
      return "control frame is too long";
    return NULL;
  }
  if (opcode == MB_WS_CONTINUATION && self->opcode == MB_WS_CONTINUATION)
    return "continuation comes without a beginning";
  if (opcode != MB_WS_CONTINUATION && self->opcode != MB_WS_CONTINUATION)
    return "message begins inside another";
  return NULL;
}

static guint64
read_big_endian (const guint8 *bytes, gsize n_bytes)
{
  guint64 value = 0;

  for (gsize i = 0; i < n_bytes; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* Reads a frame's header. Returns MB_WS_MESSAGE if it is whole, its payload perhaps not yet. */
static MbWsResult
read_header (MbWsParser *self, Frame *frame, guint16 *close_code, GError **error)
{
  const guint8 *bytes = self->input;
  const char *problem;
  guint64 length;
  gsize n_length = 0;

  if (self->n_input < 2)
    return MB_WS_MORE;
  problem = check_first_bytes (self, bytes);
  if (problem != NULL)
    return fail (self, MB_WS_CLOSE_PROTOCOL, problem, close_code, error);
  length = bytes[1] & 0x7f;
  if (length >= LENGTH_16)
    n_length = length == LENGTH_16 ? 2 : 8;
  frame->header_length = 2 + n_length + (self->side == MB_WS_SERVER ? 4 : 0);
  if (self->n_input < frame->header_length)
    return MB_WS_MORE;
  if (n_length > 0) {
    length = read_big_endian (bytes + 2, n_length);
    if (length < LENGTH_16 || (n_length == 8 && length <= G_MAXUINT16) || length > G_MAXINT64)
      return fail (self, MB_WS_CLOSE_PROTOCOL, "frame has a malformed length", close_code, error);
  }
  frame->is_final = (bytes[0] & FIN) != 0;
  frame->opcode = (MbWsOpcode) (bytes[0] & 0x0f);
  if (!is_control (frame->opcode)) {
    gsize so_far = self->message != NULL ? self->message->len : 0;

    if (length > self->max_message_bytes - so_far)
      return fail (self, MB_WS_CLOSE_TOO_LARGE, "message is too large", close_code, error);
  }
  frame->length = (gsize) length;
  if (self->side == MB_WS_SERVER)
    memcpy (frame->mask_key, bytes + 2 + n_length, sizeof frame->mask_key);
  return MB_WS_MESSAGE;
}

/* Takes a frame of a message that comes in parts. Returns MB_WS_MORE if parts are to come. */
static MbWsResult
take_fragment (MbWsParser *self, const Frame *frame, const guint8 *payload, MbWsMessage *message,
    guint16 *close_code, GError **error)
{
  if (self->message == NULL)
    self->message = g_byte_array_new ();
  if (frame->opcode != MB_WS_CONTINUATION) {
    self->opcode = frame->opcode;
    self->n_fragments = 0;
  }
  if (++self->n_fragments > MB_WS_FRAGMENTS_MAX)
    return fail (self, MB_WS_CLOSE_TOO_LARGE, "message has too many fragments", close_code, error);
  g_byte_array_append (self->message, payload, (unsigned int) frame->length);
  if (!frame->is_final)
    return MB_WS_MORE;
  *message = (MbWsMessage){self->opcode, self->message->data, self->message->len};
  self->opcode = MB_WS_CONTINUATION;
  return MB_WS_MESSAGE;
}

/* 5.5.1: a close frame is empty, or a code that may be sent and a reason. */
static MbWsResult
check_close (MbWsParser *self, const MbWsMessage *message, guint16 *close_code, GError **error)
{
  guint16 code;
  gboolean is_text =
      message->length < 2 || mb_utf8_is_valid (message->data + 2, message->length - 2);

  if (!is_text)
    return fail (self, MB_WS_CLOSE_NOT_UTF8, "close reason is not UTF-8", close_code, error);
  if (!mb_ws_parse_close (message->data, message->length, &code, NULL, NULL))
    return fail (self, MB_WS_CLOSE_PROTOCOL, "close frame is malformed", close_code, error);
  self->is_over = TRUE;
  return MB_WS_MESSAGE;
}

/* The message handed out last time is no longer looked at: gives back a large buffer. */
static void
drop_last_message (MbWsParser *self)
{
  if (self->opcode == MB_WS_CONTINUATION)
    g_clear_pointer (&self->message, g_byte_array_unref);
}

/**
 * mb_ws_parser_next:
 * @message: (out): the next message or control frame
 * @close_code: (out): on failure, the code to close with
 *
 * Call it until it returns something else than %MB_WS_MESSAGE. Control frames come between the
 * fragments of a message, as on the wire; behind a close frame nothing is parsed.
 *
 * %MB_ERROR_BAD_REQUEST with 1002 for a breach of the protocol or 1007 for text that is not UTF-8;
 * %MB_ERROR_TOO_LARGE with 1009.
 */
MbWsResult
mb_ws_parser_next (MbWsParser *self, MbWsMessage *message, guint16 *close_code, GError **error)
{
  drop_last_message (self);
  while (!self->is_over) {
    Frame frame = {FALSE, MB_WS_CONTINUATION, 0, 0, {0}};
    MbWsResult result = read_header (self, &frame, close_code, error);
    guint8 *payload;

    if (result == MB_WS_FAILED)
      return result;
    if (result == MB_WS_MORE || self->n_input - frame.header_length < frame.length)
      return wait_for_more (self);
    payload = self->input + frame.header_length;
    if (self->side == MB_WS_SERVER)
      mb_ws_mask (payload, frame.length, frame.mask_key, 0);
    self->input += frame.header_length + frame.length;
    self->n_input -= frame.header_length + frame.length;
    *message = (MbWsMessage){frame.opcode, payload, frame.length};
    if (frame.opcode == MB_WS_CLOSE)
      return check_close (self, message, close_code, error);
    if (is_control (frame.opcode))
      return MB_WS_MESSAGE;
    if (!frame.is_final || frame.opcode == MB_WS_CONTINUATION) {
      result = take_fragment (self, &frame, payload, message, close_code, error);
      if (result == MB_WS_MORE)
        continue;
      if (result == MB_WS_FAILED)
        return result;
    }
    if (message->opcode == MB_WS_TEXT && !mb_utf8_is_valid (message->data, message->length))
      return fail (self, MB_WS_CLOSE_NOT_UTF8, "text is not UTF-8", close_code, error);
    return MB_WS_MESSAGE;
  }
  self->n_input = 0;
  return MB_WS_MORE;
}

/**
 * mb_ws_mask:
 * @data: (array length=length) (inout): what is masked or unmasked, the same thing
 * @mask_key: the key, as it stands in the frame
 * @offset: how far into the frame @data begins
 *
 * Thread: any.
 */
void
mb_ws_mask (guint8 *data, gsize length, const guint8 mask_key[4], gsize offset)
{
  guint8 key[8];
  guint64 key_word;
  gsize i = 0;

  for (gsize k = 0; k < sizeof key; k++)
    key[k] = mask_key[(offset + k) % 4];
  memcpy (&key_word, key, sizeof key_word);
  for (; length - i >= sizeof key_word; i += sizeof key_word) {
    guint64 word;

    memcpy (&word, data + i, sizeof word);
    word ^= key_word;
    memcpy (data + i, &word, sizeof word);
  }
  for (; i < length; i++)
    data[i] ^= key[i % sizeof key];
}

/**
 * mb_ws_write_header:
 * @header: (out caller-allocates): the header
 * @length: of the payload, in bytes
 * @mask_key: (nullable): the key if we are the client: random, new for each frame (5.3)
 *
 * A message goes out as one frame. Thread: any.
 *
 * Returns: how many bytes of @header are used.
 */
gsize
mb_ws_write_header (
    guint8 header[MB_WS_HEADER_MAX], MbWsOpcode opcode, gsize length, const guint8 *mask_key)
{
  guint8 masked = mask_key != NULL ? MASKED : 0;
  gsize n_length = 0;

  header[0] = FIN | (guint8) opcode;
  if (length < LENGTH_16) {
    header[1] = masked | (guint8) length;
  } else {
    n_length = length <= G_MAXUINT16 ? 2 : 8;
    header[1] = masked | (n_length == 2 ? LENGTH_16 : LENGTH_64);
    for (gsize i = 0; i < n_length; i++)
      header[2 + i] = (guint8) ((guint64) length >> (8 * (n_length - 1 - i)));
  }
  if (mask_key == NULL)
    return 2 + n_length;
  memcpy (header + 2 + n_length, mask_key, 4);
  return 2 + n_length + 4;
}

/**
 * mb_ws_append_frame:
 * @data: (nullable): the payload; copied, and masked if there is a key
 * @mask_key: (nullable): see mb_ws_write_header()
 *
 * Thread: any.
 */
void
mb_ws_append_frame (
    GByteArray *out, MbWsOpcode opcode, const void *data, gsize length, const guint8 *mask_key)
{
  guint8 header[MB_WS_HEADER_MAX];
  gsize n_header = mb_ws_write_header (header, opcode, length, mask_key);

  g_byte_array_append (out, header, (unsigned int) n_header);
  if (length == 0)
    return;
  g_byte_array_append (out, data, (unsigned int) length);
  if (mask_key != NULL)
    mb_ws_mask (out->data + out->len - length, length, mask_key, 0);
}

/**
 * mb_ws_write_close:
 * @payload: (out caller-allocates): the payload of a close frame
 * @code: why; %MB_WS_CLOSE_NO_STATUS for an empty payload
 * @reason: (nullable): UTF-8 for people, cut to 123 bytes
 *
 * Thread: any.
 *
 * Returns: how many bytes of @payload are used.
 */
gsize
mb_ws_write_close (guint8 payload[MB_WS_CONTROL_MAX], guint16 code, const char *reason)
{
  gsize length;

  if (code == MB_WS_CLOSE_NO_STATUS)
    return 0;
  payload[0] = (guint8) (code >> 8);
  payload[1] = (guint8) (code & 0xff);
  if (reason == NULL)
    return 2;
  length = mb_utf8_fit (reason, strlen (reason), MB_WS_CONTROL_MAX - 2);
  memcpy (payload + 2, reason, length);
  return 2 + length;
}

/* 7.4: those that are registered and may stand in a frame, and those for frameworks and apps. */
static gboolean
is_close_code (guint16 code)
{
  if (code >= 3000 && code <= 4999)
    return TRUE;
  return code >= 1000 && code <= 1014 && code != 1004 && code != MB_WS_CLOSE_NO_STATUS &&
         code != MB_WS_CLOSE_ABNORMAL;
}

/**
 * mb_ws_parse_close:
 * @payload: of a close frame
 * @code: (out): why; %MB_WS_CLOSE_NO_STATUS if it does not tell
 * @reason: (out) (optional) (transfer full): text for people, perhaps empty
 *
 * %MB_ERROR_BAD_REQUEST for half a code, one that may not be sent, or a reason that is not UTF-8.
 * Thread: any.
 */
gboolean
mb_ws_parse_close (
    const guint8 *payload, gsize length, guint16 *code, char **reason, GError **error)
{
  guint16 number = MB_WS_CLOSE_NO_STATUS;
  gsize n_reason = length > 2 ? length - 2 : 0;

  if (length >= 2)
    number = (guint16) (payload[0] << 8 | payload[1]);
  if (length == 1 || (length >= 2 && !is_close_code (number)) ||
      (n_reason > 0 && !mb_utf8_is_valid (payload + 2, n_reason))) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_BAD_REQUEST, "WebSocket close frame is malformed");
    return FALSE;
  }
  *code = number;
  if (reason != NULL)
    *reason = g_strndup (n_reason > 0 ? (const char *) payload + 2 : "", n_reason);
  return TRUE;
}
