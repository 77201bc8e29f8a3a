/* mb-bitrate.h: estimates of all peers → one setting of the encoder they share; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbBitrate MbBitrate;

/**
 * MbBitrateLimits:
 * @min_bps: what the encoder can do at least
 * @max_bps: what was asked for
 * @width: of the picture that was asked for; 0 with @height where its size cannot be changed
 * @fps: its rate; 0 means 30
 */
typedef struct {
  unsigned int min_bps;
  unsigned int max_bps;
  unsigned int width;
  unsigned int height;
  unsigned int fps;
} MbBitrateLimits;

typedef struct {
  unsigned int bps;
  unsigned int width; /* 0 where it cannot be changed */
  unsigned int height;
} MbBitrateSetting;

MbBitrate *mb_bitrate_new (const MbBitrateLimits *limits);
void mb_bitrate_free (MbBitrate *self);
void mb_bitrate_take (MbBitrate *self, gconstpointer peer, unsigned int bps, gint64 now_us);
void mb_bitrate_forget (MbBitrate *self, gconstpointer peer);
gboolean mb_bitrate_decide (MbBitrate *self, gint64 now_us, MbBitrateSetting *setting);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbBitrate, mb_bitrate_free)
