/* mb-listen.c: whether sound is silent, and when a beep begins
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-listen.h"

#include <math.h>
#include <stdlib.h>

#define SILENT_MAX 104 /* -50 dB of full scale */
#define LOUD_MIN 1638  /* -26 dB: what coding adds before a beep is well below */
#define LOW_BEFORE_NS G_GINT64_CONSTANT (200000000) /* of less than that, before a beep begins */
#define NS_PER_SEC G_GINT64_CONSTANT (1000000000)
#define FLOOR_DECIBELS (-100.0)

/**
 * mb_listen_init:
 */
void
mb_listen_init (MbListen *self)
{
  *self = (MbListen){.onset_ns = -1};
}

static int
loudest (const gint16 *frame, int n_channels)
{
  int peak = 0;

  for (int i = 0; i < n_channels; i++)
    peak = MAX (peak, abs ((int) frame[i]));
  return peak;
}

static void
take_frame (MbListen *self, int level, gint64 step_ns, gint64 time_ns)
{
  self->peak = MAX (self->peak, level);
  if (level > SILENT_MAX) {
    self->quiet_ns = 0;
    self->counted_ns = 0;
  } else {
    self->quiet_ns += step_ns;
  }
  if (level < LOUD_MIN) {
    self->low_ns += step_ns;
    return;
  }
  if (self->low_ns >= LOW_BEFORE_NS) {
    self->onset_ns = time_ns;
    self->n_onsets++;
  }
  self->low_ns = 0;
}

/**
 * mb_listen_take:
 * @samples: interleaved
 * @n_frames: samples of each channel
 * @time_ns: of the first of them
 */
void
mb_listen_take (
    MbListen *self, const gint16 *samples, gsize n_frames, int n_channels, int rate, gint64 time_ns)
{
  gint64 step_ns = NS_PER_SEC / rate;

  for (gsize i = 0; i < n_frames; i++)
    take_frame (self, loudest (samples + i * (gsize) n_channels, n_channels), step_ns,
        time_ns + (gint64) i * NS_PER_SEC / rate);
  self->time_ns += (gint64) n_frames * NS_PER_SEC / rate;
  if (self->quiet_ns >= MB_LISTEN_SILENT_NS) {
    self->silent_ns += self->quiet_ns - self->counted_ns;
    self->counted_ns = self->quiet_ns;
  }
}

/**
 * mb_listen_take_peak:
 *
 * Returns: the greatest sample since the last call
 */
int
mb_listen_take_peak (MbListen *self)
{
  int peak = self->peak;

  self->peak = 0;
  return peak;
}

/**
 * mb_listen_to_decibels:
 *
 * Returns: of full scale; -100 for nothing
 */
double
mb_listen_to_decibels (int peak)
{
  return peak > 0 ? MAX (20 * log10 (peak / 32768.0), FLOOR_DECIBELS) : FLOOR_DECIBELS;
}
