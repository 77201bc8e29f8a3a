/* mb-report.h: what was measured and how it was judged, as JSON, as JUnit, as ten lines for people
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-verdict.h"

/**
 * MbReport:
 * @verdict: of the expectations
 * @status: what the program ends with
 * @failure: (nullable): why, where it is not 0 and no expectation is to blame
 * @level: how closely the bots looked
 * @started_us: real time
 * @bots: (element-type MbBotFigures)
 *
 * Borrowed by who writes it.
 */
typedef struct {
  const MbVerdict *verdict;
  int status;
  const char *failure;
  MbMeasureLevel level;
  guint64 seed;
  gint64 started_us;
  gint64 duration_ms;
  const GPtrArray *bots;
} MbReport;

char *mb_report_to_json (const MbReport *self);
char *mb_report_to_junit (const MbReport *self);
char *mb_report_to_summary (const MbReport *self);
gboolean mb_report_check_path (const char *path, GError **error);
gboolean mb_report_write (const MbReport *self, const char *path, GError **error);
