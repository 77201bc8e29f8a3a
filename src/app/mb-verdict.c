/* mb-verdict.c: whether what was measured is what was expected
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. Where there are samples of each peer, each peer's statistic is taken and the worst peer's
 * counts. Where there is one figure a peer or bot, a statistic is one of all of them, and without
 * one the worst counts. What was not measured at all does not hold.
 */
#include "mb-verdict.h"

#include <math.h>

/* The worst so far, and whose it is. */
typedef struct {
  const MbExpect *expect;
  double value;
  const MbBotFigures *bot;   /* (nullable) not owned */
  const MbPeerFigures *peer; /* (nullable) not owned */
  MbSeries all;              /* of what there is one figure of */
} Search;

static void
consider (Search *self, double value, const MbBotFigures *bot, const MbPeerFigures *peer)
{
  double worse = mb_expect_get_worse (self->expect, self->value, value);

  if (isnan (value))
    return;
  mb_series_add (&self->all, value);
  if (isnan (self->value) || fabs (worse - self->value) > 0) {
    self->value = worse;
    self->bot = bot;
    self->peer = peer;
  }
}

static void
consider_bot (Search *self, const MbBotFigures *bot)
{
  MbMeasure measure = self->expect->measure;
  MbScope scope = mb_measure_get_scope (measure);

  if (measure == MB_MEASURE_JOIN) {
    consider (self, bot->join_ms, bot, NULL);
  } else if (measure == MB_MEASURE_ERRORS) {
    consider (self, bot->errors->len, bot, NULL);
  } else if (scope == MB_SCOPE_BOT_SECOND) {
    double value = self->expect->stat == MB_STAT_NONE
                       ? bot->connected.last
                       : mb_stat_of_series (self->expect->stat, &bot->connected);

    /* Nobody ever connected. */
    consider (self, bot->connected.n > 0 ? value : 0, bot, NULL);
  } else {
    for (guint i = 0; i < bot->peers->len; i++) {
      const MbPeerFigures *peer = g_ptr_array_index (bot->peers, i);

      consider (self,
          scope == MB_SCOPE_PEER ? peer->one[measure]
                                 : mb_stat_of_series (self->expect->stat, &peer->seconds[measure]),
          bot, peer);
    }
  }
}

static char *
describe (const MbBotFigures *bot, const MbPeerFigures *peer)
{
  if (peer == NULL)
    return g_strdup_printf ("%s in room %s", bot->name, bot->room);
  return g_strdup_printf ("%s in room %s, peer %s", bot->name, bot->room,
      *peer->display_name != '\0' ? peer->display_name : peer->id);
}

static gboolean
has_missing_join (const GPtrArray *bots)
{
  for (guint i = 0; i < bots->len; i++)
    if (isnan (((const MbBotFigures *) bots->pdata[i])->join_ms))
      return TRUE;
  return FALSE;
}

/**
 * mb_verdict_measure:
 * @bots: (element-type MbBotFigures)
 * @who: (out) (optional) (nullable) (transfer full): whose figure it is, for people
 *
 * Returns: what @expect is judged by; NaN where it was not measured
 */
double
mb_verdict_measure (const MbExpect *expect, const GPtrArray *bots, char **who)
{
  Search search = {.expect = expect, .value = (double) NAN};
  MbScope scope = mb_measure_get_scope (expect->measure);
  double value;

  for (guint i = 0; i < bots->len; i++)
    consider_bot (&search, g_ptr_array_index (bots, i));
  value = search.value;
  if (expect->measure == MB_MEASURE_ERRORS) {
    value = search.all.sum;
    search.bot = NULL;
  } else if ((scope == MB_SCOPE_BOT || scope == MB_SCOPE_PEER) && expect->stat != MB_STAT_NONE) {
    value = mb_stat_of_series (expect->stat, &search.all);
    search.bot = NULL;
  }
  if (expect->measure == MB_MEASURE_JOIN && has_missing_join (bots))
    value = (double) NAN;
  if (who != NULL)
    *who = search.bot != NULL && !isnan (value) ? describe (search.bot, search.peer) : NULL;
  mb_series_clear (&search.all);
  return value;
}

static void
judgement_free (gpointer data)
{
  MbJudgement *self = data;

  g_free (self->who);
  g_free (self);
}

/**
 * mb_verdict_new:
 * @expects: (element-type MbExpect): outlive it
 * @bots: (element-type MbBotFigures)
 */
MbVerdict *
mb_verdict_new (const GPtrArray *expects, const GPtrArray *bots)
{
  MbVerdict *self = g_new0 (MbVerdict, 1);

  self->judgements = g_ptr_array_new_with_free_func (judgement_free);
  self->ok = TRUE;
  for (guint i = 0; i < expects->len; i++) {
    MbJudgement *judgement = g_new0 (MbJudgement, 1);

    judgement->expect = g_ptr_array_index (expects, i);
    judgement->value = mb_verdict_measure (judgement->expect, bots, &judgement->who);
    judgement->ok = mb_expect_holds (judgement->expect, judgement->value);
    self->ok = self->ok && judgement->ok;
    g_ptr_array_add (self->judgements, judgement);
  }
  return self;
}

/**
 * mb_verdict_free:
 */
void
mb_verdict_free (MbVerdict *self)
{
  g_ptr_array_unref (self->judgements);
  g_free (self);
}

/**
 * mb_verdict_count_ok:
 *
 * Returns: how many of the expectations hold
 */
unsigned int
mb_verdict_count_ok (const MbVerdict *self)
{
  unsigned int n = 0;

  for (guint i = 0; i < self->judgements->len; i++)
    n += ((const MbJudgement *) self->judgements->pdata[i])->ok ? 1 : 0;
  return n;
}
