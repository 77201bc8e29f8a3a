/* mb-http-conditions.h: what conditions and ranges of a request mean for what would be its answer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libsoup/soup.h>

/**
 * MbEtagComparison:
 * @MB_ETAG_WEAK: `W/` makes no difference: for If-None-Match
 * @MB_ETAG_STRONG: a weak tag equals none: for If-Match and If-Range
 */
typedef enum {
  MB_ETAG_WEAK,
  MB_ETAG_STRONG,
} MbEtagComparison;

/**
 * MbHttpRange:
 * @MB_HTTP_RANGE_WHOLE: everything: no range was asked for, or none that is understood
 * @MB_HTTP_RANGE_PART: one part of it
 * @MB_HTTP_RANGE_OUTSIDE: nothing of what was asked for is there (416)
 */
typedef enum {
  MB_HTTP_RANGE_WHOLE,
  MB_HTTP_RANGE_PART,
  MB_HTTP_RANGE_OUTSIDE,
} MbHttpRange;

gboolean mb_http_etag_is_listed (const char *list, const char *etag, MbEtagComparison comparison);
gboolean mb_http_is_known (SoupMessageHeaders *headers, const char *etag);
gboolean mb_http_is_as_expected (SoupMessageHeaders *headers, const char *etag);
gboolean mb_http_accepts_gzip (SoupMessageHeaders *headers);
MbHttpRange mb_http_range_parse (const char *value, gsize size, gsize *first, gsize *length);
MbHttpRange mb_http_range_find (
    SoupMessageHeaders *headers, const char *etag, gsize size, gsize *first, gsize *length);
