/* mb-archive-repair.c: finishes what a recorder that was killed has left
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An orphan is copied into a new file with index and duration; the copy is read back, and only where
 * it has the same frames at the same times does it get the file's name. The orphan goes last.
 */
#include "mb-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mb-av-file.h"
#include "mb-digest.h"
#include "mb-error.h"
#include "mb-rec-name.h"

#define PART ".part"

typedef struct {
  MbArchivedSession *session;
  GString *out;
  unsigned int n_failures;
} Repair;

static void G_GNUC_PRINTF (3, 4)
    tell_failure (Repair *self, const char *name, const char *format, ...)
{
  va_list arguments;

  self->n_failures++;
  g_string_append_printf (self->out, "FAILED     %s/%s: ", self->session->label, name);
  va_start (arguments, format);
  g_string_append_vprintf (self->out, format, arguments);
  va_end (arguments);
  g_string_append_c (self->out, '\n');
}

static void
set_time (JsonObject *object, const char *name, gint64 real_us)
{
  g_autofree char *text = mb_archived_format_time (real_us);

  json_object_set_string_member (object, name, text);
}

static char *
build_path (const Repair *self, const char *name)
{
  return g_build_filename (self->session->folder, name, NULL);
}

static gboolean
set_error_from_errno (GError **error, const char *what, const char *path)
{
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s %s: %s", what, path, g_strerror (errno));
  return FALSE;
}

static gboolean
sync_folder (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_good = fd >= 0 && fsync (fd) == 0;

  if (!is_good)
    set_error_from_errno (error, "cannot sync", path);
  if (fd >= 0)
    close (fd);
  return is_good;
}

static gboolean
rename_without_replacing (const char *from, const char *to, GError **error)
{
  gboolean is_done = renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;

  if (!is_done && (errno == EINVAL || errno == ENOSYS))
    is_done = link (from, to) == 0 && unlink (from) == 0;
  return is_done || set_error_from_errno (error, "cannot rename to", to);
}

/* Whether a decoder takes as much of the copy as of the original. */
static gboolean
is_as_good (const MbAvFile *copy, const MbAvFile *orphan)
{
  if (copy->problem != NULL || copy->said_ms < 0 || !mb_av_file_has_same_packets (copy, orphan))
    return FALSE;
  for (guint i = 0; i < copy->tracks->len; i++) {
    const MbAvTrack *one = g_ptr_array_index (copy->tracks, i);
    const MbAvTrack *other = g_ptr_array_index (orphan->tracks, i);

    if (one->n_decoded != other->n_decoded || one->n_faults != other->n_faults)
      return FALSE;
  }
  return TRUE;
}

/* Returns: (transfer full): what is in @final, which is there and known good then */
static MbAvFile *
make_whole (
    Repair *self, const char *part, const char *final, const MbAvFile *orphan, GError **error)
{
  g_autofree char *name = g_path_get_basename (final);
  g_autofree char *hidden = g_strdup_printf (".%s.repair", name);
  g_autofree char *temporary = build_path (self, hidden);
  g_autoptr (MbAvFile) copy = NULL;

  /* What a repair that was cut off itself has left. */
  if (g_unlink (temporary) != 0 && errno != ENOENT) {
    set_error_from_errno (error, "cannot remove", temporary);
    return NULL;
  }
  if (mb_av_file_copy (part, temporary, g_str_has_suffix (final, ".webm"), error))
    copy = mb_av_file_read (temporary, MB_AV_DEPTH_FRAMES, error);
  if (copy != NULL && !is_as_good (copy, orphan)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "the finished copy does not have what the original has, which is left as it is");
    g_clear_pointer (&copy, mb_av_file_free);
  }
  if (copy == NULL || !rename_without_replacing (temporary, final, error) ||
      !sync_folder (self->session->folder, error)) {
    g_unlink (temporary);
    return NULL;
  }
  return g_steal_pointer (&copy);
}

static guint64
count_packets (const MbAvFile *file)
{
  guint64 n = 0;

  for (guint i = 0; i < file->tracks->len; i++)
    n += ((const MbAvTrack *) g_ptr_array_index (file->tracks, i))->n_packets;
  return n;
}

/* The participant whose files have names like this one; session.json was not told whose it is. */
static const char *
guess_participant (const Repair *self, const char *name)
{
  for (guint i = 0; i < json_array_get_length (self->session->participants); i++) {
    JsonObject *each = json_array_get_object_element (self->session->participants, i);
    const char *id = mb_archived_get_string (each, "id");
    const char *display_name = mb_archived_get_string (each, "displayName");
    g_autofree char *stem = mb_rec_name_build (display_name != NULL ? display_name : "", id);

    if (g_str_has_prefix (name, stem))
      return id;
  }
  return NULL;
}

/* For a file that was made after session.json was last written. */
static JsonObject *
add_file (Repair *self, const char *name, const MbAvFile *found, gint64 changed_us)
{
  JsonObject *file = json_object_new ();
  const char *participant = guess_participant (self, name);
  gint64 started_us = mb_archived_get_time (self->session->json, "startedAt");
  gint64 zero_us = changed_us - found->end_ms * G_TIME_SPAN_MILLISECOND;

  json_object_set_string_member (file, "path", name);
  if (participant != NULL)
    json_object_set_string_member (file, "participant", participant);
  else
    json_object_set_null_member (file, "participant");
  json_object_set_string_member (file, "kind", "camera");
  set_time (file, "startedAt", zero_us);
  json_object_set_int_member (file, "offsetMs", (zero_us - started_us) / G_TIME_SPAN_MILLISECOND);
  json_array_add_object_element (self->session->files, file);
  return file;
}

static const char *
get_shown_codec (const MbAvTrack *track, char *buffer, gsize size)
{
  if (!track->is_video)
    return track->codec;
  for (gsize i = 0; i < size; i++)
    buffer[i] = g_ascii_toupper (track->codec[i]);
  buffer[size - 1] = '\0';
  return buffer;
}

/* What was lost on the way nobody knows any more; what is there can be counted. */
static void
describe_tracks (JsonObject *file, const MbAvFile *found)
{
  JsonArray *tracks = json_array_new ();

  for (guint i = 0; i < found->tracks->len; i++) {
    const MbAvTrack *track = g_ptr_array_index (found->tracks, i);
    JsonObject *object = json_object_new ();
    char shown[8] = "";

    json_object_set_string_member (object, "kind", track->is_video ? "video" : "audio");
    json_object_set_string_member (object, "codec", get_shown_codec (track, shown, sizeof shown));
    if (track->width > 0) {
      json_object_set_int_member (object, "width", track->width);
      json_object_set_int_member (object, "height", track->height);
    }
    json_object_set_int_member (object, "packets", (gint64) track->n_packets);
    json_object_set_null_member (object, "lost");
    if (track->is_video)
      json_object_set_int_member (object, "keyframes", (gint64) track->n_key_frames);
    json_object_set_array_member (object, "gaps", json_array_new ());
    json_array_add_object_element (tracks, object);
  }
  json_object_set_array_member (file, "tracks", tracks);
}

static void
append_event (Repair *self, const char *name)
{
  g_autoptr (JsonNode) node = json_node_init_string (json_node_alloc (), name);
  g_autofree char *quoted = json_to_string (node, FALSE);
  g_autofree char *members = g_strconcat (",\"path\":", quoted, NULL);
  g_autoptr (GError) error = NULL;

  if (!mb_archived_session_note (self->session, "file-recovered", members, &error))
    tell_failure (self, "events.jsonl", "%s", error->message);
}

static gboolean
describe (Repair *self, JsonObject *file, const char *name, const MbAvFile *found, GError **error)
{
  g_autofree char *path = build_path (self, name);
  g_autofree char *sha256 = mb_digest_file (path, error);
  GStatBuf status;

  if (sha256 == NULL)
    return FALSE;
  if (g_lstat (path, &status) != 0)
    return set_error_from_errno (error, "cannot look at", path);
  json_object_set_string_member (file, "path", name);
  json_object_set_int_member (file, "durationMs", found->end_ms);
  json_object_set_int_member (file, "bytes", (gint64) status.st_size);
  json_object_set_string_member (file, "sha256", sha256);
  json_object_set_boolean_member (file, "recovered", TRUE);
  describe_tracks (file, found);
  append_event (self, name);
  g_string_append_printf (self->out, "recovered  %s/%s: %.1f s, %" G_GINT64_FORMAT " bytes\n",
      self->session->label, name, (double) found->end_ms / 1000, (gint64) status.st_size);
  return mb_archived_session_save (self->session, error);
}

/* What there is of @part cannot be more than it is: told once, and left alone from then on. */
static gboolean
give_up (Repair *self, const char *part, JsonObject *file, GError **error)
{
  if (mb_archived_is_empty (file))
    return TRUE;
  json_object_set_int_member (file, "durationMs", 0);
  if (mb_archived_get_string (file, "error") == NULL)
    json_object_set_string_member (file, "error", "it was cut off before anything was in it");
  g_string_append_printf (
      self->out, "empty      %s/%s: left as it is\n", self->session->label, part);
  return mb_archived_session_save (self->session, error);
}

static gboolean
repair_part (Repair *self, const char *part_name, GError **error)
{
  g_autofree char *name = g_strndup (part_name, strlen (part_name) - strlen (PART));
  g_autofree char *part = build_path (self, part_name);
  g_autofree char *final = build_path (self, name);
  JsonObject *file = mb_archived_session_find_file (self->session, part_name);
  g_autoptr (MbAvFile) orphan = mb_av_file_read (part, MB_AV_DEPTH_FRAMES, error);
  g_autoptr (MbAvFile) whole = NULL;
  GStatBuf status;

  if (orphan == NULL)
    return FALSE;
  if (g_lstat (part, &status) != 0)
    return set_error_from_errno (error, "cannot look at", part);
  if (count_packets (orphan) == 0) {
    if (file == NULL)
      file = add_file (self, part_name, orphan, (gint64) status.st_mtime * G_USEC_PER_SEC);
    return give_up (self, part_name, file, error);
  }
  /* Both are there where a repair was cut off after its copy got the name. */
  if (g_file_test (final, G_FILE_TEST_EXISTS)) {
    whole = mb_av_file_read (final, MB_AV_DEPTH_FRAMES, error);
    if (whole != NULL && !is_as_good (whole, orphan)) {
      g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s is there, too, and is another", name);
      return FALSE;
    }
    if (file == NULL)
      file = mb_archived_session_find_file (self->session, name);
  } else {
    whole = make_whole (self, part, final, orphan, error);
  }
  if (whole == NULL)
    return FALSE;
  if (file == NULL)
    file = add_file (self, name, whole, (gint64) status.st_mtime * G_USEC_PER_SEC);
  if (!describe (self, file, name, whole, error))
    return FALSE;
  return g_unlink (part) == 0 || set_error_from_errno (error, "cannot remove", part);
}

/* It got its name, and the program ended before session.json said so. */
static gboolean
repair_named (Repair *self, const char *name, GError **error)
{
  g_autofree char *part_name = g_strconcat (name, PART, NULL);
  g_autofree char *path = build_path (self, name);
  JsonObject *file = mb_archived_session_find_file (self->session, part_name);
  g_autoptr (MbAvFile) found = NULL;
  GStatBuf status;

  found = mb_av_file_read (path, MB_AV_DEPTH_FRAMES, error);
  if (found == NULL)
    return FALSE;
  if (g_lstat (path, &status) != 0)
    return set_error_from_errno (error, "cannot look at", path);
  if (file == NULL)
    file = add_file (self, name, found, (gint64) status.st_mtime * G_USEC_PER_SEC);
  return describe (self, file, name, found, error);
}

static void
repair_files (Repair *self)
{
  g_autoptr (GPtrArray) names = mb_archived_session_list_media (self->session);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    g_autoptr (GError) error = NULL;

    if (g_str_has_suffix (name, PART))
      repair_part (self, name, &error);
    else if (mb_archived_session_find_file (self->session, name) == NULL)
      repair_named (self, name, &error);
    if (error != NULL)
      tell_failure (self, name, "%s", error->message);
  }
}

/* For checksums the program that recorded had no time. */
static gboolean
add_checksums (Repair *self)
{
  gboolean has_changed = FALSE;

  for (guint i = 0; i < json_array_get_length (self->session->files); i++) {
    JsonObject *file = json_array_get_object_element (self->session->files, i);
    const char *name = mb_archived_get_string (file, "path");
    g_autofree char *path = build_path (self, name);
    g_autofree char *sha256 = NULL;
    g_autoptr (GError) error = NULL;

    if (mb_archived_get_string (file, "sha256") != NULL || g_str_has_suffix (name, PART))
      continue;
    sha256 = mb_digest_file (path, &error);
    if (sha256 == NULL) {
      tell_failure (self, name, "%s", error->message);
      continue;
    }
    json_object_set_string_member (file, "sha256", sha256);
    g_string_append_printf (self->out, "checksum   %s/%s\n", self->session->label, name);
    has_changed = TRUE;
  }
  return has_changed;
}

static gint64
find_end (const Repair *self)
{
  gint64 end_us = mb_archived_get_time (self->session->json, "startedAt");

  for (guint i = 0; i < json_array_get_length (self->session->files); i++) {
    JsonObject *file = json_array_get_object_element (self->session->files, i);
    gint64 zero_us = mb_archived_get_time (file, "startedAt");

    end_us = MAX (
        end_us, zero_us + mb_archived_get_number (file, "durationMs", 0) * G_TIME_SPAN_MILLISECOND);
  }
  for (guint i = 0; i < json_array_get_length (self->session->participants); i++) {
    JsonObject *each = json_array_get_object_element (self->session->participants, i);

    end_us = MAX (end_us, mb_archived_get_time (each, "joinedAt"));
    end_us = MAX (end_us, mb_archived_get_time (each, "leftAt"));
  }
  return end_us;
}

/* The last instant of which anything is known is the end. That it was cut off stays visible:
 * `complete` is false. */
static gboolean
end_session (Repair *self)
{
  gint64 end_us;

  if (mb_archived_get_time (self->session->json, "endedAt") != 0)
    return FALSE;
  end_us = find_end (self);
  set_time (self->session->json, "endedAt", end_us);
  for (guint i = 0; i < json_array_get_length (self->session->participants); i++) {
    JsonObject *each = json_array_get_object_element (self->session->participants, i);

    if (mb_archived_get_time (each, "leftAt") == 0)
      set_time (each, "leftAt", end_us);
  }
  return TRUE;
}

/**
 * mb_archive_wants_repair:
 *
 * Returns: whether anything of it was cut off, or lacks a checksum
 */
gboolean
mb_archive_wants_repair (const MbArchivedSession *session)
{
  g_autoptr (GPtrArray) names = mb_archived_session_list_media (session);

  if (mb_archived_get_time (session->json, "endedAt") == 0)
    return TRUE;
  for (guint i = 0; i < names->len; i++) {
    JsonObject *file = mb_archived_session_find_file (session, g_ptr_array_index (names, i));

    if (file == NULL || (g_str_has_suffix (g_ptr_array_index (names, i), PART)
                                ? !mb_archived_is_empty (file)
                                : mb_archived_get_string (file, "sha256") == NULL))
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_archive_repair:
 * @session: opened exclusively, and not live
 * @out: gets a line for each file that was changed, or could not be
 *
 * Twice is once; cut off at any moment, it is finished by the next.
 *
 * Returns: how many files could not be repaired
 */
unsigned int
mb_archive_repair (MbArchivedSession *session, GString *out)
{
  Repair repair = {.session = session, .out = out};
  g_autoptr (GError) error = NULL;
  gboolean has_changed;

  repair_files (&repair);
  has_changed = add_checksums (&repair);
  has_changed = end_session (&repair) || has_changed;
  if (has_changed && !mb_archived_session_save (session, &error))
    tell_failure (&repair, "session.json", "%s", error->message);
  return repair.n_failures;
}
