/* mb-measure.h: what a bot measures: names, units, what has to be decoded for it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The order in which reports list them. */
typedef enum {
  MB_MEASURE_NONE,
  MB_MEASURE_JOIN,
  MB_MEASURE_PEERS,
  MB_MEASURE_TTFF,
  MB_MEASURE_RX_VIDEO_FPS,
  MB_MEASURE_RX_VIDEO_KBPS,
  MB_MEASURE_RX_AUDIO_KBPS,
  MB_MEASURE_RX_VIDEO_LOSS,
  MB_MEASURE_RX_AUDIO_LOSS,
  MB_MEASURE_RX_JITTER,
  MB_MEASURE_RTT,
  MB_MEASURE_TX_VIDEO_KBPS,
  MB_MEASURE_TX_AUDIO_KBPS,
  MB_MEASURE_FREEZES,
  MB_MEASURE_FREEZE_TIME,
  MB_MEASURE_LATENCY,
  MB_MEASURE_AV_SKEW,
  MB_MEASURE_SKIPPED,
  MB_MEASURE_REPEATED,
  MB_MEASURE_WRONG,
  MB_MEASURE_BLACK,
  MB_MEASURE_FROZEN,
  MB_MEASURE_SILENT,
  MB_MEASURE_ERRORS,
  MB_N_MEASURES,
} MbMeasure;

typedef enum {
  MB_UNIT_COUNT,
  MB_UNIT_MS,
  MB_UNIT_PERCENT,
  MB_UNIT_KBPS,
  MB_UNIT_FPS,
} MbUnit;

/* What there are figures of. */
typedef enum {
  MB_SCOPE_BOT,         /* one figure a bot */
  MB_SCOPE_BOT_SECOND,  /* one a bot and second */
  MB_SCOPE_PEER,        /* one a peer */
  MB_SCOPE_PEER_SECOND, /* one a peer and second */
} MbScope;

/* How much of the media is taken apart; each holds all before it. */
typedef enum {
  MB_MEASURE_LEVEL_PACKETS, /* nothing: RTP tells */
  MB_MEASURE_LEVEL_FRAMES,  /* pictures and sound are decoded and counted */
  MB_MEASURE_LEVEL_PIXELS,  /* and looked at */
} MbMeasureLevel;

const char *mb_measure_get_name (MbMeasure self);
const char *mb_measure_get_title (MbMeasure self);
MbUnit mb_measure_get_unit (MbMeasure self);
MbScope mb_measure_get_scope (MbMeasure self);
MbMeasureLevel mb_measure_get_level (MbMeasure self);
MbMeasure mb_measure_find (const char *name);

const char *mb_unit_get_name (MbUnit unit);
char *mb_unit_format (MbUnit unit, double value);

const char *mb_measure_level_get_name (MbMeasureLevel level);
