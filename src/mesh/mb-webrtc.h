/* mb-webrtc.h: one connection to a peer without its media, seen from main
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "mb-media.h"
#include "mb-transport.h"

/**
 * MbWebrtcStep:
 * @MB_WEBRTC_STEP_NONE: not yet
 * @MB_WEBRTC_STEP_OFFER: making our offer
 * @MB_WEBRTC_STEP_ANSWER: making our answer
 * @MB_WEBRTC_STEP_REMOTE: taking the remote description
 * @MB_WEBRTC_STEP_TRANSPORT: ICE or DTLS failed
 *
 * Where a connection failed.
 */
typedef enum {
  MB_WEBRTC_STEP_NONE,
  MB_WEBRTC_STEP_OFFER,
  MB_WEBRTC_STEP_ANSWER,
  MB_WEBRTC_STEP_REMOTE,
  MB_WEBRTC_STEP_TRANSPORT,
} MbWebrtcStep;

#define MB_TYPE_WEBRTC (mb_webrtc_get_type ())
G_DECLARE_FINAL_TYPE (MbWebrtc, mb_webrtc, MB, WEBRTC, GObject)

MbWebrtc *mb_webrtc_new (MbMedia *media, const char *const *ice_servers, gboolean relay_only);
MbTransport *mb_webrtc_get_transport (MbWebrtc *self);
void mb_webrtc_create_offer (MbWebrtc *self);
gboolean mb_webrtc_set_remote (MbWebrtc *self, gboolean is_offer, const char *reduced_sdp,
    const char *algorithm, const char *fingerprint, GError **error);
void mb_webrtc_create_answer (MbWebrtc *self);
void mb_webrtc_add_candidate (MbWebrtc *self, const char *candidate);
gboolean mb_webrtc_is_channel_open (MbWebrtc *self);
gboolean mb_webrtc_send_text (MbWebrtc *self, const char *text);
void mb_webrtc_stop (MbWebrtc *self);
