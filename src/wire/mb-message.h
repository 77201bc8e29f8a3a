/* mb-message.h: one signaling message, immutable and counted
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The same value in either dialect and on either side; mb-events turns it into text and back. A
 * field that a kind does not have reads as NULL (or its zero).
 */
#pragma once

#include <glib.h>

#define MB_ROOM_ID_MAX 64
/* Of a member, in bytes: Socket.IO servers of today make 20, nobody needs more than this. */
#define MB_PEER_ID_MAX 128
#define MB_DISPLAY_NAME_MAX 128
/* The one reason of room-closed that is no end: rooms and hosts come back after a restart. */
#define MB_MESSAGE_GOING_AWAY "server-going-away"
/* More than anybody would wait because a server says so. */
#define MB_MESSAGE_RETRY_MAX_MS 60000

/**
 * MbMessageKind:
 * @MB_MESSAGE_WELCOME: server → client, plain dialect: the client's own id (peer)
 * @MB_MESSAGE_JOIN: client → server: room, display name, role
 * @MB_MESSAGE_PEERS: server → newcomer: members, who else is there
 * @MB_MESSAGE_PEER_JOINED: server → room: peer, display name, role
 * @MB_MESSAGE_SIGNAL: peer (`to` on the way to a server, `from` on the way from it), data, attachments
 * @MB_MESSAGE_PEER_LEFT: server → room: peer, reason
 * @MB_MESSAGE_LEAVE: client → server
 * @MB_MESSAGE_ROOM_CLOSED: server → room: room, reason, when to come back
 * @MB_MESSAGE_ERROR: server → client: code, text, event
 */
typedef enum {
  MB_MESSAGE_NONE,
  MB_MESSAGE_WELCOME,
  MB_MESSAGE_JOIN,
  MB_MESSAGE_PEERS,
  MB_MESSAGE_PEER_JOINED,
  MB_MESSAGE_SIGNAL,
  MB_MESSAGE_PEER_LEFT,
  MB_MESSAGE_LEAVE,
  MB_MESSAGE_ROOM_CLOSED,
  MB_MESSAGE_ERROR,
} MbMessageKind;
#define MB_MESSAGE_N_KINDS (MB_MESSAGE_ERROR + 1)

typedef enum {
  MB_ROLE_MEMBER,
  MB_ROLE_BOT,
  MB_ROLE_RECORDER,
  MB_ROLE_RELAY,
  MB_ROLE_UNKNOWN, /* somebody else's server, which knows no roles */
} MbRole;

/**
 * MbMemberInfo:
 * @id: the member's id
 * @display_name: (nullable): NULL where a server does not tell it
 * @role: its role; MB_ROLE_UNKNOWN where a server does not tell it
 * @joined_at_us: when it joined, µs since 1970 UTC; 0: not known
 */
typedef struct {
  char *id;
  char *display_name;
  MbRole role;
  gint64 joined_at_us;
} MbMemberInfo;

typedef struct _MbMessage MbMessage;

const char *mb_role_to_string (MbRole role);
gboolean mb_role_from_string (const char *string, MbRole *role);
gboolean mb_room_id_is_valid (const char *id);
gboolean mb_peer_id_is_valid (const char *id);
gboolean mb_display_name_is_valid (const char *name);
char *mb_text_clean (const char *text, gsize max_bytes);
char *mb_display_name_clean (const char *name);

MbMemberInfo *mb_member_info_new (
    const char *id, const char *display_name, MbRole role, gint64 joined_at_us);
void mb_member_info_free (MbMemberInfo *self);
GPtrArray *mb_member_list_new (void);

MbMessage *mb_message_new_welcome (const char *id);
MbMessage *mb_message_new_join (const char *room, const char *display_name, MbRole role);
MbMessage *mb_message_new_peers (GPtrArray *members);
MbMessage *mb_message_new_peer_joined (const char *peer, const char *display_name, MbRole role);
MbMessage *mb_message_new_signal (const char *peer, GBytes *data, GPtrArray *attachments);
MbMessage *mb_message_new_peer_left (const char *peer, const char *reason);
MbMessage *mb_message_new_leave (void);
MbMessage *mb_message_new_room_closed (const char *room, const char *reason);
MbMessage *mb_message_new_going_away (const char *room, unsigned int retry_ms);
MbMessage *mb_message_new_error (const char *code, const char *text, const char *event);
MbMessage *mb_message_new_error_for (const GError *error, const char *event);
MbMessage *mb_message_with_peer (MbMessage *self, const char *peer);
MbMessage *mb_message_ref (MbMessage *self);
void mb_message_unref (MbMessage *self);

MbMessageKind mb_message_get_kind (MbMessage *self);
const char *mb_message_get_room (MbMessage *self);
const char *mb_message_get_peer (MbMessage *self);
const char *mb_message_get_display_name (MbMessage *self);
MbRole mb_message_get_role (MbMessage *self);
const char *mb_message_get_reason (MbMessage *self);
unsigned int mb_message_get_retry_ms (MbMessage *self);
const char *mb_message_get_code (MbMessage *self);
const char *mb_message_get_text (MbMessage *self);
const char *mb_message_get_event (MbMessage *self);
GBytes *mb_message_get_data (MbMessage *self);
GPtrArray *mb_message_get_attachments (MbMessage *self);
unsigned int mb_message_get_n_attachments (MbMessage *self);
GPtrArray *mb_message_get_members (MbMessage *self);

/* For mb-events alone: the encoded text of each dialect, kept with the message. */
#define MB_MESSAGE_N_ENCODINGS 4
GBytes *mb_message_get_encoding (MbMessage *self, unsigned int slot);
GBytes *mb_message_keep_encoding (MbMessage *self, unsigned int slot, GBytes *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMemberInfo, mb_member_info_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbMessage, mb_message_unref)
