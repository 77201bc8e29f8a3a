/* mb-signal-data.h: what peers put into the data of a signal
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every common shape of other people's apps in, our own shape out. Pure; any thread.
 */
#pragma once

#include "mb-sdp.h"

typedef enum {
  MB_SIGNAL_DATA_DESCRIPTION,
  MB_SIGNAL_DATA_CANDIDATE,
  MB_SIGNAL_DATA_END_OF_CANDIDATES,
} MbSignalDataKind;

/**
 * MbSignalShape:
 * @MB_SIGNAL_SHAPE_NAMED: {"description": {…}}, {"candidate": {…}}: the contract's, and MDN's
 * @MB_SIGNAL_SHAPE_BARE: {"type", "sdp"}, {"type": "candidate", "candidate": {…}}: simple-peer's
 * @MB_SIGNAL_SHAPE_SDP_ICE: {"sdp": {…}}, {"ice": {…}}
 * @MB_SIGNAL_SHAPE_PLAIN: {"type", "sdp"}, and candidates as RTCIceCandidate serialises them
 *
 * How an app writes what it says. It reads what is written likewise.
 */
typedef enum {
  MB_SIGNAL_SHAPE_NAMED,
  MB_SIGNAL_SHAPE_BARE,
  MB_SIGNAL_SHAPE_SDP_ICE,
  MB_SIGNAL_SHAPE_PLAIN,
} MbSignalShape;

typedef struct {
  MbSignalDataKind kind;
  MbSignalShape shape;
  MbSdpType type;  /* of a description */
  char *sdp;       /* (nullable) of an offer or answer */
  char *candidate; /* (nullable) "candidate:..." */
  char *mid;       /* (nullable) */
  char *ufrag;     /* (nullable) usernameFragment */
  int mline_index; /* -1 means not said */
} MbSignalData;

MbSignalData *mb_signal_data_parse (const char *json, gssize length, GError **error);
void mb_signal_data_free (MbSignalData *self);
char *mb_signal_data_build_description (MbSignalShape shape, MbSdpType type, const char *sdp);
char *mb_signal_data_build_candidate (MbSignalShape shape, const char *candidate, const char *mid,
    unsigned int mline_index, const char *ufrag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbSignalData, mb_signal_data_free)
