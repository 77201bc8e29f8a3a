/* mb-pipeline-spec.c: a pipeline described in a file: read, checked, built
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A description is a GKeyFile whose lines may go on after a backslash. The launch line is fixed:
 * what users give are parameters, and these become property values of a named element, never text
 * of the line.
 */
#include "mb-pipeline-spec.h"

#include <string.h>

#include "mb-error.h"

#define GROUP_PIPELINE "Pipeline"
#define GROUP_PARAMETER "Parameter "
#define GROUP_CONTROL "Control "

typedef struct {
  char *element;
  char *property;
  char *description; /* (nullable) */
  gboolean is_control;
  gint64 minimum; /* control: in the unit of the property */
  gint64 maximum;
} Target;

struct _MbPipelineSpec {
  char *name;
  MbPipelineKind kind;
  char *description;
  char *launch;
  GHashTable *parameters; /* (element-type utf8 Target) */
  GHashTable *controls;   /* (element-type utf8 Target) */
};

static const char *const KIND_NAMES[] = {"source", "sink"};

static void
target_free (gpointer data)
{
  Target *self = data;

  g_free (self->element);
  g_free (self->property);
  g_free (self->description);
  g_free (self);
}

static void
spec_clear (gpointer data)
{
  MbPipelineSpec *self = data;

  g_free (self->name);
  g_free (self->description);
  g_free (self->launch);
  g_hash_table_unref (self->parameters);
  g_hash_table_unref (self->controls);
}

MbPipelineSpec *
mb_pipeline_spec_ref (MbPipelineSpec *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
mb_pipeline_spec_unref (MbPipelineSpec *self)
{
  g_atomic_rc_box_release_full (self, spec_clear);
}

/* GKeyFile has no continuation; comments never go on, so that one cannot swallow a line. */
static char *
join_lines (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *joined = g_string_sized_new (strlen (text));
  gboolean goes_on = FALSE;

  for (guint i = 0; lines[i] != NULL; i++) {
    char *line = lines[i];
    gboolean is_comment = !goes_on && line[0] == '#';

    g_strchomp (line);
    if (goes_on)
      line = g_strchug (line);
    goes_on = !is_comment && g_str_has_suffix (line, "\\");
    if (goes_on)
      line[strlen (line) - 1] = '\0';
    g_string_append (joined, line);
    g_string_append_c (joined, goes_on ? ' ' : '\n');
  }
  return g_string_free (joined, FALSE);
}

static gboolean
check_keys (GKeyFile *file, const char *group, const char *const *allowed, GError **error)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);

  for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
    if (!g_strv_contains (allowed, keys[i])) {
      g_autofree char *known = g_strjoinv (", ", (char **) allowed);

      g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "[%s] has an unknown key %s; known are %s",
          group, keys[i], known);
      return FALSE;
    }
  }
  return TRUE;
}

static char *
require_value (GKeyFile *file, const char *group, const char *key, GError **error)
{
  g_autofree char *value = g_key_file_get_value (file, group, key, NULL);

  if (value == NULL || value[0] == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "[%s] lacks %s", group, key);
    return NULL;
  }
  return g_steal_pointer (&value);
}

static gboolean
parse_integer (GKeyFile *file, const char *group, const char *key, gint64 *result, GError **error)
{
  g_autofree char *value = require_value (file, group, key, error);

  if (value == NULL)
    return FALSE;
  if (!g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, result, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "[%s] %s is not a number: %s", group, key, value);
    return FALSE;
  }
  return TRUE;
}

static Target *
parse_target (GKeyFile *file, const char *group, gboolean is_control, GError **error)
{
  static const char *const PARAMETER_KEYS[] = {"Target", "Description", "Remote", NULL};
  static const char *const CONTROL_KEYS[] = {
      "Target", "Description", "Unit", "Minimum", "Maximum", NULL};
  g_autofree char *value = NULL;
  gint64 minimum = 0;
  gint64 maximum = 0;
  const char *dot;
  Target *self;

  if (!check_keys (file, group, is_control ? CONTROL_KEYS : PARAMETER_KEYS, error))
    return NULL;
  value = require_value (file, group, "Target", error);
  if (value == NULL)
    return NULL;
  dot = strchr (value, '.');
  if (dot == NULL || dot == value || dot[1] == '\0') {
    g_set_error (
        error, MB_ERROR, MB_ERROR_USAGE, "[%s] Target is not element.property: %s", group, value);
    return NULL;
  }
  if (is_control && (!parse_integer (file, group, "Minimum", &minimum, error) ||
                        !parse_integer (file, group, "Maximum", &maximum, error)))
    return NULL;
  if (minimum > maximum) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "[%s] Minimum is above Maximum", group);
    return NULL;
  }

  self = g_new0 (Target, 1);
  self->element = g_strndup (value, dot - value);
  self->property = g_strdup (dot + 1);
  self->description = g_key_file_get_string (file, group, "Description", NULL);
  self->is_control = is_control;
  self->minimum = minimum;
  self->maximum = maximum;
  return self;
}

static gboolean
parse_group (MbPipelineSpec *self, GKeyFile *file, const char *group, GError **error)
{
  gboolean is_control = g_str_has_prefix (group, GROUP_CONTROL);
  gboolean is_parameter = g_str_has_prefix (group, GROUP_PARAMETER);
  const char *name;
  Target *target;

  if (strcmp (group, GROUP_PIPELINE) == 0)
    return TRUE;
  if (!is_control && !is_parameter) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "unknown group [%s]; known are [Pipeline], [Parameter NAME], [Control NAME]", group);
    return FALSE;
  }
  name = group + strlen (is_control ? GROUP_CONTROL : GROUP_PARAMETER);
  if (name[0] == '\0') {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "[%s] has no name", group);
    return FALSE;
  }
  target = parse_target (file, group, is_control, error);
  if (target == NULL)
    return FALSE;
  g_hash_table_replace (is_control ? self->controls : self->parameters, g_strdup (name), target);
  return TRUE;
}

static gboolean
parse_pipeline (MbPipelineSpec *self, GKeyFile *file, GError **error)
{
  static const char *const KEYS[] = {"Kind", "Description", "Launch", NULL};
  g_autofree char *kind = NULL;

  if (!g_key_file_has_group (file, GROUP_PIPELINE)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "there is no group [Pipeline]");
    return FALSE;
  }
  if (!check_keys (file, GROUP_PIPELINE, KEYS, error))
    return FALSE;
  kind = require_value (file, GROUP_PIPELINE, "Kind", error);
  if (kind == NULL)
    return FALSE;
  if (strcmp (kind, KIND_NAMES[MB_PIPELINE_KIND_SOURCE]) == 0) {
    self->kind = MB_PIPELINE_KIND_SOURCE;
  } else if (strcmp (kind, KIND_NAMES[MB_PIPELINE_KIND_SINK]) == 0) {
    self->kind = MB_PIPELINE_KIND_SINK;
  } else {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "Kind is neither source nor sink: %s", kind);
    return FALSE;
  }
  self->launch = require_value (file, GROUP_PIPELINE, "Launch", error);
  self->description = g_key_file_get_string (file, GROUP_PIPELINE, "Description", NULL);
  return self->launch != NULL;
}

/**
 * mb_pipeline_spec_parse:
 * @name: what errors call it
 * @text: a description
 *
 * Only reads: whether the elements exist shows when it is built.
 *
 * Returns: (transfer full): a description, immutable; NULL with %MB_ERROR_USAGE
 */
MbPipelineSpec *
mb_pipeline_spec_parse (const char *name, const char *text, GError **error)
{
  g_autoptr (MbPipelineSpec) self = g_atomic_rc_box_new0 (MbPipelineSpec);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) reason = NULL;
  g_autofree char *joined = NULL;
  g_auto (GStrv) groups = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  self->name = g_strdup (name);
  self->parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, target_free);
  self->controls = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, target_free);

  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "pipeline %s: it is not UTF-8", name);
    return NULL;
  }
  joined = join_lines (text);
  if (!g_key_file_load_from_data (file, joined, strlen (joined), G_KEY_FILE_NONE, &reason)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "pipeline %s: %s", name, reason->message);
    return NULL;
  }
  if (!parse_pipeline (self, file, error)) {
    g_prefix_error (error, "pipeline %s: ", name);
    return NULL;
  }
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++) {
    if (!parse_group (self, file, groups[i], error)) {
      g_prefix_error (error, "pipeline %s: ", name);
      return NULL;
    }
  }
  return g_steal_pointer (&self);
}

/**
 * mb_pipeline_kind_get_name:
 *
 * Returns: (transfer none): `source` or `sink`
 */
const char *
mb_pipeline_kind_get_name (MbPipelineKind kind)
{
  return KIND_NAMES[kind];
}

const char *
mb_pipeline_spec_get_name (const MbPipelineSpec *self)
{
  return self->name;
}

MbPipelineKind
mb_pipeline_spec_get_kind (const MbPipelineSpec *self)
{
  return self->kind;
}

/**
 * mb_pipeline_spec_get_description:
 *
 * Returns: (transfer none) (nullable): a line for people
 */
const char *
mb_pipeline_spec_get_description (const MbPipelineSpec *self)
{
  return self->description;
}

const char *
mb_pipeline_spec_get_launch (const MbPipelineSpec *self)
{
  return self->launch;
}

gboolean
mb_pipeline_spec_has_parameter (const MbPipelineSpec *self, const char *name)
{
  return g_hash_table_contains (self->parameters, name);
}

/**
 * mb_pipeline_spec_get_control_range:
 * @minimum: (out): in the unit of the property
 *
 * Returns: whether there is a control of that name
 */
gboolean
mb_pipeline_spec_get_control_range (
    const MbPipelineSpec *self, const char *name, gint64 *minimum, gint64 *maximum)
{
  const Target *target = g_hash_table_lookup (self->controls, name);

  if (target == NULL)
    return FALSE;
  *minimum = target->minimum;
  *maximum = target->maximum;
  return TRUE;
}

static int
compare_targets (gconstpointer a, gconstpointer b)
{
  const MbPipelineTarget *left = *(const MbPipelineTarget *const *) a;
  const MbPipelineTarget *right = *(const MbPipelineTarget *const *) b;

  if (left->is_control != right->is_control)
    return left->is_control ? 1 : -1;
  return strcmp (left->name, right->name);
}

/**
 * mb_pipeline_spec_list_targets:
 *
 * Returns: (transfer full) (element-type MbPipelineTarget): parameters, then controls, by name
 */
GPtrArray *
mb_pipeline_spec_list_targets (const MbPipelineSpec *self)
{
  GHashTable *const tables[] = {self->parameters, self->controls};
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++) {
    GHashTableIter iter;
    gpointer name;
    gpointer value;

    g_hash_table_iter_init (&iter, tables[i]);
    while (g_hash_table_iter_next (&iter, &name, &value)) {
      const Target *target = value;
      MbPipelineTarget *told = g_new0 (MbPipelineTarget, 1);

      *told = (MbPipelineTarget){
          name, target->element, target->property, target->description, target->is_control};
      g_ptr_array_add (list, told);
    }
  }
  g_ptr_array_sort (list, compare_targets);
  return list;
}

/* Returns: (transfer full) (nullable): the element of @target, and its property in @pspec */
static GstElement *
find_target (const Target *target, GstElement *bin, GParamSpec **pspec, GError **error)
{
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (bin), target->element);

  if (element == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "there is no element named %s", target->element);
    return NULL;
  }
  *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), target->property);
  if (*pspec == NULL || ((*pspec)->flags & G_PARAM_WRITABLE) == 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s has no property %s that can be set",
        target->element, target->property);
    return NULL;
  }
  return g_steal_pointer (&element);
}

static gboolean
check_targets (GHashTable *targets, GstElement *bin, GError **error)
{
  GHashTableIter iter;
  gpointer name;
  gpointer target;

  g_hash_table_iter_init (&iter, targets);
  while (g_hash_table_iter_next (&iter, &name, &target)) {
    g_autoptr (GstElement) element = NULL;
    GParamSpec *pspec;

    element = find_target (target, bin, &pspec, error);
    if (element == NULL) {
      g_prefix_error (error, "%s: ", (const char *) name);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * mb_pipeline_spec_build:
 *
 * Makes the pipeline, in state NULL, with the values that the launch line has. The named outputs
 * or inputs are not linked yet.
 *
 * Returns: (transfer full): a GstPipeline; NULL with %MB_ERROR_UNSUPPORTED where elements are
 *   missing on this machine, %MB_ERROR_USAGE where the description is wrong
 */
GstElement *
mb_pipeline_spec_build (MbPipelineSpec *self, GError **error)
{
  g_autoptr (GstParseContext) context = gst_parse_context_new ();
  g_autoptr (GError) reason = NULL;
  g_autoptr (GstElement) element = NULL;
  g_auto (GStrv) missing = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  element = gst_parse_launch_full (self->launch, context, GST_PARSE_FLAG_FATAL_ERRORS, &reason);
  missing = gst_parse_context_get_missing_elements (context);
  if (missing != NULL && missing[0] != NULL) {
    g_autofree char *names = g_strjoinv (", ", missing);

    g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
        "pipeline %s needs GStreamer elements that are not installed: %s", self->name, names);
    return NULL;
  }
  if (element == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "pipeline %s: Launch: %s", self->name,
        reason != NULL ? reason->message : "it cannot be built");
    return NULL;
  }
  gst_object_ref_sink (element);
  if (!GST_IS_PIPELINE (element)) {
    GstElement *pipeline = gst_pipeline_new (NULL);

    gst_bin_add (GST_BIN (pipeline), g_steal_pointer (&element));
    element = gst_object_ref_sink (pipeline);
  }
  if (!check_targets (self->parameters, element, error) ||
      !check_targets (self->controls, element, error)) {
    g_prefix_error (error, "pipeline %s: ", self->name);
    return NULL;
  }
  return g_steal_pointer (&element);
}

static gboolean
parse_value (GParamSpec *pspec, const char *text, GValue *value)
{
  g_value_init (value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  if (G_VALUE_HOLDS_STRING (value)) {
    g_value_set_string (value, text);
    return TRUE;
  }
  /* GStreamer takes an empty text for a 0. */
  return text[0] != '\0' && gst_value_deserialize (value, text);
}

/**
 * mb_pipeline_spec_set_parameter:
 * @bin: what mb_pipeline_spec_build() made
 * @value: as GStreamer writes values of the property's type
 *
 * Returns: FALSE with %MB_ERROR_USAGE where there is no such parameter, or the value is none of its
 *   type or outside its range
 */
gboolean
mb_pipeline_spec_set_parameter (
    MbPipelineSpec *self, GstElement *bin, const char *name, const char *value, GError **error)
{
  const Target *target = g_hash_table_lookup (self->parameters, name);
  g_autoptr (GstElement) element = NULL;
  g_auto (GValue) parsed = G_VALUE_INIT;
  g_auto (GValue) checked = G_VALUE_INIT;
  GParamSpec *pspec;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  if (target == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s has no parameter %s",
        KIND_NAMES[self->kind], self->name, name);
    return FALSE;
  }
  element = find_target (target, bin, &pspec, error);
  if (element == NULL)
    return FALSE;
  if (!parse_value (pspec, value, &parsed)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s: %s is no %s: \"%s\"",
        KIND_NAMES[self->kind], self->name, name, g_type_name (G_VALUE_TYPE (&parsed)), value);
    return FALSE;
  }
  g_value_init (&checked, G_VALUE_TYPE (&parsed));
  g_value_copy (&parsed, &checked);
  /* It would be clamped in silence otherwise. */
  if (g_param_value_validate (pspec, &checked) &&
      gst_value_compare (&parsed, &checked) != GST_VALUE_EQUAL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s: %s is out of range: \"%s\"",
        KIND_NAMES[self->kind], self->name, name, value);
    return FALSE;
  }
  g_object_set_property (G_OBJECT (element), target->property, &parsed);
  return TRUE;
}

/**
 * mb_pipeline_spec_set_control:
 * @value: brought into the control's range
 *
 * Returns: FALSE with %MB_ERROR_USAGE where there is no such control
 */
gboolean
mb_pipeline_spec_set_control (
    MbPipelineSpec *self, GstElement *bin, const char *name, gint64 value, GError **error)
{
  const Target *target = g_hash_table_lookup (self->controls, name);
  g_autoptr (GstElement) element = NULL;
  g_autofree char *text = NULL;
  g_auto (GValue) parsed = G_VALUE_INIT;
  GParamSpec *pspec;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  if (target == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s has no control %s", KIND_NAMES[self->kind],
        self->name, name);
    return FALSE;
  }
  element = find_target (target, bin, &pspec, error);
  if (element == NULL)
    return FALSE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT, CLAMP (value, target->minimum, target->maximum));
  if (!parse_value (pspec, text, &parsed)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s %s: control %s takes no number",
        KIND_NAMES[self->kind], self->name, name);
    return FALSE;
  }
  g_object_set_property (G_OBJECT (element), target->property, &parsed);
  return TRUE;
}
