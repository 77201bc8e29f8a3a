/* mb-json.c: what json-glib would misread is refused; reads fail with the field's name
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-json.h"

#include <string.h>

#include "mb-error.h"

static void
test_parse (void)
{
  static const char *const GOOD[] = {"{}", " [1] ", "\"\\\\u0000\"", "-9223372036854775808",
      "9223372036854775807", "1e300", "\"\\ud83d\\ude00\"", "[0,-0.5,\"-1e999\"]"};
  static const char *const BAD[] = {"", "{", "'a'", "/* */ {}", "{\"a\":1,}", "\"\\u0000\"",
      "\"\\\\\\u0000b\"", "9223372036854775808", "-9223372036854775809", "12345678901234567890",
      "1e400", "[-1e400]", "\"\\ud800\"", "{\"a\\u0000\":1}"};

  for (gsize i = 0; i < G_N_ELEMENTS (GOOD); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = mb_json_parse (GOOD[i], -1, &error);

    g_assert_no_error (error);
    g_assert_nonnull (node);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (BAD); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mb_json_parse (BAD[i], -1, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_deep (void)
{
  g_autofree char *text = g_strnfill (120000, '[');
  g_autoptr (GError) error = NULL;

  g_assert_null (mb_json_parse (text, -1, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

static void
test_not_terminated (void)
{
  g_autofree char *text = g_memdup2 ("{\"a\":1}", 7);
  g_autoptr (JsonObject) object = mb_json_parse_object (text, 7, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (json_object_get_int_member (object, "a"), ==, 1);
  g_assert_null (mb_json_parse_object ("[]", -1, &error));
  g_assert_cmpstr (error->message, ==, "JSON must be an object");
}

static void
test_reads (void)
{
  g_autoptr (JsonObject) object = mb_json_parse_object (
      "{\"s\":\"x\",\"i\":5,\"d\":0.5,\"b\":true,\"o\":{},\"a\":[]}", -1, NULL);
  const char *string = NULL;
  gint64 integer = 0;
  double number = 0;
  gboolean flag = FALSE;
  JsonObject *inner = NULL;
  JsonArray *array = NULL;

  g_assert_true (mb_json_read_string (object, "s", MB_JSON_REQUIRED, &string, NULL));
  g_assert_cmpstr (string, ==, "x");
  g_assert_true (mb_json_read_integer (object, "i", MB_JSON_REQUIRED, 5, 5, &integer, NULL));
  g_assert_cmpint (integer, ==, 5);
  g_assert_true (mb_json_read_double (object, "d", MB_JSON_REQUIRED, 0, 1, &number, NULL));
  g_assert_cmpfloat_with_epsilon (number, 0.5, 1e-12);
  g_assert_true (mb_json_read_double (object, "i", MB_JSON_REQUIRED, 0, 9, &number, NULL));
  g_assert_cmpfloat_with_epsilon (number, 5, 1e-12);
  g_assert_true (mb_json_read_boolean (object, "b", MB_JSON_REQUIRED, &flag, NULL));
  g_assert_true (flag);
  g_assert_true (mb_json_read_object (object, "o", MB_JSON_REQUIRED, &inner, NULL));
  g_assert_nonnull (inner);
  g_assert_true (mb_json_read_array (object, "a", MB_JSON_REQUIRED, &array, NULL));
  g_assert_nonnull (array);
}

static void
test_optional (void)
{
  g_autoptr (JsonObject) object = mb_json_parse_object ("{\"n\":null}", -1, NULL);
  const char *string = "kept";
  gint64 integer = 7;

  g_assert_true (mb_json_read_string (object, "n", MB_JSON_OPTIONAL, &string, NULL));
  g_assert_true (mb_json_read_string (object, "gone", MB_JSON_OPTIONAL, &string, NULL));
  g_assert_true (mb_json_read_integer (object, "gone", MB_JSON_OPTIONAL, 0, 1, &integer, NULL));
  g_assert_cmpstr (string, ==, "kept");
  g_assert_cmpint (integer, ==, 7);
}

static void
assert_fault (gboolean good, GError **error, const char *message)
{
  g_assert_false (good);
  g_assert_error (*error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  g_assert_cmpstr ((*error)->message, ==, message);
  g_clear_error (error);
}

static void
test_faults (void)
{
  g_autoptr (JsonObject) object =
      mb_json_parse_object ("{\"s\":\"x\",\"i\":5,\"n\":null,\"d\":1.5}", -1, NULL);
  const char *string = "kept";
  gint64 integer = 7;
  gboolean flag = FALSE;
  double number = 0;
  JsonObject *inner = NULL;
  JsonArray *array = NULL;
  GError *error = NULL;

  assert_fault (mb_json_read_string (object, "gone", MB_JSON_REQUIRED, &string, &error), &error,
      "gone is missing");
  assert_fault (mb_json_read_string (object, "n", MB_JSON_REQUIRED, &string, &error), &error,
      "n must be a string");
  assert_fault (mb_json_read_string (object, "i", MB_JSON_OPTIONAL, &string, &error), &error,
      "i must be a string");
  assert_fault (mb_json_read_integer (object, "d", MB_JSON_REQUIRED, 0, 9, &integer, &error),
      &error, "d must be a whole number");
  assert_fault (mb_json_read_integer (object, "i", MB_JSON_REQUIRED, 0, 4, &integer, &error),
      &error, "i must be between 0 and 4");
  assert_fault (mb_json_read_double (object, "d", MB_JSON_REQUIRED, 0, 1, &number, &error), &error,
      "d must be between 0 and 1");
  assert_fault (mb_json_read_double (object, "s", MB_JSON_REQUIRED, 0, 1, &number, &error), &error,
      "s must be a number");
  assert_fault (mb_json_read_boolean (object, "i", MB_JSON_REQUIRED, &flag, &error), &error,
      "i must be true or false");
  assert_fault (mb_json_read_object (object, "s", MB_JSON_REQUIRED, &inner, &error), &error,
      "s must be an object");
  assert_fault (mb_json_read_array (object, "s", MB_JSON_REQUIRED, &array, &error), &error,
      "s must be an array");
  g_assert_cmpstr (string, ==, "kept");
  g_assert_cmpint (integer, ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/what-would-be-misread-is-refused", test_parse);
  g_test_add_func ("/json/deep-nesting-is-an-error", test_deep);
  g_test_add_func ("/json/text-needs-no-terminator", test_not_terminated);
  g_test_add_func ("/json/reads-are-typed", test_reads);
  g_test_add_func ("/json/optional-members-leave-the-default", test_optional);
  g_test_add_func ("/json/faults-name-the-field", test_faults);
  return g_test_run ();
}
