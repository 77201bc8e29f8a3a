/* mb-part-file.c: a file that is LOCATION.part until it is whole
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing is ever overwritten, and no link is followed. A write that does not fit is taken back, so
 * that the file ends with what was whole.
 */
#include "mb-part-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mb-disk-sync.h"
#include "names.h"

#define FILE_MODE 0640

struct _MbPartFile {
  char *location;
  char *part;
  int fd;
  guint64 size;     /* bytes */
  MbDiskSync *sync; /* (nullable) */
};

static void
set_error (GError **error, int code, const char *what, const char *path, int number)
{
  if (number == ENOSPC || number == EDQUOT)
    code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
  g_set_error (error, GST_RESOURCE_ERROR, code, "%s %s: %s", what, path, g_strerror (number));
}

/**
 * mb_part_file_new:
 * @location: the final name; neither it nor its `.part` is there yet
 *
 * Returns: (transfer full): an open, empty file; NULL with a %GST_RESOURCE_ERROR
 */
MbPartFile *
mb_part_file_new (const char *location, GError **error)
{
  g_autoptr (MbPartFile) self = g_new0 (MbPartFile, 1);

  self->location = g_strdup (location);
  self->part = g_strconcat (location, MB_WRITER_PART_SUFFIX, NULL);
  self->fd = -1;
  if (g_file_test (location, G_FILE_TEST_EXISTS)) {
    set_error (error, GST_RESOURCE_ERROR_OPEN_WRITE, "cannot make", location, EEXIST);
    return NULL;
  }
  self->fd = open (self->part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
  if (self->fd < 0) {
    set_error (error, GST_RESOURCE_ERROR_OPEN_WRITE, "cannot make", self->part, errno);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * mb_part_file_free:
 *
 * What was not finished stays as LOCATION.part, unless nothing was written into it.
 */
void
mb_part_file_free (MbPartFile *self)
{
  if (self->fd >= 0) {
    close (self->fd);
    if (self->size == 0)
      g_unlink (self->part);
  }
  g_clear_pointer (&self->sync, mb_disk_sync_free);
  g_free (self->location);
  g_free (self->part);
  g_free (self);
}

const char *
mb_part_file_get_location (const MbPartFile *self)
{
  return self->location;
}

guint64
mb_part_file_get_size (const MbPartFile *self)
{
  return self->size;
}

/**
 * mb_part_file_write:
 * @offset: bytes from the start; at most the size
 *
 * Returns: FALSE with a %GST_RESOURCE_ERROR; the file is then as long as it was before
 */
gboolean
mb_part_file_write (MbPartFile *self, guint64 offset, const void *data, gsize size, GError **error)
{
  gsize done = 0;

  while (done < size) {
    ssize_t n =
        pwrite (self->fd, (const guint8 *) data + done, size - done, (off_t) (offset + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      int number = errno;

      if (offset + done > self->size && ftruncate (self->fd, (off_t) self->size) != 0)
        number = errno;
      set_error (error, GST_RESOURCE_ERROR_WRITE, "cannot write", self->part, number);
      return FALSE;
    }
    done += (gsize) n;
  }
  self->size = MAX (self->size, offset + size);
  return TRUE;
}

/**
 * mb_part_file_sync:
 *
 * Has what was written brought to the disk, which is not waited for.
 *
 * Returns: FALSE with a %GST_RESOURCE_ERROR where an earlier such wish has failed meanwhile
 */
gboolean
mb_part_file_sync (MbPartFile *self, GError **error)
{
  int number;

  if (self->sync == NULL)
    self->sync = mb_disk_sync_new (self->fd);
  number = mb_disk_sync_start (self->sync);
  if (number == 0)
    return TRUE;
  set_error (error, GST_RESOURCE_ERROR_SYNC, "cannot sync", self->part, number);
  return FALSE;
}

static gboolean
sync_folder (const char *location, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (location);
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_done = fd >= 0 && fsync (fd) == 0;

  if (!is_done)
    set_error (error, GST_RESOURCE_ERROR_SYNC, "cannot sync", folder, errno);
  if (fd >= 0)
    close (fd);
  return is_done;
}

/* Old or foreign file systems know no RENAME_NOREPLACE; link() does not replace either. */
static gboolean
rename_without_replacing (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (errno != EINVAL && errno != ENOSYS)
    return FALSE;
  return link (from, to) == 0 && unlink (from) == 0;
}

/**
 * mb_part_file_finish:
 *
 * Gives the file its final name once all of it is on the disk. It takes no more writes then.
 */
gboolean
mb_part_file_finish (MbPartFile *self, GError **error)
{
  if (fsync (self->fd) != 0) {
    set_error (error, GST_RESOURCE_ERROR_SYNC, "cannot sync", self->part, errno);
    return FALSE;
  }
  if (!rename_without_replacing (self->part, self->location)) {
    set_error (error, GST_RESOURCE_ERROR_WRITE, "cannot rename to", self->location, errno);
    return FALSE;
  }
  close (self->fd);
  self->fd = -1;
  return sync_folder (self->location, error);
}
