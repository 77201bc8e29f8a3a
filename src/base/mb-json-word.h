/* mb-json-word.h: steps through JSON text, eight bytes at a time where that is possible
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For code that walks text itself, as mb-json-scan and mb-json-span do.
 */
#pragma once

#include <glib.h>
#include <string.h>

#define MB_WORD_ONES G_GUINT64_CONSTANT (0x0101010101010101)
#define MB_WORD_HIGHS G_GUINT64_CONSTANT (0x8080808080808080)

/* A high bit is set in each byte that is less than @limit. In a word read as little endian the lowest
 * such bit is exact; those above it may be carried. */
static inline guint64
mb_word_less (guint64 word, guint8 limit)
{
  return (word - MB_WORD_ONES * limit) & ~word & MB_WORD_HIGHS;
}

/* The same for each byte that is @byte. */
static inline guint64
mb_word_find (guint64 word, guint8 byte)
{
  return mb_word_less (word ^ (MB_WORD_ONES * byte), 1);
}

static inline guint64
mb_word_load (const char *at)
{
  guint64 word;

  memcpy (&word, at, sizeof word);
  return GUINT64_FROM_LE (word);
}

static inline gboolean
mb_json_is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *
mb_json_skip_space (const char *at, const char *end)
{
  while (at < end && mb_json_is_space (*at))
    at++;
  return at;
}

const char *mb_json_skip_string (const char *at, const char *end);
