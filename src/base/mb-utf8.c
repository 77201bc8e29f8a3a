/* mb-utf8.c: whether bytes are UTF-8, fast where they are ASCII
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * g_utf8_validate() takes U+0000 for an error, which WebSocket text and JSON checks have to tell
 * apart, and goes byte by byte; signaling is nearly all ASCII.
 */
#include "mb-utf8.h"

#include <string.h>

#define HIGH_BITS G_GUINT64_CONSTANT (0x8080808080808080)

/**
 * mb_utf8_get_sequence:
 * @bytes: where a character starts whose first byte is 0x80 or more
 * @left: how many bytes there are, at least one
 *
 * The second byte's range depends on the first: no overlong forms, no surrogates, nothing over
 * U+10FFFF.
 *
 * Returns: its length, 2 to 4 bytes; 0 if it is not well formed. Thread: any.
 */
gsize
mb_utf8_get_sequence (const void *bytes, gsize left)
{
  const guint8 *at = bytes;
  guint8 first = at[0];
  guint8 low = 0x80;
  guint8 high = 0xbf;
  gsize length;

  if (first >= 0xc2 && first <= 0xdf)
    length = 2;
  else if (first >= 0xe0 && first <= 0xef)
    length = 3;
  else if (first >= 0xf0 && first <= 0xf4)
    length = 4;
  else
    return 0;
  if (left < length)
    return 0;
  if (first == 0xe0)
    low = 0xa0;
  else if (first == 0xed)
    high = 0x9f;
  else if (first == 0xf0)
    low = 0x90;
  else if (first == 0xf4)
    high = 0x8f;
  if (at[1] < low || at[1] > high)
    return 0;
  for (gsize i = 2; i < length; i++) {
    if ((at[i] & 0xc0) != 0x80)
      return 0;
  }
  return length;
}

/**
 * mb_utf8_is_valid:
 * @bytes: (array length=length) (nullable): the bytes
 * @length: how many
 *
 * U+0000 is a character like any other.
 *
 * Returns: whether they are whole, well-formed UTF-8 (RFC 3629). Thread: any.
 */
gboolean
mb_utf8_is_valid (const void *bytes, gsize length)
{
  const guint8 *at = bytes;
  const guint8 *end;

  if (length == 0)
    return TRUE;
  end = at + length;
  while (at < end) {
    guint64 word;

    if ((gsize) (end - at) >= sizeof word) {
      memcpy (&word, at, sizeof word);
      if ((word & HIGH_BITS) == 0) {
        at += sizeof word;
        continue;
      }
    }
    if (*at < 0x80) {
      at++;
    } else {
      gsize step = mb_utf8_get_sequence (at, (gsize) (end - at));

      if (step == 0)
        return FALSE;
      at += step;
    }
  }
  return TRUE;
}

/**
 * mb_utf8_fit:
 * @text: well-formed UTF-8
 * @length: its length in bytes
 * @max_bytes: the room there is
 *
 * Returns: how many bytes of @text fit without cutting a character apart. Thread: any.
 */
gsize
mb_utf8_fit (const char *text, gsize length, gsize max_bytes)
{
  gsize fit = max_bytes;

  if (length <= max_bytes)
    return length;
  while (fit > 0 && ((guint8) text[fit] & 0xc0) == 0x80)
    fit--;
  return fit;
}
