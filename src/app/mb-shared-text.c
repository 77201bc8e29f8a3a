/* mb-shared-text.c: a text that one process writes and its parent reads, whenever it likes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file in memory: neither side waits for the other, and what a crashed writer has left is still there. A
 * counter before the text is odd while it is being written (a sequence lock).
 */
#include "mb-shared-text.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEXT_MAX (256 * 1024)
#define TRIES 3

typedef struct {
  guint64 version;
  guint64 length;
} Head;

/**
 * mb_shared_text_new:
 *
 * Returns: (transfer full): a descriptor for both sides; -1 where there is none to be had
 */
int
mb_shared_text_new (GError **error)
{
  int fd = memfd_create ("meshbot-metrics", MFD_CLOEXEC);

  if (fd < 0)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "no memory to share: %s",
        g_strerror (errno));
  return fd;
}

static gboolean
write_at (int fd, const void *bytes, gsize length, off_t at)
{
  return pwrite (fd, bytes, length, at) == (gssize) length;
}

/**
 * mb_shared_text_write:
 *
 * Returns: %FALSE where it is too long, or cannot be written
 */
gboolean
mb_shared_text_write (int fd, const char *text)
{
  Head head = {0};
  gsize length = strlen (text);

  if (length > TEXT_MAX || pread (fd, &head, sizeof head, 0) < 0)
    return FALSE;
  /* One that ended in the middle has left an odd one. */
  head.version |= 1;
  if (!write_at (fd, &head, sizeof head, 0) || !write_at (fd, text, length, sizeof head))
    return FALSE;
  head.version++;
  head.length = length;
  return write_at (fd, &head, sizeof head, 0);
}

/**
 * mb_shared_text_read:
 *
 * Returns: (transfer full): the last text that was written whole; empty where there is none
 */
char *
mb_shared_text_read (int fd)
{
  for (unsigned int i = 0; i < TRIES; i++) {
    Head before = {0};
    Head after = {0};
    g_autofree char *text = NULL;

    if (pread (fd, &before, sizeof before, 0) != sizeof before || before.length > TEXT_MAX)
      break;
    text = g_malloc0 (before.length + 1);
    if (pread (fd, text, before.length, sizeof before) == (gssize) before.length &&
        pread (fd, &after, sizeof after, 0) == sizeof after && before.version == after.version &&
        before.version % 2 == 0 && g_utf8_validate (text, (gssize) before.length, NULL))
      return g_steal_pointer (&text);
  }
  return g_strdup ("");
}
