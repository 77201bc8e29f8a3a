/* mb-archived-session.c: the folder of a session that was recorded, or still is
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * session.json is kept as it was parsed, so that what a newer version wrote into it survives. What
 * it says may be anybody's: names of files are checked before anything is opened.
 */
#include "mb-archived-session.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-json.h"

#define SESSION "session.json"
#define SESSION_MAX (64 * 1024 * 1024) /* bytes */
#define FILE_MODE 0640
#define DEPTH 2 /* ARCHIVE/ROOM/SESSION */

static void
find_below (const char *path, unsigned int depth, GPtrArray *found)
{
  g_autofree char *session = g_build_filename (path, SESSION, NULL);
  g_autoptr (GDir) folder = NULL;
  const char *name;

  if (g_file_test (session, G_FILE_TEST_IS_REGULAR)) {
    g_ptr_array_add (found, g_strdup (path));
    return;
  }
  folder = depth > 0 ? g_dir_open (path, 0, NULL) : NULL;
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      find_below (child, depth - 1, found);
  }
}

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * mb_archived_session_find:
 * @path: an archive, a room in it, or a session
 *
 * Returns: (transfer full) (element-type utf8): the folders of all sessions there, in order; NULL
 *   with %MB_ERROR_FAILED where there is no such folder
 */
GPtrArray *
mb_archived_session_find (const char *path, GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s is no folder", path);
    return NULL;
  }
  find_below (path, DEPTH, found);
  g_ptr_array_sort (found, compare_paths);
  return g_steal_pointer (&found);
}

static gboolean
is_safe_name (const char *name)
{
  return *name != '\0' && strchr (name, '/') == NULL && !g_str_equal (name, ".") &&
         !g_str_equal (name, "..");
}

static gboolean
check_items (JsonArray *items, const char *array, const char *member, GError **error)
{
  for (guint i = 0; i < json_array_get_length (items); i++) {
    JsonNode *item = json_array_get_element (items, i);
    const char *value = JSON_NODE_HOLDS_OBJECT (item)
                            ? mb_archived_get_string (json_node_get_object (item), member)
                            : NULL;

    if (value != NULL && (!g_str_equal (member, "path") || is_safe_name (value)))
      continue;
    g_set_error (
        error, MB_ERROR, MB_ERROR_FAILED, "%s[%u] has no %s that could be one", array, i, member);
    return FALSE;
  }
  return TRUE;
}

static gboolean
load (MbArchivedSession *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, error))
    return FALSE;
  if (length > SESSION_MAX) {
    g_set_error (error, MB_ERROR, MB_ERROR_TOO_LARGE, "it has more than %d bytes", SESSION_MAX);
    return FALSE;
  }
  self->json = mb_json_parse_object (text, (gssize) length, error);
  return self->json != NULL &&
         mb_json_read_array (self->json, "files", MB_JSON_REQUIRED, &self->files, error) &&
         mb_json_read_array (
             self->json, "participants", MB_JSON_REQUIRED, &self->participants, error) &&
         check_items (self->files, "files", "path", error) &&
         check_items (self->participants, "participants", "id", error);
}

static char *
build_label (const char *folder)
{
  g_autofree char *canonical = g_canonicalize_filename (folder, NULL);
  g_autofree char *parent = g_path_get_dirname (canonical);
  g_autofree char *room = g_path_get_basename (parent);
  g_autofree char *name = g_path_get_basename (canonical);

  return g_build_filename (room, name, NULL);
}

/**
 * mb_archived_session_open:
 * @kind: a session that somebody has locked is opened all the same, as one that is live
 *
 * Returns: (transfer full): NULL with an error where it cannot be locked, or its session.json cannot
 *   be read or is none
 */
MbArchivedSession *
mb_archived_session_open (const char *folder, MbFolderLockKind kind, GError **error)
{
  g_autoptr (MbArchivedSession) self = g_new0 (MbArchivedSession, 1);
  g_autoptr (GError) locked = NULL;
  g_autofree char *path = g_build_filename (folder, SESSION, NULL);

  self->folder = g_strdup (folder);
  self->label = build_label (folder);
  self->lock = mb_folder_lock (folder, kind, &locked);
  self->is_live = g_error_matches (locked, MB_ERROR, MB_ERROR_CONFLICT);
  /* Without locks nobody knows whether it is live: what only reads may. */
  if (self->lock < 0 && !self->is_live && kind == MB_FOLDER_LOCK_EXCLUSIVE) {
    g_propagate_error (error, g_steal_pointer (&locked));
    return NULL;
  }
  if (!load (self, path, error)) {
    g_prefix_error (error, "%s: ", path);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mb_archived_session_free (MbArchivedSession *self)
{
  mb_folder_unlock (self->lock);
  g_clear_pointer (&self->json, json_object_unref);
  g_free (self->folder);
  g_free (self->label);
  g_free (self);
}

/**
 * mb_archived_session_save:
 *
 * Replaces session.json by what @self has now; it is on the disk then.
 */
gboolean
mb_archived_session_save (MbArchivedSession *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, SESSION, NULL);
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  json_node_set_object (root, self->json);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  line = g_strconcat (text, "\n", NULL);
  return g_file_set_contents_full (path, line, -1,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, FILE_MODE, error);
}

static gboolean
is_media (const char *name)
{
  static const char *const ENDS[] = {".webm", ".mkv", ".webm.part", ".mkv.part"};

  for (gsize i = 0; i < G_N_ELEMENTS (ENDS); i++) {
    if (name[0] != '.' && g_str_has_suffix (name, ENDS[i]))
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_archived_session_list_media:
 *
 * Returns: (transfer full) (element-type utf8): the names of recorded files in the folder, whole ones
 *   and `.part`s, in order
 */
GPtrArray *
mb_archived_session_list_media (const MbArchivedSession *self)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) folder = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    if (is_media (name))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_sort (names, compare_paths);
  return names;
}

/**
 * mb_archived_session_find_file:
 *
 * Returns: (transfer none) (nullable): what session.json says of the file of that name
 */
JsonObject *
mb_archived_session_find_file (const MbArchivedSession *self, const char *path)
{
  for (guint i = 0; i < json_array_get_length (self->files); i++) {
    JsonObject *file = json_array_get_object_element (self->files, i);

    if (g_str_equal (mb_archived_get_string (file, "path"), path))
      return file;
  }
  return NULL;
}

/**
 * mb_archived_get_string:
 *
 * Returns: (nullable): a member where it is there and a string
 */
const char *
mb_archived_get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/**
 * mb_archived_get_number:
 *
 * Returns: a member where it is there and a number, else @fallback
 */
gint64
mb_archived_get_number (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) ||
      (json_node_get_value_type (node) != G_TYPE_INT64 &&
          json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return fallback;
  return json_node_get_int (node);
}

/**
 * mb_archived_get_time:
 *
 * Returns: real time in microseconds; 0 where there is none
 */
gint64
mb_archived_get_time (JsonObject *object, const char *name)
{
  const char *text = mb_archived_get_string (object, name);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  return time == NULL
             ? 0
             : g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
}

/**
 * mb_archived_is_empty:
 * @file: of a `.part`
 *
 * Returns: whether a repair has found that there is nothing in it
 */
gboolean
mb_archived_is_empty (JsonObject *file)
{
  return mb_archived_get_number (file, "durationMs", -1) == 0;
}

/**
 * mb_archived_format_time:
 *
 * Returns: (transfer full): RFC 3339, UTC, milliseconds
 */
char *
mb_archived_format_time (gint64 real_us)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (real_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf (
      "%s.%03dZ", text, (int) (real_us % G_USEC_PER_SEC / G_TIME_SPAN_MILLISECOND));
}

/**
 * mb_archived_session_note:
 * @members: what the line has besides; begins with a comma, or is empty
 *
 * Adds a line to events.jsonl.
 */
gboolean
mb_archived_session_note (
    const MbArchivedSession *self, const char *event, const char *members, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, "events.jsonl", NULL);
  g_autofree char *at = mb_archived_format_time (g_get_real_time ());
  g_autofree char *line =
      g_strdup_printf ("\n{\"at\":\"%s\",\"event\":\"%s\"%s}\n", at, event, members);
  int fd = open (path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
  off_t end = fd >= 0 ? lseek (fd, 0, SEEK_END) : 0;
  const char *text = line + 1;
  gboolean is_good;
  char last = '\n';

  /* The recorder may have been cut off within a line. */
  if (end > 0 && pread (fd, &last, 1, end - 1) == 1 && last != '\n')
    text = line;
  is_good = fd >= 0 && write (fd, text, strlen (text)) == (ssize_t) strlen (text);
  if (!is_good)
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "cannot write: %s", g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return is_good;
}
