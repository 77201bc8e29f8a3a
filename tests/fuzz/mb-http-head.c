/* mb-http-head.c: a head that is taken has a safe path, and a body's chunks come in any pieces
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-http-head.h"

#include <string.h>

#include "fuzz.h"

static gboolean
take_body (const guint8 *bytes, gsize length, gsize step, GByteArray *body, gboolean *done)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();
  MbHttpChunks chunks = {0};

  for (gsize at = 0; at < length && !chunks.done; at += step) {
    gsize used = 0;

    g_byte_array_append (input, bytes + at, (unsigned int) MIN (step, length - at));
    if (!mb_http_chunks_take (&chunks, input->data, input->len, &used, body))
      return FALSE;
    g_assert_cmpuint (used, <=, input->len);
    g_byte_array_remove_range (input, 0, (unsigned int) used);
  }
  *done = chunks.done;
  return TRUE;
}

static void
check_body (const guint8 *bytes, gsize length)
{
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) pieces = g_byte_array_new ();
  gboolean whole_done = FALSE;
  gboolean pieces_done = FALSE;
  gboolean whole_good = take_body (bytes, length, length, whole, &whole_done);
  gboolean pieces_good = take_body (bytes, length, 3, pieces, &pieces_done);

  g_assert_cmpint (whole_good, ==, pieces_good);
  g_assert_cmpint (whole_done, ==, pieces_done);
  if (whole_good)
    g_assert_cmpmem (whole->data, whole->len, pieces->data, pieces->len);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_auto (MbHttpHead) head = {0};
  gsize n_head = 0;

  if (!mb_http_head_find_end (bytes, length, &n_head) || n_head > MB_HTTP_HEAD_MAX)
    return 0;
  if (mb_http_head_parse (&head, (const char *) bytes, n_head) != SOUP_STATUS_OK)
    return 0;
  g_assert_true (head.path[0] == '/');
  g_assert_true (g_utf8_validate (head.path, -1, NULL));
  g_assert_null (strstr (head.path, "/../"));
  g_assert_cmpint (head.content_length, >=, 0);
  g_assert_false (head.is_chunked && head.content_length > 0);
  if (head.is_chunked && length > n_head)
    check_body (bytes + n_head, length - n_head);
  return 0;
}
