/* mb-events.h: messages to and from the text of each dialect
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Socket.IO: `2["peers",{...}]`, the whole Socket.IO packet without the Engine.IO type before it.
 * Plain: `{"type":"peers",...}`. The data of a signal is spliced in byte for byte.
 */
#pragma once

#include "mb-message.h"
#include "mb-sio.h"

/* Of a whole signaling message; the data of a signal has what its wrapping leaves. */
#define MB_EVENTS_DEPTH 128

/**
 * MbSide:
 * @MB_SIDE_SERVER: we serve rooms: parsing what clients say, building what they are told
 * @MB_SIDE_CLIENT: we take part: the other way round
 */
typedef enum {
  MB_SIDE_SERVER,
  MB_SIDE_CLIENT,
} MbSide;

typedef enum {
  MB_DIALECT_SIO,
  MB_DIALECT_PLAIN,
} MbDialect;

const char *mb_events_get_name (MbMessageKind kind);

MbMessage *mb_events_parse_plain (
    MbSide side, const char *text, gsize length, const char **event, GError **error);
MbMessage *mb_events_parse_sio (MbSide side, const MbSioPacket *packet, GPtrArray *attachments,
    const char **event, GError **error);

void mb_events_append_plain (MbSide side, MbMessage *message, GString *out);
void mb_events_append_sio (MbSide side, MbMessage *message, gint64 ack_id, GString *out);
GBytes *mb_events_get_text (MbSide side, MbDialect dialect, MbMessage *message);

void mb_events_append_join_ack (gint64 ack_id, const char *id, const char *room, GString *out);
void mb_events_append_refusal_ack (gint64 ack_id, const GError *error, GString *out);
gboolean mb_events_parse_join_ack (const MbSioPacket *packet, char **id, GError **error);
