/* mb-recorder.h: a session folder and the recordings in it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-recording.h"
#include "mb-space.h"

#define MB_TYPE_RECORDER (mb_recorder_get_type ())
G_DECLARE_FINAL_TYPE (MbRecorder, mb_recorder, MB, RECORDER, GObject)

/**
 * MbRecorderConfig:
 * @directory: where recordings go; made where it is missing
 * @room_id: a valid room id
 * @server: where the room is, for the session's record
 * @name: under which name it is recorded
 * @recording: of each file
 * @space: (nullable): how much room there is; NULL does not look
 * @on_finish: session.json says that the session is to be handed over
 * @audio_only: pictures are left out
 */
typedef struct {
  const char *directory;
  const char *room_id;
  const char *server;
  const char *name;
  MbRecordingConfig recording;
  MbSpace *space;
  gboolean on_finish;
  gboolean audio_only;
} MbRecorderConfig;

/**
 * MbRecorderAway:
 * @MB_RECORDER_AWAY_LEFT: it said goodbye
 * @MB_RECORDER_AWAY_DROPPED: its connection or ours was lost; it may come back under another id
 */
typedef enum {
  MB_RECORDER_AWAY_LEFT,
  MB_RECORDER_AWAY_DROPPED,
} MbRecorderAway;

MbRecorder *mb_recorder_new (const MbRecorderConfig *config, GError **error);
void mb_recorder_add_peer (MbRecorder *self, const char *peer_id, const char *display_name);
void mb_recorder_remove_peer (MbRecorder *self, const char *peer_id, MbRecorderAway away);
void mb_recorder_rename_peer (MbRecorder *self, const char *peer_id, const char *new_id);
void mb_recorder_take_message (MbRecorder *self, const char *peer_id, const char *text);
void mb_recorder_update (
    MbRecorder *self, const char *peer_id, const char *display_name, GPtrArray *tracks);
void mb_recorder_finish (MbRecorder *self);
const char *mb_recorder_get_folder (MbRecorder *self);
