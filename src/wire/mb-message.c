/* mb-message.c: one signaling message, immutable and counted
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a message is made with must be valid already: mb-events checks what comes from outside, a
 * caller that makes one wrongly has a bug.
 */
#include "mb-message.h"

#include <string.h>

#include "mb-error.h"
#include "mb-utf8.h"

struct _MbMessage {
  MbMessageKind kind;
  MbRole role;
  /* All strings (nullable), owned. */
  char *room;
  char *peer;
  char *display_name;
  char *reason;
  char *code;
  char *text;
  char *event;
  unsigned int retry_ms;                     /* 0 means nothing was said */
  GBytes *data;                              /* (nullable) JSON text */
  GPtrArray *attachments;                    /* (nullable) (element-type GBytes) */
  GPtrArray *members;                        /* (nullable) (element-type MbMemberInfo) */
  GBytes *encodings[MB_MESSAGE_N_ENCODINGS]; /* (nullable) set once, atomically */
};

static const char *const ROLES[] = {
    [MB_ROLE_MEMBER] = "member",
    [MB_ROLE_BOT] = "bot",
    [MB_ROLE_RECORDER] = "recorder",
    [MB_ROLE_RELAY] = "relay",
};

/**
 * mb_role_to_string:
 *
 * Returns: (nullable): its word on the wire; NULL for MB_ROLE_UNKNOWN. Thread: any.
 */
const char *
mb_role_to_string (MbRole role)
{
  g_return_val_if_fail ((gsize) role <= MB_ROLE_UNKNOWN, NULL);

  return role == MB_ROLE_UNKNOWN ? NULL : ROLES[role];
}

/**
 * mb_role_from_string:
 * @string: (nullable): a word from the wire
 * @role: (out): the role; untouched if there is none of that name
 *
 * Returns: whether it is a role. Thread: any.
 */
gboolean
mb_role_from_string (const char *string, MbRole *role)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ROLES); i++) {
    if (g_strcmp0 (string, ROLES[i]) == 0) {
      *role = (MbRole) i;
      return TRUE;
    }
  }
  return FALSE;
}

/**
 * mb_room_id_is_valid:
 * @id: (nullable): what somebody calls a room
 *
 * Returns: whether it matches `[A-Za-z0-9_-]{1,64}`. Thread: any.
 */
gboolean
mb_room_id_is_valid (const char *id)
{
  gsize length = 0;

  if (id == NULL)
    return FALSE;
  for (; id[length] != '\0'; length++) {
    if (length == MB_ROOM_ID_MAX ||
        !(g_ascii_isalnum (id[length]) || id[length] == '_' || id[length] == '-'))
      return FALSE;
  }
  return length > 0;
}

/**
 * mb_peer_id_is_valid:
 * @id: (nullable): what a server calls a member
 *
 * Ids of other people's servers may look like anything printable; ours are stricter.
 *
 * Returns: whether it is 1 to 128 bytes of printable ASCII. Thread: any.
 */
gboolean
mb_peer_id_is_valid (const char *id)
{
  gsize length = 0;

  if (id == NULL)
    return FALSE;
  for (; id[length] != '\0'; length++) {
    if (length == MB_PEER_ID_MAX || !g_ascii_isgraph (id[length]))
      return FALSE;
  }
  return length > 0;
}

/* Control characters of both blocks, and what turns the writing direction around: a name must not
 * reorder the line of a log or a page that it stands in. */
static gboolean
is_unwanted (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/**
 * mb_display_name_is_valid:
 * @name: (nullable): what somebody wants to be called
 *
 * Returns: whether it is 1 to 128 bytes of UTF-8 without control characters and not blank. Thread:
 *     any.
 */
gboolean
mb_display_name_is_valid (const char *name)
{
  gsize length = name != NULL ? strlen (name) : 0;
  gboolean has_ink = FALSE;

  if (length == 0 || length > MB_DISPLAY_NAME_MAX || !mb_utf8_is_valid (name, length))
    return FALSE;
  for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (is_unwanted (c))
      return FALSE;
    if (!g_unichar_isspace (c))
      has_ink = TRUE;
  }
  return has_ink;
}

/**
 * mb_text_clean:
 * @text: (nullable): what somebody else wrote
 * @max_bytes: how much of it is wanted
 *
 * For what is only shown or logged.
 *
 * Returns: (transfer full) (nullable): the text as UTF-8 without control characters, cut to
 *     @max_bytes; NULL if @text is. Thread: any.
 */
char *
mb_text_clean (const char *text, gsize max_bytes)
{
  g_autofree char *valid = NULL;
  g_autoptr (GString) clean = g_string_new (NULL);

  if (text == NULL)
    return NULL;
  valid = g_utf8_make_valid (text, -1);
  for (const char *at = valid; *at != '\0' && clean->len <= max_bytes; at = g_utf8_next_char (at)) {
    gunichar c = g_utf8_get_char (at);

    if (!is_unwanted (c))
      g_string_append_unichar (clean, c);
  }
  g_string_truncate (clean, mb_utf8_fit (clean->str, clean->len, max_bytes));
  return g_string_free (g_steal_pointer (&clean), FALSE);
}

/**
 * mb_display_name_clean:
 * @name: (nullable): a name from another server, of which only the display is our business
 *
 * Returns: (transfer full) (nullable): the name without control characters, cut to 128 bytes; NULL if
 *     nothing is left. Thread: any.
 */
char *
mb_display_name_clean (const char *name)
{
  g_autofree char *clean = mb_text_clean (name, MB_DISPLAY_NAME_MAX);

  if (!mb_display_name_is_valid (clean))
    return NULL;
  return g_steal_pointer (&clean);
}

/**
 * mb_member_info_new:
 * @id: the member's id
 * @display_name: (nullable): its name
 * @joined_at_us: when it joined, µs since 1970 UTC, or 0
 *
 * Returns: (transfer full): the entry of a member list. Thread: any.
 */
MbMemberInfo *
mb_member_info_new (const char *id, const char *display_name, MbRole role, gint64 joined_at_us)
{
  MbMemberInfo *self = g_new0 (MbMemberInfo, 1);

  g_return_val_if_fail (id != NULL, self);
  self->id = g_strdup (id);
  self->display_name = g_strdup (display_name);
  self->role = role;
  self->joined_at_us = joined_at_us;
  return self;
}

void
mb_member_info_free (MbMemberInfo *self)
{
  g_free (self->id);
  g_free (self->display_name);
  g_free (self);
}

/**
 * mb_member_list_new:
 *
 * Returns: (transfer full) (element-type MbMemberInfo): an empty list that owns its entries.
 */
GPtrArray *
mb_member_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) mb_member_info_free);
}

static MbMessage *
message_new (MbMessageKind kind)
{
  MbMessage *self = g_atomic_rc_box_new0 (MbMessage);

  self->kind = kind;
  return self;
}

/**
 * mb_message_new_welcome:
 * @id: the client's own id
 */
MbMessage *
mb_message_new_welcome (const char *id)
{
  MbMessage *self = message_new (MB_MESSAGE_WELCOME);

  self->peer = g_strdup (id);
  return self;
}

/**
 * mb_message_new_join:
 * @room: a valid room id
 * @display_name: a valid display name
 */
MbMessage *
mb_message_new_join (const char *room, const char *display_name, MbRole role)
{
  MbMessage *self = message_new (MB_MESSAGE_JOIN);

  self->room = g_strdup (room);
  self->display_name = g_strdup (display_name);
  self->role = role;
  return self;
}

/**
 * mb_message_new_peers:
 * @members: (transfer none) (element-type MbMemberInfo): who else is there; not changed from here on
 */
MbMessage *
mb_message_new_peers (GPtrArray *members)
{
  MbMessage *self = message_new (MB_MESSAGE_PEERS);

  self->members = g_ptr_array_ref (members);
  return self;
}

/**
 * mb_message_new_peer_joined:
 * @display_name: (nullable): NULL where a server does not tell it
 */
MbMessage *
mb_message_new_peer_joined (const char *peer, const char *display_name, MbRole role)
{
  MbMessage *self = message_new (MB_MESSAGE_PEER_JOINED);

  self->peer = g_strdup (peer);
  self->display_name = g_strdup (display_name);
  self->role = role;
  return self;
}

/**
 * mb_message_new_signal:
 * @peer: the addressee on the way to a server, the sender on the way from it
 * @data: (transfer none): checked JSON text, one value
 * @attachments: (transfer none) (nullable) (element-type GBytes): what Socket.IO's placeholders inside
 *     @data stand for; not changed from here on
 */
MbMessage *
mb_message_new_signal (const char *peer, GBytes *data, GPtrArray *attachments)
{
  MbMessage *self = message_new (MB_MESSAGE_SIGNAL);

  self->peer = g_strdup (peer);
  self->data = g_bytes_ref (data);
  if (attachments != NULL && attachments->len > 0)
    self->attachments = g_ptr_array_ref (attachments);
  return self;
}

/**
 * mb_message_new_peer_left:
 * @reason: (nullable): `left`, `disconnected`, `timeout`, `kicked`; NULL where a server does not tell
 */
MbMessage *
mb_message_new_peer_left (const char *peer, const char *reason)
{
  MbMessage *self = message_new (MB_MESSAGE_PEER_LEFT);

  self->peer = g_strdup (peer);
  self->reason = g_strdup (reason);
  return self;
}

MbMessage *
mb_message_new_leave (void)
{
  return message_new (MB_MESSAGE_LEAVE);
}

/**
 * mb_message_new_room_closed:
 * @reason: (nullable): why
 */
MbMessage *
mb_message_new_room_closed (const char *room, const char *reason)
{
  MbMessage *self = message_new (MB_MESSAGE_ROOM_CLOSED);

  self->room = g_strdup (room);
  self->reason = g_strdup (reason);
  return self;
}

/**
 * mb_message_new_going_away:
 * @retry_ms: when to come back, milliseconds from now; at most %MB_MESSAGE_RETRY_MAX_MS, 0 says
 *   nothing
 *
 * The room is closed because its host stops; it will be there again.
 */
MbMessage *
mb_message_new_going_away (const char *room, unsigned int retry_ms)
{
  MbMessage *self = mb_message_new_room_closed (room, MB_MESSAGE_GOING_AWAY);

  self->retry_ms = MIN (retry_ms, MB_MESSAGE_RETRY_MAX_MS);
  return self;
}

/**
 * mb_message_new_error:
 * @code: a word such as `not-found`
 * @text: for people
 * @event: (nullable): the event that it answers; NULL if none or one we do not know
 */
MbMessage *
mb_message_new_error (const char *code, const char *text, const char *event)
{
  MbMessage *self = message_new (MB_MESSAGE_ERROR);

  self->code = g_strdup (code);
  self->text = g_strdup (text);
  self->event = g_strdup (event);
  return self;
}

/**
 * mb_message_new_error_for:
 * @error: what went wrong, of any domain
 * @event: (nullable): the event that it answers
 */
MbMessage *
mb_message_new_error_for (const GError *error, const char *event)
{
  return mb_message_new_error (mb_error_get_wire_code (error), error->message, event);
}

/**
 * mb_message_with_peer:
 * @self: a signal
 * @peer: the other id that it shall carry
 *
 * What a room does on the way: the addressee goes, the sender takes its place.
 *
 * Returns: (transfer full): the same signal, sharing data and attachments. Thread: any.
 */
MbMessage *
mb_message_with_peer (MbMessage *self, const char *peer)
{
  g_return_val_if_fail (self->kind == MB_MESSAGE_SIGNAL, mb_message_ref (self));

  return mb_message_new_signal (peer, self->data, self->attachments);
}

MbMessage *
mb_message_ref (MbMessage *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
message_clear (gpointer pointer)
{
  MbMessage *self = pointer;

  g_free (self->room);
  g_free (self->peer);
  g_free (self->display_name);
  g_free (self->reason);
  g_free (self->code);
  g_free (self->text);
  g_free (self->event);
  g_clear_pointer (&self->data, g_bytes_unref);
  g_clear_pointer (&self->attachments, g_ptr_array_unref);
  g_clear_pointer (&self->members, g_ptr_array_unref);
  for (gsize i = 0; i < G_N_ELEMENTS (self->encodings); i++)
    g_clear_pointer (&self->encodings[i], g_bytes_unref);
}

void
mb_message_unref (MbMessage *self)
{
  g_atomic_rc_box_release_full (self, message_clear);
}

MbMessageKind
mb_message_get_kind (MbMessage *self)
{
  return self->kind;
}

const char *
mb_message_get_room (MbMessage *self)
{
  return self->room;
}

/**
 * mb_message_get_peer:
 *
 * Returns: (nullable): whom it is about: `to`, `from`, `peerId`, or one's own id in a welcome.
 */
const char *
mb_message_get_peer (MbMessage *self)
{
  return self->peer;
}

const char *
mb_message_get_display_name (MbMessage *self)
{
  return self->display_name;
}

MbRole
mb_message_get_role (MbMessage *self)
{
  return self->role;
}

const char *
mb_message_get_reason (MbMessage *self)
{
  return self->reason;
}

/**
 * mb_message_get_retry_ms:
 *
 * Returns: when the sender asks to be called again, milliseconds; 0 where it does not say. Thread: any.
 */
unsigned int
mb_message_get_retry_ms (MbMessage *self)
{
  return self->retry_ms;
}

const char *
mb_message_get_code (MbMessage *self)
{
  return self->code;
}

const char *
mb_message_get_text (MbMessage *self)
{
  return self->text;
}

const char *
mb_message_get_event (MbMessage *self)
{
  return self->event;
}

/**
 * mb_message_get_data:
 *
 * Returns: (transfer none) (nullable): the JSON text of a signal's data.
 */
GBytes *
mb_message_get_data (MbMessage *self)
{
  return self->data;
}

/**
 * mb_message_get_attachments:
 *
 * Returns: (transfer none) (nullable) (element-type GBytes): NULL if there is none.
 */
GPtrArray *
mb_message_get_attachments (MbMessage *self)
{
  return self->attachments;
}

unsigned int
mb_message_get_n_attachments (MbMessage *self)
{
  return self->attachments != NULL ? self->attachments->len : 0;
}

/**
 * mb_message_get_members:
 *
 * Returns: (transfer none) (nullable) (element-type MbMemberInfo): the list in `peers`.
 */
GPtrArray *
mb_message_get_members (MbMessage *self)
{
  return self->members;
}

/**
 * mb_message_get_encoding:
 *
 * Returns: (transfer none) (nullable): what was kept there. Thread: any.
 */
GBytes *
mb_message_get_encoding (MbMessage *self, unsigned int slot)
{
  return g_atomic_pointer_get (&self->encodings[slot]);
}

/**
 * mb_message_keep_encoding:
 * @text: (transfer full): the message as text
 *
 * Returns: (transfer none): the text that is kept: @text, or what another thread kept first. Thread:
 *     any.
 */
GBytes *
mb_message_keep_encoding (MbMessage *self, unsigned int slot, GBytes *text)
{
  if (!g_atomic_pointer_compare_and_exchange (&self->encodings[slot], NULL, text))
    g_bytes_unref (text);
  return g_atomic_pointer_get (&self->encodings[slot]);
}
