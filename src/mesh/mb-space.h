/* mb-space.h: how much room there is for recordings, and for how long
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#define MB_TYPE_SPACE (mb_space_get_type ())
G_DECLARE_FINAL_TYPE (MbSpace, mb_space, MB, SPACE, GObject)

#define MB_SPACE_NO_FLOOR G_MAXUINT64

/**
 * MbSpaceLevel:
 * @MB_SPACE_LEVEL_FREE: everything is recorded
 * @MB_SPACE_LEVEL_LOW: sound only
 * @MB_SPACE_LEVEL_FULL: nothing
 */
typedef enum {
  MB_SPACE_LEVEL_FREE,
  MB_SPACE_LEVEL_LOW,
  MB_SPACE_LEVEL_FULL,
} MbSpaceLevel;

/**
 * MbSpaceLimits:
 * @floor_bytes: of the disk, that stay free; 0 is 200 MB or 1 %, whichever is more; %MB_SPACE_NO_FLOOR is none
 * @quota_bytes: that all recordings below the folder may take; 0 is any number
 * @room_quota_bytes: that those of one room may take; 0 is any number
 */
typedef struct {
  guint64 floor_bytes;
  guint64 quota_bytes;
  guint64 room_quota_bytes;
} MbSpaceLimits;

/**
 * MbSpaceState:
 * @level: what a room may record
 * @reason: (transfer none): what is short, or would be first: `disk`, `quota`, `room-quota`
 * @left_bytes: of that
 * @floor_bytes: below which pictures are left out, and below half of which there is nothing
 * @full_s: in how many seconds nothing will be recorded any more, as things go; at most %MB_SPACE_FOREVER_S
 */
typedef struct {
  MbSpaceLevel level;
  const char *reason;
  guint64 left_bytes;
  guint64 floor_bytes;
  gint64 full_s;
} MbSpaceState;

#define MB_SPACE_FOREVER_S ((gint64) 365 * 24 * 3600)

MbSpaceLevel mb_space_judge (MbSpaceLevel before, guint64 left_bytes, guint64 floor_bytes);
const char *mb_space_level_get_name (MbSpaceLevel level);

MbSpace *mb_space_new (const char *directory, const MbSpaceLimits *limits);
void mb_space_check (MbSpace *self);
void mb_space_add_written (MbSpace *self, const char *room_id, guint64 bytes);
void mb_space_add_missing (MbSpace *self, guint64 n_frames);
void mb_space_get_state (MbSpace *self, const char *room_id, MbSpaceState *state);
