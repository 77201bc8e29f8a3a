/* mb-survivors.h: which connections outlive a lost server, and whose they are when ids change
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Media needs no server: when one is lost, or only we or another one lose it, what is connected goes
 * on. Whoever comes back to the room is a new member there. It says its new id over the old
 * connection, together with a secret (`moved`), and shows the same secret by a signal, whose sender
 * the server vouches for (`resume`). So nobody can take over a connection that it does not hold both
 * ends of. Pages do the same (src/web/survivors.js).
 */
#pragma once

#include "mb-message.h"

/* How long a peer whose connection to the server broke has for an answer over our own. */
#define MB_SURVIVORS_PONG_MS 700
/* The same when the server was lost to all: then everybody is busy coming back. */
#define MB_SURVIVORS_ALL_PONG_MS 8000

typedef struct _MbSurvivors MbSurvivors;

/**
 * MbSurvivorsDeeds:
 * @drop: the peer is gone; ends in mb_survivors_forget()
 * @admit: somebody new, with the signals (element-type GBytes) of it that have come already
 * @adopt: the peer is that member now
 * @suspend: the server does not reach the peer, or does again
 * @signal: passes data by the server
 * @send: says something over the peer's connection; FALSE where that is not open
 * @get_id: the peer's in the room
 *
 * What a survivors' owner does for it. Peers are pointers that nobody looks into.
 */
typedef struct {
  void (*drop) (gpointer owner, gpointer peer);
  void (*admit) (gpointer owner, const MbMemberInfo *member, GPtrArray *signals);
  void (*adopt) (gpointer owner, gpointer peer, const MbMemberInfo *member);
  void (*suspend) (gpointer owner, gpointer peer, gboolean is_suspended);
  void (*signal) (gpointer owner, const char *to, GBytes *data);
  gboolean (*send) (gpointer owner, gpointer peer, const char *text);
  const char *(*get_id) (gpointer owner, gpointer peer);
} MbSurvivorsDeeds;

MbSurvivors *mb_survivors_new (const MbSurvivorsDeeds *deeds, gpointer owner);
void mb_survivors_free (MbSurvivors *self);

void mb_survivors_set_client (MbSurvivors *self, gpointer peer, const char *client);
gboolean mb_survivors_has_client (MbSurvivors *self, gpointer peer);
gboolean mb_survivors_is_away (MbSurvivors *self, gpointer peer);
void mb_survivors_tell (MbSurvivors *self, gpointer peer, const char *own_id);
void mb_survivors_leave (MbSurvivors *self, gpointer peer, unsigned int patience_ms);
void mb_survivors_stay (MbSurvivors *self, gpointer peer);
void mb_survivors_alive (MbSurvivors *self, gpointer peer);
void mb_survivors_claim (MbSurvivors *self, gpointer peer, const char *id, const char *key);
void mb_survivors_forget (MbSurvivors *self, gpointer peer);

void mb_survivors_meet (MbSurvivors *self, const MbMemberInfo *member);
gboolean mb_survivors_is_held (MbSurvivors *self, const char *id);
void mb_survivors_take (MbSurvivors *self, const char *id, GBytes *data);
void mb_survivors_unhold (MbSurvivors *self, const char *id);
void mb_survivors_unhold_all (MbSurvivors *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSurvivors, mb_survivors_free)
