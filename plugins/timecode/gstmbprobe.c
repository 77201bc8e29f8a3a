/* gstmbprobe.c: reads the time code out of raw video, and looks at it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   … ! vp8dec ! mbprobe ! fakesink
 *
 * The picture passes untouched. What is said of it comes in messages, at most ten a second: two for
 * each interval.
 */
#include "gstmbprobe.h"

#include "mb-look.h"
#include "mb-timecode.h"
#include "names.h"

#define GST_CAT_DEFAULT mb_probe_debug
GST_DEBUG_CATEGORY_STATIC (mb_probe_debug);

#define DEFAULT_INTERVAL GST_SECOND
#define MIN_INTERVAL (200 * GST_MSECOND)
#define MAX_STEP 0x8000 /* a count that went back is another count */

#define FORMATS "{ I420, YV12, NV12, NV21, Y42B, Y444, GRAY8 }"

/* What was read since the last message. */
typedef struct {
  guint n;
  gint64 least_us;
  gint64 greatest_us;
  gint64 sum_us;
} Latencies;

struct _GstMbProbe {
  GstVideoFilter parent;

  GstClockTime interval; /* object lock */
  guint expected_id;     /* object lock; 0 means any */
  gboolean look;         /* object lock */

  /* streaming thread */
  gint64 told_us; /* monotonic */
  guint64 n_frames;
  guint64 n_missed;
  guint64 n_repeated;
  guint64 n_wrong;
  gboolean has_code;
  MbTimecode code;
  GstClockTime code_pts;
  gint64 seen_us; /* real time of @code */
  Latencies latencies;
  MbLook picture;
};

enum {
  PROP_0,
  PROP_INTERVAL,
  PROP_EXPECTED_ID,
  PROP_LOOK,
};

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (FORMATS)));
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (FORMATS)));

G_DEFINE_FINAL_TYPE (GstMbProbe, gst_mb_probe, GST_TYPE_VIDEO_FILTER)
GST_ELEMENT_REGISTER_DEFINE (mbprobe, MB_ELEMENT_PROBE, GST_RANK_NONE, GST_TYPE_MB_PROBE)

static void
count_step (GstMbProbe *self, const MbTimecode *code)
{
  guint16 step = (guint16) (code->frame - self->code.frame);

  if (code->id != self->code.id)
    return;
  if (step == 0)
    self->n_repeated++;
  else if (step < MAX_STEP)
    self->n_missed += step - 1U;
}

static void
take_code (GstMbProbe *self, const MbTimecode *code, guint expected_id, GstClockTime pts)
{
  gint64 now_us = g_get_real_time ();
  gint64 latency_us = now_us - (gint64) code->sent_us;
  Latencies *latencies = &self->latencies;

  if (self->has_code)
    count_step (self, code);
  if (expected_id != 0 && code->id != expected_id)
    self->n_wrong++;
  self->has_code = TRUE;
  self->code = *code;
  self->code_pts = pts;
  self->seen_us = now_us;
  latencies->least_us = latencies->n > 0 ? MIN (latencies->least_us, latency_us) : latency_us;
  latencies->greatest_us = latencies->n > 0 ? MAX (latencies->greatest_us, latency_us) : latency_us;
  latencies->sum_us += latency_us;
  latencies->n++;
}

static void
post (GstMbProbe *self, GstStructure *structure)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

static void
tell (GstMbProbe *self, const GstVideoFrame *frame)
{
  const Latencies *latencies = &self->latencies;

  post (self, gst_structure_new (MB_MESSAGE_PICTURE, "frames", G_TYPE_UINT64, self->n_frames,
                  "width", G_TYPE_INT, GST_VIDEO_FRAME_WIDTH (frame), "height", G_TYPE_INT,
                  GST_VIDEO_FRAME_HEIGHT (frame), "black", G_TYPE_UINT64,
                  (guint64) self->picture.black_us * 1000, "still", G_TYPE_UINT64,
                  (guint64) self->picture.still_us * 1000, NULL));
  if (latencies->n == 0)
    return;
  post (self,
      gst_structure_new (MB_MESSAGE_LATENCY, "sent", G_TYPE_UINT64, self->code.sent_us, "seen",
          G_TYPE_UINT64, (guint64) self->seen_us, "clock", G_TYPE_STRING, MB_CLOCK_REAL_TIME,
          "frames", G_TYPE_UINT64, self->n_frames, "missed", G_TYPE_UINT64, self->n_missed,
          "repeated", G_TYPE_UINT64, self->n_repeated, "wrong", G_TYPE_UINT64, self->n_wrong, "id",
          G_TYPE_UINT, self->code.id, "phase", G_TYPE_UINT, (guint) self->code.phase_ms, "pts",
          G_TYPE_UINT64, self->code_pts, "latency-min", G_TYPE_INT64, latencies->least_us,
          "latency-max", G_TYPE_INT64, latencies->greatest_us, "latency-mean", G_TYPE_INT64,
          latencies->sum_us / (gint64) latencies->n, NULL));
  self->latencies = (Latencies){0};
}

static GstFlowReturn
gst_mb_probe_transform_frame_ip (GstVideoFilter *filter, GstVideoFrame *frame)
{
  GstMbProbe *self = GST_MB_PROBE (filter);
  gint64 now_us = g_get_monotonic_time ();
  GstClockTime interval;
  gboolean look;
  guint expected_id;

  GST_OBJECT_LOCK (self);
  interval = self->interval;
  look = self->look;
  expected_id = self->expected_id;
  GST_OBJECT_UNLOCK (self);

  self->n_frames++;
  if (look) {
    const guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
    int stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
    int width = GST_VIDEO_FRAME_WIDTH (frame);
    int height = GST_VIDEO_FRAME_HEIGHT (frame);
    MbTimecode code;

    if (mb_timecode_read (&code, luma, stride, width, height))
      take_code (self, &code, expected_id, GST_BUFFER_PTS (frame->buffer));
    mb_look_take (&self->picture, luma, stride, width, height, now_us);
  }
  if (self->told_us == 0 || (guint64) (now_us - self->told_us) * 1000 >= interval) {
    self->told_us = now_us;
    tell (self, frame);
  }
  return GST_FLOW_OK;
}

static void
gst_mb_probe_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbProbe *self = GST_MB_PROBE (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_INTERVAL)
    g_value_set_uint64 (value, self->interval);
  else if (id == PROP_EXPECTED_ID)
    g_value_set_uint (value, self->expected_id);
  else if (id == PROP_LOOK)
    g_value_set_boolean (value, self->look);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_probe_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbProbe *self = GST_MB_PROBE (object);

  GST_OBJECT_LOCK (self);
  if (id == PROP_INTERVAL)
    self->interval = g_value_get_uint64 (value);
  else if (id == PROP_EXPECTED_ID)
    self->expected_id = g_value_get_uint (value);
  else if (id == PROP_LOOK)
    self->look = g_value_get_boolean (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_mb_probe_class_init (GstMbProbeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseTransformClass *transform_class = GST_BASE_TRANSFORM_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS;

  GST_DEBUG_CATEGORY_INIT (mb_probe_debug, MB_ELEMENT_PROBE, 0, "what raw video shows");

  object_class->get_property = gst_mb_probe_get_property;
  object_class->set_property = gst_mb_probe_set_property;
  transform_class->transform_ip_on_passthrough = TRUE;
  filter_class->transform_frame_ip = gst_mb_probe_transform_frame_ip;

  g_object_class_install_property (object_class, PROP_INTERVAL,
      g_param_spec_uint64 ("interval", "Interval",
          "Nanoseconds between messages; changes while playing", MIN_INTERVAL, G_MAXUINT64,
          DEFAULT_INTERVAL, flags));
  g_object_class_install_property (object_class, PROP_EXPECTED_ID,
      g_param_spec_uint (MB_PROP_EXPECTED_ID, "Expected id",
          "Time codes with another id are counted as wrong; 0 takes any; changes while playing", 0,
          G_MAXUINT, 0, flags));
  g_object_class_install_property (object_class, PROP_LOOK,
      g_param_spec_boolean (MB_PROP_LOOK, "Look",
          "Look at the pictures, and do not only count them; changes while playing", TRUE, flags));

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Picture probe", "Filter/Analyzer/Video",
      "Reads mbstamp's time code, tells black and still pictures", "The meshbot authors");
}

static void
gst_mb_probe_init (GstMbProbe *self)
{
  self->interval = DEFAULT_INTERVAL;
  self->look = TRUE;
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), TRUE);
}
