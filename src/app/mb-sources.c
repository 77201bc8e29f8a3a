/* mb-sources.c: what the bots of a job send: one encode for all that send the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Most sources are one for all bots. A test card is one for each name, since it carries it: bots of
 * the same name in different rooms share theirs. A file that is looped is one for each bot's number,
 * since each begins at another place of it; one that is not is sent whole by every bot.
 */
#include "mb-sources.h"

#include "mb-pipeline-path.h"
#include "mb-probing.h"

#define PARAMETER_CARD_ID "id"

struct _MbSources {
  GObject parent;

  MbMedia *media;
  MbOptions *options;
  MbClip *clip;        /* (nullable) of a file, once it is known */
  GHashTable *sources; /* (element-type utf8 MbSource) by what makes them different */
};

enum {
  SIGNAL_FAILED,
  SIGNAL_ENDED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbSources, mb_sources, G_TYPE_OBJECT)

/**
 * mb_sources_new:
 */
MbSources *
mb_sources_new (MbMedia *media, MbOptions *options)
{
  MbSources *self = g_object_new (MB_TYPE_SOURCES, NULL);

  self->media = mb_media_ref (media);
  self->options = mb_options_ref (options);
  return self;
}

static void
on_source_failed (MbSource *source, const GError *error, MbSources *self)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
on_source_ended (MbSource *source, MbSources *self)
{
  g_info ("the source %s has come to its end", mb_source_get_name (source));
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, source);
}

static MbSource *
make (MbSources *self, const MbSourceUser *user, const char *spec, gboolean is_card, GError **error)
{
  g_autoptr (MbSource) source = NULL;
  const MbSourceOptions options = {
      .width = self->options->width,
      .height = self->options->height,
      .fps = self->options->fps,
      .video_bps = self->options->bitrate_kbps * 1000,
      .card_id = is_card ? mb_probing_make_card_id (user->name) : 0,
      .title = is_card ? user->name : NULL,
      .clip = self->clip,
      .codecs = (const char *const *) self->options->codecs,
      .place = user->place,
      .loop = self->options->loop,
      .settings = (const char *const *) self->options->settings_of_source,
  };

  source = mb_source_new (self->media, spec, &options, error);
  if (source == NULL)
    return NULL;
  g_signal_connect_object (
      source, "failed", G_CALLBACK (on_source_failed), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (source, "ended", G_CALLBACK (on_source_ended), self, G_CONNECT_DEFAULT);
  if (!mb_source_start (source, error))
    return NULL;
  return g_steal_pointer (&source);
}

static gboolean
look_into (MbSources *self, const char *name, GError **error)
{
  g_autofree char *uri = NULL;

  if (self->clip != NULL)
    return TRUE;
  uri = mb_clip_to_uri (name, error);
  if (uri == NULL)
    return FALSE;
  self->clip = mb_clip_new (uri, error);
  if (self->clip == NULL)
    return FALSE;
  g_info ("%s: its picture is %s", name,
      mb_clip_passes (self->clip, (const char *const *) self->options->codecs) ? "sent as it is"
                                                                               : "encoded again");
  return TRUE;
}

/* A description comes in one codec; for another there may be a second one, NAME-CODEC. */
static char *
choose_description (const MbSources *self, const char *name)
{
  const char *const *codecs = (const char *const *) self->options->codecs;
  g_auto (GStrv) names = mb_pipeline_list (MB_PIPELINE_KIND_SOURCE);
  g_autofree char *variant = NULL;

  if (codecs == NULL || codecs[0] == NULL)
    return g_strdup (name);
  variant = g_strconcat (name, "-", codecs[0], NULL);
  return g_strdup (g_strv_contains ((const char *const *) names, variant) ? variant : name);
}

/**
 * mb_sources_get:
 * @source: (out) (nullable) (transfer none): what @user sends; NULL is nothing
 *
 * Returns: %FALSE where it cannot be made or started
 */
gboolean
mb_sources_get (MbSources *self, const MbSourceUser *user, MbSource **source, GError **error)
{
  g_autoptr (MbPipelineSpec) spec = NULL;
  g_autofree char *name = NULL;
  g_autofree char *key = NULL;
  gboolean is_card = FALSE;
  MbSource *made;

  *source = NULL;
  if (self->options->sources[0] == NULL)
    return TRUE;
  name = choose_description (self, self->options->sources[0]);
  if (mb_clip_is_named (name)) {
    if (!look_into (self, name, error))
      return FALSE;
    key = g_strdup_printf ("%u", self->options->loop ? user->number : user->index);
  } else {
    spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, name, error);
    if (spec == NULL)
      return FALSE;
    is_card = mb_pipeline_spec_has_parameter (spec, PARAMETER_CARD_ID);
    key = is_card ? g_strconcat (name, "/", user->name, NULL) : g_strdup (name);
  }
  *source = g_hash_table_lookup (self->sources, key);
  if (*source != NULL)
    return TRUE;
  made = make (self, user, name, is_card, error);
  if (made == NULL)
    return FALSE;
  g_hash_table_insert (self->sources, g_steal_pointer (&key), made);
  *source = made;
  return TRUE;
}

/**
 * mb_sources_stop:
 *
 * Waits for the encoders' threads, which takes about a frame of each.
 */
void
mb_sources_stop (MbSources *self)
{
  GHashTableIter iter;
  gpointer source;

  g_hash_table_iter_init (&iter, self->sources);
  while (g_hash_table_iter_next (&iter, NULL, &source))
    mb_source_stop (source);
}

static void
mb_sources_dispose (GObject *object)
{
  MbSources *self = MB_SOURCES (object);

  g_hash_table_remove_all (self->sources);
  g_clear_pointer (&self->clip, mb_clip_unref);
  g_clear_pointer (&self->media, mb_media_unref);
  g_clear_pointer (&self->options, mb_options_unref);
  G_OBJECT_CLASS (mb_sources_parent_class)->dispose (object);
}

static void
mb_sources_finalize (GObject *object)
{
  g_hash_table_unref (MB_SOURCES (object)->sources);
  G_OBJECT_CLASS (mb_sources_parent_class)->finalize (object);
}

static void
mb_sources_class_init (MbSourcesClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mb_sources_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_sources_finalize;

  /**
   * MbSources::failed:
   * @error: why; that source sends nothing any more
   */
  signals[SIGNAL_FAILED] = g_signal_new (
      "failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  /**
   * MbSources::ended:
   * @source: (type MbSource): it has sent all there is
   */
  signals[SIGNAL_ENDED] = g_signal_new (
      "ended", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, MB_TYPE_SOURCE);
}

static void
mb_sources_init (MbSources *self)
{
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}
