/* mb-pipeline-build.c: shipped descriptions build; values are checked, and never become elements
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"
#include "mb-pipeline-path.h"

static const char TEXT[] =
    "[Pipeline]\nKind=source\n"
    "Launch=fakesrc name=a num-buffers=3 ! capsfilter name=c ! fakesink name=b\n"
    "[Parameter n]\nTarget=a.num-buffers\n"
    "[Parameter size]\nTarget=c.caps\n"
    "[Parameter name]\nTarget=b.name\n"
    "[Control n]\nTarget=a.num-buffers\nMinimum=2\nMaximum=8\n";

static void
test_set (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse ("x", TEXT, &error);
  g_autoptr (GstElement) bin = mb_pipeline_spec_build (spec, &error);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (bin), "a");
  int number;

  g_assert_no_error (error);
  g_assert_true (mb_pipeline_spec_set_parameter (spec, bin, "n", "12", &error));
  g_object_get (source, "num-buffers", &number, NULL);
  g_assert_cmpint (number, ==, 12);

  g_assert_true (mb_pipeline_spec_set_control (spec, bin, "n", 100, &error));
  g_object_get (source, "num-buffers", &number, NULL);
  g_assert_cmpint (number, ==, 8);
}

static void
test_bad_values (void)
{
  static const struct {
    const char *name;
    const char *value;
  } ROWS[] = {
      {"n", "twelve"},
      {"n", "-2"},
      {"n", "3 ! filesink location=/tmp/x"},
      {"n", ""},
      {"size", "video/x-raw,width=("},
      {"unknown", "1"},
  };
  g_autoptr (GError) failure = NULL;
  g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse ("x", TEXT, &failure);
  g_autoptr (GstElement) bin = mb_pipeline_spec_build (spec, &failure);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (bin), "a");

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    int number;

    g_assert_false (
        mb_pipeline_spec_set_parameter (spec, bin, ROWS[i].name, ROWS[i].value, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_object_get (source, "num-buffers", &number, NULL);
    g_assert_cmpint (number, ==, 3);
  }
  g_assert_cmpint (GST_BIN_NUMCHILDREN (GST_BIN (bin)), ==, 3);
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse (
      "x", "[Pipeline]\nKind=source\nLaunch=nosuchelement ! fakesink\n", &error);
  g_autoptr (GstElement) bin = mb_pipeline_spec_build (spec, &error);

  g_assert_null (bin);
  g_assert_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED);
  g_assert_nonnull (g_strstr_len (error->message, -1, "nosuchelement"));
}

static void
test_bad_target (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse ("x",
      "[Pipeline]\nKind=source\nLaunch=fakesrc name=a ! fakesink\n[Parameter p]\nTarget=a.wings\n",
      &error);
  g_autoptr (GstElement) bin = mb_pipeline_spec_build (spec, &error);

  g_assert_null (bin);
  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
  g_assert_nonnull (g_strstr_len (error->message, -1, "wings"));
}

static void
test_unknown (void)
{
  static const char *const NAMES[] = {"nosuch", "", "../sources/videotestsrc", ".hidden", "a/b"};

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbPipelineSpec) spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, NAMES[i], &error);

    g_assert_null (spec);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_assert_nonnull (g_strstr_len (error->message, -1, "audiotestsrc, "));
  }
}

static void
test_shipped (void)
{
  g_auto (GStrv) names = mb_pipeline_list (MB_PIPELINE_KIND_SOURCE);

  g_assert_cmpuint (g_strv_length (names), >=, 2);
  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbPipelineSpec) spec = mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, names[i], &error);
    g_autoptr (GstElement) bin = NULL;

    g_assert_no_error (error);
    g_assert_nonnull (mb_pipeline_spec_get_description (spec));
    bin = mb_pipeline_spec_build (spec, &error);
    if (g_error_matches (error, MB_ERROR, MB_ERROR_UNSUPPORTED)) {
      g_test_message ("skipped: %s", error->message);
      continue;
    }
    g_assert_no_error (error);
    g_assert_true (GST_IS_PIPELINE (bin));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/pipeline/values-reach-the-property", test_set);
  g_test_add_func ("/pipeline/bad-values-are-refused-and-change-nothing", test_bad_values);
  g_test_add_func ("/pipeline/missing-elements-are-named", test_missing);
  g_test_add_func ("/pipeline/target-that-is-not-there-is-an-error", test_bad_target);
  g_test_add_func ("/pipeline/unknown-name-says-which-there-are", test_unknown);
  g_test_add_func ("/pipeline/shipped-sources-build", test_shipped);
  return g_test_run ();
}
