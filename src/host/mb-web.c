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

#define PREFIX "/meshbot/web"
#define ALLOW "GET, HEAD, OPTIONS"

/* Nothing inline, nothing from elsewhere: a name or a chat line can never become a script. */
#define SECURITY_POLICY                                                                   \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " \
  "media-src 'self' blob: mediastream:; connect-src 'self'; font-src 'self'; "            \
  "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

struct _MbWeb {
  GHashTable *etags; /* (element-type utf8 utf8) by resource path */
};

static const struct {
  const char *suffix;
  const char *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
};

static const char *
get_type (const char *path)
{
  for (unsigned int i = 0; i < G_N_ELEMENTS (TYPES); i++) {
    if (g_str_has_suffix (path, TYPES[i].suffix))
      return TYPES[i].type;
  }
  return "application/octet-stream";
}

static const char *
get_etag (MbWeb *self, const char *path, GBytes *bytes)
{
  const char *known = g_hash_table_lookup (self->etags, path);
  g_autofree char *sum = NULL;
  char *etag = NULL;

  if (known != NULL)
    return known;
  sum = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  etag = g_strdup_printf ("\"%.16s\"", sum);
  g_hash_table_insert (self->etags, g_strdup (path), etag);
  return etag;
}

static void
add_headers (MbHttpRequest *request, const char *etag)
{
  mb_http_request_add_header (request, "ETag", etag);
  /* The names stay when the files change, so a browser has to ask each time (and gets a 304). */
  mb_http_request_add_header (request, "Cache-Control", "no-cache");
  mb_http_request_add_header (request, "Content-Security-Policy", SECURITY_POLICY);
  mb_http_request_add_header (request, "Referrer-Policy", "no-referrer");
  mb_http_request_add_header (request, "X-Frame-Options", "DENY");
  mb_http_request_add_header (request, "Cross-Origin-Opener-Policy", "same-origin");
  mb_http_request_add_header (request, "Permissions-Policy",
      "camera=(self), microphone=(self), display-capture=(self), geolocation=()");
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
  const char *known = mb_http_request_get_header (request, "If-None-Match");
  g_autofree char *name =
      g_strconcat (PREFIX, path, g_str_has_suffix (path, "/") ? "index.html" : "", NULL);
  g_autoptr (GBytes) bytes = NULL;
  const char *etag = NULL;

  if (mb_http_request_is_method (request, "OPTIONS")) {
    mb_http_request_add_header (request, "Allow", ALLOW);
    mb_http_request_reply (request, SOUP_STATUS_NO_CONTENT, NULL, NULL);
    return;
  }
  bytes = g_resources_lookup_data (name, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (bytes == NULL) {
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "there is no such page here");
    return;
  }
  if (!mb_http_request_is_method (request, "GET") && !mb_http_request_is_method (request, "HEAD")) {
    mb_http_request_add_header (request, "Allow", ALLOW);
    mb_http_request_reply_problem (request, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
    return;
  }
  etag = get_etag (self, name, bytes);
  add_headers (request, etag);
  if (known != NULL && strstr (known, etag) != NULL)
    mb_http_request_reply (request, SOUP_STATUS_NOT_MODIFIED, NULL, NULL);
  else
    mb_http_request_reply (request, SOUP_STATUS_OK, get_type (name), bytes);
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

  self->etags = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
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
  g_hash_table_unref (self->etags);
  g_free (self);
}
