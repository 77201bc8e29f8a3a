/* mb-transport-media.h: a transport as seen by what carries its packets
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-rtp.h"
#include "mb-srtp.h"
#include "mb-transport.h"

/* A protected packet on its way out. */
typedef struct {
  gsize size;
  guint8 data[MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER];
} MbDatagram;

typedef struct _MbTransportIo MbTransportIo;

/**
 * MbTransportIo:
 * @send: sends what it can and drops the rest; never blocks. On the media thread
 * @free: the transport is closed: nothing more is sent. On the media thread
 *
 * What carries a transport's packets; the first member of its own struct. It gives incoming ones to
 * mb_transport_receive().
 */
struct _MbTransportIo {
  void (*send) (MbTransportIo *self, const MbDatagram *datagrams, unsigned int n_datagrams);
  void (*free) (MbTransportIo *self);
};

/* Thread: any. */
void mb_transport_set_io (MbTransport *self, MbTransportIo *io);
void mb_transport_secure (MbTransport *self, const guint8 *rx_key, const guint8 *tx_key);
void mb_transport_refuse (MbTransport *self, GError *error);
void mb_transport_receive (MbTransport *self, GstBuffer *buffer);
