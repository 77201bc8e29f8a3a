/* mb-json.c: typed reads from a JSON object that fail with an error naming the field
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json-glib 1.6 recurses on its input, takes comments and single quotes, ends a string at \u0000 and
 * wraps large numbers around. So what it gets has passed the strict scanner, and what it would read
 * wrongly is refused before. For requests and configuration; signals never come here.
 */
#include "mb-json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"
#include "mb-json-word.h"

/* Whether the string from @at to @end has an escaped U+0000 in it. */
static gboolean
has_nul_escape (const char *at, const char *end)
{
  while ((at = memchr (at, '\\', (gsize) (end - at))) != NULL) {
    if (end - at >= 6 && memcmp (at, "\\u0000", 6) == 0)
      return TRUE;
    at += 2;
  }
  return FALSE;
}

/* Whether json-glib reads the number that begins at @at as it is meant; moves behind it. */
static gboolean
is_readable_number (const char **at, const char *end)
{
  char digits[64];
  gsize length = 0;

  while (*at + length < end && strchr ("+-.0123456789eE", (*at)[length]) != NULL)
    length++;
  if (length >= sizeof digits)
    return FALSE;
  memcpy (digits, *at, length);
  digits[length] = '\0';
  *at += length;
  if (strpbrk (digits, ".eE") != NULL)
    return isfinite (g_ascii_strtod (digits, NULL)) != 0;
  errno = 0;
  g_ascii_strtoll (digits, NULL, 10);
  return errno == 0;
}

/* Looks for what is JSON, but not to json-glib. Returns what is wrong, or NULL. */
static const char *
find_misread (MbJsonSpan value)
{
  const char *at = value.text;
  const char *end = value.text + value.length;

  while (at < end) {
    if (*at == '"') {
      const char *behind = mb_json_skip_string (at, end);

      if (has_nul_escape (at + 1, behind - 1))
        return "JSON has U+0000 in a string";
      at = behind;
    } else if (*at == '-' || g_ascii_isdigit (*at)) {
      if (!is_readable_number (&at, end))
        return "JSON has a number that is out of range";
    } else {
      at++;
    }
  }
  return NULL;
}

/**
 * mb_json_parse:
 * @text: the text
 * @length: its length in bytes, or -1 if it is terminated
 *
 * %MB_ERROR_BAD_REQUEST for text that is not exactly one JSON value, is nested deeper than
 * %MB_JSON_DEPTH, or has in it what json-glib would misread: U+0000, lone surrogates, whole numbers
 * over 63 bits, fractions over a double.
 *
 * Returns: (transfer full): the value.
 */
JsonNode *
mb_json_parse (const char *text, gssize length, GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) fault = NULL;
  gsize n_text = length < 0 ? strlen (text) : (gsize) length;
  const char *misread;
  MbJsonSpan value;

  if (!mb_json_scan (text, n_text, MB_JSON_DEPTH, &value, error))
    return NULL;
  misread = find_misread (value);
  if (misread != NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, misread);
    return NULL;
  }
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, value.text, (gssize) value.length, &fault)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "JSON: %s", fault->message);
    return NULL;
  }
  return json_node_ref (json_parser_get_root (parser));
}

/**
 * mb_json_parse_object:
 *
 * mb_json_parse() for text that must be an object.
 *
 * Returns: (transfer full): the object.
 */
JsonObject *
mb_json_parse_object (const char *text, gssize length, GError **error)
{
  g_autoptr (JsonNode) node = mb_json_parse (text, length, error);

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "JSON must be an object");
    return NULL;
  }
  return json_object_ref (json_node_get_object (node));
}

typedef enum {
  LOOKED_UP,
  LEFT_OUT,
  WRONG,
} Lookup;

static gboolean
fail (GError **error, const char *name, const char *what)
{
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s must be %s", name, what);
  return FALSE;
}

static Lookup
look_up (JsonObject *object, const char *name, MbJsonNeed need, JsonNode **node, GError **error)
{
  *node = json_object_get_member (object, name);
  if (*node != NULL && !(need == MB_JSON_OPTIONAL && JSON_NODE_HOLDS_NULL (*node)))
    return LOOKED_UP;
  if (need == MB_JSON_OPTIONAL)
    return LEFT_OUT;
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s is missing", name);
  return WRONG;
}

static gboolean
holds_value (JsonNode *node, GType type)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

/**
 * mb_json_read_string:
 * @object: the object
 * @name: the member
 * @value: (out) (transfer none): the text, as long as @object lives; written if the member is there
 *
 * All these reads fail with %MB_ERROR_BAD_REQUEST if the member is absent though required, of another
 * type or out of range, and write nothing then.
 */
gboolean
mb_json_read_string (
    JsonObject *object, const char *name, MbJsonNeed need, const char **value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!holds_value (node, G_TYPE_STRING))
    return fail (error, name, "a string");
  *value = json_node_get_string (node);
  return TRUE;
}

/**
 * mb_json_read_integer:
 * @minimum: the least that is allowed
 * @maximum: the most
 * @value: (out): the number; see mb_json_read_string()
 */
gboolean
mb_json_read_integer (JsonObject *object, const char *name, MbJsonNeed need, gint64 minimum,
    gint64 maximum, gint64 *value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);
  gint64 number;

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!holds_value (node, G_TYPE_INT64))
    return fail (error, name, "a whole number");
  number = json_node_get_int (node);
  if (number < minimum || number > maximum) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST,
        "%s must be between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, name, minimum, maximum);
    return FALSE;
  }
  *value = number;
  return TRUE;
}

/**
 * mb_json_read_double:
 * @minimum: the least that is allowed
 * @maximum: the most
 * @value: (out): the number, whole or not; see mb_json_read_string()
 */
gboolean
mb_json_read_double (JsonObject *object, const char *name, MbJsonNeed need, double minimum,
    double maximum, double *value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);
  double number;

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!holds_value (node, G_TYPE_INT64) && !holds_value (node, G_TYPE_DOUBLE))
    return fail (error, name, "a number");
  number = json_node_get_double (node);
  if (!(number >= minimum && number <= maximum)) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s must be between %g and %g", name,
        minimum, maximum);
    return FALSE;
  }
  *value = number;
  return TRUE;
}

/**
 * mb_json_read_boolean:
 * @value: (out): see mb_json_read_string()
 */
gboolean
mb_json_read_boolean (
    JsonObject *object, const char *name, MbJsonNeed need, gboolean *value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!holds_value (node, G_TYPE_BOOLEAN))
    return fail (error, name, "true or false");
  *value = json_node_get_boolean (node);
  return TRUE;
}

/**
 * mb_json_read_object:
 * @value: (out) (transfer none): see mb_json_read_string()
 */
gboolean
mb_json_read_object (
    JsonObject *object, const char *name, MbJsonNeed need, JsonObject **value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, name, "an object");
  *value = json_node_get_object (node);
  return TRUE;
}

/**
 * mb_json_read_array:
 * @value: (out) (transfer none): see mb_json_read_string()
 */
gboolean
mb_json_read_array (
    JsonObject *object, const char *name, MbJsonNeed need, JsonArray **value, GError **error)
{
  JsonNode *node;
  Lookup found = look_up (object, name, need, &node, error);

  if (found != LOOKED_UP)
    return found == LEFT_OUT;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail (error, name, "an array");
  *value = json_node_get_array (node);
  return TRUE;
}
