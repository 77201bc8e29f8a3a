/* mb-srtp-stream.h: which packets of one SRTP stream were there: its index, and what is new
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_SRTP_WINDOW 1024 /* packets that may come late */

/**
 * MbSrtpStream:
 * @highest: the highest index so far, RFC 3711 §3.3.1; for SRTCP the index in the packet
 * @seen: a bit for each index of the window below and at @highest
 *
 * Zeroed, it has seen nothing.
 */
typedef struct {
  gboolean is_begun;
  guint64 highest;
  guint64 seen[MB_SRTP_WINDOW / 64];
} MbSrtpStream;

guint64 mb_srtp_stream_guess (const MbSrtpStream *self, guint16 seq);
gboolean mb_srtp_stream_is_new (const MbSrtpStream *self, guint64 index);
void mb_srtp_stream_mark (MbSrtpStream *self, guint64 index);
