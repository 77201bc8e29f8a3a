/* mb-media-core.h: what runs on the media thread: posts, members that tick, flushes at the end
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-media.h"

typedef struct _MbMediaCore MbMediaCore;
typedef struct _MbMediaMember MbMediaMember;

/**
 * MbMediaMember:
 * @tick: called at each turn
 * @shut: the engine ends: let go of what only lives on the media thread; removes nothing itself
 *
 * The first member of a struct that lives on the media thread.
 */
struct _MbMediaMember {
  void (*tick) (MbMediaMember *member, gint64 now_us);
  void (*shut) (MbMediaMember *member);
};

MbMediaCore *mb_media_core_new (void);
MbMediaCore *mb_media_core_ref (MbMediaCore *self);
void mb_media_core_unref (MbMediaCore *self);
MbMediaCore *mb_media_get_core (MbMedia *media);

/* Thread: any. */
void mb_media_core_post (
    MbMediaCore *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data);

/* On the media thread. */
void mb_media_core_add_member (MbMediaCore *self, MbMediaMember *member);
void mb_media_core_remove_member (MbMediaCore *self, MbMediaMember *member);
GMainContext *mb_media_core_get_context (MbMediaCore *self);
void mb_media_core_at_end (
    MbMediaCore *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data);

/* By who runs it. */
void mb_media_core_set_context (MbMediaCore *self, GMainContext *context);
gboolean mb_media_core_take_wake (MbMediaCore *self, gboolean clear);
gint64 mb_media_core_iterate (MbMediaCore *self, gint64 now_us);
void mb_media_core_finish (MbMediaCore *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMediaCore, mb_media_core_unref)
