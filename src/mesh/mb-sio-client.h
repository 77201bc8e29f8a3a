/* mb-sio-client.h: signaling over Socket.IO 4, to any server that speaks it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-room-client.h"

#define MB_TYPE_SIO_CLIENT (mb_sio_client_get_type ())
G_DECLARE_FINAL_TYPE (MbSioClient, mb_sio_client, MB, SIO_CLIENT, MbRoomClient)

MbSignaling *mb_sio_client_new (const char *name, const char *url, const char *token);
