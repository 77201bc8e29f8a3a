/* mb-json-writer.h: writes JSON for files that people read, too
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbJsonWriter:
 *
 * Begun with a %NULL text in it, on the stack. The caller nests; nothing is checked.
 */
typedef struct {
  GString *text;
  unsigned int depth;
  gboolean has_member; /* at this depth */
} MbJsonWriter;

/* A NULL name is an element of an array, or the whole. */
void mb_json_writer_begin (MbJsonWriter *self, const char *name, char bracket);
void mb_json_writer_end (MbJsonWriter *self, char bracket);
void mb_json_writer_add_string (MbJsonWriter *self, const char *name, const char *value);
void mb_json_writer_add_number (MbJsonWriter *self, const char *name, double value);
void mb_json_writer_add_boolean (MbJsonWriter *self, const char *name, gboolean value);
char *mb_json_writer_finish (MbJsonWriter *self);
