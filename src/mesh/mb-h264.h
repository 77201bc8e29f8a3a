/* mb-h264.h: what H.264 says of itself, as GStreamer and as descriptions have it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure; any thread.
 */
#pragma once

#include <glib.h>

const char *mb_h264_find_codec (const char *profile);
unsigned int mb_h264_parse_level (const char *level);
unsigned int mb_h264_find_level (unsigned int width, unsigned int height, unsigned int fps);
