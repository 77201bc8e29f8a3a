/* mb-av-input.h: a recorded file, open for reading
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libavformat/avformat.h>

#define MB_AV_MAX_TRACKS 16

typedef struct {
  int fd;
  AVFormatContext *format; /* (nullable) */
  AVIOContext *io;
  AVPacket *packet;
} MbAvInput;

gboolean mb_av_input_open (MbAvInput *self, const char *path, GError **error);
void mb_av_input_close (MbAvInput *self);
gboolean mb_av_fail (const char *path, int code, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MbAvInput, mb_av_input_close)
