/* mb-json.h: typed reads from a JSON object that fail with an error naming the field
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <json-glib/json-glib.h>

/**
 * MbJsonNeed:
 * @MB_JSON_REQUIRED: an absent member is an error
 * @MB_JSON_OPTIONAL: an absent or null member leaves the value as the caller set it
 */
typedef enum {
  MB_JSON_REQUIRED,
  MB_JSON_OPTIONAL,
} MbJsonNeed;

JsonNode *mb_json_parse (const char *text, gssize length, GError **error);
JsonObject *mb_json_parse_object (const char *text, gssize length, GError **error);

gboolean mb_json_read_string (
    JsonObject *object, const char *name, MbJsonNeed need, const char **value, GError **error);
gboolean mb_json_read_integer (JsonObject *object, const char *name, MbJsonNeed need,
    gint64 minimum, gint64 maximum, gint64 *value, GError **error);
gboolean mb_json_read_double (JsonObject *object, const char *name, MbJsonNeed need, double minimum,
    double maximum, double *value, GError **error);
gboolean mb_json_read_boolean (
    JsonObject *object, const char *name, MbJsonNeed need, gboolean *value, GError **error);
gboolean mb_json_read_object (
    JsonObject *object, const char *name, MbJsonNeed need, JsonObject **value, GError **error);
gboolean mb_json_read_array (
    JsonObject *object, const char *name, MbJsonNeed need, JsonArray **value, GError **error);
