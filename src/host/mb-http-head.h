/* mb-http-head.h: the head of an HTTP/1 request, strictly; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libsoup/soup.h>

#define MB_HTTP_HEAD_MAX (16 * 1024)

/**
 * MbHttpHead:
 * @path: decoded; begins with a slash, is valid UTF-8, has no control characters and no `..`
 * @query: (nullable): as it came
 * @content_length: of the body in bytes, 0 where it has none or is chunked
 */
typedef struct {
  char *method;
  char *path;
  char *query;
  SoupMessageHeaders *headers;
  gint64 content_length;
  gboolean is_chunked;
  gboolean is_http_1_0;
  gboolean keeps_alive;
  gboolean expects_continue;
} MbHttpHead;

gboolean mb_http_head_find_end (const guint8 *bytes, gsize length, gsize *head_length);
unsigned int mb_http_head_parse (MbHttpHead *head, const char *text, gsize length);
void mb_http_head_clear (MbHttpHead *head);

/**
 * MbHttpChunks:
 *
 * Takes a chunked body apart as it comes. All zero to begin with.
 */
typedef struct {
  gint64 left; /* of the chunk, in bytes */
  enum {
    MB_HTTP_CHUNK_SIZE,
    MB_HTTP_CHUNK_DATA,
    MB_HTTP_CHUNK_END,
    MB_HTTP_CHUNK_TRAILER
  } state;
  gboolean done;
} MbHttpChunks;

gboolean mb_http_chunks_take (
    MbHttpChunks *self, const guint8 *bytes, gsize length, gsize *used, GByteArray *body);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbHttpHead, mb_http_head_clear)
