/* mb-pass.h: what a token lets its bearer do
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/**
 * MbGrant:
 * @MB_GRANT_JOIN: take part in a room, and see who is there
 * @MB_GRANT_CREATE: make a room, by REST or by joining it first
 * @MB_GRANT_PUBLISH: send audio and video
 * @MB_GRANT_RECORD: join as a recorder
 * @MB_GRANT_RELAY: join as a relay
 * @MB_GRANT_ADMIN: all of these, and delete rooms
 */
typedef enum {
  MB_GRANT_JOIN = 1 << 0,
  MB_GRANT_CREATE = 1 << 1,
  MB_GRANT_PUBLISH = 1 << 2,
  MB_GRANT_RECORD = 1 << 3,
  MB_GRANT_RELAY = 1 << 4,
  MB_GRANT_ADMIN = 1 << 5,
} MbGrant;

/* What a token grants that does not say. */
#define MB_GRANTS_DEFAULT (MB_GRANT_JOIN | MB_GRANT_CREATE | MB_GRANT_PUBLISH)

/**
 * MbPass:
 * @subject: (nullable): whom the token is for
 * @name: (nullable): the display name that it gives
 * @rooms: (nullable): the rooms it is good for; %NULL is any
 * @grants: of #MbGrant
 * @expires_us: µs since 1970 UTC; 0 is never
 *
 * Immutable and counted. No pass, a %NULL, allows nothing.
 */
typedef struct {
  char *subject;
  char *name;
  char **rooms;
  unsigned int grants;
  gint64 expires_us;
} MbPass;

MbPass *mb_pass_new (void);
MbPass *mb_pass_new_for_all (void);
MbPass *mb_pass_ref (MbPass *self);
void mb_pass_unref (MbPass *self);
gboolean mb_pass_is_for_room (const MbPass *self, const char *room);
gboolean mb_pass_allows (const MbPass *self, MbGrant grant, const char *room);
gboolean mb_pass_check (const MbPass *self, MbGrant grant, const char *room, GError **error);
gboolean mb_grant_from_string (const char *name, MbGrant *grant);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbPass, mb_pass_unref)
