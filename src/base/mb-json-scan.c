/* mb-json-scan.c: whether text is JSON, strictly, without building anything
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 8259 to the letter. Escapes of lone surrogates are let through, since JavaScript makes them.
 * Strings are searched eight bytes at a time: signaling is mostly one long SDP string.
 */
#include "mb-json-scan.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-word.h"
#include "mb-utf8.h"

typedef enum {
  EXPECT_VALUE,
  EXPECT_VALUE_OR_CLOSE,
  EXPECT_NAME,
  EXPECT_NAME_OR_CLOSE,
  EXPECT_COMMA_OR_CLOSE,
  EXPECT_NOTHING,
} Expect;

typedef struct {
  const char *at;
  const char *end;
  const char *problem; /* (nullable) static */
  unsigned int depth;
  unsigned int max_depth;
  guint64 objects[MB_JSON_DEPTH_MAX / 64]; /* a bit a level: an object, else an array */
} Scan;

/* Goes to the next byte of a string that is not plain ASCII text, or to the end. */
static inline const char *
skip_plain (const char *at, const char *end)
{
  while ((gsize) (end - at) >= sizeof (guint64)) {
    guint64 word = mb_word_load (at);
    guint64 found = mb_word_find (word, '"') | mb_word_find (word, '\\') |
                    mb_word_less (word, 0x20) | (word & MB_WORD_HIGHS);

    if (found != 0)
      return at + (__builtin_ctzll (found) >> 3);
    at += sizeof (guint64);
  }
  while (at < end && *at != '"' && *at != '\\' && (guint8) *at >= 0x20 && (guint8) *at < 0x80)
    at++;
  return at;
}

static void
scan_escape (Scan *scan)
{
  gsize left = (gsize) (scan->end - scan->at);

  if (left >= 2 && scan->at[1] != '\0' && strchr ("\"\\/bfnrt", scan->at[1]) != NULL) {
    scan->at += 2;
    return;
  }
  if (left < 6 || scan->at[1] != 'u') {
    scan->problem = "has a bad escape in a string";
    return;
  }
  for (int i = 2; i < 6; i++) {
    if (!g_ascii_isxdigit (scan->at[i])) {
      scan->problem = "has a bad escape in a string";
      return;
    }
  }
  scan->at += 6;
}

/* At the opening quote; ends behind the closing one. */
static void
scan_string (Scan *scan)
{
  scan->at++;
  while (scan->problem == NULL) {
    guint8 c;

    scan->at = skip_plain (scan->at, scan->end);
    if (scan->at == scan->end) {
      scan->problem = "ends in the middle of a string";
      return;
    }
    c = (guint8) *scan->at;
    if (c == '"') {
      scan->at++;
      return;
    }
    if (c == '\\') {
      scan_escape (scan);
    } else if (c < 0x20) {
      scan->problem = "has a control character in a string";
    } else {
      gsize step = mb_utf8_get_sequence (scan->at, (gsize) (scan->end - scan->at));

      if (step == 0)
        scan->problem = "is not UTF-8";
      scan->at += step;
    }
  }
}

static gboolean
scan_digits (Scan *scan)
{
  const char *start = scan->at;

  while (scan->at < scan->end && g_ascii_isdigit (*scan->at))
    scan->at++;
  return scan->at > start;
}

static void
scan_number (Scan *scan)
{
  gboolean good;

  if (*scan->at == '-')
    scan->at++;
  if (scan->at < scan->end && *scan->at == '0') {
    scan->at++;
    good = TRUE;
  } else {
    good = scan_digits (scan);
  }
  if (good && scan->at < scan->end && *scan->at == '.') {
    scan->at++;
    good = scan_digits (scan);
  }
  if (good && scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
    scan->at++;
    if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
      scan->at++;
    good = scan_digits (scan);
  }
  if (!good)
    scan->problem = "has a malformed number";
}

static void
scan_word (Scan *scan, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (scan->end - scan->at) < length || memcmp (scan->at, word, length) != 0)
    scan->problem = "has an unexpected character";
  else
    scan->at += length;
}

static inline gboolean
is_in_object (const Scan *scan)
{
  unsigned int level = scan->depth - 1;

  return (scan->objects[level / 64] >> (level % 64) & 1) != 0;
}

static Expect
after_value (const Scan *scan)
{
  return scan->depth == 0 ? EXPECT_NOTHING : EXPECT_COMMA_OR_CLOSE;
}

static Expect
open_container (Scan *scan, gboolean is_object)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << (scan->depth % 64);

  if (scan->depth == scan->max_depth) {
    scan->problem = "is nested too deep";
    return EXPECT_NOTHING;
  }
  if (is_object)
    scan->objects[scan->depth / 64] |= bit;
  else
    scan->objects[scan->depth / 64] &= ~bit;
  scan->depth++;
  scan->at++;
  return is_object ? EXPECT_NAME_OR_CLOSE : EXPECT_VALUE_OR_CLOSE;
}

static Expect
close_container (Scan *scan)
{
  scan->depth--;
  scan->at++;
  return after_value (scan);
}

static Expect
scan_value (Scan *scan)
{
  char c = *scan->at;

  if (c == '{' || c == '[')
    return open_container (scan, c == '{');
  if (c == '"')
    scan_string (scan);
  else if (c == '-' || g_ascii_isdigit (c))
    scan_number (scan);
  else if (c == 't')
    scan_word (scan, "true");
  else if (c == 'f')
    scan_word (scan, "false");
  else
    scan_word (scan, "null");
  return after_value (scan);
}

static Expect
scan_name (Scan *scan)
{
  if (*scan->at != '"') {
    scan->problem = "has an unexpected character";
    return EXPECT_NOTHING;
  }
  scan_string (scan);
  scan->at = mb_json_skip_space (scan->at, scan->end);
  if (scan->problem == NULL && (scan->at == scan->end || *scan->at != ':'))
    scan->problem = "has a name without a colon";
  if (scan->problem == NULL)
    scan->at++;
  return EXPECT_VALUE;
}

static Expect
scan_comma_or_close (Scan *scan)
{
  gboolean in_object = is_in_object (scan);

  if (*scan->at == ',') {
    scan->at++;
    return in_object ? EXPECT_NAME : EXPECT_VALUE;
  }
  if (*scan->at == (in_object ? '}' : ']'))
    return close_container (scan);
  scan->problem = "has an unexpected character";
  return EXPECT_NOTHING;
}

static Expect
scan_step (Scan *scan, Expect expect)
{
  switch (expect) {
  case EXPECT_VALUE_OR_CLOSE:
    if (*scan->at == ']')
      return close_container (scan);
    return scan_value (scan);
  case EXPECT_VALUE:
    return scan_value (scan);
  case EXPECT_NAME_OR_CLOSE:
    if (*scan->at == '}')
      return close_container (scan);
    return scan_name (scan);
  case EXPECT_NAME:
    return scan_name (scan);
  case EXPECT_COMMA_OR_CLOSE:
    return scan_comma_or_close (scan);
  case EXPECT_NOTHING:
    scan->problem = "goes on behind its value";
    break;
  }
  return EXPECT_NOTHING;
}

/**
 * mb_json_scan:
 * @text: (nullable): the text; need not be terminated
 * @length: its length in bytes
 * @max_depth: how many arrays and objects may stand in each other, at most %MB_JSON_DEPTH_MAX
 * @value: (out) (optional): the value, without the white space around it; points into @text
 *
 * Checks that the text is exactly one JSON value (RFC 8259), UTF-8 included. %MB_ERROR_BAD_REQUEST
 * says what is wrong, and at which byte. Thread: any.
 */
gboolean
mb_json_scan (
    const char *text, gsize length, unsigned int max_depth, MbJsonSpan *value, GError **error)
{
  Scan scan = {.max_depth = MIN (max_depth, MB_JSON_DEPTH_MAX)};
  const char *start;
  Expect expect = EXPECT_VALUE;

  if (text == NULL || length == 0) {
    text = "";
    length = 0;
  }
  scan.at = start = mb_json_skip_space (text, text + length);
  scan.end = text + length;
  while (scan.problem == NULL && scan.at < scan.end) {
    expect = scan_step (&scan, expect);
    if (scan.problem == NULL && expect == EXPECT_NOTHING && value != NULL)
      *value = (MbJsonSpan){start, (gsize) (scan.at - start)};
    scan.at = mb_json_skip_space (scan.at, scan.end);
  }
  if (scan.problem == NULL && expect != EXPECT_NOTHING)
    scan.problem = "ends too early";
  if (scan.problem == NULL)
    return TRUE;
  if (value != NULL)
    *value = (MbJsonSpan){NULL, 0};
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "JSON %s (byte %" G_GSIZE_FORMAT ")",
      scan.problem, (gsize) (scan.at - text));
  return FALSE;
}
