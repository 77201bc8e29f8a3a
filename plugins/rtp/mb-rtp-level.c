/* mb-rtp-level.c: how loud a stream of sound is, by what its packets say
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 6464: a header extension of one byte, whose lower seven bits are dB below the loudest. Time is
 * an argument.
 */
#include "mb-rtp-level.h"

#include <gst/rtp/gstrtpbuffer.h>
#include <math.h>

#include "names.h"

#define LEVEL_MASK 0x7f
#define SILENCE 127
#define FALL_US 333000.0            /* in which what was before counts a third */
#define OLD_US (G_USEC_PER_SEC / 2) /* after which it is silent, or gone */

static gboolean
read_level (GstBuffer *packet, guint8 id, guint8 *level)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  gpointer data = NULL;
  guint size = 0;
  guint8 flags;
  gboolean is_there;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return FALSE;
  is_there = gst_rtp_buffer_get_extension_onebyte_header (&rtp, id, 0, &data, &size) ||
             gst_rtp_buffer_get_extension_twobytes_header (&rtp, &flags, id, 0, &data, &size);
  is_there = is_there && size >= 1;
  if (is_there)
    *level = *(const guint8 *) data & LEVEL_MASK;
  gst_rtp_buffer_unmap (&rtp);
  return is_there;
}

/**
 * mb_rtp_level_take:
 * @packet: RTP, from a stranger
 * @id: of the header extension
 * @now_us: monotonic
 */
void
mb_rtp_level_take (MbRtpLevel *self, GstBuffer *packet, guint8 id, gint64 now_us)
{
  guint8 level = SILENCE;
  double kept;

  if (!read_level (packet, id, &level))
    return;
  kept = self->at_us == 0 ? 0 : exp (-(double) (now_us - self->at_us) / FALL_US);
  self->power = self->power * kept + pow (10, -(double) level / 10) * (1 - kept);
  self->at_us = now_us;
}

/**
 * mb_rtp_level_get:
 *
 * Returns: dB, at most 0; %MB_LOUDNESS_UNKNOWN where nothing has said so lately
 */
int
mb_rtp_level_get (const MbRtpLevel *self, gint64 now_us)
{
  if (self->at_us == 0 || now_us - self->at_us > OLD_US)
    return MB_LOUDNESS_UNKNOWN;
  return (int) CLAMP (10 * log10 (MAX (self->power, 1e-13)), -SILENCE, 0);
}
