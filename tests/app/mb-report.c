/* mb-report.c: reports have the contract's shape, and are JSON and XML whatever peers are called
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-report.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "mb-error.h"

typedef struct {
  GPtrArray *expects;
  GPtrArray *bots;
  MbVerdict *verdict;
  MbReport report;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  MbBotFigures *bot = mb_bot_figures_new ("bot \"1\" <&>", "x", 0);
  MbPeerFigures *peer = mb_bot_figures_add_peer (bot, "id1", "a]]>\x01\xff", 0);

  fixture->bots = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_bot_figures_free);
  fixture->expects = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_expect_free);
  g_ptr_array_add (fixture->bots, bot);
  mb_bot_figures_set_joined (bot, "id2", 84500);
  mb_peer_figures_set_state (peer, MB_PEER_STATE_CONNECTED, 1);
  peer->rx[MB_FIGURES_VIDEO].is_there = TRUE;
  peer->frames = 100;
  mb_peer_figures_add (peer, MB_MEASURE_TTFF, 412.25);
  mb_peer_figures_sample (peer, MB_MEASURE_RX_VIDEO_FPS, 24.5);
  mb_bot_figures_add_error (bot, "peer b (\"bob\"): no connection");
  g_ptr_array_add (fixture->expects, mb_expect_parse ("ttff < 1s", NULL));
  g_ptr_array_add (fixture->expects, mb_expect_parse ("rx.video.fps >= 25", NULL));
  fixture->verdict = mb_verdict_new (fixture->expects, fixture->bots);
  fixture->report = (MbReport){.verdict = fixture->verdict,
      .status = 3,
      .started_us = G_GINT64_CONSTANT (1795700000123456),
      .duration_ms = 61500,
      .bots = fixture->bots};
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mb_verdict_free (fixture->verdict);
  g_ptr_array_unref (fixture->expects);
  g_ptr_array_unref (fixture->bots);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = mb_report_to_json (&fixture->report);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  JsonObject *root;
  JsonObject *bot;
  JsonObject *peer;
  JsonObject *judged;

  json_parser_load_from_data (parser, text, -1, &error);
  g_assert_no_error (error);
  root = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpint (json_object_get_int_member (root, "schema"), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (root, "verdict"), ==, "fail");
  g_assert_cmpstr (
      json_object_get_string_member (root, "startedAt"), ==, "2026-11-26T13:33:20.123Z");
  g_assert_cmpint (json_object_get_int_member (root, "durationMs"), ==, 61500);
  judged = json_array_get_object_element (json_object_get_array_member (root, "expectations"), 1);
  g_assert_cmpstr (json_object_get_string_member (judged, "expr"), ==, "rx.video.fps >= 25");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (judged, "value"), 24.5, 1e-9);
  g_assert_false (json_object_get_boolean_member (judged, "ok"));
  bot = json_array_get_object_element (json_object_get_array_member (root, "bots"), 0);
  g_assert_cmpstr (json_object_get_string_member (bot, "name"), ==, "bot \"1\" <&>");
  g_assert_cmpstr (json_object_get_string_member (bot, "id"), ==, "id2");
  g_assert_cmpstr (json_object_get_string_member (bot, "room"), ==, "x");
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (bot, "joinMs"), 84.5, 1e-9);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (bot, "errors")), ==, 1);
  peer = json_array_get_object_element (json_object_get_array_member (bot, "peers"), 0);
  g_assert_cmpstr (json_object_get_string_member (peer, "id"), ==, "id1");
  g_assert_cmpstr (json_object_get_string_member (peer, "state"), ==, "connected");
  g_assert_true (json_object_has_member (peer, "displayName"));
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (peer, "ttffMs"), 412.25, 1e-9);
  g_assert_true (json_object_has_member (peer, "rx"));
  g_assert_true (json_object_has_member (peer, "tx"));
}

typedef struct {
  unsigned int n_cases;
  unsigned int n_failures;
  unsigned int said_cases;
  unsigned int said_failures;
} Counts;

static void
on_element (GMarkupParseContext *context, const char *name, const char **names, const char **values,
    gpointer user_data, GError **error)
{
  Counts *counts = user_data;

  counts->n_cases += g_str_equal (name, "testcase") ? 1 : 0;
  counts->n_failures += g_str_equal (name, "failure") ? 1 : 0;
  for (guint i = 0; g_str_equal (name, "testsuite") && names[i] != NULL; i++) {
    if (g_str_equal (names[i], "tests"))
      counts->said_cases = (unsigned int) g_ascii_strtoull (values[i], NULL, 10);
    if (g_str_equal (names[i], "failures"))
      counts->said_failures = (unsigned int) g_ascii_strtoull (values[i], NULL, 10);
  }
}

static void
check_junit (const MbReport *report, unsigned int n_failures)
{
  static const GMarkupParser PARSER = {.start_element = on_element};
  g_autofree char *text = mb_report_to_junit (report);
  g_autoptr (GError) error = NULL;
  Counts counts = {0};
  GMarkupParseContext *context = g_markup_parse_context_new (&PARSER, 0, &counts, NULL);

  g_markup_parse_context_parse (context, text, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
  g_markup_parse_context_free (context);
  g_assert_cmpuint (counts.n_cases, ==, 3);
  g_assert_cmpuint (counts.said_cases, ==, 3);
  g_assert_cmpuint (counts.n_failures, ==, n_failures);
  g_assert_cmpuint (counts.said_failures, ==, n_failures);
  g_assert_null (strchr (text, '\x01'));
}

static void
test_junit (Fixture *fixture, gconstpointer data)
{
  check_junit (&fixture->report, 1);
  fixture->report.status = 4;
  fixture->report.failure = "room x takes 4 members";
  check_junit (&fixture->report, 2);
}

static void
test_summary (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = mb_report_to_summary (&fixture->report);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  g_assert_true (g_str_has_prefix (lines[0], "fail: 1 of 2 expectations hold; 1 bots met 1 peers"));
  g_assert_true (g_str_has_prefix (lines[1], "  FAIL  rx.video.fps >= 25: 24.5"));
  g_assert_cmpuint (g_strv_length (lines), <=, 12);
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("meshbot-test-XXXXXX", NULL);
  g_autofree char *json = g_build_filename (folder, "r.json", NULL);
  g_autofree char *xml = g_build_filename (folder, "r.xml", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "no", "r.xml", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_report_check_path (json, NULL));
  g_assert_true (mb_report_check_path ("-", NULL));
  g_assert_false (mb_report_check_path (nowhere, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
  g_assert_true (mb_report_write (&fixture->report, json, NULL));
  g_assert_true (mb_report_write (&fixture->report, xml, NULL));
  g_assert_true (g_file_get_contents (json, &text, NULL, NULL));
  g_assert_cmpint (text[0], ==, '{');
  g_clear_pointer (&text, g_free);
  g_assert_true (g_file_get_contents (xml, &text, NULL, NULL));
  g_assert_true (g_str_has_prefix (text, "<?xml"));
  g_unlink (json);
  g_unlink (xml);
  g_rmdir (folder);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/report/json-has-the-contract's-shape", test_json);
  ADD ("/report/junit-counts-its-cases", test_junit);
  ADD ("/report/summary-tells-what-fails-first", test_summary);
  ADD ("/report/files-go-by-their-names", test_files);
  return g_test_run ();
}
