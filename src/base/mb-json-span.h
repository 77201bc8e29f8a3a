/* mb-json-span.h: values inside checked JSON text, read where they stand
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A span is part of text that passed mb_json_scan(); these functions rely on it. Nothing here
 * allocates but where it says so, and nothing recurses.
 */
#pragma once

#include <glib.h>

/**
 * MbJsonSpan:
 * @text: (nullable): where the value begins in the text; not terminated, not owned. NULL: absent
 * @length: its length in bytes, without white space around it
 */
typedef struct {
  const char *text;
  gsize length;
} MbJsonSpan;

typedef enum {
  MB_JSON_ABSENT,
  MB_JSON_NULL,
  MB_JSON_BOOLEAN,
  MB_JSON_NUMBER,
  MB_JSON_STRING,
  MB_JSON_ARRAY,
  MB_JSON_OBJECT,
} MbJsonKind;

/**
 * MbJsonIter:
 *
 * Walks the members of an object or the items of an array, in order. On the stack, nothing to free.
 */
typedef struct {
  /*< private >*/
  const char *at;
  const char *end;
  gboolean is_object;
} MbJsonIter;

MbJsonKind mb_json_span_get_kind (MbJsonSpan span);
gboolean mb_json_span_is_null (MbJsonSpan span);
gboolean mb_json_span_equals (MbJsonSpan span, const char *string);

gboolean mb_json_find (MbJsonSpan object, const char *name, MbJsonSpan *value);
unsigned int mb_json_find_many (
    MbJsonSpan object, const char *const *names, MbJsonSpan *values, unsigned int n_names);

void mb_json_iter_init (MbJsonIter *iter, MbJsonSpan container);
gboolean mb_json_iter_next (MbJsonIter *iter, MbJsonSpan *name, MbJsonSpan *value);

char *mb_json_span_dup_string (MbJsonSpan span, const char *field, gsize max_bytes, GError **error);
gboolean mb_json_span_copy_string (
    MbJsonSpan span, const char *field, char *buffer, gsize size, GError **error);
gboolean mb_json_span_read_integer (MbJsonSpan span, const char *field, gint64 minimum,
    gint64 maximum, gint64 *value, GError **error);
gboolean mb_json_span_read_boolean (
    MbJsonSpan span, const char *field, gboolean *value, GError **error);

void mb_json_append_string (GString *out, const char *string);
void mb_json_append_string_len (GString *out, const char *string, gsize length);
