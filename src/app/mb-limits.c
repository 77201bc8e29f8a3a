/* mb-limits.c: whether the machine lets so many bots have their files and threads
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asked before the first bot joins: later a limit shows as connections that fail in ways nobody
 * understands. The figures are those of one connection as measured, with some to spare.
 */
#include "mb-limits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mb-error.h"

#define FILES_BASE 40
#define FILES_A_BOT 4
#define FILES_A_PEER 4 /* a socket for each address of the machine */
#define THREADS_BASE 16
#define THREADS_A_DECODED_PEER 6
#define THREADS_A_SOURCE 8
#define STRANGERS 1 /* that each bot is thought to meet besides the bots of this program */

/**
 * mb_limits_estimate:
 * @needs: (out caller-allocates)
 */
void
mb_limits_estimate (const MbOptions *options, MbNeeds *needs)
{
  guint64 n_bots = (guint64) options->rooms * options->count;
  guint64 n_peers = n_bots * (options->count - 1 + STRANGERS);
  guint64 n_sources = (guint64) g_strv_length (options->sources) * options->count;

  needs->n_files = FILES_BASE + n_bots * FILES_A_BOT + n_peers * FILES_A_PEER;
  needs->n_threads = THREADS_BASE + n_sources * THREADS_A_SOURCE;
  if (options->measure != MB_MEASURE_LEVEL_PACKETS)
    needs->n_threads += n_peers * THREADS_A_DECODED_PEER;
}

/**
 * mb_limits_compare:
 *
 * Returns: %FALSE with %MB_ERROR_FAILED that says what is missing and where it is raised
 */
gboolean
mb_limits_compare (
    const MbOptions *options, const MbNeeds *needs, const MbNeeds *allowed, GError **error)
{
  if (needs->n_files > allowed->n_files) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "%u bots in %u rooms need about %" G_GUINT64_FORMAT " open files, and %" G_GUINT64_FORMAT
        " are allowed; raise the limit (ulimit -Hn %" G_GUINT64_FORMAT
        " as root, or LimitNOFILE= in a service), or take fewer bots",
        options->rooms * options->count, options->rooms, needs->n_files, allowed->n_files,
        needs->n_files);
    return FALSE;
  }
  if (needs->n_threads > allowed->n_threads) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
        "%u bots in %u rooms need about %" G_GUINT64_FORMAT " threads, and %" G_GUINT64_FORMAT
        " are allowed; raise the limit (ulimit -u, TasksMax= in a service, --pids-limit of a "
        "container), or take fewer bots",
        options->rooms * options->count, options->rooms, needs->n_threads, allowed->n_threads);
    return FALSE;
  }
  return TRUE;
}

/* Its soft limit is a habit from the days of select(); up to the hard one we may go. */
static guint64
raise_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0)
    return G_MAXUINT64;
  if (limit.rlim_cur < limit.rlim_max) {
    struct rlimit raised = {limit.rlim_max, limit.rlim_max};

    if (setrlimit (RLIMIT_NOFILE, &raised) == 0)
      limit = raised;
  }
  return limit.rlim_cur == RLIM_INFINITY ? G_MAXUINT64 : limit.rlim_cur;
}

/* A number in a file; anything else, as `max`, is no limit. */
static guint64
read_number (const char *path)
{
  g_autofree char *text = NULL;
  guint64 number = G_MAXUINT64;

  if (g_file_get_contents (path, &text, NULL, NULL))
    g_ascii_string_to_unsigned (g_strstrip (text), 10, 0, G_MAXUINT64, &number, NULL);
  return number;
}

/* Of the control group that a service or container is in. */
static guint64
read_group_limit (void)
{
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;
  const char *group;

  if (!g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL))
    return G_MAXUINT64;
  group = strstr (text, "0::/");
  if (group == NULL)
    return G_MAXUINT64;
  group += strlen ("0::/");
  path = g_strdup_printf ("/sys/fs/cgroup/%.*s/pids.max", (int) strcspn (group, "\n"), group);
  return read_number (path);
}

static guint64
count_threads (void)
{
  struct rlimit limit;
  guint64 allowed = MIN (read_number ("/proc/sys/kernel/threads-max"), read_group_limit ());

  /* Root is not held to his. */
  if (geteuid () != 0 && getrlimit (RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    allowed = MIN (allowed, limit.rlim_cur);
  return allowed;
}

/**
 * mb_limits_check:
 *
 * Raises the soft limit of open files as far as that goes.
 *
 * Returns: %FALSE with %MB_ERROR_FAILED where there is too little of something
 */
gboolean
mb_limits_check (const MbOptions *options, GError **error)
{
  MbNeeds needs;
  MbNeeds allowed;

  mb_limits_estimate (options, &needs);
  allowed.n_files = raise_files ();
  allowed.n_threads = count_threads ();
  return mb_limits_compare (options, &needs, &allowed, error);
}
