/* mb-json-scan.c: checked text can be walked whole, and each part of it is JSON itself
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-json-scan.h"

#include <string.h>

#include "fuzz.h"
#include "mb-json.h"
#include "mb-utf8.h"

static void
check_string (MbJsonSpan span)
{
  g_autoptr (GString) again = g_string_new (NULL);
  g_autofree char *text = mb_json_span_dup_string (span, "x", span.length, NULL);
  g_autofree char *back = NULL;
  MbJsonSpan value;

  if (text == NULL)
    return;
  g_assert_true (mb_json_span_equals (span, text) || strlen (text) > 127);
  mb_json_append_string (again, text);
  g_assert_true (mb_json_scan (again->str, again->len, 0, &value, NULL));
  back = mb_json_span_dup_string (value, "x", value.length, NULL);
  g_assert_cmpstr (back, ==, text);
}

static void
check_value (MbJsonSpan span, unsigned int depth)
{
  MbJsonSpan value;
  MbJsonSpan name;
  MbJsonIter iter;
  gint64 number;
  gboolean flag;

  g_assert_true (mb_json_scan (span.text, span.length, MB_JSON_DEPTH - depth, &value, NULL));
  g_assert_true (value.text == span.text && value.length == span.length);
  if (mb_json_span_get_kind (span) == MB_JSON_STRING)
    check_string (span);
  mb_json_span_read_integer (span, "x", G_MININT64, G_MAXINT64, &number, NULL);
  mb_json_span_read_boolean (span, "x", &flag, NULL);
  mb_json_iter_init (&iter, span);
  while (mb_json_iter_next (&iter, &name, &value)) {
    if (name.text != NULL) {
      g_autofree char *text = mb_json_span_dup_string (name, "x", 127, NULL);
      MbJsonSpan found;

      if (text != NULL)
        g_assert_true (mb_json_find (span, text, &found));
      check_value (name, depth + 1);
    }
    check_value (value, depth + 1);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  MbJsonSpan value;
  g_autoptr (JsonNode) node = NULL;

  if (length > 1000)
    return 0;
  if (mb_json_scan ((const char *) bytes, length, MB_JSON_DEPTH, &value, NULL)) {
    g_assert_true (mb_utf8_is_valid (bytes, length));
    check_value (value, 0);
  }
  node = mb_json_parse ((const char *) bytes, (gssize) length, NULL);
  if (node != NULL)
    g_assert_true (mb_json_scan ((const char *) bytes, length, MB_JSON_DEPTH, NULL, NULL));
  return 0;
}
