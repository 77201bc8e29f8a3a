/* mb-disk-sync.c: what goes wrong while nobody waits is told later
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-disk-sync.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define LIMIT_US (20 * G_USEC_PER_SEC)

static void
test_good (void)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("mb-disk-sync-XXXXXX", &path, NULL);
  MbDiskSync *sync = mb_disk_sync_new (fd);

  g_unlink (path);
  for (int i = 0; i < 20; i++) {
    g_assert_cmpint (write (fd, "x", 1), ==, 1);
    g_assert_cmpint (mb_disk_sync_start (sync), ==, 0);
    g_usleep (1000);
  }
  /* The file may be closed while it is waited for. */
  close (fd);
  mb_disk_sync_free (sync);
}

/* A pipe cannot be synchronised. */
static void
test_failure (void)
{
  gint64 limit_us = g_get_monotonic_time () + LIMIT_US;
  MbDiskSync *sync;
  int status = 0;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  sync = mb_disk_sync_new (fds[1]);
  g_assert_cmpint (mb_disk_sync_start (sync), ==, 0);
  while (status == 0 && g_get_monotonic_time () < limit_us) {
    g_usleep (1000);
    status = mb_disk_sync_start (sync);
  }
  g_assert_cmpint (status, ==, EINVAL);
  g_assert_cmpint (mb_disk_sync_start (sync), ==, EINVAL);
  mb_disk_sync_free (sync);
  close (fds[0]);
  close (fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/disk-sync/file-may-go-on-and-be-closed", test_good);
  g_test_add_func ("/disk-sync/failure-is-told-with-the-next-wish", test_failure);
  return g_test_run ();
}
