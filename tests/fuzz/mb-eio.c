/* mb-eio.c: a body that is read can be built again and read the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-eio.h"

#include <string.h>

#include "fuzz.h"

/* Reads a body; builds it again into @out. */
static gboolean
read_body (const char *body, gsize length, GString *out)
{
  g_autoptr (GError) error = NULL;
  g_auto (MbEioReader) reader;
  MbEioPacket packet;
  MbEioOpen open;

  mb_eio_reader_init (&reader, body, length);
  while (mb_eio_reader_next (&reader, &packet, &error)) {
    if (packet.is_binary)
      mb_eio_append_binary (out, packet.data, packet.length);
    else
      mb_eio_append_packet (out, packet.type, packet.data, packet.length);
    if (mb_eio_parse_open (&packet, &open, NULL)) {
      g_autoptr (GString) text = g_string_new (NULL);
      MbEioOpen again;

      mb_eio_append_open (text, &open);
      g_assert_true (mb_eio_parse_packet (text->str, text->len, &packet, NULL));
      g_assert_true (mb_eio_parse_open (&packet, &again, NULL));
      g_assert_cmpstr (open.sid, ==, again.sid);
      g_assert_cmpuint (open.ping_interval_ms, ==, again.ping_interval_ms);
      g_assert_cmpuint (open.max_payload_bytes, ==, again.max_payload_bytes);
    }
  }
  return error == NULL;
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (GString) once = g_string_new (NULL);
  g_autoptr (GString) twice = g_string_new (NULL);

  if (!read_body ((const char *) bytes, length, once))
    return 0;
  g_assert_cmpuint (once->len, ==, length);
  g_assert_true (read_body (once->str, once->len, twice));
  g_assert_cmpmem (once->str, once->len, twice->str, twice->len);
  return 0;
}
