/* mb-host-config.c: options as a host takes them
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-host-config.h"

/* Members are told and closed within it; together with a worker's stop it stays under 5 s. */
#define DRAIN_MS 500

/**
 * mb_host_config_init:
 * @self: (out caller-allocates): not to be moved
 * @options: outlives @self
 */
void
mb_host_config_init (MbHostConfig *self, MbOptions *options)
{
  MbServerConfig *server = &self->server;

  self->auth = (MbAuthConfig){.wants_tokens = options->auth_wants_tokens,
      .secret_file = options->auth_secret_file,
      .public_key = options->auth_public_key,
      .jwks = options->auth_jwks,
      .issuer = options->auth_issuer,
      .audiences = (const char *const *) options->auth_audiences};
  self->ice = (MbIceListConfig){.stun = (const char *const *) options->ice_stun,
      .turn = (const char *const *) options->ice_turn,
      .turn_secret_file = options->ice_turn_secret_file,
      .ttl_s = (unsigned int) (options->ice_ttl_ms / 1000)};
  self->metrics = (MbMetricsPageConfig){.listen_address = options->metrics_address,
      .port = options->metrics_port,
      .token_file = options->metrics_token_file};
  mb_server_config_init (server);
  server->auth = &self->auth;
  server->ice = &self->ice;
  server->metrics = &self->metrics;
  server->tls_certificate = options->tls_certificate;
  server->tls_key = options->tls_key;
  server->redirect_address = options->redirect_address;
  server->redirect_port = options->redirect_port;
  server->hsts_s = options->hsts_ms / 1000;
  server->has_inner_door = options->room != NULL;
  server->listen_address = options->listen_address;
  server->port = options->listen_port;
  server->store_path = options->store_path;
  server->allow_origins = (const char *const *) options->allow_origins;
  server->audit_path = options->audit_path;
  server->audit_bytes = options->audit_bytes;
  server->log_addresses = options->log_addresses;
  server->logs_requests = options->log_level == G_LOG_LEVEL_DEBUG;
  server->rate_limit = options->rate_limit;
  server->max_connections_each = options->max_connections_each;
  server->max_connections = options->max_connections;
  server->trusted_proxies = (const char *const *) options->trusted_proxies;
  server->max_rooms = options->max_rooms;
  server->max_members = options->max_members;
  server->drain_ms = DRAIN_MS;
}
