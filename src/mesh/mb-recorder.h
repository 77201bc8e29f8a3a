/* mb-recorder.h: a session folder and the recordings in it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#define MB_TYPE_RECORDER (mb_recorder_get_type ())
G_DECLARE_FINAL_TYPE (MbRecorder, mb_recorder, MB, RECORDER, GObject)

MbRecorder *mb_recorder_new (const char *directory, const char *room_id, GError **error);
void mb_recorder_update (
    MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks);
void mb_recorder_finish (MbRecorder *self);
const char *mb_recorder_get_folder (MbRecorder *self);
