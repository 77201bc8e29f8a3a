/* mb-measure.c: what a bot measures: names, units, what has to be decoded for it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-measure.h"

#include <math.h>

typedef struct {
  const char *name;
  MbUnit unit;
  MbScope scope;
  MbMeasureLevel level;
  const char *title;
} Row;

static const Row ROWS[MB_N_MEASURES] = {
    [MB_MEASURE_NONE] = {"", MB_UNIT_COUNT, MB_SCOPE_BOT, MB_MEASURE_LEVEL_PACKETS, ""},
    [MB_MEASURE_JOIN] = {"join", MB_UNIT_MS, MB_SCOPE_BOT, MB_MEASURE_LEVEL_PACKETS,
        "from start to joined"},
    [MB_MEASURE_PEERS] = {"peers", MB_UNIT_COUNT, MB_SCOPE_BOT_SECOND, MB_MEASURE_LEVEL_PACKETS,
        "connected peers"},
    [MB_MEASURE_TTFF] = {"ttff", MB_UNIT_MS, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PACKETS,
        "to the first frame"},
    [MB_MEASURE_RX_VIDEO_FPS] = {"rx.video.fps", MB_UNIT_FPS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "frames a second"},
    [MB_MEASURE_RX_VIDEO_KBPS] = {"rx.video.kbps", MB_UNIT_KBPS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "video received"},
    [MB_MEASURE_RX_AUDIO_KBPS] = {"rx.audio.kbps", MB_UNIT_KBPS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "audio received"},
    [MB_MEASURE_RX_VIDEO_LOSS] = {"rx.video.loss", MB_UNIT_PERCENT, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "video lost"},
    [MB_MEASURE_RX_AUDIO_LOSS] = {"rx.audio.loss", MB_UNIT_PERCENT, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "audio lost"},
    [MB_MEASURE_RX_JITTER] = {"rx.jitter", MB_UNIT_MS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "jitter"},
    [MB_MEASURE_RTT] = {"rtt", MB_UNIT_MS, MB_SCOPE_PEER_SECOND, MB_MEASURE_LEVEL_PACKETS,
        "round trip"},
    [MB_MEASURE_TX_VIDEO_KBPS] = {"tx.video.kbps", MB_UNIT_KBPS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "video sent"},
    [MB_MEASURE_TX_AUDIO_KBPS] = {"tx.audio.kbps", MB_UNIT_KBPS, MB_SCOPE_PEER_SECOND,
        MB_MEASURE_LEVEL_PACKETS, "audio sent"},
    [MB_MEASURE_FREEZES] = {"freezes", MB_UNIT_COUNT, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PACKETS,
        "freezes"},
    [MB_MEASURE_FREEZE_TIME] = {"freeze.time", MB_UNIT_MS, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PACKETS,
        "time frozen"},
    [MB_MEASURE_LATENCY] = {"latency", MB_UNIT_MS, MB_SCOPE_PEER_SECOND, MB_MEASURE_LEVEL_PIXELS,
        "sender to receiver"},
    [MB_MEASURE_AV_SKEW] = {"av.skew", MB_UNIT_MS, MB_SCOPE_PEER_SECOND, MB_MEASURE_LEVEL_PIXELS,
        "sound apart from picture"},
    [MB_MEASURE_SKIPPED] = {"rx.video.skipped", MB_UNIT_COUNT, MB_SCOPE_PEER,
        MB_MEASURE_LEVEL_PIXELS, "frames left out"},
    [MB_MEASURE_REPEATED] = {"rx.video.repeated", MB_UNIT_COUNT, MB_SCOPE_PEER,
        MB_MEASURE_LEVEL_PIXELS, "frames twice"},
    [MB_MEASURE_WRONG] = {"rx.video.wrong", MB_UNIT_COUNT, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PIXELS,
        "frames of somebody else"},
    [MB_MEASURE_BLACK] = {"rx.video.black", MB_UNIT_MS, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PIXELS,
        "time black"},
    [MB_MEASURE_FROZEN] = {"rx.video.frozen", MB_UNIT_MS, MB_SCOPE_PEER, MB_MEASURE_LEVEL_PIXELS,
        "time without a change"},
    [MB_MEASURE_SILENT] = {"rx.audio.silent", MB_UNIT_MS, MB_SCOPE_PEER, MB_MEASURE_LEVEL_FRAMES,
        "time silent"},
    [MB_MEASURE_ERRORS] = {"errors", MB_UNIT_COUNT, MB_SCOPE_BOT, MB_MEASURE_LEVEL_PACKETS,
        "failed connections and pipelines"},
};

/**
 * mb_measure_get_name:
 *
 * Returns: (transfer none): as `--expect` and reports name it
 */
const char *
mb_measure_get_name (MbMeasure self)
{
  return ROWS[self].name;
}

/**
 * mb_measure_get_title:
 *
 * Returns: (transfer none): a few words for people
 */
const char *
mb_measure_get_title (MbMeasure self)
{
  return ROWS[self].title;
}

MbUnit
mb_measure_get_unit (MbMeasure self)
{
  return ROWS[self].unit;
}

MbScope
mb_measure_get_scope (MbMeasure self)
{
  return ROWS[self].scope;
}

/**
 * mb_measure_get_level:
 *
 * Returns: the least there is such a figure at
 */
MbMeasureLevel
mb_measure_get_level (MbMeasure self)
{
  return ROWS[self].level;
}

/**
 * mb_measure_find:
 *
 * Returns: %MB_MEASURE_NONE where there is none of that name
 */
MbMeasure
mb_measure_find (const char *name)
{
  for (MbMeasure i = MB_MEASURE_NONE + 1; i < MB_N_MEASURES; i++)
    if (g_str_equal (ROWS[i].name, name))
      return i;
  return MB_MEASURE_NONE;
}

/**
 * mb_unit_get_name:
 *
 * Returns: (transfer none): as reports name it
 */
const char *
mb_unit_get_name (MbUnit unit)
{
  static const char *const NAMES[] = {"count", "ms", "%", "kbit/s", "frames/s"};

  return NAMES[unit];
}

/**
 * mb_unit_format:
 * @value: NaN is what was not measured
 *
 * Returns: (transfer full): for people, `1.42 s`, `0.3 %`
 */
char *
mb_unit_format (MbUnit unit, double value)
{
  if (isnan (value))
    return g_strdup ("not measured");
  switch (unit) {
  case MB_UNIT_COUNT:
    return g_strdup_printf ("%.6g", value);
  case MB_UNIT_MS:
    return fabs (value) < 1000 ? g_strdup_printf ("%.3g ms", value)
                               : g_strdup_printf ("%.2f s", value / 1000);
  case MB_UNIT_PERCENT:
    return g_strdup_printf ("%.2f %%", value);
  case MB_UNIT_KBPS:
    return g_strdup_printf ("%.0f kbit/s", value);
  case MB_UNIT_FPS:
    return g_strdup_printf ("%.1f", value);
  }
  g_assert_not_reached ();
}

/**
 * mb_measure_level_get_name:
 *
 * Returns: (transfer none): as `--measure` takes it
 */
const char *
mb_measure_level_get_name (MbMeasureLevel level)
{
  static const char *const NAMES[] = {"packets", "frames", "pixels"};

  return NAMES[level];
}
