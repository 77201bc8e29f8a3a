/* mb-speaker.c: who of several is speaking
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure. Asked in rounds: whoever is loudest for two of them is the speaker, if it is louder by far than the
 * one before or that one is silent. A pause for breath changes nothing, a cough does not either.
 */
#include "mb-speaker.h"

#define SPOKEN_DB (-50) /* rooms are quieter, speech is louder */
#define LOUDER_DB 6     /* who interrupts */
#define ROUNDS_TO_BEGIN 2
#define ROUNDS_TO_END 6

void
mb_speaker_clear (MbSpeaker *self)
{
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->next, g_free);
  g_clear_pointer (&self->loudest, g_free);
}

/**
 * mb_speaker_take:
 * @loudness: dB, at most 0
 *
 * One who is heard in this round.
 */
void
mb_speaker_take (MbSpeaker *self, const char *id, int loudness)
{
  if (loudness < SPOKEN_DB)
    return;
  if (g_strcmp0 (id, self->id) == 0)
    self->own_loudness = MIN (loudness, -1);
  if (self->loudest != NULL && loudness <= self->loudness)
    return;
  g_free (self->loudest);
  self->loudest = g_strdup (id);
  self->loudness = loudness;
}

static gboolean
is_challenged (const MbSpeaker *self)
{
  if (self->loudest == NULL || g_strcmp0 (self->loudest, self->id) == 0)
    return FALSE;
  return self->own_loudness == 0 || self->loudness >= self->own_loudness + LOUDER_DB;
}

static gboolean
decide (MbSpeaker *self)
{
  if (is_challenged (self)) {
    self->n_next = g_strcmp0 (self->next, self->loudest) == 0 ? self->n_next + 1 : 1;
    g_free (self->next);
    self->next = g_strdup (self->loudest);
  } else {
    self->n_next = 0;
  }
  self->n_silent = self->own_loudness == 0 ? self->n_silent + 1 : 0;
  if (self->n_next >= ROUNDS_TO_BEGIN) {
    g_free (self->id);
    self->id = g_steal_pointer (&self->next);
    self->n_next = 0;
    self->n_silent = 0;
    return TRUE;
  }
  if (self->id == NULL || self->n_silent < ROUNDS_TO_END)
    return FALSE;
  g_clear_pointer (&self->id, g_free);
  return TRUE;
}

/**
 * mb_speaker_end_round:
 *
 * All who are heard were told of; the next round begins. One is %MB_SPEAKER_ROUND_MS long.
 *
 * Returns: whether somebody else is speaking now, or nobody any more
 */
gboolean
mb_speaker_end_round (MbSpeaker *self)
{
  gboolean has_changed = decide (self);

  g_clear_pointer (&self->loudest, g_free);
  self->own_loudness = 0;
  return has_changed;
}
