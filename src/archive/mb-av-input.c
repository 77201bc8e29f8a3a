/* mb-av-input.c: a recorded file, open for reading
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files may hold anything: no other container than Matroska is tried, and no link followed.
 */
#include "mb-av-input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mb-av-io.h"
#include "mb-error.h"

/**
 * mb_av_input_close:
 */
void
mb_av_input_close (MbAvInput *self)
{
  avformat_close_input (&self->format);
  g_clear_pointer (&self->io, mb_av_io_free);
  av_packet_free (&self->packet);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

/**
 * mb_av_fail:
 * @code: of libav*
 *
 * Returns: FALSE, always: for `return mb_av_fail (…)`
 */
gboolean
mb_av_fail (const char *path, int code, GError **error)
{
  char text[AV_ERROR_MAX_STRING_SIZE] = "";

  av_strerror (code, text, sizeof text);
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: %s", path, text);
  return FALSE;
}

/* Whether it ends before the first frame of a Matroska file, be it with its first byte. */
static gboolean
is_cut_short (int fd, int code)
{
  static const guint8 EBML[] = {0x1a, 0x45, 0xdf, 0xa3};
  guint8 start[sizeof EBML];

  ssize_t n = pread (fd, start, sizeof start, 0);

  return n == 0 ||
         (code == AVERROR_EOF && n == sizeof start && memcmp (start, EBML, sizeof EBML) == 0);
}

/**
 * mb_av_input_open:
 * @self: zeroed, its fd -1
 *
 * Returns: FALSE with %MB_ERROR_FAILED. A file that ends before its first frame has no format
 */
gboolean
mb_av_input_open (MbAvInput *self, const char *path, GError **error)
{
  struct stat status;
  int code;

  self->fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (self->fd < 0 || fstat (self->fd, &status) != 0)
    return mb_av_fail (path, AVERROR (errno), error);
  if (!S_ISREG (status.st_mode))
    return mb_av_fail (path, AVERROR (EINVAL), error);
  self->packet = av_packet_alloc ();
  self->io = mb_av_io_new (self->fd, FALSE);
  self->format = avformat_alloc_context ();
  self->format->pb = self->io;
  self->format->flags |= AVFMT_FLAG_CUSTOM_IO;
  self->format->max_streams = MB_AV_MAX_TRACKS;
  code = avformat_open_input (&self->format, NULL, av_find_input_format ("matroska"), NULL);
  if (code < 0 && is_cut_short (self->fd, code))
    return TRUE;
  return code >= 0 || mb_av_fail (path, code, error);
}
