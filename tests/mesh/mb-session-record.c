/* mb-session-record.c: a session's two files say what happened, whatever people call themselves
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-session-record.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define WATCHDOG_S 20

typedef struct {
  char *folder;
  MbSessionRecord *record;
  gboolean is_finished;
} Fixture;

static void
on_finished (MbSessionRecord *record, Fixture *fixture)
{
  fixture->is_finished = TRUE;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("mb-session-record-XXXXXX", NULL);
  fixture->record =
      mb_session_record_new (fixture->folder, "x", "http://127.0.0.1:3000", "Archive");
  g_signal_connect (fixture->record, "finished", G_CALLBACK (on_finished), fixture);
}

static char *
path_of (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  static const char *const NAMES[] = {"session.json", "events.jsonl", "a.webm"};

  g_clear_object (&fixture->record);
  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    g_autofree char *path = path_of (fixture, NAMES[i]);

    g_unlink (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
}

static void
finish (Fixture *fixture)
{
  gint64 end_us = g_get_monotonic_time () + WATCHDOG_S * G_USEC_PER_SEC;

  mb_session_record_finish (fixture->record);
  while (!fixture->is_finished) {
    g_assert_cmpint (g_get_monotonic_time (), <, end_us);
    g_main_context_iteration (NULL, FALSE);
  }
}

static JsonNode *
read_session (Fixture *fixture)
{
  g_autofree char *path = path_of (fixture, "session.json");
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  return json_node_copy (json_parser_get_root (parser));
}

/* (transfer full): each line, all of them JSON objects. */
static GStrv
read_events (Fixture *fixture)
{
  g_autofree char *path = path_of (fixture, "events.jsonl");
  g_autofree char *text = NULL;
  GStrv lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_true (g_str_has_suffix (text, "}\n"));
  text[strlen (text) - 1] = '\0';
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);

    g_assert_nonnull (node);
    g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  }
  return lines;
}

static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) session = NULL;
  JsonObject *object = NULL;

  finish (fixture);

  session = read_session (fixture);
  object = json_node_get_object (session);
  g_assert_true (json_object_get_boolean_member (object, "complete"));
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (object, "files")), ==, 0);
  g_assert_cmpstr (json_object_get_string_member (object, "server"), ==, "http://127.0.0.1:3000");
}

static void
test_names (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_name = g_strnfill (10000, 'x');
  const char *const names[] = {"../../etc/x", "line\nbreak", "\"quoted\\",
      "\xe2\x80\xae right to left", "<img onerror=…>", long_name};
  g_autoptr (JsonNode) session = NULL;
  g_auto (GStrv) lines = NULL;
  JsonArray *participants = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *id = g_strdup_printf ("p%u", (unsigned int) i);

    mb_session_record_add_participant (fixture->record, id, names[i]);
    mb_session_record_add_participant (fixture->record, id, names[i]);
  }
  mb_session_record_remove_participant (fixture->record, "p0", FALSE);
  mb_session_record_remove_participant (fixture->record, "nobody", TRUE);
  finish (fixture);

  session = read_session (fixture);
  participants = json_object_get_array_member (json_node_get_object (session), "participants");
  g_assert_cmpuint (json_array_get_length (participants), ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    JsonObject *participant = json_array_get_object_element (participants, i);

    g_assert_cmpstr (json_object_get_string_member (participant, "displayName"), ==, names[i]);
    g_assert_false (json_object_get_null_member (participant, "leftAt"));
  }
  lines = read_events (fixture);
  g_assert_cmpuint (g_strv_length (lines), ==, 1 + G_N_ELEMENTS (names) + 1 + 1);
}

/* Who comes again is there a second time: as a new participant, with times of its own. */
static void
test_return (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) session = NULL;

  mb_session_record_add_participant (fixture->record, "a", "Ann");
  mb_session_record_remove_participant (fixture->record, "a", FALSE);
  mb_session_record_add_participant (fixture->record, "a", "Ann");
  finish (fixture);

  session = read_session (fixture);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (
                        json_node_get_object (session), "participants")),
      ==, 2);
}

static JsonArray *
get_participants (JsonNode *session)
{
  return json_object_get_array_member (json_node_get_object (session), "participants");
}

/* Under another id, and its files and words are those of the one who was there before. */
static void
test_drop_out (Fixture *fixture, gconstpointer data)
{
  g_autofree char *location = path_of (fixture, "a.webm");
  g_autoptr (JsonNode) session = NULL;
  g_auto (GStrv) lines = NULL;
  JsonObject *participant;
  JsonObject *back;
  MbRecordedFile *file;

  mb_session_record_add_participant (fixture->record, "a", "Ann");
  mb_session_record_add_participant (fixture->record, "b", "Bob");
  mb_session_record_remove_participant (fixture->record, "a", TRUE);
  mb_session_record_add_participant (fixture->record, "a2", "Ann");
  mb_session_record_remove_participant (fixture->record, "a2", TRUE);
  mb_session_record_add_participant (fixture->record, "a3", "Ann");
  file = mb_session_record_add_file (fixture->record, location, "a3", FALSE);
  g_assert_cmpstr (file->participant, ==, "a");
  mb_session_record_take_message (fixture->record, "a3", "{\"type\":\"chat\"}");
  finish (fixture);

  session = read_session (fixture);
  g_assert_cmpuint (json_array_get_length (get_participants (session)), ==, 2);
  participant = json_array_get_object_element (get_participants (session), 0);
  g_assert_cmpstr (json_object_get_string_member (participant, "id"), ==, "a");
  g_assert_cmpuint (
      json_array_get_length (json_object_get_array_member (participant, "returns")), ==, 2);
  back = json_array_get_object_element (json_object_get_array_member (participant, "returns"), 1);
  g_assert_cmpstr (json_object_get_string_member (back, "id"), ==, "a3");
  lines = read_events (fixture);
  g_assert_nonnull (strstr (lines[g_strv_length (lines) - 2], "\"participant\":\"a\",\"message\""));
}

typedef struct {
  const char *first;
  const char *second;
  unsigned int return_ms;
  gboolean has_dropped;
} Stranger;

/* Who said goodbye, has another name or none, or is too late is somebody else. */
static void
test_strangers (Fixture *fixture, gconstpointer data)
{
  const Stranger *stranger = data;
  g_autoptr (JsonNode) session = NULL;

  mb_session_record_set_return (fixture->record, stranger->return_ms);
  mb_session_record_add_participant (fixture->record, "a", stranger->first);
  mb_session_record_remove_participant (fixture->record, "a", stranger->has_dropped);
  g_usleep (2000);
  mb_session_record_add_participant (fixture->record, "b", stranger->second);
  finish (fixture);

  session = read_session (fixture);
  g_assert_cmpuint (json_array_get_length (get_participants (session)), ==, 2);
}

static void
test_namesakes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) session = NULL;

  mb_session_record_add_participant (fixture->record, "a", "Guest");
  mb_session_record_add_participant (fixture->record, "b", "Guest");
  mb_session_record_remove_participant (fixture->record, "a", TRUE);
  mb_session_record_remove_participant (fixture->record, "b", TRUE);
  mb_session_record_add_participant (fixture->record, "c", "Guest");
  finish (fixture);

  session = read_session (fixture);
  g_assert_cmpuint (json_array_get_length (get_participants (session)), ==, 3);
}

static void
test_messages (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text;
    gboolean is_kept;
  } MESSAGES[] = {
      {"{\"type\":\"chat\",\"text\":\"hello\",\"at\":1e400}", TRUE},
      {"{\"type\":\"state\",\"audio\":false}", TRUE},
      {"{\"type\":7}", FALSE},
      {"{\"text\":\"no type\"}", FALSE},
      {"[]", FALSE},
      {"", FALSE},
      {"no JSON", FALSE},
      {"{\"type\":\"chat\",\n\"text\":\"two lines\"}", FALSE},
      {"{\"type\":\"a name that is much longer than any type\"}", FALSE},
  };
  g_autofree char *filler = g_strnfill (20000, 'x');
  g_autofree char *large = g_strdup_printf ("{\"type\":\"chat\",\"text\":\"%s\"}", filler);
  g_auto (GStrv) lines = NULL;
  guint at = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (MESSAGES); i++)
    mb_session_record_take_message (fixture->record, "a", MESSAGES[i].text);
  mb_session_record_take_message (fixture->record, "a", large);
  finish (fixture);

  lines = read_events (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (MESSAGES); i++) {
    g_autofree char *member = g_strdup_printf (",\"message\":%s}", MESSAGES[i].text);

    if (MESSAGES[i].is_kept)
      g_assert_true (g_str_has_suffix (lines[at++], member));
  }
  g_assert_cmpuint (g_strv_length (lines), ==, at + 1);
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = path_of (fixture, "a.webm");
  g_autofree char *failed_path = path_of (fixture, "b.webm");
  g_autofree char *nothing_path = path_of (fixture, "c.webm");
  MbRecordedFile *file = mb_session_record_add_file (fixture->record, path, "a", FALSE);
  MbRecordedFile *failed = mb_session_record_add_file (fixture->record, failed_path, "a", TRUE);
  MbRecordedFile *nothing = mb_session_record_add_file (fixture->record, nothing_path, "a", FALSE);
  g_autoptr (JsonNode) session = NULL;
  JsonObject *object = NULL;
  JsonArray *files = NULL;

  g_assert_true (g_file_set_contents (path, "abc", 3, NULL));
  file->zero_us = failed->zero_us = g_get_real_time () + 1500 * 1000;
  g_ptr_array_add (file->tracks, mb_recorded_track_new ("video", "VP8"));
  mb_session_record_file_opened (fixture->record, file);
  mb_session_record_file_opened (fixture->record, failed);
  file->bytes = 3;
  failed->error = g_strdup ("no space left");
  mb_session_record_file_closed (fixture->record, file);
  mb_session_record_file_closed (fixture->record, failed);
  mb_session_record_drop_file (fixture->record, nothing);
  finish (fixture);

  session = read_session (fixture);
  object = json_node_get_object (session);
  files = json_object_get_array_member (object, "files");
  g_assert_false (json_object_get_boolean_member (object, "complete"));
  g_assert_cmpuint (json_array_get_length (files), ==, 2);
  object = json_array_get_object_element (files, 0);
  g_assert_cmpstr (json_object_get_string_member (object, "path"), ==, "a.webm");
  /* FIPS 180-2, appendix B.1 */
  g_assert_cmpstr (json_object_get_string_member (object, "sha256"), ==,
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  g_assert_cmpint (json_object_get_int_member (object, "offsetMs"), >=, 1499);
  object = json_array_get_object_element (files, 1);
  g_assert_cmpstr (json_object_get_string_member (object, "path"), ==, "b.webm.part");
  g_assert_cmpstr (json_object_get_string_member (object, "error"), ==, "no space left");
  g_assert_cmpstr (json_object_get_string_member (object, "kind"), ==, "screen");
}

static const Stranger STRANGERS[] = {
    {"Ann", "Ann", 30000, FALSE},
    {"Ann", "Bob", 30000, TRUE},
    {"", "", 30000, TRUE},
    {"Ann", "Ann", 1, TRUE},
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)
  ADD ("/session-record/an-empty-session-is-complete", test_empty);
  ADD ("/session-record/names-are-only-text", test_names);
  ADD ("/session-record/who-returns-is-there-again", test_return);
  ADD ("/session-record/who-drops-out-and-returns-is-the-same", test_drop_out);
  ADD ("/session-record/one-of-two-namesakes-is-not-guessed", test_namesakes);
  for (gsize i = 0; i < G_N_ELEMENTS (STRANGERS); i++) {
    g_autofree char *path = g_strdup_printf ("/session-record/somebody-else/%zu", i);

    g_test_add (path, Fixture, &STRANGERS[i], set_up, test_strangers, tear_down);
  }
  ADD ("/session-record/messages-are-kept-as-they-stand", test_messages);
  ADD ("/session-record/files-with-checksums-and-faults", test_files);
  return g_test_run ();
}
