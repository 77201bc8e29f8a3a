/* mb-host-config.h: options as a host takes them
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-options.h"
#include "mb-server.h"

/**
 * MbHostConfig:
 * @server: points into the others, and into the options: where both are, it is good
 */
typedef struct {
  MbAuthConfig auth;
  MbIceListConfig ice;
  MbMetricsPageConfig metrics;
  MbServerConfig server;
} MbHostConfig;

void mb_host_config_init (MbHostConfig *self, MbOptions *options);
