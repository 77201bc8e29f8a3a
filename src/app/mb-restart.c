/* mb-restart.c: when a child that crashed is started again, and when no more; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-restart.h"

#define DELAY_MIN_MS 1000
#define DELAY_MAX_MS 30000

/**
 * mb_restart_crashed:
 * @now_us: monotonic microseconds, when it crashed
 * @delay_ms: (out): how long to wait before it is started again; doubles with each crash within
 *   the window
 *
 * Returns: %FALSE where it has crashed %MB_RESTART_MAX_CRASHES times within %MB_RESTART_WINDOW_US
 *   and is to be left alone
 */
gboolean
mb_restart_crashed (MbRestart *self, gint64 now_us, unsigned int *delay_ms)
{
  unsigned int n_kept = 0;

  for (unsigned int i = 0; i < self->n_crashes; i++)
    if (now_us - self->crashed_us[i] < MB_RESTART_WINDOW_US)
      self->crashed_us[n_kept++] = self->crashed_us[i];
  self->n_crashes = n_kept;
  if (n_kept + 1 >= MB_RESTART_MAX_CRASHES)
    return FALSE;
  self->crashed_us[self->n_crashes++] = now_us;
  *delay_ms = MIN (DELAY_MAX_MS, DELAY_MIN_MS << n_kept);
  return TRUE;
}
