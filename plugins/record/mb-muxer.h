/* mb-muxer.h: encoded frames into WebM or Matroska that plays whenever the process ends
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "mb-frame.h"

typedef struct _MbMuxer MbMuxer;

/**
 * MbMuxerTrack:
 * @width: pixels; 0 where it is not known yet
 * @channels: of sound
 * @codec_private: (nullable) (transfer none): what the container has of the codec
 */
typedef struct {
  MbFrameCodec codec;
  unsigned int width;
  unsigned int height;
  unsigned int channels;
  GBytes *codec_private;
} MbMuxerTrack;

/**
 * MbMuxerFrame:
 * @pts_ms: never less than @dts_ms
 * @dts_ms: greater than that of the frame before it on its track
 */
typedef struct {
  guint track;
  gint64 pts_ms;
  gint64 dts_ms;
  gint64 duration_ms; /* 0 means not known */
  gboolean is_key;
  const guint8 *data;
  gsize size;
} MbMuxerFrame;

char *mb_muxer_build_location (const char *location, const MbMuxerTrack *tracks, guint n_tracks);
MbMuxer *mb_muxer_new (
    const char *location, const MbMuxerTrack *tracks, guint n_tracks, GError **error);
void mb_muxer_free (MbMuxer *self);
gboolean mb_muxer_write (MbMuxer *self, const MbMuxerFrame *frame, GError **error);
gboolean mb_muxer_set_size (
    MbMuxer *self, guint track, unsigned int width, unsigned int height, GError **error);
gboolean mb_muxer_flush (MbMuxer *self, GError **error);
gboolean mb_muxer_sync (MbMuxer *self, GError **error);
gboolean mb_muxer_finish (MbMuxer *self, GError **error);
guint64 mb_muxer_get_size (const MbMuxer *self);
const char *mb_muxer_get_location (const MbMuxer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMuxer, mb_muxer_free)
