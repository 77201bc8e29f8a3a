/* mb-option-values.h: what may stand behind an option: durations, sizes, URLs, names; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/*
 * Each function returns FALSE with MB_ERROR_USAGE and a message that says what would be right, and
 * writes its results on success only.
 */
gboolean mb_value_parse_duration (const char *text, gint64 *duration_ms, GError **error);
gboolean mb_value_parse_bytes (const char *text, guint64 *bytes, GError **error);
gboolean mb_value_parse_length (
    const char *text, gint64 *duration_ms, guint64 *bytes, GError **error);
gboolean mb_value_parse_size (
    const char *text, unsigned int *width, unsigned int *height, GError **error);
gboolean mb_value_parse_number (const char *text, unsigned int minimum, unsigned int maximum,
    unsigned int *number, GError **error);
gboolean mb_value_check_server_url (const char *text, GError **error);
gboolean mb_value_check_origin (const char *text, GError **error);
gboolean mb_value_check_ice_url (const char *text, GError **error);
gboolean mb_value_check_room_id (const char *text, GError **error);
gboolean mb_value_check_token (const char *text, GError **error);
gboolean mb_value_parse_codecs (const char *text, char ***codecs, GError **error);

gboolean mb_value_take_file (char **place, const char *value, GError **error);
gboolean mb_value_take_text (char **place, const char *value, const char *what, GError **error);

void mb_value_append (char ***list, const char *value);
void mb_value_replace (char **place, const char *value);
char *mb_value_expand (
    const char *pattern, unsigned int bot, unsigned int room, const char *host_name);
const char *mb_value_find_near (const char *word, const char *const *known);
