/* mb-carrier.h: the way to one peer: ICE, DTLS and a data channel beneath its transport
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-transport.h"

typedef struct _MbCarrier MbCarrier;

/**
 * MbCarrierConfig:
 * @ice_servers: (nullable): `stun:host:port` and `turn:user:password@host:port?transport=udp`
 * @relay_only: what is not relayed by a TURN server is not used
 * @with_loopback: gather 127.0.0.1 also where the host has other addresses
 */
typedef struct {
  const char *const *ice_servers;
  gboolean relay_only;
  gboolean with_loopback;
} MbCarrierConfig;

/**
 * MbCarrierRemote:
 * @is_dtls_client: whether we are to say hello first
 * @algorithm: hash of @fingerprint, as a=fingerprint has it
 *
 * What the peer's description says of its end.
 */
typedef struct {
  const char *ufrag;
  const char *password;
  gboolean is_dtls_client;
  const char *algorithm;
  const char *fingerprint;
} MbCarrierRemote;

typedef enum {
  MB_CARRIER_EVENT_NONE,
  MB_CARRIER_EVENT_LOCAL,        /* our end: `ufrag`, `password` */
  MB_CARRIER_EVENT_REMOTE_SET,   /* the peer's end was taken */
  MB_CARRIER_EVENT_CANDIDATE,    /* one of ours: `text`, `candidate:…`; after LOCAL */
  MB_CARRIER_EVENT_CHANNEL_OPEN, /* texts can be sent */
  MB_CARRIER_EVENT_TEXT,         /* the peer's: `text` */
  MB_CARRIER_EVENT_FAILED,       /* `text` says why; close it */
  MB_CARRIER_EVENT_CLOSED,       /* nothing of it is left */
} MbCarrierEventType;

/**
 * MbCarrierEvent:
 *
 * What the handler given to mb_carrier_new() gets as its data.
 */
typedef struct {
  MbCarrierEventType type;
  char *text;     /* (nullable) */
  char *ufrag;    /* (nullable) */
  char *password; /* (nullable) */
} MbCarrierEvent;

MbCarrier *mb_carrier_new (MbMedia *media, MbTransport *transport, const MbCarrierConfig *config,
    MbHandle *handle, MbHandleFunc on_event);
MbCarrier *mb_carrier_ref (MbCarrier *self);
void mb_carrier_unref (MbCarrier *self);
void mb_carrier_gather (MbCarrier *self, gboolean is_offerer);
gboolean mb_carrier_set_remote (MbCarrier *self, const MbCarrierRemote *remote, GError **error);
void mb_carrier_add_candidate (MbCarrier *self, const char *candidate);
void mb_carrier_send_text (MbCarrier *self, const char *text);
void mb_carrier_close (MbCarrier *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbCarrier, mb_carrier_unref)
