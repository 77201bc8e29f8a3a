/* mb-transport.h: the secure packet transport of one peer, and the streams on it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "mb-feed.h"
#include "mb-handle.h"
#include "mb-media.h"
#include "mb-rtp-codec.h"

#define MB_TRANSPORT_KEY_SIZE 30 /* bytes: AES-128 key, then 14 of salt (RFC 5764 §4.1.2) */
#define MB_MAX_PAYLOAD_TYPES 8

typedef struct _MbTransport MbTransport;

/**
 * MbFeedback:
 *
 * What was negotiated by a=rtcp-fb for the stream.
 */
typedef enum {
  MB_FEEDBACK_NONE = 0,
  MB_FEEDBACK_NACK = 1 << 0,
  MB_FEEDBACK_PLI = 1 << 1,
  MB_FEEDBACK_FIR = 1 << 2,
  MB_FEEDBACK_REMB = 1 << 3,
} MbFeedback;

/**
 * MbReceiverConfig:
 * @payload_types: what the peer may send it with; others are dropped
 * @rtx_payload_types: for each of them, what repeats it; 0 means nothing does
 * @ssrc: 0 means not known: found by mid, or else by payload type where only one receiver has it
 * @rtx_ssrc: of what is repeated; 0 means not known, likewise
 * @mid: (nullable): the section's mid
 * @mid_extension_id: 0 means not negotiated, as with the other ids
 * @rid: (nullable): the one layer of the section's simulcast that is taken
 * @give_up_ms: how long a hole is waited for; 0 means 1000, or 100 without NACK
 * @target_bps: what REMB asks for; 0 means 2.5 Mb/s
 * @feed: (nullable): where the packets go
 *
 * One incoming stream. Copied by who takes it.
 */
typedef struct {
  MbMediaKind kind;
  MbCodec codec;
  unsigned int clock_rate;
  guint8 payload_types[MB_MAX_PAYLOAD_TYPES];
  guint8 rtx_payload_types[MB_MAX_PAYLOAD_TYPES];
  unsigned int n_payload_types;
  guint32 ssrc;
  guint32 rtx_ssrc;
  const char *mid;
  const char *rid;
  guint8 mid_extension_id;
  guint8 rid_extension_id;
  guint8 repaired_rid_extension_id;
  guint8 transport_cc_extension_id;
  MbFeedback feedback;
  unsigned int give_up_ms;
  unsigned int target_bps;
  MbFeed *feed;
} MbReceiverConfig;

/**
 * MbSenderConfig:
 * @ssrc: ours, as in a=ssrc of our description; not 0
 * @rtx_ssrc: likewise, of what we repeat; 0 means that packets are repeated as they were
 * @rtx_payload_type: with @rtx_ssrc
 * @transport_cc_extension_id: 0 means not negotiated
 * @cname: (nullable): RTCP's canonical name, the same for all streams of a peer; NULL means a random one
 * @mid: (nullable): sent in each packet where @mid_extension_id is not 0
 * @feed: (nullable): what is sent
 *
 * One outgoing stream. Copied by who takes it.
 */
typedef struct {
  MbMediaKind kind;
  MbCodec codec;
  unsigned int clock_rate;
  guint8 payload_type;
  guint8 rtx_payload_type;
  guint32 ssrc;
  guint32 rtx_ssrc;
  const char *cname;
  const char *mid;
  guint8 mid_extension_id;
  guint8 transport_cc_extension_id;
  MbFeedback feedback;
  MbFeed *feed;
} MbSenderConfig;

typedef enum {
  MB_TRANSPORT_EVENT_NONE,
  MB_TRANSPORT_EVENT_SECURED,     /* the certificate matched: media and data channels pass */
  MB_TRANSPORT_EVENT_REFUSED,     /* it did not: nothing ever passes; close it */
  MB_TRANSPORT_EVENT_FIRST_MEDIA, /* the first packet of receiver `id` */
  MB_TRANSPORT_EVENT_SILENT,      /* no media of the peer for 5 s */
  MB_TRANSPORT_EVENT_HEARD,       /* media again */
  MB_TRANSPORT_EVENT_GONE,        /* nothing at all of the peer for 15 s; told each second */
  MB_TRANSPORT_EVENT_ESTIMATE,    /* the path to the peer carries `bps` of video */
} MbTransportEventType;

/**
 * MbTransportEvent:
 * @transport: which one it is of
 * @id: the receiver, for %MB_TRANSPORT_EVENT_FIRST_MEDIA
 * @bps: bits a second, for %MB_TRANSPORT_EVENT_ESTIMATE
 * @error: (nullable): why, in %MB_ERROR, for %MB_TRANSPORT_EVENT_REFUSED
 *
 * What the handler given to mb_transport_new() gets as its data.
 */
typedef struct {
  MbTransportEventType type;
  MbTransport *transport;
  unsigned int id;
  unsigned int bps;
  GError *error;
} MbTransportEvent;

/**
 * MbStreamStats:
 *
 * Totals since the stream began, of one receiver or sender.
 */
typedef struct {
  unsigned int id;
  gboolean is_sender;
  MbMediaKind kind;
  MbCodec codec;
  guint32 ssrc;
  guint64 packets;
  guint64 bytes;     /* of payload */
  guint64 lost;      /* receiver: given up; sender: as the peer reports */
  guint64 recovered; /* receiver: late or resent and still in time; sender: resent */
  guint64 frames;    /* by marker bit */
  guint64 key_frames;
  guint64 nacks;         /* receiver: packets asked for; sender: packets asked of us */
  guint64 plis;          /* receiver: sent; sender: received, FIR too */
  double jitter_ms;      /* RFC 3550 §6.4.1; the peer's view for a sender */
  double rtt_ms;         /* sender: by the peer's reports; 0 means not known */
  unsigned int remb_bps; /* sender: what the peer asks for; 0 means it does not */
  gint64 idle_us;        /* since the last packet; -1 means none yet */
} MbStreamStats;

/**
 * MbTransportStats:
 * @streams: (array length=n_streams): receivers, then senders, by id
 * @unknown: packets of no known stream
 * @refused: packets that did not pass authentication, or were malformed or over a limit
 * @idle_us: since the last packet that did; -1 means none yet
 * @at_us: the monotonic time they are of
 */
typedef struct {
  MbTransport *transport;
  gboolean secured;
  guint64 rx_packets;
  guint64 rx_bytes;
  guint64 tx_packets;
  guint64 tx_bytes;
  guint64 unknown;
  guint64 refused;
  guint64 overflow; /* packets dropped since the media thread could not keep up */
  gint64 idle_us;
  gint64 at_us;
  unsigned int estimate_bps; /* what the path to the peer carries; 0 means not known */
  double rtt_ms;             /* the longest of the senders'; 0 means not known */
  unsigned int n_streams;
  MbStreamStats *streams;
} MbTransportStats;

MbTransport *mb_transport_new (MbMedia *media, MbHandle *handle, MbHandleFunc on_event);
MbTransport *mb_transport_ref (MbTransport *self);
void mb_transport_unref (MbTransport *self);
void mb_transport_close (MbTransport *self);

unsigned int mb_transport_add_receiver (MbTransport *self, const MbReceiverConfig *config);
void mb_transport_update_receiver (
    MbTransport *self, unsigned int id, const MbReceiverConfig *config);
void mb_transport_remove_receiver (MbTransport *self, unsigned int id);
void mb_transport_request_key_frame (MbTransport *self, unsigned int receiver_id);

unsigned int mb_transport_add_sender (MbTransport *self, const MbSenderConfig *config);
void mb_transport_update_sender (MbTransport *self, unsigned int id, const MbSenderConfig *config);
void mb_transport_remove_sender (MbTransport *self, unsigned int id);

void mb_transport_request_stats (MbTransport *self, MbHandle *handle, MbHandleFunc func);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTransport, mb_transport_unref)
