/* mb-ws-connection.h: the plain dialect: one JSON object a text frame
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-connection.h"
#include "mb-socket.h"

typedef struct {
  unsigned int ping_interval_ms;
  unsigned int ping_timeout_ms;
  gsize max_payload_bytes;
} MbWsOptions;

MbConnection *mb_ws_connection_new (
    MbReactor *reactor, MbSocket *socket, const MbWsOptions *options);
