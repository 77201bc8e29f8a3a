/* mb-handle.c: what another thread holds instead of an object
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The only crossing from other threads to main. The object pointer is read and cleared on main
 * only, so no lock is needed and no finalizer can run elsewhere.
 */
#include "mb-handle.h"

struct _MbHandle {
  GObject *object; /* (nullable) not owned; main thread only */
};

typedef struct {
  MbHandle *handle;
  MbHandleFunc func;
  gpointer data;
  GDestroyNotify free_data; /* (nullable) */
} Post;

/**
 * mb_handle_new:
 * @object: the object that the handle stands for; not referenced
 *
 * The object calls mb_handle_clear() and mb_handle_unref() in its dispose.
 *
 * Returns: (transfer full): a handle
 */
MbHandle *
mb_handle_new (gpointer object)
{
  MbHandle *self = g_atomic_rc_box_new0 (MbHandle);

  self->object = object;
  return self;
}

/**
 * mb_handle_ref:
 *
 * Thread: any.
 */
MbHandle *
mb_handle_ref (MbHandle *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * mb_handle_unref:
 *
 * Thread: any.
 */
void
mb_handle_unref (MbHandle *self)
{
  g_atomic_rc_box_release (self);
}

/**
 * mb_handle_clear:
 *
 * From here on posts are dropped, their data freed.
 */
void
mb_handle_clear (MbHandle *self)
{
  self->object = NULL;
}

static void
post_free (gpointer user_data)
{
  Post *post = user_data;

  if (post->free_data != NULL)
    post->free_data (post->data);
  mb_handle_unref (post->handle);
  g_free (post);
}

static gboolean
deliver (gpointer user_data)
{
  Post *post = user_data;

  if (post->handle->object != NULL) {
    g_autoptr (GObject) object = g_object_ref (post->handle->object);

    post->func (object, post->data);
  }
  return G_SOURCE_REMOVE;
}

/**
 * mb_handle_post:
 * @func: called with the object and @data on the main thread, unless the object is gone by then
 * @data: (transfer full) (nullable): what to hand over
 * @free_data: (nullable): frees @data, on main, called or not
 *
 * Posts arrive in the order in which they were made. Thread: any; never waits.
 */
void
mb_handle_post (MbHandle *self, MbHandleFunc func, gpointer data, GDestroyNotify free_data)
{
  Post *post = g_new0 (Post, 1);

  post->handle = mb_handle_ref (self);
  post->func = func;
  post->data = data;
  post->free_data = free_data;
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver, post, post_free);
}
