/* mb-disk-sync.c: waits for the disk, so that who writes does not have to
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A few threads for all files of the process. While one of them waits, the file goes on being
 * written: a disk that is slow to say that it has everything must not add to what a kill costs.
 */
#include "mb-disk-sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_THREADS 8

/* Counted: the file may be gone when its turn comes. */
struct _MbDiskSync {
  int fd;          /* our own */
  gint ref_count;  /* atomic */
  gint is_waiting; /* atomic */
  gint failure;    /* atomic: an errno; 0 means none */
};

static void
sync_unref (MbDiskSync *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
}

static void
run_sync (gpointer data, gpointer user_data)
{
  MbDiskSync *self = data;

  if (fdatasync (self->fd) != 0)
    g_atomic_int_set (&self->failure, errno);
  g_atomic_int_set (&self->is_waiting, FALSE);
  sync_unref (self);
}

static GThreadPool *
get_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize) g_thread_pool_new (run_sync, NULL, MAX_THREADS, FALSE, NULL));
  return (GThreadPool *) pool;
}

/**
 * mb_disk_sync_new:
 * @fd: of the file; it stays the caller's
 */
MbDiskSync *
mb_disk_sync_new (int fd)
{
  MbDiskSync *self = g_new0 (MbDiskSync, 1);

  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  self->failure = self->fd < 0 ? errno : 0;
  g_atomic_int_set (&self->ref_count, 1);
  return self;
}

/**
 * mb_disk_sync_free:
 *
 * What is under way goes on.
 */
void
mb_disk_sync_free (MbDiskSync *self)
{
  sync_unref (self);
}

/**
 * mb_disk_sync_start:
 *
 * Begins to wait for the disk, unless that is under way. Never waits itself.
 *
 * Returns: the errno with which an earlier one has failed; 0 where none has
 */
int
mb_disk_sync_start (MbDiskSync *self)
{
  int failure = g_atomic_int_get (&self->failure);

  if (failure != 0 || !g_atomic_int_compare_and_exchange (&self->is_waiting, FALSE, TRUE))
    return failure;
  g_atomic_int_inc (&self->ref_count);
  g_thread_pool_push (get_pool (), self, NULL);
  return 0;
}
