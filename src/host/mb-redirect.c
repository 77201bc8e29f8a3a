/* mb-redirect.c: a second listener that sends everybody to https
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It is HTTP of its own with one route, so that nothing that is served with TLS can be had without it
 * by mistake.
 */
#include "mb-redirect.h"

#include <string.h>

#include "mb-acceptor.h"

#define HTTPS_PORT 443
/* 308: a POST stays one. */
#define STATUS SOUP_STATUS_PERMANENT_REDIRECT

struct _MbRedirect {
  MbHttp *http;         /* owned */
  MbAcceptor *acceptor; /* owned */
  guint16 secure_port;
};

/* The Host field without its port, an IPv6 address with its brackets. */
static char *
dup_name (const char *host)
{
  const char *colon = strrchr (host, ':');

  if (colon == NULL || strchr (colon, ']') != NULL)
    return g_strdup (host);
  return g_strndup (host, (gsize) (colon - host));
}

static void
on_request (MbHttpRequest *request, gpointer user_data)
{
  MbRedirect *self = user_data;
  const char *host = mb_http_request_get_header (request, "Host");
  g_autofree char *name = NULL;
  g_autofree char *target = mb_http_request_dup_target (request);
  g_autofree char *location = NULL;
  char port[16] = "";

  if (host == NULL) {
    mb_http_request_reply_problem (request, SOUP_STATUS_BAD_REQUEST, "this host is at https://");
    return;
  }
  name = dup_name (host);
  if (self->secure_port != HTTPS_PORT)
    g_snprintf (port, sizeof port, ":%u", self->secure_port);
  location = g_strconcat ("https://", name, port, target, NULL);
  mb_http_request_add_header (request, "Location", location);
  mb_http_request_reply_problem (request, STATUS, "this host is at https://");
}

static void
on_caller (int fd, gpointer user_data)
{
  MbRedirect *self = user_data;

  mb_http_accept (self->http, fd, NULL);
}

/**
 * mb_redirect_new:
 * @visitors: (nullable): not owned
 * @port: 0 picks a free one
 * @secure_port: where https is
 *
 * Returns: (transfer full): a listener; or %NULL as mb_acceptor_new()
 */
MbRedirect *
mb_redirect_new (MbReactor *reactor, MbVisitors *visitors, const char *address, guint16 port,
    guint16 secure_port, GError **error)
{
  g_autoptr (MbRedirect) self = g_new0 (MbRedirect, 1);

  self->secure_port = secure_port;
  self->http = mb_http_new (reactor);
  mb_http_set_visitors (self->http, visitors);
  mb_http_route (self->http, "/", 0, on_request, self);
  self->acceptor = mb_acceptor_new (reactor, address, port, on_caller, self, error);
  if (self->acceptor == NULL)
    return NULL;
  mb_acceptor_start (self->acceptor);
  return g_steal_pointer (&self);
}

void
mb_redirect_free (MbRedirect *self)
{
  g_clear_pointer (&self->acceptor, mb_acceptor_free);
  g_clear_pointer (&self->http, mb_http_free);
  g_free (self);
}

guint16
mb_redirect_get_port (MbRedirect *self)
{
  return mb_acceptor_get_port (self->acceptor);
}
