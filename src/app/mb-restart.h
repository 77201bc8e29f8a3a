/* mb-restart.h: when a child that crashed is started again, and when no more; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_RESTART_MAX_CRASHES 5
#define MB_RESTART_WINDOW_US (10 * 60 * G_TIME_SPAN_SECOND)

/* Zero is a child that never crashed. */
typedef struct {
  gint64 crashed_us[MB_RESTART_MAX_CRASHES]; /* the last ones, oldest first */
  unsigned int n_crashes;
} MbRestart;

gboolean mb_restart_crashed (MbRestart *self, gint64 now_us, unsigned int *delay_ms);
