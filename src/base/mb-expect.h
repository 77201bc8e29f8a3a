/* mb-expect.h: a condition on what was measured: METRIC[.STAT] OP VALUE
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-measure.h"
#include "mb-series.h"

typedef enum {
  MB_STAT_NONE, /* none given: the worst peer's mean */
  MB_STAT_MIN,
  MB_STAT_MAX,
  MB_STAT_MEAN,
  MB_STAT_P5,
  MB_STAT_P50,
  MB_STAT_P95,
  MB_STAT_P99,
  MB_N_STATS,
} MbStat;

typedef enum {
  MB_OP_LESS,
  MB_OP_AT_MOST,
  MB_OP_EQUAL,
  MB_OP_NOT_EQUAL,
  MB_OP_AT_LEAST,
  MB_OP_MORE,
  MB_N_OPS,
} MbOp;

/**
 * MbExpect:
 * @text: as it was written
 * @value: in the measure's unit
 *
 * Immutable.
 */
typedef struct {
  char *text;
  MbMeasure measure;
  MbStat stat;
  MbOp op;
  double value;
} MbExpect;

MbExpect *mb_expect_parse (const char *text, GError **error);
void mb_expect_free (MbExpect *self);
gboolean mb_expect_holds (const MbExpect *self, double value);
double mb_expect_get_worse (const MbExpect *self, double a, double b);

const char *mb_stat_get_name (MbStat stat);
double mb_stat_of_series (MbStat stat, const MbSeries *series);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbExpect, mb_expect_free)
