/* mb-metrics-page.c: who may read /metrics, and where
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * With a listener of its own it is HTTP of its own with nothing else on it, and a process of bots, which
 * hosts nothing, has one too.
 */
#include "mb-metrics-page.h"

#include <gnutls/crypto.h>
#include <string.h>

#include "mb-acceptor.h"
#include "mb-auth.h"
#include "mb-error.h"

#define PATH "/metrics"
#define METHODS "GET, HEAD, OPTIONS"
#define TOKEN_MIN 16
#define TOKEN_MAX 4096

struct _MbMetricsPage {
  MbMetricsPageFunc func;
  gpointer user_data;   /* not owned */
  char *token;          /* (nullable) owned */
  MbHttp *http;         /* (nullable) owned; with a listener of its own */
  MbAcceptor *acceptor; /* (nullable) owned */
};

static gboolean
is_let_in (MbMetricsPage *self, MbHttpRequest *request)
{
  const char *token = mb_auth_find_bearer (request);

  if (self->token == NULL)
    return TRUE;
  return token != NULL && strlen (token) == strlen (self->token) &&
         gnutls_memcmp (token, self->token, strlen (token)) == 0;
}

/**
 * mb_metrics_page_serve:
 * @request: a GET or HEAD of it
 */
void
mb_metrics_page_serve (MbMetricsPage *self, MbHttpRequest *request)
{
  g_autofree char *text = NULL;

  mb_http_request_add_header (request, "Cache-Control", "no-store");
  if (!is_let_in (self, request)) {
    mb_http_request_add_header (request, "WWW-Authenticate", "Bearer realm=\"metrics\"");
    mb_http_request_reply_problem (
        request, SOUP_STATUS_UNAUTHORIZED, "metrics are for those who have their token");
    return;
  }
  text = self->func (self->user_data);
  mb_http_request_reply_text (
      request, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", text);
}

static void
on_request (MbHttpRequest *request, gpointer user_data)
{
  if (strcmp (mb_http_request_get_path (request), PATH) != 0) {
    mb_http_request_reply_problem (request, SOUP_STATUS_NOT_FOUND, "here are " PATH " only");
  } else if (mb_http_request_is_method (request, "GET") ||
             mb_http_request_is_method (request, "HEAD")) {
    mb_metrics_page_serve (user_data, request);
  } else {
    mb_http_request_add_header (request, "Allow", METHODS);
    mb_http_request_reply_problem (
        request, SOUP_STATUS_METHOD_NOT_ALLOWED, "the Allow field names what can be done here");
  }
}

static void
on_caller (int fd, gpointer user_data)
{
  MbMetricsPage *self = user_data;

  mb_http_accept (self->http, fd, NULL);
}

static gboolean
read_token (MbMetricsPage *self, const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &self->token, &length, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", reason->message);
    return FALSE;
  }
  g_strstrip (self->token);
  length = strlen (self->token);
  if (length >= TOKEN_MIN && length <= TOKEN_MAX)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: a token has %d to %d characters", path,
      TOKEN_MIN, TOKEN_MAX);
  return FALSE;
}

/**
 * mb_metrics_page_new:
 * @func: makes the text
 *
 * Returns: (transfer full): a page; or %NULL with %MB_ERROR_USAGE, or as mb_acceptor_new()
 */
MbMetricsPage *
mb_metrics_page_new (MbReactor *reactor, const MbMetricsPageConfig *config, MbMetricsPageFunc func,
    gpointer user_data, GError **error)
{
  g_autoptr (MbMetricsPage) self = g_new0 (MbMetricsPage, 1);

  self->func = func;
  self->user_data = user_data;
  if (config->token_file != NULL && !read_token (self, config->token_file, error))
    return NULL;
  if (config->listen_address == NULL)
    return g_steal_pointer (&self);
  self->http = mb_http_new (reactor);
  mb_http_route (self->http, "/", 0, on_request, self);
  self->acceptor =
      mb_acceptor_new (reactor, config->listen_address, config->port, on_caller, self, error);
  if (self->acceptor == NULL)
    return NULL;
  mb_acceptor_start (self->acceptor);
  return g_steal_pointer (&self);
}

void
mb_metrics_page_free (MbMetricsPage *self)
{
  g_clear_pointer (&self->acceptor, mb_acceptor_free);
  g_clear_pointer (&self->http, mb_http_free);
  g_free (self->token);
  g_free (self);
}

gboolean
mb_metrics_page_is_elsewhere (MbMetricsPage *self)
{
  return self->acceptor != NULL;
}

guint16
mb_metrics_page_get_port (MbMetricsPage *self)
{
  return mb_acceptor_get_port (self->acceptor);
}
