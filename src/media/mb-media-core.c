/* mb-media-core.c: what runs on the media thread: posts, members that tick, flushes at the end
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wake-ups are what media costs, not packets: so while there is traffic the thread comes by itself
 * every 5 ms, and a post only queues. Only a thread that sleeps for long is woken, once. What the
 * posts of a turn produced (packets to send, lists for pipelines) leaves at the turn's end in one
 * batch.
 */
#include "mb-media-core.h"

#define BUSY_TICK_US 5000
#define IDLE_TICK_US 100000 /* with members: their reports and retries are due at times */
#define BUSY_FOR_US 50000   /* so long after the last post */
#define NEVER_US (-1)

typedef struct {
  MbMediaFunc func;
  gpointer data;
  GDestroyNotify free_data; /* (nullable) */
} Post;

struct _MbMediaCore {
  GAsyncQueue *inbox;    /* (element-type Post); its lock guards finished */
  gboolean finished;     /* posts are freed unseen */
  int asleep;            /* atomic: the next post has to wake */
  int woken;             /* atomic: a post did */
  GMainContext *context; /* (nullable): where the thread sleeps */

  GPtrArray *members; /* (element-type MbMediaMember) not owned; media thread only */
  GPtrArray *at_end;  /* (element-type Post); media thread only */
  gint64 last_post_us;
};

static void
post_free (gpointer user_data)
{
  Post *post = user_data;

  if (post->free_data != NULL)
    post->free_data (post->data);
  g_free (post);
}

static Post *
post_new (MbMediaFunc func, gpointer data, GDestroyNotify free_data)
{
  Post *post = g_new (Post, 1);

  *post = (Post){.func = func, .data = data, .free_data = free_data};
  return post;
}

MbMediaCore *
mb_media_core_new (void)
{
  MbMediaCore *self = g_atomic_rc_box_new0 (MbMediaCore);

  self->inbox = g_async_queue_new ();
  self->members = g_ptr_array_new ();
  self->at_end = g_ptr_array_new_with_free_func (post_free);
  self->last_post_us = G_MININT64 / 2;
  return self;
}

MbMediaCore *
mb_media_core_ref (MbMediaCore *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
core_clear (gpointer user_data)
{
  MbMediaCore *self = user_data;

  g_assert (g_async_queue_length (self->inbox) == 0);
  g_assert (self->at_end->len == 0);
  g_async_queue_unref (self->inbox);
  g_ptr_array_unref (self->members);
  g_ptr_array_unref (self->at_end);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
mb_media_core_unref (MbMediaCore *self)
{
  g_atomic_rc_box_release_full (self, core_clear);
}

/**
 * mb_media_core_post:
 * @func: called on the media thread at its next turn
 * @data: (transfer full) (nullable): what to hand over
 * @free_data: (nullable): frees @data there, or here where the engine has ended
 *
 * Posts are run in the order in which they were made. Thread: any; never waits.
 */
void
mb_media_core_post (MbMediaCore *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data)
{
  Post *post = post_new (func, data, free_data);
  gboolean finished;

  g_async_queue_lock (self->inbox);
  finished = self->finished;
  if (!finished)
    g_async_queue_push_unlocked (self->inbox, post);
  g_async_queue_unlock (self->inbox);

  if (finished)
    post_free (post);
  else if (g_atomic_int_compare_and_exchange (&self->asleep, 1, 0) && self->context != NULL) {
    g_atomic_int_set (&self->woken, 1);
    g_main_context_wakeup (self->context);
  }
}

/**
 * mb_media_core_add_member:
 * @member: (transfer none): stays valid until it is removed or shut
 */
void
mb_media_core_add_member (MbMediaCore *self, MbMediaMember *member)
{
  g_ptr_array_add (self->members, member);
}

void
mb_media_core_remove_member (MbMediaCore *self, MbMediaMember *member)
{
  g_ptr_array_remove (self->members, member);
}

/**
 * mb_media_core_at_end:
 * @func: called once, when this turn has run all posts and ticks
 */
void
mb_media_core_at_end (MbMediaCore *self, MbMediaFunc func, gpointer data, GDestroyNotify free_data)
{
  g_ptr_array_add (self->at_end, post_new (func, data, free_data));
}

/**
 * mb_media_core_set_context:
 * @context: woken when a post finds the core asleep
 *
 * Before the first post.
 */
void
mb_media_core_set_context (MbMediaCore *self, GMainContext *context)
{
  self->context = g_main_context_ref (context);
}

/**
 * mb_media_core_get_context:
 *
 * Returns: (transfer none) (nullable): the media thread's, for sources of who lives on it
 */
GMainContext *
mb_media_core_get_context (MbMediaCore *self)
{
  return self->context;
}

/**
 * mb_media_core_take_wake:
 * @clear: whether to forget it, which is done before the turn that answers it
 *
 * Returns: whether a post asked for a turn now
 */
gboolean
mb_media_core_take_wake (MbMediaCore *self, gboolean clear)
{
  if (clear)
    return g_atomic_int_compare_and_exchange (&self->woken, 1, 0);
  return g_atomic_int_get (&self->woken) != 0;
}

/* Only as many as there are now: posts made by posts wait for the next turn. */
static gboolean
run_posts (MbMediaCore *self, gint64 now_us)
{
  int n = g_async_queue_length (self->inbox);

  for (int i = 0; i < n; i++) {
    Post *post = g_async_queue_try_pop (self->inbox);

    if (post == NULL)
      break;
    post->func (post->data, now_us);
    post_free (post);
  }
  return n > 0;
}

static void
run_at_end (MbMediaCore *self, gint64 now_us)
{
  for (unsigned int i = 0; i < self->at_end->len; i++) {
    Post *post = self->at_end->pdata[i];

    post->func (post->data, now_us);
  }
  g_ptr_array_set_size (self->at_end, 0);
}

/**
 * mb_media_core_iterate:
 * @now_us: the monotonic time
 *
 * One turn.
 *
 * Returns: when the next is due on the same clock; -1 for not before a post
 */
gint64
mb_media_core_iterate (MbMediaCore *self, gint64 now_us)
{
  g_atomic_int_set (&self->asleep, 0);
  if (run_posts (self, now_us))
    self->last_post_us = now_us;
  for (unsigned int i = 0; i < self->members->len; i++) {
    MbMediaMember *member = self->members->pdata[i];

    member->tick (member, now_us);
  }
  run_at_end (self, now_us);

  if (now_us - self->last_post_us < BUSY_FOR_US)
    return now_us + BUSY_TICK_US;
  g_atomic_int_set (&self->asleep, 1);
  if (g_async_queue_length (self->inbox) > 0) { /* posted before it could see us asleep */
    g_atomic_int_set (&self->asleep, 0);
    return now_us;
  }
  return self->members->len > 0 ? now_us + IDLE_TICK_US : NEVER_US;
}

/**
 * mb_media_core_finish:
 *
 * Runs what is posted, shuts the members, and takes no more posts.
 */
void
mb_media_core_finish (MbMediaCore *self, gint64 now_us)
{
  g_async_queue_lock (self->inbox);
  self->finished = TRUE;
  g_async_queue_unlock (self->inbox);

  run_posts (self, now_us);
  for (unsigned int i = 0; i < self->members->len; i++) {
    MbMediaMember *member = self->members->pdata[i];

    member->shut (member);
  }
  g_ptr_array_set_size (self->members, 0);
  run_at_end (self, now_us);
}
