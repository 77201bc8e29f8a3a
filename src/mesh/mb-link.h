/* mb-link.h: one WebSocket to a server, opened as often as needed
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

#define MB_TYPE_LINK (mb_link_get_type ())
G_DECLARE_FINAL_TYPE (MbLink, mb_link, MB, LINK, GObject)

MbLink *mb_link_new (const char *url, const char *token);
void mb_link_open (MbLink *self);
gboolean mb_link_is_open (MbLink *self);
void mb_link_send (MbLink *self, GBytes *data, gboolean binary);
void mb_link_send_text (MbLink *self, const char *text);
void mb_link_set_silence_limit (MbLink *self, unsigned int limit_ms);
void mb_link_set_ping_interval (MbLink *self, unsigned int interval_s);
void mb_link_close (MbLink *self);
void mb_link_abort (MbLink *self);
