/* mb-http-private.h: what the two halves of HTTP, connections and requests, know of each other
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-http-head.h"
#include "mb-http.h"

/* The first digit of a status, from 1. */
#define MB_HTTP_STATUS_CLASSES 5
/* Two runs of a host have other ids of requests. */
#define MB_HTTP_RUN_LENGTH 6
/* A connection is closed after so many. */
#define MB_HTTP_REQUESTS_MAX 10000

/**
 * MbHttpRefusal:
 *
 * Why somebody gets nothing, as it is counted.
 */
typedef enum {
  MB_HTTP_REFUSAL_UNAUTHORIZED,
  MB_HTTP_REFUSAL_FORBIDDEN,
  MB_HTTP_REFUSAL_TOO_LARGE,
  MB_HTTP_REFUSAL_RATE_LIMITED,
  MB_HTTP_REFUSAL_CONNECTIONS,
  MB_HTTP_N_REFUSALS,
} MbHttpRefusal;

typedef struct {
  char *prefix; /* owned */
  gsize max_body;
  MbHttpHandler handler;
  gpointer user_data;                          /* not owned */
  MbMetric *duration;                          /* (nullable) not owned */
  MbMetric *n_answers[MB_HTTP_STATUS_CLASSES]; /* (nullable) not owned; by class of status */
} MbHttpRoute;

struct _MbHttp {
  MbMetric *n_refused[MB_HTTP_N_REFUSALS]; /* (nullable) not owned */
  MbReactor *reactor;                      /* not owned */
  MbMetrics *metrics;                      /* (nullable) not owned */
  MbVisitors *visitors;                    /* (nullable) not owned */
  GPtrArray *routes;                       /* (element-type MbHttpRoute) */
  char *hsts;                              /* (nullable) owned; a field of answers by TLS */
  GQueue connections;                      /* (element-type MbHttpConnection) */
  MbHttpObserver observer;                 /* (nullable) */
  gpointer observer_data;                  /* not owned */
  char run[MB_HTTP_RUN_LENGTH + 1];        /* how ids of requests begin */
  guint64 n_requests;
  gboolean draining;
};

typedef enum {
  MB_HTTP_STATE_IDLE, /* kept, between two requests */
  MB_HTTP_STATE_HEAD,
  MB_HTTP_STATE_BODY,
  MB_HTTP_STATE_BUSY, /* a handler has it */
  MB_HTTP_STATE_WRITING,
} MbHttpState;

typedef struct {
  MbHttp *http;     /* not owned */
  MbSocket *socket; /* owned */
  MbAddress peer;
  MbHttpRequest *request; /* (nullable) owned; the one in work */
  GList link;
  MbTimer deadline;
  MbHttpState state;
  MbHttpChunks chunks;
  unsigned int n_requests;
  gboolean is_secure;
} MbHttpConnection;

struct _MbHttpRequest {
  MbHttpConnection *connection; /* (nullable) not owned; NULL once answered or gone */
  MbHttpHead head;
  gint64 begun_us;          /* monotonic; when it was whole */
  MbMetric *duration;       /* (nullable) not owned; where it takes another than its route's */
  const MbHttpRoute *route; /* not owned */
  GByteArray *body;
  GHashTable *query;   /* (nullable) owned; name → value, made when asked for */
  GString *headers;    /* of the answer */
  MbHttpGoneFunc gone; /* (nullable) */
  gpointer gone_data;  /* not owned */
  char id[MB_HTTP_RUN_LENGTH + 18];
  gboolean is_again; /* its handler has had it before */
};

MbHttpRequest *mb_http_request_new (MbHttpConnection *connection);
MbSocket *mb_http_connection_dissolve (MbHttpConnection *connection);
void mb_http_connection_finish (MbHttpConnection *connection, gboolean keeps_alive);
