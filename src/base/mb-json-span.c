/* mb-json-span.c: values inside checked JSON text, read where they stand
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of members with the same name the last one counts, as in JavaScript, so that we and a browser never
 * read two things in one text. Lone surrogates decode to U+FFFD, as in JavaScript's UTF-8 encoder.
 */
#include "mb-json-span.h"

#include <errno.h>

#include "mb-error.h"
#include "mb-json-word.h"
#include "mb-utf8.h"

/**
 * mb_json_span_get_kind:
 *
 * Returns: what kind of value it is. Thread: any.
 */
MbJsonKind
mb_json_span_get_kind (MbJsonSpan span)
{
  if (span.text == NULL || span.length == 0)
    return MB_JSON_ABSENT;
  switch (span.text[0]) {
  case '{':
    return MB_JSON_OBJECT;
  case '[':
    return MB_JSON_ARRAY;
  case '"':
    return MB_JSON_STRING;
  case 't':
  case 'f':
    return MB_JSON_BOOLEAN;
  case 'n':
    return MB_JSON_NULL;
  default:
    return MB_JSON_NUMBER;
  }
}

gboolean
mb_json_span_is_null (MbJsonSpan span)
{
  return mb_json_span_get_kind (span) == MB_JSON_NULL;
}

/**
 * mb_json_skip_string:
 * @at: the opening quote of a string in checked text
 * @end: the end of that text
 *
 * Returns: what is behind its closing quote. Thread: any.
 */
const char *
mb_json_skip_string (const char *at, const char *end)
{
  at++;
  for (;;) {
    while ((gsize) (end - at) >= sizeof (guint64)) {
      guint64 word = mb_word_load (at);
      guint64 found = mb_word_find (word, '"') | mb_word_find (word, '\\');

      if (found != 0) {
        at += __builtin_ctzll (found) >> 3;
        break;
      }
      at += sizeof (guint64);
    }
    while (at < end && *at != '"' && *at != '\\')
      at++;
    if (end - at < 2 || *at == '"')
      return MIN (at + 1, end);
    at += 2;
  }
}

/* Behind the checked value that begins at @at. */
static const char *
skip_value (const char *at, const char *end)
{
  unsigned int depth = 0;

  do {
    char c = *at;

    if (c == '"') {
      at = mb_json_skip_string (at, end);
    } else if (c == '{' || c == '[') {
      depth++;
      at++;
    } else if (c == '}' || c == ']') {
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
    } else {
      while (at < end && *at != ',' && *at != '}' && *at != ']' && !mb_json_is_space (*at))
        at++;
    }
  } while (depth > 0 && at < end);
  return at;
}

/**
 * mb_json_iter_init:
 * @container: a checked array or object; anything else has no items
 *
 * Thread: any.
 */
void
mb_json_iter_init (MbJsonIter *iter, MbJsonSpan container)
{
  MbJsonKind kind = mb_json_span_get_kind (container);

  iter->is_object = kind == MB_JSON_OBJECT;
  if (kind != MB_JSON_OBJECT && kind != MB_JSON_ARRAY) {
    iter->at = iter->end = NULL;
    return;
  }
  iter->at = container.text + 1;
  iter->end = container.text + container.length - 1;
}

/**
 * mb_json_iter_next:
 * @name: (out) (optional): the member's name as a string span; absent in an array
 * @value: (out): the item
 *
 * Returns: whether there was one more. Thread: any.
 */
gboolean
mb_json_iter_next (MbJsonIter *iter, MbJsonSpan *name, MbJsonSpan *value)
{
  const char *at = iter->at;
  const char *end = iter->end;
  MbJsonSpan own_name = {NULL, 0};

  at = mb_json_skip_space (at, end);
  if (at < end && *at == ',')
    at = mb_json_skip_space (at + 1, end);
  if (at >= end)
    return FALSE;
  if (iter->is_object) {
    const char *behind = mb_json_skip_string (at, end);

    own_name = (MbJsonSpan){at, (gsize) (behind - at)};
    at = mb_json_skip_space (behind, end);
    at = mb_json_skip_space (at + 1, end);
  }
  iter->at = skip_value (at, end);
  *value = (MbJsonSpan){at, (gsize) (iter->at - at)};
  if (name != NULL)
    *name = own_name;
  return TRUE;
}

/**
 * mb_json_find:
 * @object: a checked value; only an object has members
 * @value: (out): the member's value, absent if there is none
 *
 * Returns: whether there is one. Thread: any.
 */
gboolean
mb_json_find (MbJsonSpan object, const char *name, MbJsonSpan *value)
{
  return mb_json_find_many (object, &name, value, 1) == 1;
}

/**
 * mb_json_find_many:
 * @object: a checked value; only an object has members
 * @names: (array length=n_names): the members wanted
 * @values: (out) (array length=n_names): their values, absent where there is none
 *
 * Returns: how many of them there are. One pass over the object. Thread: any.
 */
unsigned int
mb_json_find_many (
    MbJsonSpan object, const char *const *names, MbJsonSpan *values, unsigned int n_names)
{
  unsigned int n_found = 0;
  MbJsonIter iter;
  MbJsonSpan name;
  MbJsonSpan value;

  for (unsigned int i = 0; i < n_names; i++)
    values[i] = (MbJsonSpan){NULL, 0};
  if (mb_json_span_get_kind (object) != MB_JSON_OBJECT)
    return 0;
  mb_json_iter_init (&iter, object);
  while (mb_json_iter_next (&iter, &name, &value)) {
    for (unsigned int i = 0; i < n_names; i++) {
      if (!mb_json_span_equals (name, names[i]))
        continue;
      if (values[i].text == NULL)
        n_found++;
      values[i] = value;
      break;
    }
  }
  return n_found;
}

static unsigned int
read_hex (const char *at)
{
  unsigned int value = 0;

  for (int i = 0; i < 4; i++)
    value = value << 4 | (unsigned int) g_ascii_xdigit_value (at[i]);
  return value;
}

/* At the backslash of a checked escape; moves behind it, and behind the second half of a pair. */
static gunichar
read_escape (const char **position, const char *end)
{
  static const char LETTERS[] = "bfnrt";
  static const char MEANINGS[] = "\b\f\n\r\t";
  const char *at = *position;
  const char *letter;
  unsigned int unit;

  if (at[1] != 'u') {
    letter = strchr (LETTERS, at[1]);
    *position = at + 2;
    return letter != NULL ? (gunichar) MEANINGS[letter - LETTERS] : (gunichar) (guint8) at[1];
  }
  unit = read_hex (at + 2);
  *position = at += 6;
  if (unit < 0xd800 || unit > 0xdfff)
    return unit;
  if (unit < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    unsigned int second = read_hex (at + 2);

    if (second >= 0xdc00 && second <= 0xdfff) {
      *position = at + 6;
      return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }
  }
  return 0xfffd;
}

/* Decodes a checked string into @buffer and terminates it. Returns NULL, or what is wrong. */
static const char *
decode (MbJsonSpan span, char *buffer, gsize size)
{
  const char *at = span.text + 1;
  const char *end = span.text + span.length - 1;
  gsize used = 0;

  while (at < end) {
    const char *escape = memchr (at, '\\', (gsize) (end - at));
    gsize run = (gsize) ((escape != NULL ? escape : end) - at);
    char bytes[6];
    gunichar c;
    gsize n_bytes;

    if (run >= size - used)
      return "is too long";
    memcpy (buffer + used, at, run);
    used += run;
    at += run;
    if (escape == NULL)
      break;
    c = read_escape (&at, end);
    if (c == 0)
      return "has U+0000 in it";
    n_bytes = (gsize) g_unichar_to_utf8 (c, bytes);
    if (n_bytes >= size - used)
      return "is too long";
    memcpy (buffer + used, bytes, n_bytes);
    used += n_bytes;
  }
  buffer[used] = '\0';
  return NULL;
}

/**
 * mb_json_span_equals:
 * @string: plain text, at most 127 bytes of it if the span has escapes
 *
 * Returns: whether the span is a string that means @string. Thread: any.
 */
gboolean
mb_json_span_equals (MbJsonSpan span, const char *string)
{
  gsize length = strlen (string);
  char buffer[128];

  if (mb_json_span_get_kind (span) != MB_JSON_STRING)
    return FALSE;
  if (memchr (span.text, '\\', span.length) == NULL)
    return span.length == length + 2 && memcmp (span.text + 1, string, length) == 0;
  return span.length > length + 2 && decode (span, buffer, sizeof buffer) == NULL &&
         strcmp (buffer, string) == 0;
}

static gboolean
check_kind (MbJsonSpan span, MbJsonKind kind, const char *field, const char *what, GError **error)
{
  MbJsonKind actual = mb_json_span_get_kind (span);

  if (actual == kind)
    return TRUE;
  if (actual == MB_JSON_ABSENT)
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s is missing", field);
  else
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s must be %s", field, what);
  return FALSE;
}

/**
 * mb_json_span_copy_string:
 * @field: its name, for the message
 * @buffer: (out) (array length=size): takes the text, terminated
 * @size: of @buffer; the text has at most one byte less
 *
 * The same as mb_json_span_dup_string(), without allocating. Thread: any.
 */
gboolean
mb_json_span_copy_string (
    MbJsonSpan span, const char *field, char *buffer, gsize size, GError **error)
{
  const char *problem;

  if (!check_kind (span, MB_JSON_STRING, field, "a string", error))
    return FALSE;
  problem = decode (span, buffer, size);
  if (problem == NULL)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s %s", field, problem);
  return FALSE;
}

/**
 * mb_json_span_dup_string:
 * @field: its name, for the message
 * @max_bytes: the length that is allowed, in bytes of UTF-8
 *
 * Lone surrogates become U+FFFD. %MB_ERROR_BAD_REQUEST if it is absent, no string, too long, or has
 * U+0000 in it, which no C string can carry.
 *
 * Returns: (transfer full): the text. Thread: any.
 */
char *
mb_json_span_dup_string (MbJsonSpan span, const char *field, gsize max_bytes, GError **error)
{
  /* What is decoded is never longer than its text. */
  gsize size = MIN (span.length, max_bytes + 1);
  g_autofree char *text = g_malloc (MAX (size, 1));

  if (!mb_json_span_copy_string (span, field, text, MAX (size, 1), error))
    return NULL;
  return g_steal_pointer (&text);
}

/**
 * mb_json_span_read_integer:
 * @field: its name, for the message
 * @value: (out): the number, written on success only
 *
 * %MB_ERROR_BAD_REQUEST if it is absent, no integer (`1.0` and `1e3` are none), or outside the range.
 * Thread: any.
 */
gboolean
mb_json_span_read_integer (MbJsonSpan span, const char *field, gint64 minimum, gint64 maximum,
    gint64 *value, GError **error)
{
  char digits[24];
  gint64 number;

  if (!check_kind (span, MB_JSON_NUMBER, field, "a number", error))
    return FALSE;
  for (gsize i = 0; i < span.length; i++) {
    if (span.text[i] != '-' && !g_ascii_isdigit (span.text[i])) {
      g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s must be a whole number", field);
      return FALSE;
    }
  }
  /* JSON has no leading zeros, so more digits than these are out of any range. */
  if (span.length < sizeof digits) {
    memcpy (digits, span.text, span.length);
    digits[span.length] = '\0';
    errno = 0;
    number = g_ascii_strtoll (digits, NULL, 10);
    if (errno == 0 && number >= minimum && number <= maximum) {
      *value = number;
      return TRUE;
    }
  }
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
      "%s must be between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, field, minimum, maximum);
  return FALSE;
}

/**
 * mb_json_span_read_boolean:
 * @field: its name, for the message
 * @value: (out): written on success only
 *
 * Thread: any.
 */
gboolean
mb_json_span_read_boolean (MbJsonSpan span, const char *field, gboolean *value, GError **error)
{
  if (!check_kind (span, MB_JSON_BOOLEAN, field, "true or false", error))
    return FALSE;
  *value = span.text[0] == 't';
  return TRUE;
}

static void
append_escaped (GString *out, const char *text, gsize length)
{
  static const char LETTERS[] = "btnvfr"; /* 8 to 13; JSON has no \v */
  const char *at = text;
  const char *end = text + length;

  while (at < end) {
    const char *run = at;
    guint8 c;

    while (at < end && (guint8) *at >= 0x20 && *at != '"' && *at != '\\')
      at++;
    g_string_append_len (out, run, at - run);
    if (at == end)
      break;
    c = (guint8) *at++;
    if (c == '"' || c == '\\') {
      g_string_append_c (out, '\\');
      g_string_append_c (out, (char) c);
    } else if (c >= 8 && c <= 13 && c != 11) {
      g_string_append_c (out, '\\');
      g_string_append_c (out, LETTERS[c - 8]);
    } else {
      g_string_append_printf (out, "\\u%04x", c);
    }
  }
}

/**
 * mb_json_append_string_len:
 * @string: the text; bytes that are not UTF-8 become U+FFFD
 * @length: its length in bytes
 *
 * Appends it as a JSON string, in its quotes. Thread: any.
 */
void
mb_json_append_string_len (GString *out, const char *string, gsize length)
{
  g_string_append_c (out, '"');
  if (mb_utf8_is_valid (string, length)) {
    append_escaped (out, string, length);
  } else {
    g_autofree char *valid = g_utf8_make_valid (string, (gssize) length);

    append_escaped (out, valid, strlen (valid));
  }
  g_string_append_c (out, '"');
}

/**
 * mb_json_append_string:
 *
 * mb_json_append_string_len() for terminated text.
 */
void
mb_json_append_string (GString *out, const char *string)
{
  mb_json_append_string_len (out, string, strlen (string));
}
