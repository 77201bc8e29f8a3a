/* mb-handle.c: posts reach a live object in order, on main; a dead one's are dropped and freed
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-handle.h"

static GThread *main_thread;
static int seen;
static int freed;

static void
take (gpointer object, gpointer data)
{
  g_assert_true (g_thread_self () == main_thread);
  g_assert_cmpint (GPOINTER_TO_INT (data), ==, ++seen);
}

static void
count_free (gpointer data)
{
  freed++;
}

static gpointer
post_three (gpointer handle)
{
  for (int i = 1; i <= 3; i++)
    mb_handle_post (handle, take, GINT_TO_POINTER (i), count_free);
  return NULL;
}

static void
test_order (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (MbHandle) handle = mb_handle_new (object);
  GThread *thread = g_thread_new ("poster", post_three, handle);

  seen = freed = 0;
  g_thread_join (thread);
  while (g_main_context_iteration (NULL, FALSE)) {
  }

  g_assert_cmpint (seen, ==, 3);
  g_assert_cmpint (freed, ==, 3);
}

static void
test_dead (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (MbHandle) handle = mb_handle_new (object);

  seen = freed = 0;
  post_three (handle);
  mb_handle_clear (handle);
  while (g_main_context_iteration (NULL, FALSE)) {
  }

  g_assert_cmpint (seen, ==, 0);
  g_assert_cmpint (freed, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  main_thread = g_thread_self ();
  g_test_add_func ("/handle/posts-arrive-in-order-on-main", test_order);
  g_test_add_func ("/handle/post-to-dead-object-is-dropped", test_dead);
  return g_test_run ();
}
