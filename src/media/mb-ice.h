/* mb-ice.h: ICE to one peer, by libnice, on the media thread
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-transport-media.h"

typedef struct _MbIce MbIce;

/**
 * MbIceEvents:
 * @candidate: one of ours, `candidate:…`
 * @connected: there is a way to the peer; may come again
 * @failed: there is none
 * @receive: a datagram that is not ICE's
 *
 * None of them may free it.
 */
typedef struct {
  void (*candidate) (gpointer user_data, const char *text);
  void (*connected) (gpointer user_data);
  void (*failed) (gpointer user_data);
  void (*receive) (gpointer user_data, const guint8 *data, gsize size);
} MbIceEvents;

/**
 * MbIceFlags:
 * @MB_ICE_RELAY_ONLY: what is not relayed by a TURN server is not used
 * @MB_ICE_WITH_LOOPBACK: gather 127.0.0.1 also where the host has other addresses
 */
typedef enum {
  MB_ICE_NONE = 0,
  MB_ICE_RELAY_ONLY = 1 << 0,
  MB_ICE_WITH_LOOPBACK = 1 << 1,
} MbIceFlags;

MbIce *mb_ice_new (GMainContext *context, const char *const *servers, MbIceFlags flags,
    const MbIceEvents *events, gpointer user_data);
void mb_ice_dup_credentials (MbIce *self, char **ufrag, char **password);
void mb_ice_gather (MbIce *self, gboolean is_controlling);
gboolean mb_ice_set_remote (MbIce *self, const char *ufrag, const char *password);
void mb_ice_add_candidate (MbIce *self, const char *candidate);
void mb_ice_send (MbIce *self, const MbDatagram *datagrams, unsigned int n_datagrams);
void mb_ice_send_one (MbIce *self, const guint8 *data, gsize size);
void mb_ice_close (MbIce *self, GDestroyNotify done, gpointer done_data);
