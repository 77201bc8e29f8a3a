/* main.c: options, signals, exit status
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mb-archive-verb.h"
#include "mb-daemon.h"
#include "mb-error.h"
#include "mb-log.h"
#include "mb-options.h"
#include "mb-pipelines.h"
#include "mb-setting.h"
#include "mb-token-verb.h"

/* What a shell reports for a program that a signal ended. */
#define STATUS_SIGNALLED 128
/* One wish to end may come as several signals: from a terminal and from a parent, or, by timeout(1),
 * to the process and to its group. */
#define SAME_WISH_US (500 * 1000)

typedef struct {
  MbDaemon *daemon;
  GMainLoop *loop;
  char **argv;        /* not owned */
  char **environment; /* not owned */
  int status;
  gint64 stopping_us; /* monotonic time of the first signal; 0 means none yet */
  int terminal;       /* owned; the one it was started from; -1 means none */
} Program;

static gboolean
take_signal (Program *program, int number)
{
  gint64 now_us = g_get_monotonic_time ();

  if (program->stopping_us == 0) {
    program->stopping_us = now_us;
    mb_daemon_stop (program->daemon);
  } else if (now_us - program->stopping_us > SAME_WISH_US) {
    /* In a hurry: a worker is told so by the kernel when its host is gone. */
    _exit (STATUS_SIGNALLED + number);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer user_data)
{
  return take_signal (user_data, SIGINT);
}

static gboolean
on_terminate (gpointer user_data)
{
  return take_signal (user_data, SIGTERM);
}

/* By the command line and the environment that it was started with. */
static void
reload (Program *program)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbOptions) options =
      mb_options_new ((const char *const *) program->argv, program->environment, &error);

  mb_daemon_reload (program->daemon, options, error);
}

/* The signal has two meanings: the terminal is gone (which says so once by itself and once by its
 * shell), and, to a host, "read your files again". A terminal that is gone is none any more. */
static gboolean
on_hang_up (gpointer user_data)
{
  Program *program = user_data;
  gboolean is_terminal_gone = program->terminal >= 0 && !isatty (program->terminal);

  if (is_terminal_gone || !mb_daemon_is_hosting (program->daemon))
    mb_daemon_stop (program->daemon);
  else
    reload (program);
  return G_SOURCE_CONTINUE;
}

static gboolean
is_ignored (int number)
{
  struct sigaction action;

  return sigaction (number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static void
on_daemon_ended (MbDaemon *daemon, int status, Program *program)
{
  program->status = status;
  g_main_loop_quit (program->loop);
}

static gboolean
has_secrets (MbOptions *options)
{
  return options->token != NULL || options->auth_secret_file != NULL ||
         options->tls_certificate != NULL || options->ice_turn_secret_file != NULL ||
         options->metrics_token_file != NULL;
}

/* What is in memory would be in a core, which whoever collects cores can read. */
static void
forbid_cores (void)
{
  const struct rlimit none = {0, 0};

  setrlimit (RLIMIT_CORE, &none);
}

static int
run (MbOptions *options, char **argv, char **environment)
{
  g_autoptr (MbDaemon) daemon = mb_daemon_new (options);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  Program program = {.daemon = daemon,
      .loop = loop,
      .argv = argv,
      .environment = environment,
      .status = -1,
      .terminal = open ("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)};

  if (has_secrets (options))
    forbid_cores ();
  /* A peer or reader that goes away is an error where it is written to, not the program's end. */
  signal (SIGPIPE, SIG_IGN);
  g_unix_signal_add (SIGINT, on_interrupt, &program);
  g_unix_signal_add (SIGTERM, on_terminate, &program);
  /* Under nohup it stays without effect. */
  if (!is_ignored (SIGHUP))
    g_unix_signal_add (SIGHUP, on_hang_up, &program);
  g_signal_connect (daemon, "ended", G_CALLBACK (on_daemon_ended), &program);
  if (!mb_daemon_start (daemon, &error)) {
    mb_log_error_line (error->message);
    return mb_error_get_exit_status (error);
  }
  if (program.status < 0)
    g_main_loop_run (loop);
  return program.status;
}

static int
show_pipelines (MbOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (options->action == MB_OPTIONS_LIST_PIPELINES) {
    text = mb_pipelines_list ();
  } else {
    text = mb_pipelines_check (options->checked_pipeline, &error);
    if (error != NULL) {
      mb_log_error_line (error->message);
      return mb_error_get_exit_status (error);
    }
  }
  fputs (text, stdout);
  return 0;
}

static int
show_config (MbOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (!mb_daemon_check (options, &error)) {
    mb_log_error_line (error->message);
    return mb_error_get_exit_status (error);
  }
  text = options->action == MB_OPTIONS_PRINT_CONFIG
             ? mb_settings_print (options->settings)
             : g_strdup ("meshbot: the configuration is good\n");
  fputs (text, stdout);
  return 0;
}

static int
run_token (char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = mb_token_verb_run ((const char *const *) argv + 1, &error);

  if (text == NULL) {
    mb_log_error_line (error->message);
    return mb_error_get_exit_status (error);
  }
  fputs (text, stdout);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbOptions) options = NULL;
  g_auto (GStrv) environment = g_get_environ ();

  if (mb_archive_verb_is_meant (argc, argv))
    return mb_archive_verb_run (argv);
  if (argc > 1 && g_str_equal (argv[1], "token"))
    return run_token (argv);
  options = mb_options_new ((const char *const *) argv, environment, &error);
  if (options == NULL) {
    mb_log_error_line (error->message);
    return mb_error_get_exit_status (error);
  }
  if (options->action == MB_OPTIONS_HELP) {
    g_autofree char *help = mb_options_get_help ();

    fputs (help, stdout);
    return 0;
  }
  if (options->action == MB_OPTIONS_VERSION) {
    puts ("meshbot " MESHBOT_VERSION);
    return 0;
  }
  if (options->action == MB_OPTIONS_LIST_PIPELINES || options->action == MB_OPTIONS_CHECK_PIPELINE)
    return show_pipelines (options);
  mb_log_init (options->log_level, options->log_format);
  if (options->action == MB_OPTIONS_CHECK_CONFIG || options->action == MB_OPTIONS_PRINT_CONFIG)
    return show_config (options);
  if (g_strv_contains ((const char *const *) options->reports, "-"))
    mb_log_say_on_stderr ();
  return run (options, argv, environment);
}
