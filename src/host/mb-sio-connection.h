/* mb-sio-connection.h: the Socket.IO dialect: a socket of the main namespace as a connection
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-connection.h"
#include "mb-sio-server.h"

MbConnection *mb_sio_connection_new (MbSioSocket *socket);
void mb_sio_connection_take_event (
    MbConnection *connection, const MbSioPacket *packet, GPtrArray *attachments);
void mb_sio_connection_take_end (MbConnection *connection, const char *reason);
