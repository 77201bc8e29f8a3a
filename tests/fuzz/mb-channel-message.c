/* mb-channel-message.c: what comes over a data channel is read whole, and what is built of it reads the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-channel-message.h"

#include "fuzz.h"
#include "mb-message.h"

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autofree char *text = g_strndup ((const char *) bytes, length);
  g_autoptr (GBytes) data = g_bytes_new (bytes, length);
  g_autofree char *key = mb_channel_message_read_resume (data);
  g_autoptr (MbChannelMessage) message = mb_channel_message_parse (text);
  g_autoptr (MbChannelMessage) again = NULL;
  g_autofree char *built = NULL;

  if (message->kind == MB_CHANNEL_MOVED) {
    g_assert_true (mb_peer_id_is_valid (message->id));
    built = mb_channel_message_build_moved (message->id, message->key);
    again = mb_channel_message_parse (built);
    g_assert_cmpstr (again->id, ==, message->id);
    g_assert_cmpstr (again->key, ==, message->key);
  } else if (message->kind == MB_CHANNEL_SIGNAL) {
    g_assert_nonnull (message->data);
  }
  return 0;
}
