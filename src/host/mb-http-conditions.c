/* mb-http-conditions.c: what conditions and ranges of a request mean for what would be its answer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: headers in, a verdict out. Of libsoup 3.2 only its lists are used: its own ranges take
 * negative positions, and memory without bound for a long list of them.
 */
#include "mb-http-conditions.h"

#include <string.h>

/* RFC 9110 section 8.8.3: an optional W/, and the opaque part in quotes. */
static gboolean
tags_are_equal (const char *one, const char *other, MbEtagComparison comparison)
{
  gboolean is_weak = FALSE;

  if (g_str_has_prefix (one, "W/")) {
    is_weak = TRUE;
    one += 2;
  }
  if (g_str_has_prefix (other, "W/")) {
    is_weak = TRUE;
    other += 2;
  }
  return strcmp (one, other) == 0 && !(is_weak && comparison == MB_ETAG_STRONG);
}

/**
 * mb_http_etag_is_listed:
 * @list: (nullable): the value of If-Match or If-None-Match: entity tags, or `*`
 * @etag: of what there is
 *
 * Returns: whether @etag is one of them; %FALSE where there is no list
 */
gboolean
mb_http_etag_is_listed (const char *list, const char *etag, MbEtagComparison comparison)
{
  GSList *tags = NULL;
  gboolean found = FALSE;

  if (list == NULL)
    return FALSE;
  tags = soup_header_parse_list (list);
  for (GSList *link = tags; link != NULL && !found; link = link->next)
    found = strcmp (link->data, "*") == 0 || tags_are_equal (link->data, etag, comparison);
  soup_header_free_list (tags);
  return found;
}

/**
 * mb_http_is_known:
 *
 * Returns: whether the client has it already (If-None-Match): 304
 */
gboolean
mb_http_is_known (SoupMessageHeaders *headers, const char *etag)
{
  return mb_http_etag_is_listed (
      soup_message_headers_get_list (headers, "If-None-Match"), etag, MB_ETAG_WEAK);
}

/**
 * mb_http_is_as_expected:
 *
 * Returns: %FALSE where the client wants to change another version than there is (If-Match): 412
 */
gboolean
mb_http_is_as_expected (SoupMessageHeaders *headers, const char *etag)
{
  const char *list = soup_message_headers_get_list (headers, "If-Match");

  return list == NULL || mb_http_etag_is_listed (list, etag, MB_ETAG_STRONG);
}

/**
 * mb_http_accepts_gzip:
 *
 * Returns: whether Accept-Encoding takes the coding (RFC 9110 section 12.5.3)
 */
gboolean
mb_http_accepts_gzip (SoupMessageHeaders *headers)
{
  const char *value = soup_message_headers_get_list (headers, "Accept-Encoding");
  GSList *refused = NULL;
  GSList *codings = NULL;
  gboolean found = FALSE;

  if (value == NULL)
    return FALSE;
  codings = soup_header_parse_quality_list (value, &refused);
  for (GSList *link = codings; link != NULL && !found; link = link->next)
    found = g_ascii_strcasecmp (link->data, "gzip") == 0 || strcmp (link->data, "*") == 0;
  for (GSList *link = refused; link != NULL && found; link = link->next)
    found = g_ascii_strcasecmp (link->data, "gzip") != 0;
  soup_header_free_list (codings);
  soup_header_free_list (refused);
  return found;
}

/* Digits and nothing else; a number that is too large is G_MAXSIZE, which is past every end. */
static gboolean
read_position (const char **at, gsize *position)
{
  const char *begin = *at;

  *position = 0;
  for (; g_ascii_isdigit (**at); (*at)++) {
    gsize digit = (gsize) (**at - '0');

    *position = *position > (G_MAXSIZE - digit) / 10 ? G_MAXSIZE : *position * 10 + digit;
  }
  return *at > begin;
}

/**
 * mb_http_range_parse:
 * @value: of a Range field: `bytes=0-99`, `bytes=100-`, `bytes=-100`
 * @size: of the whole, in bytes
 * @first: (out): where the part begins
 * @length: (out): of the part, in bytes
 *
 * RFC 9110 section 14.1.2. A list of several ranges is answered with the whole, which section 14.2
 * leaves to a server: nobody is made to cut one file into a thousand parts.
 */
MbHttpRange
mb_http_range_parse (const char *value, gsize size, gsize *first, gsize *length)
{
  const char *at = value;
  gboolean is_suffix = FALSE;
  gsize begin = 0;
  gsize end = G_MAXSIZE;

  if (g_ascii_strncasecmp (at, "bytes=", 6) != 0)
    return MB_HTTP_RANGE_WHOLE;
  at += 6;
  is_suffix = !read_position (&at, &begin);
  if (*at != '-')
    return MB_HTTP_RANGE_WHOLE;
  at++;
  if (!read_position (&at, &end)) {
    if (is_suffix)
      return MB_HTTP_RANGE_WHOLE;
    end = G_MAXSIZE;
  }
  if (*at != '\0' || (!is_suffix && end < begin))
    return MB_HTTP_RANGE_WHOLE;
  if (is_suffix) {
    begin = end < size ? size - end : 0;
    end = end == 0 ? 0 : G_MAXSIZE;
  }
  if (begin >= size || (is_suffix && end == 0))
    return MB_HTTP_RANGE_OUTSIDE;
  *first = begin;
  *length = MIN (end, size - 1) - begin + 1;
  return MB_HTTP_RANGE_PART;
}

/**
 * mb_http_range_find:
 * @etag: of what there is; a request whose If-Range names another gets the whole
 *
 * As mb_http_range_parse(), of a GET's headers.
 */
MbHttpRange
mb_http_range_find (
    SoupMessageHeaders *headers, const char *etag, gsize size, gsize *first, gsize *length)
{
  const char *value = soup_message_headers_get_one (headers, "Range");
  const char *condition = soup_message_headers_get_one (headers, "If-Range");

  /* A date in If-Range is of no use here: nothing that is served has one. */
  if (value == NULL || (condition != NULL && !tags_are_equal (condition, etag, MB_ETAG_STRONG)))
    return MB_HTTP_RANGE_WHOLE;
  return mb_http_range_parse (value, size, first, length);
}
