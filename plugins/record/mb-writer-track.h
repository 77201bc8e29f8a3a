/* mb-writer-track.h: what is known of a track, and which frames it takes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

#include "mb-frame.h"
#include "mb-muxer.h"

#define MB_WRITER_GAPS_MAX 1000

/* Running time, of the last frame before it and the first one after it. */
typedef struct {
  GstClockTime from;
  GstClockTime to;
} MbWriterGap;

typedef struct {
  gboolean is_video;
  MbFrameCodec codec;
  unsigned int width; /* pixels; 0 means not known yet */
  unsigned int height;
  unsigned int last_width; /* of the newest picture that said so; 0 means not known yet */
  unsigned int last_height;
  unsigned int channels;
  GBytes *codec_private;   /* (nullable) */
  gboolean is_byte_stream; /* H.264 with start codes */
  gboolean is_in_file;     /* the header has it */
  gboolean is_refused;     /* its codec is not the one that the header says, or none we know */
  gboolean has_begun;      /* a first frame was taken, of video a key frame */
  gboolean wants_key;
  gboolean has_ended;
  gboolean is_after_gap; /* the next frame follows what never came */
  GstClockTime last_dts; /* running time */
  GstClockTime last_key_dts;
  gint64 last_ms;        /* in the file; -1 means none */
  GArray *gaps;          /* (nullable) (element-type MbWriterGap) of this file */
  guint64 n_refused;     /* frames that are no frames of the codec */
  guint64 n_missing;     /* frames that came and are not in it, for want of room or time */
  guint64 n_missing_now; /* of these, since the last frame that is in it */
} MbWriterTrack;

void mb_writer_track_miss (MbWriterTrack *self, guint n_frames);
void mb_writer_track_resume (MbWriterTrack *self, GstClockTime pts);
void mb_writer_track_clear (gpointer data);
void mb_writer_track_take_size (MbWriterTrack *self, unsigned int width, unsigned int height);
void mb_writer_track_set_caps (MbWriterTrack *self, const GstCaps *caps);
GBytes *mb_writer_track_to_file_form (const MbWriterTrack *self, GstBuffer *buffer);
gboolean mb_writer_track_accept (MbWriterTrack *self, GBytes *bytes, MbFrameInfo *info);
void mb_writer_track_describe (const MbWriterTrack *self, MbMuxerTrack *described);
