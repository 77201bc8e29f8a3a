/* mb-signaling.c: the address decides the dialect, a bad one is told what would be right
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-signaling.h"

#include "mb-error.h"
#include "mb-room-client.h"
#include "mb-sio-client.h"
#include "mb-ws-client.h"

static void
test_dialects (void)
{
  static const struct {
    const char *url;
    gboolean is_sio;
  } cases[] = {
      {"http://127.0.0.1:3000", TRUE},
      {"https://meet.example/a/", TRUE},
      {"HTTP://[::1]:3000/", TRUE},
      {"ws://127.0.0.1:3000/ws", FALSE},
      {"wss://meet.example/ws?x=1", FALSE},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbSignaling) signaling = mb_signaling_new_for_url (cases[i].url, NULL, &error);

    g_assert_no_error (error);
    g_assert_true (MB_IS_SIO_CLIENT (signaling) == cases[i].is_sio);
    g_assert_true (MB_IS_WS_CLIENT (signaling) == !cases[i].is_sio);
  }
}

static void
test_malformed (void)
{
  static const char *const urls[] = {"", "localhost:3000", "127.0.0.1", "ftp://a", "http://",
      "http://:3000", "http://a:99999", "http://a b/", "ws:/x", "//host"};

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbSignaling) signaling = mb_signaling_new_for_url (urls[i], NULL, &error);

    g_test_message ("%s", urls[i]);
    g_assert_null (signaling);
    g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
    g_assert_nonnull (strstr (error->message, "http://HOST:PORT"));
  }
}

static void
test_password (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbSignaling) signaling =
      mb_signaling_new_for_url ("http://me:secret@host/", NULL, &error);

  g_assert_null (signaling);
  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
  g_assert_null (strstr (error->message, "secret"));
}

static void
on_failed (MbSignaling *signaling, const GError *error, GError **copy)
{
  *copy = g_error_copy (error);
}

static void
test_bad_join (void)
{
  static const struct {
    const char *room, *name, *role;
  } cases[] = {
      {"a/b", "bot", "bot"},
      {"", "bot", "bot"},
      {"x", "", "bot"},
      {"x", "bot", "king"},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (MbSignaling) signaling = mb_signaling_new_for_url ("http://127.0.0.1:9", NULL, NULL);
    g_autoptr (GError) failure = NULL;

    g_signal_connect (signaling, "failed", G_CALLBACK (on_failed), &failure);
    mb_signaling_join (signaling, cases[i].room, cases[i].name, cases[i].role);
    g_assert_no_error (failure);
    while (failure == NULL)
      g_main_context_iteration (NULL, TRUE);
    g_assert_error (failure, MB_ERROR, MB_ERROR_USAGE);
  }
}

static void
test_delays (void)
{
  static const struct {
    double random;
    unsigned int attempt;
    unsigned int delay_ms;
  } cases[] = {
      {0.0, 0, 500},
      {0.5, 0, 1000},
      {1.0, 0, 1500},
      {0.5, 1, 2000},
      {0.5, 2, 4000},
      {0.5, 3, 5000},
      {1.0, 3, 7500},
      {0.5, G_MAXUINT, 5000},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpuint (
        mb_room_client_get_delay_ms (cases[i].attempt, cases[i].random), ==, cases[i].delay_ms);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signaling/address-decides-the-dialect", test_dialects);
  g_test_add_func ("/signaling/malformed-address-is-a-usage-error", test_malformed);
  g_test_add_func ("/signaling/password-in-an-address-is-refused-unseen", test_password);
  g_test_add_func ("/signaling/bad-room-name-or-role-fails-later", test_bad_join);
  g_test_add_func ("/room-client/delays-double-to-a-limit-with-chance", test_delays);
  return g_test_run ();
}
