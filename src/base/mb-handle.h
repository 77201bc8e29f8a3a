/* mb-handle.h: what another thread holds instead of an object
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

typedef struct _MbHandle MbHandle;

/**
 * MbHandleFunc:
 * @object: the object, alive for the length of the call
 * @data: what was posted
 *
 * Runs on the main thread.
 */
typedef void (*MbHandleFunc) (gpointer object, gpointer data);

MbHandle *mb_handle_new (gpointer object);
MbHandle *mb_handle_ref (MbHandle *self);
void mb_handle_unref (MbHandle *self);
void mb_handle_clear (MbHandle *self);
void mb_handle_post (MbHandle *self, MbHandleFunc func, gpointer data, GDestroyNotify free_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbHandle, mb_handle_unref)
