/* mb-rtp.c: a view stays inside its packet, and what it shows can be written again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-rtp.h"

#include <string.h>

#include "fuzz.h"
#include "mb-rtp-codec.h"

static void
assert_inside (const MbRtp *rtp, const guint8 *data, gsize size)
{
  g_assert_true (data >= rtp->data && data + size <= rtp->data + rtp->size);
}

static void
walk_extensions (const MbRtp *rtp)
{
  for (unsigned int id = 1; id < 256; id++) {
    gsize size = 0;
    const guint8 *extension = mb_rtp_find_extension (rtp, (guint8) id, &size);

    if (extension != NULL)
      assert_inside (rtp, extension, size);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  guint8 out[MB_RTP_MAX_SIZE];
  MbRtpHeader header = {.mid = "v0", .mid_extension_id = 1};
  MbRtp rtp;
  MbRtp again;
  gsize size;

  (void) mb_rtp_is_rtcp (bytes, length);
  if (!mb_rtp_parse (&rtp, bytes, length))
    return 0;
  assert_inside (&rtp, rtp.payload, rtp.payload_size);
  walk_extensions (&rtp);
  for (int codec = MB_CODEC_UNKNOWN; codec <= MB_CODEC_AV1; codec++)
    (void) mb_codec_starts_key_frame ((MbCodec) codec, rtp.payload, rtp.payload_size);

  memcpy (out, bytes, length);
  size = mb_rtp_unwrap_rtx (out, length, 96, 5);
  g_assert_cmpuint (size, <, length);
  if (size > 0) {
    g_assert_true (mb_rtp_parse (&again, out, size));
    g_assert_cmpuint (again.payload_size, ==, rtp.payload_size - 2);
  }

  header.marker = rtp.marker;
  header.payload_type = rtp.payload_type;
  header.seq = rtp.seq;
  header.timestamp = rtp.timestamp;
  header.ssrc = rtp.ssrc;
  size = mb_rtp_write (out, sizeof out, &header, rtp.payload, rtp.payload_size);
  if (size == 0)
    return 0;
  g_assert_true (mb_rtp_parse (&again, out, size));
  g_assert_cmpuint (again.seq, ==, rtp.seq);
  g_assert_cmpuint (again.ssrc, ==, rtp.ssrc);
  g_assert_cmpmem (again.payload, again.payload_size, rtp.payload, rtp.payload_size);
  return 0;
}
