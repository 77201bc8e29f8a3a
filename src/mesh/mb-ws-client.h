/* mb-ws-client.h: signaling over a plain WebSocket, one JSON object a message
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-room-client.h"

#define MB_TYPE_WS_CLIENT (mb_ws_client_get_type ())
G_DECLARE_FINAL_TYPE (MbWsClient, mb_ws_client, MB, WS_CLIENT, MbRoomClient)

MbSignaling *mb_ws_client_new (const char *name, const char *url, const char *token);
