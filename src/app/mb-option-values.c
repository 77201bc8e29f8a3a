/* mb-option-values.c: what may stand behind an option: durations, sizes, URLs, names; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-option-values.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"

#define ROOM_ID_MAX 64
#define TOKEN_MAX_BYTES 16384
#define SPLIT_MIN_MS 1000
#define SPLIT_MIN_BYTES (100 * 1000)
#define SPLIT_MAX_BYTES G_GUINT64_CONSTANT (1000000000000000)
#define DURATION_MAX_MS (G_GINT64_CONSTANT (366) * 24 * 3600 * 1000)
#define SIDE_MIN 16
#define SIDE_MAX 8192

/**
 * mb_value_parse_duration:
 * @text: a number and a unit: `500ms`, `1.5s`, `5m`, `1h`
 * @duration_ms: (out): milliseconds, at least 1
 */
gboolean
mb_value_parse_duration (const char *text, gint64 *duration_ms, GError **error)
{
  static const struct {
    const char *unit;
    double ms;
  } UNITS[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
  gsize n_number = strspn (text, "0123456789.");
  double number;
  char *end = NULL;

  number = g_ascii_strtod (text, &end);
  for (gsize i = 0; n_number > 0 && i < G_N_ELEMENTS (UNITS); i++) {
    double ms = number * UNITS[i].ms;

    if (end != text + n_number || !g_str_equal (end, UNITS[i].unit))
      continue;
    if (ms < 1 || ms > (double) DURATION_MAX_MS) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
          "'%s' is out of range; a duration is 1ms to a year", text);
      return FALSE;
    }
    *duration_ms = (gint64) ms;
    return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' is no duration; write a number and ms, s, m or h, for example 30s", text);
  return FALSE;
}

static const struct {
  const char *unit;
  guint64 bytes;
} BYTE_UNITS[] = {{"kB", 1000}, {"MB", 1000 * 1000}, {"GB", 1000 * 1000 * 1000}};

static gboolean
read_bytes (const char *text, guint64 *bytes)
{
  gsize n_digits = strspn (text, "0123456789");
  g_autofree char *digits = g_strndup (text, n_digits);
  guint64 number = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (BYTE_UNITS); i++) {
    guint64 unit = BYTE_UNITS[i].bytes;

    if (!g_str_equal (text + n_digits, BYTE_UNITS[i].unit) ||
        !g_ascii_string_to_unsigned (digits, 10, 1, SPLIT_MAX_BYTES / unit, &number, NULL))
      continue;
    *bytes = number * unit;
    return TRUE;
  }
  return FALSE;
}

/**
 * mb_value_parse_bytes:
 * @text: a number and a unit: `500kB`, `200MB`, `50GB`
 */
gboolean
mb_value_parse_bytes (const char *text, guint64 *bytes, GError **error)
{
  if (read_bytes (text, bytes))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' is no size; write a number and kB, MB or GB, for example 200MB", text);
  return FALSE;
}

/**
 * mb_value_parse_length:
 * @text: a duration of a second or more, or a number of bytes: `10m`, `500MB`
 * @duration_ms: (out): 0 where it is a number of bytes
 * @bytes: (out): 0 where it is a duration
 */
gboolean
mb_value_parse_length (const char *text, gint64 *duration_ms, guint64 *bytes, GError **error)
{
  guint64 size = 0;
  gint64 ms = 0;

  if (read_bytes (text, &size) && size >= SPLIT_MIN_BYTES) {
    *bytes = size;
    *duration_ms = 0;
    return TRUE;
  }
  if (!mb_value_parse_duration (text, &ms, NULL) || ms < SPLIT_MIN_MS) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no length of a file; write a time of 1s or more or a size of 100kB or more, for "
        "example 10m or 500MB",
        text);
    return FALSE;
  }
  *duration_ms = ms;
  *bytes = 0;
  return TRUE;
}

/**
 * mb_value_parse_number:
 * @text: decimal digits
 * @number: (out): from @minimum to @maximum
 */
gboolean
mb_value_parse_number (const char *text, unsigned int minimum, unsigned int maximum,
    unsigned int *number, GError **error)
{
  guint64 value = 0;

  if (!g_ascii_string_to_unsigned (text, 10, minimum, maximum, &value, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is no whole number from %u to %u", text,
        minimum, maximum);
    return FALSE;
  }
  *number = (unsigned int) value;
  return TRUE;
}

/**
 * mb_value_parse_size:
 * @text: `WIDTHxHEIGHT` in pixels, both even (chroma is kept at half the size)
 * @width: (out): pixels
 * @height: (out): pixels
 */
gboolean
mb_value_parse_size (const char *text, unsigned int *width, unsigned int *height, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "x", 3);
  unsigned int sides[2] = {0, 0};

  if (g_strv_length (parts) != 2 ||
      !mb_value_parse_number (parts[0], SIDE_MIN, SIDE_MAX, &sides[0], NULL) ||
      !mb_value_parse_number (parts[1], SIDE_MIN, SIDE_MAX, &sides[1], NULL) || sides[0] % 2 != 0 ||
      sides[1] % 2 != 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no size; write WIDTHxHEIGHT in even numbers from %d to %d, for example 1280x720",
        text, SIDE_MIN, SIDE_MAX);
    return FALSE;
  }
  *width = sides[0];
  *height = sides[1];
  return TRUE;
}

static gboolean
has_scheme (GUri *uri, const char *const *schemes)
{
  return g_strv_contains (schemes, g_uri_get_scheme (uri));
}

/**
 * mb_value_check_server_url:
 * @text: `http(s)://HOST[:PORT]` for Socket.IO, `ws(s)://HOST[:PORT]/ws` for the plain dialect
 */
gboolean
mb_value_check_server_url (const char *text, GError **error)
{
  static const char *const SCHEMES[] = {"http", "https", "ws", "wss", NULL};
  g_autoptr (GError) reason = NULL;
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_HAS_PASSWORD, &reason);
  gboolean has_host = uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0';

  if (has_host && strpbrk (text, " \t\r\n") == NULL && has_scheme (uri, SCHEMES)) {
    if (g_uri_get_port (uri) != 0 && g_uri_get_userinfo (uri) == NULL &&
        g_uri_get_fragment (uri) == NULL)
      return TRUE;
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no server's URL: a user, a fragment or port 0 cannot stand in it", text);
    return FALSE;
  }
  if (strstr (text, "://") == NULL && *text != '\0' && strpbrk (text, " /") != text)
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no URL; did you mean http://%s or ws://%s/ws?", text, text, text);
  else
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no server's URL; write http(s)://HOST[:PORT] or ws(s)://HOST[:PORT]/ws", text);
  return FALSE;
}

/**
 * mb_value_check_origin:
 * @text: `*`, or a web origin as browsers send it: scheme, host, and port where it is not the
 *   scheme's own; no path
 */
gboolean
mb_value_check_origin (const char *text, GError **error)
{
  static const char *const SCHEMES[] = {"http", "https", NULL};
  g_autoptr (GUri) uri = NULL;

  if (g_str_equal (text, "*"))
    return TRUE;
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || !has_scheme (uri, SCHEMES) || g_uri_get_host (uri) == NULL ||
      *g_uri_get_host (uri) == '\0' || *g_uri_get_path (uri) != '\0' ||
      g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "'%s' is no web origin; write https://HOST[:PORT] without a path, or * for any", text);
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_host_port (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnectable) address = NULL;

  if (*text == '\0' || strpbrk (text, " /@?#") != NULL)
    return FALSE;
  address = g_network_address_parse (text, 3478, &error);
  return address != NULL;
}

/**
 * mb_value_check_ice_url:
 * @text: `stun:HOST[:PORT]` or `turn(s):USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]`
 */
gboolean
mb_value_check_ice_url (const char *text, GError **error)
{
  const char *rest = strchr (text, ':');
  const char *at;
  gboolean is_stun = g_str_has_prefix (text, "stun:");
  gboolean is_turn = g_str_has_prefix (text, "turn:") || g_str_has_prefix (text, "turns:");

  if (is_stun && check_host_port (rest + 1))
    return TRUE;
  at = strrchr (text, '@');
  if (is_turn && at != NULL) {
    g_autofree char *user = g_strndup (rest + 1, (gsize) (at - rest - 1));
    g_auto (GStrv) parts = g_strsplit (at + 1, "?", 2);
    const char *query = parts[0] != NULL ? parts[1] : NULL;
    const char *colon = strchr (user, ':');
    gboolean query_is_good = query == NULL || g_str_equal (query, "transport=udp") ||
                             g_str_equal (query, "transport=tcp");

    if (colon != NULL && colon != user && query_is_good && parts[0] != NULL &&
        check_host_port (parts[0]))
      return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' is no ICE server; write stun:HOST[:PORT] or "
      "turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp]",
      text);
  return FALSE;
}

/**
 * mb_value_check_room_id:
 */
gboolean
mb_value_check_room_id (const char *text, GError **error)
{
  gsize length = strlen (text);

  if (length >= 1 && length <= ROOM_ID_MAX &&
      strspn (text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-") == length)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "'%s' is no room's id; use 1 to %d of A-Z a-z 0-9 _ -", text, ROOM_ID_MAX);
  return FALSE;
}

/**
 * mb_value_check_token:
 *
 * The message does not repeat @text: it is a secret.
 */
gboolean
mb_value_check_token (const char *text, GError **error)
{
  gsize length = strlen (text);
  gboolean printable = TRUE;

  for (gsize i = 0; i < length; i++)
    printable = printable && g_ascii_isgraph (text[i]);
  if (length >= 1 && length <= TOKEN_MAX_BYTES && printable)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "the token is empty, longer than %d bytes, or has spaces or other than ASCII in it",
      TOKEN_MAX_BYTES);
  return FALSE;
}

/**
 * mb_value_parse_codecs:
 * @text: video codecs in order of preference, divided by commas
 * @codecs: (out) (transfer full): each once, in that order
 */
gboolean
mb_value_parse_codecs (const char *text, char ***codecs, GError **error)
{
  static const char *const KNOWN[] = {"vp8", "h264", "vp9", NULL};
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; names[i] != NULL; i++) {
    if (g_str_equal (names[i], "av1")) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
          "av1 is not available in this version; take of vp8, h264, vp9");
      return FALSE;
    }
    if (!g_strv_contains (KNOWN, names[i])) {
      const char *near = mb_value_find_near (names[i], KNOWN);

      g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
          "unknown codec '%s'%s%s%s; take of vp8, h264, vp9, divided by commas", names[i],
          near != NULL ? ", did you mean " : "", near != NULL ? near : "", near != NULL ? "?" : "");
      return FALSE;
    }
    if (g_hash_table_add (seen, names[i]))
      g_strv_builder_add (builder, names[i]);
  }
  if (g_hash_table_size (seen) == 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "no codec is given; take of vp8, h264, vp9");
    return FALSE;
  }
  *codecs = g_strv_builder_end (builder);
  return TRUE;
}

/**
 * mb_value_expand:
 * @pattern: text in which `{n}`, `{r}` and `{host}` stand for something
 * @bot: the bot's number, from 1
 * @room: the room's number, from 1
 * @host_name: this machine's
 *
 * Returns: (transfer full): the text; other braces stay
 */
char *
mb_value_expand (const char *pattern, unsigned int bot, unsigned int room, const char *host_name)
{
  GString *text = g_string_new (NULL);

  for (const char *at = pattern; *at != '\0';) {
    if (g_str_has_prefix (at, "{n}")) {
      g_string_append_printf (text, "%u", bot);
      at += strlen ("{n}");
    } else if (g_str_has_prefix (at, "{r}")) {
      g_string_append_printf (text, "%u", room);
      at += strlen ("{r}");
    } else if (g_str_has_prefix (at, "{host}")) {
      g_string_append (text, host_name);
      at += strlen ("{host}");
    } else {
      g_string_append_c (text, *at++);
    }
  }
  return g_string_free (text, FALSE);
}

static unsigned int
edit_distance (const char *a, const char *b)
{
  gsize n_a = strlen (a);
  gsize n_b = strlen (b);
  g_autofree unsigned int *row = g_new (unsigned int, n_b + 1);

  for (gsize j = 0; j <= n_b; j++)
    row[j] = (unsigned int) j;
  for (gsize i = 1; i <= n_a; i++) {
    unsigned int diagonal = row[0];

    row[0] = (unsigned int) i;
    for (gsize j = 1; j <= n_b; j++) {
      unsigned int above = row[j];
      unsigned int changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

      row[j] = MIN (MIN (above, row[j - 1]) + 1, changed);
      diagonal = above;
    }
  }
  return row[n_b];
}

/**
 * mb_value_find_near:
 * @word: what somebody wrote
 * @known: (array zero-terminated=1): what could have been meant
 *
 * Returns: (transfer none) (nullable): the nearest of @known, where one is near: a third of the
 *   letters may be wrong, or the rest of the word missing
 */
const char *
mb_value_find_near (const char *word, const char *const *known)
{
  gsize length = strlen (word);
  const char *best = NULL;
  unsigned int best_distance = 0;

  if (length == 0 || length > ROOM_ID_MAX)
    return NULL;
  for (guint i = 0; known[i] != NULL; i++) {
    unsigned int distance = edit_distance (word, known[i]);
    gboolean begins = length >= 3 && g_str_has_prefix (known[i], word);

    if (!begins && (distance > MAX (1, length / 3) || distance >= length))
      continue;
    if (begins)
      distance = 0;
    if (best == NULL || distance < best_distance) {
      best = known[i];
      best_distance = distance;
    }
  }
  return best;
}

/**
 * mb_value_append:
 * @list: (array zero-terminated=1): grows by a copy of @value
 */
void
mb_value_append (char ***list, const char *value)
{
  guint length = g_strv_length (*list);

  *list = g_renew (char *, *list, length + 2);
  (*list)[length] = g_strdup (value);
  (*list)[length + 1] = NULL;
}

void
mb_value_replace (char **place, const char *value)
{
  g_free (*place);
  *place = g_strdup (value);
}

/**
 * mb_value_take_text:
 * @what: it is, for the error where @value is empty
 */
gboolean
mb_value_take_text (char **place, const char *value, const char *what, GError **error)
{
  if (*value == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s is missing", what);
    return FALSE;
  }
  mb_value_replace (place, value);
  return TRUE;
}

/**
 * mb_value_take_file:
 * @value: the name of a file that can be read now
 */
gboolean
mb_value_take_file (char **place, const char *value, GError **error)
{
  if (!mb_value_take_text (place, value, "the name of a file", error))
    return FALSE;
  if (g_access (value, R_OK) == 0)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", value, g_strerror (errno));
  return FALSE;
}
