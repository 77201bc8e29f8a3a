/* archive.c: meshbot archive: verifies, tells of and repairs recorded sessions
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of its own, which meshbot becomes for this verb: what reads recordings links decoders,
 * and neither a host nor a recorder does that.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "mb-archive.h"
#include "mb-error.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define STATUS_DIFFERS 3

static const char USAGE[] =
    "meshbot archive verify DIR    checksums, every file decoded to its end, compared with session.json\n"
    "meshbot archive info DIR      who was there, when, what was recorded, what is missing\n"
    "meshbot archive repair DIR    finish what a recorder that was killed has left\n"
    "meshbot archive export DIR --tracks [--output FILE.mkv]\n"
    "                              each session as one Matroska, every participant's tracks aligned in it\n"
    "\n"
    "DIR is what --record got, or a room's or a session's folder in it.\n";

typedef struct {
  unsigned int n_sessions;
  unsigned int n_files;
  unsigned int n_differences;
  unsigned int n_failures;
  const char *output; /* (nullable) of an export */
} Totals;

typedef void (*Verb) (MbArchivedSession *session, GString *out, Totals *totals);

static void
say_error (const char *text)
{
  fprintf (stderr, "meshbot: %s\n", text);
}

static void
verify (MbArchivedSession *session, GString *out, Totals *totals)
{
  totals->n_differences += mb_archive_verify (session, out);
}

static void
tell (MbArchivedSession *session, GString *out, Totals *totals)
{
  if (totals->n_sessions > 1)
    g_string_append_c (out, '\n');
  mb_archive_tell (session, out);
}

static void
repair (MbArchivedSession *session, GString *out, Totals *totals)
{
  if (session->is_live)
    g_string_append_printf (
        out, "live       %s: left alone, it is being recorded\n", session->label);
  else if (mb_archive_wants_repair (session))
    totals->n_failures += mb_archive_repair (session, out);
}

static void export(MbArchivedSession *session, GString *out, Totals *totals)
{
  g_autoptr (GError) error = NULL;

  if (session->is_live)
    g_string_append_printf (
        out, "live       %s: it is being recorded; what is finished of it\n", session->label);
  if (mb_archive_export (session, totals->output, out, &error))
    return;
  say_error (error->message);
  totals->n_failures++;
}

static const struct {
  const char *name;
  Verb verb;
  MbFolderLockKind lock;
} VERBS[] = {
    {"verify", verify, MB_FOLDER_LOCK_SHARED},
    {"info", tell, MB_FOLDER_LOCK_SHARED},
    {"export", export, MB_FOLDER_LOCK_SHARED},
    {"repair", repair, MB_FOLDER_LOCK_EXCLUSIVE},
};

static int
run (gsize verb, const char *path, const char *output)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) folders = mb_archived_session_find (path, &error);
  Totals totals = {.output = output};

  if (folders == NULL) {
    say_error (error->message);
    return STATUS_FAILED;
  }
  if (folders->len == 0 && VERBS[verb].verb != repair) {
    g_autofree char *line = g_strdup_printf (
        "%s has no recorded session; name an archive, a room's folder or a session's", path);

    say_error (line);
    return STATUS_FAILED;
  }
  if (output != NULL && folders->len > 1) {
    say_error (
        "--output is the name of one file, and there are several sessions; name the folder of one");
    return STATUS_USAGE;
  }
  for (guint i = 0; i < folders->len; i++) {
    g_autoptr (GString) out = g_string_new (NULL);
    g_autoptr (GError) reason = NULL;
    g_autoptr (MbArchivedSession) session =
        mb_archived_session_open (g_ptr_array_index (folders, i), VERBS[verb].lock, &reason);

    if (session == NULL) {
      say_error (reason->message);
      totals.n_failures++;
      continue;
    }
    totals.n_sessions++;
    totals.n_files += json_array_get_length (session->files);
    VERBS[verb].verb (session, out, &totals);
    fputs (out->str, stdout);
    fflush (stdout);
  }
  if (VERBS[verb].verb == verify)
    printf ("%u sessions, %u files, %u differences\n", totals.n_sessions, totals.n_files,
        totals.n_differences + totals.n_failures);
  /* A session.json that cannot be read is no difference more pleasant than another. */
  if (VERBS[verb].verb == verify && totals.n_differences + totals.n_failures > 0)
    return STATUS_DIFFERS;
  return totals.n_failures > 0 ? STATUS_FAILED : 0;
}

/* What a recorder with --on-finish runs; people have no need of it. */
static int
hand_over (const char *path, const char *command)
{
  g_autoptr (GPtrArray) folders = mb_archived_session_find (path, NULL);
  const MbArchivePace pace = MB_ARCHIVE_PACE;
  gboolean is_done = TRUE;

  for (guint i = 0; folders != NULL && i < folders->len; i++) {
    g_autoptr (GString) out = g_string_new (NULL);

    is_done = mb_archive_hand_over (g_ptr_array_index (folders, i), command, &pace, out) && is_done;
    fputs (out->str, stdout);
    fflush (stdout);
  }
  return is_done ? 0 : STATUS_FAILED;
}

/* Other forms of a session may come: which one is wanted is said. */
static int
run_export (gsize verb, int argc, char **argv)
{
  const char *path = NULL;
  const char *output = NULL;
  gboolean has_tracks = FALSE;
  gboolean is_good = TRUE;

  for (int i = 0; i < argc && is_good; i++) {
    if (g_str_equal (argv[i], "--tracks"))
      has_tracks = TRUE;
    else if (g_str_has_prefix (argv[i], "--output="))
      output = argv[i] + strlen ("--output=");
    else if (g_str_equal (argv[i], "--output") && i + 1 < argc)
      output = argv[++i];
    else if (argv[i][0] != '-' && path == NULL)
      path = argv[i];
    else
      is_good = FALSE;
  }
  if (is_good && has_tracks && path != NULL && *path != '\0' && (output == NULL || *output != '\0'))
    return run (verb, path, output);
  say_error ("archive export takes a folder and what is wanted of it: "
             "meshbot archive export DIR --tracks [--output FILE.mkv]");
  return STATUS_USAGE;
}

int
main (int argc, char **argv)
{
  g_autofree char *line = NULL;

  setlocale (LC_CTYPE, "");
  if (argc == 2 && (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))) {
    fputs (USAGE, stdout);
    return 0;
  }
  if (argc == 4 && g_str_equal (argv[1], "hand-over"))
    return hand_over (argv[2], argv[3]);
  for (gsize i = 0; argc > 1 && i < G_N_ELEMENTS (VERBS); i++) {
    if (!g_str_equal (argv[1], VERBS[i].name))
      continue;
    if (VERBS[i].verb == export)
      return run_export (i, argc - 2, argv + 2);
    if (argc == 3 && argv[2][0] != '-' && argv[2][0] != '\0')
      return run (i, argv[2], NULL);
    line = g_strdup_printf (
        "archive %s takes the name of one folder: meshbot archive %s DIR", argv[1], argv[1]);
    say_error (line);
    return STATUS_USAGE;
  }
  line = g_strdup_printf (
      "'%s' is no verb; take one of verify, info, repair, export: meshbot archive verify DIR",
      argc > 1 ? argv[1] : "");
  say_error (line);
  return STATUS_USAGE;
}
