/* mb-room-client.h: what both dialects share: join, stay, come back, leave
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-link.h"
#include "mb-signaling.h"

#define MB_TYPE_ROOM_CLIENT (mb_room_client_get_type ())
G_DECLARE_DERIVABLE_TYPE (MbRoomClient, mb_room_client, MB, ROOM_CLIENT, GObject)

/**
 * MbRoomClientClass:
 * @opened: the link is open: introduce yourself; ends in mb_room_client_welcomed()
 * @take: a message of the server
 * @say_join: ask to join; ends in mb_room_client_accepted(), a message or mb_room_client_refused()
 * @say_signal: pass data to another member
 * @say_leave: say goodbye; the link is closed after it
 *
 * What a dialect adds.
 */
struct _MbRoomClientClass {
  GObjectClass parent_class;

  void (*opened) (MbRoomClient *self, MbLink *link);
  void (*take) (MbRoomClient *self, GBytes *data, gboolean binary);
  void (*say_join) (MbRoomClient *self, MbLink *link, MbMessage *join);
  void (*say_signal) (MbRoomClient *self, MbLink *link, MbMessage *signal);
  void (*say_leave) (MbRoomClient *self, MbLink *link);
};

unsigned int mb_room_client_get_delay_ms (unsigned int attempt, double random);

void mb_room_client_set_server (
    MbRoomClient *self, const char *name, const char *expectation, MbLink *link);
void mb_room_client_welcomed (MbRoomClient *self, const char *own_id);
void mb_room_client_accepted (MbRoomClient *self);
void mb_room_client_refused (MbRoomClient *self, const GError *error);
void mb_room_client_put_out (MbRoomClient *self);
void mb_room_client_break (MbRoomClient *self, GError *error);
void mb_room_client_take_message (MbRoomClient *self, MbMessage *message);
