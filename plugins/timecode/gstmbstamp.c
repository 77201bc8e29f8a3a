/* gstmbstamp.c: raw video with the time, an id and a flash drawn into it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   videotestsrc is-live=true ! mbstamp id=7 ! vp8enc ! …
 *
 * The strip carries the wall clock at the instant of drawing, so that a reader with the same clock
 * knows how long the picture was under way; and how far the stream's own second has got (its running time),
 * so that a beep at each of its seconds tells how far sound and picture are apart.
 */
#include "gstmbstamp.h"

#include "mb-timecode.h"
#include "names.h"

#define GST_CAT_DEFAULT mb_stamp_debug
GST_DEBUG_CATEGORY_STATIC (mb_stamp_debug);

#define FLASH_MS 100
#define FLASH_PART 6 /* of the height, one part in so many: a square in the lower left corner */
#define FLASH_ON 235
#define FLASH_OFF 16
#define GREY 128 /* no colour */

#define FORMATS "{ I420, YV12, NV12, NV21, Y42B, Y444, GRAY8 }"

struct _GstMbStamp {
  GstVideoFilter parent;

  guint id;       /* object lock */
  gboolean flash; /* object lock */

  guint16 frame; /* streaming thread */
};

enum {
  PROP_0,
  PROP_ID,
  PROP_FLASH,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (FORMATS)));

G_DEFINE_FINAL_TYPE (GstMbStamp, gst_mb_stamp, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (mbstamp, MB_ELEMENT_STAMP, GST_RANK_NONE, GST_TYPE_MB_STAMP)

/* Fills rows of each plane but luma's without colour, from @top to @bottom of the picture. */
static void
take_colour_out (GstVideoFrame *frame, int top, int bottom, int width)
{
  int height = GST_VIDEO_FRAME_HEIGHT (frame);

  for (guint plane = 1; plane < GST_VIDEO_FRAME_N_PLANES (frame); plane++) {
    int n_rows = GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane);
    int n_bytes =
        (int) ((gint64) GST_VIDEO_FRAME_COMP_WIDTH (frame, plane) *
               GST_VIDEO_FRAME_COMP_PSTRIDE (frame, plane) * width / GST_VIDEO_FRAME_WIDTH (frame));
    guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);
    int stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);

    for (int y = top * n_rows / height; y < bottom * n_rows / height; y++)
      memset (data + (gsize) y * (gsize) stride, GREY, (gsize) n_bytes);
  }
}

static void
draw_flash (GstVideoFrame *frame, gboolean is_on)
{
  int height = GST_VIDEO_FRAME_HEIGHT (frame);
  int side = MIN (height / FLASH_PART, GST_VIDEO_FRAME_WIDTH (frame));
  guint8 *data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  int stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);

  for (int y = height - side; y < height; y++)
    memset (data + (gsize) y * (gsize) stride, is_on ? FLASH_ON : FLASH_OFF, (gsize) side);
  take_colour_out (frame, height - side, height, side);
}

static guint16
get_phase (GstMbStamp *self, const GstBuffer *buffer)
{
  GstClockTime time = gst_segment_to_running_time (
      &GST_BASE_TRANSFORM (self)->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer));

  return GST_CLOCK_TIME_IS_VALID (time) ? (guint16) (time % GST_SECOND / GST_MSECOND) : 0;
}

static GstFlowReturn
gst_mb_stamp_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstMbStamp *self = GST_MB_STAMP (filter);
  int width = GST_VIDEO_FRAME_WIDTH (frame);
  int height = GST_VIDEO_FRAME_HEIGHT (frame);
  MbTimecode code = {.frame = self->frame++, .phase_ms = get_phase (self, frame->buffer)};
  gboolean flash;

  GST_OBJECT_LOCK (self);
  code.id = self->id;
  flash = self->flash;
  GST_OBJECT_UNLOCK (self);

  if (!mb_timecode_fits (width, height))
    return GST_FLOW_OK;
  if (flash)
    draw_flash (frame, code.phase_ms < FLASH_MS);
  take_colour_out (frame, 0, height / MB_TIMECODE_STRIP, width);
  code.sent_us = (guint64) g_get_real_time ();
  mb_timecode_draw (&code, GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
      GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0), width, height);
  return GST_FLOW_OK;
}

static gboolean
gst_mb_stamp_set_info (GstVideoFilter *filter, GstCaps *in_caps, GstVideoInfo *in_info,
    GstCaps *out_caps, GstVideoInfo *out_info)
{
  if (!mb_timecode_fits (GST_VIDEO_INFO_WIDTH (in_info), GST_VIDEO_INFO_HEIGHT (in_info)))
    GST_ELEMENT_WARNING (filter, STREAM, FORMAT, ("the picture is too small for a time code"),
        ("%dx%d, it takes %dx%d", GST_VIDEO_INFO_WIDTH (in_info), GST_VIDEO_INFO_HEIGHT (in_info),
            MB_TIMECODE_MIN_WIDTH, MB_TIMECODE_MIN_HEIGHT));
  return TRUE;
}

static void
gst_mb_stamp_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbStamp *self = GST_MB_STAMP (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_ID)
    g_value_set_uint (value, self->id);
  else if (id == PROP_FLASH)
    g_value_set_boolean (value, self->flash);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_stamp_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbStamp *self = GST_MB_STAMP (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_ID)
    self->id = g_value_get_uint (value);
  else if (id == PROP_FLASH)
    self->flash = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_stamp_class_init (GstMbStampClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mb_stamp_debug, MB_ELEMENT_STAMP, 0, "a time code into raw video");

  object_class->get_property = gst_mb_stamp_get_property;
  object_class->set_property = gst_mb_stamp_set_property;
  filter_class->set_info = gst_mb_stamp_set_info;
  filter_class->transform_frame_ip = gst_mb_stamp_transform_frame_ip;

  g_object_class_install_property (object_class, PROP_ID,
      g_param_spec_uint (MB_PROP_ID, "Id",
          "Who draws; goes with each time code; changes while playing", 0, G_MAXUINT, 0,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_FLASH,
      g_param_spec_boolean ("flash", "Flash",
          "A white square for the first tenth of each second; changes while playing", TRUE,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Time stamp", "Filter/Effect/Video",
      "Draws the wall clock, an id and a flash each second into the picture, for mbprobe",
      "The meshbot authors");
}

static void
gst_mb_stamp_init (GstMbStamp *self)
{
  self->flash = TRUE;
}
