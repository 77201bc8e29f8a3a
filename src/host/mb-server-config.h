/* mb-server-config.h: what a host is told: where it listens, whom it lets in, its limits
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#include "mb-address.h"
#include "mb-auth-config.h"
#include "mb-ice-list.h"
#include "mb-metrics-page.h"

#define MB_SERVER_DEFAULT_ADDRESS "127.0.0.1"
#define MB_SERVER_DEFAULT_PORT 3000
#define MB_SERVER_DEFAULT_ROOMS 10000
#define MB_SERVER_DEFAULT_MEMBERS 1000
#define MB_SERVER_DEFAULT_CONNECTIONS_EACH 500

/**
 * MbServerConfig:
 * @listen_fd: (transfer full): a listening TCP socket that another process has as well, instead of
 *   address and port; -1 for none
 * @bound: (nullable): called with @bound_data once the port is taken, before the store is opened: what
 *   only root may do is done. An error of it is the server's
 * @listen_address: an IP address, v4 or v6 without brackets, or `localhost`
 * @port: 0 picks a free one
 * @store_path: the SQLite file; its folder is made where it is missing; `:memory:` keeps nothing
 * @tls_certificate: (nullable): a PEM file; with it everything is served by TLS
 * @tls_key: (nullable): the PEM file of its key; %NULL where that is in @tls_certificate
 * @redirect_address: (nullable): where a second listener sends callers to https
 * @redirect_port: likewise; 0 picks a free one
 * @hsts_s: how long browsers are told to come by https only; 0 tells them nothing
 * @has_inner_door: whether there is a listener without TLS on 127.0.0.1, for this program's own bots
 * @allow_origins: (nullable) (array zero-terminated=1): web origins that may use the host besides
 *   its own (`https://app.example`, no path); `*` is any
 * @auth: (nullable): who is let in; %NULL lets everybody in
 * @ice: (nullable): which STUN and TURN servers members are told of
 * @metrics: (nullable): who may read /metrics, and where; %NULL lets everybody
 * @more_metrics: (nullable): makes text that is put behind it
 * @more_metrics_data: for it
 * @audit_path: (nullable): a file for who comes, goes and is refused
 * @audit_bytes: when it is turned over; 0 is the default
 * @log_addresses: how much of clients' addresses stands in it and in the log
 * @logs_requests: whether every request is logged, at debug
 * @rate_limit: %FALSE turns all rate limits off
 * @max_connections_each: of one address; 0 is no limit
 * @max_connections: of all; 0 is as many as there are descriptors for
 * @trusted_proxies: (nullable) (array zero-terminated=1): addresses and networks of proxies
 * @ping_interval_ms: heartbeat of both dialects, from the last answer to the next ping
 * @ping_timeout_ms: how long an answer may take
 * @max_payload_bytes: the longest message of a client, after reassembly
 * @max_rooms: rooms that may exist at once, of both kinds
 * @max_members: members a room takes when it does not say so itself
 * @drain_ms: how long mb_server_drain_async() lets members go by themselves
 *
 * A plain value: filled by mb_server_config_init(), then changed; strings are borrowed until
 * mb_server_new() has returned.
 */
typedef struct {
  int listen_fd;
  gboolean (*bound) (gpointer user_data, GError **error);
  gpointer bound_data;
  const char *listen_address;
  guint16 port;
  const char *store_path;
  const char *tls_certificate;
  const char *tls_key;
  const char *redirect_address;
  guint16 redirect_port;
  gint64 hsts_s;
  gboolean has_inner_door;
  const char *const *allow_origins;
  const MbAuthConfig *auth;
  const MbIceListConfig *ice;
  const MbMetricsPageConfig *metrics;
  MbMetricsPageFunc more_metrics;
  gpointer more_metrics_data;
  const char *audit_path;
  guint64 audit_bytes;
  MbAddressStyle log_addresses;
  gboolean logs_requests;
  gboolean rate_limit;
  unsigned int max_connections_each;
  unsigned int max_connections;
  const char *const *trusted_proxies;
  unsigned int ping_interval_ms;
  unsigned int ping_timeout_ms;
  gsize max_payload_bytes;
  unsigned int max_rooms;
  unsigned int max_members;
  unsigned int drain_ms;
} MbServerConfig;

void mb_server_config_init (MbServerConfig *config);

/**
 * mb_server_parse_listen:
 * @text: `[ADDR:]PORT`; an IPv6 address stands in brackets
 * @address: (out) (transfer full): the address, %MB_SERVER_DEFAULT_ADDRESS where @text has none
 * @port: (out): the port
 *
 * Returns: %FALSE with %MB_ERROR_USAGE where @text is not of that form
 */
gboolean mb_server_parse_listen (const char *text, char **address, guint16 *port, GError **error);
