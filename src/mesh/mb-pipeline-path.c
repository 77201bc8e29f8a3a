/* mb-pipeline-path.c: where descriptions of pipelines, and our own elements, are found
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pipeline-path.h"

#include <string.h>

#include "mb-error.h"
#include "names.h"

#define SUFFIX ".pipeline"
#define MAX_FILE_SIZE ((gsize) 256 * 1024)

static const char *const KIND_FOLDERS[] = {"sources", "sinks"};

/* Where the program runs from its build tree, descriptions and the plugin are found beside it. */
static char *
find_build_root (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : NULL;

  if (folder == NULL || !g_str_has_suffix (folder, "/src/app"))
    return NULL;
  folder[strlen (folder) - strlen ("/src/app")] = '\0';
  return g_steal_pointer (&folder);
}

/* Returns: (transfer full) (element-type utf8): the folders that may hold descriptions of @kind */
static GPtrArray *
get_folders (MbPipelineKind kind)
{
  GPtrArray *folders = g_ptr_array_new_with_free_func (g_free);
  const char *path = g_getenv ("MESHBOT_PIPELINE_PATH");
  const char *folder = KIND_FOLDERS[kind];
  g_autofree char *build_root = find_build_root ();

  if (path != NULL) {
    g_auto (GStrv) roots = g_strsplit (path, G_SEARCHPATH_SEPARATOR_S, -1);

    for (guint i = 0; roots[i] != NULL; i++) {
      if (roots[i][0] != '\0')
        g_ptr_array_add (folders, g_build_filename (roots[i], folder, NULL));
    }
  }
  if (build_root != NULL)
    g_ptr_array_add (folders, g_build_filename (build_root, "pipelines", folder, NULL));
  g_ptr_array_add (folders, g_build_filename ("/etc/meshbot/pipelines", folder, NULL));
  g_ptr_array_add (folders, g_build_filename (MESHBOT_DATADIR, "meshbot/pipelines", folder, NULL));
  return folders;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/**
 * mb_pipeline_list:
 *
 * Returns: (transfer full): the names there are, sorted, each once
 */
char **
mb_pipeline_list (MbPipelineKind kind)
{
  g_autoptr (GPtrArray) folders = get_folders (kind);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < folders->len; i++) {
    g_autoptr (GDir) dir = g_dir_open (folders->pdata[i], 0, NULL);
    const char *file;

    while (dir != NULL && (file = g_dir_read_name (dir)) != NULL) {
      g_autofree char *name = NULL;

      if (!g_str_has_suffix (file, SUFFIX))
        continue;
      name = g_strndup (file, strlen (file) - strlen (SUFFIX));
      if (!g_hash_table_contains (seen, name)) {
        g_hash_table_add (seen, name);
        g_ptr_array_add (names, g_steal_pointer (&name));
      }
    }
  }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static gboolean
is_name (const char *name)
{
  if (name[0] == '\0' || name[0] == '.')
    return FALSE;
  for (const char *c = name; *c != '\0'; c++) {
    if (!g_ascii_isalnum (*c) && strchr ("-_.", *c) == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
set_unknown (MbPipelineKind kind, const char *name, GError **error)
{
  g_auto (GStrv) names = mb_pipeline_list (kind);
  g_autofree char *known = g_strjoinv (", ", names);

  g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "there is no %s \"%s\"; there are: %s",
      mb_pipeline_kind_get_name (kind), name, names[0] != NULL ? known : "none");
}

/**
 * mb_pipeline_find:
 * @name: a name as in mb_pipeline_list(), no path
 *
 * Looks in $MESHBOT_PIPELINE_PATH, the build tree that the program runs from, /etc/meshbot/pipelines
 * and the data folder; the first file of that kind and name is taken whole.
 *
 * Returns: (transfer full): a description; NULL with %MB_ERROR_USAGE where there is none (the
 *   message says which there are) or it is wrong
 */
MbPipelineSpec *
mb_pipeline_find (MbPipelineKind kind, const char *name, GError **error)
{
  g_autoptr (GPtrArray) folders = get_folders (kind);

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  for (guint i = 0; is_name (name) && i < folders->len; i++) {
    g_autofree char *file = g_strconcat (name, SUFFIX, NULL);
    g_autofree char *path = g_build_filename (folders->pdata[i], file, NULL);
    g_autofree char *text = NULL;
    g_autoptr (MbPipelineSpec) self = NULL;
    g_autoptr (GError) reason = NULL;
    gsize length;

    if (!g_file_get_contents (path, &text, &length, &reason)) {
      if (g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
          g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
        continue;
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s", reason->message);
      return NULL;
    }
    if (length > MAX_FILE_SIZE || length != strlen (text)) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s is no pipeline description", path);
      return NULL;
    }
    self = mb_pipeline_spec_parse (name, text, error);
    if (self == NULL) {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
    if (mb_pipeline_spec_get_kind (self) != kind) {
      g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: Kind is not %s", path,
          mb_pipeline_kind_get_name (kind));
      return NULL;
    }
    return g_steal_pointer (&self);
  }
  set_unknown (kind, name, error);
  return NULL;
}

static void
load_built (const char *build_root, const char *module)
{
  g_autofree char *name = g_strdup_printf ("lib%s.so", module);
  g_autofree char *path = g_build_filename (build_root, "plugins", name, NULL);
  /* It enters the registry by itself. */
  g_autoptr (GstPlugin) plugin = gst_plugin_load_file (path, NULL);

  if (plugin != NULL)
    g_debug ("elements of %s", gst_plugin_get_filename (plugin));
}

/**
 * mb_pipeline_ensure_elements:
 * @records: the element that records as well; who does without it does without its many libraries
 *
 * Makes sure that our own elements can be made: from where GStreamer looks for plugins, or else from
 * the build tree that the program runs from. gst_init() has been called.
 *
 * Returns: FALSE with %MB_ERROR_UNSUPPORTED where they cannot
 */
gboolean
mb_pipeline_ensure_elements (gboolean records, GError **error)
{
  static const struct {
    const char *element;
    const char *module;
    gboolean for_recording;
  } ELEMENTS[] = {
      {MB_ELEMENT_RTP_SINK, "gstmeshbot", FALSE},
      {MB_ELEMENT_RTP_SRC, "gstmeshbot", FALSE},
      {MB_ELEMENT_PROBE, "gstmeshbot", FALSE},
      {MB_ELEMENT_WRITER, "gstmeshbotrecord", TRUE},
  };
  g_autofree char *build_root = find_build_root ();

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  if (build_root != NULL) {
    load_built (build_root, "gstmeshbot");
    if (records)
      load_built (build_root, "gstmeshbotrecord");
  }
  for (guint i = 0; i < G_N_ELEMENTS (ELEMENTS); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (ELEMENTS[i].element);

    if (factory == NULL && (records || !ELEMENTS[i].for_recording)) {
      g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
          "GStreamer does not find the element %s; is lib%s.so in GST_PLUGIN_PATH?",
          ELEMENTS[i].element, ELEMENTS[i].module);
      return FALSE;
    }
  }
  return TRUE;
}
