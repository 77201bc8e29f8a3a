/* mb-media.h: the media thread: one thread owns the RTP engine, posts go both ways
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbMedia MbMedia;

/**
 * MbMediaFunc:
 * @data: what was posted
 * @now_us: the monotonic time in microseconds
 *
 * Runs on the media thread.
 */
typedef void (*MbMediaFunc) (gpointer data, gint64 now_us);

MbMedia *mb_media_new (void);
MbMedia *mb_media_new_manual (void);
MbMedia *mb_media_ref (MbMedia *self);
void mb_media_unref (MbMedia *self);
void mb_media_post (MbMedia *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data);
void mb_media_iterate (MbMedia *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMedia, mb_media_unref)
