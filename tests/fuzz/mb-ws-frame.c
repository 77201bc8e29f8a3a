/* mb-ws-frame.c: the same messages come out however the bytes are cut
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte's lowest bit is the side, the rest of it the size of the pieces.
 */
#include "mb-ws-frame.h"

#include "fuzz.h"
#include "mb-utf8.h"

#define LIMIT 1000

static void
run (MbWsSide side, const guint8 *bytes, gsize length, gsize step, GString *seen)
{
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (side, LIMIT);

  for (gsize at = 0; at < length; at += step) {
    gsize n_piece = MIN (step, length - at);
    g_autofree guint8 *piece = g_memdup2 (bytes + at, n_piece);
    g_autoptr (GError) error = NULL;
    MbWsMessage message;
    MbWsResult result;
    guint16 code = 0;

    mb_ws_parser_feed (parser, piece, n_piece);
    while ((result = mb_ws_parser_next (parser, &message, &code, &error)) == MB_WS_MESSAGE) {
      g_assert_cmpuint (message.length, <=, LIMIT);
      if (message.opcode == MB_WS_TEXT)
        g_assert_true (mb_utf8_is_valid (message.data, message.length));
      g_string_append_printf (seen, "%x:", (unsigned int) message.opcode);
      g_string_append_len (seen, (const char *) message.data, (gssize) message.length);
    }
    if (result == MB_WS_FAILED) {
      g_assert_true (code == MB_WS_CLOSE_PROTOCOL || code == MB_WS_CLOSE_NOT_UTF8 ||
                     code == MB_WS_CLOSE_TOO_LARGE);
      g_string_append_printf (seen, "!%u", code);
    }
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) pieces = g_string_new (NULL);
  MbWsSide side;

  if (length < 2)
    return 0;
  side = (bytes[0] & 1) != 0 ? MB_WS_CLIENT : MB_WS_SERVER;
  run (side, bytes + 1, length - 1, length, whole);
  run (side, bytes + 1, length - 1, (bytes[0] >> 1) + 1U, pieces);
  g_assert_cmpmem (whole->str, whole->len, pieces->str, pieces->len);
  return 0;
}
