/* mb-reactor.c: all sockets of the host in one epoll set that is a single GSource
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One GSource a socket makes each turn of a GMainContext O(sockets), and GLib 2.74 takes a
 * source's file descriptors out of the poll set and puts them back around every dispatch, with a
 * write to an eventfd each time. So there is one source with one descriptor, marked recursive
 * (which spares that dance), and the kernel keeps the list.
 */
#include "mb-reactor.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mb-error.h"

#define EVENTS_PER_TURN 256
/* A socket is read at most this much in a turn, so that nobody starves the others. */
#define SCRATCH_BYTES (64 * 1024)
/* Taken off the heap, to be fired in this turn. */
#define INDEX_DUE G_MAXUINT

typedef struct {
  GSource source;
  MbReactor *reactor; /* not owned */
  gpointer tag;       /* of the epoll descriptor */
} ReactorSource;

struct _MbReactor {
  int epoll_fd;         /* owned */
  GSource *source;      /* owned */
  GPtrArray *heap;      /* (element-type MbTimer) not owned; entry 0 is unused */
  GPtrArray *due;       /* (element-type MbTimer) (nullable entries) those of this turn */
  GQueue flushes;       /* (element-type MbFlush) not owned */
  GHashTable *orphans;  /* sockets that finish closing without an owner → their destroy */
  gint64 backlog;       /* bytes that all sockets have still to write */
  guint8 *scratch;      /* owned; read buffer that all sockets share */
  gboolean dispatching; /* a nested main loop must not enter a second time */
  int n_events;
  struct epoll_event events[EVENTS_PER_TURN];
};

static MbTimer *
heap_at (MbReactor *self, unsigned int index)
{
  return g_ptr_array_index (self->heap, index);
}

static void
heap_put (MbReactor *self, unsigned int index, MbTimer *timer)
{
  g_ptr_array_index (self->heap, index) = timer;
  timer->index = index;
}

static void
heap_rise (MbReactor *self, MbTimer *timer)
{
  unsigned int index = timer->index;

  while (index > 1 && heap_at (self, index / 2)->deadline_us > timer->deadline_us) {
    heap_put (self, index, heap_at (self, index / 2));
    index /= 2;
  }
  heap_put (self, index, timer);
}

static void
heap_sink (MbReactor *self, MbTimer *timer)
{
  unsigned int index = timer->index;

  while (index * 2 < self->heap->len) {
    unsigned int child = index * 2;

    if (child + 1 < self->heap->len &&
        heap_at (self, child + 1)->deadline_us < heap_at (self, child)->deadline_us)
      child++;
    if (heap_at (self, child)->deadline_us >= timer->deadline_us)
      break;
    heap_put (self, index, heap_at (self, child));
    index = child;
  }
  heap_put (self, index, timer);
}

void
mb_timer_init (MbTimer *timer, MbTimerFunc func, gpointer data)
{
  *timer = (MbTimer){.func = func, .data = data};
}

/**
 * mb_reactor_arm:
 * @deadline_us: an instant of the monotonic clock; one in the past fires in the next turn, never
 *   in this one
 *
 * Arms a timer, or moves one that is armed.
 */
void
mb_reactor_arm (MbReactor *self, MbTimer *timer, gint64 deadline_us)
{
  mb_reactor_disarm (self, timer);
  timer->deadline_us = deadline_us;
  timer->index = self->heap->len;
  g_ptr_array_add (self->heap, timer);
  heap_rise (self, timer);
}

void
mb_reactor_arm_in (MbReactor *self, MbTimer *timer, unsigned int delay_ms)
{
  mb_reactor_arm (self, timer, g_get_monotonic_time () + (gint64) delay_ms * 1000);
}

static void
forget_due (MbReactor *self, MbTimer *timer)
{
  for (unsigned int i = 0; i < self->due->len; i++) {
    if (g_ptr_array_index (self->due, i) == timer)
      g_ptr_array_index (self->due, i) = NULL;
  }
  timer->index = 0;
}

void
mb_reactor_disarm (MbReactor *self, MbTimer *timer)
{
  unsigned int index = timer->index;
  MbTimer *last = NULL;

  if (index == 0)
    return;
  if (index == INDEX_DUE) {
    forget_due (self, timer);
    return;
  }
  last = heap_at (self, self->heap->len - 1);

  g_ptr_array_set_size (self->heap, (int) self->heap->len - 1);
  timer->index = 0;
  if (last == timer)
    return;
  heap_put (self, index, last);
  heap_rise (self, last);
  heap_sink (self, last);
}

static void
run_timers (MbReactor *self)
{
  gint64 now_us = g_get_monotonic_time ();

  while (self->heap->len > 1 && heap_at (self, 1)->deadline_us <= now_us) {
    MbTimer *timer = heap_at (self, 1);

    mb_reactor_disarm (self, timer);
    timer->index = INDEX_DUE;
    g_ptr_array_add (self->due, timer);
  }
  for (unsigned int i = 0; i < self->due->len; i++) {
    MbTimer *timer = g_ptr_array_index (self->due, i);

    g_ptr_array_index (self->due, i) = NULL;
    if (timer == NULL)
      continue;
    timer->index = 0;
    timer->func (timer->data);
  }
  g_ptr_array_set_size (self->due, 0);
}

void
mb_watch_init (MbWatch *watch, MbWatchFunc func, gpointer data)
{
  *watch = (MbWatch){.func = func, .data = data, .fd = -1};
}

/**
 * mb_reactor_watch:
 * @fd: stays the caller's, who unwatches it before closing it
 *
 * Returns: %FALSE where the kernel takes no more of them
 */
gboolean
mb_reactor_watch (MbReactor *self, MbWatch *watch, int fd, guint32 events)
{
  struct epoll_event event = {.events = events, .data.ptr = watch};

  g_return_val_if_fail (watch->fd == -1, FALSE);
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
    return FALSE;
  watch->fd = fd;
  watch->events = events;
  return TRUE;
}

void
mb_reactor_rewatch (MbReactor *self, MbWatch *watch, guint32 events)
{
  struct epoll_event event = {.events = events, .data.ptr = watch};

  if (watch->fd == -1 || watch->events == events)
    return;
  epoll_ctl (self->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
  watch->events = events;
}

void
mb_reactor_unwatch (MbReactor *self, MbWatch *watch)
{
  if (watch->fd == -1)
    return;
  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  watch->fd = -1;
  for (int i = 0; i < self->n_events; i++) {
    if (self->events[i].data.ptr == watch)
      self->events[i].data.ptr = NULL;
  }
}

static void
run_watches (MbReactor *self)
{
  self->n_events = epoll_wait (self->epoll_fd, self->events, EVENTS_PER_TURN, 0);
  for (int i = 0; i < self->n_events; i++) {
    MbWatch *watch = self->events[i].data.ptr;

    if (watch != NULL)
      watch->func (watch->data, self->events[i].events);
  }
  self->n_events = 0;
}

void
mb_flush_init (MbFlush *flush, MbTimerFunc func, gpointer data)
{
  *flush = (MbFlush){.func = func, .data = data};
  flush->link.data = flush;
}

void
mb_reactor_flush_later (MbReactor *self, MbFlush *flush)
{
  if (flush->queued)
    return;
  flush->queued = TRUE;
  g_queue_push_tail_link (&self->flushes, &flush->link);
}

void
mb_reactor_flush_cancel (MbReactor *self, MbFlush *flush)
{
  if (!flush->queued)
    return;
  flush->queued = FALSE;
  g_queue_unlink (&self->flushes, &flush->link);
}

static void
run_flushes (MbReactor *self)
{
  GList *link = NULL;

  while ((link = g_queue_pop_head_link (&self->flushes)) != NULL) {
    MbFlush *flush = link->data;

    flush->queued = FALSE;
    flush->func (flush->data);
  }
}

static gboolean
prepare (GSource *source, int *timeout_ms)
{
  MbReactor *self = ((ReactorSource *) source)->reactor;
  gint64 left_us = 0;

  *timeout_ms = -1;
  if (self->flushes.length > 0)
    return TRUE;
  if (self->heap->len <= 1)
    return FALSE;
  left_us = heap_at (self, 1)->deadline_us - g_get_monotonic_time ();
  if (left_us <= 0)
    return TRUE;
  *timeout_ms = (int) MIN ((left_us + 999) / 1000, G_MAXINT);
  return FALSE;
}

static gboolean
timer_is_due (MbReactor *self)
{
  return self->heap->len > 1 && heap_at (self, 1)->deadline_us <= g_get_monotonic_time ();
}

static gboolean
check (GSource *source)
{
  MbReactor *self = ((ReactorSource *) source)->reactor;

  if (self->flushes.length > 0 || timer_is_due (self))
    return TRUE;
  return g_source_query_unix_fd (source, ((ReactorSource *) source)->tag) != 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  MbReactor *self = ((ReactorSource *) source)->reactor;

  if (self->dispatching)
    return G_SOURCE_CONTINUE;
  self->dispatching = TRUE;
  /* What has come before what has run out: after a moment without the processor, the answer that a
   * deadline waits for may be there already. It may have come on a connection of its own: the first
   * round accepts that, the second one reads it. */
  run_watches (self);
  if (timer_is_due (self))
    run_watches (self);
  run_timers (self);
  run_flushes (self);
  self->dispatching = FALSE;
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs reactor_funcs = {.prepare = prepare, .check = check, .dispatch = dispatch};

/**
 * mb_reactor_add_backlog:
 * @n_bytes: what a socket has more to write, or less where it is negative
 */
void
mb_reactor_add_backlog (MbReactor *self, gssize n_bytes)
{
  self->backlog += n_bytes;
}

/**
 * mb_reactor_get_backlog:
 *
 * Returns: bytes that all sockets have still to write
 */
gint64
mb_reactor_get_backlog (MbReactor *self)
{
  return self->backlog;
}

/**
 * mb_reactor_get_scratch:
 * @size: (out): its size in bytes
 *
 * Returns: (transfer none): a buffer to read into; whoever is called next may overwrite it
 */
guint8 *
mb_reactor_get_scratch (MbReactor *self, gsize *size)
{
  *size = SCRATCH_BYTES;
  return self->scratch;
}

/**
 * mb_reactor_adopt:
 * @orphan: (transfer full): something that has no owner any more and ends by itself
 * @destroy: ends it at once, when the reactor goes first
 */
void
mb_reactor_adopt (MbReactor *self, gpointer orphan, GDestroyNotify destroy)
{
  g_hash_table_insert (self->orphans, orphan, (gpointer) destroy);
}

void
mb_reactor_disown (MbReactor *self, gpointer orphan)
{
  g_hash_table_remove (self->orphans, orphan);
}

unsigned int
mb_reactor_count_orphans (MbReactor *self)
{
  return g_hash_table_size (self->orphans);
}

/**
 * mb_reactor_new:
 *
 * Returns: (transfer full): a reactor that runs in the thread-default main context
 */
MbReactor *
mb_reactor_new (GError **error)
{
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  MbReactor *self = NULL;
  ReactorSource *source = NULL;

  if (epoll_fd < 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "no epoll set: %s", g_strerror (errno));
    return NULL;
  }
  self = g_new0 (MbReactor, 1);
  self->epoll_fd = epoll_fd;
  self->heap = g_ptr_array_new ();
  g_ptr_array_add (self->heap, NULL);
  self->due = g_ptr_array_new ();
  self->orphans = g_hash_table_new (NULL, NULL);
  self->scratch = g_malloc (SCRATCH_BYTES);

  self->source = g_source_new (&reactor_funcs, sizeof (ReactorSource));
  source = (ReactorSource *) self->source;
  source->reactor = self;
  source->tag = g_source_add_unix_fd (self->source, epoll_fd, G_IO_IN);
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_static_name (self->source, "mb-reactor");
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

/**
 * mb_reactor_free:
 *
 * Everything but orphans has been unwatched and disarmed by its owner by now.
 */
void
mb_reactor_free (MbReactor *self)
{
  GHashTableIter iter;
  gpointer orphan = NULL;
  gpointer destroy = NULL;

  g_hash_table_iter_init (&iter, self->orphans);
  while (g_hash_table_iter_next (&iter, &orphan, &destroy)) {
    g_hash_table_iter_remove (&iter);
    ((GDestroyNotify) destroy) (orphan);
    g_hash_table_iter_init (&iter, self->orphans);
  }
  g_assert (self->heap->len == 1);
  g_assert (self->flushes.length == 0);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_hash_table_unref (self->orphans);
  g_ptr_array_unref (self->heap);
  g_ptr_array_unref (self->due);
  g_free (self->scratch);
  close (self->epoll_fd);
  g_free (self);
}
