/* mb-bitrate.c: estimates of all peers → one setting of the encoder they share; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rule: the encoder makes what the slowest peer's path carries, but no less than a quarter of
 * what the path of the middle one does, so that one bad path among many good ones spoils the
 * picture for nobody but itself; never more than was asked for, nor less than the encoder can. The
 * picture gets smaller where there would be less than some fiftieth of a bit for each of its pixels:
 * a smaller one that is sharp is worth more than a large one of blocks. Less is done at once, more
 * when it is certain.
 */
#include "mb-bitrate.h"

#define STALE_US (10 * G_USEC_PER_SEC) /* an estimate that is not renewed says nothing any more */
#define LOWEST_SHARE 4                 /* of the middle one */
#define WORTH_IT 0.03                  /* a change of the rate */
#define STEP_US 200000                 /* between two rises */
#define BITS_PER_PIXEL 0.018
#define CERTAIN 1.3 /* so much more than needed, before the picture grows */
#define GROW_AFTER_US (5 * G_USEC_PER_SEC)

/* Of the width and height that were asked for. */
static const struct {
  unsigned int numerator;
  unsigned int denominator;
} SCALES[] = {{1, 1}, {3, 4}, {1, 2}, {1, 3}};

typedef struct {
  unsigned int bps;
  gint64 taken_us;
} Estimate;

struct _MbBitrate {
  MbBitrateLimits limits;
  GHashTable *estimates; /* (element-type Estimate) by peer */
  unsigned int bps;
  gint64 changed_us;
  unsigned int scale; /* index into SCALES */
  gint64 scaled_us;
};

/**
 * mb_bitrate_new:
 * @limits: copied
 *
 * Returns: (transfer full): the rule, with the encoder at what was asked for
 */
MbBitrate *
mb_bitrate_new (const MbBitrateLimits *limits)
{
  MbBitrate *self = g_new0 (MbBitrate, 1);

  self->limits = *limits;
  self->limits.min_bps = MIN (limits->min_bps, limits->max_bps);
  if (limits->fps == 0)
    self->limits.fps = 30;
  self->estimates = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->bps = limits->max_bps;
  return self;
}

void
mb_bitrate_free (MbBitrate *self)
{
  g_hash_table_unref (self->estimates);
  g_free (self);
}

/**
 * mb_bitrate_take:
 * @peer: anything that stands for it
 * @bps: of video, that its path carries
 */
void
mb_bitrate_take (MbBitrate *self, gconstpointer peer, unsigned int bps, gint64 now_us)
{
  Estimate *estimate = g_hash_table_lookup (self->estimates, peer);

  if (estimate == NULL) {
    estimate = g_new (Estimate, 1);
    g_hash_table_insert (self->estimates, (gpointer) peer, estimate);
  }
  *estimate = (Estimate){bps, now_us};
}

/**
 * mb_bitrate_forget:
 *
 * The peer is gone, or gets no video any more.
 */
void
mb_bitrate_forget (MbBitrate *self, gconstpointer peer)
{
  g_hash_table_remove (self->estimates, peer);
}

static int
compare_rates (gconstpointer a, gconstpointer b)
{
  unsigned int first = *(const unsigned int *) a;
  unsigned int second = *(const unsigned int *) b;

  return first < second ? -1 : first > second;
}

static unsigned int
find_target (const MbBitrate *self, gint64 now_us)
{
  g_autoptr (GArray) rates = g_array_new (FALSE, FALSE, sizeof (unsigned int));
  GHashTableIter iter;
  gpointer value;
  unsigned int lowest;
  unsigned int middle;

  g_hash_table_iter_init (&iter, self->estimates);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Estimate *estimate = value;

    if (now_us - estimate->taken_us < STALE_US)
      g_array_append_val (rates, estimate->bps);
  }
  if (rates->len == 0)
    return self->limits.max_bps;
  g_array_sort (rates, compare_rates);
  lowest = g_array_index (rates, unsigned int, 0);
  middle = g_array_index (rates, unsigned int, rates->len / 2);
  return CLAMP (MAX (lowest, middle / LOWEST_SHARE), self->limits.min_bps, self->limits.max_bps);
}

static double
needed_bps (const MbBitrate *self, unsigned int scale)
{
  double side = (double) SCALES[scale].numerator / SCALES[scale].denominator;

  return BITS_PER_PIXEL * side * side * self->limits.width * self->limits.height * self->limits.fps;
}

static gboolean
rescale (MbBitrate *self, gint64 now_us)
{
  unsigned int scale = self->scale;

  while (scale + 1 < G_N_ELEMENTS (SCALES) &&
         self->bps < MIN (needed_bps (self, scale), self->limits.max_bps))
    scale++;
  while (scale > 0 && now_us - self->scaled_us >= GROW_AFTER_US &&
         self->bps >= MIN (CERTAIN * needed_bps (self, scale - 1), self->limits.max_bps))
    scale--;
  if (scale == self->scale || self->limits.width == 0 || self->limits.height == 0)
    return FALSE;
  self->scale = scale;
  self->scaled_us = now_us;
  return TRUE;
}

/* Even, as the sampling of colours wants it. */
static unsigned int
scaled (const MbBitrate *self, unsigned int size)
{
  return size * SCALES[self->scale].numerator / SCALES[self->scale].denominator & ~1u;
}

/**
 * mb_bitrate_decide:
 * @setting: (out): what the encoder is to be set to
 *
 * Returns: whether that has changed
 */
gboolean
mb_bitrate_decide (MbBitrate *self, gint64 now_us, MbBitrateSetting *setting)
{
  unsigned int target = find_target (self, now_us);
  gboolean is_rise = target > self->bps;
  unsigned int change = is_rise ? target - self->bps : self->bps - target;
  gboolean has_changed = FALSE;

  if (change > 0 && (change >= WORTH_IT * self->bps || target == self->limits.max_bps) &&
      (!is_rise || now_us - self->changed_us >= STEP_US)) {
    self->bps = target;
    self->changed_us = now_us;
    has_changed = TRUE;
  }
  has_changed = rescale (self, now_us) || has_changed;
  *setting = (MbBitrateSetting){.bps = self->bps,
      .width = scaled (self, self->limits.width),
      .height = scaled (self, self->limits.height)};
  return has_changed;
}
