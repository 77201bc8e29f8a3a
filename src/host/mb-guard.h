/* mb-guard.h: token buckets: how often somebody may do something
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbBucket:
 *
 * All zero is a full one. It is kept as the instant at which it would be full again.
 */
typedef struct {
  gint64 full_at_us;
} MbBucket;

/**
 * MbRate:
 * @per_second: tokens that come back in a second
 * @burst: tokens a full bucket has
 */
typedef struct {
  unsigned int per_second;
  unsigned int burst;
} MbRate;

gboolean mb_bucket_take (MbBucket *self, const MbRate *rate, gint64 now_us);
gboolean mb_bucket_take_many (
    MbBucket *self, const MbRate *rate, unsigned int n_tokens, gint64 now_us);
