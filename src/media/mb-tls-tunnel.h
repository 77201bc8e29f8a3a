/* mb-tls-tunnel.h: a way from the loopback to a TLS server, for a library that speaks TCP only
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

typedef struct _MbTlsTunnel MbTlsTunnel;

MbTlsTunnel *mb_tls_tunnel_new (const char *host, guint16 port, GError **error);
guint16 mb_tls_tunnel_get_port (const MbTlsTunnel *self);
void mb_tls_tunnel_close (MbTlsTunnel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTlsTunnel, mb_tls_tunnel_close)
