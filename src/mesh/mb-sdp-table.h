/* mb-sdp-table.h: which section of a connection carries which of our tracks
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A slot is one m-line of the connection; slots are never removed, but the place of one that both
 * sides know as stopped may be used again. Private to MbSdpSession, which owns one.
 */
#pragma once

#include "mb-sdp-slot.h"

typedef struct {
  char *id;
  char *stream_id;
  char *cname;
  char *content; /* (nullable) */
  char *fmtp;    /* (nullable) */
  MbSdpKind kind;
  const MbCodecInfo *codec; /* static */
  guint32 ssrc;
  guint32 rtx_ssrc; /* 0 means none */
  char *refusal;    /* (nullable) why the peer does not take it; it is not offered again */
} MbSdpTableTrack;

typedef struct {
  GPtrArray *tracks; /* (element-type MbSdpTableTrack) */
  GPtrArray *slots;  /* (element-type MbSdpSlot) by m-line */
  GPtrArray *saved;  /* (nullable) (element-type MbSdpSlot) the slots before an open offer */
} MbSdpTable;

void mb_sdp_table_init (MbSdpTable *self);
void mb_sdp_table_clear (MbSdpTable *self);
void mb_sdp_table_save (MbSdpTable *self);
void mb_sdp_table_commit (MbSdpTable *self);
void mb_sdp_table_restore (MbSdpTable *self);

void mb_sdp_table_add_track (MbSdpTable *self, MbSdpTableTrack *track);
void mb_sdp_table_remove_track (MbSdpTable *self, MbSdpTableTrack *track);
void mb_sdp_table_track_free (MbSdpTableTrack *track);
MbSdpTableTrack *mb_sdp_table_find_track (const MbSdpTable *self, const char *id);
MbSdpSlot *mb_sdp_table_find_slot (const MbSdpTable *self, const MbSdpTableTrack *track);
void mb_sdp_table_refuse (MbSdpTableTrack *track, const char *reason);
gboolean mb_sdp_table_may_stand_apart (const MbSdpTableTrack *track);

void mb_sdp_table_place_first (
    MbSdpTable *self, const MbSdpKind *kinds, unsigned int n_kinds, const char *application_mid);
void mb_sdp_table_place_in_our_offer (MbSdpTable *self);
void mb_sdp_table_place_in_their_offer (MbSdpTable *self);
void mb_sdp_table_take_remote (MbSdpTable *self, const MbSdp *offer);
