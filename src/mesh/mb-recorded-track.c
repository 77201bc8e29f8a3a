/* mb-recorded-track.c: what is known of a track in a recorded file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-recorded-track.h"

#include <string.h>

/**
 * mb_recorded_track_new:
 * @kind: (transfer none): static
 * @codec: (transfer none): static
 */
MbRecordedTrack *
mb_recorded_track_new (const char *kind, const char *codec)
{
  MbRecordedTrack *self = g_new0 (MbRecordedTrack, 1);

  self->kind = kind;
  self->codec = codec;
  self->gaps = g_array_new (FALSE, FALSE, sizeof (MbRecordedGap));
  return self;
}

void
mb_recorded_track_free (MbRecordedTrack *self)
{
  g_array_unref (self->gaps);
  g_free (self);
}

/**
 * mb_recorded_track_write:
 *
 * As session.json has it.
 */
void
mb_recorded_track_write (const MbRecordedTrack *self, MbJsonWriter *json)
{
  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_string (json, "kind", self->kind);
  mb_json_writer_add_string (json, "codec", self->codec);
  if (self->width > 0) {
    mb_json_writer_add_number (json, "width", self->width);
    mb_json_writer_add_number (json, "height", self->height);
  }
  mb_json_writer_add_number (json, "packets", (double) self->n_packets);
  mb_json_writer_add_number (json, "lost", (double) self->n_lost);
  if (self->n_missing > 0)
    mb_json_writer_add_number (json, "missing", (double) self->n_missing);
  if (strcmp (self->kind, "video") == 0)
    mb_json_writer_add_number (json, "keyframes", (double) self->n_key_frames);
  mb_json_writer_begin (json, "gaps", '[');
  for (guint i = 0; i < self->gaps->len; i++) {
    const MbRecordedGap *gap = &g_array_index (self->gaps, MbRecordedGap, i);

    mb_json_writer_begin (json, NULL, '{');
    mb_json_writer_add_number (json, "atMs", (double) gap->at_ms);
    mb_json_writer_add_number (json, "durationMs", (double) gap->duration_ms);
    mb_json_writer_end (json, '}');
  }
  mb_json_writer_end (json, ']');
  mb_json_writer_end (json, '}');
}
