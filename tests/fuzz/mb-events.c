/* mb-events.c: a message that is parsed can be built in both dialects and read back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte's lowest bit is the side that parses, the next one the dialect.
 */
#include "mb-events.h"

#include <string.h>

#include "fuzz.h"
#include "mb-json-scan.h"

/* What a server answers to a join is read as what it says. */
static void
check_ack (const MbSioPacket *packet)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *id = NULL;
  g_autofree char *id_again = NULL;
  MbSioPacket built;

  if (mb_events_parse_join_ack (packet, &id, &error))
    mb_events_append_join_ack (packet->ack_id, id, "x", text);
  else
    mb_events_append_refusal_ack (packet->ack_id, error, text);
  g_assert_true (mb_sio_parse (text->str, text->len, MB_EVENTS_DEPTH, &built, NULL));
  g_assert_cmpint (built.ack_id, ==, packet->ack_id);
  g_assert_cmpint (mb_events_parse_join_ack (&built, &id_again, &again), ==, error == NULL);
  g_assert_cmpstr (id, ==, id_again);
}

static MbMessage *
parse_text (MbSide side, MbDialect dialect, const char *text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbMessage) message = NULL;
  const char *event = NULL;
  MbSioPacket packet;

  if (dialect == MB_DIALECT_PLAIN) {
    message = mb_events_parse_plain (side, text, length, &event, &error);
  } else {
    if (!mb_sio_parse (text, length, MB_EVENTS_DEPTH, &packet, NULL))
      return NULL;
    if (packet.type == MB_SIO_ACK)
      check_ack (&packet);
    if (packet.type != MB_SIO_EVENT)
      return NULL;
    message = mb_events_parse_sio (side, &packet, NULL, &event, &error);
  }
  g_assert_true ((message == NULL) == (error != NULL));
  if (message != NULL)
    g_assert_nonnull (event);
  else
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return g_steal_pointer (&message);
}

static void
check_message (MbMessage *message, MbSide side, MbDialect dialect)
{
  GBytes *bytes = mb_events_get_text (!side, dialect, message);
  g_autoptr (MbMessage) back =
      parse_text (side, dialect, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_nonnull (back);
  g_assert_cmpint (mb_message_get_kind (back), ==, mb_message_get_kind (message));
  g_assert_cmpstr (mb_message_get_peer (back), ==, mb_message_get_peer (message));
  g_assert_cmpstr (mb_message_get_room (back), ==, mb_message_get_room (message));
  g_assert_cmpstr (mb_message_get_display_name (back), ==, mb_message_get_display_name (message));
  g_assert_cmpstr (mb_message_get_reason (back), ==, mb_message_get_reason (message));
  g_assert_cmpstr (mb_message_get_text (back), ==, mb_message_get_text (message));
  if (mb_message_get_data (message) != NULL)
    g_assert_true (g_bytes_equal (mb_message_get_data (message), mb_message_get_data (back)));
  if (mb_message_get_members (message) != NULL)
    g_assert_cmpuint (
        mb_message_get_members (message)->len, ==, mb_message_get_members (back)->len);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (MbMessage) message = NULL;
  MbSide side;

  if (length == 0)
    return 0;
  side = (bytes[0] & 1) != 0 ? MB_SIDE_CLIENT : MB_SIDE_SERVER;
  message = parse_text (side, (bytes[0] & 2) != 0 ? MB_DIALECT_PLAIN : MB_DIALECT_SIO,
      (const char *) bytes + 1, length - 1);
  if (message == NULL)
    return 0;
  check_message (message, side, MB_DIALECT_SIO);
  check_message (message, side, MB_DIALECT_PLAIN);
  return 0;
}
