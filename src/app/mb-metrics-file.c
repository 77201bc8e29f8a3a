/* mb-metrics-file.c: the process' metrics in a file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prometheus text, replaced as a whole, for node_exporter's textfile collector: a bot serves nothing
 * over HTTP. Written in a thread; a disk that is slow gets the next one later.
 */
#include "mb-metrics-file.h"

#include <gio/gio.h>

#include "mb-metrics.h"

#define INTERVAL_MS 5000
#define FILE_MODE 0644 /* who reads it is somebody else */

struct _MbMetricsFile {
  GObject parent;

  char *path;
  guint timer_id;
  gboolean is_writing;
  gboolean has_warned;
};

/* What a task needs to write. */
typedef struct {
  char *path;
  char *text;
} Work;

G_DEFINE_FINAL_TYPE (MbMetricsFile, mb_metrics_file, G_TYPE_OBJECT)

static void
work_free (gpointer data)
{
  Work *self = data;

  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

static void
write_offmain (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Work *work = data;
  GError *error = NULL;

  if (g_file_set_contents_full (
          work->path, work->text, -1, G_FILE_SET_CONTENTS_CONSISTENT, FILE_MODE, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MbMetricsFile *self = MB_METRICS_FILE (source);
  g_autoptr (GError) error = NULL;

  self->is_writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error) && !self->has_warned) {
    self->has_warned = TRUE;
    g_warning ("metrics cannot be written: %s", error->message);
  }
}

static gboolean
on_timer (gpointer user_data)
{
  MbMetricsFile *self = user_data;
  g_autoptr (GTask) task = NULL;
  Work *work;

  if (self->is_writing)
    return G_SOURCE_CONTINUE;
  self->is_writing = TRUE;
  work = g_new0 (Work, 1);
  work->path = g_strdup (self->path);
  work->text = mb_metrics_render (mb_metrics_get_default ());
  task = g_task_new (self, NULL, on_written, NULL);
  g_task_set_task_data (task, work, work_free);
  g_task_run_in_thread (task, write_offmain);
  return G_SOURCE_CONTINUE;
}

/**
 * mb_metrics_file_new:
 *
 * Writes the default metrics into @path every five seconds for as long as it lives.
 */
MbMetricsFile *
mb_metrics_file_new (const char *path)
{
  MbMetricsFile *self = g_object_new (MB_TYPE_METRICS_FILE, NULL);

  self->path = g_strdup (path);
  self->timer_id = g_timeout_add (INTERVAL_MS, on_timer, self);
  return self;
}

static void
mb_metrics_file_dispose (GObject *object)
{
  MbMetricsFile *self = MB_METRICS_FILE (object);

  g_clear_handle_id (&self->timer_id, g_source_remove);
  G_OBJECT_CLASS (mb_metrics_file_parent_class)->dispose (object);
}

static void
mb_metrics_file_finalize (GObject *object)
{
  MbMetricsFile *self = MB_METRICS_FILE (object);

  g_free (self->path);
  G_OBJECT_CLASS (mb_metrics_file_parent_class)->finalize (object);
}

static void
mb_metrics_file_class_init (MbMetricsFileClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_metrics_file_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_metrics_file_finalize;
}

static void
mb_metrics_file_init (MbMetricsFile *self)
{
}
