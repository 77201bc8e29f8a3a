/* mb-service.c: what systemd gives a service and wants to hear from it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The protocols of sd_listen_fds(3) and sd_notify(3), without libsystemd (decision 0080). Whatever
 * else passes sockets and listens in the same way may stand in for systemd. Without the variables
 * nothing here does anything.
 */
#include "mb-service.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "mb-error.h"

#define FIRST_LISTENER 3
/* systemd's advice is half the time; a late turn or two of the loop is no reason to be killed. */
#define BEATS_PER_WATCHDOG 3
#define BEAT_LEAST_MS 20

struct _MbService {
  int socket_fd; /* -1 where nobody listens */
  struct sockaddr_un address;
  socklen_t address_length;
  char *listen_pid;     /* (nullable) */
  char *listen_fds;     /* (nullable) */
  unsigned int beat_ms; /* 0 means that nobody waits for a beat */
  char *status;         /* (nullable) what was said last */
};

static char *
take_variable (const char *name)
{
  char *value = g_strdup (g_getenv (name));

  g_unsetenv (name);
  return value;
}

/* A name of the file system, or with @ an abstract one. */
static gboolean
read_address (MbService *self, const char *name)
{
  gsize length = strlen (name);

  if ((name[0] != '/' && name[0] != '@') || length < 2 || length >= sizeof self->address.sun_path)
    return FALSE;
  self->address.sun_family = AF_UNIX;
  memcpy (self->address.sun_path, name, length);
  if (name[0] == '@')
    self->address.sun_path[0] = '\0';
  self->address_length =
      (socklen_t) (offsetof (struct sockaddr_un, sun_path) + length + (name[0] == '/' ? 1 : 0));
  return TRUE;
}

static gboolean
is_own_pid (const char *text)
{
  gint64 pid = 0;

  return text != NULL && g_ascii_string_to_signed (text, 10, 1, G_MAXINT, &pid, NULL) &&
         pid == getpid ();
}

static void
read_watchdog (MbService *self)
{
  g_autofree char *interval = take_variable ("WATCHDOG_USEC");
  g_autofree char *pid = take_variable ("WATCHDOG_PID");
  guint64 interval_us = 0;

  if (interval == NULL || (pid != NULL && !is_own_pid (pid)) ||
      !g_ascii_string_to_unsigned (interval, 10, 1, G_MAXINT64, &interval_us, NULL))
    return;
  self->beat_ms = (unsigned int) CLAMP (
      interval_us / 1000 / BEATS_PER_WATCHDOG, BEAT_LEAST_MS, (guint64) G_MAXINT);
}

/**
 * mb_service_new:
 *
 * Reads the variables and takes them out of the environment, so that no child takes itself for the
 * service: before there is a second thread.
 */
MbService *
mb_service_new (void)
{
  MbService *self = g_new0 (MbService, 1);
  g_autofree char *notify = take_variable ("NOTIFY_SOCKET");
  g_autofree char *names = take_variable ("LISTEN_FDNAMES");

  self->socket_fd = -1;
  self->listen_pid = take_variable ("LISTEN_PID");
  self->listen_fds = take_variable ("LISTEN_FDS");
  read_watchdog (self);
  if (notify != NULL && *notify != '\0' && read_address (self, notify))
    self->socket_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  else if (notify != NULL && *notify != '\0')
    g_warning ("$NOTIFY_SOCKET is no address of a socket: %s", notify);
  if (self->socket_fd < 0)
    self->beat_ms = 0;
  return self;
}

void
mb_service_free (MbService *self)
{
  if (self->socket_fd >= 0)
    close (self->socket_fd);
  g_free (self->listen_pid);
  g_free (self->listen_fds);
  g_free (self->status);
  g_free (self);
}

/**
 * mb_service_take_listener:
 * @fd: (out) (transfer full): the listening socket that this process was started with; -1 where it
 *   was started with none
 *
 * Returns: %FALSE with %MB_ERROR_USAGE where it was started with several, or with what is none
 */
gboolean
mb_service_take_listener (MbService *self, int *fd, GError **error)
{
  guint64 n_fds = 0;

  *fd = -1;
  if (self->listen_fds == NULL || !is_own_pid (self->listen_pid))
    return TRUE;
  if (!g_ascii_string_to_unsigned (self->listen_fds, 10, 0, G_MAXINT, &n_fds, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "$LISTEN_FDS is no number: %s", self->listen_fds);
    return FALSE;
  }
  if (n_fds > 1) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "%s sockets were passed ($LISTEN_FDS), and this takes one: one ListenStream= in the unit",
        self->listen_fds);
    return FALSE;
  }
  if (n_fds == 0)
    return TRUE;
  if (fcntl (FIRST_LISTENER, F_SETFD, FD_CLOEXEC) != 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "$LISTEN_FDS is %s, and descriptor %d is none",
        self->listen_fds, FIRST_LISTENER);
    return FALSE;
  }
  *fd = FIRST_LISTENER;
  g_clear_pointer (&self->listen_fds, g_free);
  return TRUE;
}

/* Whoever listens and does not read is not waited for: what it did not take is said again by the
 * next beat, or was not worth a hanging host. */
static void
tell (MbService *self, const char *state)
{
  if (self->socket_fd < 0)
    return;
  if (sendto (self->socket_fd, state, strlen (state), MSG_NOSIGNAL | MSG_DONTWAIT,
          (const struct sockaddr *) &self->address, self->address_length) < 0)
    g_debug ("the service manager was not told: %s", g_strerror (errno));
}

/**
 * mb_service_get_beat_ms:
 *
 * Returns: how often mb_service_beat() is to be called; 0 for never
 */
unsigned int
mb_service_get_beat_ms (MbService *self)
{
  return self->beat_ms;
}

void
mb_service_beat (MbService *self)
{
  tell (self, "WATCHDOG=1");
}

void
mb_service_tell_ready (MbService *self)
{
  tell (self, "READY=1");
}

/**
 * mb_service_tell_reloading:
 *
 * mb_service_tell_ready() says that it is done.
 */
void
mb_service_tell_reloading (MbService *self)
{
  g_autofree char *state =
      g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());

  tell (self, state);
}

/**
 * mb_service_tell_stopping:
 * @within_ms: how long it takes at most
 */
void
mb_service_tell_stopping (MbService *self, unsigned int within_ms)
{
  g_autofree char *state = g_strdup_printf (
      "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" G_GUINT64_FORMAT, (guint64) within_ms * 1000);

  tell (self, state);
}

/**
 * mb_service_tell_status:
 * @status: one line for people; said where it is another than before
 */
void
mb_service_tell_status (MbService *self, const char *status)
{
  g_autofree char *state = NULL;

  if (self->socket_fd < 0 || g_strcmp0 (self->status, status) == 0)
    return;
  g_free (self->status);
  self->status = g_strdup (status);
  state = g_strconcat ("STATUS=", status, NULL);
  tell (self, state);
}
