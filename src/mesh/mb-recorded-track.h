/* mb-recorded-track.h: what is known of a track in a recorded file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-json-writer.h"

/**
 * MbRecordedGap:
 * @at_ms: where it is, in the file
 * @duration_ms: from the last packet before it to the first one after it
 */
typedef struct {
  gint64 at_ms;
  gint64 duration_ms;
} MbRecordedGap;

/**
 * MbRecordedTrack:
 * @kind: `audio` or `video`
 * @codec: its name
 * @width: pixels, of the last picture; 0 for audio
 * @height: likewise
 * @n_packets: RTP packets that came
 * @n_lost: that did not, in spite of asking again
 * @n_missing: frames that came and are not in the file, for want of room or since the disk was slow
 * @n_key_frames: in the file; 0 for audio
 * @gaps: (element-type MbRecordedGap)
 */
typedef struct {
  const char *kind;
  const char *codec;
  unsigned int width;
  unsigned int height;
  guint64 n_packets;
  guint64 n_lost;
  guint64 n_missing;
  guint64 n_key_frames;
  GArray *gaps;
} MbRecordedTrack;

MbRecordedTrack *mb_recorded_track_new (const char *kind, const char *codec);
void mb_recorded_track_free (MbRecordedTrack *self);
void mb_recorded_track_write (const MbRecordedTrack *self, MbJsonWriter *json);
