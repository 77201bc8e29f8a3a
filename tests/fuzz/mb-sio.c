/* mb-sio.c: a packet that is parsed can be built again and means the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines are text and binary packets of one connection: a line that begins with 'b' is binary.
 */
#include "mb-sio.h"

#include <string.h>

#include "fuzz.h"
#include "mb-json-scan.h"

#define DEPTH 64

static gboolean
spans_equal (MbJsonSpan a, MbJsonSpan b)
{
  if (a.text == NULL || b.text == NULL)
    return a.text == b.text;
  return a.length == b.length && memcmp (a.text, b.text, a.length) == 0;
}

static gboolean
is_number_below (MbJsonSpan number, unsigned int limit)
{
  g_autofree char *digits = g_strndup (number.text, number.length);

  return *digits != '\0' && strspn (digits, "0123456789") == number.length &&
         g_ascii_strtoull (digits, NULL, 10) < limit;
}

/* The rule for placeholders once more, the slow way. */
static gboolean
has_attachments (MbJsonSpan span, unsigned int n_attachments)
{
  MbJsonSpan flag;
  MbJsonSpan number;
  MbJsonSpan value;
  MbJsonIter iter;

  if (mb_json_find (span, "_placeholder", &flag) && flag.text[0] == 't' &&
      (!mb_json_find (span, "num", &number) || !is_number_below (number, n_attachments)))
    return FALSE;
  mb_json_iter_init (&iter, span);
  while (mb_json_iter_next (&iter, NULL, &value)) {
    if (!has_attachments (value, n_attachments))
      return FALSE;
  }
  return TRUE;
}

static void
check_placeholders (MbJsonSpan payload)
{
  for (unsigned int n = 0; n < 3; n++)
    g_assert_cmpint (
        mb_sio_check_placeholders (payload, n, NULL), ==, has_attachments (payload, n));
}

static void
check_packet (const MbSioPacket *packet)
{
  g_autofree char *nsp = g_strndup (packet->nsp.text, packet->nsp.length);
  g_autoptr (GString) text = g_string_new (NULL);
  MbSioPacket again;

  g_assert_cmpuint (packet->n_attachments, <=, MB_SIO_ATTACHMENTS_MAX);
  if (packet->payload.text != NULL)
    check_placeholders (packet->payload);
  if (strlen (nsp) != packet->nsp.length)
    return;
  mb_sio_append_header (text, packet->type, packet->n_attachments, nsp, packet->ack_id);
  if (packet->payload.text != NULL)
    g_string_append_len (text, packet->payload.text, (gssize) packet->payload.length);
  g_assert_true (mb_sio_parse (text->str, text->len, DEPTH, &again, NULL));
  g_assert_cmpint (again.type, ==, packet->type);
  g_assert_cmpint (again.ack_id, ==, packet->ack_id);
  g_assert_cmpuint (again.n_attachments, ==, packet->n_attachments);
  g_assert_true (spans_equal (again.nsp, packet->nsp));
  g_assert_true (spans_equal (again.payload, packet->payload));
}

/* Takes one line, copied to its exact size and gone when the packet is looked at later. */
static gboolean
take_line (MbSioDecoder *decoder, const char *line, gsize length)
{
  g_autofree char *copy = g_memdup2 (line, length);
  GPtrArray *attachments;
  MbSioPacket packet;
  MbSioResult result;

  if (length > 0 && line[0] == 'b')
    result =
        mb_sio_decoder_take_binary (decoder, copy + 1, length - 1, &packet, &attachments, NULL);
  else
    result = mb_sio_decoder_take_text (decoder, copy, length, &packet, &attachments, NULL);
  if (result == MB_SIO_PACKET) {
    check_packet (&packet);
    g_assert_cmpuint (attachments != NULL ? attachments->len : 0, ==, packet.n_attachments);
  }
  return result != MB_SIO_FAILED;
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (MbSioDecoder) decoder = mb_sio_decoder_new (DEPTH, 2000);
  const char *at = (const char *) bytes;
  const char *end = at + length;

  while (at < end) {
    const char *line_end = memchr (at, '\n', (gsize) (end - at));

    if (line_end == NULL)
      line_end = end;
    if (!take_line (decoder, at, (gsize) (line_end - at)))
      break;
    at = line_end < end ? line_end + 1 : end;
  }
  return 0;
}
