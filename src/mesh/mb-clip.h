/* mb-clip.h: a media file or URI: what is in it, and how it is sent
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "mb-pipeline-spec.h"
#include "mb-rtp-codec.h"

/**
 * MbClip:
 * @uri: where it is
 * @has_video: there is a picture
 * @video: %MB_CODEC_UNKNOWN where it is coded in a way that is not sent as it is
 * @profile: (nullable): of H.264, as caps have it
 * @level: of H.264, 10 times its number; 0 means not known
 * @key_frame_gap: the longest time between two key frames
 * @is_reordered: frames are shown in another order than they are stored
 * @duration: %GST_CLOCK_TIME_NONE where it cannot be known
 *
 * What a look into a file has shown. Immutable, counted. Main thread.
 */
typedef struct {
  char *uri;
  gboolean has_video;
  gboolean has_audio;
  MbCodec video;
  MbCodec audio;
  char *profile;
  unsigned int level;
  GstClockTime key_frame_gap;
  gboolean is_reordered;
  GstClockTime duration;
} MbClip;

gboolean mb_clip_is_named (const char *source);
char *mb_clip_to_uri (const char *source, GError **error);
MbClip *mb_clip_new (const char *uri, GError **error);
MbClip *mb_clip_ref (MbClip *self);
void mb_clip_unref (MbClip *self);
gboolean mb_clip_passes (const MbClip *self, const char *const *codecs);
char *mb_clip_describe (const MbClip *self, const char *const *codecs);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbClip, mb_clip_unref)
