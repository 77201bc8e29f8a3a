/* mb-digest.c: the SHA-256 of a file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-digest.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)

/**
 * mb_digest_file:
 * @path: no link
 *
 * Waits for the disk. Thread: any.
 *
 * Returns: (transfer full): in hexadecimal; NULL with a %G_IO_ERROR naming the file
 */
char *
mb_digest_file (const char *path, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *chunk = g_malloc (CHUNK_BYTES);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  gssize length = fd < 0 ? -1 : 1;

  while (length > 0) {
    length = read (fd, chunk, CHUNK_BYTES);
    if (length > 0)
      g_checksum_update (sum, chunk, length);
    else if (length < 0 && errno == EINTR)
      length = 1;
  }
  if (length < 0)
    g_set_error (
        error, G_IO_ERROR, (int) g_io_error_from_errno (errno), "%s: %s", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return length < 0 ? NULL : g_strdup (g_checksum_get_string (sum));
}
