/* playback.h: reads and decodes a whole file, and says what is in it and what went wrong
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define PLAYBACK_MAX_TRACKS 4

typedef struct {
  const char *codec; /* libavcodec's name */
  gboolean is_video;
  int width; /* as the header has it */
  int height;
  int decoded_width; /* of the last picture */
  guint n_packets;
  guint n_frames; /* decoded */
  gint64 first_ms;
  gint64 last_ms; /* start of the last packet */
  gint64 longest_gap_ms;
} PlaybackTrack;

typedef struct {
  gboolean is_webm;
  gint64 duration_ms; /* as the header has it; -1 means not said */
  gboolean has_index;
  guint n_tracks;
  PlaybackTrack tracks[PLAYBACK_MAX_TRACKS];
  guint n_errors; /* of decoding, and what libav* logged as an error */
} Playback;

void playback_read (const char *path, Playback *playback);
const PlaybackTrack *playback_find (const Playback *playback, gboolean is_video);
