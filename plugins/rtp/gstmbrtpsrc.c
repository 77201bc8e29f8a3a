/* gstmbrtpsrc.c: the beginning of a pipeline: RTP out of a port
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   port │─ queue (bounded) ─ mbrtpsrc ! rtpvp8depay ! …
 *
 * Its segment starts at 0 and timestamps pass untouched: they are times on the monotonic clock, so
 * a sink behind it does not synchronise (mbwriter does not), or sets an offset of its own.
 */
#include "gstmbrtpsrc.h"

#include "mb-rtp-account.h"
#include "mb-rtp-level.h"
#include "mb-rtp-queue.h"
#include "names.h"

#define GST_CAT_DEFAULT mb_rtp_src_debug
GST_DEBUG_CATEGORY_STATIC (mb_rtp_src_debug);

#define RTP_HEADER_BYTES 12
#define DROPPED_INTERVAL_US G_USEC_PER_SEC
#define LOST_INTERVAL_US G_USEC_PER_SEC
#define KEY_FRAME_INTERVAL_US (G_USEC_PER_SEC / 2)

struct _GstMbRtpSrc {
  GstBaseSrc parent;

  MbRtpQueue *queue;    /* owned */
  GstCaps *caps;        /* (nullable) object lock */
  MbRtpAccount account; /* object lock */

  guint level_id;      /* object lock; 0 means none */
  MbRtpLevel level;    /* object lock */
  guint64 lost_told;   /* packets; streaming thread */
  gint64 lost_told_us; /* monotonic; streaming thread */

  guint64 dropped_told;      /* packets; streaming thread */
  gint64 dropped_told_us;    /* monotonic; streaming thread */
  gint64 key_frame_asked_us; /* monotonic; object lock */
};

enum {
  PROP_0,
  PROP_FEED,
  PROP_CAPS,
  PROP_DROPPED,
  PROP_ACCOUNT,
  PROP_AUDIO_LEVEL_ID,
  PROP_LOUDNESS,
};

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE (
    "src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS ("application/x-rtp"));

G_DEFINE_FINAL_TYPE (GstMbRtpSrc, gst_mb_rtp_src, GST_TYPE_BASE_SRC)
GST_ELEMENT_REGISTER_DEFINE (mbrtpsrc, MB_ELEMENT_RTP_SRC, GST_RANK_NONE, GST_TYPE_MB_RTP_SRC)

static GstCaps *
ref_caps (GstMbRtpSrc *self)
{
  GstCaps *caps = NULL;

  GST_OBJECT_LOCK (self);
  if (self->caps != NULL)
    caps = gst_caps_ref (self->caps);
  GST_OBJECT_UNLOCK (self);
  return caps;
}

static void
tell_dropped (GstMbRtpSrc *self)
{
  guint64 dropped = mb_rtp_queue_get_dropped (self->queue);
  gint64 now_us = g_get_monotonic_time ();

  if (dropped == self->dropped_told || now_us - self->dropped_told_us < DROPPED_INTERVAL_US)
    return;
  self->dropped_told = dropped;
  self->dropped_told_us = now_us;
  GST_WARNING_OBJECT (self, "%" G_GUINT64_FORMAT " packets dropped so far", dropped);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new (MB_MESSAGE_RTP_DROPPED, "packets", G_TYPE_UINT64, dropped, NULL)));
}

/* Whoever received a packet has left a DTS of its own pipeline's clock there; RTP comes in the order
 * of decoding, so that the PTS does for both. */
static GstBufferList *
complete_times (GstBufferList *list)
{
  GstBufferList *writable = gst_buffer_list_make_writable (list);

  for (guint i = 0; i < gst_buffer_list_length (writable); i++) {
    GstBuffer *buffer = gst_buffer_list_get (writable, i);

    if (GST_BUFFER_DTS (buffer) == GST_BUFFER_PTS (buffer))
      continue;
    buffer = gst_buffer_list_get_writable (writable, i);
    GST_BUFFER_DTS (buffer) = GST_BUFFER_PTS (buffer);
  }
  return writable;
}

static void
count (GstMbRtpSrc *self, GstBufferList *list)
{
  gint64 now_us = g_get_monotonic_time ();
  guint64 lost;

  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < gst_buffer_list_length (list); i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);
    guint8 header[RTP_HEADER_BYTES];

    if (gst_buffer_extract (buffer, 0, header, sizeof header) == sizeof header)
      mb_rtp_account_take (
          &self->account, GST_READ_UINT16_BE (header + 2), GST_BUFFER_PTS (buffer));
    if (self->level_id != 0)
      mb_rtp_level_take (&self->level, buffer, (guint8) self->level_id, now_us);
  }
  lost = self->account.n_lost;
  GST_OBJECT_UNLOCK (self);
  if (lost != self->lost_told && now_us - self->lost_told_us >= LOST_INTERVAL_US) {
    GstStructure *structure =
        gst_structure_new (MB_MESSAGE_RTP_LOST, "packets", G_TYPE_UINT64, lost - self->lost_told,
            "pts", G_TYPE_UINT64, GST_BUFFER_PTS (gst_buffer_list_get (list, 0)), NULL);

    self->lost_told = lost;
    self->lost_told_us = now_us;
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
  }
}

static GstStructure *
describe_account (GstMbRtpSrc *self)
{
  GstStructure *structure;
  g_auto (GValue) times = G_VALUE_INIT;

  gst_value_array_init (&times, 0);
  GST_OBJECT_LOCK (self);
  for (guint i = 0; i < self->account.gaps->len; i++) {
    const MbRtpGap *gap = &g_array_index (self->account.gaps, MbRtpGap, i);
    g_auto (GValue) time = G_VALUE_INIT;

    g_value_init (&time, G_TYPE_UINT64);
    g_value_set_uint64 (&time, gap->from);
    gst_value_array_append_value (&times, &time);
    g_value_set_uint64 (&time, gap->to);
    gst_value_array_append_value (&times, &time);
  }
  structure = gst_structure_new ("account", "packets", G_TYPE_UINT64, self->account.n_packets,
      "lost", G_TYPE_UINT64, self->account.n_lost, NULL);
  GST_OBJECT_UNLOCK (self);
  gst_structure_set_value (structure, "gaps", &times);
  return structure;
}

static GstFlowReturn
gst_mb_rtp_src_create (GstBaseSrc *base, guint64 offset, guint size, GstBuffer **buffer)
{
  GstMbRtpSrc *self = GST_MB_RTP_SRC (base);
  gboolean ended = FALSE;
  GstBufferList *list = mb_rtp_queue_pop (self->queue, &ended);

  if (list == NULL)
    return ended ? GST_FLOW_EOS : GST_FLOW_FLUSHING;
  tell_dropped (self);
  count (self, list);
  gst_base_src_submit_buffer_list (base, complete_times (list));
  return GST_FLOW_OK;
}

static GstCaps *
gst_mb_rtp_src_get_caps (GstBaseSrc *base, GstCaps *filter)
{
  GstCaps *caps = ref_caps (GST_MB_RTP_SRC (base));
  GstCaps *both;

  if (caps == NULL)
    caps = gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (base));
  if (filter == NULL)
    return caps;
  both = gst_caps_intersect_full (filter, caps, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (caps);
  return both;
}

static gboolean
gst_mb_rtp_src_negotiate (GstBaseSrc *base)
{
  g_autoptr (GstCaps) caps = ref_caps (GST_MB_RTP_SRC (base));

  /* Without caps packets go as they are; a depayloader behind will say what it lacks. */
  return caps == NULL || gst_base_src_set_caps (base, caps);
}

static gboolean
gst_mb_rtp_src_event (GstBaseSrc *base, GstEvent *event)
{
  GstMbRtpSrc *self = GST_MB_RTP_SRC (base);
  gint64 now_us = g_get_monotonic_time ();
  gboolean ask;

  if (!gst_event_has_name (event, "GstForceKeyUnit"))
    return GST_BASE_SRC_CLASS (gst_mb_rtp_src_parent_class)->event (base, event);

  GST_OBJECT_LOCK (self);
  ask = now_us - self->key_frame_asked_us >= KEY_FRAME_INTERVAL_US;
  if (ask)
    self->key_frame_asked_us = now_us;
  GST_OBJECT_UNLOCK (self);
  if (ask)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self),
                                gst_structure_new_empty (MB_MESSAGE_KEY_FRAME_WANTED)));
  return TRUE;
}

static gboolean
gst_mb_rtp_src_unlock (GstBaseSrc *base)
{
  mb_rtp_queue_set_flushing (GST_MB_RTP_SRC (base)->queue, TRUE);
  return TRUE;
}

static gboolean
gst_mb_rtp_src_unlock_stop (GstBaseSrc *base)
{
  mb_rtp_queue_set_flushing (GST_MB_RTP_SRC (base)->queue, FALSE);
  return TRUE;
}

static gboolean
gst_mb_rtp_src_stop (GstBaseSrc *base)
{
  mb_rtp_queue_clear (GST_MB_RTP_SRC (base)->queue);
  return TRUE;
}

static gboolean
gst_mb_rtp_src_is_seekable (GstBaseSrc *base)
{
  return FALSE;
}

static void
gst_mb_rtp_src_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GstMbRtpSrc *self = GST_MB_RTP_SRC (object);

  switch (id) {
  case PROP_FEED:
    g_value_set_pointer (value, mb_rtp_queue_get_port (self->queue));
    break;
  case PROP_CAPS:
    g_value_take_boxed (value, ref_caps (self));
    break;
  case PROP_DROPPED:
    g_value_set_uint64 (value, mb_rtp_queue_get_dropped (self->queue));
    break;
  case PROP_LOUDNESS:
    GST_OBJECT_LOCK (self);
    g_value_set_int (value, mb_rtp_level_get (&self->level, g_get_monotonic_time ()));
    GST_OBJECT_UNLOCK (self);
    break;
  case PROP_ACCOUNT:
    g_value_take_boxed (value, describe_account (self));
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_mb_rtp_src_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GstMbRtpSrc *self = GST_MB_RTP_SRC (object);

  switch (id) {
  case PROP_CAPS:
    GST_OBJECT_LOCK (self);
    gst_caps_replace (&self->caps, (GstCaps *) gst_value_get_caps (value));
    GST_OBJECT_UNLOCK (self);
    gst_pad_mark_reconfigure (GST_BASE_SRC_PAD (self));
    break;
  case PROP_AUDIO_LEVEL_ID:
    GST_OBJECT_LOCK (self);
    self->level_id = g_value_get_uint (value);
    GST_OBJECT_UNLOCK (self);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_mb_rtp_src_finalize (GObject *object)
{
  GstMbRtpSrc *self = GST_MB_RTP_SRC (object);

  mb_rtp_queue_close (self->queue);
  mb_rtp_port_unref (mb_rtp_queue_get_port (self->queue));
  gst_caps_replace (&self->caps, NULL);
  mb_rtp_account_clear (&self->account);
  G_OBJECT_CLASS (gst_mb_rtp_src_parent_class)->finalize (object);
}

static void
gst_mb_rtp_src_class_init (GstMbRtpSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (mb_rtp_src_debug, MB_ELEMENT_RTP_SRC, 0, "RTP out of a port");

  object_class->get_property = gst_mb_rtp_src_get_property;
  object_class->set_property = gst_mb_rtp_src_set_property;
  object_class->finalize = gst_mb_rtp_src_finalize;
  base_class->create = gst_mb_rtp_src_create;
  base_class->get_caps = gst_mb_rtp_src_get_caps;
  base_class->negotiate = gst_mb_rtp_src_negotiate;
  base_class->event = gst_mb_rtp_src_event;
  base_class->unlock = gst_mb_rtp_src_unlock;
  base_class->unlock_stop = gst_mb_rtp_src_unlock_stop;
  base_class->stop = gst_mb_rtp_src_stop;
  base_class->is_seekable = gst_mb_rtp_src_is_seekable;

  g_object_class_install_property (object_class, PROP_FEED,
      g_param_spec_pointer (MB_PROP_FEED, "Feed",
          "The port (MbRtpPort) to push packets into; read without a reference",
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_CAPS,
      g_param_spec_boxed (MB_PROP_CAPS, "Caps",
          "What the packets are (application/x-rtp, …); changes while playing", GST_TYPE_CAPS,
          G_PARAM_READWRITE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_DROPPED,
      g_param_spec_uint64 (MB_PROP_DROPPED, "Dropped", "Packets that found the queue full", 0,
          G_MAXUINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_ACCOUNT,
      g_param_spec_boxed (MB_PROP_ACCOUNT, "Account",
          "Packets that came, packets missing between them, and where (see names.h)",
          GST_TYPE_STRUCTURE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  g_object_class_install_property (object_class, PROP_AUDIO_LEVEL_ID,
      g_param_spec_uint (MB_PROP_AUDIO_LEVEL_ID, "Audio level's id",
          "The header extension that says how loud a packet is (RFC 6464); 0 is none", 0, 255, 0,
          G_PARAM_WRITABLE | GST_PARAM_MUTABLE_PLAYING | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_LOUDNESS,
      g_param_spec_int (MB_PROP_LOUDNESS, "Loudness",
          "dB of the last third of a second, at most 0; -128 where nothing says so",
          MB_LOUDNESS_UNKNOWN, 0, MB_LOUDNESS_UNKNOWN, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "RTP from a feed", "Source/Network/RTP",
      "Gives the RTP packets that are pushed into its port", "The meshbot authors");
}

static void
gst_mb_rtp_src_init (GstMbRtpSrc *self)
{
  mb_rtp_account_init (&self->account);
  self->queue = mb_rtp_queue_new (MB_RTP_QUEUE_MAX_PACKETS, MB_RTP_QUEUE_MAX_BYTES);
  self->key_frame_asked_us = -KEY_FRAME_INTERVAL_US;
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
}
