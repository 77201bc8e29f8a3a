/* mb-option-recording.c: how options of recorders are taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-option-recording.h"

#include "mb-error.h"
#include "mb-option-values.h"

#define WRITE_BUFFER_MIN_BYTES (100 * 1000)
#define WRITE_BUFFER_MAX_BYTES (1000 * 1000 * 1000)

static gboolean
take_text (char **place, const char *value, const char *what, GError **error)
{
  if (*value == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s is missing", what);
    return FALSE;
  }
  g_free (*place);
  *place = g_strdup (value);
  return TRUE;
}

gboolean
mb_option_take_record (MbOptions *self, const char *value, GError **error)
{
  return take_text (&self->record_dir, value, "the name of a folder", error);
}

gboolean
mb_option_take_split (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_length (value, &self->split_ms, &self->split_bytes, error);
}

gboolean
mb_option_take_audio_only (MbOptions *self, const char *value, GError **error)
{
  self->audio_only = TRUE;
  return TRUE;
}

gboolean
mb_option_take_on_finish (MbOptions *self, const char *value, GError **error)
{
  return take_text (&self->on_finish, value, "the command", error);
}

gboolean
mb_option_take_min_free (MbOptions *self, const char *value, GError **error)
{
  if (g_str_equal (value, "off")) {
    self->min_free_bytes = MB_OPTIONS_NO_FLOOR;
    return TRUE;
  }
  return mb_value_parse_bytes (value, &self->min_free_bytes, error);
}

gboolean
mb_option_take_quota (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_bytes (value, &self->quota_bytes, error);
}

gboolean
mb_option_take_room_quota (MbOptions *self, const char *value, GError **error)
{
  return mb_value_parse_bytes (value, &self->room_quota_bytes, error);
}

gboolean
mb_option_take_write_buffer (MbOptions *self, const char *value, GError **error)
{
  guint64 bytes = 0;

  if (!mb_value_parse_bytes (value, &bytes, error))
    return FALSE;
  if (bytes >= WRITE_BUFFER_MIN_BYTES && bytes <= WRITE_BUFFER_MAX_BYTES) {
    self->write_buffer_bytes = bytes;
    return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is not between 100kB and 1GB", value);
  return FALSE;
}

gboolean
mb_option_take_corrupt_frames (MbOptions *self, const char *value, GError **error)
{
  self->keeps_corrupt = g_str_equal (value, "keep");
  if (self->keeps_corrupt || g_str_equal (value, "drop"))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is neither drop nor keep", value);
  return FALSE;
}

gboolean
mb_option_take_metrics_file (MbOptions *self, const char *value, GError **error)
{
  if (g_str_has_suffix (value, ".prom"))
    return take_text (&self->metrics_file, value, "the name of a file", error);
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' does not end in .prom, which is what node_exporter looks for", value);
  return FALSE;
}
