/* mb-writer.h: what is written of the frames of several tracks, and when; time is an argument
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

typedef struct _MbWriter MbWriter;

/**
 * MbWriterFigures:
 * @n_key_frames: of the pictures in the file
 * @width: of the last picture, pixels; 0 without one
 * @height: likewise
 * @n_missing: frames of sound [0] and of pictures [1] that came and were dropped for want of room or time
 * @gaps: (nullable) (element-type MbWriterGap): where they are missing
 */
typedef struct {
  guint64 n_key_frames;
  unsigned int width;
  unsigned int height;
  guint64 n_missing[2];
  GArray *gaps[2];
} MbWriterFigures;

/**
 * MbWriterFile:
 *
 * One that has ended.
 */
typedef struct {
  char *location;
  guint64 bytes;
  GstClockTime duration;
  MbWriterFigures figures;
} MbWriterFile;

MbWriter *mb_writer_new (const char *location);
void mb_writer_free (MbWriter *self);
void mb_writer_set_split (MbWriter *self, GstClockTime duration, guint64 bytes);
guint mb_writer_add_track (MbWriter *self, gboolean is_video);
void mb_writer_set_caps (MbWriter *self, guint track, const GstCaps *caps);
gboolean mb_writer_lacks_caps (const MbWriter *self, guint track);
void mb_writer_end_track (MbWriter *self, guint track);
void mb_writer_miss (MbWriter *self, guint track, guint n_frames);
void mb_writer_mark_gap (MbWriter *self, guint track);
void mb_writer_push (MbWriter *self, guint track, GstBuffer *buffer, GstClockTime pts,
    GstClockTime dts, gint64 now_us);
gboolean mb_writer_wants_open (const MbWriter *self, gint64 now_us);
gboolean mb_writer_wants_key_frame (const MbWriter *self, guint track);
gboolean mb_writer_tick (MbWriter *self, gint64 now_us, GError **error);
gboolean mb_writer_finish (MbWriter *self, GError **error);
gboolean mb_writer_is_open (const MbWriter *self);
const char *mb_writer_get_location (const MbWriter *self);
guint64 mb_writer_get_bytes (const MbWriter *self);
GstClockTime mb_writer_get_duration (const MbWriter *self);
GstClockTime mb_writer_get_zero (const MbWriter *self);
void mb_writer_get_figures (const MbWriter *self, MbWriterFigures *figures);
void mb_writer_get_size (const MbWriter *self, unsigned int *width, unsigned int *height);
void mb_writer_figures_clear (MbWriterFigures *figures);
guint64 mb_writer_get_refused (const MbWriter *self);
guint64 mb_writer_get_dropped (const MbWriter *self);
MbWriterFile *mb_writer_take_ended (MbWriter *self);
void mb_writer_file_free (MbWriterFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWriter, mb_writer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWriterFile, mb_writer_file_free)
