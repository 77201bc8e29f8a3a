/* mb-incoming.c: what a peer says over the server, read and checked
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-incoming.h"

#include "mb-sdp-guard.h"

void
mb_incoming_free (MbIncoming *self)
{
  g_clear_pointer (&self->description, mb_sdp_free);
  g_clear_pointer (&self->candidate, mb_candidate_free);
  g_free (self);
}

static gboolean
read_description (MbIncoming *self, const MbSignalData *data, GError **error)
{
  if (data->type == MB_SDP_TYPE_ROLLBACK)
    return TRUE;
  self->description = mb_sdp_guard_parse (data->sdp, -1, data->type, error);
  self->is_offer = data->type == MB_SDP_TYPE_OFFER;
  if (self->description == NULL)
    g_prefix_error (error, "its description is refused: ");
  return self->description != NULL;
}

static gboolean
read_candidate (
    MbIncoming *self, const MbSignalData *data, MbCandidateQueue *candidates, GError **error)
{
  switch (mb_candidate_queue_judge (
      candidates, data->candidate, data->ufrag, &self->candidate, error)) {
  case MB_CANDIDATE_VERDICT_REFUSED:
    g_prefix_error (error, "its candidate is refused: ");
    return FALSE;
  case MB_CANDIDATE_VERDICT_IGNORED:
  case MB_CANDIDATE_VERDICT_ACCEPTED:
    break;
  }
  return TRUE;
}

/**
 * mb_incoming_read:
 * @data: the `data` of a signal, JSON text
 * @candidates: counts what is let through
 *
 * Returns: (transfer full) (nullable): NULL where it cannot be read or is refused
 */
MbIncoming *
mb_incoming_read (GBytes *data, MbCandidateQueue *candidates, GError **error)
{
  g_autoptr (MbIncoming) self = g_new0 (MbIncoming, 1);
  g_autoptr (MbSignalData) signal_data = NULL;
  gsize size = 0;
  const char *text = g_bytes_get_data (data, &size);
  gboolean is_good = TRUE;

  signal_data = mb_signal_data_parse (text, (gssize) size, error);
  if (signal_data == NULL) {
    g_prefix_error (error, "its signal cannot be read: ");
    return NULL;
  }
  self->shape = signal_data->shape;
  switch (signal_data->kind) {
  case MB_SIGNAL_DATA_DESCRIPTION:
    is_good = read_description (self, signal_data, error);
    break;
  case MB_SIGNAL_DATA_CANDIDATE:
    is_good = read_candidate (self, signal_data, candidates, error);
    break;
  case MB_SIGNAL_DATA_END_OF_CANDIDATES:
    break;
  }
  return is_good ? g_steal_pointer (&self) : NULL;
}
