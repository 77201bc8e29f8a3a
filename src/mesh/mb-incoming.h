/* mb-incoming.h: what a peer says over the server, read and checked
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-candidate.h"
#include "mb-sdp.h"
#include "mb-signal-data.h"

/**
 * MbIncoming:
 * @shape: how it is written
 * @description: (nullable): an offer or answer that passed the guard
 * @is_offer: of @description
 * @candidate: (nullable): one that may be used
 *
 * With neither a description nor a candidate there is nothing to do about it.
 */
typedef struct {
  MbSignalShape shape;
  MbSdp *description;
  gboolean is_offer;
  MbCandidate *candidate;
} MbIncoming;

MbIncoming *mb_incoming_read (GBytes *data, MbCandidateQueue *candidates, GError **error);
void mb_incoming_free (MbIncoming *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbIncoming, mb_incoming_free)
