/* mb-pipeline-spec.h: a pipeline described in a file: read, checked, built
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

typedef struct _MbPipelineSpec MbPipelineSpec;

typedef enum {
  MB_PIPELINE_KIND_SOURCE,
  MB_PIPELINE_KIND_SINK,
} MbPipelineKind;

/**
 * MbPipelineTarget:
 * @description: (nullable): for people
 *
 * A parameter or control; belongs to its description.
 */
typedef struct {
  const char *name;
  const char *element;
  const char *property;
  const char *description;
  gboolean is_control;
} MbPipelineTarget;

MbPipelineSpec *mb_pipeline_spec_parse (const char *name, const char *text, GError **error);
MbPipelineSpec *mb_pipeline_spec_ref (MbPipelineSpec *self);
void mb_pipeline_spec_unref (MbPipelineSpec *self);

const char *mb_pipeline_kind_get_name (MbPipelineKind kind);
const char *mb_pipeline_spec_get_name (const MbPipelineSpec *self);
MbPipelineKind mb_pipeline_spec_get_kind (const MbPipelineSpec *self);
const char *mb_pipeline_spec_get_description (const MbPipelineSpec *self);
const char *mb_pipeline_spec_get_launch (const MbPipelineSpec *self);
gboolean mb_pipeline_spec_has_parameter (const MbPipelineSpec *self, const char *name);
gboolean mb_pipeline_spec_get_control_range (
    const MbPipelineSpec *self, const char *name, gint64 *minimum, gint64 *maximum);

GPtrArray *mb_pipeline_spec_list_targets (const MbPipelineSpec *self);

GstElement *mb_pipeline_spec_build (MbPipelineSpec *self, GError **error);
gboolean mb_pipeline_spec_set_parameter (
    MbPipelineSpec *self, GstElement *bin, const char *name, const char *value, GError **error);
gboolean mb_pipeline_spec_set_control (
    MbPipelineSpec *self, GstElement *bin, const char *name, gint64 value, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPipelineSpec, mb_pipeline_spec_unref)
