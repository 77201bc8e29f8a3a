/* mb-service.h: what systemd gives a service and wants to hear from it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

typedef struct _MbService MbService;

MbService *mb_service_new (void);
void mb_service_free (MbService *self);

gboolean mb_service_take_listener (MbService *self, int *fd, GError **error);
unsigned int mb_service_get_beat_ms (MbService *self);
void mb_service_beat (MbService *self);
void mb_service_tell_ready (MbService *self);
void mb_service_tell_reloading (MbService *self);
void mb_service_tell_stopping (MbService *self, unsigned int within_ms);
void mb_service_tell_status (MbService *self, const char *status);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbService, mb_service_free)
