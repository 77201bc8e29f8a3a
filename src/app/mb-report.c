/* mb-report.c: what was measured and how it was judged, as JSON, as JUnit, as ten lines for people
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-json-writer.h"

#define SUMMARY_EXPECTATIONS 5

/* What stands in a line of the summary. */
typedef struct {
  const char *label;
  MbMeasure measure;
  MbOp bad_side; /* which way is worse: MB_OP_LESS where little is bad */
} Column;

static char *
format_date (gint64 real_time_us)
{
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (real_time_us / G_USEC_PER_SEC);
  g_autofree char *date = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");

  return g_strdup_printf ("%s.%03dZ", date, (int) (real_time_us % G_USEC_PER_SEC / 1000));
}

/* ---- JSON ---- */

static void
add_series (MbJsonWriter *json, const char *name, const MbSeries *series)
{
  if (series->n == 0)
    return;
  mb_json_writer_begin (json, name, '{');
  for (MbStat stat = MB_STAT_MIN; stat < MB_N_STATS; stat++)
    mb_json_writer_add_number (json, mb_stat_get_name (stat), mb_stat_of_series (stat, series));
  mb_json_writer_add_number (json, "samples", (double) series->n);
  mb_json_writer_end (json, '}');
}

static void
add_totals (MbJsonWriter *json, const MbTotals *totals)
{
  mb_json_writer_add_number (json, "packets", (double) totals->packets);
  mb_json_writer_add_number (json, "bytes", (double) totals->bytes);
  mb_json_writer_add_number (json, "lost", (double) totals->lost);
  mb_json_writer_add_number (json, "recovered", (double) totals->recovered);
}

static void
add_one (MbJsonWriter *json, const char *name, const MbPeerFigures *peer, MbMeasure measure)
{
  if (!isnan (peer->one[measure]))
    mb_json_writer_add_number (json, name, peer->one[measure]);
}

static void
add_rx (MbJsonWriter *json, const MbPeerFigures *peer)
{
  mb_json_writer_begin (json, "rx", '{');
  add_series (json, "jitter", &peer->seconds[MB_MEASURE_RX_JITTER]);
  add_series (json, "rtt", &peer->seconds[MB_MEASURE_RTT]);
  add_series (json, "latency", &peer->seconds[MB_MEASURE_LATENCY]);
  add_series (json, "avSkew", &peer->seconds[MB_MEASURE_AV_SKEW]);
  if (peer->rx[MB_FIGURES_VIDEO].is_there) {
    mb_json_writer_begin (json, "video", '{');
    mb_json_writer_add_string (json, "codec", peer->codecs[MB_FIGURES_VIDEO]);
    add_totals (json, &peer->rx[MB_FIGURES_VIDEO]);
    mb_json_writer_add_number (json, "frames", (double) peer->frames);
    add_series (json, "fps", &peer->seconds[MB_MEASURE_RX_VIDEO_FPS]);
    add_series (json, "kbps", &peer->seconds[MB_MEASURE_RX_VIDEO_KBPS]);
    add_series (json, "loss", &peer->seconds[MB_MEASURE_RX_VIDEO_LOSS]);
    add_one (json, "freezes", peer, MB_MEASURE_FREEZES);
    add_one (json, "freezeMs", peer, MB_MEASURE_FREEZE_TIME);
    add_one (json, "skipped", peer, MB_MEASURE_SKIPPED);
    add_one (json, "repeated", peer, MB_MEASURE_REPEATED);
    add_one (json, "wrong", peer, MB_MEASURE_WRONG);
    add_one (json, "blackMs", peer, MB_MEASURE_BLACK);
    add_one (json, "frozenMs", peer, MB_MEASURE_FROZEN);
    mb_json_writer_end (json, '}');
  }
  if (peer->rx[MB_FIGURES_AUDIO].is_there) {
    mb_json_writer_begin (json, "audio", '{');
    mb_json_writer_add_string (json, "codec", peer->codecs[MB_FIGURES_AUDIO]);
    add_totals (json, &peer->rx[MB_FIGURES_AUDIO]);
    add_series (json, "kbps", &peer->seconds[MB_MEASURE_RX_AUDIO_KBPS]);
    add_series (json, "loss", &peer->seconds[MB_MEASURE_RX_AUDIO_LOSS]);
    add_one (json, "silentMs", peer, MB_MEASURE_SILENT);
    mb_json_writer_end (json, '}');
  }
  mb_json_writer_end (json, '}');
}

static void
add_tx (MbJsonWriter *json, const MbPeerFigures *peer)
{
  static const struct {
    const char *name;
    int kind;
    MbMeasure kbps;
  } KINDS[] = {{"video", MB_FIGURES_VIDEO, MB_MEASURE_TX_VIDEO_KBPS},
      {"audio", MB_FIGURES_AUDIO, MB_MEASURE_TX_AUDIO_KBPS}};

  mb_json_writer_begin (json, "tx", '{');
  for (gsize i = 0; i < G_N_ELEMENTS (KINDS); i++) {
    if (!peer->tx[KINDS[i].kind].is_there)
      continue;
    mb_json_writer_begin (json, KINDS[i].name, '{');
    add_totals (json, &peer->tx[KINDS[i].kind]);
    add_series (json, "kbps", &peer->seconds[KINDS[i].kbps]);
    mb_json_writer_end (json, '}');
  }
  mb_json_writer_end (json, '}');
}

/* Every sample there is, for who draws it. */
static void
add_seconds (MbJsonWriter *json, const MbPeerFigures *peer)
{
  mb_json_writer_begin (json, "seconds", '{');
  for (MbMeasure i = MB_MEASURE_NONE + 1; i < MB_N_MEASURES; i++) {
    const MbSeries *series = &peer->seconds[i];

    if (series->n == 0)
      continue;
    mb_json_writer_begin (json, mb_measure_get_name (i), '[');
    for (guint j = 0; j < series->kept->len; j++)
      mb_json_writer_add_number (json, NULL, (double) g_array_index (series->kept, float, j));
    mb_json_writer_end (json, ']');
  }
  mb_json_writer_end (json, '}');
}

static void
add_peer (MbJsonWriter *json, const MbPeerFigures *peer)
{
  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_string (json, "id", peer->id);
  mb_json_writer_add_string (json, "displayName", peer->display_name);
  mb_json_writer_add_string (json, "state", mb_peer_state_get_name (peer->state));
  mb_json_writer_add_number (
      json, "ttffMs", peer->frames > 0 ? peer->one[MB_MEASURE_TTFF] : (double) NAN);
  add_rx (json, peer);
  add_tx (json, peer);
  add_seconds (json, peer);
  mb_json_writer_end (json, '}');
}

static void
add_bot (MbJsonWriter *json, const MbBotFigures *bot)
{
  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_string (json, "name", bot->name);
  mb_json_writer_add_string (json, "id", bot->id);
  mb_json_writer_add_string (json, "room", bot->room);
  mb_json_writer_add_number (json, "joinMs", bot->join_ms);
  mb_json_writer_add_string (json, "cname", bot->cname);
  mb_json_writer_add_number (json, "place", bot->place);
  add_series (json, "connected", &bot->connected);
  mb_json_writer_begin (json, "peers", '[');
  for (guint i = 0; i < bot->peers->len; i++)
    add_peer (json, g_ptr_array_index (bot->peers, i));
  mb_json_writer_end (json, ']');
  mb_json_writer_begin (json, "errors", '[');
  for (guint i = 0; i < bot->errors->len; i++)
    mb_json_writer_add_string (json, NULL, g_ptr_array_index (bot->errors, i));
  mb_json_writer_end (json, ']');
  mb_json_writer_end (json, '}');
}

static void
add_expectation (MbJsonWriter *json, const MbJudgement *judgement)
{
  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_string (json, "expr", judgement->expect->text);
  mb_json_writer_add_number (json, "value", judgement->value);
  mb_json_writer_add_boolean (json, "ok", judgement->ok);
  mb_json_writer_add_string (
      json, "unit", mb_unit_get_name (mb_measure_get_unit (judgement->expect->measure)));
  if (judgement->who != NULL)
    mb_json_writer_add_string (json, "who", judgement->who);
  mb_json_writer_end (json, '}');
}

/**
 * mb_report_to_json:
 *
 * Returns: (transfer full): the report of the contract, with an end of line
 */
char *
mb_report_to_json (const MbReport *self)
{
  MbJsonWriter writer = {0};
  MbJsonWriter *json = &writer;
  g_autofree char *started = format_date (self->started_us);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, self->seed);

  mb_json_writer_begin (json, NULL, '{');
  mb_json_writer_add_number (json, "schema", 1);
  mb_json_writer_add_string (json, "verdict", self->status == 0 ? "pass" : "fail");
  if (self->failure != NULL)
    mb_json_writer_add_string (json, "failure", self->failure);
  mb_json_writer_add_string (json, "startedAt", started);
  mb_json_writer_add_number (json, "durationMs", (double) self->duration_ms);
  mb_json_writer_add_string (json, "measure", mb_measure_level_get_name (self->level));
  mb_json_writer_add_string (json, "seed", seed);
  mb_json_writer_begin (json, "expectations", '[');
  for (guint i = 0; i < self->verdict->judgements->len; i++)
    add_expectation (json, g_ptr_array_index (self->verdict->judgements, i));
  mb_json_writer_end (json, ']');
  mb_json_writer_begin (json, "bots", '[');
  for (guint i = 0; i < self->bots->len; i++)
    add_bot (json, g_ptr_array_index (self->bots, i));
  mb_json_writer_end (json, ']');
  mb_json_writer_end (json, '}');
  return mb_json_writer_finish (json);
}

/* ---- JUnit ---- */

/* XML 1.0 has no place for most control characters, escaped or not. */
static char *
escape (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (char *at = valid; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return g_markup_escape_text (valid, -1);
}

static void
append_case (GString *xml, const char *name, const char *class_name, const char *failure)
{
  g_autofree char *name_text = escape (name);

  g_string_append_printf (
      xml, "    <testcase classname=\"meshbot.%s\" name=\"%s\" time=\"0\"", class_name, name_text);
  if (failure != NULL) {
    g_autofree char *text = escape (failure);

    g_string_append_printf (xml,
        ">\n      <failure message=\"%s\" type=\"%s\">%s</failure>\n    </testcase>\n", text,
        class_name, text);
  } else {
    g_string_append (xml, "/>\n");
  }
}

static char *
describe_failure (const MbJudgement *judgement)
{
  g_autofree char *value =
      mb_unit_format (mb_measure_get_unit (judgement->expect->measure), judgement->value);

  return g_strdup_printf ("%s does not hold: %s%s%s%s", judgement->expect->text, value,
      judgement->who != NULL ? " (" : "", judgement->who != NULL ? judgement->who : "",
      judgement->who != NULL ? ")" : "");
}

/**
 * mb_report_to_junit:
 *
 * A case for each expectation, and one for having taken part at all, so that a report is never
 * empty and a bot that could not join fails in it.
 *
 * Returns: (transfer full): XML
 */
char *
mb_report_to_junit (const MbReport *self)
{
  GString *xml = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  const GPtrArray *judgements = self->verdict->judgements;
  g_autofree char *started = format_date (self->started_us);
  unsigned int n_failed = judgements->len - mb_verdict_count_ok (self->verdict);
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean took_part = self->failure == NULL;

  n_failed += took_part ? 0 : 1;
  g_ascii_formatd (seconds, sizeof seconds, "%.3f", (double) self->duration_ms / 1000);
  g_string_append_printf (xml,
      "<testsuites name=\"meshbot\" tests=\"%u\" failures=\"%u\" errors=\"0\" time=\"%s\">\n"
      "  <testsuite name=\"meshbot\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"0\" "
      "time=\"%s\" timestamp=\"%.19s\">\n",
      judgements->len + 1, n_failed, seconds, judgements->len + 1, n_failed, seconds, started);
  append_case (xml, "every bot takes part", "run", self->failure);
  for (guint i = 0; i < judgements->len; i++) {
    const MbJudgement *judgement = g_ptr_array_index (judgements, i);
    g_autofree char *failure = judgement->ok ? NULL : describe_failure (judgement);

    append_case (xml, judgement->expect->text, "expect", failure);
  }
  g_string_append (xml, "  </testsuite>\n</testsuites>\n");
  return g_string_free (xml, FALSE);
}

/* ---- for people ---- */

static void
append_expectations (GString *text, const MbVerdict *verdict)
{
  unsigned int n_told = 0;

  /* Those that do not hold first: the rest is what one wanted. */
  for (int pass = 0; pass < 2; pass++) {
    for (guint i = 0; i < verdict->judgements->len; i++) {
      const MbJudgement *judgement = g_ptr_array_index (verdict->judgements, i);
      g_autofree char *value =
          mb_unit_format (mb_measure_get_unit (judgement->expect->measure), judgement->value);

      if (judgement->ok != (pass == 1) || n_told == SUMMARY_EXPECTATIONS)
        continue;
      n_told++;
      g_string_append_printf (text, "  %s  %s: %s%s%s\n", judgement->ok ? "ok  " : "FAIL",
          judgement->expect->text, value, judgement->who != NULL ? ", " : "",
          judgement->who != NULL ? judgement->who : "");
    }
  }
  if (verdict->judgements->len > n_told)
    g_string_append_printf (text, "  … and %u more\n", verdict->judgements->len - n_told);
}

static void
append_columns (
    GString *text, const char *title, const Column *columns, gsize n_columns, const GPtrArray *bots)
{
  g_autoptr (GString) line = g_string_new (NULL);

  for (gsize i = 0; i < n_columns; i++) {
    MbExpect worst = {
        .measure = columns[i].measure, .stat = MB_STAT_NONE, .op = columns[i].bad_side};
    double value = mb_verdict_measure (&worst, bots, NULL);
    g_autofree char *shown = mb_unit_format (mb_measure_get_unit (columns[i].measure), value);

    if (!isnan (value))
      g_string_append_printf (line, "%s%s %s", line->len > 0 ? ", " : "", columns[i].label, shown);
  }
  if (line->len > 0)
    g_string_append_printf (text, "  %-9s %s\n", title, line->str);
}

/**
 * mb_report_to_summary:
 *
 * Returns: (transfer full): ten lines or so, each with its end; figures are the worst peer's
 */
char *
mb_report_to_summary (const MbReport *self)
{
  static const Column START[] = {{"join", MB_MEASURE_JOIN, MB_OP_AT_MOST},
      {"first frame", MB_MEASURE_TTFF, MB_OP_AT_MOST}, {"peers", MB_MEASURE_PEERS, MB_OP_AT_LEAST}};
  static const Column RECEIVED[] = {{"frames/s", MB_MEASURE_RX_VIDEO_FPS, MB_OP_AT_LEAST},
      {"video", MB_MEASURE_RX_VIDEO_KBPS, MB_OP_AT_LEAST},
      {"audio", MB_MEASURE_RX_AUDIO_KBPS, MB_OP_AT_LEAST},
      {"freezes", MB_MEASURE_FREEZES, MB_OP_AT_MOST},
      {"frozen", MB_MEASURE_FREEZE_TIME, MB_OP_AT_MOST}};
  static const Column NETWORK[] = {{"video lost", MB_MEASURE_RX_VIDEO_LOSS, MB_OP_AT_MOST},
      {"audio lost", MB_MEASURE_RX_AUDIO_LOSS, MB_OP_AT_MOST},
      {"jitter", MB_MEASURE_RX_JITTER, MB_OP_AT_MOST},
      {"round trip", MB_MEASURE_RTT, MB_OP_AT_MOST}};
  static const Column SENT[] = {{"video", MB_MEASURE_TX_VIDEO_KBPS, MB_OP_AT_LEAST},
      {"audio", MB_MEASURE_TX_AUDIO_KBPS, MB_OP_AT_LEAST}};
  static const Column SEEN[] = {{"latency", MB_MEASURE_LATENCY, MB_OP_AT_MOST},
      {"skew", MB_MEASURE_AV_SKEW, MB_OP_AT_MOST}, {"skipped", MB_MEASURE_SKIPPED, MB_OP_AT_MOST},
      {"wrong", MB_MEASURE_WRONG, MB_OP_AT_MOST}, {"black", MB_MEASURE_BLACK, MB_OP_AT_MOST},
      {"still", MB_MEASURE_FROZEN, MB_OP_AT_MOST}, {"silent", MB_MEASURE_SILENT, MB_OP_AT_MOST}};
  GString *text = g_string_new (NULL);
  unsigned int n_peers = 0;
  unsigned int n_errors = 0;

  for (guint i = 0; i < self->bots->len; i++)
    n_peers += ((const MbBotFigures *) self->bots->pdata[i])->peers->len;
  g_string_append_printf (text, "%s: %u of %u expectations hold; %u bots met %u peers in %.1f s\n",
      self->status == 0 ? "pass" : "fail", mb_verdict_count_ok (self->verdict),
      self->verdict->judgements->len, self->bots->len, n_peers, (double) self->duration_ms / 1000);
  append_expectations (text, self->verdict);
  append_columns (text, "start", START, G_N_ELEMENTS (START), self->bots);
  append_columns (text, "received", RECEIVED, G_N_ELEMENTS (RECEIVED), self->bots);
  append_columns (text, "network", NETWORK, G_N_ELEMENTS (NETWORK), self->bots);
  append_columns (text, "sent", SENT, G_N_ELEMENTS (SENT), self->bots);
  append_columns (text, "seen", SEEN, G_N_ELEMENTS (SEEN), self->bots);
  for (guint i = 0; i < self->bots->len; i++)
    n_errors += ((const MbBotFigures *) self->bots->pdata[i])->errors->len;
  g_string_append_printf (text, "  %-9s %u\n", "errors", n_errors);
  return g_string_free (text, FALSE);
}

/* ---- files ---- */

/**
 * mb_report_check_path:
 *
 * Before anything is measured that could not be written in the end.
 */
gboolean
mb_report_check_path (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_str_equal (path, "-"))
    return TRUE;
  if (g_file_test (path, G_FILE_TEST_IS_DIR) || access (folder, W_OK) != 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "--report: %s cannot be written: %s", path,
        g_file_test (path, G_FILE_TEST_IS_DIR) ? "it is a folder" : g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

/**
 * mb_report_write:
 * @path: `.xml` is JUnit, else JSON; `-` is JSON on stdout
 */
gboolean
mb_report_write (const MbReport *self, const char *path, GError **error)
{
  g_autofree char *text =
      g_str_has_suffix (path, ".xml") ? mb_report_to_junit (self) : mb_report_to_json (self);

  if (!g_str_equal (path, "-"))
    return g_file_set_contents (path, text, -1, error);
  if (fputs (text, stdout) >= 0 && fflush (stdout) == 0)
    return TRUE;
  g_set_error (
      error, MB_ERROR, MB_ERROR_FAILED, "the report could not be written: %s", g_strerror (errno));
  return FALSE;
}
