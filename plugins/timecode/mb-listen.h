/* mb-listen.h: whether sound is silent, and when a beep begins
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_LISTEN_SILENT_NS G_GINT64_CONSTANT (2000000000) /* of quiet, before it is silence */

/**
 * MbListen:
 * @time_ns: of sound that was heard in all
 * @silent_ns: of it, how much was silent; short pauses do not count
 * @peak: the greatest sample since mb_listen_take_peak(), of 32768
 * @onset_ns: when the newest beep began, on the sound's own time; -1 means none yet
 * @n_onsets: beeps so far
 *
 * Zero, but for @onset_ns, is sound that was not heard yet. By value; pure.
 */
typedef struct {
  gint64 time_ns;
  gint64 silent_ns;
  int peak;
  gint64 onset_ns;
  guint64 n_onsets;

  /* private */
  gint64 quiet_ns;   /* since the last sample that was not silent */
  gint64 counted_ns; /* of it, what is in @silent_ns */
  gint64 low_ns;     /* since the last sample that was as loud as a beep */
} MbListen;

void mb_listen_init (MbListen *self);
void mb_listen_take (MbListen *self, const gint16 *samples, gsize n_frames, int n_channels,
    int rate, gint64 time_ns);
int mb_listen_take_peak (MbListen *self);
double mb_listen_to_decibels (int peak);
