/* mb-gcc.h: how much a path carries, told from when packets left and came; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-twcc.h"

#define MB_GCC_TREND 20   /* groups that the trend is told from */
#define MB_GCC_BUCKETS 10 /* of the measured rate, 50 ms each */

typedef enum {
  MB_GCC_NORMAL,
  MB_GCC_OVERUSE,
  MB_GCC_UNDERUSE,
} MbGccSignal;

/* Packets that left together, taken as one. */
typedef struct {
  gboolean exists;
  gint64 first_sent_us;
  gint64 last_sent_us;
  gint64 first_arrived_us;
  gint64 last_arrived_us;
} MbGccGroup;

typedef struct {
  unsigned int min_bps;
  unsigned int max_bps;
  double bps;      /* what the delays allow */
  double loss_bps; /* what the losses allow */
  gint64 updated_us;
  gint64 decreased_us;

  MbGccGroup group;
  MbGccGroup before;
  double delay_ms;  /* that has added up since the beginning */
  double smooth_ms; /* the same, smoothed */
  struct {
    double at_ms;
    double delay_ms;
  } trend[MB_GCC_TREND];
  unsigned int n_trend; /* groups seen since the trend began */
  gint64 trend_from_us;

  double threshold_ms;
  double last_modified_ms;
  double over_ms; /* how long the trend has been above the threshold */
  unsigned int n_over;
  MbGccSignal signal;

  guint32 bucket_bytes[MB_GCC_BUCKETS];
  gint64 bucket; /* the newest one's number */
  gint64 first_arrived_us;
  double before_bps; /* the estimate before the last decrease */
  double peak_bps;   /* mean of the rate when it was too much; 0 means not known */
  double peak_variance;

  double queue_ms;    /* how much later than the quickest packets come, smoothed */
  gint64 quickest_us; /* arrival less departure, of this window and the one before it */
  gint64 quickest_before_us;
  gint64 window_us; /* when this window began */

  unsigned int n_lost; /* since the losses were last judged */
  unsigned int n_told;
  gint64 judged_us;
} MbGcc;

void mb_gcc_init (MbGcc *self, unsigned int start_bps, unsigned int min_bps, unsigned int max_bps);
void mb_gcc_take (
    MbGcc *self, const MbTwccPacket *packets, gsize n_packets, gint64 rtt_us, gint64 now_us);
unsigned int mb_gcc_get_bps (const MbGcc *self);
unsigned int mb_gcc_get_acked_bps (const MbGcc *self);
