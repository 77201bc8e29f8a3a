/* mb-pipeline-spec.c: descriptions are read strictly; parameters are values, never text of the line
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pipeline-spec.h"

#include "mb-error.h"

#define HEAD "[Pipeline]\nKind=source\nLaunch=fakesrc name=a num-buffers=3 ! fakesink name=b\n"

static void
test_read (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse ("x",
      "# about it \\\n"
      "[Pipeline]\nKind=source\nDescription=A thing\n"
      "Launch=fakesrc name=a ! \\\n    fakesink name=b \\\n  fakesrc\n"
      "[Parameter n]\nTarget=a.num-buffers\nRemote=yes\n"
      "[Control c]\nTarget=a.sizemax\nUnit=byte\nMinimum=1\nMaximum=9\n",
      &error);
  gint64 minimum;
  gint64 maximum;

  g_assert_no_error (error);
  g_assert_cmpstr (mb_pipeline_spec_get_name (spec), ==, "x");
  g_assert_cmpint (mb_pipeline_spec_get_kind (spec), ==, MB_PIPELINE_KIND_SOURCE);
  g_assert_cmpstr (mb_pipeline_spec_get_description (spec), ==, "A thing");
  g_assert_cmpstr (
      mb_pipeline_spec_get_launch (spec), ==, "fakesrc name=a !  fakesink name=b  fakesrc");
  g_assert_true (mb_pipeline_spec_has_parameter (spec, "n"));
  g_assert_false (mb_pipeline_spec_has_parameter (spec, "c"));
  g_assert_true (mb_pipeline_spec_get_control_range (spec, "c", &minimum, &maximum));
  g_assert_cmpint (minimum, ==, 1);
  g_assert_cmpint (maximum, ==, 9);
}

static void
test_wrong (void)
{
  static const struct {
    const char *text;
    const char *says;
  } ROWS[] = {
      {"", "[Pipeline]"},
      {"Kind=source", "x: "},
      {"[Pipeline]\nLaunch=a", "lacks Kind"},
      {"[Pipeline]\nKind=source", "lacks Launch"},
      {"[Pipeline]\nKind=source\nLaunch=", "lacks Launch"},
      {"[Pipeline]\nKind=other\nLaunch=a", "other"},
      {HEAD "Include=y", "unknown key Include"},
      {HEAD "[Else]\n", "unknown group [Else]"},
      {HEAD "[Parameter ]\n", "has no name"},
      {HEAD "[Parameter p]\n", "lacks Target"},
      {HEAD "[Parameter p]\nTarget=a\n", "element.property"},
      {HEAD "[Parameter p]\nTarget=.a\n", "element.property"},
      {HEAD "[Parameter p]\nTarget=a.\n", "element.property"},
      {HEAD "[Parameter p]\nTarget=a.b\nMinimum=1\n", "unknown key Minimum"},
      {HEAD "[Control p]\nTarget=a.b\nMinimum=1\n", "lacks Maximum"},
      {HEAD "[Control p]\nTarget=a.b\nMinimum=1x\nMaximum=3\n", "not a number"},
      {HEAD "[Control p]\nTarget=a.b\nMinimum=4\nMaximum=3\n", "above"},
      {HEAD "Description=\xff\n", "UTF-8"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbPipelineSpec) spec = mb_pipeline_spec_parse ("x", ROWS[i].text, &error);

    g_assert_null (spec);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_test_message ("%s", error->message);
    g_assert_nonnull (g_strstr_len (error->message, -1, ROWS[i].says));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pipeline-spec/is-read-with-lines-that-go-on", test_read);
  g_test_add_func ("/pipeline-spec/what-is-wrong-is-said", test_wrong);
  return g_test_run ();
}
