/* mb-srtp-stream.c: which packets of one SRTP stream were there: its index, and what is new
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-srtp-stream.h"

#include <string.h>

#define HALF 0x8000

/**
 * mb_srtp_stream_guess:
 * @seq: of a packet's header
 *
 * Returns: the packet's index, 48 bits: the one with that sequence number that is nearest to the
 *   highest so far (RFC 3711 §3.3.1)
 */
guint64
mb_srtp_stream_guess (const MbSrtpStream *self, guint16 seq)
{
  guint64 round = self->highest >> 16;
  guint16 last = (guint16) self->highest;

  if (!self->is_begun)
    return seq;
  if (last < HALF && seq > last && seq - last > HALF && round > 0)
    round--;
  else if (last >= HALF && last - HALF > seq)
    round++;
  return round << 16 | seq;
}

static unsigned int
get_slot (guint64 index)
{
  return (unsigned int) (index % MB_SRTP_WINDOW);
}

/**
 * mb_srtp_stream_is_new:
 *
 * Returns: FALSE for what was there, and for what is older than the window
 */
gboolean
mb_srtp_stream_is_new (const MbSrtpStream *self, guint64 index)
{
  unsigned int slot = get_slot (index);

  if (!self->is_begun || index > self->highest)
    return TRUE;
  if (self->highest - index >= MB_SRTP_WINDOW)
    return FALSE;
  return (self->seen[slot / 64] >> slot % 64 & 1) == 0;
}

/**
 * mb_srtp_stream_mark:
 * @index: of an authentic packet that is new
 */
void
mb_srtp_stream_mark (MbSrtpStream *self, guint64 index)
{
  unsigned int slot = get_slot (index);

  if (!self->is_begun || index > self->highest) {
    guint64 n_skipped = self->is_begun ? index - self->highest : MB_SRTP_WINDOW;

    if (n_skipped >= MB_SRTP_WINDOW) {
      memset (self->seen, 0, sizeof self->seen);
    } else {
      for (guint64 i = self->highest + 1; i < index; i++)
        self->seen[get_slot (i) / 64] &= ~(G_GUINT64_CONSTANT (1) << get_slot (i) % 64);
    }
    self->highest = index;
    self->is_begun = TRUE;
  }
  self->seen[slot / 64] |= G_GUINT64_CONSTANT (1) << slot % 64;
}
