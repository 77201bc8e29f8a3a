/* mb-json-writer.c: what is written is JSON, with short numbers and what it was given
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-json-writer.h"

#include <json-glib/json-glib.h>
#include <math.h>

static void
test_numbers (void)
{
  static const struct {
    double value;
    const char *text;
  } ROWS[] = {{0, "0"}, {1, "1"}, {10, "10"}, {100, "100"}, {-5, "-5"}, {0.1, "0.1"},
      {46.496, "46.496"}, {1.23456, "1.235"}, {-0.0001, "0"}, {1800000000000, "1800000000000"},
      {(double) NAN, "null"}, {(double) INFINITY, "null"}, {1e300, "null"}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    MbJsonWriter writer = {0};
    g_autofree char *expected = g_strconcat (ROWS[i].text, "\n", NULL);
    g_autofree char *text = NULL;

    mb_json_writer_add_number (&writer, NULL, ROWS[i].value);
    text = mb_json_writer_finish (&writer);
    g_assert_cmpstr (text, ==, expected);
  }
}

static void
test_layout (void)
{
  MbJsonWriter writer = {0};
  g_autofree char *text = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();

  mb_json_writer_begin (&writer, NULL, '{');
  mb_json_writer_add_string (&writer, "a", "x\"\n\xc3\xab");
  mb_json_writer_add_string (&writer, "b", NULL);
  mb_json_writer_begin (&writer, "c", '[');
  mb_json_writer_add_number (&writer, NULL, 1);
  mb_json_writer_add_number (&writer, NULL, 2.5);
  mb_json_writer_end (&writer, ']');
  mb_json_writer_begin (&writer, "d", '[');
  mb_json_writer_end (&writer, ']');
  mb_json_writer_begin (&writer, "e", '[');
  mb_json_writer_begin (&writer, NULL, '{');
  mb_json_writer_add_boolean (&writer, "ok", TRUE);
  mb_json_writer_end (&writer, '}');
  mb_json_writer_add_string (&writer, NULL, "z");
  mb_json_writer_end (&writer, ']');
  mb_json_writer_end (&writer, '}');
  text = mb_json_writer_finish (&writer);

  g_assert_cmpstr (text, ==,
      "{\n"
      "  \"a\": \"x\\\"\\n\xc3\xab\",\n"
      "  \"b\": null,\n"
      "  \"c\": [1, 2.5],\n"
      "  \"d\": [],\n"
      "  \"e\": [\n"
      "    {\n"
      "      \"ok\": true\n"
      "    },\n"
      "    \"z\"\n"
      "  ]\n"
      "}\n");
  g_assert_true (json_parser_load_from_data (parser, text, -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-writer/numbers-are-short", test_numbers);
  g_test_add_func ("/json-writer/layout", test_layout);
  return g_test_run ();
}
