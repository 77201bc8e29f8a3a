/* mb-rec-name.c: whatever a peer calls itself, the file has a safe name
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rec-name.h"

#include <string.h>

static void
test_table (void)
{
  static const struct {
    const char *display_name;
    const char *id;
    const char *name;
  } ROWS[] = {
      {"alice", "Xy3kPq_-9", "alice-Xy3kPq_-9"},
      {"Alice Smith", "a", "Alice_Smith-a"},
      {"Zoë Ångström", "a", "Zoë_Ångström-a"},
      {"李雷", "a", "李雷-a"},
      {"a.b-c", "a", "a.b-c-a"},
      {"", "a", "peer-a"},
      {"", "", "peer"},
      {"...", "a", "peer-a"},
      {".hidden", "a", "hidden-a"},
      {"-rf", "a", "rf-a"},
      {"../../etc/passwd", "../x", "etc_passwd-x"},
      {"a/b\\c:d*e?f\"g<h>i|j", "a", "a_b_c_d_e_f_g_h_i_j-a"},
      {"a\x1b[2Jb\nc", "a", "a_2Jb_c-a"},
      {"a\xe2\x80\xae"
       "gpj",
          "a", "a_gpj-a"},
      {"\xff\xfe", "a", "peer-a"},
      {"e\xcc\x81", "a", "\xc3\xa9-a"},
      {"trailing. ", "a", "trailing-a"},
      {"\xf0\x9f\x98\x80", "a", "peer-a"},
      {"bob", "so/me id\xff", "bob-someid"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autofree char *name = mb_rec_name_build (ROWS[i].display_name, ROWS[i].id);

    g_assert_cmpstr (name, ==, ROWS[i].name);
  }
}

static void
test_bounds (void)
{
  static const char *const UNITS[] = {"a", "é", "李", "\xf0\x9d\x94\xb8", "/", "a/"};

  for (gsize i = 0; i < G_N_ELEMENTS (UNITS); i++) {
    for (unsigned int n = 1; n < 200; n++) {
      g_autoptr (GString) long_name = g_string_new (NULL);
      g_autofree char *name = NULL;

      for (unsigned int j = 0; j < n; j++)
        g_string_append (long_name, UNITS[i]);
      name = mb_rec_name_build (long_name->str, long_name->str);
      g_assert_true (g_utf8_validate (name, -1, NULL));
      g_assert_cmpuint (strlen (name), <=, MB_REC_NAME_MAX_DISPLAY + 1 + MB_REC_NAME_MAX_ID);
      g_assert_null (strchr (name, '/'));
    }
  }
}

/* Every pair of bytes, in both parts. */
static void
test_bytes (void)
{
  for (int a = 1; a < 256; a++) {
    for (int b = 1; b < 256; b++) {
      char text[] = {(char) a, (char) b, 'x', '\0'};
      g_autofree char *name = mb_rec_name_build (text, text);

      g_assert_true (g_utf8_validate (name, -1, NULL));
      g_assert_true (name[0] != '.' && name[0] != '-');
      for (const char *at = name; *at != '\0'; at++)
        g_assert_true (*at != '/' && !g_ascii_iscntrl (*at));
    }
  }
}

static void
test_session (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_offset (3600);
  g_autoptr (GDateTime) joined = g_date_time_new (zone, 2026, 11, 22, 21, 15, 0);
  g_autofree char *name = mb_rec_name_build_session (joined);

  g_assert_cmpstr (name, ==, "2026-11-22T20-15-00Z");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rec-name/table", test_table);
  g_test_add_func ("/rec-name/is-bounded-and-cut-between-characters", test_bounds);
  g_test_add_func ("/rec-name/no-byte-makes-it-a-path-or-control", test_bytes);
  g_test_add_func ("/rec-name/session-is-utc-and-sorts", test_session);
  return g_test_run ();
}
