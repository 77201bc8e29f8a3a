/* mb-archive-verb.c: the program that does `meshbot archive`
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-archive-verb.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mb-log.h"

#define PROGRAM "meshbot-archive"
#define NICENESS 10 /* calls first */

/**
 * mb_archive_verb_find_program:
 *
 * Returns: (transfer full): where it is: in the build tree, or where it is installed
 */
char *
mb_archive_verb_find_program (void)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = own != NULL ? g_path_get_dirname (own) : g_strdup (".");
  g_autofree char *built = g_build_filename (folder, "..", "archive", PROGRAM, NULL);

  if (g_file_test (built, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&built);
  return g_build_filename (MESHBOT_LIBEXECDIR, PROGRAM, NULL);
}

gboolean
mb_archive_verb_is_meant (int argc, char **argv)
{
  return argc > 1 && g_str_equal (argv[1], "archive");
}

/**
 * mb_archive_verb_run:
 * @argv: (array zero-terminated=1): of this program
 *
 * This process becomes that program.
 *
 * Returns: only where that failed; the exit status
 */
int
mb_archive_verb_run (char **argv)
{
  g_autofree char *program = mb_archive_verb_find_program ();
  g_autofree char *line = NULL;

  execv (program, argv + 1);
  line = g_strdup_printf (
      "%s: %s; it is a part of meshbot, install all of it", program, g_strerror (errno));
  mb_log_error_line (line);
  return 1;
}

/* Runs in the child between fork and exec: system calls only. */
static void
prepare_child (gpointer user_data)
{
  pid_t parent = (pid_t) GPOINTER_TO_INT (user_data);

  prctl (PR_SET_PDEATHSIG, SIGTERM);
  setpriority (PRIO_PROCESS, 0, NICENESS);
  if (getppid () != parent)
    _exit (1);
}

static void
on_repaired (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (object);
  g_autofree char *said = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_subprocess_communicate_utf8_finish (process, result, &said, NULL, &error)) {
    g_warning ("what earlier recordings need was not looked for: %s", error->message);
    return;
  }
  lines = g_strsplit (said, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (lines[i][0] == '\0')
      continue;
    if (g_str_has_prefix (lines[i], "recovered"))
      g_message ("archive: %s", lines[i]);
    else if (g_str_has_prefix (lines[i], "live") || g_str_has_prefix (lines[i], "checksum"))
      g_debug ("archive: %s", lines[i]);
    else
      g_warning ("archive: %s", lines[i]);
  }
}

/**
 * mb_archive_verb_repair:
 * @directory: of recordings; may be missing
 *
 * Finishes what an earlier recorder has left there, in a process of its own that ends with this one
 * at the latest: what a crash has left may crash its reader.
 *
 * Returns: (transfer full) (nullable): the process; NULL where there is nothing to do, or it could
 *   not be started, which is logged
 */
GSubprocess *
mb_archive_verb_repair (const char *directory)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autofree char *program = mb_archive_verb_find_program ();
  g_autofree char *path = g_canonicalize_filename (directory, NULL);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return NULL;
  g_subprocess_launcher_set_child_setup (
      launcher, prepare_child, GINT_TO_POINTER (getpid ()), NULL);
  process = g_subprocess_launcher_spawn (launcher, &error, program, "repair", path, NULL);
  if (process == NULL)
    g_warning ("what earlier recordings need was not looked for: %s", error->message);
  else
    g_subprocess_communicate_utf8_async (process, NULL, NULL, on_repaired, NULL);
  return process;
}

/* Ctrl-C and a closed terminal are not for it. */
static void
prepare_detached (gpointer user_data)
{
  setsid ();
  setpriority (PRIO_PROCESS, 0, NICENESS);
}

/**
 * mb_archive_verb_hand_over:
 * @directory: an archive, or a room in it; may be missing
 * @command: for /bin/sh
 *
 * Repairs what has to be, and runs @command for each session there that has ended and wants it. That
 * may take longer than this program: it goes on without it, and says in session.json and
 * events.jsonl how far it is.
 */
void
mb_archive_verb_hand_over (const char *directory, const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *program = mb_archive_verb_find_program ();
  g_autofree char *path = g_canonicalize_filename (directory, NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return;
  g_subprocess_launcher_set_child_setup (launcher, prepare_detached, NULL, NULL);
  process =
      g_subprocess_launcher_spawn (launcher, &error, program, "hand-over", path, command, NULL);
  if (process == NULL)
    g_warning ("recordings are not handed over: %s", error->message);
}
