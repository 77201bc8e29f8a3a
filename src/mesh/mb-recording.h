/* mb-recording.h: one file that is being written from the tracks of a peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-session-record.h"
#include "mb-track.h"

#define MB_TYPE_RECORDING (mb_recording_get_type ())
G_DECLARE_FINAL_TYPE (MbRecording, mb_recording, MB, RECORDING, GObject)

/**
 * MbRecordingSplit:
 * @duration_ms: after which a file ends at a key frame and another begins; 0 is never
 * @bytes: likewise
 */
typedef struct {
  gint64 duration_ms;
  guint64 bytes;
} MbRecordingSplit;

/**
 * MbRecordingConfig:
 * @split: when the file gives way to another
 * @keeps_corrupt: after a loss pictures are written even where they refer to what is missing
 * @max_queue_bytes: that may wait for a slow disk; 0 is the usual
 */
typedef struct {
  MbRecordingSplit split;
  gboolean keeps_corrupt;
  unsigned int max_queue_bytes;
} MbRecordingConfig;

MbRecording *mb_recording_new (
    GPtrArray *tracks, const char *stem, const MbRecordingConfig *config, GError **error);
void mb_recording_set_without_video (MbRecording *self, gboolean without_video);
int mb_recording_get_loudness (MbRecording *self);
guint64 mb_recording_take_written (MbRecording *self);
void mb_recording_finish (MbRecording *self);
gboolean mb_recording_has_track (MbRecording *self, const MbTrack *track);
gboolean mb_recording_is_for (MbRecording *self, GPtrArray *tracks);
const char *mb_recording_get_location (MbRecording *self);
void mb_recording_describe (MbRecording *self, MbRecordedFile *file);
