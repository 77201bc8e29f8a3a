/* mb-av-io.c: libavformat's reads and writes on an open file
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By name it would follow links and protocols; here it has nothing but the one file.
 */
#include "mb-av-io.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE (64 * 1024)

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t AvioByte;
#else
typedef uint8_t AvioByte;
#endif

static int
on_read (void *opaque, uint8_t *data, int size)
{
  ssize_t n;

  do
    n = read (GPOINTER_TO_INT (opaque), data, (size_t) size);
  while (n < 0 && errno == EINTR);
  if (n == 0)
    return AVERROR_EOF;
  return n < 0 ? AVERROR (errno) : (int) n;
}

static int
on_write (void *opaque, AvioByte *data, int size)
{
  int done = 0;

  while (done < size) {
    ssize_t n = write (GPOINTER_TO_INT (opaque), data + done, (size_t) (size - done));

    if (n < 0 && errno != EINTR)
      return AVERROR (errno);
    if (n > 0)
      done += (int) n;
  }
  return size;
}

static int64_t
on_seek (void *opaque, int64_t offset, int whence)
{
  int fd = GPOINTER_TO_INT (opaque);
  struct stat status;
  off_t at;

  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE)
    return fstat (fd, &status) == 0 ? (int64_t) status.st_size : AVERROR (errno);
  at = lseek (fd, (off_t) offset, whence);
  return at < 0 ? AVERROR (errno) : (int64_t) at;
}

/**
 * mb_av_io_new:
 * @fd: stays the caller's, and is to outlive it
 *
 * Returns: (transfer full): for AVFormatContext's pb
 */
AVIOContext *
mb_av_io_new (int fd, gboolean is_writing)
{
  return avio_alloc_context (av_malloc (BUFFER_SIZE), BUFFER_SIZE, is_writing, GINT_TO_POINTER (fd),
      on_read, on_write, on_seek);
}

void
mb_av_io_free (AVIOContext *self)
{
  av_freep (&self->buffer);
  avio_context_free (&self);
}
