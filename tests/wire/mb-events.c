/* mb-events.c: each message reads back in both dialects; data is untouched; faults name the field
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-events.h"

#include <string.h>

#include "mb-error.h"

static MbMessage *
parse_text (MbSide side, MbDialect dialect, const char *text, const char **event, GError **error)
{
  g_autofree char *copy = g_memdup2 (text, strlen (text));
  MbSioPacket packet;

  if (dialect == MB_DIALECT_PLAIN)
    return mb_events_parse_plain (side, copy, strlen (text), event, error);
  g_assert_true (mb_sio_parse (copy, strlen (text), MB_EVENTS_DEPTH, &packet, NULL));
  return mb_events_parse_sio (side, &packet, NULL, event, error);
}

static MbMessage *
new_signal (const char *peer, const char *data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, strlen (data));

  return mb_message_new_signal (peer, bytes, NULL);
}

static MbMessage *
new_peers (void)
{
  g_autoptr (GPtrArray) members = mb_member_list_new ();

  g_ptr_array_add (members,
      mb_member_info_new ("a1", "Ann \"A\"", MB_ROLE_BOT, G_GINT64_CONSTANT (1795378500123000)));
  g_ptr_array_add (members, mb_member_info_new ("b2", NULL, MB_ROLE_MEMBER, 0));
  return mb_message_new_peers (members);
}

static MbMessage *
new_message (MbMessageKind kind)
{
  switch (kind) {
  case MB_MESSAGE_WELCOME:
    return mb_message_new_welcome ("me");
  case MB_MESSAGE_JOIN:
    return mb_message_new_join ("blue", "Änn", MB_ROLE_RECORDER);
  case MB_MESSAGE_PEERS:
    return new_peers ();
  case MB_MESSAGE_PEER_JOINED:
    return mb_message_new_peer_joined ("a1", "Ann", MB_ROLE_RELAY);
  case MB_MESSAGE_SIGNAL:
    return new_signal ("a1", "{\"x\": [1e400,\"\\ud800\"]}");
  case MB_MESSAGE_PEER_LEFT:
    return mb_message_new_peer_left ("a1", "timeout");
  case MB_MESSAGE_LEAVE:
    return mb_message_new_leave ();
  case MB_MESSAGE_ROOM_CLOSED:
    return mb_message_new_room_closed ("blue", "deleted");
  case MB_MESSAGE_ERROR:
    return mb_message_new_error ("not-found", "no such peer", "signal");
  case MB_MESSAGE_NONE:
    break;
  }
  g_assert_not_reached ();
}

static gboolean
is_from_client (MbMessageKind kind)
{
  return kind == MB_MESSAGE_JOIN || kind == MB_MESSAGE_LEAVE;
}

static void
assert_same_members (GPtrArray *a, GPtrArray *b)
{
  g_assert_cmpint (a == NULL, ==, b == NULL);
  if (a == NULL)
    return;
  g_assert_cmpuint (a->len, ==, b->len);
  for (unsigned int i = 0; i < a->len; i++) {
    const MbMemberInfo *x = a->pdata[i];
    const MbMemberInfo *y = b->pdata[i];

    g_assert_cmpstr (x->id, ==, y->id);
    g_assert_cmpstr (x->display_name, ==, y->display_name);
    g_assert_cmpint (x->role, ==, y->role);
    g_assert_cmpint (x->joined_at_us, ==, y->joined_at_us);
  }
}

static void
assert_same (MbMessage *a, MbMessage *b)
{
  g_assert_cmpint (mb_message_get_kind (a), ==, mb_message_get_kind (b));
  g_assert_cmpstr (mb_message_get_room (a), ==, mb_message_get_room (b));
  g_assert_cmpstr (mb_message_get_peer (a), ==, mb_message_get_peer (b));
  g_assert_cmpstr (mb_message_get_display_name (a), ==, mb_message_get_display_name (b));
  g_assert_cmpint (mb_message_get_role (a), ==, mb_message_get_role (b));
  g_assert_cmpstr (mb_message_get_reason (a), ==, mb_message_get_reason (b));
  g_assert_cmpstr (mb_message_get_code (a), ==, mb_message_get_code (b));
  g_assert_cmpstr (mb_message_get_text (a), ==, mb_message_get_text (b));
  g_assert_cmpstr (mb_message_get_event (a), ==, mb_message_get_event (b));
  if (mb_message_get_data (a) != NULL)
    g_assert_true (g_bytes_equal (mb_message_get_data (a), mb_message_get_data (b)));
  else
    g_assert_null (mb_message_get_data (b));
  assert_same_members (mb_message_get_members (a), mb_message_get_members (b));
}

static void
test_round_trip (void)
{
  for (int kind = MB_MESSAGE_WELCOME; kind < MB_MESSAGE_N_KINDS; kind++) {
    for (int side = MB_SIDE_SERVER; side <= MB_SIDE_CLIENT; side++) {
      for (int dialect = MB_DIALECT_SIO; dialect <= MB_DIALECT_PLAIN; dialect++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (MbMessage) message = new_message (kind);
        g_autoptr (MbMessage) back = NULL;
        g_autofree char *text = NULL;
        const char *event = NULL;
        GBytes *bytes;

        if (kind != MB_MESSAGE_SIGNAL && is_from_client (kind) != (side == MB_SIDE_CLIENT))
          continue;
        bytes = mb_events_get_text (side, dialect, message);
        g_assert_true (mb_events_get_text (side, dialect, message) == bytes);
        text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
        back = parse_text (!side, dialect, text, &event, &error);
        g_assert_no_error (error);
        assert_same (message, back);
        g_assert_cmpstr (event, ==, mb_events_get_name (kind));
      }
    }
  }
}

typedef struct {
  const char *fields; /* of a room-closed, behind its reason */
  unsigned int retry_ms;
} Retry;

static const Retry RETRIES[] = {
    {"", 0},
    {",\"retryAfterMs\":1500", 1500},
    {",\"retryAfterMs\":60000", 60000},
    {",\"retryAfterMs\":60001", 0},
    {",\"retryAfterMs\":-1", 0},
    {",\"retryAfterMs\":1.5", 0},
    {",\"retryAfterMs\":\"soon\"", 0},
    {",\"retryAfterMs\":null", 0},
};

static void
test_going_away (void)
{
  g_autoptr (MbMessage) message = mb_message_new_going_away ("blue", 1500);
  GBytes *bytes = mb_events_get_text (MB_SIDE_SERVER, MB_DIALECT_PLAIN, message);
  g_autofree char *text = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_cmpstr (text, ==,
      "{\"type\":\"room-closed\",\"roomId\":\"blue\",\"reason\":\"server-going-away\","
      "\"retryAfterMs\":1500}");
  for (gsize i = 0; i < G_N_ELEMENTS (RETRIES); i++) {
    g_autofree char *said =
        g_strdup_printf ("{\"type\":\"room-closed\",\"roomId\":\"blue\",\"reason\":"
                         "\"server-going-away\"%s}",
            RETRIES[i].fields);
    const char *event = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (MbMessage) back =
        parse_text (MB_SIDE_CLIENT, MB_DIALECT_PLAIN, said, &event, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (mb_message_get_reason (back), ==, MB_MESSAGE_GOING_AWAY);
    g_assert_cmpuint (mb_message_get_retry_ms (back), ==, RETRIES[i].retry_ms);
  }
}

typedef struct {
  MbMessageKind kind;
  MbSide side;
  const char *fields; /* of the plain text, behind the type */
} Text;

static const Text TEXTS[] = {
    {MB_MESSAGE_WELCOME, MB_SIDE_SERVER, "\"id\":\"me\""},
    {MB_MESSAGE_JOIN, MB_SIDE_CLIENT,
        "\"roomId\":\"blue\",\"displayName\":\"Änn\",\"role\":\"recorder\""},
    {MB_MESSAGE_PEERS, MB_SIDE_SERVER,
        "\"peers\":[\"a1\",\"b2\"],\"members\":[{\"id\":\"a1\",\"displayName\":\"Ann \\\"A\\\"\","
        "\"role\":\"bot\",\"joinedAt\":\"2026-11-22T20:15:00.123Z\"},"
        "{\"id\":\"b2\",\"displayName\":\"\",\"role\":\"member\"}]"},
    {MB_MESSAGE_PEER_JOINED, MB_SIDE_SERVER,
        "\"peerId\":\"a1\",\"displayName\":\"Ann\",\"role\":\"relay\""},
    {MB_MESSAGE_SIGNAL, MB_SIDE_SERVER, "\"from\":\"a1\",\"data\":{\"x\": [1e400,\"\\ud800\"]}"},
    {MB_MESSAGE_SIGNAL, MB_SIDE_CLIENT, "\"to\":\"a1\",\"data\":{\"x\": [1e400,\"\\ud800\"]}"},
    {MB_MESSAGE_PEER_LEFT, MB_SIDE_SERVER, "\"peerId\":\"a1\",\"reason\":\"timeout\""},
    {MB_MESSAGE_LEAVE, MB_SIDE_CLIENT, ""},
    {MB_MESSAGE_ROOM_CLOSED, MB_SIDE_SERVER, "\"roomId\":\"blue\",\"reason\":\"deleted\""},
    {MB_MESSAGE_ERROR, MB_SIDE_SERVER,
        "\"code\":\"not-found\",\"message\":\"no such peer\",\"event\":\"signal\""},
};

static void
test_texts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    const char *name = mb_events_get_name (TEXTS[i].kind);
    const char *comma = TEXTS[i].fields[0] != '\0' ? "," : "";
    g_autoptr (MbMessage) message = new_message (TEXTS[i].kind);
    g_autoptr (GString) plain = g_string_new (NULL);
    g_autoptr (GString) sio = g_string_new (NULL);
    g_autofree char *expected_plain =
        g_strdup_printf ("{\"type\":\"%s\"%s%s}", name, comma, TEXTS[i].fields);
    g_autofree char *expected_sio = g_strdup_printf ("27[\"%s\",{%s}]", name, TEXTS[i].fields);

    mb_events_append_plain (TEXTS[i].side, message, plain);
    mb_events_append_sio (TEXTS[i].side, message, 7, sio);
    g_assert_cmpstr (plain->str, ==, expected_plain);
    g_assert_cmpstr (sio->str, ==, expected_sio);
  }
}

typedef struct {
  MbSide side;
  const char *text;    /* plain */
  const char *event;   /* (nullable) */
  const char *message; /* what the error begins with */
} Fault;

static const Fault FAULTS[] = {
    {MB_SIDE_SERVER, "", NULL, "JSON ends too early"},
    {MB_SIDE_SERVER, "{", NULL, "JSON ends too early"},
    {MB_SIDE_SERVER, "[]", NULL, "message must be an object"},
    {MB_SIDE_SERVER, "{}", NULL, "type is missing"},
    {MB_SIDE_SERVER, "{\"type\":1}", NULL, "type must be a string"},
    {MB_SIDE_SERVER, "{\"type\":\"hello\\n\"}", NULL, "no event is called \"hello\""},
    {MB_SIDE_SERVER, "{\"type\":\"\\u0000\"}", NULL, "no event is called \"\""},
    {MB_SIDE_SERVER, "{\"type\":\"peers\",\"peers\":[]}", NULL, "no event is called \"peers\""},
    {MB_SIDE_CLIENT, "{\"type\":\"join-room\"}", NULL, "no event is called \"join-room\""},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\"}", "join-room", "roomId is missing"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":7}", "join-room",
        "roomId must be a string"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":\"a b\"}", "join-room",
        "roomId must match"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":\"\"}", "join-room", "roomId must match"},
    {MB_SIDE_SERVER,
        "{\"type\":\"join-room\",\"roomId\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaa\"}",
        "join-room", "roomId is too long"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":\"a\",\"displayName\":{}}", "join-room",
        "displayName must be a string"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":\"a\",\"displayName\":\"\\n\"}",
        "join-room", "displayName is blank"},
    {MB_SIDE_SERVER, "{\"type\":\"join-room\",\"roomId\":\"a\",\"role\":\"king\"}", "join-room",
        "role must be"},
    {MB_SIDE_SERVER, "{\"type\":\"signal\",\"data\":1}", "signal", "to is missing"},
    {MB_SIDE_SERVER, "{\"type\":\"signal\",\"to\":\"a b\",\"data\":1}", "signal",
        "to is not an id"},
    {MB_SIDE_SERVER, "{\"type\":\"signal\",\"to\":\"a\"}", "signal", "data is missing"},
    {MB_SIDE_CLIENT, "{\"type\":\"signal\",\"to\":\"a\",\"data\":1}", "signal", "from is missing"},
    {MB_SIDE_CLIENT, "{\"type\":\"welcome\",\"id\":\"\"}", "welcome", "id is not an id"},
    {MB_SIDE_CLIENT, "{\"type\":\"peers\"}", "peers", "peers is missing"},
    {MB_SIDE_CLIENT, "{\"type\":\"peers\",\"peers\":{}}", "peers", "peers must be an array"},
    {MB_SIDE_CLIENT, "{\"type\":\"peers\",\"peers\":[1]}", "peers", "peers must be a string"},
    {MB_SIDE_CLIENT, "{\"type\":\"peers\",\"peers\":[],\"members\":[{}]}", "peers",
        "members is missing"},
    {MB_SIDE_CLIENT, "{\"type\":\"peer-joined\"}", "peer-joined", "peerId is missing"},
    {MB_SIDE_CLIENT, "{\"type\":\"peer-left\",\"peerId\":null}", "peer-left",
        "peerId must be a string"},
};

static void
test_faults (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (FAULTS); i++) {
    g_autoptr (GError) error = NULL;
    const char *event = "unset";

    g_assert_null (parse_text (FAULTS[i].side, MB_DIALECT_PLAIN, FAULTS[i].text, &event, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
    g_assert_cmpstr (event, ==, FAULTS[i].event);
    g_test_message ("%s", error->message);
    g_assert_true (g_str_has_prefix (error->message, FAULTS[i].message));
  }
}

static void
test_sio_faults (void)
{
  static const char *const TEXTS_BAD[] = {"2[\"join-room\"]", "2[\"join-room\",null]",
      "2[\"join-room\",\"blue\"]", "2[\"signal\",{\"to\":\"a\"}]", "2[7,{}]", "2[\"message\",1]"};

  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS_BAD); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (parse_text (MB_SIDE_SERVER, MB_DIALECT_SIO, TEXTS_BAD[i], NULL, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_leave_without_object (void)
{
  static const char *const LEAVES[] = {"2[\"leave-room\"]", "2[\"leave-room\",null]",
      "2[\"leave-room\",{}]", "2[\"leave-room\",{},\"more\"]"};

  for (gsize i = 0; i < G_N_ELEMENTS (LEAVES); i++) {
    g_autoptr (MbMessage) message =
        parse_text (MB_SIDE_SERVER, MB_DIALECT_SIO, LEAVES[i], NULL, NULL);

    g_assert_cmpint (mb_message_get_kind (message), ==, MB_MESSAGE_LEAVE);
  }
}

static void
test_join_defaults (void)
{
  g_autoptr (MbMessage) bare = parse_text (
      MB_SIDE_SERVER, MB_DIALECT_PLAIN, "{\"type\":\"join-room\",\"roomId\":\"r\"}", NULL, NULL);
  g_autoptr (MbMessage) empty = parse_text (MB_SIDE_SERVER, MB_DIALECT_SIO,
      "20[\"join-room\",{\"roomId\":\"r\",\"displayName\":\"\",\"role\":null}]", NULL, NULL);

  g_assert_cmpstr (mb_message_get_display_name (bare), ==, "guest");
  g_assert_cmpstr (mb_message_get_display_name (empty), ==, "guest");
  g_assert_cmpint (mb_message_get_role (empty), ==, MB_ROLE_MEMBER);
}

/* What the data of a signal may be: anything that is JSON, to the byte. */
static void
test_data_untouched (void)
{
  static const char *const DATA[] = {"null", "0", "-0", "12345678901234567890", "1e400", "0.1",
      "\"\\u0000\\ud800/\\/\"", "[ 1 ,\t2 ]", "{\"a\":1,\"a\":2}", "{\"_placeholder\":true}", "{}"};

  for (gsize i = 0; i < G_N_ELEMENTS (DATA); i++) {
    g_autofree char *text =
        g_strdup_printf ("{ \"data\" : %s , \"to\":\"b\", \"type\":\"signal\" }", DATA[i]);
    g_autofree char *expected =
        g_strdup_printf ("2[\"signal\",{\"from\":\"a\",\"data\":%s}]", DATA[i]);
    g_autoptr (MbMessage) in = parse_text (MB_SIDE_SERVER, MB_DIALECT_PLAIN, text, NULL, NULL);
    g_autoptr (MbMessage) out = mb_message_with_peer (in, "a");
    g_autoptr (GString) sent = g_string_new (NULL);

    mb_events_append_sio (MB_SIDE_SERVER, out, MB_SIO_NO_ACK, sent);
    g_assert_cmpstr (sent->str, ==, expected);
  }
}

static void
test_data_depth (void)
{
  for (unsigned int extra = 0; extra <= 1; extra++) {
    unsigned int depth = MB_EVENTS_DEPTH - 1 + extra;
    g_autofree char *opening = g_strnfill (depth, '[');
    g_autofree char *closing = g_strnfill (depth, ']');
    g_autofree char *text =
        g_strdup_printf ("{\"type\":\"signal\",\"to\":\"b\",\"data\":%s%s}", opening, closing);
    g_autoptr (MbMessage) message = parse_text (MB_SIDE_SERVER, MB_DIALECT_PLAIN, text, NULL, NULL);

    g_assert_cmpint (message != NULL, ==, extra == 0);
  }
}

static void
test_attachments (void)
{
  const char *text = "51-[\"signal\",{\"to\":\"b\",\"data\":{\"_placeholder\":true,\"num\":0}}]";
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (MbMessage) in = NULL;
  g_autoptr (MbMessage) out = NULL;
  g_autoptr (GString) sent = g_string_new (NULL);
  MbSioPacket packet;

  g_ptr_array_add (attachments, g_bytes_new_static ("x", 1));
  g_assert_true (mb_sio_parse (text, strlen (text), MB_EVENTS_DEPTH, &packet, NULL));
  in = mb_events_parse_sio (MB_SIDE_SERVER, &packet, attachments, NULL, NULL);
  out = mb_message_with_peer (in, "a");
  mb_events_append_sio (MB_SIDE_SERVER, out, MB_SIO_NO_ACK, sent);

  g_assert_cmpstr (
      sent->str, ==, "51-[\"signal\",{\"from\":\"a\",\"data\":{\"_placeholder\":true,\"num\":0}}]");
  g_assert_true (mb_message_get_attachments (out)->pdata[0] == attachments->pdata[0]);
}

/* What a small Node app sends: ids alone, no roles, no reasons. */
static void
test_other_servers (void)
{
  g_autoptr (MbMessage) peers = parse_text (
      MB_SIDE_CLIENT, MB_DIALECT_SIO, "2[\"peers\",{\"peers\":[\"a\",\"b\",\"a\"]}]", NULL, NULL);
  g_autoptr (MbMessage) both = parse_text (MB_SIDE_CLIENT, MB_DIALECT_SIO,
      "2[\"peers\",{\"peers\":[\"a\",\"b\"],\"members\":[{\"id\":\"b\",\"displayName\":\"B\\n\","
      "\"role\":\"king\",\"joinedAt\":\"yesterday\"}]}]",
      NULL, NULL);
  g_autoptr (MbMessage) joined = parse_text (
      MB_SIDE_CLIENT, MB_DIALECT_SIO, "2[\"peer-joined\",{\"peerId\":\"c\"}]", NULL, NULL);
  g_autoptr (MbMessage) left = parse_text (
      MB_SIDE_CLIENT, MB_DIALECT_SIO, "2[\"peer-left\",{\"peerId\":\"c\"}]", NULL, NULL);
  g_autoptr (MbMessage) refused = parse_text (MB_SIDE_CLIENT, MB_DIALECT_SIO,
      "2[\"join-error\",{\"roomId\":\"x\",\"error\":\"room is full\"}]", NULL, NULL);
  const MbMemberInfo *first = mb_message_get_members (both)->pdata[0];
  const MbMemberInfo *second = mb_message_get_members (both)->pdata[1];

  g_assert_cmpuint (mb_message_get_members (peers)->len, ==, 2);
  g_assert_cmpuint (mb_message_get_members (both)->len, ==, 2);
  g_assert_cmpstr (first->id, ==, "b");
  g_assert_cmpstr (first->display_name, ==, "B");
  g_assert_cmpint (first->role, ==, MB_ROLE_MEMBER);
  g_assert_cmpint (second->role, ==, MB_ROLE_UNKNOWN);
  g_assert_cmpint (mb_message_get_role (joined), ==, MB_ROLE_UNKNOWN);
  g_assert_cmpint (first->joined_at_us, ==, 0);
  g_assert_null (mb_message_get_display_name (joined));
  g_assert_null (mb_message_get_reason (left));
  g_assert_cmpint (mb_message_get_kind (refused), ==, MB_MESSAGE_ERROR);
  g_assert_cmpstr (mb_message_get_text (refused), ==, "room is full");
  g_assert_cmpstr (mb_message_get_event (refused), ==, "join-room");
}

typedef struct {
  const char *text;
  int error;        /* -1: accepted */
  const char *told; /* (nullable) the id, or part of the error */
} Ack;

static const Ack ACKS[] = {
    {"30[{\"ok\":true,\"id\":\"me\"}]", -1, "me"},
    {"30[{\"ok\":true}]", -1, NULL},
    {"30[{\"ok\":true,\"id\":7}]", -1, NULL},
    {"30[]", -1, NULL},
    {"30[{}]", -1, NULL},
    {"30[\"ok\"]", -1, NULL},
    {"30[{\"ok\":true,\"error\":null}]", -1, NULL},
    {"30[{\"ok\":false}]", MB_ERROR_UNREACHABLE, "no reason told"},
    {"30[{\"error\":\"room is full\"}]", MB_ERROR_UNREACHABLE, "room is full"},
    {"30[{\"ok\":false,\"error\":\"4 members\",\"code\":\"room-full\"}]", MB_ERROR_FULL,
        "4 members"},
    {"30[{\"ok\":false,\"error\":{\"code\":\"not-found\",\"message\":\"no room\"}}]",
        MB_ERROR_NOT_FOUND, "no room"},
};

static void
test_acks (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ACKS); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *id = NULL;
    MbSioPacket packet;
    gboolean good;

    g_assert_true (mb_sio_parse (ACKS[i].text, strlen (ACKS[i].text), 8, &packet, NULL));
    good = mb_events_parse_join_ack (&packet, &id, &error);
    g_assert_cmpint (good, ==, ACKS[i].error < 0);
    if (good) {
      g_assert_cmpstr (id, ==, ACKS[i].told);
    } else {
      g_assert_error (error, MB_ERROR, ACKS[i].error);
      g_assert_nonnull (strstr (error->message, ACKS[i].told));
    }
  }
}

static void
test_acks_built (void)
{
  g_autoptr (GString) yes = g_string_new (NULL);
  g_autoptr (GString) no = g_string_new (NULL);
  g_autoptr (GError) full = g_error_new (MB_ERROR, MB_ERROR_FULL, "room blue takes 4 members");
  g_autoptr (GError) told = NULL;
  MbSioPacket packet;

  mb_events_append_join_ack (12, "me", "blue", yes);
  g_assert_cmpstr (yes->str, ==, "312[{\"ok\":true,\"id\":\"me\",\"roomId\":\"blue\"}]");
  mb_events_append_refusal_ack (0, full, no);
  g_assert_cmpstr (no->str, ==,
      "30[{\"ok\":false,\"error\":\"room blue takes 4 members\",\"code\":\"room-full\"}]");
  g_assert_true (mb_sio_parse (no->str, no->len, 8, &packet, NULL));
  g_assert_false (mb_events_parse_join_ack (&packet, NULL, &told));
  g_assert_error (told, MB_ERROR, MB_ERROR_FULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/events/messages-read-back-in-both-dialects", test_round_trip);
  g_test_add_func ("/events/going-away-says-when-to-come-back", test_going_away);
  g_test_add_func ("/events/texts-are-those-of-the-contract", test_texts);
  g_test_add_func ("/events/faults-name-the-field-and-the-event", test_faults);
  g_test_add_func ("/events/socket-io-faults", test_sio_faults);
  g_test_add_func ("/events/leave-needs-no-object", test_leave_without_object);
  g_test_add_func ("/events/join-has-defaults", test_join_defaults);
  g_test_add_func ("/events/data-is-untouched", test_data_untouched);
  g_test_add_func ("/events/data-depth-at-the-limit-and-one-over", test_data_depth);
  g_test_add_func ("/events/attachments-stay-with-the-signal", test_attachments);
  g_test_add_func ("/events/other-servers-are-understood", test_other_servers);
  g_test_add_func ("/events/join-acks-are-read", test_acks);
  g_test_add_func ("/events/join-acks-are-built", test_acks_built);
  return g_test_run ();
}
