/* mb-channel-message.c: what members say over the data channel is read whole or not at all
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-channel-message.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *text;
  MbChannelKind kind;
  const char *values; /* client, screens, id, key and data, where they are, joined by a space */
} Case;

static const Case CASES[] = {
    {"ping", "{\"type\":\"ping\"}", MB_CHANNEL_PING, ""},
    {"pong", " { \"type\" : \"pong\" } ", MB_CHANNEL_PONG, ""},
    {"state", "{\"type\":\"state\",\"audio\":true,\"client\":\"c1\"}", MB_CHANNEL_STATE, "c1"},
    {"state/of-old", "{\"type\":\"state\",\"audio\":true}", MB_CHANNEL_STATE, ""},
    {"state/no-key", "{\"type\":\"state\",\"client\":\"\"}", MB_CHANNEL_STATE, ""},
    {"state/odd-key", "{\"type\":\"state\",\"client\":7}", MB_CHANNEL_STATE, ""},
    {"state/screens",
        "{\"type\":\"state\",\"streams\":{\"a\":{\"kind\":\"camera\"},\"b\":{\"kind\":\"screen\"},"
        "\"c\":1,\"d\":{\"kind\":\"screen\"}}}",
        MB_CHANNEL_STATE, "[b,d]"},
    {"state/no-screens", "{\"type\":\"state\",\"streams\":{}}", MB_CHANNEL_STATE, "[]"},
    {"state/odd-streams", "{\"type\":\"state\",\"streams\":[1]}", MB_CHANNEL_STATE, ""},
    {"moved", "{\"type\":\"moved\",\"id\":\"i\",\"key\":\"k\"}", MB_CHANNEL_MOVED, "i k"},
    {"moved/no-key", "{\"type\":\"moved\",\"id\":\"i\"}", MB_CHANNEL_OTHER, "i"},
    {"moved/no-id", "{\"type\":\"moved\",\"key\":\"k\"}", MB_CHANNEL_OTHER, "k"},
    {"moved/bad-id", "{\"type\":\"moved\",\"id\":\"a b\",\"key\":\"k\"}", MB_CHANNEL_OTHER,
        "a b k"},
    {"signal", "{\"type\":\"signal\",\"data\":{\"x\":[1]}}", MB_CHANNEL_SIGNAL, "{\"x\":[1]}"},
    {"signal/empty", "{\"type\":\"signal\"}", MB_CHANNEL_OTHER, ""},
    {"chat", "{\"type\":\"chat\",\"text\":\"ping\"}", MB_CHANNEL_OTHER, ""},
    {"no-type", "{}", MB_CHANNEL_OTHER, ""},
    {"no-object", "\"ping\"", MB_CHANNEL_OTHER, ""},
    {"no-json", "ping", MB_CHANNEL_OTHER, ""},
};

static void
append (GString *values, const char *value)
{
  if (value != NULL)
    g_string_append_printf (values, "%s%s", values->len > 0 ? " " : "", value);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (MbChannelMessage) message = mb_channel_message_parse (test->text);
  g_autoptr (GString) values = g_string_new (NULL);

  append (values, message->client);
  if (message->screens != NULL) {
    g_autofree char *joined = g_strjoinv (",", message->screens);

    g_string_append_printf (values, "[%s]", joined);
  }
  append (values, message->id);
  append (values, message->key);
  if (message->data != NULL)
    g_string_append_len (
        values, g_bytes_get_data (message->data, NULL), (gssize) g_bytes_get_size (message->data));
  g_assert_cmpint (message->kind, ==, test->kind);
  g_assert_cmpstr (values->str, ==, test->values);
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new ("{\"type\":\"state\",\"client\":\"");
  g_autoptr (MbChannelMessage) fits = NULL;
  g_autoptr (MbChannelMessage) is_over = NULL;
  g_autoptr (MbChannelMessage) is_huge = NULL;
  g_autofree char *huge = NULL;

  for (int i = 0; i < 128; i++)
    g_string_append_c (text, 'k');
  g_string_append (text, "\"}");
  fits = mb_channel_message_parse (text->str);
  g_string_insert_c (text, (gssize) text->len - 2, 'k');
  is_over = mb_channel_message_parse (text->str);
  huge = g_strnfill (200000, ' ');
  memcpy (huge, "{\"type\":\"ping\"}", 15);
  is_huge = mb_channel_message_parse (huge);

  g_assert_cmpuint (strlen (fits->client), ==, 128);
  g_assert_null (is_over->client);
  g_assert_cmpint (is_huge->kind, ==, MB_CHANNEL_OTHER);
}

/* What one says the other one reads. */
static void
test_round (void)
{
  g_autoptr (GBytes) data = g_bytes_new_static ("{\"candidate\":null}", 18);
  g_autofree char *state = mb_channel_message_build_state (TRUE, FALSE, "me\"");
  g_autofree char *moved = mb_channel_message_build_moved ("id", "key");
  g_autofree char *signal = mb_channel_message_build_signal (data);
  g_autofree char *ping = mb_channel_message_build (MB_CHANNEL_PING);
  g_autoptr (GBytes) resume = mb_channel_message_build_resume ("key");
  g_autofree char *key = mb_channel_message_read_resume (resume);
  g_autofree char *no_key = mb_channel_message_read_resume (data);
  g_autoptr (MbChannelMessage) state_read = mb_channel_message_parse (state);
  g_autoptr (MbChannelMessage) moved_read = mb_channel_message_parse (moved);
  g_autoptr (MbChannelMessage) signal_read = mb_channel_message_parse (signal);
  g_autoptr (MbChannelMessage) ping_read = mb_channel_message_parse (ping);

  g_assert_cmpstr (state, ==,
      "{\"type\":\"state\",\"audio\":true,\"video\":false,\"screen\":false,\"client\":\"me\\\"\"}");
  g_assert_cmpstr (state_read->client, ==, "me\"");
  g_assert_cmpstr (moved_read->id, ==, "id");
  g_assert_cmpstr (moved_read->key, ==, "key");
  g_assert_true (g_bytes_equal (signal_read->data, data));
  g_assert_cmpint (ping_read->kind, ==, MB_CHANNEL_PING);
  g_assert_cmpstr (key, ==, "key");
  g_assert_null (no_key);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strconcat ("/channel-message/", CASES[i].name, NULL);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  g_test_add_func ("/channel-message/limits", test_limits);
  g_test_add_func ("/channel-message/what-is-said-is-read", test_round);
  return g_test_run ();
}
