/* mb-sdp-slot.h: one section of a connection, through all its offers and answers
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Private to MbSdpSession, which owns a list of them.
 */
#pragma once

#include "mb-sdp-codec.h"

typedef struct {
  MbSdpKind kind;
  char *mid;
  gboolean is_live;             /* FALSE: rejected or stopped; its place may be used again */
  gboolean wants_receive;       /* FALSE: made for a track of ours alone */
  char *track_id;               /* (nullable) our track here */
  MbSdpSection *local;          /* (nullable) as last sent */
  MbSdpSection *remote;         /* (nullable) as last received */
  gboolean is_answered_by_peer; /* the last exchange was ours to offer */
} MbSdpSlot;

/* What our section is to say. */
typedef struct {
  const GPtrArray *slots;   /* (element-type MbSdpSlot) not owned; all of the connection */
  const GPtrArray *receive; /* (element-type MbCodecInfo) not owned; empty: nothing is received */
  const MbCodecInfo *send;  /* (nullable) the codec of the slot's track */
  const char *send_fmtp;    /* (nullable) */
  unsigned int feedback;    /* MbSdpFeedback */
  gboolean has_rtx;         /* lost packets of video may be repeated in a stream of their own */
} MbSdpSlotWish;

MbSdpSlot *mb_sdp_slot_new (MbSdpKind kind, const char *mid);
MbSdpSlot *mb_sdp_slot_copy (const MbSdpSlot *self);
void mb_sdp_slot_free (MbSdpSlot *self);
void mb_sdp_slot_set_remote (MbSdpSlot *self, const MbSdpSection *remote);
MbSdpSection *mb_sdp_slot_build_offer (const MbSdpSlot *self, const MbSdpSlotWish *wish);
MbSdpSection *mb_sdp_slot_build_answer (const MbSdpSlot *self, const MbSdpSlotWish *wish);
MbSdpSection *mb_sdp_slot_build_rejected (const MbSdpSlot *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdpSlot, mb_sdp_slot_free)
