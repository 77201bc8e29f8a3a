/* mb-av-io.h: libavformat's reads and writes on an open file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <libavformat/avformat.h>

AVIOContext *mb_av_io_new (int fd, gboolean is_writing);
void mb_av_io_free (AVIOContext *self);
