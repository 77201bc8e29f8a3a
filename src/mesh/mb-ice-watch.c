/* mb-ice-watch.c: the STUN and TURN servers of a room's server, asked for and kept current
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a mesh. Those that were given are neither asked for nor asked for again.
 */
#include "mb-ice-watch.h"

#include "mb-error.h"
#include "mb-ice-servers.h"

#define REFRESH_LEAST_S 30 /* between two questions */
/* A thousand bots of one address are done after fifty seconds, with the host's 20 answers a second. */
#define REFUSALS_MAX 40
#define AGAIN_LEAST_MS 1000
#define AGAIN_MOST_MS 3000

struct _MbIceWatch {
  GObject parent;

  /* given at construction */
  char *server_url;
  char *token; /* (nullable) */

  GStrv ice_servers;      /* (nullable) before the first answer */
  GCancellable *asking;   /* (nullable) a question is out */
  unsigned int n_refused; /* one after the other, for there were too many questions */
  guint refresh_id;       /* asks again before credentials end; 0 means never */
  gboolean stopped;
};

enum {
  SIGNAL_READY,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbIceWatch, mb_ice_watch, G_TYPE_OBJECT)

static void ask (MbIceWatch *self);

static gboolean
on_refresh (gpointer user_data)
{
  MbIceWatch *self = user_data;

  self->refresh_id = 0;
  ask (self);
  return G_SOURCE_REMOVE;
}

/* Somebody else's server knows none, which is no reason to wait any longer. */
static void
on_servers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MbIceWatch) self = user_data;
  g_autoptr (GError) error = NULL;
  unsigned int ttl_s = 0;
  GStrv servers = mb_ice_servers_fetch_finish (result, &ttl_s, &error);
  gboolean is_first = self->ice_servers == NULL;

  g_clear_object (&self->asking);
  /* Many bots of one address ask at once, and each is to know the way round. */
  if (!self->stopped && g_error_matches (error, MB_ERROR, MB_ERROR_RATE_LIMITED) &&
      self->n_refused++ < REFUSALS_MAX) {
    self->refresh_id = g_timeout_add (
        (guint) g_random_int_range (AGAIN_LEAST_MS, AGAIN_MOST_MS), on_refresh, self);
    return;
  }
  self->n_refused = 0;
  if (servers == NULL)
    g_debug ("no ICE servers: %s", error->message);
  if (servers != NULL || is_first) {
    g_strfreev (self->ice_servers);
    self->ice_servers = servers != NULL ? servers : g_new0 (char *, 1);
  }
  if (self->stopped)
    return;
  /* A server that answered before will again: those of before may be about to end. */
  if (ttl_s > 0 || (servers == NULL && !is_first))
    self->refresh_id = g_timeout_add_seconds (MAX (ttl_s / 2, REFRESH_LEAST_S), on_refresh, self);
  if (is_first)
    g_signal_emit (self, signals[SIGNAL_READY], 0);
}

static void
ask (MbIceWatch *self)
{
  self->asking = g_cancellable_new ();
  mb_ice_servers_fetch_async (
      self->server_url, self->token, self->asking, on_servers, g_object_ref (self));
}

/**
 * mb_ice_watch_new:
 * @server_url: the room's server
 * @token: (nullable): what it wants to see
 * @ice_servers: (nullable) (array zero-terminated=1): the user's own, instead of the server's
 *
 * Returns: (transfer full): one that has not asked
 */
MbIceWatch *
mb_ice_watch_new (const char *server_url, const char *token, const char *const *ice_servers)
{
  MbIceWatch *self = g_object_new (MB_TYPE_ICE_WATCH, NULL);

  self->server_url = g_strdup (server_url);
  self->token = g_strdup (token);
  self->ice_servers = g_strdupv ((char **) ice_servers);
  return self;
}

/**
 * mb_ice_watch_start:
 *
 * Asks, where there is something to ask; "ready" follows then.
 */
void
mb_ice_watch_start (MbIceWatch *self)
{
  if (self->ice_servers == NULL)
    ask (self);
}

/**
 * mb_ice_watch_stop:
 *
 * No signal comes any more.
 */
void
mb_ice_watch_stop (MbIceWatch *self)
{
  self->stopped = TRUE;
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  if (self->asking != NULL)
    g_cancellable_cancel (self->asking);
}

/**
 * mb_ice_watch_get_servers:
 *
 * Returns: (nullable) (array zero-terminated=1): NULL before "ready"; none is an empty array
 */
const char *const *
mb_ice_watch_get_servers (MbIceWatch *self)
{
  return (const char *const *) self->ice_servers;
}

static void
mb_ice_watch_dispose (GObject *object)
{
  mb_ice_watch_stop (MB_ICE_WATCH (object));
  G_OBJECT_CLASS (mb_ice_watch_parent_class)->dispose (object);
}

static void
mb_ice_watch_finalize (GObject *object)
{
  MbIceWatch *self = MB_ICE_WATCH (object);

  g_free (self->server_url);
  g_free (self->token);
  g_strfreev (self->ice_servers);
  G_OBJECT_CLASS (mb_ice_watch_parent_class)->finalize (object);
}

static void
mb_ice_watch_class_init (MbIceWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_ice_watch_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_ice_watch_finalize;

  /**
   * MbIceWatch::ready:
   *
   * The first answer is there, or there will be none. Once.
   */
  signals[SIGNAL_READY] = g_signal_new (
      "ready", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_ice_watch_init (MbIceWatch *self)
{
}
