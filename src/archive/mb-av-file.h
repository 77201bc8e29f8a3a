/* mb-av-file.h: what is in a recorded file, read to its end
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbAvTrack:
 * @codec: libavcodec's name
 * @n_packets: frames, as the file has them
 * @n_key_frames: of these
 * @n_decoded: pictures or blocks of sound that a decoder made of them
 * @n_faults: how often a decoder refused
 * @fault: the first refusal; empty where there is none
 * @width: of the last picture, pixels; 0 where nothing was decoded
 * @height: likewise
 * @end_ms: of the last packet, as far as its length is known
 * @digest: of times and bytes of all packets, in order
 */
typedef struct {
  gboolean is_video;
  const char *codec;
  guint64 n_packets;
  guint64 n_key_frames;
  guint64 n_decoded;
  guint64 n_faults;
  char fault[64];
  unsigned int width;
  unsigned int height;
  gint64 end_ms;
  GChecksum *digest;
} MbAvTrack;

/**
 * MbAvFile:
 * @said_ms: the duration in the file's header; -1 means none
 * @end_ms: when the last of the tracks ends
 * @problem: (nullable): why reading ended before the file did
 * @tracks: (element-type MbAvTrack)
 */
typedef struct {
  gint64 said_ms;
  gint64 end_ms;
  char *problem;
  GPtrArray *tracks;
} MbAvFile;

/**
 * MbAvDepth:
 * @MB_AV_DEPTH_PACKETS: what the container says
 * @MB_AV_DEPTH_FRAMES: every frame is decoded, too
 */
typedef enum {
  MB_AV_DEPTH_PACKETS,
  MB_AV_DEPTH_FRAMES,
} MbAvDepth;

MbAvFile *mb_av_file_read (const char *path, MbAvDepth depth, GError **error);
void mb_av_file_free (MbAvFile *self);
gboolean mb_av_file_has_same_packets (const MbAvFile *self, const MbAvFile *other);

gboolean mb_av_file_copy (const char *from, const char *to, gboolean is_webm, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbAvFile, mb_av_file_free)
