/* mb-jwks.c: a key set that a URL has: fetched, kept, fetched again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever goes wrong with a fetch, the keys that there are stay. How often it is done does not depend
 * on what strangers send: a key that is not known asks for one at most every ASK_S seconds.
 */
#include "mb-jwks.h"

#include <libsoup/soup.h>
#include <string.h>

#include "mb-error.h"
#include "mb-jwt-key.h"

/* Of a whole fetch, however slowly it comes. */
#define FETCH_S 5
#define REFRESH_S 300
#define AGAIN_S 30
/* While there are no keys nobody can come in. */
#define FIRST_AGAIN_S 2
#define ASK_S 10

struct _MbJwks {
  char *url; /* owned */
  MbJwksFunc func;
  gpointer user_data; /* not owned */
  SoupSession *session;
  GPtrArray *keys;           /* (nullable) (element-type MbJwtKey) owned */
  GCancellable *cancellable; /* (nullable) owned; of the fetch that is under way */
  GSource *timer;            /* (nullable) owned; the end of its time, or the next one */
  gint64 ended_us;           /* monotonic, when the last one ended; 0 means never */
  gboolean has_failed;       /* the last one; it was told */
  MbMetric *successes;       /* not owned */
  MbMetric *failures;        /* not owned */
};

/* What one fetch holds; its owner may be gone before it is. */
typedef struct {
  MbJwks *jwks; /* (nullable) not owned; NULL once it was given up */
  GCancellable *cancellable;
  SoupMessage *message;
  gsize length;
  char text[MB_JWT_SET_MAX_BYTES + 1];
} Fetch;

static void start (MbJwks *self);

static void
fetch_free (Fetch *fetch)
{
  g_clear_object (&fetch->cancellable);
  g_clear_object (&fetch->message);
  g_free (fetch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fetch, fetch_free)

static void
set_timer (MbJwks *self, unsigned int delay_s, GSourceFunc func)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  self->timer = g_timeout_source_new (delay_s * 1000);
  g_source_set_callback (self->timer, func, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
on_next_time (gpointer user_data)
{
  start (user_data);
  return G_SOURCE_REMOVE;
}

static void
finish (MbJwks *self, GPtrArray *keys, const char *reason)
{
  g_clear_object (&self->cancellable);
  self->ended_us = g_get_monotonic_time ();
  if (keys != NULL) {
    g_clear_pointer (&self->keys, g_ptr_array_unref);
    self->keys = keys;
    mb_metric_add (self->successes, 1);
    g_info ("%s: %u keys", self->url, keys->len);
  } else {
    mb_metric_add (self->failures, 1);
    if (!self->has_failed)
      g_warning ("%s: the key set could not be fetched, %s: %s", self->url,
          self->keys != NULL ? "the keys before it stay" : "nobody can come in", reason);
  }
  self->has_failed = keys == NULL;
  set_timer (self,
      keys != NULL         ? REFRESH_S
      : self->keys != NULL ? AGAIN_S
                           : FIRST_AGAIN_S,
      on_next_time);
  self->func (self->user_data);
}

/* The task is cancelled, which may take a moment to be noticed; nobody waits for that. */
static gboolean
on_fetch_time (gpointer user_data)
{
  MbJwks *self = user_data;

  g_cancellable_cancel (self->cancellable);
  finish (self, NULL, "it took longer than 5 s");
  return G_SOURCE_REMOVE;
}

/* Whether the fetch is still the one that its owner waits for. */
static gboolean
is_wanted (const Fetch *fetch)
{
  return !g_cancellable_is_cancelled (fetch->cancellable);
}

static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Fetch) fetch = user_data;
  g_autoptr (GError) error = NULL;
  GPtrArray *keys = NULL;

  g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &fetch->length, &error);
  if (!is_wanted (fetch))
    return;
  if (error == NULL)
    keys = mb_jwt_key_read_set (fetch->text, fetch->length, &error);
  finish (fetch->jwks, keys, error != NULL ? error->message : NULL);
}

static void
on_answer (GObject *session, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Fetch) fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream =
      soup_session_send_finish (SOUP_SESSION (session), result, &error);
  unsigned int status = 0;
  Fetch *reading = NULL;

  if (!is_wanted (fetch))
    return;
  status = soup_message_get_status (fetch->message);
  if (stream != NULL && status != SOUP_STATUS_OK)
    g_set_error (&error, MB_ERROR, MB_ERROR_FAILED, "the answer is %u", status);
  if (error != NULL) {
    finish (fetch->jwks, NULL, error->message);
    return;
  }
  reading = g_steal_pointer (&fetch);
  g_input_stream_read_all_async (stream, reading->text, sizeof reading->text, G_PRIORITY_DEFAULT,
      reading->cancellable, on_read, reading);
}

static void
start (MbJwks *self)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  self->cancellable = g_cancellable_new ();
  fetch->jwks = self;
  fetch->cancellable = g_object_ref (self->cancellable);
  fetch->message = soup_message_new (SOUP_METHOD_GET, self->url);
  /* Keys of somebody whom the administrator has not named are no keys. */
  soup_message_add_flags (fetch->message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (
      soup_message_get_request_headers (fetch->message), "Accept", "application/json");
  set_timer (self, FETCH_S, on_fetch_time);
  soup_session_send_async (
      self->session, fetch->message, G_PRIORITY_DEFAULT, fetch->cancellable, on_answer, fetch);
}

gboolean
mb_jwks_is_url (const char *text)
{
  return g_str_has_prefix (text, "https://") || g_str_has_prefix (text, "http://");
}

/**
 * mb_jwks_check_url:
 *
 * Returns: %FALSE with %MB_ERROR_USAGE for one whose answer anybody on the way could change
 */
gboolean
mb_jwks_check_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *host = uri == NULL ? NULL : g_uri_get_host (uri);
  gboolean is_here = FALSE;

  if (host == NULL || *host == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "'%s' is no URL", url);
    return FALSE;
  }
  is_here = g_str_equal (host, "localhost") || g_str_equal (host, "127.0.0.1") ||
            g_str_equal (host, "::1");
  if (g_str_equal (g_uri_get_scheme (uri), "https") || is_here)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
      "keys are fetched by https only (or from this machine itself), not from %s", url);
  return FALSE;
}

/**
 * mb_jwks_new:
 * @url: that mb_jwks_check_url() has let through
 * @func: called after each fetch
 *
 * Returns: (transfer full): a key set that is being fetched
 */
MbJwks *
mb_jwks_new (const char *url, MbMetrics *metrics, MbJwksFunc func, gpointer user_data)
{
  static const char HELP[] = "Fetches of the key set for tokens.";
  MbJwks *self = g_new0 (MbJwks, 1);

  self->url = g_strdup (url);
  self->func = func;
  self->user_data = user_data;
  self->session = soup_session_new_with_options (
      "proxy-resolver", NULL, "timeout", FETCH_S, "user-agent", "meshbot", NULL);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_AUTH_MANAGER);
  soup_session_remove_feature_by_type (self->session, SOUP_TYPE_COOKIE_JAR);
  self->successes =
      mb_metrics_counter (metrics, "meshbot_auth_jwks_fetches_total", HELP, "result", "ok", NULL);
  self->failures = mb_metrics_counter (
      metrics, "meshbot_auth_jwks_fetches_total", HELP, "result", "failed", NULL);
  start (self);
  return self;
}

void
mb_jwks_free (MbJwks *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_pointer (&self->keys, g_ptr_array_unref);
  g_clear_object (&self->session);
  g_free (self->url);
  g_free (self);
}

/**
 * mb_jwks_get_keys:
 *
 * Returns: (transfer none) (nullable) (element-type MbJwtKey): those of the last fetch that succeeded
 */
GPtrArray *
mb_jwks_get_keys (MbJwks *self)
{
  return self->keys;
}

gboolean
mb_jwks_has_url (MbJwks *self, const char *url)
{
  return g_str_equal (self->url, url);
}

/**
 * mb_jwks_refresh:
 *
 * Fetches now, where it is not being done anyway.
 */
void
mb_jwks_refresh (MbJwks *self)
{
  if (self->cancellable == NULL)
    start (self);
}

/**
 * mb_jwks_ask:
 *
 * For a key that is not among those there are.
 *
 * Returns: whether it is worth while to wait for the next fetch
 */
gboolean
mb_jwks_ask (MbJwks *self)
{
  if (self->cancellable != NULL || self->keys == NULL)
    return TRUE;
  if (g_get_monotonic_time () - self->ended_us < ASK_S * G_USEC_PER_SEC)
    return FALSE;
  start (self);
  return TRUE;
}
