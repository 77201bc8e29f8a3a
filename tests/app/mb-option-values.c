/* mb-option-values.c: what is right is taken, what is wrong is refused with a line that helps
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-option-values.h"

#include <string.h>

#include "mb-error.h"

typedef gboolean (*CheckFunc) (const char *text, GError **error);

typedef struct {
  const char *text;
  gboolean good;
} Row;

static void
check_rows (CheckFunc check, const Row *rows, gsize n_rows)
{
  for (gsize i = 0; i < n_rows; i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", rows[i].text);
    if (rows[i].good) {
      g_assert_true (check (rows[i].text, &error));
      g_assert_no_error (error);
    } else {
      g_assert_false (check (rows[i].text, &error));
      g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
      g_assert_null (strchr (error->message, '\n'));
    }
  }
}

static void
test_durations (void)
{
  static const struct {
    const char *text;
    gint64 ms; /* 0: refused */
  } ROWS[] = {{"500ms", 500}, {"30s", 30000}, {"5m", 300000}, {"1h", 3600000}, {"1.5s", 1500},
      {"1ms", 1}, {"", 0}, {"s", 0}, {"30", 0}, {"30 s", 0}, {"-1s", 0}, {"+1s", 0}, {"1e3s", 0},
      {"0s", 0}, {"0.1ms", 0}, {"1d", 0}, {"1ss", 0}, {"1..5s", 0}, {"0x10s", 0}, {"infs", 0},
      {"nans", 0}, {"99999999999999999999h", 0}, {"8785h", 0}, {"8784h", 8784LL * 3600000}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (GError) error = NULL;
    gint64 ms = 0;

    g_test_message ("%s", ROWS[i].text);
    g_assert_cmpint (mb_value_parse_duration (ROWS[i].text, &ms, &error), ==, ROWS[i].ms != 0);
    g_assert_cmpint (ms, ==, ROWS[i].ms);
    g_assert_cmpint (error != NULL, ==, ROWS[i].ms == 0);
  }
}

static void
test_lengths (void)
{
  static const struct {
    const char *text;
    gint64 ms;
    guint64 bytes; /* both 0: refused */
  } ROWS[] = {{"10m", 600000, 0}, {"1s", 1000, 0}, {"999ms", 0, 0}, {"500MB", 0, 500000000},
      {"100kB", 0, 100000}, {"99kB", 0, 0}, {"2GB", 0, 2000000000}, {"MB", 0, 0}, {"500", 0, 0},
      {"1.5GB", 0, 0}, {"500mb", 0, 0}, {"500 MB", 0, 0}, {"-1GB", 0, 0}, {"0MB", 0, 0},
      {"1000000GB", 0, 1000000000000000}, {"1000001GB", 0, 0}, {"99999999999999999999GB", 0, 0},
      {"", 0, 0}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    gboolean is_good = ROWS[i].ms != 0 || ROWS[i].bytes != 0;
    g_autoptr (GError) error = NULL;
    gint64 ms = 0;
    guint64 bytes = 0;

    g_test_message ("%s", ROWS[i].text);
    g_assert_cmpint (mb_value_parse_length (ROWS[i].text, &ms, &bytes, &error), ==, is_good);
    g_assert_cmpint (ms, ==, ROWS[i].ms);
    g_assert_cmpuint (bytes, ==, ROWS[i].bytes);
    g_assert_cmpint (error != NULL, ==, !is_good);
  }
}

static gboolean
check_size (const char *text, GError **error)
{
  unsigned int width = 0;
  unsigned int height = 0;

  return mb_value_parse_size (text, &width, &height, error);
}

static void
test_sizes (void)
{
  static const Row ROWS[] = {{"1280x720", TRUE}, {"16x16", TRUE}, {"8192x8192", TRUE},
      {"14x16", FALSE}, {"8194x16", FALSE}, {"641x480", FALSE}, {"640", FALSE}, {"640x", FALSE},
      {"x480", FALSE}, {"640x480x2", FALSE}, {"640X480", FALSE}, {"-640x480", FALSE}, {"", FALSE}};

  check_rows (check_size, ROWS, G_N_ELEMENTS (ROWS));
}

static void
test_server_urls (void)
{
  static const Row ROWS[] = {{"http://localhost:3000", TRUE}, {"https://meet.example", TRUE},
      {"ws://127.0.0.1:3000/ws", TRUE}, {"wss://[::1]/ws", TRUE}, {"https://a.example/app/", TRUE},
      {"localhost:3000", FALSE}, {"meet.example", FALSE}, {"ftp://a.example", FALSE}, {"", FALSE},
      {"http://", FALSE}, {"http:///x", FALSE}, {"http://a:0", FALSE}, {"http://a:70000", FALSE},
      {"http://a:port", FALSE}, {"http://user@a", FALSE}, {"http://a#b", FALSE}, {"http//a", FALSE},
      {"http://a b", FALSE}};

  check_rows (mb_value_check_server_url, ROWS, G_N_ELEMENTS (ROWS));
}

static void
test_origins (void)
{
  static const Row ROWS[] = {{"*", TRUE}, {"https://app.example", TRUE},
      {"http://localhost:8080", TRUE}, {"https://app.example/", FALSE}, {"app.example", FALSE},
      {"https://app.example/x", FALSE}, {"null", FALSE}, {"", FALSE}, {"ws://a", FALSE}};

  check_rows (mb_value_check_origin, ROWS, G_N_ELEMENTS (ROWS));
}

static void
test_ice_urls (void)
{
  static const Row ROWS[] = {{"stun:stun.example", TRUE}, {"stun:127.0.0.1:3478", TRUE},
      {"turn:user:pass@turn.example:3478?transport=udp", TRUE},
      {"turns:1700000000:bob:pa+ss=@turn.example:5349?transport=tcp", TRUE},
      {"turn:user:p@ss@turn.example", TRUE}, {"stun:", FALSE}, {"stun.example", FALSE},
      {"turn:turn.example", FALSE}, {"turn:user@turn.example", FALSE},
      {"turn:u:p@turn.example?transport=sctp", FALSE}, {"turn:u:p@", FALSE}, {"stun:a b", FALSE},
      {"http://a", FALSE}, {"", FALSE}};

  check_rows (mb_value_check_ice_url, ROWS, G_N_ELEMENTS (ROWS));
}

static void
test_room_ids (void)
{
  g_autofree char *longest = g_strnfill (64, 'x');
  g_autofree char *longer = g_strnfill (65, 'x');
  const Row rows[] = {{"x", TRUE}, {"Stand-up_1", TRUE}, {longest, TRUE}, {longer, FALSE},
      {"", FALSE}, {"a b", FALSE}, {"../x", FALSE}, {"Zo\xc3\xab", FALSE}, {"a.b", FALSE}};

  check_rows (mb_value_check_room_id, rows, G_N_ELEMENTS (rows));
}

static void
test_token_is_kept_secret (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_value_check_token ("eyJ.abc.-_", NULL));
  g_assert_false (mb_value_check_token ("", NULL));
  g_assert_false (mb_value_check_token ("secret word", &error));
  g_assert_null (strstr (error->message, "secret word"));
}

static void
test_codecs (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) codecs = NULL;
  char **none = NULL;

  g_assert_true (mb_value_parse_codecs ("h264,vp8,h264", &codecs, NULL));
  g_assert_cmpuint (g_strv_length (codecs), ==, 2);
  g_assert_cmpstr (codecs[0], ==, "h264");
  g_assert_cmpstr (codecs[1], ==, "vp8");
  g_assert_false (mb_value_parse_codecs ("", &none, NULL));
  g_assert_false (mb_value_parse_codecs ("vp8,", &none, NULL));
  g_assert_false (mb_value_parse_codecs ("av1", &none, NULL));
  g_assert_false (mb_value_parse_codecs ("vp8,h265", &none, &error));
  g_assert_nonnull (strstr (error->message, "did you mean h264?"));
}

static void
test_expansion (void)
{
  g_autofree char *text = mb_value_expand ("{host}-{r}-{n}-{x}-{", 7, 3, "box");

  g_assert_cmpstr (text, ==, "box-3-7-{x}-{");
}

static void
test_near_words (void)
{
  static const char *const KNOWN[] = {"source", "store", "server", "record", "room", "rooms", NULL};

  g_assert_cmpstr (mb_value_find_near ("sorce", KNOWN), ==, "source");
  g_assert_cmpstr (mb_value_find_near ("rec", KNOWN), ==, "record");
  g_assert_cmpstr (mb_value_find_near ("roam", KNOWN), ==, "room");
  g_assert_null (mb_value_find_near ("quality", KNOWN));
  g_assert_null (mb_value_find_near ("", KNOWN));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/option-values/durations", test_durations);
  g_test_add_func ("/option-values/lengths-of-files", test_lengths);
  g_test_add_func ("/option-values/sizes", test_sizes);
  g_test_add_func ("/option-values/server-urls", test_server_urls);
  g_test_add_func ("/option-values/origins", test_origins);
  g_test_add_func ("/option-values/ice-urls", test_ice_urls);
  g_test_add_func ("/option-values/room-ids", test_room_ids);
  g_test_add_func ("/option-values/token-is-in-no-message", test_token_is_kept_secret);
  g_test_add_func ("/option-values/codecs", test_codecs);
  g_test_add_func ("/option-values/patterns-expand", test_expansion);
  g_test_add_func ("/option-values/near-words-are-found", test_near_words);
  return g_test_run ();
}
