/* mb-signaling.h: how a participant reaches the others of its room
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

typedef struct _MbMessage MbMessage;

#define MB_TYPE_SIGNALING (mb_signaling_get_type ())
G_DECLARE_INTERFACE (MbSignaling, mb_signaling, MB, SIGNALING, GObject)

/**
 * MbSignalingInterface:
 * @join: goes into a room and stays there
 * @send: passes data to another member
 * @leave: goes out
 *
 * A signaling client is in one room, for once: it is made, joins, and ends with "failed" or
 * "closed". In between it mends its connection by itself.
 *
 * Signals, all on the main thread and never from within a call of this interface:
 *
 * - "welcomed" (const char *own_id): the server calls us that, and is about to be asked for the room.
 * - "joined" (const char *own_id): in the room. Again after each reconnection, then mostly with
 *   another id: peers see another member.
 * - "message" (MbMessage *message): of kind PEERS, PEER_JOINED, SIGNAL, PEER_LEFT, ROOM_CLOSED or
 *   ERROR; borrowed, to be kept with mb_message_ref().
 * - "lost" (GError *error): the connection is gone and is being made again. Ids of before mean
 *   nothing any more, though media of peers may still flow.
 * - "failed" (GError *error): given up. The join was refused, or nothing was reachable in the
 *   first 8 seconds, or the server put this client out; the code says which, see
 *   mb_error_get_exit_status(). The last signal.
 * - "closed" (): out of the room as asked by mb_signaling_leave(), or since the room was closed
 *   (a ROOM_CLOSED message has said so; a server that only goes away for a while is "lost"). The last signal.
 *
 * Order: "welcomed" comes before each "joined"; "joined" comes before any "message" of the same connection, save an ERROR about
 * something else than the join. Messages come in the server's order. With servers that keep the
 * contract PEERS is the first of them. Between "lost" and the next "joined" there is no "message".
 * "lost" follows only a "joined"; attempts that fail in between are not told again. Handlers may
 * call any function of this interface and may drop the client.
 */
struct _MbSignalingInterface {
  GTypeInterface parent_iface;

  void (*join) (MbSignaling *self, const char *room_id, const char *display_name, const char *role);
  void (*send) (MbSignaling *self, const char *to, GBytes *data);
  void (*leave) (MbSignaling *self);
};

MbSignaling *mb_signaling_new_for_url (const char *url, const char *token, GError **error);
void mb_signaling_join (
    MbSignaling *self, const char *room_id, const char *display_name, const char *role);
void mb_signaling_send (MbSignaling *self, const char *to, GBytes *data);
void mb_signaling_leave (MbSignaling *self);
