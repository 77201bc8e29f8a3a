/* mb-ws-frame.c: the same messages come out however the bytes are cut, and when they are sent again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte's lowest bit is the side, the rest of it the size of the pieces.
 */
#include "mb-ws-frame.h"

#include <string.h>

#include "fuzz.h"
#include "mb-utf8.h"

#define LIMIT 1000
#define FIN 0x80
/* Up to here an input is cut at each of its bytes. */
#define EVERY_CUT_MAX 64
#define BETWEEN "between"

typedef struct {
  MbWsSide side;
  GString *seen;     /* what came out, in a form that can be compared */
  GByteArray *whole; /* (nullable) the same messages again, each in one frame */
  GByteArray *parts; /* (nullable) and in fragments, with a ping between */
  guint16 code;      /* that it failed with; 0 means it did not */
} Run;

/* Two fragments of a message, and a ping between them that take_message() passes over. */
static void
append_parts (GByteArray *out, const MbWsMessage *message, const guint8 *mask)
{
  gsize half = message->length / 2;
  const guint8 *rest = half == 0 ? message->data : message->data + half;
  guint start = out->len;

  mb_ws_append_frame (out, message->opcode, message->data, half, mask);
  out->data[start] &= (guint8) ~FIN;
  mb_ws_append_frame (out, MB_WS_PING, BETWEEN, strlen (BETWEEN), mask);
  mb_ws_append_frame (out, MB_WS_CONTINUATION, rest, message->length - half, mask);
}

static void
take_message (Run *run, const MbWsMessage *message)
{
  static const guint8 KEY[4] = {0xff, 0x01, 0x80, 0x00};
  const guint8 *mask = run->side == MB_WS_SERVER ? KEY : NULL;

  g_assert_cmpuint (message->length, <=, LIMIT);
  g_assert_cmpint (message->opcode, !=, MB_WS_CONTINUATION);
  if (message->opcode == MB_WS_TEXT)
    g_assert_true (mb_utf8_is_valid (message->data, message->length));
  if (message->opcode == MB_WS_PING && message->length == strlen (BETWEEN) &&
      memcmp (message->data, BETWEEN, message->length) == 0)
    return;
  g_string_append_printf (run->seen, "%x:", (unsigned int) message->opcode);
  g_string_append_len (run->seen, (const char *) message->data, (gssize) message->length);
  if (run->whole == NULL)
    return;
  mb_ws_append_frame (run->whole, message->opcode, message->data, message->length, mask);
  if (message->opcode == MB_WS_TEXT || message->opcode == MB_WS_BINARY)
    append_parts (run->parts, message, mask);
  else
    mb_ws_append_frame (run->parts, message->opcode, message->data, message->length, mask);
}

static void
take_piece (Run *run, MbWsParser *parser, const guint8 *bytes, gsize length)
{
  g_autofree guint8 *piece = g_memdup2 (bytes, length);
  g_autoptr (GError) error = NULL;
  MbWsMessage message;
  MbWsResult result;
  guint16 code = 0;

  mb_ws_parser_feed (parser, piece, length);
  while ((result = mb_ws_parser_next (parser, &message, &code, &error)) == MB_WS_MESSAGE)
    take_message (run, &message);
  if (result == MB_WS_MORE)
    return;
  g_assert_nonnull (error);
  g_assert_true (code == MB_WS_CLOSE_PROTOCOL || code == MB_WS_CLOSE_NOT_UTF8 ||
                 code == MB_WS_CLOSE_TOO_LARGE);
  g_assert_cmpuint (run->code, ==, 0);
  run->code = code;
}

/* A first piece, and what is left in pieces of @step bytes. */
static void
feed (Run *run, const guint8 *bytes, gsize length, gsize first, gsize step)
{
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (run->side, LIMIT);
  gsize n_piece = MIN (first, length);

  for (gsize at = 0; at < length; at += n_piece, n_piece = MIN (step, length - at))
    take_piece (run, parser, bytes + at, n_piece);
}

static void
expect (const Run *known, guint16 code, const guint8 *bytes, gsize length, gsize first, gsize step)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  Run run = {.side = known->side, .seen = seen};

  feed (&run, bytes, length, first, step);
  g_assert_cmpmem (seen->str, seen->len, known->seen->str, known->seen->len);
  g_assert_cmpuint (run.code, ==, code);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) parts = g_byte_array_new ();
  Run run = {.seen = seen, .whole = whole, .parts = parts};
  gsize step;

  if (length < 2)
    return 0;
  run.side = (bytes[0] & 1) != 0 ? MB_WS_CLIENT : MB_WS_SERVER;
  step = (bytes[0] >> 1) + 1U;
  bytes++;
  length--;
  feed (&run, bytes, length, length, 1);
  expect (&run, run.code, bytes, length, step, step);
  for (gsize cut = 1; cut < length && length <= EVERY_CUT_MAX; cut++)
    expect (&run, run.code, bytes, length, cut, length);
  /* What came out before a failure is no failure when we write it. */
  expect (&run, 0, whole->data, whole->len, whole->len, 1);
  expect (&run, 0, parts->data, parts->len, parts->len, 1);
  return 0;
}
