/* mb-worker.c: a bot beside a host as a child process of this program
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Media is handled where it can crash without harm to the rooms: the child joins by ordinary
 * signaling over loopback. A child that ends by itself has said what it had to say, and its status
 * is passed on; one that a signal ended has crashed, and is started again.
 */
#include "mb-worker.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-metrics-outlet.h"
#include "mb-restart.h"
#include "mb-setting.h"
#include "mb-shared-text.h"

/* Time to leave and to finish files; the host itself must be gone after 5 s. */
#define STOP_MS 3800
/* Of the child. */
#define METRICS_FD 3

struct _MbWorker {
  GObject parent_instance;

  MbOptions *options;
  char *server_url;
  char *token; /* (nullable) */

  int metrics_fd;       /* owned; -1 where nobody reads them */
  GSubprocess *process; /* (nullable) NULL while waiting to start it again */
  GCancellable *cancellable;
  GSource *restart_timer; /* (nullable) */
  GSource *kill_timer;    /* (nullable) */
  MbRestart restart;
  gint64 leave_us; /* monotonic, when the duration of the first child is over; 0 means never */
  gboolean stopping;
};

enum {
  SIGNAL_ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbWorker, mb_worker, G_TYPE_OBJECT)

/**
 * mb_worker_new:
 * @server_url: where the host serves, reachable from this machine
 * @token: (nullable): what it is let in with where @options have none
 */
MbWorker *
mb_worker_new (MbOptions *options, const char *server_url, const char *token)
{
  MbWorker *self = g_object_new (MB_TYPE_WORKER, NULL);

  self->options = mb_options_ref (options);
  self->server_url = g_strdup (server_url);
  self->token = g_strdup (options->token != NULL ? options->token : token);
  return self;
}

/* Runs in the child between fork and exec: system calls only. */
static void
prepare_child (gpointer user_data)
{
  pid_t host = (pid_t) GPOINTER_TO_INT (user_data);

  /* Ctrl-C goes to the host alone, which passes it on once; a second one is for those in a hurry. */
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != host)
    _exit (1);
}

static char *
find_program (void)
{
  g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);

  /* The file may have been replaced by a newer one since; the kernel still has this one. */
  if (path == NULL || !g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
    return g_strdup ("/proc/self/exe");
  return g_steal_pointer (&path);
}

static void
end (MbWorker *self, int status)
{
  g_clear_pointer (&self->restart_timer, g_source_destroy);
  g_clear_pointer (&self->kill_timer, g_source_destroy);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, status);
}

static gboolean
on_restart_time (gpointer user_data)
{
  MbWorker *self = user_data;
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->restart_timer, g_source_destroy);
  if (!mb_worker_start (self, &error)) {
    g_warning ("the bot could not be started again: %s", error->message);
    end (self, 1);
  }
  return G_SOURCE_REMOVE;
}

static void
take_crash (MbWorker *self, int signal_number)
{
  unsigned int delay_ms = 0;

  if (!mb_restart_crashed (&self->restart, g_get_monotonic_time (), &delay_ms)) {
    g_critical ("the bot crashed %d times within 10 minutes (last by signal %d) and is given up; "
                "the rooms are served on",
        MB_RESTART_MAX_CRASHES, signal_number);
    if (self->leave_us != 0)
      end (self, 1);
    return;
  }
  g_warning (
      "the bot crashed by signal %d; it is started again in %u s", signal_number, delay_ms / 1000);
  self->restart_timer = g_timeout_source_new (delay_ms);
  g_source_set_callback (self->restart_timer, on_restart_time, self, NULL);
  g_source_attach (self->restart_timer, g_main_context_get_thread_default ());
  g_source_unref (self->restart_timer);
}

static void
on_process_ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (object);
  g_autoptr (MbWorker) self = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_subprocess_wait_finish (process, result, &error))
    return;
  self = g_object_ref (MB_WORKER (user_data));
  g_clear_object (&self->process);
  if (g_subprocess_get_if_exited (process))
    end (self, g_subprocess_get_exit_status (process));
  else if (self->stopping)
    /* One that did not yet listen to the signal had nothing to finish. */
    end (self, g_subprocess_get_term_sig (process) == SIGTERM ? 0 : 1);
  else
    take_crash (self, g_subprocess_get_term_sig (process));
}

static char **
make_argv (MbWorker *self, const char *program)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 left_ms = self->options->duration_ms;

  if (self->leave_us == 0 && left_ms > 0)
    self->leave_us = now_us + left_ms * 1000;
  else if (self->leave_us != 0)
    left_ms = MAX (1, (self->leave_us - now_us) / 1000);
  return mb_options_to_worker (self->options, program, self->server_url, left_ms);
}

/**
 * mb_worker_start:
 *
 * Returns: %FALSE with an error of #GSpawnError where there is no child to be had
 */
gboolean
mb_worker_start (MbWorker *self, GError **error)
{
  g_autofree char *program = find_program ();
  g_auto (GStrv) argv = make_argv (self, program);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  g_subprocess_launcher_set_child_setup (
      launcher, prepare_child, GINT_TO_POINTER ((int) getpid ()), NULL);
  /* Its options are on its command line. */
  for (gsize i = 0; i < mb_option_count (); i++) {
    g_autofree char *variable = mb_setting_dup_variable (mb_option_get (i));

    g_subprocess_launcher_unsetenv (launcher, variable);
  }
  if (self->options->metrics_address != NULL && self->metrics_fd < 0)
    self->metrics_fd = mb_shared_text_new (NULL);
  if (self->metrics_fd >= 0) {
    g_subprocess_launcher_take_fd (launcher, dup (self->metrics_fd), METRICS_FD);
    g_subprocess_launcher_setenv (
        launcher, MB_METRICS_OUTLET_VARIABLE, G_STRINGIFY (METRICS_FD), TRUE);
  }
  if (self->token != NULL)
    g_subprocess_launcher_setenv (launcher, MB_OPTIONS_TOKEN_VARIABLE, self->token, TRUE);
  if (self->restart.n_crashes > 0) {
    g_autofree char *crashes = g_strdup_printf ("%u", self->restart.n_crashes);

    g_subprocess_launcher_setenv (launcher, MB_WORKER_CRASHES_VARIABLE, crashes, TRUE);
  }
  self->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, error);
  if (self->process == NULL)
    return FALSE;
  g_debug ("the bot is process %s", g_subprocess_get_identifier (self->process));
  g_subprocess_wait_async (self->process, self->cancellable, on_process_ended, self);
  return TRUE;
}

static gboolean
on_kill_time (gpointer user_data)
{
  MbWorker *self = user_data;

  g_clear_pointer (&self->kill_timer, g_source_destroy);
  g_warning ("the bot did not end within %d ms and is killed", STOP_MS);
  if (self->process != NULL)
    g_subprocess_force_exit (self->process);
  return G_SOURCE_REMOVE;
}

/**
 * mb_worker_read_metrics:
 *
 * Returns: (transfer full): Prometheus' text of the child, a second old at most; empty without
 *   `--metrics-listen`
 */
char *
mb_worker_read_metrics (MbWorker *self)
{
  return self->metrics_fd >= 0 ? mb_shared_text_read (self->metrics_fd) : g_strdup ("");
}

/**
 * mb_worker_stop:
 *
 * The child leaves the room and finishes its files; "ended" follows, at once where there is none.
 */
void
mb_worker_stop (MbWorker *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  if (self->process == NULL) {
    end (self, 0);
    return;
  }
  g_subprocess_send_signal (self->process, SIGTERM);
  self->kill_timer = g_timeout_source_new (STOP_MS);
  g_source_set_callback (self->kill_timer, on_kill_time, self, NULL);
  g_source_attach (self->kill_timer, g_main_context_get_thread_default ());
  g_source_unref (self->kill_timer);
}

static void
mb_worker_dispose (GObject *object)
{
  MbWorker *self = MB_WORKER (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->restart_timer, g_source_destroy);
  g_clear_pointer (&self->kill_timer, g_source_destroy);
  if (self->process != NULL)
    g_subprocess_send_signal (self->process, SIGTERM);
  g_clear_object (&self->process);
  G_OBJECT_CLASS (mb_worker_parent_class)->dispose (object);
}

static void
mb_worker_finalize (GObject *object)
{
  MbWorker *self = MB_WORKER (object);

  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->options, mb_options_unref);
  g_free (self->server_url);
  g_free (self->token);
  if (self->metrics_fd >= 0)
    close (self->metrics_fd);
  G_OBJECT_CLASS (mb_worker_parent_class)->finalize (object);
}

static void
mb_worker_class_init (MbWorkerClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = mb_worker_dispose;
  object_class->finalize = mb_worker_finalize;

  /**
   * MbWorker::ended:
   * @status: what the program is to end with where it was started for this
   *
   * Emitted once, when there is no child and will be none. The handler may drop the emitter.
   */
  signals[SIGNAL_ENDED] = g_signal_new (
      "ended", MB_TYPE_WORKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
mb_worker_init (MbWorker *self)
{
  self->cancellable = g_cancellable_new ();
  self->metrics_fd = -1;
}
