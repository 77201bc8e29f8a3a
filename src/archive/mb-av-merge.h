/* mb-av-merge.h: many recorded files as the tracks of one
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbAvPart:
 * @path: of a file
 * @owner: whose it is: files of one owner that follow one another share tracks where they can
 * @title: what its tracks are called
 * @offset_ms: where its time zero is in the whole
 */
typedef struct {
  char *path;
  char *owner;
  char *title;
  gint64 offset_ms;
} MbAvPart;

/**
 * MbAvMerged:
 * @n_tracks: of the whole
 * @n_packets: frames in it
 * @duration_ms: of it
 */
typedef struct {
  unsigned int n_tracks;
  guint64 n_packets;
  gint64 duration_ms;
} MbAvMerged;

void mb_av_part_free (MbAvPart *self);
gboolean mb_av_merge (const GPtrArray *parts, const char *to, MbAvMerged *merged, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbAvPart, mb_av_part_free)
