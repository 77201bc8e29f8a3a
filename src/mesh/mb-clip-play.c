/* mb-clip-play.c: plays a clip's pipeline from some place on, around its end, again and again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By segments: when one is done the next is asked for without a flush, so that what is still on
 * its way goes out, and running time goes on where it was: nobody who receives it sees a seam.
 *
 *   place ───────── end │ start ───────── end │ start …      with loop
 *   place ───────── end │ start ── place                    without: all of it, once
 */
#include "mb-clip-play.h"

#include "mb-error.h"

#define PREPARE_TIMEOUT (20 * GST_SECOND)

struct _MbClipPlay {
  MbClip *clip;
  GstElement *pipeline; /* not owned */
  GstClockTime place;
  gboolean loop;
  gboolean is_last; /* after the segment under way comes the end */
};

/**
 * mb_clip_play_new:
 * @pipeline: (transfer none): built from mb_clip_describe(); outlives it
 * @place: where to begin, as a part of the whole, 0 to 1
 */
MbClipPlay *
mb_clip_play_new (MbClip *clip, GstElement *pipeline, double place, gboolean loop)
{
  MbClipPlay *self = g_new0 (MbClipPlay, 1);

  self->clip = mb_clip_ref (clip);
  self->pipeline = pipeline;
  self->loop = loop;
  if (GST_CLOCK_TIME_IS_VALID (clip->duration))
    self->place = (GstClockTime) (CLAMP (place, 0, 1) * (double) clip->duration);
  return self;
}

void
mb_clip_play_free (MbClipPlay *self)
{
  mb_clip_unref (self->clip);
  g_free (self);
}

static gboolean
seek (MbClipPlay *self, GstSeekFlags flags, GstClockTime from, GstClockTime to)
{
  return gst_element_seek (self->pipeline, 1.0, GST_FORMAT_TIME, flags | GST_SEEK_FLAG_KEY_UNIT,
      GST_SEEK_TYPE_SET, (gint64) from,
      GST_CLOCK_TIME_IS_VALID (to) ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE,
      GST_CLOCK_TIME_IS_VALID (to) ? (gint64) to : -1);
}

static void
on_no_more_pads_offmain (GstElement *decoder, GstElement *pipeline)
{
  gst_element_post_message (pipeline,
      gst_message_new_application (GST_OBJECT (pipeline), gst_structure_new_empty ("clip-ready")));
}

/* All pads are there, so that a seek reaches every branch; nothing has been sent: clocksync waits. */
static gboolean
wait_for_pads (MbClipPlay *self, GError **error)
{
  g_autoptr (GstElement) decoder = gst_bin_get_by_name (GST_BIN (self->pipeline), "file");
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) reason = NULL;
  gulong handler = g_signal_connect (
      decoder, "no-more-pads", G_CALLBACK (on_no_more_pads_offmain), self->pipeline);

  gst_element_set_state (self->pipeline, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (
      bus, PREPARE_TIMEOUT, GST_MESSAGE_APPLICATION | GST_MESSAGE_ERROR);
  g_signal_handler_disconnect (decoder, handler);
  if (message != NULL && GST_MESSAGE_TYPE (message) == GST_MESSAGE_APPLICATION)
    return TRUE;
  if (message != NULL)
    gst_message_parse_error (message, &reason, NULL);
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: %s", self->clip->uri,
      reason != NULL ? reason->message : "nothing comes of it");
  return FALSE;
}

/**
 * mb_clip_play_prepare:
 *
 * Brings the pipeline to PAUSED, at its place; waits for that.
 */
gboolean
mb_clip_play_prepare (MbClipPlay *self, GError **error)
{
  GstSeekFlags flags = GST_SEEK_FLAG_FLUSH;

  if (!wait_for_pads (self, error))
    return FALSE;
  self->is_last = !self->loop && self->place == 0;
  if (self->is_last)
    return TRUE;
  if (seek (self, flags | GST_SEEK_FLAG_SEGMENT, self->place, GST_CLOCK_TIME_NONE))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_FAILED,
      "%s cannot be wound: it can neither be looped nor begun in the middle", self->clip->uri);
  return FALSE;
}

/**
 * mb_clip_play_take_message:
 * @message: of the pipeline's bus
 *
 * Returns: %FALSE where it should go on, and cannot
 */
gboolean
mb_clip_play_take_message (MbClipPlay *self, GstMessage *message, GError **error)
{
  gboolean good;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_SEGMENT_DONE || self->is_last)
    return TRUE;
  self->is_last = !self->loop;
  good = self->loop ? seek (self, GST_SEEK_FLAG_SEGMENT, 0, GST_CLOCK_TIME_NONE)
                    : seek (self, GST_SEEK_FLAG_NONE, 0, self->place);
  if (!good)
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s cannot be begun again", self->clip->uri);
  return good;
}
