/* mb-archive-hand-over.c: runs a command for a session that has ended, until it succeeds
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether it has is in session.json (onFinish), so that a later program goes on where this one was
 * ended. The session is not locked meanwhile: the command may verify it. A lock on events.jsonl,
 * which is never replaced, keeps a second hand-over away.
 */
#include "mb-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/file.h>
#include <unistd.h>

#define STATE "onFinish"
#define LOCK_TRIES 50
#define LOCK_DELAY_US (100 * 1000)

static gboolean
is_pending (const MbArchivedSession *session)
{
  return g_strcmp0 (mb_archived_get_string (session->json, STATE), "pending") == 0;
}

/* The recorder lets go of it a moment after the end. */
static MbArchivedSession *
open_ended (const char *folder, GError **error)
{
  for (unsigned int i = 0;; i++) {
    MbArchivedSession *session = mb_archived_session_open (folder, MB_FOLDER_LOCK_EXCLUSIVE, error);

    if (session == NULL || !session->is_live || i == LOCK_TRIES)
      return session;
    mb_archived_session_free (session);
    g_usleep (LOCK_DELAY_US);
  }
}

static int
lock_events (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "events.jsonl", NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}

/* Returns: the command's exit status; -1 where a signal ended it or it could not be started */
static int
run_once (const MbArchivedSession *session, const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *path = g_canonicalize_filename (session->folder, NULL);
  const char *room = mb_archived_get_string (session->json, "room");
  g_autoptr (GSubprocess) process = NULL;

  g_subprocess_launcher_setenv (launcher, "MESHBOT_SESSION", path, TRUE);
  g_subprocess_launcher_setenv (launcher, "MESHBOT_ROOM", room != NULL ? room : "", TRUE);
  process = g_subprocess_launcher_spawn (launcher, NULL, "/bin/sh", "-c", command, NULL);
  if (process == NULL || !g_subprocess_wait (process, NULL, NULL) ||
      !g_subprocess_get_if_exited (process))
    return -1;
  return g_subprocess_get_exit_status (process);
}

static gboolean
run_until_it_succeeds (
    const MbArchivedSession *session, const char *command, const MbArchivePace *pace)
{
  unsigned int delay_ms = pace->first_delay_ms;

  for (unsigned int i = 0; i < pace->max_tries; i++) {
    int status;
    g_autofree char *members = NULL;

    if (i > 0) {
      g_usleep (delay_ms * (gulong) G_TIME_SPAN_MILLISECOND);
      delay_ms = MIN (delay_ms * 2, pace->max_delay_ms);
    }
    status = run_once (session, command);
    members = g_strdup_printf (",\"status\":%d", status);
    mb_archived_session_note (session, "on-finish", members, NULL);
    if (status == 0)
      return TRUE;
  }
  return FALSE;
}

/* Read again: what others have written meanwhile stays. */
static gboolean
set_done (const char *folder, GError **error)
{
  g_autoptr (MbArchivedSession) session = open_ended (folder, error);

  if (session == NULL)
    return FALSE;
  json_object_set_string_member (session->json, STATE, "done");
  return mb_archived_session_save (session, error);
}

/**
 * mb_archive_hand_over:
 * @folder: a session's; one that was cut off is repaired first
 * @command: for /bin/sh, with the session's path in $MESHBOT_SESSION
 * @pace: how often and when it is tried again
 * @out: gets what was repaired, and what went wrong
 *
 * Waits for the command, and between its tries. A session that nobody wants handed over, or that
 * somebody hands over already, is left alone.
 *
 * Returns: whether nothing is left to do
 */
gboolean
mb_archive_hand_over (
    const char *folder, const char *command, const MbArchivePace *pace, GString *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbArchivedSession) session = open_ended (folder, &error);
  gboolean is_done = TRUE;
  int lock;

  if (session == NULL) {
    g_string_append_printf (out, "FAILED     %s\n", error->message);
    return FALSE;
  }
  if (session->is_live)
    return TRUE;
  if (mb_archive_wants_repair (session) && mb_archive_repair (session, out) > 0)
    is_done = FALSE;
  lock = is_pending (session) ? lock_events (folder) : -1;
  if (lock < 0)
    return is_done;
  mb_folder_unlock (session->lock);
  session->lock = -1;
  if (!run_until_it_succeeds (session, command, pace)) {
    g_string_append_printf (out, "FAILED     %s: the command was given up after %u tries\n",
        session->label, pace->max_tries);
    is_done = FALSE;
  } else if (!set_done (folder, &error)) {
    g_string_append_printf (out, "FAILED     %s: %s\n", session->label, error->message);
    is_done = FALSE;
  }
  close (lock);
  return is_done;
}
