/* mb-origins.c: which web pages may use the host
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A browser says in Origin whose page is asking. Our own pages may, and those that the
 * administrator names. Programs that are no browser send none, and are let in: what they send is
 * nobody's cookies.
 */
#include "mb-origins.h"

#include <string.h>

struct _MbOrigins {
  char **allowed; /* owned */
  gboolean any;
};

/**
 * mb_origins_set:
 * @allowed: (nullable) (array zero-terminated=1): those from here on
 */
void
mb_origins_set (MbOrigins *self, const char *const *allowed)
{
  static const char *const NONE[] = {NULL};

  g_strfreev (self->allowed);
  self->allowed = g_strdupv ((char **) (allowed == NULL ? NONE : allowed));
  self->any = g_strv_contains ((const char *const *) self->allowed, "*");
}

MbOrigins *
mb_origins_new (const char *const *allowed)
{
  MbOrigins *self = g_new0 (MbOrigins, 1);

  mb_origins_set (self, allowed);
  return self;
}

void
mb_origins_free (MbOrigins *self)
{
  g_strfreev (self->allowed);
  g_free (self);
}

static gboolean
is_own (const char *origin, const char *host, gboolean is_secure)
{
  const char *authority = strstr (origin, "://");

  /* Without TLS of our own the page may still have come by it, from a proxy. */
  return host != NULL && authority != NULL &&
         ((!is_secure && g_str_has_prefix (origin, "http://")) ||
             g_str_has_prefix (origin, "https://")) &&
         g_ascii_strcasecmp (authority + 3, host) == 0;
}

static gboolean
is_named (MbOrigins *self, const char *origin)
{
  for (char **allowed = self->allowed; *allowed != NULL; allowed++) {
    if (g_ascii_strcasecmp (*allowed, origin) == 0)
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_origins_apply:
 *
 * Adds the fields of the CORS protocol to the answer where the page may read it.
 *
 * Returns: %FALSE where the request comes from a page that may not use this host
 */
gboolean
mb_origins_apply (MbOrigins *self, MbHttpRequest *request)
{
  const char *origin = mb_http_request_get_header (request, "Origin");

  if (origin != NULL && (is_own (origin, mb_http_request_get_header (request, "Host"),
                             mb_http_request_is_secure (request)) ||
                            is_named (self, origin))) {
    mb_http_request_add_header (request, "Access-Control-Allow-Origin", origin);
    mb_http_request_add_header (request, "Access-Control-Allow-Credentials", "true");
    mb_http_request_add_header (request, "Vary", "Origin");
    return TRUE;
  }
  if (self->any)
    mb_http_request_add_header (request, "Access-Control-Allow-Origin", "*");
  return self->any || origin == NULL;
}

/**
 * mb_origins_reply_options:
 * @methods: what the resource takes, as in an Allow field
 *
 * Answers OPTIONS, a preflight or not.
 */
void
mb_origins_reply_options (MbHttpRequest *request, const char *methods)
{
  const char *fields = mb_http_request_get_header (request, "Access-Control-Request-Headers");

  mb_http_request_add_header (request, "Allow", methods);
  if (mb_http_request_get_header (request, "Access-Control-Request-Method") != NULL) {
    mb_http_request_add_header (request, "Access-Control-Allow-Methods", methods);
    if (fields != NULL)
      mb_http_request_add_header (request, "Access-Control-Allow-Headers", fields);
    mb_http_request_add_header (request, "Access-Control-Max-Age", "600");
  }
  mb_http_request_reply (request, SOUP_STATUS_NO_CONTENT, NULL, NULL);
}
