/* mb-recording.c: whatever a peer sends as RTP, its file is closed, and costs nobody else anything
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An input is a byte that chooses the codec, and RTP packets as RFC 4571 frames them: two bytes of
 * length, big-endian, then the packet. They take the way that a peer's packets take from the feed on:
 * GStreamer's depayloaders, our elements, libavformat.
 */
#include "mb-recording.h"

#include <glib/gstdio.h>

#include "fuzz.h"

#define CLOSE_LIMIT_US (10 * G_USEC_PER_SEC)
#define FRAME_HEADER 2 /* bytes */

static const MbCodec CODECS[] = {MB_CODEC_VP8, MB_CODEC_VP9, MB_CODEC_H264, MB_CODEC_OPUS};

static MbMedia *media;
static char *folder;

static void
set_up (void)
{
  if (media != NULL)
    return;
#ifdef MESHBOT_PLUGINS
  g_setenv ("GST_PLUGIN_PATH_1_0", MESHBOT_PLUGINS, FALSE);
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", FALSE);
  g_setenv ("GST_REGISTRY_1_0", MESHBOT_REGISTRY, FALSE);
  /* The scanner has no sanitizer, which our plugin asks for. */
  g_setenv ("GST_REGISTRY_FORK", "no", FALSE);
#endif
  gst_init (NULL, NULL);
  media = mb_media_new ();
  folder = g_dir_make_tmp ("meshbot-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
}

static void
push_packets (MbFeed *feed, const guint8 *bytes, gsize length)
{
  GstBufferList *list = gst_buffer_list_new ();
  gsize at = 0;
  GstClockTime pts = 0;

  while (length - at > FRAME_HEADER) {
    gsize said = ((gsize) bytes[at] << 8) | bytes[at + 1];
    gsize size = MIN (said, length - at - FRAME_HEADER);
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

    gst_buffer_fill (buffer, 0, bytes + at + FRAME_HEADER, size);
    GST_BUFFER_PTS (buffer) = pts;
    gst_buffer_list_add (list, buffer);
    pts += 20 * GST_MSECOND;
    at += FRAME_HEADER + size;
  }
  mb_rtp_port_push (mb_feed_get_port (feed), list);
}

static void
on_closed (MbRecording *recording, gboolean *closed)
{
  *closed = TRUE;
}

static void
record (MbTrack *track, const guint8 *bytes, gsize length)
{
  g_autoptr (GPtrArray) tracks = g_ptr_array_new ();
  g_autofree char *stem = g_build_filename (folder, "peer", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbRecording) recording = NULL;
  gint64 limit_us = g_get_monotonic_time () + CLOSE_LIMIT_US;
  MbRecordingConfig config = {0};
  gboolean closed = FALSE;
  g_autofree char *part = NULL;

  g_ptr_array_add (tracks, track);
  recording = mb_recording_new (tracks, stem, &config, &error);
  g_assert_no_error (error);
  part = g_strconcat (mb_recording_get_location (recording), MB_WRITER_PART_SUFFIX, NULL);
  g_signal_connect (recording, "closed", G_CALLBACK (on_closed), &closed);
  push_packets (track->feed, bytes, length);
  mb_recording_finish (recording);
  while (!closed && g_get_monotonic_time () < limit_us)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (closed);
  g_unlink (mb_recording_get_location (recording));
  g_unlink (part);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  MbTrack *track;

  set_up ();
  if (length == 0)
    return 0;
  track = g_rc_box_new0 (MbTrack);
  track->mid = g_strdup ("0");
  track->codec = CODECS[bytes[0] % G_N_ELEMENTS (CODECS)];
  track->kind = mb_codec_get_kind (track->codec);
  track->channels = track->kind == MB_MEDIA_KIND_AUDIO ? 2 : 0;
  track->feed = mb_feed_new (media, track->kind, track->codec, 0);
  record (track, bytes + 1, length - 1);
  mb_track_unref (track);
  return 0;
}
