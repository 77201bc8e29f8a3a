/* mb-folder-lock.c: who works in a folder, as all processes of the machine see it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A lock on the folder itself: no file stands for it, and the kernel lets it go with the process,
 * however that ends.
 */
#include "mb-folder-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "mb-error.h"

/**
 * mb_folder_lock:
 *
 * Never waits. Thread: any.
 *
 * Returns: what mb_folder_unlock() takes; -1 with %MB_ERROR_CONFLICT where somebody else has it, and
 *   with %MB_ERROR_FAILED where it cannot be locked at all, as on some network file systems
 */
int
mb_folder_lock (const char *path, MbFolderLockKind kind, GError **error)
{
  int operation = kind == MB_FOLDER_LOCK_EXCLUSIVE ? LOCK_EX : LOCK_SH;
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int number;

  if (fd >= 0 && flock (fd, operation | LOCK_NB) == 0)
    return fd;
  number = errno;
  if (fd >= 0)
    close (fd);
  g_set_error (error, MB_ERROR, number == EWOULDBLOCK ? MB_ERROR_CONFLICT : MB_ERROR_FAILED,
      "cannot lock %s: %s", path,
      number == EWOULDBLOCK ? "another process works in it" : g_strerror (number));
  return -1;
}

/**
 * mb_folder_unlock:
 * @lock: from mb_folder_lock(); -1 is none
 */
void
mb_folder_unlock (int lock)
{
  if (lock >= 0)
    close (lock);
}
