/* mb-message.c: what a message is made with is what it says; ids and names have their limits
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-message.h"

#include <string.h>

#include "mb-error.h"

static void
test_fields (void)
{
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GBytes) data = g_bytes_new_static ("{}", 2);
  g_autoptr (MbMessage) join = mb_message_new_join ("blue", "Ann", MB_ROLE_BOT);
  g_autoptr (MbMessage) signal = NULL;
  g_autoptr (MbMessage) left = mb_message_new_peer_left ("p1", "left");

  g_ptr_array_add (attachments, g_bytes_new_static ("x", 1));
  signal = mb_message_new_signal ("p2", data, attachments);

  g_assert_cmpint (mb_message_get_kind (join), ==, MB_MESSAGE_JOIN);
  g_assert_cmpstr (mb_message_get_room (join), ==, "blue");
  g_assert_cmpstr (mb_message_get_display_name (join), ==, "Ann");
  g_assert_cmpint (mb_message_get_role (join), ==, MB_ROLE_BOT);
  g_assert_null (mb_message_get_peer (join));
  g_assert_cmpstr (mb_message_get_peer (signal), ==, "p2");
  g_assert_true (mb_message_get_data (signal) == data);
  g_assert_cmpuint (mb_message_get_n_attachments (signal), ==, 1);
  g_assert_cmpstr (mb_message_get_reason (left), ==, "left");
}

static void
test_with_peer (void)
{
  g_autoptr (GBytes) data = g_bytes_new_static ("[1]", 3);
  g_autoptr (MbMessage) to = mb_message_new_signal ("b", data, NULL);
  g_autoptr (MbMessage) from = mb_message_with_peer (to, "a");

  g_assert_cmpstr (mb_message_get_peer (from), ==, "a");
  g_assert_cmpstr (mb_message_get_peer (to), ==, "b");
  g_assert_true (mb_message_get_data (from) == data);
}

static void
test_error_for (void)
{
  g_autoptr (GError) error = g_error_new (MB_ERROR, MB_ERROR_FULL, "room blue takes 4 members");
  g_autoptr (MbMessage) message = mb_message_new_error_for (error, "join-room");

  g_assert_cmpstr (mb_message_get_code (message), ==, "room-full");
  g_assert_cmpstr (mb_message_get_text (message), ==, "room blue takes 4 members");
  g_assert_cmpstr (mb_message_get_event (message), ==, "join-room");
}

static void
test_encoding_kept_once (void)
{
  g_autoptr (MbMessage) message = mb_message_new_leave ();
  GBytes *first = g_bytes_new_static ("1", 1);

  g_assert_null (mb_message_get_encoding (message, 0));
  g_assert_true (mb_message_keep_encoding (message, 0, first) == first);
  g_assert_true (mb_message_keep_encoding (message, 0, g_bytes_new_static ("2", 1)) == first);
  g_assert_null (mb_message_get_encoding (message, 1));
}

static void
test_room_ids (void)
{
  g_autofree char *longest = g_strnfill (MB_ROOM_ID_MAX, 'a');
  g_autofree char *longer = g_strnfill (MB_ROOM_ID_MAX + 1, 'a');
  const char *good[] = {"a", "Stand-up_2", "-", "0", longest};
  const char *bad[] = {"", "a b", "ä", "a/b", "..", "a.b", "a\n", longer, NULL};

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (mb_room_id_is_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (mb_room_id_is_valid (bad[i]));
}

static void
test_peer_ids (void)
{
  g_autofree char *longest = g_strnfill (MB_PEER_ID_MAX, 'a');
  g_autofree char *longer = g_strnfill (MB_PEER_ID_MAX + 1, 'a');

  g_assert_true (mb_peer_id_is_valid ("Xy3_-aBcDeFgHiJkLmNo"));
  g_assert_true (mb_peer_id_is_valid ("10.0.0.1:4000/7"));
  g_assert_true (mb_peer_id_is_valid (longest));
  g_assert_false (mb_peer_id_is_valid (longer));
  g_assert_false (mb_peer_id_is_valid (""));
  g_assert_false (mb_peer_id_is_valid ("a b"));
  g_assert_false (mb_peer_id_is_valid ("a\x7f"));
  g_assert_false (mb_peer_id_is_valid (NULL));
}

static void
test_names (void)
{
  g_autofree char *longest = g_strnfill (MB_DISPLAY_NAME_MAX, 'n');
  g_autofree char *longer = g_strnfill (MB_DISPLAY_NAME_MAX + 1, 'n');
  const char *good[] = {"Ann", "Änn 😀", "a", "  x", longest};
  const char *bad[] = {
      "", "   ", "\t", "a\nb", "a\x7f", "a\xc2\x85", "a\xe2\x80\xae!", "\xff", longer, NULL};

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (mb_display_name_is_valid (good[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (mb_display_name_is_valid (bad[i]));
}

static void
test_clean (void)
{
  g_autofree char *longer = g_strnfill (MB_DISPLAY_NAME_MAX + 1, 'n');
  g_autofree char *cut = mb_display_name_clean (longer);
  g_autofree char *line = mb_display_name_clean ("a\nb\x1b[2J");
  g_autofree char *broken = mb_display_name_clean ("a\xff");

  g_assert_cmpuint (strlen (cut), ==, MB_DISPLAY_NAME_MAX);
  g_assert_cmpstr (line, ==, "ab[2J");
  g_assert_cmpstr (broken, ==, "a\xef\xbf\xbd");
  g_assert_null (mb_display_name_clean (" \n"));
  g_assert_null (mb_display_name_clean (NULL));
}

static void
test_roles (void)
{
  for (int i = MB_ROLE_MEMBER; i <= MB_ROLE_RELAY; i++) {
    MbRole role = MB_ROLE_MEMBER;

    g_assert_true (mb_role_from_string (mb_role_to_string (i), &role));
    g_assert_cmpint (role, ==, i);
  }
  g_assert_null (mb_role_to_string (MB_ROLE_UNKNOWN));
  g_assert_false (mb_role_from_string ("king", &(MbRole){0}));
  g_assert_false (mb_role_from_string (NULL, &(MbRole){0}));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message/says-what-it-was-made-with", test_fields);
  g_test_add_func ("/message/with-peer-shares-the-data", test_with_peer);
  g_test_add_func ("/message/error-carries-the-wire-code", test_error_for);
  g_test_add_func ("/message/encoding-is-kept-once", test_encoding_kept_once);
  g_test_add_func ("/message/room-ids", test_room_ids);
  g_test_add_func ("/message/peer-ids", test_peer_ids);
  g_test_add_func ("/message/display-names", test_names);
  g_test_add_func ("/message/foreign-names-are-cleaned", test_clean);
  g_test_add_func ("/message/roles-both-ways", test_roles);
  return g_test_run ();
}
