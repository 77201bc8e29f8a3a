/* mb-media.c: the media thread: one thread owns the RTP engine, posts go both ways
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Main holds an MbMedia; what main gets from it (feeds, transports) holds only the core inside, so
 * that the last of them may die anywhere, while the thread is joined by main alone.
 */
#include "mb-media.h"

#include "mb-media-core.h"

typedef struct {
  GSource source;
  MbMediaCore *core; /* not owned */
  gint64 next_us;    /* when the next turn is due; -1 means not before a post */
} TurnSource;

struct _MbMedia {
  int ref_count; /* main thread only */
  MbMediaCore *core;
  GThread *thread;       /* (nullable): NULL where it is iterated by hand */
  GMainContext *context; /* (nullable) */
  GMainLoop *loop;       /* (nullable) */
};

static gboolean
turn_source_check (GSource *source)
{
  TurnSource *self = (TurnSource *) source;

  return mb_media_core_take_wake (self->core, FALSE) ||
         (self->next_us >= 0 && self->next_us <= g_source_get_time (source));
}

static gboolean
turn_source_prepare (GSource *source, int *timeout_ms)
{
  TurnSource *self = (TurnSource *) source;

  if (turn_source_check (source))
    return TRUE;
  *timeout_ms = -1;
  if (self->next_us >= 0)
    *timeout_ms = (int) ((self->next_us - g_source_get_time (source) + 999) / 1000);
  return FALSE;
}

static gboolean
turn_source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  TurnSource *self = (TurnSource *) source;

  mb_media_core_take_wake (self->core, TRUE);
  self->next_us = mb_media_core_iterate (self->core, g_get_monotonic_time ());
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs turn_source_funcs = {
    .prepare = turn_source_prepare,
    .check = turn_source_check,
    .dispatch = turn_source_dispatch,
};

static gpointer
run (gpointer user_data)
{
  MbMedia *self = user_data;

  g_autoptr (GSource) source = g_source_new (&turn_source_funcs, sizeof (TurnSource));

  ((TurnSource *) source)->core = self->core;
  g_source_set_static_name (source, "media");
  g_source_attach (source, self->context);
  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  mb_media_core_finish (self->core, g_get_monotonic_time ());
  while (g_main_context_iteration (self->context, FALSE)) {
    /* ICE agents that were just closed say so here. */
  }
  g_main_context_pop_thread_default (self->context);
  g_source_destroy (source);
  return NULL;
}

/**
 * mb_media_new_manual:
 *
 * Returns: (transfer full): an engine without a thread, for tests: mb_media_iterate() is its turn
 */
MbMedia *
mb_media_new_manual (void)
{
  MbMedia *self = g_new0 (MbMedia, 1);

  self->ref_count = 1;
  self->core = mb_media_core_new ();
  return self;
}

/**
 * mb_media_new:
 *
 * Returns: (transfer full): an engine with its thread
 */
MbMedia *
mb_media_new (void)
{
  MbMedia *self = mb_media_new_manual ();

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  mb_media_core_set_context (self->core, self->context);
  self->thread = g_thread_new ("media", run, self);
  return self;
}

MbMedia *
mb_media_ref (MbMedia *self)
{
  self->ref_count++;
  return self;
}

static gboolean
quit (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
stop_thread (MbMedia *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* Through the context: a loop that does not run yet would forget an earlier quit. */
  g_source_set_callback (source, quit, self->loop, NULL);
  g_source_attach (source, self->context);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
}

/**
 * mb_media_unref:
 *
 * The last one stops the thread and joins it: what was posted before has run then, transports are
 * closed, and posts made later are freed unseen.
 */
void
mb_media_unref (MbMedia *self)
{
  if (--self->ref_count > 0)
    return;
  if (self->thread != NULL)
    stop_thread (self);
  else
    mb_media_core_finish (self->core, g_get_monotonic_time ());
  mb_media_core_unref (self->core);
  g_free (self);
}

/**
 * mb_media_post:
 * @func: called on the media thread
 * @data: (transfer full) (nullable): what to hand over
 * @free_data: (nullable): frees @data, run or not
 *
 * In the order of the posts. Thread: any that knows the engine lives; never waits.
 */
void
mb_media_post (MbMedia *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data)
{
  mb_media_core_post (self->core, func, data, free_data);
}

/**
 * mb_media_iterate:
 * @now_us: what the engine takes for the time
 *
 * One turn of an engine without a thread.
 */
void
mb_media_iterate (MbMedia *self, gint64 now_us)
{
  g_return_if_fail (self->thread == NULL);

  mb_media_core_iterate (self->core, now_us);
}

MbMediaCore *
mb_media_get_core (MbMedia *media)
{
  return media->core;
}
