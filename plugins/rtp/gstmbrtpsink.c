/* gstmbrtpsink.c: the end of a pipeline: RTP into a port
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   … ! rtpvp8pay ! mbrtpsink ─│ port
 *
 * The PTS of what it pushes is the running time, which in a live source is the PTS it came with.
 */
#include "gstmbrtpsink.h"

#include <gst/video/video.h>

#include "names.h"

#define GST_CAT_DEFAULT mb_rtp_sink_debug
GST_DEBUG_CATEGORY_STATIC (mb_rtp_sink_debug);

struct _GstMbRtpSink {
  GstBaseSink parent;

  MbRtpPort *port; /* (nullable) object lock */
};

enum {
  PROP_0,
  PROP_FEED,
};

enum {
  SIGNAL_REQUEST_KEY_FRAME,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE (
    "sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));

G_DEFINE_FINAL_TYPE (GstMbRtpSink, gst_mb_rtp_sink, GST_TYPE_BASE_SINK)
GST_ELEMENT_REGISTER_DEFINE (mbrtpsink, MB_ELEMENT_RTP_SINK, GST_RANK_NONE, GST_TYPE_MB_RTP_SINK)

static gboolean
to_running_time (GstBuffer **buffer, guint index, gpointer segment)
{
  *buffer = gst_buffer_make_writable (*buffer);
  GST_BUFFER_PTS (*buffer) =
      gst_segment_to_running_time (segment, GST_FORMAT_TIME, GST_BUFFER_PTS (*buffer));
  return TRUE;
}

static gboolean
is_running_time (const GstSegment *segment)
{
  return segment->format != GST_FORMAT_TIME ||
         (segment->start == 0 && segment->base == 0 && segment->offset == 0);
}

/* Takes @list. */
static void
push (GstMbRtpSink *self, GstBufferList *list)
{
  g_autoptr (MbRtpPort) port = NULL;

  GST_OBJECT_LOCK (self);
  if (self->port != NULL)
    port = mb_rtp_port_ref (self->port);
  GST_OBJECT_UNLOCK (self);

  if (port == NULL) {
    gst_buffer_list_unref (list);
    return;
  }
  if (!is_running_time (&GST_BASE_SINK (self)->segment)) {
    list = gst_buffer_list_make_writable (list);
    gst_buffer_list_foreach (list, to_running_time, &GST_BASE_SINK (self)->segment);
  }
  mb_rtp_port_push (port, list);
}

static GstFlowReturn
gst_mb_rtp_sink_render (GstBaseSink *base, GstBuffer *buffer)
{
  GstBufferList *list = gst_buffer_list_new_sized (1);

  gst_buffer_list_add (list, gst_buffer_ref (buffer));
  push (GST_MB_RTP_SINK (base), list);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_mb_rtp_sink_render_list (GstBaseSink *base, GstBufferList *list)
{
  push (GST_MB_RTP_SINK (base), gst_buffer_list_ref (list));
  return GST_FLOW_OK;
}

static gboolean
gst_mb_rtp_sink_set_caps (GstBaseSink *base, GstCaps *caps)
{
  GstStructure *structure =
      gst_structure_new (MB_MESSAGE_RTP_CAPS, MB_PROP_CAPS, GST_TYPE_CAPS, caps, NULL);

  gst_element_post_message (
      GST_ELEMENT (base), gst_message_new_element (GST_OBJECT (base), structure));
  return TRUE;
}

static void
request_key_frame (GstMbRtpSink *self)
{
  GST_DEBUG_OBJECT (self, "key frame wanted");
  gst_pad_push_event (GST_BASE_SINK_PAD (self),
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE, 0));
}

static void
gst_mb_rtp_sink_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbRtpSink *self = GST_MB_RTP_SINK (object);

  switch (id) {
  case PROP_FEED:
    GST_OBJECT_LOCK (self);
    g_value_set_pointer (value, self->port);
    GST_OBJECT_UNLOCK (self);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
set_port (GstMbRtpSink *self, MbRtpPort *port)
{
  MbRtpPort *old;

  if (port != NULL)
    mb_rtp_port_ref (port);
  GST_OBJECT_LOCK (self);
  old = self->port;
  self->port = port;
  GST_OBJECT_UNLOCK (self);
  if (old != NULL)
    mb_rtp_port_unref (old);
}

static void
gst_mb_rtp_sink_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbRtpSink *self = GST_MB_RTP_SINK (object);

  switch (id) {
  case PROP_FEED:
    set_port (self, g_value_get_pointer (value));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_mb_rtp_sink_finalize (GObject *object)
{
  set_port (GST_MB_RTP_SINK (object), NULL);
  G_OBJECT_CLASS (gst_mb_rtp_sink_parent_class)->finalize (object);
}

static void
gst_mb_rtp_sink_class_init (GstMbRtpSinkClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSinkClass *base_class = GST_BASE_SINK_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mb_rtp_sink_debug, MB_ELEMENT_RTP_SINK, 0, "RTP into a port");

  object_class->get_property = gst_mb_rtp_sink_get_property;
  object_class->set_property = gst_mb_rtp_sink_set_property;
  object_class->finalize = gst_mb_rtp_sink_finalize;
  base_class->render = gst_mb_rtp_sink_render;
  base_class->render_list = gst_mb_rtp_sink_render_list;
  base_class->set_caps = gst_mb_rtp_sink_set_caps;

  g_object_class_install_property (object_class, PROP_FEED,
      g_param_spec_pointer (MB_PROP_FEED, "Feed",
          "The port (MbRtpPort) that packets go into; NULL drops them; changes while playing",
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));

  /**
   * GstMbRtpSink::request-key-frame:
   *
   * Asks upstream for a key frame. Thread: any; no lock of the element is held.
   */
  signals[SIGNAL_REQUEST_KEY_FRAME] = g_signal_new_class_handler (MB_ACTION_REQUEST_KEY_FRAME,
      G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (request_key_frame), NULL, NULL, NULL, G_TYPE_NONE, 0);

  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "RTP to a feed", "Sink/Network/RTP",
      "Hands RTP packets to a port without waiting for anyone", "The meshbot authors");
}

static void
gst_mb_rtp_sink_init (GstMbRtpSink *self)
{
  /* A live pipeline is paced by its sources, and a preroll would wait for the slowest stream. */
  gst_base_sink_set_sync (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_async_enabled (GST_BASE_SINK (self), FALSE);
  gst_base_sink_set_last_sample_enabled (GST_BASE_SINK (self), FALSE);
}
