/* mb-events.c: messages to and from the text of each dialect
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients say is held to the contract; what servers say is read with patience, since it may be
 * somebody else's server: a member list may be missing, names and reasons too.
 */
#include "mb-events.h"

#include <string.h>

#include "mb-error.h"
#include "mb-json-scan.h"

#define DEFAULT_DISPLAY_NAME "guest"
#define REASON_MAX 256
#define TEXT_MAX 1024
#define EVENT_NAME_MAX 64

/* Parses the fields of one event; @object may be absent. */
typedef MbMessage *(*ParseFunc) (MbJsonSpan object, GPtrArray *attachments, GError **error);

typedef struct {
  const char *name;
  ParseFunc parse;
} Event;

static const char *const EVENT_NAMES[MB_MESSAGE_N_KINDS] = {
    [MB_MESSAGE_WELCOME] = "welcome",
    [MB_MESSAGE_JOIN] = "join-room",
    [MB_MESSAGE_PEERS] = "peers",
    [MB_MESSAGE_PEER_JOINED] = "peer-joined",
    [MB_MESSAGE_SIGNAL] = "signal",
    [MB_MESSAGE_PEER_LEFT] = "peer-left",
    [MB_MESSAGE_LEAVE] = "leave-room",
    [MB_MESSAGE_ROOM_CLOSED] = "room-closed",
    [MB_MESSAGE_ERROR] = "room-error",
};

/**
 * mb_events_get_name:
 *
 * Returns: (nullable): its name on the wire. Thread: any.
 */
const char *
mb_events_get_name (MbMessageKind kind)
{
  g_return_val_if_fail ((gsize) kind < G_N_ELEMENTS (EVENT_NAMES), NULL);

  return EVENT_NAMES[kind];
}

static gpointer
fail (GError **error, const char *field, const char *what)
{
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s %s", field, what);
  return NULL;
}

static gboolean
read_peer_id (MbJsonSpan span, const char *field, char id[MB_PEER_ID_MAX + 1], GError **error)
{
  if (!mb_json_span_copy_string (span, field, id, MB_PEER_ID_MAX + 1, error))
    return FALSE;
  if (mb_peer_id_is_valid (id))
    return TRUE;
  fail (error, field, "is not an id");
  return FALSE;
}

/* Text that is only shown: NULL if it is no string, cut and cleaned otherwise. */
static char *
read_shown (MbJsonSpan span, gsize max_bytes)
{
  g_autofree char *text = NULL;

  if (mb_json_span_get_kind (span) != MB_JSON_STRING)
    return NULL;
  text = mb_json_span_dup_string (span, "", span.length, NULL);
  return mb_text_clean (text, max_bytes);
}

static char *
read_foreign_name (MbJsonSpan span)
{
  g_autofree char *text = read_shown (span, MB_DISPLAY_NAME_MAX);

  return mb_display_name_clean (text);
}

static MbRole
read_foreign_role (MbJsonSpan span)
{
  g_autofree char *text = read_shown (span, EVENT_NAME_MAX);
  MbRole role = text != NULL ? MB_ROLE_MEMBER : MB_ROLE_UNKNOWN;

  mb_role_from_string (text, &role);
  return role;
}

static gint64
read_foreign_time_us (MbJsonSpan span)
{
  g_autofree char *text = read_shown (span, EVENT_NAME_MAX);
  g_autoptr (GDateTime) time = text != NULL ? g_date_time_new_from_iso8601 (text, NULL) : NULL;

  if (time == NULL)
    return 0;
  return g_date_time_to_unix (time) * G_USEC_PER_SEC + g_date_time_get_microsecond (time);
}

static gboolean
is_given (MbJsonSpan span)
{
  return span.text != NULL && !mb_json_span_is_null (span);
}

static MbMessage *
parse_join (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"roomId", "displayName", "role"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  char room[MB_ROOM_ID_MAX + 1];
  char name[MB_DISPLAY_NAME_MAX + 1] = DEFAULT_DISPLAY_NAME;
  char word[16];
  MbRole role = MB_ROLE_MEMBER;

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!mb_json_span_copy_string (values[0], "roomId", room, sizeof room, error))
    return NULL;
  if (!mb_room_id_is_valid (room))
    return fail (error, "roomId", "must match [A-Za-z0-9_-]{1,64}");
  if (is_given (values[1]) && !mb_json_span_equals (values[1], "")) {
    if (!mb_json_span_copy_string (values[1], "displayName", name, sizeof name, error))
      return NULL;
    if (!mb_display_name_is_valid (name))
      return fail (error, "displayName", "is blank or has control characters");
  }
  if (is_given (values[2])) {
    if (!mb_json_span_copy_string (values[2], "role", word, sizeof word, error))
      return NULL;
    if (!mb_role_from_string (word, &role))
      return fail (error, "role", "must be member, bot, recorder or relay");
  }
  return mb_message_new_join (room, name, role);
}

static MbMessage *
parse_signal (MbJsonSpan object, const char *peer_field, GPtrArray *attachments, GError **error)
{
  const char *const names[] = {peer_field, "data"};
  MbJsonSpan values[G_N_ELEMENTS (names)];
  char peer[MB_PEER_ID_MAX + 1];
  g_autoptr (GBytes) data = NULL;

  mb_json_find_many (object, names, values, G_N_ELEMENTS (names));
  if (!read_peer_id (values[0], peer_field, peer, error))
    return NULL;
  if (values[1].text == NULL)
    return fail (error, "data", "is missing");
  data = g_bytes_new (values[1].text, values[1].length);
  return mb_message_new_signal (peer, data, attachments);
}

static MbMessage *
parse_signal_to (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  return parse_signal (object, "to", attachments, error);
}

static MbMessage *
parse_signal_from (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  return parse_signal (object, "from", attachments, error);
}

static MbMessage *
parse_leave (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  return mb_message_new_leave ();
}

static MbMessage *
parse_welcome (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  MbJsonSpan value;
  char id[MB_PEER_ID_MAX + 1];

  mb_json_find (object, "id", &value);
  if (!read_peer_id (value, "id", id, error))
    return NULL;
  return mb_message_new_welcome (id);
}

/* An entry of a member list: an object, or an id alone. */
static MbMemberInfo *
parse_member (MbJsonSpan entry, const char *field, GError **error)
{
  static const char *const NAMES[] = {"id", "displayName", "role", "joinedAt"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  char id[MB_PEER_ID_MAX + 1];
  g_autofree char *name = NULL;

  if (mb_json_span_get_kind (entry) != MB_JSON_OBJECT) {
    if (!read_peer_id (entry, field, id, error))
      return NULL;
    return mb_member_info_new (id, NULL, MB_ROLE_UNKNOWN, 0);
  }
  mb_json_find_many (entry, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!read_peer_id (values[0], field, id, error))
    return NULL;
  name = read_foreign_name (values[1]);
  return mb_member_info_new (
      id, name, read_foreign_role (values[2]), read_foreign_time_us (values[3]));
}

/* Adds those who are not in the list yet. */
static gboolean
add_members (
    GPtrArray *members, GHashTable *known, MbJsonSpan list, const char *field, GError **error)
{
  MbJsonIter iter;
  MbJsonSpan entry;

  if (is_given (list) && mb_json_span_get_kind (list) != MB_JSON_ARRAY) {
    fail (error, field, "must be an array");
    return FALSE;
  }
  mb_json_iter_init (&iter, list);
  while (mb_json_iter_next (&iter, NULL, &entry)) {
    MbMemberInfo *member = parse_member (entry, field, error);

    if (member == NULL)
      return FALSE;
    if (g_hash_table_contains (known, member->id)) {
      mb_member_info_free (member);
    } else {
      g_ptr_array_add (members, member);
      g_hash_table_add (known, member->id);
    }
  }
  return TRUE;
}

static MbMessage *
parse_peers (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"peers", "members"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  g_autoptr (GPtrArray) members = mb_member_list_new ();
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!is_given (values[0]) && !is_given (values[1]))
    return fail (error, "peers", "is missing");
  if (!add_members (members, known, values[1], "members", error) ||
      !add_members (members, known, values[0], "peers", error))
    return NULL;
  return mb_message_new_peers (members);
}

static MbMessage *
parse_peer_joined (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"peerId", "displayName", "role"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  char peer[MB_PEER_ID_MAX + 1];
  g_autofree char *name = NULL;

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!read_peer_id (values[0], "peerId", peer, error))
    return NULL;
  name = read_foreign_name (values[1]);
  return mb_message_new_peer_joined (peer, name, read_foreign_role (values[2]));
}

static MbMessage *
parse_peer_left (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"peerId", "reason"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  char peer[MB_PEER_ID_MAX + 1];
  g_autofree char *reason = NULL;

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!read_peer_id (values[0], "peerId", peer, error))
    return NULL;
  reason = read_shown (values[1], REASON_MAX);
  return mb_message_new_peer_left (peer, reason);
}

static MbMessage *
parse_room_closed (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"roomId", "reason", "retryAfterMs"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  g_autofree char *room = NULL;
  g_autofree char *reason = NULL;
  gint64 retry_ms = 0;

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  room = read_shown (values[0], REASON_MAX);
  reason = read_shown (values[1], REASON_MAX);
  if (g_strcmp0 (reason, MB_MESSAGE_GOING_AWAY) != 0)
    return mb_message_new_room_closed (room, reason);
  /* Of no use where it makes no sense, and no reason to drop the rest. */
  if (!mb_json_span_read_integer (
          values[2], "retryAfterMs", 0, MB_MESSAGE_RETRY_MAX_MS, &retry_ms, NULL))
    retry_ms = 0;
  return mb_message_new_going_away (room, (unsigned int) retry_ms);
}

static MbMessage *
parse_room_error (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  static const char *const NAMES[] = {"code", "message", "event"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  g_autofree char *code = NULL;
  g_autofree char *text = NULL;
  g_autofree char *event = NULL;

  mb_json_find_many (object, NAMES, values, G_N_ELEMENTS (NAMES));
  code = read_shown (values[0], EVENT_NAME_MAX);
  text = read_shown (values[1], TEXT_MAX);
  event = read_shown (values[2], EVENT_NAME_MAX);
  return mb_message_new_error (
      code != NULL ? code : "failed", text != NULL ? text : "the server tells no reason", event);
}

/* Of servers that answer a failed join without an acknowledgement this way. */
static MbMessage *
parse_join_error (MbJsonSpan object, GPtrArray *attachments, GError **error)
{
  MbJsonSpan value;
  g_autofree char *text = NULL;

  mb_json_find (object, "error", &value);
  text = read_shown (value, TEXT_MAX);
  return mb_message_new_error (
      "failed", text != NULL ? text : "the server tells no reason", EVENT_NAMES[MB_MESSAGE_JOIN]);
}

static const Event FROM_CLIENTS[] = {
    {"signal", parse_signal_to},
    {"join-room", parse_join},
    {"leave-room", parse_leave},
};

static const Event FROM_SERVERS[] = {
    {"signal", parse_signal_from},
    {"welcome", parse_welcome},
    {"peers", parse_peers},
    {"peer-joined", parse_peer_joined},
    {"peer-left", parse_peer_left},
    {"room-closed", parse_room_closed},
    {"room-error", parse_room_error},
    {"join-error", parse_join_error},
};

static MbMessage *
parse_event (MbSide side, MbJsonSpan name, MbJsonSpan object, GPtrArray *attachments,
    const char **event, GError **error)
{
  const Event *events = side == MB_SIDE_SERVER ? FROM_CLIENTS : FROM_SERVERS;
  gsize n_events =
      side == MB_SIDE_SERVER ? G_N_ELEMENTS (FROM_CLIENTS) : G_N_ELEMENTS (FROM_SERVERS);
  g_autofree char *shown = NULL;

  for (gsize i = 0; i < n_events; i++) {
    if (!mb_json_span_equals (name, events[i].name))
      continue;
    if (event != NULL)
      *event = events[i].name;
    if (is_given (object) && mb_json_span_get_kind (object) != MB_JSON_OBJECT)
      return fail (error, events[i].name, "needs an object");
    return events[i].parse (object, attachments, error);
  }
  shown = read_shown (name, EVENT_NAME_MAX);
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "no event is called \"%s\"",
      shown != NULL ? shown : "");
  return NULL;
}

/**
 * mb_events_parse_plain:
 * @side: which side we are
 * @text: a text frame
 * @length: its length in bytes
 * @event: (out) (optional) (nullable): the event's name as soon as it is known, also on failure; a
 *     static string, NULL for an event that we do not know
 *
 * %MB_ERROR_BAD_REQUEST names the field that is wrong. An event of no known name is one too, but leaves
 * @event NULL: a client may ignore what a newer server tells.
 *
 * Returns: (transfer full): the message. Thread: any.
 */
MbMessage *
mb_events_parse_plain (
    MbSide side, const char *text, gsize length, const char **event, GError **error)
{
  MbJsonSpan object;
  MbJsonSpan type;

  if (event != NULL)
    *event = NULL;
  if (!mb_json_scan (text, length, MB_EVENTS_DEPTH, &object, error))
    return NULL;
  if (mb_json_span_get_kind (object) != MB_JSON_OBJECT)
    return fail (error, "message", "must be an object");
  if (!mb_json_find (object, "type", &type))
    return fail (error, "type", "is missing");
  if (mb_json_span_get_kind (type) != MB_JSON_STRING)
    return fail (error, "type", "must be a string");
  return parse_event (side, type, object, NULL, event, error);
}

/**
 * mb_events_parse_sio:
 * @side: which side we are
 * @packet: an event, as mb_sio_parse() or the decoder gave it
 * @attachments: (nullable) (element-type GBytes): its attachments
 * @event: (out) (optional) (nullable): see mb_events_parse_plain()
 *
 * Arguments behind the first are not looked at.
 *
 * Returns: (transfer full): the message. Thread: any.
 */
MbMessage *
mb_events_parse_sio (MbSide side, const MbSioPacket *packet, GPtrArray *attachments,
    const char **event, GError **error)
{
  MbJsonIter iter;
  MbJsonSpan name = {NULL, 0};
  MbJsonSpan object = {NULL, 0};

  if (event != NULL)
    *event = NULL;
  mb_json_iter_init (&iter, packet->payload);
  mb_json_iter_next (&iter, NULL, &name);
  mb_json_iter_next (&iter, NULL, &object);
  return parse_event (side, name, object, attachments, event, error);
}

/* Appends `"name":"value"` behind a comma; nothing for NULL. */
static void
append_member (GString *out, const char *name, const char *value)
{
  if (value == NULL)
    return;
  if (out->len > 0 && out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  g_string_append_c (out, '"');
  g_string_append (out, name);
  g_string_append (out, "\":");
  mb_json_append_string (out, value);
}

static void
append_time (GString *out, const char *name, gint64 time_us)
{
  g_autoptr (GDateTime) seconds = NULL;
  g_autofree char *text = NULL;
  char whole[40];

  if (time_us <= 0)
    return;
  seconds = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);
  text = g_date_time_format (seconds, "%Y-%m-%dT%H:%M:%S");
  g_snprintf (whole, sizeof whole, "%s.%03dZ", text, (int) (time_us / 1000 % 1000));
  append_member (out, name, whole);
}

static void
append_members (GString *out, GPtrArray *members)
{
  g_string_append (out, "\"peers\":[");
  for (unsigned int i = 0; i < members->len; i++) {
    const MbMemberInfo *member = members->pdata[i];

    if (i > 0)
      g_string_append_c (out, ',');
    mb_json_append_string (out, member->id);
  }
  g_string_append (out, "],\"members\":[");
  for (unsigned int i = 0; i < members->len; i++) {
    const MbMemberInfo *member = members->pdata[i];

    g_string_append (out, i > 0 ? ",{" : "{");
    append_member (out, "id", member->id);
    append_member (out, "displayName", member->display_name != NULL ? member->display_name : "");
    append_member (out, "role", mb_role_to_string (member->role));
    append_time (out, "joinedAt", member->joined_at_us);
    g_string_append_c (out, '}');
  }
  g_string_append_c (out, ']');
}

static void
append_error (GString *out, MbMessage *message)
{
  append_member (out, "code", mb_message_get_code (message));
  append_member (out, "message", mb_message_get_text (message));
  if (mb_message_get_event (message) != NULL)
    append_member (out, "event", mb_message_get_event (message));
  else
    g_string_append (out, ",\"event\":null");
}

static void
append_data (GString *out, MbMessage *message)
{
  gsize length;
  const char *text = g_bytes_get_data (mb_message_get_data (message), &length);

  g_string_append (out, ",\"data\":");
  g_string_append_len (out, text, (gssize) length);
}

/* The fields of a message, without the braces around. @out ends in the brace or in a member. */
static void
append_fields (MbSide side, MbMessage *message, GString *out)
{
  const char *peer = mb_message_get_peer (message);
  const char *name = mb_message_get_display_name (message);

  switch (mb_message_get_kind (message)) {
  case MB_MESSAGE_WELCOME:
    append_member (out, "id", peer);
    break;
  case MB_MESSAGE_JOIN:
    append_member (out, "roomId", mb_message_get_room (message));
    append_member (out, "displayName", name);
    append_member (out, "role", mb_role_to_string (mb_message_get_role (message)));
    break;
  case MB_MESSAGE_PEERS:
    if (out->str[out->len - 1] != '{')
      g_string_append_c (out, ',');
    append_members (out, mb_message_get_members (message));
    break;
  case MB_MESSAGE_PEER_JOINED:
    append_member (out, "peerId", peer);
    append_member (out, "displayName", name != NULL ? name : "");
    append_member (out, "role", mb_role_to_string (mb_message_get_role (message)));
    break;
  case MB_MESSAGE_SIGNAL:
    append_member (out, side == MB_SIDE_SERVER ? "from" : "to", peer);
    append_data (out, message);
    break;
  case MB_MESSAGE_PEER_LEFT:
    append_member (out, "peerId", peer);
    append_member (out, "reason", mb_message_get_reason (message));
    break;
  case MB_MESSAGE_ROOM_CLOSED:
    append_member (out, "roomId", mb_message_get_room (message));
    append_member (out, "reason", mb_message_get_reason (message));
    if (mb_message_get_retry_ms (message) != 0)
      g_string_append_printf (out, ",\"retryAfterMs\":%u", mb_message_get_retry_ms (message));
    break;
  case MB_MESSAGE_ERROR:
    append_error (out, message);
    break;
  case MB_MESSAGE_NONE:
  case MB_MESSAGE_LEAVE:
    break;
  }
}

/**
 * mb_events_append_plain:
 * @side: which side we are; a signal goes `to` a peer from a client and comes `from` it from a server
 *
 * The dialect has no binary: attachments are left out, their placeholders stay. Thread: any.
 */
void
mb_events_append_plain (MbSide side, MbMessage *message, GString *out)
{
  g_string_append_c (out, '{');
  append_member (out, "type", EVENT_NAMES[mb_message_get_kind (message)]);
  append_fields (side, message, out);
  g_string_append_c (out, '}');
}

/**
 * mb_events_append_sio:
 * @side: which side we are
 * @ack_id: the acknowledgement that is wanted, or %MB_SIO_NO_ACK
 *
 * The text of the packet; the caller sends mb_message_get_attachments() behind it. Thread: any.
 */
void
mb_events_append_sio (MbSide side, MbMessage *message, gint64 ack_id, GString *out)
{
  unsigned int n_attachments = mb_message_get_n_attachments (message);

  mb_sio_append_header (
      out, n_attachments > 0 ? MB_SIO_BINARY_EVENT : MB_SIO_EVENT, n_attachments, NULL, ack_id);
  g_string_append (out, "[\"");
  g_string_append (out, EVENT_NAMES[mb_message_get_kind (message)]);
  g_string_append (out, "\",{");
  append_fields (side, message, out);
  g_string_append (out, "}]");
}

/**
 * mb_events_get_text:
 * @side: which side we are
 *
 * The same text, built once and kept with the message: for one that goes to many.
 *
 * Returns: (transfer none): the text, as long as the message lives. Thread: any.
 */
GBytes *
mb_events_get_text (MbSide side, MbDialect dialect, MbMessage *message)
{
  unsigned int slot = (unsigned int) side * 2 + (unsigned int) dialect;
  GBytes *kept = mb_message_get_encoding (message, slot);
  g_autoptr (GString) text = NULL;

  if (kept != NULL)
    return kept;
  text = g_string_sized_new (256);
  if (dialect == MB_DIALECT_SIO)
    mb_events_append_sio (side, message, MB_SIO_NO_ACK, text);
  else
    mb_events_append_plain (side, message, text);
  return mb_message_keep_encoding (message, slot, g_string_free_to_bytes (g_steal_pointer (&text)));
}

/**
 * mb_events_append_join_ack:
 * @ack_id: of the `join-room` that is answered
 * @id: the member's id
 *
 * `{"ok":true,"id":…,"roomId":…}` as a Socket.IO acknowledgement. Thread: any.
 */
void
mb_events_append_join_ack (gint64 ack_id, const char *id, const char *room, GString *out)
{
  mb_sio_append_header (out, MB_SIO_ACK, 0, NULL, ack_id);
  g_string_append (out, "[{\"ok\":true");
  append_member (out, "id", id);
  append_member (out, "roomId", room);
  g_string_append (out, "}]");
}

/**
 * mb_events_append_refusal_ack:
 * @ack_id: of the event that is answered
 * @error: why not
 *
 * `{"ok":false,"error":…,"code":…}`, the error as text and the code of a `room-error`. Thread: any.
 */
void
mb_events_append_refusal_ack (gint64 ack_id, const GError *error, GString *out)
{
  mb_sio_append_header (out, MB_SIO_ACK, 0, NULL, ack_id);
  g_string_append (out, "[{\"ok\":false");
  append_member (out, "error", error->message);
  append_member (out, "code", mb_error_get_wire_code (error));
  g_string_append (out, "}]");
}

static gboolean
refuse (MbJsonSpan reason, MbJsonSpan code, GError **error)
{
  static const char *const NAMES[] = {"message", "code"};
  MbJsonSpan inner[G_N_ELEMENTS (NAMES)];
  g_autofree char *text = NULL;
  g_autofree char *word = NULL;
  MbError number;

  /* Some apps send the error as an object. */
  if (mb_json_find_many (reason, NAMES, inner, G_N_ELEMENTS (NAMES)) > 0) {
    reason = inner[0];
    code = is_given (code) ? code : inner[1];
  }
  text = read_shown (reason, TEXT_MAX);
  word = read_shown (code, EVENT_NAME_MAX);
  number = mb_error_from_wire_code (word);
  g_set_error (error, MB_ERROR, number == MB_ERROR_FAILED ? MB_ERROR_UNREACHABLE : (int) number,
      "the server refused: %s", text != NULL ? text : "no reason told");
  return FALSE;
}

/**
 * mb_events_parse_join_ack:
 * @packet: an acknowledgement
 * @id: (out) (optional) (nullable) (transfer full): one's own id, NULL where the server does not
 *     tell it; written on success only
 *
 * `ok` false or an `error` is a refusal: the error has the server's words and the code it tells, else
 * %MB_ERROR_UNREACHABLE. Anything else, even nothing, is taken for a yes. Thread: any.
 */
gboolean
mb_events_parse_join_ack (const MbSioPacket *packet, char **id, GError **error)
{
  static const char *const NAMES[] = {"ok", "id", "error", "code"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)];
  MbJsonSpan answer = {NULL, 0};
  MbJsonIter iter;
  gboolean is_ok = TRUE;

  mb_json_iter_init (&iter, packet->payload);
  mb_json_iter_next (&iter, NULL, &answer);
  mb_json_find_many (answer, NAMES, values, G_N_ELEMENTS (NAMES));
  mb_json_span_read_boolean (values[0], "ok", &is_ok, NULL);
  if (!is_ok || is_given (values[2]))
    return refuse (values[2], values[3], error);
  if (id != NULL) {
    char text[MB_PEER_ID_MAX + 1];

    *id = read_peer_id (values[1], "id", text, NULL) ? g_strdup (text) : NULL;
  }
  return TRUE;
}
