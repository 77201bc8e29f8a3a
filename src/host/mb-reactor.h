/* mb-reactor.h: all sockets of the host in one epoll set that is a single GSource
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Main thread only. Watches and timers are embedded in what they belong to; the reactor allocates
 * nothing for them, and what is idle costs nothing per turn of the main loop.
 */
#pragma once

#include <glib.h>

typedef struct _MbReactor MbReactor;

/**
 * MbWatchFunc:
 * @events: EPOLLIN and so on, as epoll_wait() reported them
 */
typedef void (*MbWatchFunc) (gpointer data, guint32 events);

typedef struct {
  MbWatchFunc func;
  gpointer data;  /* not owned */
  int fd;         /* not owned; -1 when not watched */
  guint32 events; /* asked for */
} MbWatch;

typedef void (*MbTimerFunc) (gpointer data);

typedef struct {
  MbTimerFunc func;
  gpointer data;      /* not owned */
  gint64 deadline_us; /* monotonic */
  unsigned int index; /* in the heap; 0 when not armed */
} MbTimer;

MbReactor *mb_reactor_new (GError **error);
void mb_reactor_free (MbReactor *self);

void mb_watch_init (MbWatch *watch, MbWatchFunc func, gpointer data);
gboolean mb_reactor_watch (MbReactor *self, MbWatch *watch, int fd, guint32 events);
void mb_reactor_rewatch (MbReactor *self, MbWatch *watch, guint32 events);
void mb_reactor_unwatch (MbReactor *self, MbWatch *watch);

void mb_timer_init (MbTimer *timer, MbTimerFunc func, gpointer data);
void mb_reactor_arm (MbReactor *self, MbTimer *timer, gint64 deadline_us);
void mb_reactor_arm_in (MbReactor *self, MbTimer *timer, unsigned int delay_ms);
void mb_reactor_disarm (MbReactor *self, MbTimer *timer);

typedef struct _MbFlush MbFlush;

/**
 * MbFlush:
 * @func: called once, at the end of the turn in which it was asked for
 *
 * What a turn has queued is written at its end, so that several messages to one member are one
 * system call.
 */
struct _MbFlush {
  MbTimerFunc func;
  gpointer data; /* not owned */
  GList link;
  gboolean queued;
};

void mb_flush_init (MbFlush *flush, MbTimerFunc func, gpointer data);
void mb_reactor_flush_later (MbReactor *self, MbFlush *flush);
void mb_reactor_flush_cancel (MbReactor *self, MbFlush *flush);

void mb_reactor_add_backlog (MbReactor *self, gssize n_bytes);
gint64 mb_reactor_get_backlog (MbReactor *self);
guint8 *mb_reactor_get_scratch (MbReactor *self, gsize *size);
void mb_reactor_adopt (MbReactor *self, gpointer orphan, GDestroyNotify destroy);
void mb_reactor_disown (MbReactor *self, gpointer orphan);
unsigned int mb_reactor_count_orphans (MbReactor *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbReactor, mb_reactor_free)
