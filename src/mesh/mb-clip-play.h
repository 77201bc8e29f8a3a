/* mb-clip-play.h: plays a clip's pipeline from some place on, around its end, again and again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-clip.h"

typedef struct _MbClipPlay MbClipPlay;

MbClipPlay *mb_clip_play_new (MbClip *clip, GstElement *pipeline, double place, gboolean loop);
void mb_clip_play_free (MbClipPlay *self);
gboolean mb_clip_play_prepare (MbClipPlay *self, GError **error);
gboolean mb_clip_play_take_message (MbClipPlay *self, GstMessage *message, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbClipPlay, mb_clip_play_free)
