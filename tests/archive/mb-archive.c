/* mb-archive.c: what differs from session.json is found; what was cut off is finished, and lost never
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-archive.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frames.h"
#include "mb-av-file.h"
#include "mb-digest.h"
#include "mb-error.h"
#include "mb-writer.h"

#define STEP_MS 20
#define N_FRAMES 200
#define KEY_EVERY 50

typedef struct {
  char *root;
  char *session;
} Fixture;

static char *
path_of (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->session, name, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = g_dir_make_tmp ("mb-archive-XXXXXX", NULL);
  fixture->session = g_build_filename (fixture->root, "x", "2026-11-22T20-15-00Z", NULL);
  g_assert_cmpint (g_mkdir_with_parents (fixture->session, 0750), ==, 0);
}

static void
remove_below (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_below (child);
  }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_below (fixture->root);
  g_free (fixture->root);
  g_free (fixture->session);
}

static void
push (MbWriter *writer, guint track, const guint8 *data, gsize size, gint64 ms)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (data, size);

  mb_writer_push (
      writer, track, buffer, (GstClockTime) ms * GST_MSECOND, GST_CLOCK_TIME_NONE, ms * 1000);
}

static void
set_caps (MbWriter *writer, guint track, const char *text)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (text);

  mb_writer_set_caps (writer, track, caps);
}

typedef enum {
  WHOLE,
  CUT_OFF,
} Ending;

/* Four seconds of sound and picture; a frame of each every 20 ms, four key frames. */
static void
record (Fixture *fixture, const char *name, gboolean is_h264, Ending ending)
{
  g_autofree char *path = path_of (fixture, name);
  g_autoptr (MbWriter) writer = mb_writer_new (path);
  guint video = mb_writer_add_track (writer, TRUE);
  guint audio = mb_writer_add_track (writer, FALSE);
  g_autoptr (GError) error = NULL;

  set_caps (writer, video,
      is_h264 ? "video/x-h264,stream-format=byte-stream,alignment=au" : "video/x-vp8");
  set_caps (writer, audio, "audio/x-opus,channels=2");
  for (gint64 i = 0; i < N_FRAMES; i++) {
    if (is_h264 && i % KEY_EVERY == 0)
      push (writer, video, H264_KEY, sizeof H264_KEY, i * STEP_MS);
    else if (is_h264)
      push (writer, video, H264_DELTA, sizeof H264_DELTA, i * STEP_MS);
    else if (i % KEY_EVERY == 0)
      push (writer, video, VP8_KEY, sizeof VP8_KEY, i * STEP_MS);
    else
      push (writer, video, VP8_DELTA, sizeof VP8_DELTA, i * STEP_MS);
    push (writer, audio, OPUS, sizeof OPUS, i * STEP_MS);
    if (i % 10 == 9)
      g_assert_true (mb_writer_tick (writer, i * STEP_MS * 1000, &error));
  }
  if (ending == WHOLE)
    g_assert_true (mb_writer_finish (writer, &error));
  g_assert_no_error (error);
}

static void
describe (Fixture *fixture, const char *ended, const char *files)
{
  g_autofree char *path = path_of (fixture, "session.json");
  g_autofree char *text = g_strdup_printf (
      "{\"schema\":1,\"room\":\"x\",\"server\":\"http://127.0.0.1:3000\","
      "\"startedAt\":\"2026-11-22T20:15:00.000Z\",\"endedAt\":%s,\"recorder\":\"Archive\",\"complete\":"
      "%s,\"participants\":[{\"id\":\"Xy3\",\"displayName\":\"al\\u202eice\",\"joinedAt\":"
      "\"2026-11-22T20:15:01.000Z\",\"leftAt\":%s}],\"files\":[%s],\"later\":{\"kept\":1}}",
      ended, g_str_equal (ended, "null") ? "false" : "true", ended, files);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

#define ENDED "\"2026-11-22T20:15:09.000Z\""

/* What a recorder says of record()'s file once it is whole. */
static void
describe_whole (Fixture *fixture, const char *name)
{
  g_autofree char *path = path_of (fixture, name);
  g_autofree char *sha256 = mb_digest_file (path, NULL);
  g_autofree char *file = NULL;
  GStatBuf status;

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  file = g_strdup_printf (
      "{\"path\":\"%s\",\"participant\":\"Xy3\",\"kind\":\"camera\",\"startedAt\":"
      "\"2026-11-22T20:15:02.500Z\",\"offsetMs\":2500,\"durationMs\":3980,\"bytes\":%d,\"sha256\":"
      "\"%s\",\"recovered\":false,\"tracks\":[{\"kind\":\"video\",\"codec\":\"VP8\",\"width\":64,"
      "\"height\":48,\"packets\":200,\"lost\":3,\"keyframes\":4,\"gaps\":[{\"atMs\":10,\"durationMs\":"
      "2500}]},{\"kind\":\"audio\",\"codec\":\"opus\",\"packets\":200,\"lost\":0,\"gaps\":[]}]}",
      name, (int) status.st_size, sha256);
  describe (fixture, ENDED, file);
}

/* What stands in session.json while a file is open. */
static void
describe_open (Fixture *fixture, const char *part)
{
  g_autofree char *file = g_strdup_printf (
      "{\"path\":\"%s\",\"participant\":\"Xy3\",\"kind\":\"camera\",\"startedAt\":"
      "\"2026-11-22T20:15:02.500Z\",\"offsetMs\":2500,\"sha256\":null,\"recovered\":false,"
      "\"tracks\":[{\"kind\":\"video\",\"codec\":\"VP8\",\"packets\":1,\"lost\":0,\"keyframes\":0,\"gaps\":"
      "[]},{\"kind\":\"audio\",\"codec\":\"opus\",\"packets\":1,\"lost\":0,\"gaps\":[]}]}",
      part);

  describe (fixture, "null", file);
}

static MbArchivedSession *
open_session (Fixture *fixture, MbFolderLockKind kind)
{
  g_autoptr (GError) error = NULL;
  MbArchivedSession *session = mb_archived_session_open (fixture->session, kind, &error);

  g_assert_no_error (error);
  return session;
}

/* Returns: the differences; what was said of them in @said */
static unsigned int
verify (Fixture *fixture, char **said)
{
  g_autoptr (MbArchivedSession) session = open_session (fixture, MB_FOLDER_LOCK_SHARED);
  GString *out = g_string_new (NULL);
  unsigned int n = mb_archive_verify (session, out);

  g_test_message ("%s", out->str);
  g_free (*said);
  *said = g_string_free (out, FALSE);
  return n;
}

static unsigned int
repair (Fixture *fixture, char **said)
{
  g_autoptr (MbArchivedSession) session = open_session (fixture, MB_FOLDER_LOCK_EXCLUSIVE);
  GString *out = g_string_new (NULL);
  unsigned int n = 0;

  g_assert_false (session->is_live);
  if (mb_archive_wants_repair (session))
    n = mb_archive_repair (session, out);
  g_test_message ("%s", out->str);
  g_free (*said);
  *said = g_string_free (out, FALSE);
  return n;
}

static void
assert_there (Fixture *fixture, const char *name, gboolean is_there)
{
  g_autofree char *path = path_of (fixture, name);

  g_assert_cmpint (g_file_test (path, G_FILE_TEST_EXISTS), ==, is_there);
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  describe_whole (fixture, "alice-Xy3.webm");

  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_cmpstr (said, ==, "ok       x/2026-11-22T20-15-00Z/alice-Xy3.webm\n");
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_cmpstr (said, ==, "");
}

/* A byte of a frame, of the same length: only the checksum and the decoder can know. */
static void
test_changed_byte (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "alice-Xy3.webm");
  g_autofree char *said = NULL;
  g_autofree char *bytes = NULL;
  gsize length;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  describe_whole (fixture, "alice-Xy3.webm");
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  bytes[length / 2] ^= 0x10;
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));

  g_assert_cmpuint (verify (fixture, &said), >=, 1);
  g_assert_nonnull (strstr (said, "its checksum is"));
}

/* The number of a member of session.json is replaced by another. */
static void
lie (Fixture *fixture, const char *truth, const char *untruth)
{
  g_autofree char *path = path_of (fixture, "session.json");
  g_autofree char *text = NULL;
  g_autoptr (GString) changed = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  changed = g_string_new (text);
  g_assert_cmpuint (g_string_replace (changed, truth, untruth, 0), ==, 1);
  g_assert_true (g_file_set_contents (path, changed->str, -1, NULL));
}

static void
test_lies (Fixture *fixture, gconstpointer data)
{
  static const char *const ROWS[][3] = {
      {"\"durationMs\":3980", "\"durationMs\":4200", "session.json says 4200"},
      {"\"keyframes\":4", "\"keyframes\":5", "session.json says 5"},
      {"\"codec\":\"VP8\"", "\"codec\":\"VP9\"", "it has no track of VP9"},
      {"{\"kind\":\"audio\",\"codec\":\"opus\",\"packets\":200,\"lost\":0,\"gaps\":[]}",
          "{\"kind\":\"audio\",\"codec\":\"opus\",\"gaps\":[]},{\"kind\":\"audio\",\"codec\":\"opus\"}",
          "it has 2 tracks, session.json says 3"},
      {"\"path\":\"alice-Xy3.webm\"", "\"path\":\"bob.webm\"", "session.json does not know it"},
      {"\"path\":\"alice-Xy3.webm\"", "\"path\":\"bob.webm\"", "bob.webm: it is not there"},
      {"\"endedAt\":" ENDED, "\"endedAt\":null", "it was cut off"},
  };
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    describe_whole (fixture, "alice-Xy3.webm");
    lie (fixture, ROWS[i][0], ROWS[i][1]);

    g_assert_cmpuint (verify (fixture, &said), >=, 1);
    g_assert_nonnull (strstr (said, ROWS[i][2]));
  }
}

/* Of what lost packets a decoder may complain; of what lost none it may not. */
static void
test_broken_frame (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "alice-Xy3.webm");
  g_autofree char *said = NULL;
  g_autofree char *bytes = NULL;
  guint8 *frame;
  gsize length;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  frame = memmem (bytes, length, VP8_KEY, sizeof VP8_KEY);
  frame =
      memmem (frame + 1, length - 1 - (gsize) ((char *) frame - bytes), VP8_KEY, sizeof VP8_KEY);
  frame[3] = 0; /* no start code, so no key frame */
  g_assert_true (g_file_set_contents (path, bytes, (gssize) length, NULL));
  describe_whole (fixture, "alice-Xy3.webm");

  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  lie (fixture, "\"lost\":3", "\"lost\":0");
  g_assert_cmpuint (verify (fixture, &said), ==, 1);
  g_assert_nonnull (strstr (said, "vp8: 1 of 200 frames do not decode"));
}

static MbAvFile *
read_file (Fixture *fixture, const char *name)
{
  g_autofree char *path = path_of (fixture, name);
  g_autoptr (GError) error = NULL;
  MbAvFile *file = mb_av_file_read (path, MB_AV_DEPTH_FRAMES, &error);

  g_assert_no_error (error);
  return file;
}

/* @data: "webm" or "mkv" */
static void
test_recovered (Fixture *fixture, gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("alice-Xy3.%s", (const char *) data);
  g_autofree char *part = g_strconcat (name, ".part", NULL);
  g_autofree char *path = path_of (fixture, name);
  g_autofree char *said = NULL;
  g_autoptr (MbAvFile) orphan = NULL;
  g_autoptr (MbAvFile) whole = NULL;
  g_autoptr (MbArchivedSession) session = NULL;
  JsonObject *file;
  GStatBuf status;

  record (fixture, name, g_str_equal (data, "mkv"), CUT_OFF);
  describe_open (fixture, part);
  orphan = read_file (fixture, part);
  g_assert_cmpuint (verify (fixture, &said), ==, 2);
  g_assert_nonnull (strstr (said, "it was never finished"));

  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, "recovered  x/2026-11-22T20-15-00Z/alice-Xy3."));

  assert_there (fixture, part, FALSE);
  whole = read_file (fixture, name);
  g_assert_true (mb_av_file_has_same_packets (whole, orphan));
  g_assert_cmpint (orphan->said_ms, ==, -1);
  g_assert_cmpint (ABS (whole->said_ms - whole->end_ms), <=, STEP_MS);
  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0640);
  session = open_session (fixture, MB_FOLDER_LOCK_SHARED);
  file = mb_archived_session_find_file (session, name);
  g_assert_true (json_object_get_boolean_member (file, "recovered"));
  g_assert_cmpint (mb_archived_get_number (file, "offsetMs", 0), ==, 2500);
  g_assert_cmpint (
      ABS (mb_archived_get_number (file, "durationMs", 0) - N_FRAMES * STEP_MS), <=, STEP_MS);
  g_assert_false (json_object_get_boolean_member (session->json, "complete"));
  g_assert_true (json_object_has_member (session->json, "later"));
  g_assert_cmpint (mb_archived_get_time (session->json, "endedAt"), ==,
      mb_archived_get_time (file, "startedAt") +
          mb_archived_get_number (file, "durationMs", 0) * G_TIME_SPAN_MILLISECOND);
}

static void
test_verified_after_repair (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  describe_open (fixture, "alice-Xy3.webm.part");

  g_assert_cmpuint (repair (fixture, &said), ==, 0);

  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_cmpstr (said, ==, "");
}

/* Cut anywhere: what is whole is kept, and nothing is written that was not there. */
static void
test_torn (Fixture *fixture, gconstpointer data)
{
  g_autofree char *part = path_of (fixture, "alice-Xy3.webm.part");
  g_autofree char *bytes = NULL;
  g_autofree char *said = NULL;
  gsize length;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  g_assert_true (g_file_get_contents (part, &bytes, &length, NULL));
  for (int i = 0; i < 40; i++) {
    gsize cut = (gsize) g_test_rand_int_range ((gint32) length / 4, (gint32) length);
    g_autofree char *final = path_of (fixture, "alice-Xy3.webm");

    g_test_message ("cut at %zu of %zu", cut, length);
    g_assert_true (g_file_set_contents (part, bytes, (gssize) cut, NULL));
    describe_open (fixture, "alice-Xy3.webm.part");
    g_assert_cmpuint (repair (fixture, &said), ==, 0);
    g_assert_cmpuint (verify (fixture, &said), ==, 0);
    g_assert_cmpint (g_unlink (final), ==, 0);
  }
}

/* A repair that was cut off after the copy got its name, or before. */
static void
test_cut_off_repair (Fixture *fixture, gconstpointer data)
{
  g_autofree char *part = path_of (fixture, "alice-Xy3.webm.part");
  g_autofree char *temporary = path_of (fixture, ".alice-Xy3.webm.repair");
  g_autofree char *bytes = NULL;
  g_autofree char *said = NULL;
  gsize length;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  describe_open (fixture, "alice-Xy3.webm.part");
  g_assert_true (g_file_get_contents (part, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (temporary, "half", -1, NULL));
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  assert_there (fixture, ".alice-Xy3.webm.repair", FALSE);

  g_assert_true (g_file_set_contents (part, bytes, (gssize) length, NULL));
  describe_open (fixture, "alice-Xy3.webm.part");
  g_assert_cmpuint (repair (fixture, &said), ==, 0);

  assert_there (fixture, "alice-Xy3.webm.part", FALSE);
  g_assert_cmpuint (verify (fixture, &said), ==, 0);
}

/* Something else has the name: both stay, and it is said. */
static void
test_another_has_the_name (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = path_of (fixture, "alice-Xy3.webm");
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  describe_open (fixture, "alice-Xy3.webm.part");
  g_assert_true (g_file_set_contents (other, "something else", -1, NULL));

  g_assert_cmpuint (repair (fixture, &said), >=, 1);

  assert_there (fixture, "alice-Xy3.webm.part", TRUE);
  assert_there (fixture, "alice-Xy3.webm", TRUE);
}

/* session.json was last written before the file was made, and before another got its name. */
static void
test_unknown_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *said = NULL;
  g_autoptr (MbArchivedSession) session = NULL;

  record (fixture, "al_ice-Xy3.webm", FALSE, CUT_OFF);
  record (fixture, "al_ice-Xy3-2.webm", FALSE, WHOLE);
  describe (fixture, "null", "");

  g_assert_cmpuint (repair (fixture, &said), ==, 0);

  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  session = open_session (fixture, MB_FOLDER_LOCK_SHARED);
  g_assert_cmpuint (json_array_get_length (session->files), ==, 2);
  g_assert_cmpstr (
      mb_archived_get_string (json_array_get_object_element (session->files, 0), "participant"), ==,
      "Xy3");
}

static void
test_empty_part (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "alice-Xy3.webm.part");
  g_autofree char *bytes = NULL;
  g_autofree char *said = NULL;
  const char *cluster;
  gsize length;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  cluster = memmem (bytes, length, "\x1f\x43\xb6\x75", 4);
  g_assert_true (g_file_set_contents (path, bytes, cluster - bytes, NULL));
  describe_open (fixture, "alice-Xy3.webm.part");

  g_assert_cmpuint (repair (fixture, &said), ==, 0);

  assert_there (fixture, "alice-Xy3.webm.part", TRUE);
  assert_there (fixture, "alice-Xy3.webm", FALSE);
  g_assert_nonnull (strstr (said, "left as it is"));
  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_cmpstr (said, ==, "");

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  describe (fixture, "null", "");
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_cmpuint (verify (fixture, &said), ==, 0);
}

static void
test_checksum_added (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "alice-Xy3.webm");
  g_autofree char *sha256 = NULL;
  g_autofree char *truth = NULL;
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  describe_whole (fixture, "alice-Xy3.webm");
  sha256 = mb_digest_file (path, NULL);
  truth = g_strdup_printf ("\"%s\"", sha256);
  lie (fixture, truth, "null");

  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_nonnull (strstr (said, "no checksum yet"));
  g_assert_cmpuint (repair (fixture, &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, "checksum"));
  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_null (strstr (said, "no checksum yet"));
}

static void
test_live (Fixture *fixture, gconstpointer data)
{
  int lock = mb_folder_lock (fixture->session, MB_FOLDER_LOCK_EXCLUSIVE, NULL);
  g_autofree char *said = NULL;
  g_autoptr (MbArchivedSession) session = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, CUT_OFF);
  describe_open (fixture, "alice-Xy3.webm.part");
  session = open_session (fixture, MB_FOLDER_LOCK_EXCLUSIVE);
  g_assert_true (session->is_live);
  g_assert_cmpuint (verify (fixture, &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, "live"));

  mb_folder_unlock (lock);
  g_assert_cmpuint (verify (fixture, &said), ==, 2);
}

/* What a folder says of itself leads nowhere else. */
static void
test_hostile_session (Fixture *fixture, gconstpointer data)
{
  static const char *const FILES[] = {"{\"path\":\"../../../etc/passwd\"}", "{\"path\":\"..\"}",
      "{\"path\":\"\"}", "{\"path\":7}", "{}", "7", "null"};

  for (gsize i = 0; i < G_N_ELEMENTS (FILES); i++) {
    g_autoptr (GError) error = NULL;

    describe (fixture, ENDED, FILES[i]);
    g_assert_null (mb_archived_session_open (fixture->session, MB_FOLDER_LOCK_SHARED, &error));
    g_assert_nonnull (error);
  }
}

static void
test_link (Fixture *fixture, gconstpointer data)
{
  g_autofree char *elsewhere = g_build_filename (fixture->root, "y.webm", NULL);
  g_autofree char *path = path_of (fixture, "alice-Xy3.webm");
  g_autofree char *said = NULL;

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  describe_whole (fixture, "alice-Xy3.webm");
  g_assert_cmpint (g_rename (path, elsewhere), ==, 0);
  g_assert_cmpint (symlink (elsewhere, path), ==, 0);

  g_assert_cmpuint (verify (fixture, &said), >=, 1);
}

static void
test_table (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (MbArchivedSession) session = NULL;
  static const char *const PARTS[] = {
      "x/2026-11-22T20-15-00Z  complete, 9 s, recorded by Archive\n",
      "al?ice                    20:15:01  20:15:09  Xy3\n", "0:00:02.5", "0:00:03.9",
      "(VP8 64x48, 3 lost, 1 gap of 2.5 s; opus)\n"};

  record (fixture, "alice-Xy3.webm", FALSE, WHOLE);
  describe_whole (fixture, "alice-Xy3.webm");
  session = open_session (fixture, MB_FOLDER_LOCK_SHARED);
  mb_archive_tell (session, out);

  g_test_message ("%s", out->str);
  for (gsize i = 0; i < G_N_ELEMENTS (PARTS); i++)
    g_assert_nonnull (strstr (out->str, PARTS[i]));
}

static void
test_found (Fixture *fixture, gconstpointer data)
{
  g_autofree char *room = g_build_filename (fixture->root, "x", NULL);
  const char *const paths[] = {fixture->root, room, fixture->session};
  g_autoptr (GError) error = NULL;

  describe (fixture, ENDED, "");
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autoptr (GPtrArray) found = mb_archived_session_find (paths[i], &error);

    g_assert_no_error (error);
    g_assert_cmpuint (found->len, ==, 1);
    g_assert_cmpstr (g_ptr_array_index (found, 0), ==, fixture->session);
  }
  g_assert_null (mb_archived_session_find ("/nonexistent", &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_FAILED);
}

#define ADD(name, data, func) g_test_add (name, Fixture, data, set_up, func, tear_down)

static char *
read_text (Fixture *fixture, const char *name)
{
  g_autofree char *path = path_of (fixture, name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
make_pending (Fixture *fixture)
{
  g_autofree char *path = path_of (fixture, "session.json");
  g_autofree char *events = path_of (fixture, "events.jsonl");
  g_autofree char *text = NULL;
  g_autofree char *pending = NULL;

  record (fixture, "a.webm", FALSE, WHOLE);
  describe_whole (fixture, "a.webm");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  pending = g_strdup_printf ("{\"onFinish\":\"pending\",%s", strchr (text, '{') + 1);
  g_assert_true (g_file_set_contents (path, pending, -1, NULL));
  g_assert_true (g_file_set_contents (events, "", -1, NULL));
}

static gboolean
hand_over (Fixture *fixture, const char *command, char **said)
{
  /* Ten tries as people get them, in a hundredth of the time. */
  const MbArchivePace pace = {10, 10, 40};
  GString *out = g_string_new (NULL);
  gboolean is_done = mb_archive_hand_over (fixture->session, command, &pace, out);

  *said = g_string_free (out, FALSE);
  return is_done;
}

/* The command is tried ten times, each time later up to a limit, and left to who comes later. */
static void
test_given_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *times = path_of (fixture, "../times");
  g_autofree char *command = g_strdup_printf ("date +%%s%%N >> %s; exit 7", times);
  g_autofree char *said = NULL;
  g_autofree char *again = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  unsigned int n_events = 0;

  make_pending (fixture);
  g_assert_false (hand_over (fixture, command, &said));
  g_assert_nonnull (strstr (said, "given up after 10 tries"));
  g_assert_true (g_file_get_contents (times, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 11); /* the last one is empty */
  for (int i = 1; i < 10; i++) {
    gint64 ms =
        (g_ascii_strtoll (lines[i], NULL, 10) - g_ascii_strtoll (lines[i - 1], NULL, 10)) / 1000000;

    g_assert_cmpint (ms, >=, MIN (10 << (i - 1), 40));
  }
  g_clear_pointer (&text, g_free);
  text = read_text (fixture, "events.jsonl");
  for (const char *at = text; (at = strstr (at, "\"status\":7")) != NULL; at++)
    n_events++;
  g_assert_cmpuint (n_events, ==, 10);
  g_clear_pointer (&text, g_free);
  text = read_text (fixture, "session.json");
  g_assert_nonnull (strstr (text, "pending"));

  g_assert_true (hand_over (fixture, "true", &again));
  g_clear_pointer (&text, g_free);
  text = read_text (fixture, "session.json");
  g_assert_null (strstr (text, "pending"));
  g_assert_nonnull (strstr (text, "\"done\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (NULL, NULL);
  ADD ("/archive/verify/what-is-as-said", NULL, test_whole);
  ADD ("/archive/verify/one-byte-is-found", NULL, test_changed_byte);
  ADD ("/archive/verify/what-is-not-as-said-is-found", NULL, test_lies);
  ADD ("/archive/verify/frames-that-do-not-decode", NULL, test_broken_frame);
  ADD ("/archive/verify/no-link-is-followed", NULL, test_link);
  ADD ("/archive/verify/what-is-being-recorded-is-left-out", NULL, test_live);
  ADD ("/archive/repair/webm", "webm", test_recovered);
  ADD ("/archive/repair/matroska", "mkv", test_recovered);
  ADD ("/archive/repair/is-verified-and-twice-is-once", NULL, test_verified_after_repair);
  ADD ("/archive/repair/cut-anywhere", NULL, test_torn);
  ADD ("/archive/repair/goes-on-after-a-repair-that-was-cut-off", NULL, test_cut_off_repair);
  ADD ("/archive/repair/overwrites-nothing", NULL, test_another_has_the_name);
  ADD ("/archive/repair/files-that-the-record-does-not-know", NULL, test_unknown_files);
  ADD ("/archive/repair/nothing-of-nothing", NULL, test_empty_part);
  ADD ("/archive/repair/adds-checksums", NULL, test_checksum_added);
  ADD ("/archive/session/names-lead-nowhere", NULL, test_hostile_session);
  ADD ("/archive/session/is-found-in-archive-room-and-itself", NULL, test_found);
  ADD ("/archive/info/is-a-table-without-control-characters", NULL, test_table);
  ADD ("/archive/command-that-fails-is-given-up-and-left-to-the-next", NULL, test_given_up);
  return g_test_run ();
}
