/* mb-pacer.h: packets wait here for their turn, so that a large frame leaves no faster than the path; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "mb-rtp.h"

/* In the order in which they go first. */
typedef enum {
  MB_PACKET_AUDIO,  /* never waits */
  MB_PACKET_REPEAT, /* somebody waits for it already */
  MB_PACKET_VIDEO,
} MbPacketClass;

#define MB_PACKET_CLASSES 3

/**
 * MbPacket:
 * @buffer: (nullable): what @payload points into
 *
 * A packet on its way out: what its header will be, and the payload where it lies.
 */
typedef struct {
  MbRtpHeader header;
  MbPacketClass class;
  GstBuffer *buffer;
  const guint8 *payload;
  gsize payload_size;
} MbPacket;

typedef struct {
  MbPacket *packets; /* (array length=capacity) a ring */
  unsigned int capacity;
  unsigned int first;
  unsigned int n;
} MbPacerQueue;

typedef struct {
  MbPacerQueue queues[MB_PACKET_CLASSES];
  unsigned int bps; /* 0 means that nothing waits */
  gint64 due_us;    /* when the next packet may leave */
  gsize n_bytes;    /* that wait */
} MbPacer;

void mb_pacer_init (MbPacer *self);
void mb_pacer_clear (MbPacer *self);
void mb_pacer_set_rate (MbPacer *self, unsigned int bps);
gboolean mb_pacer_admit (MbPacer *self, const MbPacket *packet, gint64 now_us);
gboolean mb_pacer_pop (MbPacer *self, MbPacket *packet, gint64 now_us);
gsize mb_pacer_count_bytes (const MbPacer *self);
