/* mb-member.h: one client in the lobby: its connection, name and room
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-connection.h"
#include "mb-guard.h"
#include "mb-message.h"
#include "mb-pass.h"
#include "mb-reactor.h"

typedef struct _MbRoom MbRoom;

/**
 * MbMember:
 *
 * The lobby makes it when a client connects and frees it when the client has gone; a room knows
 * it for as long as it takes part there.
 */
typedef struct {
  MbConnection *connection; /* owned */
  MbPass *pass;             /* owned; what it may do */
  MbTimer expiry;           /* of the pass; the lobby's */
  gint64 ends_us;           /* µs since 1970 UTC; 0 is never */
  gpointer lobby;           /* not owned; who listens to the connection */
  MbRoom *room;             /* (nullable) not owned; kept by the room */
  char *display_name;       /* (nullable) owned; of the room it is in */
  MbRole role;
  gint64 joined_at_us; /* µs since 1970 UTC */
  MbBucket bucket;
  MbBucket volume;
  unsigned int n_over_limit; /* messages dropped, less those that passed since */
} MbMember;

MbMember *mb_member_new (MbConnection *connection, MbPass *pass, gpointer lobby);
void mb_member_free (MbMember *self, guint16 code, const char *reason);
gsize mb_member_get_signal_size (MbMessage *signal);
const char *mb_member_get_id (MbMember *self);
void mb_member_set_part (MbMember *self, const char *display_name, MbRole role);
void mb_member_send (MbMember *self, MbMessage *message);
MbMemberInfo *mb_member_get_info (MbMember *self);
