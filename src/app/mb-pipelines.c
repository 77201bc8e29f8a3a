/* mb-pipelines.c: --list-pipelines and --check-pipeline
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pipelines.h"

#include <gst/gst.h>
#include <string.h>

#include "mb-elements.h"
#include "mb-error.h"
#include "mb-pipeline-path.h"
#include "mb-source.h"

#define SUFFIX ".pipeline"

static void
append_kind (GString *text, MbPipelineKind kind)
{
  g_auto (GStrv) names = mb_pipeline_list (kind);

  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbPipelineSpec) spec = mb_pipeline_find (kind, names[i], &error);
    const char *description = spec != NULL ? mb_pipeline_spec_get_description (spec) : NULL;

    if (description == NULL)
      description = error != NULL ? error->message : "";
    g_string_append_printf (
        text, "%-6s  %-14s  %s\n", mb_pipeline_kind_get_name (kind), names[i], description);
  }
}

/**
 * mb_pipelines_list:
 *
 * Returns: (transfer full): a line for each description there is: kind, name, what it is
 */
char *
mb_pipelines_list (void)
{
  GString *text = g_string_new (NULL);

  append_kind (text, MB_PIPELINE_KIND_SOURCE);
  g_string_append_printf (text, "%-6s  %-14s  %s\n", "source", "FILE or URI",
      "Any media file, sent as it is where that is possible");
  append_kind (text, MB_PIPELINE_KIND_SINK);
  return g_string_free (text, FALSE);
}

static MbPipelineSpec *
read_spec (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *text = NULL;
  g_autoptr (GError) reason = NULL;
  MbPipelineSpec *spec;

  if (!g_file_get_contents (path, &text, NULL, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", reason->message);
    return NULL;
  }
  if (g_str_has_suffix (name, SUFFIX))
    name[strlen (name) - strlen (SUFFIX)] = '\0';
  spec = mb_pipeline_spec_parse (name, text, error);
  if (spec == NULL)
    g_prefix_error (error, "%s: ", path);
  return spec;
}

static void
append_stream (GString *text, const char *name, const MbSourceStream *stream)
{
  if (stream != NULL)
    g_string_append_printf (
        text, "output     %-14s  %s\n", name, mb_codec_get_name (stream->codec));
}

static gboolean
append_outputs (GString *text, MbPipelineSpec *spec, GError **error)
{
  g_autoptr (MbMedia) media = mb_media_new_manual ();
  g_autoptr (MbSource) source = mb_source_new_for_spec (media, spec, NULL, error);

  if (source == NULL)
    return FALSE;
  append_stream (text, "video", mb_source_get_video (source));
  append_stream (text, "audio", mb_source_get_audio (source));
  return TRUE;
}

static void
append_parameters (GString *text, const MbPipelineSpec *spec)
{
  g_autoptr (GPtrArray) targets = mb_pipeline_spec_list_targets (spec);

  for (guint i = 0; i < targets->len; i++) {
    const MbPipelineTarget *target = g_ptr_array_index (targets, i);

    g_string_append_printf (text, "%-9s  %-14s  %s.%s%s%s\n",
        target->is_control ? "control" : "parameter", target->name, target->element,
        target->property, target->description != NULL ? ": " : "",
        target->description != NULL ? target->description : "");
  }
}

/**
 * mb_pipelines_check:
 *
 * Builds it.
 *
 * Returns: (transfer full): its outputs and parameters, a line each; %NULL with %MB_ERROR_USAGE where
 *   it is wrong, %MB_ERROR_UNSUPPORTED where something for it is not installed
 */
char *
mb_pipelines_check (const char *path, GError **error)
{
  g_autoptr (MbPipelineSpec) spec = read_spec (path, error);
  g_autoptr (GString) text = g_string_new (NULL);

  if (spec == NULL || !mb_elements_ensure (FALSE, error) ||
      !mb_elements_check_launch (mb_pipeline_spec_get_launch (spec), NULL, error))
    return NULL;
  g_string_append_printf (text, "%s %s: %s\n",
      mb_pipeline_kind_get_name (mb_pipeline_spec_get_kind (spec)),
      mb_pipeline_spec_get_name (spec),
      mb_pipeline_spec_get_description (spec) != NULL ? mb_pipeline_spec_get_description (spec)
                                                      : "(no description)");
  if (mb_pipeline_spec_get_kind (spec) == MB_PIPELINE_KIND_SOURCE) {
    if (!append_outputs (text, spec, error))
      return NULL;
  } else {
    g_autoptr (GstElement) bin = mb_pipeline_spec_build (spec, error);

    if (bin == NULL)
      return NULL;
  }
  append_parameters (text, spec);
  return g_strdup (text->str);
}
