/* mb-web.c: the web client: files of a GResource over HTTP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever is registered below /meshbot/web is served; the program decides what that is. A
 * resource has no folders above it and no links, so no path leads out of it.
 */
#include "mb-web.h"

#include <gio/gio.h>
#include <string.h>

#include "mb-http-conditions.h"

#define PREFIX "/meshbot/web"
#define ALLOW "GET, HEAD, OPTIONS"
/* Below this a compressed file saves no packet. */
#define GZIP_MIN_BYTES 1400
#define GZIP_LEVEL 9

/* Nothing inline, nothing from elsewhere: a name or a chat line can never become a script. */
#define SECURITY_POLICY                                                                   \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " \
  "media-src 'self' blob: mediastream:; connect-src 'self'; font-src 'self'; "            \
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

typedef struct {
  const char *suffix;
  const char *type;
  gboolean is_text; /* gets smaller by compression */
} FileType;

typedef struct {
  const FileType *type;
  GBytes *bytes;   /* owned */
  GBytes *gzip;    /* (nullable) owned; where it is smaller */
  char *etag;      /* owned */
  char *gzip_etag; /* owned; another tag, since it is another sequence of bytes */
} File;

struct _MbWeb {
  GHashTable *files; /* (element-type File) by resource path; each as it is first asked for */
};

static const FileType TYPES[] = {
    {".html", "text/html; charset=utf-8", TRUE},
    {".js", "text/javascript; charset=utf-8", TRUE},
    {".mjs", "text/javascript; charset=utf-8", TRUE},
    {".css", "text/css; charset=utf-8", TRUE},
    {".svg", "image/svg+xml", TRUE},
    {".png", "image/png", FALSE},
    {".ico", "image/x-icon", FALSE},
    {".webp", "image/webp", FALSE},
    {".woff2", "font/woff2", FALSE},
    {".json", "application/json", TRUE},
    {".map", "application/json", TRUE},
    {".webmanifest", "application/manifest+json", TRUE},
    {".txt", "text/plain; charset=utf-8", TRUE},
};

static const FileType OTHER_TYPE = {"", "application/octet-stream", FALSE};

static const FileType *
get_type (const char *path)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (TYPES); i++) {
    if (g_str_has_suffix (path, TYPES[i].suffix))
      return &TYPES[i];
  }
  return &OTHER_TYPE;
}

static void
file_free (gpointer data)
{
  File *file = data;

  g_bytes_unref (file->bytes);
  g_clear_pointer (&file->gzip, g_bytes_unref);
  g_free (file->etag);
  g_free (file->gzip_etag);
  g_free (file);
}

/* (transfer full) (nullable): NULL where it would not be worth a client's work. */
static GBytes *
compress (GBytes *bytes)
{
  g_autoptr (GZlibCompressor) gzip =
      g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, G_CONVERTER (gzip));
  gsize size = g_bytes_get_size (bytes);
  g_autoptr (GBytes) smaller = NULL;

  if (!g_output_stream_write_all (stream, g_bytes_get_data (bytes, NULL), size, NULL, NULL, NULL) ||
      !g_output_stream_close (stream, NULL, NULL))
    return NULL;
  smaller = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
  return g_bytes_get_size (smaller) < size - size / 10 ? g_steal_pointer (&smaller) : NULL;
}

/* (nullable): what is at a path; read, summed and compressed once. */
static const File *
find_file (MbWeb *self, const char *path)
{
  File *file = g_hash_table_lookup (self->files, path);
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *sum = NULL;

  if (file != NULL)
    return file;
  bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes == NULL)
    return NULL;
  sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  file = g_new0 (File, 1);
  file->type = get_type (path);
  file->etag = g_strdup_printf ("\"%.16s\"", sum);
  file->gzip_etag = g_strdup_printf ("\"%.16s-gzip\"", sum);
  if (file->type->is_text && g_bytes_get_size (bytes) >= GZIP_MIN_BYTES)
    file->gzip = compress (bytes);
  file->bytes = g_steal_pointer (&bytes);
  g_hash_table_insert (self->files, g_strdup (path), file);
  return file;
}

static void
add_security_headers (MbHttpRequest *request, const char *path)
{
  mb_http_request_add_header (request, "Content-Security-Policy", SECURITY_POLICY);
  mb_http_request_add_header (request, "Referrer-Policy", "no-referrer");
  mb_http_request_add_header (request, "X-Frame-Options", "DENY");
  mb_http_request_add_header (request, "Cross-Origin-Opener-Policy", "same-origin");
  /* The Socket.IO client is there for pages of other hosts, too; nothing else is. */
  mb_http_request_add_header (request, "Cross-Origin-Resource-Policy",
      g_str_has_prefix (path, "/socket.io/") ? "cross-origin" : "same-origin");
  mb_http_request_add_header (request, "Permissions-Policy",
      "camera=(self), microphone=(self), display-capture=(self), geolocation=()");
}

static void
reply_part (MbHttpRequest *request, const File *file, gsize first, gsize length)
{
  g_autoptr (GBytes) part = g_bytes_new_from_bytes (file->bytes, first, length);
  g_autofree char *range =
      g_strdup_printf ("bytes %" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT "/%" G_GSIZE_FORMAT, first,
          first + length - 1, g_bytes_get_size (file->bytes));

  mb_http_request_add_header (request, "Content-Range", range);
  mb_http_request_reply (request, SOUP_STATUS_PARTIAL_CONTENT, file->type->type, part);
}

static void
reply_outside (MbHttpRequest *request, const File *file)
{
  g_autofree char *range =
      g_strdup_printf ("bytes */%" G_GSIZE_FORMAT, g_bytes_get_size (file->bytes));

  mb_http_request_add_header (request, "Content-Range", range);
  mb_http_request_reply_problem (request, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE,
      "the file ends before the range that was asked for begins");
}

static void
reply_file (MbHttpRequest *request, const File *file)
{
  SoupMessageHeaders *headers = mb_http_request_get_headers (request);
  gboolean is_get = mb_http_request_is_method (request, "GET");
  gboolean wants_range = is_get && soup_message_headers_get_one (headers, "Range") != NULL;
  /* A range is one of the file itself: parts of a compressed one would be of no use to anybody. */
  gboolean gzip = file->gzip != NULL && !wants_range && mb_http_accepts_gzip (headers);
  const char *etag = gzip ? file->gzip_etag : file->etag;
  MbHttpRange range = MB_HTTP_RANGE_WHOLE;
  gsize first = 0;
  gsize length = 0;

  mb_http_request_add_header (request, "ETag", etag);
  mb_http_request_add_header (request, "Accept-Ranges", "bytes");
  /* The names stay when the files change, so a browser has to ask each time (and gets a 304). */
  mb_http_request_add_header (request, "Cache-Control", "no-cache");
  if (file->gzip != NULL)
    mb_http_request_add_header (request, "Vary", "Accept-Encoding");
  if (mb_http_is_known (headers, etag)) {
    mb_http_request_reply (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
    return;
  }
  if (is_get)
    range = mb_http_range_find (headers, etag, g_bytes_get_size (file->bytes), &first, &length);
  if (range == MB_HTTP_RANGE_PART) {
    reply_part (request, file, first, length);
  } else if (range == MB_HTTP_RANGE_OUTSIDE) {
    reply_outside (request, file);
  } else {
    if (gzip)
      mb_http_request_add_header (request, "Content-Encoding", "gzip");
    mb_http_request_reply (
        request, SOUP_STATUS_OK, file->type->type, gzip ? file->gzip : file->bytes);
  }
}

/**
 * mb_web_serve:
 *
 * Answers with the file of the request's path, `index.html` for a slash at its end.
 */
void
mb_web_serve (MbWeb *self, MbHttpRequest *request)
{
  const char *path = mb_http_request_get_path (request);
  g_autofree char *name =
      g_strconcat (PREFIX, path, g_str_has_suffix (path, "/") ? "index.html" : "", NULL);
  const File *file = find_file (self, name);

  if (file == NULL) {
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "there is no such page here");
  } else if (mb_http_request_is_method (request, "OPTIONS")) {
    mb_http_request_add_header (request, "Allow", ALLOW);
    mb_http_request_reply (request, SOUP_STATUS_NO_CONTENT, NULL, NULL);
  } else if (!mb_http_request_is_method (request, "GET") &&
             !mb_http_request_is_method (request, "HEAD")) {
    mb_http_request_add_header (request, "Allow", ALLOW);
    mb_http_request_reply_problem (
        request, SOUP_STATUS_METHOD_NOT_ALLOWED, "a page can be read, and nothing else");
  } else {
    add_security_headers (request, path);
    reply_file (request, file);
  }
}

static void
on_request (MbHttpRequest *request, gpointer user_data)
{
  mb_web_serve (user_data, request);
}

/**
 * mb_web_new:
 *
 * Puts itself on @http for the Socket.IO client, which lies below a path that is Engine.IO's.
 */
MbWeb *
mb_web_new (MbHttp *http)
{
  MbWeb *self = g_new0 (MbWeb, 1);

  self->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, file_free);
  mb_http_route (http, "/socket.io/socket.io", 0, on_request, self);
  return self;
}

/**
 * mb_web_serve_rest:
 *
 * Puts itself on @http for every path that nobody else has.
 */
void
mb_web_serve_rest (MbWeb *self, MbHttp *http)
{
  mb_http_route (http, "/", 0, on_request, self);
}

void
mb_web_free (MbWeb *self)
{
  g_hash_table_unref (self->files);
  g_free (self);
}
