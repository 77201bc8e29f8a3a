/* mb-sdp-agreement.h: what two descriptions come to for one section
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-sdp-slot.h"

typedef struct {
  unsigned int payload_type;
  unsigned int rtx_payload_type; /* 0 means that RTX is not agreed on */
  const MbCodecInfo *codec;      /* (nullable) NULL means none */
  unsigned int feedback;         /* MbSdpFeedback that both sides know */
} MbSdpPayload;

typedef struct {
  unsigned int index;
  char *mid;
  MbSdpKind kind;
  gboolean is_live; /* FALSE: rejected or stopped */

  gboolean is_sending; /* our track may be sent now */
  char *track_id;      /* (nullable) our track in this section */
  MbSdpPayload send;   /* as the peer wants it; its codec is NULL where nothing can be sent */

  gboolean is_receiving;   /* the peer may send */
  GArray *receive;         /* (element-type MbSdpPayload) what may come, the likeliest first */
  GArray *remote_ssrcs;    /* (element-type guint32) without those of RTX and FEC; may be empty */
  guint32 remote_rtx_ssrc; /* repeats the first of them; 0 means not known */
  char *rid;               /* (nullable) the layer that we take of the peer's simulcast */
  char *remote_cname;      /* (nullable) */
  char *remote_stream_id;  /* (nullable) */
  char *remote_track_id;   /* (nullable) */
  char *remote_content;    /* (nullable) "slides" is a screen */

  unsigned int mid_extension_id; /* 0 means not agreed, in all of them */
  unsigned int audio_level_extension_id;
  unsigned int rid_extension_id;
  unsigned int repaired_rid_extension_id;
  unsigned int abs_send_time_extension_id;
  unsigned int transport_cc_extension_id;
} MbSdpAgreement;

MbSdpAgreement *mb_sdp_agreement_new (
    unsigned int index, const MbSdpSlot *slot, const char *track_id, const MbCodecInfo *send_codec);
void mb_sdp_agreement_free (MbSdpAgreement *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSdpAgreement, mb_sdp_agreement_free)
