/* mb-verdict.h: whether what was measured is what was expected
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-expect.h"
#include "mb-figures.h"

/**
 * MbJudgement:
 * @expect: not owned
 * @value: what it was judged by; NaN is not measured
 * @who: (nullable): whose figure that is, for people
 */
typedef struct {
  const MbExpect *expect;
  double value;
  gboolean ok;
  char *who;
} MbJudgement;

/**
 * MbVerdict:
 * @judgements: (element-type MbJudgement): in the order of the expectations
 * @ok: all of them hold
 */
typedef struct {
  GPtrArray *judgements;
  gboolean ok;
} MbVerdict;

MbVerdict *mb_verdict_new (const GPtrArray *expects, const GPtrArray *bots);
void mb_verdict_free (MbVerdict *self);
unsigned int mb_verdict_count_ok (const MbVerdict *self);
double mb_verdict_measure (const MbExpect *expect, const GPtrArray *bots, char **who);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbVerdict, mb_verdict_free)
