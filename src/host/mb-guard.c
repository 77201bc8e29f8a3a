/* mb-guard.c: token buckets: how often somebody may do something
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-guard.h"

/**
 * mb_bucket_take:
 * @now_us: the monotonic clock
 *
 * Returns: whether there was a token left; it is taken then
 */
gboolean
mb_bucket_take (MbBucket *self, const MbRate *rate, gint64 now_us)
{
  return mb_bucket_take_many (self, rate, 1, now_us);
}

/**
 * mb_bucket_take_many:
 *
 * Returns: whether there were @n_tokens left; none is taken where there were fewer
 */
gboolean
mb_bucket_take_many (MbBucket *self, const MbRate *rate, unsigned int n_tokens, gint64 now_us)
{
  gint64 token_us = G_USEC_PER_SEC / rate->per_second;
  gint64 full_at_us = MAX (self->full_at_us, now_us) + token_us * n_tokens;

  if (full_at_us - now_us > (gint64) rate->burst * token_us)
    return FALSE;
  self->full_at_us = full_at_us;
  return TRUE;
}
