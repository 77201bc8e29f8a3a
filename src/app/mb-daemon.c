/* mb-daemon.c: the program's one object: hosts, takes part, or both
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   meshbot --room x            MbServer here, MbWorker: a child that has the MbJob
 *   meshbot --server URL …      MbJob here
 *
 * Ends when the job or the worker does, or when it is told to stop: first whoever takes part
 * leaves, then the server is drained.
 */
#include "mb-daemon.h"

#include "mb-error.h"
#include "mb-host-config.h"
#include "mb-job.h"
#include "mb-json-span.h"
#include "mb-log.h"
#include "mb-metrics-outlet.h"
#include "mb-option-values.h"
#include "mb-privilege.h"
#include "mb-probe.h"
#include "mb-server.h"
#include "mb-service.h"
#include "mb-setting.h"
#include "mb-worker.h"

#define STOP_MS 4700
/* How often the service manager is told how many are here, where it asks for nothing more often. */
#define STATUS_MS 5000
/* As long as a host may run. */
#define WORKER_TOKEN_S (10 * 365 * 24 * 3600)

struct _MbDaemon {
  GObject parent_instance;

  MbOptions *options;
  MbService *service;

  MbServer *server;        /* (nullable) */
  MbWorker *worker;        /* (nullable) */
  MbJob *job;              /* (nullable) */
  MbMetricsOutlet *outlet; /* (nullable) of the job */
  GSource *stop_timer;     /* (nullable) */
  GSource *beat;           /* (nullable) where there is no server whose loop beats */
  int status;
  gboolean told_to_stop;
  gboolean stopping;
  gboolean ended;
};

enum {
  SIGNAL_ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbDaemon, mb_daemon, G_TYPE_OBJECT)

/**
 * mb_daemon_new:
 *
 * Before there is a second thread: takes what is meant for this process out of the environment.
 */
MbDaemon *
mb_daemon_new (MbOptions *options)
{
  MbDaemon *self = g_object_new (MB_TYPE_DAEMON, NULL);

  self->options = mb_options_ref (options);
  self->service = mb_service_new ();
  return self;
}

static void
end (MbDaemon *self)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  g_clear_pointer (&self->stop_timer, g_source_destroy);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, self->status);
}

static void
on_server_drained (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MbDaemon) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!mb_server_drain_finish (MB_SERVER (object), result, &error)) {
    g_warning ("the host did not end cleanly: %s", error->message);
    if (self->status == 0)
      self->status = 1;
  }
  end (self);
}

static void
tell_status (MbDaemon *self)
{
  unsigned int n_rooms = 0;
  unsigned int n_members = 0;
  g_autofree char *status = NULL;

  mb_server_count (self->server, &n_rooms, &n_members);
  status = g_strdup_printf ("%s %u connections, %u rooms",
      self->told_to_stop ? "going away:" : mb_server_get_url (self->server), n_members, n_rooms);
  mb_service_tell_status (self->service, status);
}

/* By the loop that serves members. */
static void
on_server_beat (gpointer user_data)
{
  MbDaemon *self = user_data;

  if (mb_service_get_beat_ms (self->service) != 0)
    mb_service_beat (self->service);
  tell_status (self);
}

static gboolean
on_beat (gpointer user_data)
{
  mb_service_beat (MB_DAEMON (user_data)->service);
  return G_SOURCE_CONTINUE;
}

/* It is up: whoever started it may go on, and expects to hear from it. */
static void
begin_to_beat (MbDaemon *self)
{
  unsigned int beat_ms = mb_service_get_beat_ms (self->service);

  mb_service_tell_ready (self->service);
  if (self->server != NULL) {
    mb_server_set_beat (self->server, beat_ms != 0 ? beat_ms : STATUS_MS, on_server_beat, self);
  } else if (beat_ms != 0) {
    self->beat = g_timeout_source_new (beat_ms);
    g_source_set_callback (self->beat, on_beat, self, NULL);
    g_source_attach (self->beat, g_main_context_get_thread_default ());
    g_source_unref (self->beat);
  }
}

static gboolean
on_stop_time (gpointer user_data)
{
  MbDaemon *self = user_data;

  g_clear_pointer (&self->stop_timer, g_source_destroy);
  g_warning ("not everything ended within %d ms", STOP_MS);
  if (self->status == 0)
    self->status = 1;
  end (self);
  return G_SOURCE_REMOVE;
}

/* The end has begun, whatever began it: nothing after this takes longer than STOP_MS. */
static void
begin_to_stop (MbDaemon *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  if (!self->told_to_stop)
    mb_service_tell_stopping (self->service, STOP_MS);
  self->stop_timer = g_timeout_source_new (STOP_MS);
  g_source_set_callback (self->stop_timer, on_stop_time, self, NULL);
  g_source_attach (self->stop_timer, g_main_context_get_thread_default ());
  g_source_unref (self->stop_timer);
}

/* Whoever took part has left; the rooms close next. */
static void
finish (MbDaemon *self)
{
  begin_to_stop (self);
  if (self->server != NULL)
    mb_server_drain_async (self->server, on_server_drained, g_object_ref (self));
  else
    end (self);
}

static void
on_taking_part_ended (GObject *emitter, int status, MbDaemon *self)
{
  if (self->status == 0)
    self->status = status;
  finish (self);
}

static gboolean
start_job (MbDaemon *self, const char *server_url, GError **error)
{
  g_autoptr (GError) failure = NULL;

  self->job = mb_job_new (self->options, server_url);
  g_signal_connect_object (
      self->job, "ended", G_CALLBACK (on_taking_part_ended), self, G_CONNECT_DEFAULT);
  self->outlet = mb_metrics_outlet_new (self->options, self->job, &failure);
  if (failure != NULL) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  }
  return mb_job_start (self->job, error);
}

/* The host's own bot needs a token like everybody else; where the host can, it makes one. */
static char *
make_worker_token (MbDaemon *self)
{
  g_autofree char *claims =
      g_strdup_printf ("{\"sub\":\"meshbot\",\"room\":\"*\",\"grants\":["
                       "\"join\",\"create\",\"publish\",\"record\",\"relay\"],"
                       "\"exp\":%" G_GINT64_FORMAT,
          g_get_real_time () / G_USEC_PER_SEC + WORKER_TOKEN_S);
  g_autoptr (GString) text = g_string_new (claims);

  if (self->options->auth_issuer != NULL) {
    g_string_append (text, ",\"iss\":");
    mb_json_append_string (text, self->options->auth_issuer);
  }
  if (self->options->auth_audiences[0] != NULL) {
    g_string_append (text, ",\"aud\":");
    mb_json_append_string (text, self->options->auth_audiences[0]);
  }
  g_string_append_c (text, '}');
  return mb_server_make_token (self->server, text->str);
}

static gboolean
start_worker (MbDaemon *self, GError **error)
{
  gboolean is_secure = self->options->tls_certificate != NULL;
  g_autofree char *own =
      mb_probe_make_url (self->options->listen_address, mb_server_get_port (self->server));
  const char *url = is_secure ? mb_server_get_inner_url (self->server) : own;
  g_autofree char *token = NULL;
  g_autofree char *room = mb_value_expand (self->options->room, 1, 1, g_get_host_name ());

  mb_log_say ("open %s/room.html?id=%s", is_secure ? mb_server_get_url (self->server) : own, room);
  if (self->options->token == NULL && self->options->auth_wants_tokens)
    token = make_worker_token (self);
  self->worker = mb_worker_new (self->options, url, token);
  g_signal_connect_object (
      self->worker, "ended", G_CALLBACK (on_taking_part_ended), self, G_CONNECT_DEFAULT);
  return mb_worker_start (self->worker, error);
}

/* Everything that needs root is done once the port is taken. */
static gboolean
drop_privilege (gpointer user_data, GError **error)
{
  MbDaemon *self = user_data;

  return self->options->user == NULL || mb_privilege_drop (self->options->user, error);
}

/* Another program has the address: a meshbot is joined, anything else is in the way. */
static gboolean
join_other (MbDaemon *self, GError *conflict, GError **error)
{
  const char *address = self->options->listen_address;
  guint16 port = self->options->listen_port;
  g_autofree char *url = mb_probe_make_url (address, port);

  if (self->options->tls_certificate != NULL || !mb_probe_is_meshbot (address, port)) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "%s; another program has the address, take another port with --listen", conflict->message);
    return FALSE;
  }
  if (self->options->room == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "a meshbot already serves %s; take part there with --room, or --listen on another port",
        url);
    return FALSE;
  }
  mb_log_say ("a meshbot already serves %s, joining that one", url);
  return drop_privilege (self, error) && start_job (self, url, error);
}

static char *
read_worker_metrics (gpointer user_data)
{
  MbDaemon *self = user_data;

  return self->worker != NULL ? mb_worker_read_metrics (self->worker) : g_strdup ("");
}

static gboolean
make_server (MbDaemon *self, GError **error)
{
  MbHostConfig config;

  mb_host_config_init (&config, self->options);
  if (!mb_service_take_listener (self->service, &config.server.listen_fd, error))
    return FALSE;
  config.server.bound = drop_privilege;
  config.server.bound_data = self;
  config.server.more_metrics = read_worker_metrics;
  config.server.more_metrics_data = self;
  self->server = mb_server_new (&config.server, error);
  return self->server != NULL;
}

static gboolean
start_host (MbDaemon *self, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!make_server (self, &reason)) {
    if (g_error_matches (reason, MB_ERROR, MB_ERROR_CONFLICT))
      return join_other (self, reason, error);
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  mb_log_say ("serving %s", mb_server_get_url (self->server));
  if (mb_server_get_metrics_port (self->server) != 0)
    g_message ("port %u has the metrics", mb_server_get_metrics_port (self->server));
  if (mb_server_get_redirect_port (self->server) != 0)
    g_message ("port %u sends callers to https", mb_server_get_redirect_port (self->server));
  return self->options->room == NULL || start_worker (self, error);
}

/* For the whole process: whatever it asks of servers, it asks by GLib's TLS. */
static gboolean
trust (const char *ca_file, GError **error)
{
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (ca_file, error);

  if (database != NULL)
    g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
  return database != NULL;
}

static gboolean
start (MbDaemon *self, GError **error)
{
  if (self->options->server_url == NULL)
    return start_host (self, error);
  return drop_privilege (self, error) && start_job (self, self->options->server_url, error);
}

/**
 * mb_daemon_start:
 *
 * Prints the ready line once the host serves.
 *
 * Returns: %FALSE with an error whose exit status the program ends with
 */
gboolean
mb_daemon_start (MbDaemon *self, GError **error)
{
  if (self->options->ca_file != NULL && !trust (self->options->ca_file, error))
    return FALSE;
  if (self->options->room != NULL && !mb_job_check (self->options, error))
    return FALSE;
  if (!start (self, error))
    return FALSE;
  if (self->server != NULL && mb_privilege_is_root ())
    g_warning ("this runs as root, which it needs for nothing; --user NAME makes it somebody else");
  begin_to_beat (self);
  return TRUE;
}

gboolean
mb_daemon_is_hosting (MbDaemon *self)
{
  return self->server != NULL;
}

/* What has changed and is not for a running host, with where it stands. */
static void
tell_of_the_rest (MbOptions *before, MbOptions *after)
{
  g_auto (GStrv) names = mb_settings_list_changes (before->settings, after->settings);

  for (guint i = 0; names[i] != NULL; i++) {
    const MbSetting *setting = mb_settings_find (after->settings, names[i]);

    if ((mb_option_find (names[i])->flags & MB_OPTION_RELOADED) == 0)
      g_warning ("%s: %s has changed, which takes a restart",
          setting != NULL ? setting->where : "configuration", names[i]);
  }
}

/**
 * mb_daemon_reload:
 * @options: (nullable): read anew, by the same command line; %NULL where they are wrong
 * @error: (nullable): why they are wrong
 *
 * A host takes what it can take while it runs, reads keys and certificates again, and says what takes a
 * restart. Where anything is wrong everything stays.
 */
void
mb_daemon_reload (MbDaemon *self, MbOptions *options, const GError *error)
{
  g_autoptr (GError) reason = NULL;
  MbHostConfig config;
  gboolean is_good = FALSE;

  if (self->server == NULL || self->stopping)
    return;
  if (options == NULL) {
    g_critical ("not reloaded, everything stays as it was: %s", error->message);
    return;
  }
  mb_service_tell_reloading (self->service);
  mb_host_config_init (&config, options);
  /* These take a restart. */
  config.server.tls_certificate = self->options->tls_certificate;
  config.server.tls_key = self->options->tls_key;
  config.auth.wants_tokens = self->options->auth_wants_tokens;
  is_good = mb_server_reload (self->server, &config.server, &reason);
  mb_service_tell_ready (self->service);
  if (!is_good) {
    g_critical ("not reloaded, everything stays as it was: %s", reason->message);
    return;
  }
  tell_of_the_rest (self->options, options);
  mb_log_set_level (options->log_level, options->log_format);
  g_message ("read the files again");
}

/**
 * mb_daemon_check:
 *
 * For `--check-config`: whether a start with these options could do, as far as files tell.
 */
gboolean
mb_daemon_check (MbOptions *options, GError **error)
{
  MbHostConfig config;

  if (options->room != NULL && !mb_job_check (options, error))
    return FALSE;
  mb_host_config_init (&config, options);
  return options->server_url != NULL || mb_server_check (&config.server, error);
}

/* Whoever takes part leaves first. */
static void
leave (MbDaemon *self)
{
  begin_to_stop (self);
  if (self->worker != NULL)
    mb_worker_stop (self->worker);
  else if (self->job != NULL)
    mb_job_stop (self->job);
  else
    finish (self);
}

static void
on_server_lingered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MbDaemon) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!mb_server_linger_finish (MB_SERVER (object), result, &error))
    g_debug ("%s", error->message);
  /* What was started beside the host may have ended meanwhile, and taken the host with it. */
  if (self->stopping)
    return;
  mb_server_leave_callers (self->server);
  leave (self);
}

/**
 * mb_daemon_stop:
 *
 * A host takes no newcomers from here on, and serves those who are in on for as long as it is
 * configured to. Then all leave, files are finished, the rooms close; "ended" follows within 5 s.
 */
void
mb_daemon_stop (MbDaemon *self)
{
  if (self->told_to_stop || self->stopping)
    return;
  self->told_to_stop = TRUE;
  mb_service_tell_stopping (self->service, (unsigned int) self->options->drain_ms + STOP_MS);
  if (self->server != NULL)
    mb_server_linger_async (self->server, (unsigned int) self->options->drain_ms,
        on_server_lingered, g_object_ref (self));
  else
    leave (self);
}

static void
mb_daemon_dispose (GObject *object)
{
  MbDaemon *self = MB_DAEMON (object);

  g_clear_pointer (&self->stop_timer, g_source_destroy);
  g_clear_pointer (&self->beat, g_source_destroy);
  g_clear_object (&self->worker);
  g_clear_pointer (&self->outlet, mb_metrics_outlet_free);
  g_clear_object (&self->job);
  g_clear_object (&self->server);
  G_OBJECT_CLASS (mb_daemon_parent_class)->dispose (object);
}

static void
mb_daemon_finalize (GObject *object)
{
  MbDaemon *self = MB_DAEMON (object);

  g_clear_pointer (&self->service, mb_service_free);
  g_clear_pointer (&self->options, mb_options_unref);
  G_OBJECT_CLASS (mb_daemon_parent_class)->finalize (object);
}

static void
mb_daemon_class_init (MbDaemonClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = mb_daemon_dispose;
  object_class->finalize = mb_daemon_finalize;

  /**
   * MbDaemon::ended:
   * @status: the exit status
   *
   * Emitted once. The handler may drop the emitter.
   */
  signals[SIGNAL_ENDED] = g_signal_new (
      "ended", MB_TYPE_DAEMON, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
mb_daemon_init (MbDaemon *self)
{
}
