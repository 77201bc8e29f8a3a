/* mb-recorder.h: a session folder and the recordings in it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#define MB_TYPE_RECORDER (mb_recorder_get_type ())
G_DECLARE_FINAL_TYPE (MbRecorder, mb_recorder, MB, RECORDER, GObject)

/**
 * MbRecorderConfig:
 * @directory: where recordings go; made where it is missing
 * @room_id: a valid room id
 * @server: where the room is, for the session's record
 * @name: under which name it is recorded
 */
typedef struct {
  const char *directory;
  const char *room_id;
  const char *server;
  const char *name;
} MbRecorderConfig;

MbRecorder *mb_recorder_new (const MbRecorderConfig *config, GError **error);
void mb_recorder_add_peer (MbRecorder *self, const char *peer_id, const char *display_name);
void mb_recorder_remove_peer (MbRecorder *self, const char *peer_id);
void mb_recorder_take_message (MbRecorder *self, const char *peer_id, const char *text);
void mb_recorder_update (
    MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks);
void mb_recorder_finish (MbRecorder *self);
const char *mb_recorder_get_folder (MbRecorder *self);
