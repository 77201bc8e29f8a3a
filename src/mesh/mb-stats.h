/* mb-stats.h: measures what one mesh sends and receives, once a second
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-figures.h"
#include "mb-media.h"
#include "mb-mesh.h"

#define MB_TYPE_STATS (mb_stats_get_type ())
G_DECLARE_FINAL_TYPE (MbStats, mb_stats, MB, STATS, GObject)

MbStats *mb_stats_new (
    MbMedia *media, MbMesh *mesh, MbMeasureLevel level, const char *name, const char *room);
const MbBotFigures *mb_stats_get_figures (MbStats *self);
void mb_stats_set_chance (MbStats *self, const char *cname, double place);
void mb_stats_add_error (MbStats *self, const char *text);
void mb_stats_end_peers (MbStats *self);
void mb_stats_end (MbStats *self);
