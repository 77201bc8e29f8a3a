/* mb-http.h: HTTP/1.1 on the reactor: requests to handlers, answers back, upgrades
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libsoup/soup.h>

#include "mb-metrics.h"
#include "mb-socket.h"

typedef struct _MbHttp MbHttp;
typedef struct _MbHttpRequest MbHttpRequest;

/**
 * MbHttpHandler:
 * @request: whole, with its body; the handler answers it now, or keeps a reference and answers
 *   later
 */
typedef void (*MbHttpHandler) (MbHttpRequest *request, gpointer user_data);
/**
 * MbHttpObserver:
 * @request: that is being answered
 * @duration_us: since it was whole; 0 for one that was refused unread
 */
typedef void (*MbHttpObserver) (
    MbHttpRequest *request, unsigned int status, gint64 duration_us, gpointer user_data);
typedef void (*MbHttpGoneFunc) (MbHttpRequest *request, gpointer user_data);

MbHttp *mb_http_new (MbReactor *reactor);
void mb_http_set_visitors (MbHttp *self, MbVisitors *visitors);
void mb_http_set_metrics (MbHttp *self, MbMetrics *metrics);
void mb_http_free (MbHttp *self);
void mb_http_route (
    MbHttp *self, const char *prefix, gsize max_body, MbHttpHandler handler, gpointer user_data);
void mb_http_set_observer (MbHttp *self, MbHttpObserver observer, gpointer user_data);
void mb_http_set_hsts (MbHttp *self, gint64 max_age_s);
void mb_http_accept (MbHttp *self, int fd, MbTls *tls);
void mb_http_drain (MbHttp *self);
unsigned int mb_http_count_connections (MbHttp *self);

MbHttpRequest *mb_http_request_ref (MbHttpRequest *self);
void mb_http_request_unref (MbHttpRequest *self);
const char *mb_http_request_get_method (MbHttpRequest *self);
const char *mb_http_request_get_path (MbHttpRequest *self);
const char *mb_http_request_get_header (MbHttpRequest *self, const char *name);
SoupMessageHeaders *mb_http_request_get_headers (MbHttpRequest *self);
const char *mb_http_request_get_query (MbHttpRequest *self, const char *name);
const char *mb_http_request_get_body (MbHttpRequest *self, gsize *length);
char *mb_http_request_dup_target (MbHttpRequest *self);
gboolean mb_http_request_is_secure (MbHttpRequest *self);
gboolean mb_http_request_is_method (MbHttpRequest *self, const char *method);
gboolean mb_http_request_wants_websocket (MbHttpRequest *self);

void mb_http_request_add_header (MbHttpRequest *self, const char *name, const char *value);
void mb_http_request_reply (
    MbHttpRequest *self, unsigned int status, const char *content_type, GBytes *body);
void mb_http_request_reply_text (
    MbHttpRequest *self, unsigned int status, const char *content_type, const char *text);
void mb_http_request_reply_problem (MbHttpRequest *self, unsigned int status, const char *detail);
void mb_http_request_reply_error (MbHttpRequest *self, const GError *error);
void mb_http_request_hold (MbHttpRequest *self, MbHttpGoneFunc gone, gpointer user_data);
void mb_http_request_set_duration (MbHttpRequest *self, MbMetric *duration);
MbMetric *mb_http_make_duration (MbMetrics *metrics, const char *route);
gboolean mb_http_request_visit (MbHttpRequest *self, MbVisit visit);
void mb_http_request_handle_again (MbHttpRequest *self);
gboolean mb_http_request_is_again (MbHttpRequest *self);
MbAddress mb_http_request_get_client (MbHttpRequest *self);
const char *mb_http_request_get_id (MbHttpRequest *self);
gboolean mb_http_request_is_open (MbHttpRequest *self);
MbSocket *mb_http_request_upgrade (MbHttpRequest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbHttpRequest, mb_http_request_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbHttp, mb_http_free)
