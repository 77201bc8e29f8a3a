/* mb-writer-track.c: what is known of a track, and which frames it takes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-writer-track.h"

#define MAX_PIXELS 65535
#define DEFAULT_CHANNELS 2

void
mb_writer_track_clear (gpointer data)
{
  MbWriterTrack *self = data;

  g_clear_pointer (&self->codec_private, g_bytes_unref);
  g_clear_pointer (&self->gaps, g_array_unref);
}

/**
 * mb_writer_track_miss:
 *
 * So many frames have come and are dropped.
 */
void
mb_writer_track_miss (MbWriterTrack *self, guint n_frames)
{
  self->n_missing += n_frames;
  self->n_missing_now += n_frames;
}

/**
 * mb_writer_track_resume:
 * @pts: of a frame that is taken; what is missing before it is a gap
 */
void
mb_writer_track_resume (MbWriterTrack *self, GstClockTime pts)
{
  MbWriterGap gap = {self->last_dts, pts};

  if (self->n_missing_now == 0 && !self->is_after_gap)
    return;
  self->n_missing_now = 0;
  self->is_after_gap = FALSE;
  if (self->gaps == NULL)
    self->gaps = g_array_new (FALSE, FALSE, sizeof (MbWriterGap));
  if (self->last_dts != 0 && pts > self->last_dts && self->gaps->len < MB_WRITER_GAPS_MAX)
    g_array_append_val (self->gaps, gap);
}

static MbFrameCodec
find_codec (const GstStructure *structure)
{
  static const struct {
    const char *name;
    MbFrameCodec codec;
  } ROWS[] = {
      {"video/x-vp8", MB_FRAME_CODEC_VP8},
      {"video/x-vp9", MB_FRAME_CODEC_VP9},
      {"video/x-h264", MB_FRAME_CODEC_H264},
      {"audio/x-opus", MB_FRAME_CODEC_OPUS},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    if (gst_structure_has_name (structure, ROWS[i].name))
      return ROWS[i].codec;
  }
  return MB_FRAME_CODEC_UNKNOWN;
}

/**
 * mb_writer_track_take_size:
 *
 * The first size that is one stays the file's; the last one is the newest picture's.
 */
void
mb_writer_track_take_size (MbWriterTrack *self, unsigned int width, unsigned int height)
{
  if (width == 0 || height == 0 || width > MAX_PIXELS || height > MAX_PIXELS)
    return;
  self->last_width = width;
  self->last_height = height;
  if (self->width > 0)
    return;
  self->width = width;
  self->height = height;
}

/* Of H.264: parameter sets outside the frames, where there are any (ISO 14496-15, 5.3.3.1). */
static void
take_codec_data (MbWriterTrack *self, const GstStructure *structure)
{
  const GValue *value = gst_structure_get_value (structure, "codec_data");
  GstMapInfo map;

  self->is_byte_stream =
      g_strcmp0 (gst_structure_get_string (structure, "stream-format"), "byte-stream") == 0;
  if (value == NULL || !gst_buffer_map (gst_value_get_buffer (value), &map, GST_MAP_READ))
    return;
  if (map.size >= 7 && (map.data[4] & 3) != 3)
    self->is_refused = TRUE; /* its NAL lengths are not of four bytes; no encoder does that */
  if (map.size >= 7 && (map.data[5] & 0x1f) > 0 && self->codec_private == NULL)
    self->codec_private = g_bytes_new (map.data, map.size);
  gst_buffer_unmap (gst_value_get_buffer (value), &map);
}

/**
 * mb_writer_track_set_caps:
 * @caps: as of mb_writer_set_caps()
 */
void
mb_writer_track_set_caps (MbWriterTrack *self, const GstCaps *caps)
{
  const GstStructure *structure;
  MbFrameCodec codec;
  int width;
  int height;
  int channels;

  if (gst_caps_is_empty (caps) || gst_caps_is_any (caps))
    return;
  structure = gst_caps_get_structure (caps, 0);
  codec = find_codec (structure);
  if ((codec == MB_FRAME_CODEC_OPUS) == self->is_video)
    codec = MB_FRAME_CODEC_UNKNOWN;
  self->is_refused = codec == MB_FRAME_CODEC_UNKNOWN || (self->is_in_file && codec != self->codec);
  if (self->is_refused)
    return;
  self->codec = codec;
  if (gst_structure_get_int (structure, "width", &width) &&
      gst_structure_get_int (structure, "height", &height) && width > 0 && height > 0)
    mb_writer_track_take_size (self, (unsigned int) width, (unsigned int) height);
  if (gst_structure_get_int (structure, "channels", &channels) && channels > 0 && channels <= 2)
    self->channels = (unsigned int) channels;
  if (codec == MB_FRAME_CODEC_H264)
    take_codec_data (self, structure);
}

/**
 * mb_writer_track_to_file_form:
 *
 * Returns: (transfer full): the frame as the file has it
 */
GBytes *
mb_writer_track_to_file_form (const MbWriterTrack *self, GstBuffer *buffer)
{
  gpointer data = NULL;
  gsize size = 0;

  gst_buffer_extract_dup (buffer, 0, gst_buffer_get_size (buffer), &data, &size);
  if (self->codec == MB_FRAME_CODEC_H264 && self->is_byte_stream) {
    g_autofree guint8 *owned = data;

    return mb_frame_h264_to_length_prefixed (owned, size);
  }
  return g_bytes_new_take (data, size);
}

/**
 * mb_writer_track_accept:
 * @info: (out): what the frame is
 *
 * Returns: whether the track takes the frame: of a picture the first is a key frame
 */
gboolean
mb_writer_track_accept (MbWriterTrack *self, GBytes *bytes, MbFrameInfo *info)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (!mb_frame_inspect (self->codec, data, size, info)) {
    self->n_refused++;
    return FALSE;
  }
  if (!self->has_begun && !info->is_key) {
    self->wants_key = TRUE;
    return FALSE;
  }
  if (!self->has_begun && self->codec == MB_FRAME_CODEC_H264 && self->codec_private == NULL)
    self->codec_private = mb_frame_h264_build_config (data, size);
  if (info->is_key)
    mb_writer_track_take_size (self, info->width, info->height);
  self->has_begun = TRUE;
  self->wants_key = FALSE;
  return TRUE;
}

/**
 * mb_writer_track_describe:
 * @described: its codec_private is the caller's then
 */
void
mb_writer_track_describe (const MbWriterTrack *self, MbMuxerTrack *described)
{
  described->codec = self->codec;
  described->width = self->width;
  described->height = self->height;
  described->channels = self->channels > 0 ? self->channels : DEFAULT_CHANNELS;
  described->codec_private = NULL;
  if (self->codec == MB_FRAME_CODEC_OPUS)
    described->codec_private = mb_frame_opus_build_head (described->channels);
  else if (self->codec == MB_FRAME_CODEC_H264)
    described->codec_private = self->codec_private != NULL ? g_bytes_ref (self->codec_private)
                                                           : mb_frame_h264_build_config (NULL, 0);
}
