/* mb-json-writer.c: writes JSON for files that people read, too
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-glib would write 0.1 as 0.10000000000000001. Here numbers have three places at most, which is
 * a microsecond of a millisecond's figures, and numbers of an array stand in one line.
 */
#include "mb-json-writer.h"

#include <math.h>
#include <string.h>

#include "mb-json-span.h"

#define PLACES "%.3f"
#define WHOLE_MAX 1e15 /* whole numbers below it are exact in JavaScript */

static void
begin_member (MbJsonWriter *self, const char *name, gboolean in_line)
{
  if (self->text == NULL)
    self->text = g_string_new (NULL);
  if (self->has_member)
    g_string_append_c (self->text, ',');
  if (in_line && self->has_member)
    g_string_append_c (self->text, ' ');
  if (!in_line && self->depth > 0)
    g_string_append_printf (self->text, "\n%*s", (int) self->depth * 2, "");
  if (name != NULL) {
    mb_json_append_string (self->text, name);
    g_string_append (self->text, ": ");
  }
  self->has_member = TRUE;
}

/**
 * mb_json_writer_begin:
 * @bracket: `{` or `[`
 */
void
mb_json_writer_begin (MbJsonWriter *self, const char *name, char bracket)
{
  begin_member (self, name, FALSE);
  g_string_append_c (self->text, bracket);
  self->depth++;
  self->has_member = FALSE;
}

/**
 * mb_json_writer_end:
 * @bracket: `}` or `]`
 */
void
mb_json_writer_end (MbJsonWriter *self, char bracket)
{
  self->depth--;
  if (self->has_member && (bracket == '}' || strchr ("}]\"", self->text->str[self->text->len - 1])))
    g_string_append_printf (self->text, "\n%*s", (int) self->depth * 2, "");
  g_string_append_c (self->text, bracket);
  self->has_member = TRUE;
}

/**
 * mb_json_writer_add_string:
 * @value: (nullable): NULL is null
 */
void
mb_json_writer_add_string (MbJsonWriter *self, const char *name, const char *value)
{
  begin_member (self, name, FALSE);
  if (value != NULL)
    mb_json_append_string (self->text, value);
  else
    g_string_append (self->text, "null");
}

/**
 * mb_json_writer_add_number:
 * @value: what is no finite number is null
 */
void
mb_json_writer_add_number (MbJsonWriter *self, const char *name, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE + 400];

  begin_member (self, name, name == NULL);
  if (!isfinite (value) || fabs (value) > WHOLE_MAX) {
    g_string_append (self->text, "null");
    return;
  }
  g_ascii_formatd (digits, sizeof digits, PLACES, value);
  for (char *end = digits + strlen (digits) - 1; *end == '0' || *end == '.'; end--) {
    gboolean was_point = *end == '.';

    *end = '\0';
    if (was_point)
      break;
  }
  g_string_append (self->text, g_str_equal (digits, "-0") ? "0" : digits);
}

void
mb_json_writer_add_boolean (MbJsonWriter *self, const char *name, gboolean value)
{
  begin_member (self, name, FALSE);
  g_string_append (self->text, value ? "true" : "false");
}

/**
 * mb_json_writer_finish:
 *
 * Returns: (transfer full): the text with an end of line
 */
char *
mb_json_writer_finish (MbJsonWriter *self)
{
  g_string_append_c (self->text, '\n');
  return g_string_free (g_steal_pointer (&self->text), FALSE);
}
