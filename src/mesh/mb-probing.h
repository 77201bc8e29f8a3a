/* mb-probing.h: a peer's media decoded, to look at it and listen to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-measure.h"
#include "mb-track.h"

/**
 * MbProbingNews:
 * @latency_ms: from drawing to decoding; NaN where no time code was read
 * @skew_ms: how much later sound comes than its picture; NaN where no beep was heard
 *
 * What was seen and heard since the news before.
 */
typedef struct {
  gboolean has_picture;
  gboolean has_code;
  gboolean has_sound;
  double latency_ms;
  double skew_ms;
  guint64 n_missed;
  guint64 n_repeated;
  guint64 n_wrong;
  double black_ms;
  double still_ms;
  double silent_ms;
} MbProbingNews;

#define MB_TYPE_PROBING (mb_probing_get_type ())
G_DECLARE_FINAL_TYPE (MbProbing, mb_probing, MB, PROBING, GObject)

MbProbing *mb_probing_new (
    MbTrack *video, MbTrack *audio, MbMeasureLevel level, guint32 expected_id, GError **error);
gboolean mb_probing_is_of (MbProbing *self, const MbTrack *video, const MbTrack *audio);
void mb_probing_stop (MbProbing *self);
guint32 mb_probing_make_card_id (const char *display_name);
