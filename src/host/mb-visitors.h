/* mb-visitors.h: who calls, by address: how often, and with how many connections
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-address.h"
#include "mb-guard.h"

/* Addresses that are remembered at once; then the one that was idle for longest is forgotten. */
#define MB_VISITORS_MAX 65536

/**
 * MbVisit:
 * @MB_VISIT_CALL: a request to the REST interface
 * @MB_VISIT_HANDSHAKE: one that opens a session or a WebSocket
 * @MB_VISIT_TLS: a connection by TLS, which costs the host a signature
 */
typedef enum {
  MB_VISIT_CALL,
  MB_VISIT_HANDSHAKE,
  MB_VISIT_TLS,
  MB_N_VISITS,
} MbVisit;

/**
 * MbVisitorLimits:
 * @rates: by #MbVisit; all zero means no limit
 * @max_connections_each: of one address; 0 means no limit
 * @max_connections: of all; 0 means no limit
 * @proxies: (nullable) (array zero-terminated=1): addresses and networks (`10.0.0.0/8`) whose word on
 *   whom they call for counts
 */
typedef struct {
  MbRate rates[MB_N_VISITS];
  unsigned int max_connections_each;
  unsigned int max_connections;
  const char *const *proxies;
} MbVisitorLimits;

typedef struct _MbVisitors MbVisitors;
typedef struct _MbSeat MbSeat;

MbVisitors *mb_visitors_new (const MbVisitorLimits *limits);
void mb_visitors_set_limits (MbVisitors *self, const MbVisitorLimits *limits);
void mb_visitors_free (MbVisitors *self);
gboolean mb_visitors_is_proxy (MbVisitors *self, const MbAddress *peer);
MbAddress mb_visitors_find_client (
    MbVisitors *self, const MbAddress *peer, const char *forwarded, const char *x_forwarded_for);
unsigned int mb_visitors_take (
    MbVisitors *self, const MbAddress *client, MbVisit visit, gint64 now_us);
MbSeat *mb_visitors_sit (MbVisitors *self, const MbAddress *client, gboolean is_counted_each);
gboolean mb_visitors_are_full (MbVisitors *self);
void mb_seat_free (MbSeat *self);
unsigned int mb_visitors_count (MbVisitors *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbVisitors, mb_visitors_free)
