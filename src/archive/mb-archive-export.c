/* mb-archive-export.c: a session as one file, every participant's tracks in it, aligned
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing is decoded. What is not finished, or not known to session.json, is left out and said.
 */
#include "mb-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "mb-av-merge.h"
#include "mb-error.h"

#define PART ".part"

static const char *
find_name (const MbArchivedSession *session, const char *id)
{
  for (guint i = 0; i < json_array_get_length (session->participants); i++) {
    JsonObject *each = json_array_get_object_element (session->participants, i);

    if (g_strcmp0 (mb_archived_get_string (each, "id"), id) == 0)
      return mb_archived_get_string (each, "displayName");
  }
  return id;
}

/* The name as people know it, on one line. */
static char *
build_title (const char *name, gboolean is_screen)
{
  g_autofree char *valid = g_utf8_make_valid (name != NULL ? name : "", -1);
  GString *title = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (g_unichar_isprint (c))
      g_string_append_unichar (title, c);
  }
  if (is_screen)
    g_string_append (title, " (screen)");
  return g_string_free (title, FALSE);
}

static MbAvPart *
build_part (const MbArchivedSession *session, JsonObject *file)
{
  const char *participant = mb_archived_get_string (file, "participant");
  gboolean is_screen = g_strcmp0 (mb_archived_get_string (file, "kind"), "screen") == 0;
  MbAvPart *part = g_new0 (MbAvPart, 1);

  part->path = g_build_filename (session->folder, mb_archived_get_string (file, "path"), NULL);
  part->owner = g_strdup_printf (
      "%s %s", is_screen ? "screen" : "camera", participant != NULL ? participant : "");
  part->title = build_title (find_name (session, participant), is_screen);
  part->offset_ms = MAX (mb_archived_get_number (file, "offsetMs", 0), 0);
  return part;
}

static gint
compare_parts (gconstpointer a, gconstpointer b)
{
  const MbAvPart *one = *(const MbAvPart *const *) a;
  const MbAvPart *other = *(const MbAvPart *const *) b;

  return (one->offset_ms > other->offset_ms) - (one->offset_ms < other->offset_ms);
}

static GPtrArray *
list_parts (const MbArchivedSession *session, GString *out)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_av_part_free);

  for (guint i = 0; i < json_array_get_length (session->files); i++) {
    JsonObject *file = json_array_get_object_element (session->files, i);
    const char *path = mb_archived_get_string (file, "path");

    if (path != NULL && !g_str_has_suffix (path, PART))
      g_ptr_array_add (parts, build_part (session, file));
    else
      g_string_append_printf (
          out, "left out   %s/%s: it is not finished\n", session->label, path != NULL ? path : "?");
  }
  g_ptr_array_sort (parts, compare_parts);
  return parts;
}

/* Nothing is overwritten: where somebody has the name meanwhile, the file of theirs stays. */
static gboolean
give_name (const char *part, const char *path, GError **error)
{
  if (renameat2 (AT_FDCWD, part, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ||
      ((errno == EINVAL || errno == ENOSYS) && link (part, path) == 0 && unlink (part) == 0))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/**
 * mb_archive_export:
 * @path: (nullable): of the new file, which is not there yet; NULL is `ROOM-SESSION.mkv` in the current folder
 * @out: gets a line of what it has become, and of what was left out
 *
 * Returns: FALSE with %MB_ERROR_FAILED; nothing of the new file is left then
 */
gboolean
mb_archive_export (const MbArchivedSession *session, const char *path, GString *out, GError **error)
{
  g_autoptr (GPtrArray) parts = list_parts (session, out);
  g_autofree char *made =
      path != NULL ? g_strdup (path) : g_strdup_printf ("%s.mkv", session->label);
  g_autofree char *part = NULL;
  MbAvMerged merged;

  if (path == NULL)
    g_strdelimit (made, "/", '-');
  part = g_strconcat (made, PART, NULL);
  if (g_file_test (made, G_FILE_TEST_EXISTS)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "%s is there already; nothing is overwritten, take another name with --output", made);
    return FALSE;
  }
  if (g_file_test (part, G_FILE_TEST_EXISTS)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "%s is there, of an export that is under way or was cut off", part);
    return FALSE;
  }
  if (!mb_av_merge (parts, part, &merged, error) || !give_name (part, made, error)) {
    g_unlink (part);
    return FALSE;
  }
  g_string_append_printf (out, "exported   %s: %u files, %u tracks, %.1f s\n", made, parts->len,
      merged.n_tracks, (double) merged.duration_ms / 1000);
  return TRUE;
}
