/* mb-archive-info.c: a session as a table: who was there, when, and what is left of it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-archive.h"

#define NAME_COLUMNS 24

/* Nothing that a stranger calls himself moves a cursor or turns a line around. */
static char *
clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "?", -1);
  GString *shown = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);
    GUnicodeType type = g_unichar_type (c);

    if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR ||
        type == G_UNICODE_PARAGRAPH_SEPARATOR)
      g_string_append_c (shown, '?');
    else
      g_string_append_unichar (shown, c);
  }
  return g_string_free (shown, FALSE);
}

/* Pads by characters, which printf does by bytes. */
static void
append_padded (GString *out, const char *text, glong columns)
{
  glong length = g_utf8_strlen (text, -1);
  g_autofree char *head = length > columns ? g_utf8_substring (text, 0, columns - 1) : NULL;

  g_string_append (out, head != NULL ? head : text);
  if (head != NULL)
    g_string_append (out, "…");
  for (glong i = MIN (length, columns); i < columns + 2; i++)
    g_string_append_c (out, ' ');
}

static void
append_instant (GString *out, gint64 real_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (real_us / G_USEC_PER_SEC);
  g_autofree char *text = real_us != 0 ? g_date_time_format (time, "%H:%M:%S") : g_strdup ("-");

  append_padded (out, text, 8);
}

static void
append_length (GString *out, gint64 ms)
{
  g_autofree char *text = NULL;

  if (ms < 0)
    text = g_strdup ("-");
  else
    text = g_strdup_printf ("%d:%02d:%02d.%d", (int) (ms / 3600000), (int) (ms / 60000 % 60),
        (int) (ms / 1000 % 60), (int) (ms / 100 % 10));
  append_padded (out, text, 10);
}

static const char *
find_name (const MbArchivedSession *session, const char *id)
{
  for (guint i = 0; id != NULL && i < json_array_get_length (session->participants); i++) {
    JsonObject *each = json_array_get_object_element (session->participants, i);

    if (g_str_equal (mb_archived_get_string (each, "id"), id))
      return mb_archived_get_string (each, "displayName");
  }
  return id;
}

static void
append_participants (const MbArchivedSession *session, GString *out)
{
  g_string_append_printf (
      out, "  %-*s  %-8s  %-8s  %s\n", NAME_COLUMNS, "WHO", "CAME", "WENT", "ID");
  for (guint i = 0; i < json_array_get_length (session->participants); i++) {
    JsonObject *each = json_array_get_object_element (session->participants, i);
    g_autofree char *name = clean (mb_archived_get_string (each, "displayName"));
    g_autofree char *id = clean (mb_archived_get_string (each, "id"));

    g_string_append (out, "  ");
    append_padded (out, name, NAME_COLUMNS);
    append_instant (out, mb_archived_get_time (each, "joinedAt"));
    append_instant (out, mb_archived_get_time (each, "leftAt"));
    g_string_append_printf (out, "%s\n", id);
  }
}

/* `video VP8 1280x720, 3 lost, 1 gap of 2.4 s` */
static void
append_track (JsonObject *track, GString *out)
{
  JsonNode *node = json_object_get_member (track, "gaps");
  JsonArray *gaps =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n_gaps = gaps != NULL ? json_array_get_length (gaps) : 0;
  g_autofree char *codec = clean (mb_archived_get_string (track, "codec"));
  gint64 n_lost = mb_archived_get_number (track, "lost", -1);
  gint64 gaps_ms = 0;

  for (guint i = 0; i < n_gaps; i++) {
    JsonNode *gap = json_array_get_element (gaps, i);

    if (JSON_NODE_HOLDS_OBJECT (gap))
      gaps_ms += mb_archived_get_number (json_node_get_object (gap), "durationMs", 0);
  }
  g_string_append_printf (out, "%s", codec);
  if (mb_archived_get_number (track, "width", 0) > 0)
    g_string_append_printf (out, " %dx%d", (int) mb_archived_get_number (track, "width", 0),
        (int) mb_archived_get_number (track, "height", 0));
  if (n_lost > 0)
    g_string_append_printf (out, ", %" G_GINT64_FORMAT " lost", n_lost);
  if (n_gaps > 0)
    g_string_append_printf (
        out, ", %u gap%s of %.1f s", n_gaps, n_gaps > 1 ? "s" : "", (double) gaps_ms / 1000);
}

static void
append_tracks (JsonObject *file, GString *out)
{
  JsonNode *node = json_object_get_member (file, "tracks");
  JsonArray *tracks =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; tracks != NULL && i < json_array_get_length (tracks); i++) {
    JsonNode *track = json_array_get_element (tracks, i);

    if (i > 0)
      g_string_append (out, "; ");
    if (JSON_NODE_HOLDS_OBJECT (track))
      append_track (json_node_get_object (track), out);
  }
}

static void
append_files (const MbArchivedSession *session, GString *out)
{
  g_string_append_printf (out, "  %-*s  %-10s  %-10s  %10s  %s\n", NAME_COLUMNS, "WHOSE", "FROM",
      "LENGTH", "BYTES", "FILE");
  for (guint i = 0; i < json_array_get_length (session->files); i++) {
    JsonObject *file = json_array_get_object_element (session->files, i);
    JsonNode *recovered = json_object_get_member (file, "recovered");
    gint64 bytes = mb_archived_get_number (file, "bytes", -1);
    g_autofree char *name =
        clean (find_name (session, mb_archived_get_string (file, "participant")));
    g_autofree char *path = clean (mb_archived_get_string (file, "path"));
    g_autofree char *size =
        bytes < 0 ? g_strdup ("-") : g_strdup_printf ("%" G_GINT64_FORMAT, bytes);

    g_string_append (out, "  ");
    append_padded (out, name, NAME_COLUMNS);
    append_length (out, mb_archived_get_number (file, "offsetMs", -1));
    append_length (out, mb_archived_get_number (file, "durationMs", -1));
    g_string_append_printf (out, "%10s  %s  (", size, path);
    if (g_strcmp0 (mb_archived_get_string (file, "kind"), "screen") == 0)
      g_string_append (out, "screen; ");
    append_tracks (file, out);
    g_string_append (out, ")");
    if (recovered != NULL && JSON_NODE_HOLDS_VALUE (recovered) && json_node_get_boolean (recovered))
      g_string_append (out, " recovered");
    if (mb_archived_get_string (file, "error") != NULL) {
      g_autofree char *reason = clean (mb_archived_get_string (file, "error"));

      g_string_append_printf (out, " FAILED: %s", reason);
    }
    g_string_append_c (out, '\n');
  }
}

static const char *
describe_state (const MbArchivedSession *session)
{
  JsonNode *complete = json_object_get_member (session->json, "complete");

  if (session->is_live)
    return "goes on";
  if (mb_archived_get_time (session->json, "endedAt") == 0)
    return "cut off";
  if (complete != NULL && JSON_NODE_HOLDS_VALUE (complete) && json_node_get_boolean (complete))
    return "complete";
  return "not complete";
}

/**
 * mb_archive_tell:
 * @out: gets the table
 */
void
mb_archive_tell (const MbArchivedSession *session, GString *out)
{
  g_autofree char *label = clean (session->label);
  g_autofree char *recorder = clean (mb_archived_get_string (session->json, "recorder"));
  gint64 started_us = mb_archived_get_time (session->json, "startedAt");
  gint64 ended_us = mb_archived_get_time (session->json, "endedAt");

  g_string_append_printf (out, "%s  %s", label, describe_state (session));
  if (ended_us > started_us)
    g_string_append_printf (out, ", %.0f s", (double) (ended_us - started_us) / G_USEC_PER_SEC);
  g_string_append_printf (out, ", recorded by %s\n", recorder);
  append_participants (session, out);
  append_files (session, out);
}
