/* mb-speaker.h: who of several is speaking
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SPEAKER_ROUND_MS 300

/**
 * MbSpeaker:
 * @id: (nullable): who is speaking
 *
 * Zeroed nobody is. Owned fields are freed by mb_speaker_clear().
 */
typedef struct {
  char *id;
  /*< private >*/
  char *next;            /* (nullable) who may be the next one */
  unsigned int n_next;   /* rounds that it has been so */
  unsigned int n_silent; /* rounds that the speaker has not been heard */
  char *loudest;         /* (nullable) of this round */
  int loudness;          /* of the loudest, dB */
  int own_loudness;      /* of the speaker, in this round, dB; 0 means not heard */
} MbSpeaker;

void mb_speaker_clear (MbSpeaker *self);
void mb_speaker_take (MbSpeaker *self, const char *id, int loudness);
gboolean mb_speaker_end_round (MbSpeaker *self);
