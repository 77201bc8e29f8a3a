/* mb-h264.c: what H.264 says of itself, as GStreamer and as descriptions have it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-h264.h"

#define MACROBLOCK 16

/**
 * mb_h264_find_codec:
 * @profile: (nullable): as caps have it: "high"
 *
 * Returns: (nullable): the codec as mb_codec_info_find() knows it; NULL for a profile that browsers do not
 *   decode, or none
 */
const char *
mb_h264_find_codec (const char *profile)
{
  static const struct {
    const char *profile;
    const char *codec;
  } ROWS[] = {{"constrained-baseline", "h264"}, {"baseline", "h264"}, {"main", "h264-main"},
      {"high", "h264-high"}, {"progressive-high", "h264-high"}, {"constrained-high", "h264-high"}};

  for (gsize i = 0; profile != NULL && i < G_N_ELEMENTS (ROWS); i++)
    if (g_str_equal (ROWS[i].profile, profile))
      return ROWS[i].codec;
  return NULL;
}

/**
 * mb_h264_parse_level:
 * @level: (nullable): as caps have it: "3.1", "4", "1b"
 *
 * Returns: 10 times the number, as descriptions have it; 0 where there is none
 */
unsigned int
mb_h264_parse_level (const char *level)
{
  double number = level != NULL ? g_ascii_strtod (level, NULL) : 0;

  return number > 0 && number < 10 ? (unsigned int) (number * 10 + 0.5) : 0;
}

/**
 * mb_h264_find_level:
 * @fps: frames a second
 *
 * Returns: the lowest level for such a picture (H.264, table A-1), 10 times its number; the highest where
 *   none is enough, 0 where something is not known
 */
unsigned int
mb_h264_find_level (unsigned int width, unsigned int height, unsigned int fps)
{
  static const struct {
    unsigned int level;
    unsigned int frame;  /* macroblocks */
    unsigned int second; /* macroblocks */
  } ROWS[] = {{31, 3600, 108000}, {32, 5120, 216000}, {40, 8192, 245760}, {42, 8704, 522240},
      {50, 22080, 589824}, {51, 36864, 983040}, {52, 36864, 2073600}};
  unsigned int frame =
      ((width + MACROBLOCK - 1) / MACROBLOCK) * ((height + MACROBLOCK - 1) / MACROBLOCK);

  if (frame == 0 || fps == 0)
    return 0;
  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++)
    if (frame <= ROWS[i].frame && (guint64) frame * fps <= ROWS[i].second)
      return ROWS[i].level;
  return ROWS[G_N_ELEMENTS (ROWS) - 1].level;
}
