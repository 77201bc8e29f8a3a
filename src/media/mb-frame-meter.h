/* mb-frame-meter.h: counts the frames of a feed that could be shown, and when there were none
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-feed.h"

typedef struct _MbFrameMeter MbFrameMeter;

/**
 * MbFrameFigures:
 * @meter: whose they are; not owned, for comparing only
 * @frames: complete, and decodable since nothing is missing from their key frame on
 * @first_us: the monotonic time of the first; 0 means none yet
 * @n_freezes: gaps, the one that lasts among them
 *
 * Totals since the meter began.
 */
typedef struct {
  MbFrameMeter *meter;
  guint64 frames;
  gint64 first_us;
  unsigned int n_freezes;
  gint64 frozen_us;
} MbFrameFigures;

MbFrameMeter *mb_frame_meter_new (MbMedia *media, MbFeed *feed);
void mb_frame_meter_free (MbFrameMeter *self);
void mb_frame_meter_pause (MbFrameMeter *self);
void mb_frame_meter_request (MbFrameMeter *self, MbHandle *handle, MbHandleFunc func);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbFrameMeter, mb_frame_meter_free)
