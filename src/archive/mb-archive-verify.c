/* mb-archive-verify.c: whether a session's files are what session.json says they are
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything is read: each file's checksum, and each file to its end through a decoder.
 */
#include "mb-archive.h"

#include <glib/gstdio.h>

#include "mb-av-file.h"
#include "mb-digest.h"

#define PART ".part"
#define END_TOLERANCE_MS 150 /* the last packet of sound has no length in the container */

typedef struct {
  const MbArchivedSession *session;
  const char *name;
  GString *out;
  unsigned int n_differences;
} Check;

static void G_GNUC_PRINTF (2, 3) differ (Check *self, const char *format, ...)
{
  va_list arguments;

  self->n_differences++;
  g_string_append_printf (self->out, "DIFFERS  %s", self->session->label);
  if (self->name != NULL)
    g_string_append_printf (self->out, "/%s", self->name);
  g_string_append (self->out, ": ");
  va_start (arguments, format);
  g_string_append_vprintf (self->out, format, arguments);
  va_end (arguments);
  g_string_append_c (self->out, '\n');
}

static void
check_bytes (Check *self, JsonObject *file, const char *path)
{
  gint64 said = mb_archived_get_number (file, "bytes", -1);
  const char *sha256 = mb_archived_get_string (file, "sha256");
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  GStatBuf status;

  if (g_lstat (path, &status) == 0 && said >= 0 && said != (gint64) status.st_size)
    differ (self, "it has %" G_GINT64_FORMAT " bytes, session.json says %" G_GINT64_FORMAT,
        (gint64) status.st_size, said);
  if (sha256 == NULL)
    return;
  found = mb_digest_file (path, &error);
  if (found == NULL)
    differ (self, "%s", error->message);
  else if (!g_str_equal (found, sha256))
    differ (self, "its checksum is %s, session.json says %s", found, sha256);
}

static void
check_video (Check *self, JsonObject *said, const MbAvTrack *track)
{
  gint64 n_keys = mb_archived_get_number (said, "keyframes", (gint64) track->n_key_frames);

  if ((guint64) n_keys != track->n_key_frames)
    differ (self, "it has %" G_GUINT64_FORMAT " key frames, session.json says %" G_GINT64_FORMAT,
        track->n_key_frames, n_keys);
}

/* A decoder may stumble where packets are known to be missing, and nowhere else. */
static void
check_decoded (Check *self, JsonObject *said, const MbAvTrack *track)
{
  if (track->n_faults > 0 && mb_archived_get_number (said, "lost", 0) == 0)
    differ (self, "%s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " frames do not decode (%s)",
        track->codec, track->n_faults, track->n_packets, track->fault);
  if (track->n_packets > 0 && track->n_decoded == 0)
    differ (self, "%s: nothing of it can be decoded", track->codec);
}

static void
check_tracks (Check *self, JsonObject *file, const MbAvFile *found)
{
  JsonNode *node = json_object_get_member (file, "tracks");
  JsonArray *tracks =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint n = tracks != NULL ? json_array_get_length (tracks) : 0;
  g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);

  if (n != found->tracks->len)
    differ (self, "it has %u tracks, session.json says %u", found->tracks->len, n);
  for (guint i = 0; i < n; i++) {
    JsonNode *item = json_array_get_element (tracks, i);
    JsonObject *said = JSON_NODE_HOLDS_OBJECT (item) ? json_node_get_object (item) : NULL;
    const char *codec = said != NULL ? mb_archived_get_string (said, "codec") : NULL;
    MbAvTrack *track = NULL;

    for (guint j = 0; codec != NULL && track == NULL && j < found->tracks->len; j++) {
      MbAvTrack *candidate = g_ptr_array_index (found->tracks, j);

      if (g_ascii_strcasecmp (candidate->codec, codec) == 0 && g_hash_table_add (taken, candidate))
        track = candidate;
    }
    if (track == NULL) {
      differ (self, "it has no track of %s", codec != NULL ? codec : "an unnamed codec");
      continue;
    }
    if (track->is_video)
      check_video (self, said, track);
    check_decoded (self, said, track);
  }
}

static void
check_media (Check *self, JsonObject *file, const char *path)
{
  gint64 said_ms = mb_archived_get_number (file, "durationMs", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbAvFile) found = mb_av_file_read (path, MB_AV_DEPTH_FRAMES, &error);

  if (found == NULL) {
    differ (self, "%s", error->message);
    return;
  }
  if (found->problem != NULL)
    differ (self, "reading ended before the file did: %s", found->problem);
  if (found->said_ms < 0)
    differ (self, "it does not say how long it is");
  else if (ABS (found->said_ms - found->end_ms) > END_TOLERANCE_MS)
    differ (self, "it says %" G_GINT64_FORMAT " ms, and ends after %" G_GINT64_FORMAT,
        found->said_ms, found->end_ms);
  if (said_ms >= 0 && ABS (said_ms - found->end_ms) > END_TOLERANCE_MS)
    differ (self, "it ends after %" G_GINT64_FORMAT " ms, session.json says %" G_GINT64_FORMAT,
        found->end_ms, said_ms);
  check_tracks (self, file, found);
}

static void
verify_file (Check *self, JsonObject *file)
{
  g_autofree char *path = g_build_filename (self->session->folder, self->name, NULL);
  gboolean is_open = g_str_has_suffix (self->name, PART);
  unsigned int n_before = self->n_differences;

  if (is_open && self->session->is_live)
    return;
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    differ (self, "it is not there");
    return;
  }
  if (is_open && mb_archived_is_empty (file)) {
    g_string_append_printf (self->out, "empty    %s/%s\n", self->session->label, self->name);
    return;
  }
  if (is_open) {
    differ (self, "it was never finished; meshbot archive repair does that");
    return;
  }
  check_bytes (self, file, path);
  check_media (self, file, path);
  if (self->n_differences == n_before)
    g_string_append_printf (self->out, "ok       %s/%s%s\n", self->session->label, self->name,
        mb_archived_get_string (file, "sha256") == NULL
            ? "  (it has no checksum yet; meshbot archive repair adds it)"
            : "");
}

/* Of a file that came or got its name a moment ago session.json may not know yet. */
static void
check_strangers (Check *self)
{
  g_autoptr (GPtrArray) names = mb_archived_session_list_media (self->session);

  for (guint i = 0; !self->session->is_live && i < names->len; i++) {
    self->name = g_ptr_array_index (names, i);
    if (mb_archived_session_find_file (self->session, self->name) == NULL)
      differ (self, "session.json does not know it");
  }
}

/**
 * mb_archive_verify:
 * @out: gets a line a file, and one for each difference
 *
 * Of a session that is live only what is finished is looked at.
 *
 * Returns: the number of differences
 */
unsigned int
mb_archive_verify (const MbArchivedSession *session, GString *out)
{
  Check check = {.session = session, .out = out};

  if (session->is_live)
    g_string_append_printf (
        out, "live     %s: it goes on; what is finished is verified\n", session->label);
  else if (mb_archived_get_time (session->json, "endedAt") == 0)
    differ (&check, "it was cut off; meshbot archive repair finishes it");
  for (guint i = 0; i < json_array_get_length (session->files); i++) {
    JsonObject *file = json_array_get_object_element (session->files, i);

    check.name = mb_archived_get_string (file, "path");
    verify_file (&check, file);
  }
  check_strangers (&check);
  return check.n_differences;
}
