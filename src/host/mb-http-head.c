/* mb-http-head.c: the head of an HTTP/1 request, strictly; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsoup reads the header fields into its table, but only after the text has been found to be
 * what RFC 9112 says and nothing else: libsoup 3.2.3 takes two Host fields, a length beside a
 * transfer encoding, white space before a colon, and bare line feeds, each of which has let
 * somebody smuggle a request past somebody's proxy.
 */
#include "mb-http-head.h"

#include <string.h>

#include "mb-utf8.h"

#define FIELDS_MAX 100
#define LENGTH_DIGITS_MAX 15
#define CHUNK_LINE_MAX 64

static const char *const METHODS[] = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", NULL};

/**
 * mb_http_head_find_end:
 * @head_length: (out): how long the head is, with the empty line that ends it
 *
 * Returns: %FALSE while the end has not come
 */
gboolean
mb_http_head_find_end (const guint8 *bytes, gsize length, gsize *head_length)
{
  const guint8 *end = memmem (bytes, length, "\r\n\r\n", 4);

  if (end == NULL)
    return FALSE;
  *head_length = (gsize) (end - bytes) + 4;
  return TRUE;
}

static gboolean
is_token (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && strchr ("!#$%&'*+-.^_`|~", text[i]) == NULL)
      return FALSE;
  }
  return length > 0 && memchr (text, '\0', length) == NULL;
}

static gboolean
is_field_value (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if ((g_ascii_iscntrl (text[i]) && text[i] != '\t') || text[i] == '\x7f')
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  unsigned int n_fields;
  unsigned int n_hosts;
  unsigned int n_lengths;
  unsigned int n_encodings;
} Census;

static gboolean
check_field (const char *line, gsize length, Census *census)
{
  const char *colon = memchr (line, ':', length);
  gsize name_length = colon == NULL ? 0 : (gsize) (colon - line);

  if (colon == NULL || !is_token (line, name_length) ||
      !is_field_value (colon + 1, length - name_length - 1) || ++census->n_fields > FIELDS_MAX)
    return FALSE;
  if (name_length == 4 && g_ascii_strncasecmp (line, "Host", 4) == 0)
    census->n_hosts++;
  else if (name_length == 14 && g_ascii_strncasecmp (line, "Content-Length", 14) == 0)
    census->n_lengths++;
  else if (name_length == 17 && g_ascii_strncasecmp (line, "Transfer-Encoding", 17) == 0)
    census->n_encodings++;
  return TRUE;
}

/* Lines end in CRLF and nowhere else; the request line is checked by its own rules. */
static gboolean
check_lines (const char *text, gsize length, Census *census)
{
  const char *at = memmem (text, length, "\r\n", 2);
  const char *end = text + length - 2;

  if (at == NULL || memchr (text, '\n', (gsize) (at - text)) != NULL)
    return FALSE;
  for (at += 2; at < end;) {
    const char *stop = memmem (at, (gsize) (end + 2 - at), "\r\n", 2);

    if (stop == NULL || !check_field (at, (gsize) (stop - at), census))
      return FALSE;
    at = stop + 2;
  }
  return TRUE;
}

static gboolean
check_request_line (const char *text, gsize length)
{
  const char *stop = memmem (text, length, "\r\n", 2);
  const char *space = memchr (text, ' ', (gsize) (stop - text));
  const char *second = space == NULL ? NULL : memchr (space + 1, ' ', (gsize) (stop - space - 1));

  if (second == NULL || stop - second != 9 || strncmp (second, " HTTP/1.", 8) != 0 ||
      (second[8] != '0' && second[8] != '1') || !is_token (text, (gsize) (space - text)))
    return FALSE;
  for (const char *at = space + 1; at < second; at++) {
    if (!g_ascii_isgraph (*at))
      return FALSE;
  }
  return second - space > 1;
}

static gboolean
host_is_valid (const char *host)
{
  return host != NULL && *host != '\0' &&
         strspn (host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:[]%") ==
             strlen (host);
}

static gboolean
path_is_safe (const char *path)
{
  for (const char *at = path; *at != '\0'; at++) {
    if (g_ascii_iscntrl (*at) || *at == '\\')
      return FALSE;
  }
  return mb_utf8_is_valid (path, strlen (path)) && strstr (path, "/../") == NULL &&
         !g_str_has_suffix (path, "/..");
}

static gboolean
take_target (MbHttpHead *head, const char *target)
{
  const char *path = target;
  const char *query = NULL;
  g_autofree char *raw = NULL;

  if (g_ascii_strncasecmp (target, "http://", 7) == 0 ||
      g_ascii_strncasecmp (target, "https://", 8) == 0) {
    path = strchr (strstr (target, "//") + 2, '/');
    if (path == NULL)
      path = "/";
  } else if (strcmp (target, "*") == 0 && strcmp (head->method, "OPTIONS") == 0) {
    path = "/";
  }
  if (*path != '/' || strchr (path, '#') != NULL)
    return FALSE;
  query = strchr (path, '?');
  raw = query == NULL ? g_strdup (path) : g_strndup (path, (gsize) (query - path));
  head->query = query == NULL ? NULL : g_strdup (query + 1);
  head->path = g_uri_unescape_string (raw, NULL);
  return head->path != NULL && path_is_safe (head->path);
}

static unsigned int
take_length (MbHttpHead *head, const Census *census)
{
  const char *length = soup_message_headers_get_one (head->headers, "Content-Length");
  const char *encoding = soup_message_headers_get_list (head->headers, "Transfer-Encoding");
  const char *expect = soup_message_headers_get_list (head->headers, "Expect");

  if (census->n_lengths > 1 || census->n_encodings > 1 ||
      (census->n_lengths > 0 && census->n_encodings > 0))
    return SOUP_STATUS_BAD_REQUEST;
  if (length != NULL) {
    if (*length == '\0' || strspn (length, "0123456789") != strlen (length))
      return SOUP_STATUS_BAD_REQUEST;
    if (strlen (length) > LENGTH_DIGITS_MAX)
      return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
    head->content_length = g_ascii_strtoll (length, NULL, 10);
  }
  if (encoding != NULL) {
    if (head->is_http_1_0)
      return SOUP_STATUS_BAD_REQUEST;
    if (g_ascii_strcasecmp (encoding, "chunked") != 0)
      return SOUP_STATUS_NOT_IMPLEMENTED;
    head->is_chunked = TRUE;
  }
  if (expect != NULL) {
    if (g_ascii_strcasecmp (expect, "100-continue") != 0)
      return SOUP_STATUS_EXPECTATION_FAILED;
    head->expects_continue = !head->is_http_1_0;
  }
  return SOUP_STATUS_OK;
}

static gboolean
keeps_alive (const MbHttpHead *head)
{
  if (head->is_http_1_0)
    return soup_message_headers_header_contains (head->headers, "Connection", "keep-alive");
  return !soup_message_headers_header_contains (head->headers, "Connection", "close");
}

/**
 * mb_http_head_parse:
 * @head: all zero
 * @text: a head with its empty line, as mb_http_head_find_end() measured it
 *
 * Returns: 200, or the status to refuse the request with; @head is to be cleared either way
 */
unsigned int
mb_http_head_parse (MbHttpHead *head, const char *text, gsize length)
{
  Census census = {0};
  SoupHTTPVersion version = SOUP_HTTP_1_1;
  g_autofree char *target = NULL;
  unsigned int status = 0;

  if (!check_lines (text, length, &census) || !check_request_line (text, length))
    return SOUP_STATUS_BAD_REQUEST;
  head->headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  status = soup_headers_parse_request (
      text, (int) length, head->headers, &head->method, &target, &version);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status))
    return status;
  head->is_http_1_0 = version == SOUP_HTTP_1_0;
  if (!g_strv_contains (METHODS, head->method))
    return SOUP_STATUS_NOT_IMPLEMENTED;
  if (census.n_hosts > 1 || (census.n_hosts == 0 && !head->is_http_1_0) ||
      (census.n_hosts == 1 &&
          !host_is_valid (soup_message_headers_get_one (head->headers, "Host"))))
    return SOUP_STATUS_BAD_REQUEST;
  if (!take_target (head, target))
    return SOUP_STATUS_BAD_REQUEST;
  status = take_length (head, &census);
  head->keeps_alive = keeps_alive (head);
  return status;
}

void
mb_http_head_clear (MbHttpHead *head)
{
  g_free (head->method);
  g_free (head->path);
  g_free (head->query);
  g_clear_pointer (&head->headers, soup_message_headers_unref);
  *head = (MbHttpHead){0};
}

/* Hexadecimal digits, then the end or an extension, which is passed over. */
static gboolean
read_chunk_size (MbHttpChunks *self, const guint8 *line, gsize length)
{
  gsize n = 0;

  self->left = 0;
  while (n < length && n < 8 && g_ascii_isxdigit (line[n])) {
    self->left = self->left * 16 + g_ascii_xdigit_value ((char) line[n]);
    n++;
  }
  if (n == 0 || (n < length && line[n] != ';') || memchr (line, '\n', length) != NULL ||
      memchr (line, '\r', length) != NULL)
    return FALSE;
  self->state = self->left == 0 ? MB_HTTP_CHUNK_TRAILER : MB_HTTP_CHUNK_DATA;
  return TRUE;
}

static gboolean
take_chunk_line (MbHttpChunks *self, const guint8 *line, gsize length)
{
  if (self->state == MB_HTTP_CHUNK_SIZE)
    return read_chunk_size (self, line, length);
  if (self->state == MB_HTTP_CHUNK_END) {
    self->state = MB_HTTP_CHUNK_SIZE;
    return length == 0;
  }
  /* Trailer fields mean nothing here and are refused. */
  self->done = length == 0;
  return self->done;
}

/**
 * mb_http_chunks_take:
 * @used: (out): how many bytes it took; the rest has to come again with more behind it
 * @body: what was in the chunks is appended to it
 *
 * Returns: %FALSE where it is not a chunked body
 */
gboolean
mb_http_chunks_take (
    MbHttpChunks *self, const guint8 *bytes, gsize length, gsize *used, GByteArray *body)
{
  gsize at = 0;

  while (at < length && !self->done) {
    if (self->state == MB_HTTP_CHUNK_DATA) {
      gsize n = MIN ((gsize) self->left, length - at);

      g_byte_array_append (body, bytes + at, (guint) n);
      at += n;
      self->left -= (gint64) n;
      if (self->left == 0)
        self->state = MB_HTTP_CHUNK_END;
    } else {
      const guint8 *stop = memmem (bytes + at, MIN (length - at, CHUNK_LINE_MAX), "\r\n", 2);

      if (stop == NULL && length - at >= CHUNK_LINE_MAX)
        return FALSE;
      if (stop == NULL)
        break;
      if (!take_chunk_line (self, bytes + at, (gsize) (stop - bytes) - at))
        return FALSE;
      at = (gsize) (stop - bytes) + 2;
    }
  }
  *used = at;
  return TRUE;
}
