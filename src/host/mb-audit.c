/* mb-audit.c: who came, went and was refused, a line of JSON each, in a file of its own
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line is one write, so that a crash leaves whole lines. The file is turned over when it is full, so
 * that nobody can fill the disk by knocking; refusals above a rate are counted, not written, so that
 * nobody can push others' lines out by it.
 */
#include "mb-audit.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mb-error.h"
#include "mb-guard.h"
#include "mb-json-scan.h"

#define FILE_MODE 0640
#define REFUSALS_PER_SECOND 20
#define REFUSALS_BURST 200

struct _MbAudit {
  char *path; /* owned */
  guint64 max_bytes;
  MbAddressStyle addresses;
  int fd; /* owned; -1 while it cannot be had */
  guint64 n_bytes;
  MbBucket refusals;
  unsigned int n_left_out; /* refusals since the last line of one */
  gboolean has_failed;     /* the last write; it was told */
};

static gboolean
open_file (MbAudit *self, GError **error)
{
  struct stat about;

  self->fd = open (
      self->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, FILE_MODE);
  if (self->fd < 0 || fstat (self->fd, &about) != 0 || !S_ISREG (about.st_mode)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", self->path,
        self->fd < 0 ? g_strerror (errno) : "is no file");
    if (self->fd >= 0)
      close (self->fd);
    self->fd = -1;
    return FALSE;
  }
  self->n_bytes = (guint64) about.st_size;
  return TRUE;
}

/**
 * mb_audit_new:
 * @max_bytes: when the file has so many, it becomes `PATH.1`, that becomes `PATH.2`, and so on
 *
 * Returns: (transfer full): an audit that goes on with the file; or %NULL with %MB_ERROR_USAGE
 */
MbAudit *
mb_audit_new (const char *path, guint64 max_bytes, MbAddressStyle addresses, GError **error)
{
  g_autoptr (MbAudit) self = g_new0 (MbAudit, 1);

  self->path = g_strdup (path);
  self->max_bytes = max_bytes;
  self->addresses = addresses;
  return open_file (self, error) ? g_steal_pointer (&self) : NULL;
}

void
mb_audit_free (MbAudit *self)
{
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self);
}

/**
 * mb_audit_reopen:
 *
 * For SIGHUP, after somebody else has moved the file.
 */
gboolean
mb_audit_reopen (MbAudit *self, GError **error)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  return open_file (self, error);
}

static void
fail (MbAudit *self, const char *reason)
{
  if (!self->has_failed)
    g_critical ("%s: the audit cannot be written: %s", self->path, reason);
  self->has_failed = TRUE;
}

static void
turn_over (MbAudit *self)
{
  g_autoptr (GError) error = NULL;

  for (unsigned int i = MB_AUDIT_KEPT; i > 0; i--) {
    g_autofree char *to = g_strdup_printf ("%s.%u", self->path, i);
    g_autofree char *from =
        i == 1 ? g_strdup (self->path) : g_strdup_printf ("%s.%u", self->path, i - 1);

    if (g_rename (from, to) != 0 && errno != ENOENT)
      fail (self, g_strerror (errno));
  }
  if (!mb_audit_reopen (self, &error))
    fail (self, error->message);
}

static void
add (GString *line, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (line, ",\"%s\":", name);
  mb_json_append_string (line, value);
}

static GString *
make_line (MbAudit *self, const MbAuditEvent *event)
{
  GString *line = g_string_new ("{\"time\":\"");
  gint64 now_us = g_get_real_time ();
  g_autoptr (GDateTime) seconds = g_date_time_new_from_unix_utc (now_us / G_USEC_PER_SEC);
  g_autofree char *date = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *client =
      event->client == NULL ? NULL : mb_address_to_string (event->client, self->addresses);

  g_string_append_printf (line, "%s.%03dZ\"", date, (int) (now_us % G_USEC_PER_SEC / 1000));
  add (line, "event", event->event);
  add (line, "room", event->room);
  add (line, "member", event->member);
  add (line, "name", event->name);
  add (line, "role", event->role);
  add (line, "subject", event->subject);
  add (line, "client", client);
  add (line, "reason", event->reason);
  add (line, "request", event->request);
  add (line, "target", event->target);
  if (event->status != 0)
    g_string_append_printf (line, ",\"status\":%u", event->status);
  return line;
}

/**
 * mb_audit_write:
 * @self: (nullable): where none is wanted nothing happens
 */
void
mb_audit_write (MbAudit *self, const MbAuditEvent *event)
{
  static const MbRate RATE = {REFUSALS_PER_SECOND, REFUSALS_BURST};
  g_autoptr (GString) line = NULL;
  gboolean is_refusal = FALSE;

  if (self == NULL)
    return;
  is_refusal = g_str_equal (event->event, "refused");
  if (is_refusal && !mb_bucket_take (&self->refusals, &RATE, g_get_monotonic_time ())) {
    self->n_left_out++;
    return;
  }
  line = make_line (self, event);
  if (is_refusal && self->n_left_out > 0) {
    g_string_append_printf (line, ",\"leftOut\":%u", self->n_left_out);
    self->n_left_out = 0;
  }
  g_string_append (line, "}\n");
  if (self->n_bytes > 0 && self->n_bytes + line->len > self->max_bytes)
    turn_over (self);
  if (self->fd < 0 && !open_file (self, NULL))
    return;
  if (write (self->fd, line->str, line->len) != (gssize) line->len) {
    fail (self, g_strerror (errno));
    return;
  }
  self->n_bytes += line->len;
  self->has_failed = FALSE;
}
