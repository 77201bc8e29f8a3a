/* mb-publishing.c: whether a signal offers to send audio or video; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Applications write their signals in shapes of their own, so every string is looked at, wherever it is:
 * one with a media section that is not for receiving only is a description of somebody who sends.
 */
#include "mb-publishing.h"

#include <string.h>

#include "mb-events.h"
#include "mb-json-scan.h"

/* RFC 8866 section 6.7: a media section has the direction that the session has, which is both where
 * nothing is said. */
typedef struct {
  gboolean session_sends;
  gboolean is_media; /* the section is audio or video */
  gboolean sends;
  gboolean found;
} Sections;

static void
end_section (Sections *self)
{
  if (self->is_media && self->sends)
    self->found = TRUE;
  self->is_media = FALSE;
}

static gboolean
line_is (const char *line, gsize length, const char *wanted)
{
  gsize n = strlen (wanted);

  return length >= n && strncmp (line, wanted, n) == 0;
}

static void
take_line (Sections *self, const char *line, gsize length, gboolean *has_media)
{
  gboolean is_sending =
      line_is (line, length, "a=sendrecv") || line_is (line, length, "a=sendonly");
  gboolean is_silent = line_is (line, length, "a=recvonly") || line_is (line, length, "a=inactive");

  if (line_is (line, length, "m=")) {
    end_section (self);
    *has_media = TRUE;
    self->is_media = line_is (line, length, "m=audio") || line_is (line, length, "m=video");
    self->sends = self->session_sends;
  } else if (is_sending || is_silent) {
    self->sends = is_sending;
    if (!*has_media)
      self->session_sends = is_sending;
  }
}

/* @text: a description (RFC 8866), or anything else */
static gboolean
is_in_text (const char *text, gsize length)
{
  Sections sections = {.session_sends = TRUE};
  gboolean has_media = FALSE;
  const char *end = text + length;

  /* Line ends are CRLF, and LF alone by some; CR alone ends one for some parsers, too. */
  for (const char *at = text; at < end;) {
    const char *stop = at;

    while (stop < end && *stop != '\n' && *stop != '\r')
      stop++;
    take_line (&sections, at, (gsize) (stop - at), &has_media);
    at = stop + 1;
  }
  end_section (&sections);
  return sections.found;
}

static gboolean
is_in_span (MbJsonSpan span)
{
  MbJsonKind kind = mb_json_span_get_kind (span);
  g_autofree char *text = NULL;
  MbJsonSpan item = {0};
  MbJsonIter iter;

  if (kind == MB_JSON_STRING) {
    text = mb_json_span_dup_string (span, "data", span.length, NULL);
    /* What cannot be read here (U+0000, half a letter) may be read elsewhere. */
    return text == NULL || is_in_text (text, strlen (text));
  }
  if (kind != MB_JSON_OBJECT && kind != MB_JSON_ARRAY)
    return FALSE;
  /* As deep as the scanner lets it be. */
  mb_json_iter_init (&iter, span);
  while (mb_json_iter_next (&iter, NULL, &item)) {
    if (is_in_span (item))
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_publishing_is_in_message:
 * @message: a signal
 */
gboolean
mb_publishing_is_in_message (MbMessage *message)
{
  GBytes *data = mb_message_get_data (message);
  GPtrArray *attachments = mb_message_get_attachments (message);
  gsize length = 0;
  const char *text = data == NULL ? NULL : g_bytes_get_data (data, &length);
  MbJsonSpan whole = {0};

  for (unsigned int i = 0; attachments != NULL && i < attachments->len; i++) {
    gsize size = 0;
    const char *bytes = g_bytes_get_data (g_ptr_array_index (attachments, i), &size);

    if (is_in_text (bytes, size))
      return TRUE;
  }
  return text != NULL && mb_json_scan (text, length, MB_EVENTS_DEPTH, &whole, NULL) &&
         is_in_span (whole);
}
