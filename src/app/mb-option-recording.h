/* mb-option-recording.h: how options of recorders are taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-options.h"

gboolean mb_option_take_record (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_split (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_audio_only (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_on_finish (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_min_free (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_quota (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_room_quota (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_write_buffer (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_corrupt_frames (MbOptions *self, const char *value, GError **error);
gboolean mb_option_take_metrics_file (MbOptions *self, const char *value, GError **error);
