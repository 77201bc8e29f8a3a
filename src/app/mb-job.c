/* mb-job.c: what takes part in rooms: the source, and a mesh a bot
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   MbJob ─┬─ MbMedia          one engine
 *          ├─ MbSources        one encode, whatever the number of bots
 *          └─ Bot* ── MbMesh   --rooms × --count
 *
 * A bot is started, joins, and ends by itself after its duration, by mb_job_stop(), or since it
 * failed; one that failed does not stop the others. The job ends when the last bot has.
 */
#include "mb-job.h"

#include "mb-archive-verb.h"
#include "mb-elements.h"
#include "mb-error.h"
#include "mb-limits.h"
#include "mb-log.h"
#include "mb-mesh.h"
#include "mb-metrics-file.h"
#include "mb-option-values.h"
#include "mb-pipeline-path.h"
#include "mb-progress.h"
#include "mb-report.h"
#include "mb-sources.h"
#include "mb-stats.h"
#include "mb-worker.h"

/* An --expect did not hold. */
#define MB_EXIT_EXPECTATION 3
static const char *const NO_CODECS[] = {NULL};
/* All of it together stays under the 5 s in which the program ends. */
#define LEAVE_MS 3500

typedef struct {
  MbJob *job;       /* not owned */
  MbMesh *mesh;     /* owned; NULL once it has ended */
  MbSource *source; /* (nullable) not owned; what it sends */
  MbStats *stats;   /* (nullable) owned; NULL where nothing is measured */
  GSource *leaver;  /* (nullable) leaves when the duration is over */
  GSource *idler;   /* (nullable) leaves when nobody has come by then */
  char *room;
  char *name;
  unsigned int room_number;
  gboolean joined;
  gboolean leaving;
} Bot;

struct _MbJob {
  GObject parent_instance;

  MbOptions *options;
  char *server_url;

  MbMedia *media;
  MbSources *sources;
  gboolean wants_figures; /* whatever else is measured */
  GPtrArray *bots;        /* (element-type Bot) those started so far */
  MbProgress *progress;   /* (nullable) */
  MbSpace *space;         /* (nullable) for recordings */
  MbMetricsFile *told;    /* (nullable) */
  GSubprocess *repair;    /* (nullable) of what an earlier recorder has left */
  GSource *next_timer;    /* (nullable) starts the next bot with --rate */
  GSource *last_timer;    /* (nullable) ends those that do not end by themselves */
  unsigned int n_left;    /* bots that have ended */
  int status;
  char *failure;     /* (nullable) the first of which @status is */
  gint64 started_us; /* real time */
  gboolean stopping;
  gboolean ended;
};

enum {
  SIGNAL_ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbJob, mb_job, G_TYPE_OBJECT)

static GSource *
start_timer (unsigned int delay_ms, GSourceFunc func, gpointer data)
{
  GSource *timer = g_timeout_source_new (delay_ms);

  g_source_set_callback (timer, func, data, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
  g_source_unref (timer);
  return timer;
}

static void
bot_free (gpointer data)
{
  Bot *bot = data;

  g_clear_pointer (&bot->leaver, g_source_destroy);
  g_clear_pointer (&bot->idler, g_source_destroy);
  if (bot->mesh != NULL)
    g_signal_handlers_disconnect_by_data (bot->mesh, bot);
  g_clear_object (&bot->mesh);
  g_clear_object (&bot->stats);
  g_free (bot->room);
  g_free (bot->name);
  g_free (bot);
}

/**
 * mb_job_check:
 *
 * What can be known to be wrong without GStreamer, which a host leaves alone.
 *
 * Returns: %FALSE with %MB_ERROR_USAGE for a source that there is not, or a report that could not be
 *   written
 */
gboolean
mb_job_check (MbOptions *options, GError **error)
{
  for (guint i = 0; options->sources[i] != NULL; i++) {
    g_autoptr (MbPipelineSpec) spec = NULL;
    g_autofree char *uri = NULL;

    if (mb_clip_is_named (options->sources[i]))
      uri = mb_clip_to_uri (options->sources[i], error);
    else
      spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, options->sources[i], error);
    if (spec == NULL && uri == NULL) {
      g_prefix_error (error, "--source: ");
      return FALSE;
    }
  }
  for (guint i = 0; options->reports[i] != NULL; i++)
    if (!mb_report_check_path (options->reports[i], error))
      return FALSE;
  return TRUE;
}

/**
 * mb_job_new:
 * @server_url: the server to join
 */
MbJob *
mb_job_new (MbOptions *options, const char *server_url)
{
  MbJob *self = g_object_new (MB_TYPE_JOB, NULL);

  self->options = mb_options_ref (options);
  self->server_url = g_strdup (server_url);
  return self;
}

static gboolean
check_source_elements (MbOptions *options, GError **error)
{
  for (guint i = 0; options->sources[i] != NULL; i++) {
    g_autoptr (MbPipelineSpec) spec = NULL;

    if (mb_clip_is_named (options->sources[i]))
      continue;
    spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, options->sources[i], error);
    if (spec == NULL || !mb_elements_check_launch (mb_pipeline_spec_get_launch (spec), NULL, error))
      return FALSE;
  }
  return TRUE;
}

static unsigned int
count_wanted (MbJob *self)
{
  return self->options->count * self->options->rooms;
}

static gboolean
is_judged (MbJob *self)
{
  return self->options->expects->len > 0 || self->options->reports[0] != NULL;
}

/* Where there is more than one, somebody wants to know how they are doing. */
static gboolean
is_measured (MbJob *self)
{
  return is_judged (self) || count_wanted (self) > 1;
}

static GPtrArray *
list_figures (gpointer user_data)
{
  MbJob *self = user_data;
  GPtrArray *bots = g_ptr_array_new ();

  for (guint i = 0; i < self->bots->len; i++) {
    Bot *bot = g_ptr_array_index (self->bots, i);

    if (bot->stats != NULL)
      g_ptr_array_add (bots, (gpointer) mb_stats_get_figures (bot->stats));
  }
  return bots;
}

static void
take_failure (MbJob *self, const GError *reason)
{
  if (self->status != 0)
    return;
  self->status = mb_error_get_exit_status (reason);
  self->failure = g_strdup (reason->message);
}

static void
write_reports (MbJob *self, const MbReport *report)
{
  for (guint i = 0; self->options->reports[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;

    if (mb_report_write (report, self->options->reports[i], &error))
      continue;
    mb_log_error_line (error->message);
    if (self->status == 0)
      self->status = 1;
  }
}

/* What those before this process measured is lost; that they crashed is not. */
static void
fail_if_crashed (MbJob *self)
{
  const char *crashes = g_getenv (MB_WORKER_CRASHES_VARIABLE);

  if (crashes == NULL || self->status != 0)
    return;
  self->status = 1;
  self->failure = g_strdup_printf ("the bot crashed before (%s times); this is what it measured "
                                   "since it was started again",
      crashes);
}

/* Everybody has left: what was measured is judged and told. */
static void
conclude (MbJob *self)
{
  g_autoptr (GPtrArray) bots = list_figures (self);
  g_autoptr (MbVerdict) verdict = NULL;
  g_autofree char *summary = NULL;
  MbReport report = {
      .level = self->options->measure, .seed = self->options->seed, .started_us = self->started_us};

  g_clear_pointer (&self->progress, mb_progress_free);
  if (!is_judged (self))
    return;
  fail_if_crashed (self);
  verdict = mb_verdict_new (self->options->expects, bots);
  if (self->status == 0 && !verdict->ok)
    self->status = MB_EXIT_EXPECTATION;
  report.verdict = verdict;
  report.bots = bots;
  report.status = self->status;
  report.failure = self->failure;
  report.duration_ms = (g_get_real_time () - self->started_us) / 1000;
  summary = mb_report_to_summary (&report);
  mb_log_tell (summary);
  write_reports (self, &report);
}

static void
end (MbJob *self)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  g_clear_pointer (&self->next_timer, g_source_destroy);
  g_clear_pointer (&self->last_timer, g_source_destroy);
  mb_sources_stop (self->sources);
  conclude (self);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, self->status);
}

static void
end_if_all_left (MbJob *self)
{
  if (self->n_left == self->bots->len && (self->stopping || self->bots->len == count_wanted (self)))
    end (self);
}

static void
bot_leave (Bot *bot)
{
  if (bot->leaving || bot->mesh == NULL)
    return;
  bot->leaving = TRUE;
  if (bot->stats != NULL)
    mb_stats_end (bot->stats);
  g_clear_pointer (&bot->leaver, g_source_destroy);
  g_clear_pointer (&bot->idler, g_source_destroy);
  mb_mesh_leave (bot->mesh);
}

/* Who joined first leaves first: that the others are left alone then is nobody's fault. */
static void
end_peers_of_room (const Bot *leaving)
{
  for (guint i = 0; i < leaving->job->bots->len; i++) {
    Bot *bot = g_ptr_array_index (leaving->job->bots, i);

    if (bot->stats != NULL && bot->room_number == leaving->room_number)
      mb_stats_end_peers (bot->stats);
  }
}

static gboolean
on_duration_over (gpointer user_data)
{
  Bot *bot = user_data;

  g_info ("room %s: %s leaves, its time is over", bot->room, bot->name);
  end_peers_of_room (bot);
  bot_leave (bot);
  return G_SOURCE_REMOVE;
}

static gboolean
on_idle (gpointer user_data)
{
  Bot *bot = user_data;

  g_message ("room %s: %s leaves, nobody else is there", bot->room, bot->name);
  bot_leave (bot);
  return G_SOURCE_REMOVE;
}

static void
watch_company (Bot *bot)
{
  g_clear_pointer (&bot->idler, g_source_destroy);
  if (bot->job->options->idle_ms > 0 && !bot->leaving && mb_mesh_count_peers (bot->mesh) == 0)
    bot->idler =
        start_timer ((unsigned int) MIN (bot->job->options->idle_ms, G_MAXUINT), on_idle, bot);
}

static void
on_company_changed (MbMesh *mesh, GObject *peer, Bot *bot)
{
  watch_company (bot);
}

static void
on_mesh_joined (MbMesh *mesh, Bot *bot)
{
  g_info ("room %s: %s has joined as %s", bot->room, bot->name, mb_mesh_get_own_id (mesh));
  watch_company (bot);
  if (bot->joined)
    return;
  bot->joined = TRUE;
  if (bot->job->options->duration_ms > 0 && !bot->leaving)
    bot->leaver = start_timer (
        (unsigned int) MIN (bot->job->options->duration_ms, G_MAXUINT), on_duration_over, bot);
}

static void
on_mesh_left (MbMesh *mesh, Bot *bot)
{
  g_autoptr (MbJob) job = g_object_ref (bot->job);

  g_info ("room %s: %s has left", bot->room, bot->name);
  if (job->options->on_finish != NULL) {
    g_autofree char *folder = g_build_filename (job->options->record_dir, bot->room, NULL);

    mb_archive_verb_hand_over (folder, job->options->on_finish);
  }
  if (bot->stats != NULL)
    mb_stats_end (bot->stats);
  g_signal_handlers_disconnect_by_data (bot->mesh, bot);
  g_clear_pointer (&bot->leaver, g_source_destroy);
  g_clear_pointer (&bot->idler, g_source_destroy);
  g_clear_object (&bot->mesh);
  job->n_left++;
  end_if_all_left (job);
}

static void
on_mesh_failed (MbMesh *mesh, GError *reason, Bot *bot)
{
  g_autofree char *line = NULL;

  if (bot->leaving)
    return;
  line = g_strdup_printf ("room %s: %s", bot->room, reason->message);
  mb_log_error_line (line);
  take_failure (bot->job, reason);
  if (bot->stats != NULL)
    mb_stats_add_error (bot->stats, reason->message);
  bot_leave (bot);
}

/* Where in a file each bot begins: evenly apart in a room, the first anywhere. Names in RTCP: one each. */
static void
choose_by_seed (MbJob *self, MbSourceUser *user, char **cname)
{
  const guint32 seeds[] = {(guint32) self->options->seed, user->index};
  g_autoptr (GRand) room = g_rand_new_with_seed ((guint32) self->options->seed);
  g_autoptr (GRand) bot = g_rand_new_with_seed_array (seeds, G_N_ELEMENTS (seeds));
  double first = self->options->loop && self->options->count > 1 ? g_rand_double (room) : 0;
  double place = first + (double) (user->number - 1) / self->options->count;

  user->place = place < 1 ? place : place - 1;
  *cname = g_strdup_printf ("%08x%08x", g_rand_int (bot), g_rand_int (bot));
}

static gboolean
start_bot (MbJob *self, GError **error)
{
  unsigned int index = self->bots->len;
  unsigned int room = index / self->options->count + 1;
  unsigned int number = index % self->options->count + 1;
  const char *host_name = g_get_host_name ();
  MbSourceUser user = {.index = index, .number = number};
  g_autofree char *cname = NULL;
  Bot *bot = g_new0 (Bot, 1);
  MbMeshConfig config = {
      .server_url = self->server_url,
      .token = self->options->token,
      /* Whoever records is marked as such to the people in the room, whatever else it does. */
      .role = self->options->record_dir != NULL ? MB_ROLE_RECORDER : MB_ROLE_BOT,
      .record_dir = self->options->record_dir,
      .recording = {.split = {self->options->split_ms, self->options->split_bytes},
          .keeps_corrupt = self->options->keeps_corrupt,
          .max_queue_bytes = (unsigned int) self->options->write_buffer_bytes},
      .space = self->space,
      .record_on_finish = self->options->on_finish != NULL,
      .record_audio_only = self->options->audio_only,
      .receive_codecs =
          self->options->audio_only ? NO_CODECS : (const char *const *) self->options->codecs,
      .ice_servers = self->options->ice_servers[0] != NULL
                         ? (const char *const *) self->options->ice_servers
                         : NULL,
      .relay_only = self->options->relay_only,
  };

  bot->job = self;
  bot->room_number = room;
  bot->room = mb_value_expand (self->options->room, number, room, host_name);
  bot->name = mb_value_expand (self->options->name, number, room, host_name);
  config.room_id = bot->room;
  config.display_name = bot->name;
  g_ptr_array_add (self->bots, bot);
  choose_by_seed (self, &user, &cname);
  config.cname = cname;
  user.name = bot->name;
  if (mb_sources_get (self->sources, &user, &bot->source, error))
    bot->mesh = mb_mesh_new (self->media, bot->source, &config, error);
  if (bot->mesh == NULL) {
    self->n_left++;
    return FALSE;
  }
  if (is_measured (self) || self->wants_figures) {
    bot->stats =
        mb_stats_new (self->media, bot->mesh, self->options->measure, bot->name, bot->room);
    mb_stats_set_chance (bot->stats, cname, user.place);
  }
  g_signal_connect (bot->mesh, "joined", G_CALLBACK (on_mesh_joined), bot);
  g_signal_connect (bot->mesh, "peer-added", G_CALLBACK (on_company_changed), bot);
  g_signal_connect (bot->mesh, "peer-removed", G_CALLBACK (on_company_changed), bot);
  g_signal_connect (bot->mesh, "left", G_CALLBACK (on_mesh_left), bot);
  g_signal_connect (bot->mesh, "failed", G_CALLBACK (on_mesh_failed), bot);
  mb_mesh_start (bot->mesh);
  return TRUE;
}

static void
fail (MbJob *self, const GError *reason)
{
  mb_log_error_line (reason->message);
  take_failure (self, reason);
  mb_job_stop (self);
}

static gboolean
on_next_time (gpointer user_data)
{
  MbJob *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!start_bot (self, &error)) {
    fail (self, error);
    return G_SOURCE_REMOVE;
  }
  if (self->bots->len < count_wanted (self))
    return G_SOURCE_CONTINUE;
  self->next_timer = NULL;
  return G_SOURCE_REMOVE;
}

static void
on_source_failed (MbSources *sources, GError *reason, MbJob *self)
{
  for (guint i = 0; i < self->bots->len; i++) {
    Bot *bot = g_ptr_array_index (self->bots, i);

    if (bot->stats != NULL)
      mb_stats_add_error (bot->stats, reason->message);
  }
  fail (self, reason);
}

/* What was sent to its end; who sent it leaves. */
static void
on_source_ended (MbSources *sources, MbSource *source, MbJob *self)
{
  g_autoptr (MbJob) alive = g_object_ref (self);

  for (guint i = 0; i < self->bots->len; i++) {
    Bot *bot = g_ptr_array_index (self->bots, i);

    if (bot->source == NULL || !mb_source_has_part (bot->source, source) || bot->leaving ||
        bot->mesh == NULL)
      continue;
    end_peers_of_room (bot);
    bot_leave (bot);
  }
}

/**
 * mb_job_start:
 *
 * Returns: %FALSE with an error whose exit status the program ends with; then nothing is running
 */
gboolean
mb_job_start (MbJob *self, GError **error)
{
  if (!mb_limits_check (self->options, error) ||
      !mb_elements_ensure (self->options->record_dir != NULL, error) ||
      !check_source_elements (self->options, error))
    return FALSE;
  self->started_us = g_get_real_time ();
  if (self->options->record_dir != NULL) {
    MbSpaceLimits limits = {
        self->options->min_free_bytes, self->options->quota_bytes, self->options->room_quota_bytes};

    self->repair = mb_archive_verb_repair (self->options->record_dir);
    self->space = mb_space_new (self->options->record_dir, &limits);
  }
  if (self->options->metrics_file != NULL)
    self->told = mb_metrics_file_new (self->options->metrics_file);
  if (self->options->on_finish != NULL)
    mb_archive_verb_hand_over (self->options->record_dir, self->options->on_finish);
  self->media = mb_media_new ();
  self->sources = mb_sources_new (self->media, self->options);
  g_signal_connect_object (
      self->sources, "failed", G_CALLBACK (on_source_failed), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      self->sources, "ended", G_CALLBACK (on_source_ended), self, G_CONNECT_DEFAULT);
  if (is_measured (self))
    self->progress = mb_progress_new (count_wanted (self), list_figures, self);
  if (self->options->rate > 0 && count_wanted (self) > 1) {
    if (!start_bot (self, error))
      return FALSE;
    self->next_timer = start_timer (MAX (1, 1000 / self->options->rate), on_next_time, self);
    return TRUE;
  }
  while (self->bots->len < count_wanted (self))
    if (!start_bot (self, error))
      return FALSE;
  return TRUE;
}

static gboolean
on_last_time (gpointer user_data)
{
  MbJob *self = user_data;

  self->last_timer = NULL;
  g_warning ("%u of %u bots did not end within %d ms", self->bots->len - self->n_left,
      self->bots->len, LEAVE_MS);
  if (self->status == 0)
    self->status = 1;
  end (self);
  return G_SOURCE_REMOVE;
}

/**
 * mb_job_want_figures:
 *
 * Before the start: all bots measure, even where nothing is judged or reported.
 */
void
mb_job_want_figures (MbJob *self)
{
  self->wants_figures = TRUE;
}

/**
 * mb_job_list_figures:
 *
 * Returns: (transfer container) (element-type MbBotFigures): of all bots that measure
 */
GPtrArray *
mb_job_list_figures (MbJob *self)
{
  return list_figures (self);
}

/**
 * mb_job_stop:
 *
 * Every bot leaves its room and finishes its files; "ended" follows within 4 s.
 */
void
mb_job_stop (MbJob *self)
{
  if (self->stopping)
    return;
  self->stopping = TRUE;
  g_clear_pointer (&self->next_timer, g_source_destroy);
  self->last_timer = start_timer (LEAVE_MS, on_last_time, self);
  /* All of them before the first leaves, which the others would see. */
  for (guint i = 0; i < self->bots->len; i++) {
    Bot *bot = g_ptr_array_index (self->bots, i);

    if (bot->stats != NULL)
      mb_stats_end (bot->stats);
  }
  for (guint i = 0; i < self->bots->len; i++)
    bot_leave (g_ptr_array_index (self->bots, i));
  end_if_all_left (self);
}

static void
mb_job_dispose (GObject *object)
{
  MbJob *self = MB_JOB (object);

  g_clear_pointer (&self->next_timer, g_source_destroy);
  g_clear_pointer (&self->last_timer, g_source_destroy);
  g_clear_pointer (&self->progress, mb_progress_free);
  g_clear_object (&self->repair);
  g_clear_object (&self->space);
  g_clear_object (&self->told);
  g_ptr_array_set_size (self->bots, 0);
  g_clear_object (&self->sources);
  g_clear_pointer (&self->media, mb_media_unref);
  G_OBJECT_CLASS (mb_job_parent_class)->dispose (object);
}

static void
mb_job_finalize (GObject *object)
{
  MbJob *self = MB_JOB (object);

  g_clear_pointer (&self->bots, g_ptr_array_unref);
  g_clear_pointer (&self->options, mb_options_unref);
  g_free (self->failure);
  g_free (self->server_url);
  G_OBJECT_CLASS (mb_job_parent_class)->finalize (object);
}

static void
mb_job_class_init (MbJobClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = mb_job_dispose;
  object_class->finalize = mb_job_finalize;

  /**
   * MbJob::ended:
   * @status: the exit status of the work
   *
   * Emitted once; every bot has left and every file is finished, or time was up. The handler may
   * drop the emitter.
   */
  signals[SIGNAL_ENDED] = g_signal_new (
      "ended", MB_TYPE_JOB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
mb_job_init (MbJob *self)
{
  self->bots = g_ptr_array_new_with_free_func (bot_free);
}
