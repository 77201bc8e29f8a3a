/* mb-base64url.c: base64url without padding (RFC 4648 section 5), strictly
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One value has one spelling: a foreign character, padding, a lone character at the end or bits behind
 * the last byte make it none. GLib's decoder skips what it does not know.
 */
#include "mb-base64url.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
get_digit (char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '-')
    return 62;
  return c == '_' ? 63 : -1;
}

/**
 * mb_base64url_decode:
 * @n_bytes: (out): how many there are
 *
 * Returns: (transfer full) (nullable): the bytes and a zero behind them; %NULL where @text is none
 */
guint8 *
mb_base64url_decode (const char *text, gsize length, gsize *n_bytes)
{
  g_autofree guint8 *bytes = g_malloc (length / 4 * 3 + 4);
  unsigned int bits = 0;
  unsigned int n_bits = 0;
  gsize used = 0;

  if (length % 4 == 1)
    return NULL;
  for (gsize i = 0; i < length; i++) {
    int digit = get_digit (text[i]);

    if (digit < 0)
      return NULL;
    bits = (bits << 6 | (unsigned int) digit) & 0xfff;
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      bytes[used++] = (guint8) (bits >> n_bits);
    }
  }
  if ((bits & ((1U << n_bits) - 1)) != 0)
    return NULL;
  bytes[used] = 0;
  *n_bytes = used;
  return g_steal_pointer (&bytes);
}

/**
 * mb_base64url_append:
 */
void
mb_base64url_append (GString *out, const void *bytes, gsize length)
{
  const guint8 *at = bytes;
  unsigned int bits = 0;
  unsigned int n_bits = 0;

  for (gsize i = 0; i < length; i++) {
    bits = (bits << 8 | at[i]) & 0x3fff;
    n_bits += 8;
    while (n_bits >= 6) {
      n_bits -= 6;
      g_string_append_c (out, ALPHABET[bits >> n_bits & 63]);
    }
  }
  if (n_bits > 0)
    g_string_append_c (out, ALPHABET[bits << (6 - n_bits) & 63]);
}
