/* mb-sources.c: what the bots of a job send: one encode for all that send the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Most sources are one for all bots. A test card is one for each name, since it carries it: bots of
 * the same name in different rooms share theirs. A file that is looped is one for each bot's number,
 * since each begins at another place of it; one that is not is sent whole by every bot. Of two
 * sources one has the picture and the other the sound.
 */
#include "mb-sources.h"

#include "mb-error.h"
#include "mb-pipeline-path.h"
#include "mb-probing.h"

#define PARAMETER_CARD_ID "id"

struct _MbSources {
  GObject parent;

  MbMedia *media;
  MbOptions *options;
  GHashTable *clips;   /* (element-type utf8 MbClip) files that were looked into, by name */
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
      .clip = g_hash_table_lookup (self->clips, spec),
      .codecs = (const char *const *) self->options->codecs,
      .place = user->place,
      .loop = self->options->loop,
      .settings = (const char *const *) self->options->settings_of_source,
      .settings_may_be_of_others = g_strv_length (self->options->sources) > 1,
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

/* Returns: (transfer none) (nullable) */
static MbClip *
look_into (MbSources *self, const char *name, GError **error)
{
  g_autofree char *uri = NULL;
  MbClip *clip = g_hash_table_lookup (self->clips, name);

  if (clip != NULL)
    return clip;
  uri = mb_clip_to_uri (name, error);
  clip = uri != NULL ? mb_clip_new (uri, error) : NULL;
  if (clip == NULL)
    return NULL;
  if (clip->has_video)
    g_info ("%s: its picture is %s", name,
        mb_clip_passes (clip, (const char *const *) self->options->codecs) ? "sent as it is"
                                                                           : "encoded again");
  g_hash_table_insert (self->clips, g_strdup (name), clip);
  return clip;
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

/* The one of that name that @user sends; its key is added to @key. */
static MbSource *
get_part (
    MbSources *self, const MbSourceUser *user, const char *named, GString *key, GError **error)
{
  g_autoptr (MbPipelineSpec) spec = NULL;
  g_autofree char *name = choose_description (self, named);
  g_autofree char *own = NULL;
  gboolean is_card = FALSE;
  MbSource *made;

  if (mb_clip_is_named (name)) {
    if (look_into (self, name, error) == NULL)
      return NULL;
    own = g_strdup_printf ("%s/%u", name, self->options->loop ? user->number : user->index);
  } else {
    spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, name, error);
    if (spec == NULL)
      return NULL;
    is_card = mb_pipeline_spec_has_parameter (spec, PARAMETER_CARD_ID);
    own = is_card ? g_strconcat (name, "/", user->name, NULL) : g_strdup (name);
  }
  g_string_append_printf (key, "%s\n", own);
  made = g_hash_table_lookup (self->sources, own);
  if (made != NULL)
    return made;
  made = make (self, user, name, is_card, error);
  if (made != NULL)
    g_hash_table_insert (self->sources, g_steal_pointer (&own), made);
  return made;
}

/* Which of two has the sound: the one without a picture; else the second, if the first has a picture. */
static MbSource *
choose_sound (MbSource *const parts[2])
{
  for (guint i = 0; i < 2; i++)
    if (mb_source_get_audio (parts[i]) != NULL && mb_source_get_video (parts[i]) == NULL)
      return parts[i];
  return mb_source_get_audio (parts[1]) != NULL && mb_source_get_video (parts[0]) != NULL
             ? parts[1]
             : parts[0];
}

static gboolean
check_settings (MbSources *self, MbSource *const parts[2], GError **error)
{
  char *const *settings = self->options->settings_of_source;

  for (guint i = 0; settings != NULL && settings[i] != NULL; i++) {
    g_auto (GStrv) words = g_strsplit (settings[i], "=", 2);

    if (mb_source_has_parameter (parts[0], words[0]) ||
        mb_source_has_parameter (parts[1], words[0]))
      continue;
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "neither source has a parameter %s", words[0]);
    return FALSE;
  }
  return TRUE;
}

static MbSource *
join_parts (MbSources *self, MbSource *const parts[2], const char *key, GError **error)
{
  MbSource *sound = choose_sound (parts);
  MbSource *picture = sound == parts[0] ? parts[1] : parts[0];
  MbSource *pair = g_hash_table_lookup (self->sources, key);

  if (pair != NULL)
    return pair;
  if (mb_source_get_audio (sound) == NULL || mb_source_get_video (picture) == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "of two sources one has to have a picture and the other sound: %s, %s",
        mb_source_get_name (parts[0]), mb_source_get_name (parts[1]));
    return NULL;
  }
  if (!check_settings (self, parts, error))
    return NULL;
  pair = mb_source_new_pair (picture, sound);
  g_hash_table_insert (self->sources, g_strdup (key), pair);
  return pair;
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
  g_autoptr (GString) key = g_string_new (NULL);
  char *const *names = self->options->sources;
  MbSource *parts[2] = {NULL, NULL};

  *source = NULL;
  for (guint i = 0; names[i] != NULL && i < G_N_ELEMENTS (parts); i++) {
    parts[i] = get_part (self, user, names[i], key, error);
    if (parts[i] == NULL)
      return FALSE;
  }
  *source = parts[1] == NULL ? parts[0] : join_parts (self, parts, key->str, error);
  return *source != NULL || names[0] == NULL;
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
  g_hash_table_remove_all (self->clips);
  g_clear_pointer (&self->media, mb_media_unref);
  g_clear_pointer (&self->options, mb_options_unref);
  G_OBJECT_CLASS (mb_sources_parent_class)->dispose (object);
}

static void
mb_sources_finalize (GObject *object)
{
  g_hash_table_unref (MB_SOURCES (object)->sources);
  g_hash_table_unref (MB_SOURCES (object)->clips);
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
  self->clips =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) mb_clip_unref);
}
