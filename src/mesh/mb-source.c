/* mb-source.c: one pipeline built from a source description, published as feeds
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   … encoder ─ payloader named `video` ─ mbrtpsink ─│ MbFeed
 *   … encoder ─ payloader named `audio` ─ mbrtpsink ─│ MbFeed
 *
 * Everything is encoded once, however many subscribe. Lives on main; the packets never see main.
 */
#include "mb-source.h"

#include <gst/gst.h>
#include <string.h>

#include "mb-bitrate.h"
#include "mb-clip-play.h"
#include "mb-error.h"
#include "mb-h264.h"
#include "mb-pipeline-path.h"
#include "mb-sdp-codec.h"
#include "names.h"

#define OPUS_CHANNELS 2
#define KEY_FRAME_SECONDS 2
#define PARAMETER_SIZE "size"
#define PARAMETER_RATE "rate"
#define PARAMETER_BITRATE "bitrate"
#define PARAMETER_KEY_FRAMES "key-frames"
#define PARAMETER_CARD_ID "id"
#define PARAMETER_TITLE "title"
#define PARAMETER_URI "uri"
#define CONTROL_VIDEO_BITRATE "video-bitrate"

typedef struct {
  MbSourceStream public; /* its feed and fmtp owned */
  GstElement *sink;      /* owned */
} Stream;

struct _MbSource {
  GObject parent;

  MbSource *picture;    /* (nullable) owned; of a pair, which has none of what follows */
  MbSource *sound;      /* (nullable) owned */
  MbMedia *media;       /* owned */
  MbPipelineSpec *spec; /* owned */
  GstElement *pipeline; /* owned */
  GPtrArray *streams;   /* (element-type Stream) owned */
  MbHandle *handle;     /* owned */
  MbBitrate *bitrate;   /* (nullable) owned; NULL where the rate cannot be changed */
  MbClipPlay *play;     /* (nullable) owned; of a media file */
  guint bus_watch;      /* 0 means stopped */
  unsigned int width;   /* as it is now; 0 means not known */
  unsigned int height;
};

enum {
  SIGNAL_FAILED,
  SIGNAL_ENDED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbSource, mb_source, G_TYPE_OBJECT)

static void
stream_free (gpointer data)
{
  Stream *self = data;

  if (self->sink != NULL)
    g_object_set (self->sink, MB_PROP_FEED, NULL, NULL);
  gst_clear_object (&self->sink);
  g_clear_pointer (&self->public.feed, mb_feed_unref);
  g_free (self->public.fmtp);
  g_free (self);
}

/* What stands in an fmtp line; RTP caps mix it with other things. */
static char *
caps_to_fmtp (const GstStructure *structure)
{
  static const char *const NAMES[] = {"profile-level-id", "packetization-mode",
      "sprop-parameter-sets", "profile-id", "sprop-stereo", "stereo", "sprop-maxcapturerate",
      "useinbandfec"};
  GString *fmtp = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++) {
    const char *value = gst_structure_get_string (structure, NAMES[i]);

    if (value != NULL)
      g_string_append_printf (fmtp, "%s%s=%s", fmtp->len > 0 ? ";" : "", NAMES[i], value);
  }
  return g_string_free (fmtp, fmtp->len == 0);
}

static void
stream_take_caps (Stream *self, const GstStructure *structure)
{
  int payload_type;

  if (gst_structure_get_int (structure, "payload", &payload_type) && payload_type >= 0)
    self->public.payload_type = (unsigned int) payload_type;
  g_free (self->public.fmtp);
  self->public.fmtp = caps_to_fmtp (structure);
}

/* The payloader's name for the codec, known before anything flows. */
static char *
dup_encoding_name (const GstStructure *structure)
{
  const GValue *value = gst_structure_get_value (structure, "encoding-name");

  if (value != NULL && GST_VALUE_HOLDS_LIST (value) && gst_value_list_get_size (value) > 0)
    value = gst_value_list_get_value (value, 0);
  return value != NULL && G_VALUE_HOLDS_STRING (value) ? g_value_dup_string (value) : NULL;
}

static MbCodec
find_codec (GstPad *pad)
{
  g_autoptr (GstCaps) caps = gst_pad_query_caps (pad, NULL);

  for (guint i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    g_autofree char *name = dup_encoding_name (structure);

    if (gst_structure_has_name (structure, "application/x-rtp") && name != NULL)
      return mb_codec_from_name (name);
  }
  return MB_CODEC_UNKNOWN;
}

/* What the caps before a payloader leave no choice of, such as those of a filter; NULL where they do. */
static char *
dup_profile (GstElement *payloader)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "sink");
  g_autoptr (GstCaps) caps = pad != NULL ? gst_pad_peer_query_caps (pad, NULL) : NULL;

  return caps != NULL && !gst_caps_is_any (caps) && !gst_caps_is_empty (caps)
             ? g_strdup (gst_structure_get_string (gst_caps_get_structure (caps, 0), "profile"))
             : NULL;
}

static void
find_sdp_codec (
    MbSource *self, Stream *stream, GstElement *payloader, const MbSourceOptions *options)
{
  const MbClip *clip = options != NULL ? options->clip : NULL;
  g_autofree char *profile = NULL;
  const char *codec = NULL;

  if (stream->public.codec == MB_CODEC_H264) {
    profile = clip != NULL ? g_strdup (clip->profile) : dup_profile (payloader);
    codec = mb_h264_find_codec (profile);
    if (clip != NULL)
      stream->public.h264_level = clip->level;
    else if (options != NULL && mb_pipeline_spec_has_parameter (self->spec, PARAMETER_SIZE))
      stream->public.h264_level =
          mb_h264_find_level (options->width, options->height, options->fps);
  }
  stream->public.sdp_codec =
      codec != NULL ? codec : mb_codec_info_find (mb_codec_get_name (stream->public.codec))->id;
}

/* Takes over nothing; the payloader and the new sink are in self->pipeline. */
static gboolean
add_stream (MbSource *self, GstElement *payloader, MbMediaKind kind, const MbSourceOptions *options,
    GError **error)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "src");
  MbCodec codec = pad != NULL ? find_codec (pad) : MB_CODEC_UNKNOWN;
  Stream *stream;

  if (codec == MB_CODEC_UNKNOWN || mb_codec_get_kind (codec) != kind || gst_pad_is_linked (pad)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "source %s: the element %s does not end in RTP of a codec that is known here",
        mb_source_get_name (self), GST_OBJECT_NAME (payloader));
    return FALSE;
  }
  stream = g_new0 (Stream, 1);
  g_ptr_array_add (self->streams, stream);
  stream->public.kind = kind;
  stream->public.codec = codec;
  stream->public.clock_rate = mb_codec_get_clock_rate (codec);
  stream->public.channels = codec == MB_CODEC_OPUS ? OPUS_CHANNELS : kind == MB_MEDIA_KIND_AUDIO;
  find_sdp_codec (self, stream, payloader, options);
  stream->public.feed = mb_feed_new (self->media, kind, codec, stream->public.clock_rate);

  stream->sink = gst_element_factory_make (MB_ELEMENT_RTP_SINK, NULL);
  if (stream->sink == NULL) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_UNSUPPORTED, "GStreamer has no element %s", MB_ELEMENT_RTP_SINK);
    return FALSE;
  }
  gst_object_ref_sink (stream->sink);
  gst_bin_add (GST_BIN (self->pipeline), stream->sink);
  g_object_set (stream->sink, MB_PROP_FEED, mb_feed_get_port (stream->public.feed), NULL);
  if (!gst_element_link_pads (payloader, "src", stream->sink, "sink")) {
    g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "source %s: %s cannot be linked",
        mb_source_get_name (self), GST_OBJECT_NAME (payloader));
    return FALSE;
  }
  return TRUE;
}

/* Elements called video, video2, … and audio, audio2, … become feeds. */
static gboolean
add_streams (MbSource *self, const char *name, MbMediaKind kind, const MbSourceOptions *options,
    GError **error)
{
  for (unsigned int n = 1;; n++) {
    g_autofree char *full = n == 1 ? g_strdup (name) : g_strdup_printf ("%s%u", name, n);
    g_autoptr (GstElement) payloader = gst_bin_get_by_name (GST_BIN (self->pipeline), full);

    if (payloader == NULL)
      return TRUE;
    if (!add_stream (self, payloader, kind, options, error))
      return FALSE;
  }
}

/* Takes @value. What the description does not offer stays as the description has it. */
static gboolean
override (MbSource *self, const char *parameter, char *value, GError **error)
{
  g_autofree char *owned = value;

  if (!mb_pipeline_spec_has_parameter (self->spec, parameter))
    return TRUE;
  return mb_pipeline_spec_set_parameter (self->spec, self->pipeline, parameter, owned, error);
}

static char *
size_caps (unsigned int width, unsigned int height)
{
  return g_strdup_printf ("video/x-raw,width=%u,height=%u", width, height);
}

static gboolean
apply_options (MbSource *self, const MbSourceOptions *options, GError **error)
{
  if (options->width != 0 && options->height != 0 &&
      !override (self, PARAMETER_SIZE, size_caps (options->width, options->height), error))
    return FALSE;
  if (options->fps != 0 &&
      (!override (self, PARAMETER_RATE,
           g_strdup_printf ("video/x-raw,format=I420,framerate=%u/1", options->fps), error) ||
          !override (self, PARAMETER_KEY_FRAMES,
              g_strdup_printf ("%u", options->fps * KEY_FRAME_SECONDS), error)))
    return FALSE;
  if ((options->card_id != 0 &&
          !override (self, PARAMETER_CARD_ID, g_strdup_printf ("%u", options->card_id), error)) ||
      (options->title != NULL &&
          !override (self, PARAMETER_TITLE, g_strdup (options->title), error)))
    return FALSE;
  return options->video_bps == 0 ||
         override (self, PARAMETER_BITRATE, g_strdup_printf ("%u", options->video_bps), error);
}

/* Posted to main by the feed, which has merged and throttled the wishes of all subscribers. */
static void
on_feed_key_frame_wanted (gpointer object, gpointer data)
{
  MbSource *self = object;

  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if (stream->public.kind == MB_MEDIA_KIND_VIDEO)
      g_signal_emit_by_name (stream->sink, MB_ACTION_REQUEST_KEY_FRAME);
  }
}

static void
make_bitrate (MbSource *self, const MbSourceOptions *options)
{
  MbBitrateLimits limits = {0};
  gint64 minimum;
  gint64 maximum;

  if (!mb_pipeline_spec_get_control_range (self->spec, CONTROL_VIDEO_BITRATE, &minimum, &maximum))
    return;
  limits.min_bps = (unsigned int) minimum;
  limits.max_bps = (unsigned int) maximum;
  if (options != NULL && options->video_bps != 0)
    limits.max_bps = MIN (options->video_bps, limits.max_bps);
  if (options != NULL && mb_pipeline_spec_has_parameter (self->spec, PARAMETER_SIZE)) {
    limits.width = options->width;
    limits.height = options->height;
    limits.fps = options->fps;
  }
  self->bitrate = mb_bitrate_new (&limits);
  self->width = limits.width;
  self->height = limits.height;
}

static gboolean
apply_settings (MbSource *self, const MbSourceOptions *options, GError **error)
{
  const char *const *settings = options->settings;

  for (guint i = 0; settings != NULL && settings[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (settings[i], "=", 2);

    if (options->settings_may_be_of_others && !mb_source_has_parameter (self, parts[0]))
      continue;
    if (!mb_pipeline_spec_set_parameter (self->spec, self->pipeline, parts[0], parts[1], error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
apply_clip (MbSource *self, const MbSourceOptions *options, GError **error)
{
  if (options->clip == NULL)
    return TRUE;
  self->play = mb_clip_play_new (options->clip, self->pipeline, options->place, options->loop);
  return mb_pipeline_spec_set_parameter (
      self->spec, self->pipeline, PARAMETER_URI, options->clip->uri, error);
}

static gboolean
build (MbSource *self, const MbSourceOptions *options, GError **error)
{
  self->pipeline = mb_pipeline_spec_build (self->spec, error);
  if (self->pipeline == NULL ||
      (options != NULL &&
          (!apply_options (self, options, error) || !apply_clip (self, options, error) ||
              !apply_settings (self, options, error))) ||
      !add_streams (self, "video", MB_MEDIA_KIND_VIDEO, options, error) ||
      !add_streams (self, "audio", MB_MEDIA_KIND_AUDIO, options, error))
    return FALSE;
  if (self->streams->len == 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "source %s has no element named video or audio",
        mb_source_get_name (self));
    return FALSE;
  }
  make_bitrate (self, options);
  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if (stream->public.kind == MB_MEDIA_KIND_VIDEO)
      mb_feed_set_key_frame_handler (stream->public.feed, self->handle, on_feed_key_frame_wanted);
  }
  return TRUE;
}

static MbPipelineSpec *
describe_clip (const MbSourceOptions *options, GError **error)
{
  static const char *const ALL[] = {"vp8", "h264", "vp9", NULL};
  g_autofree char *text =
      mb_clip_describe (options->clip, options->codecs != NULL ? options->codecs : ALL);

  return mb_pipeline_spec_parse ("file", text, error);
}

/**
 * mb_source_new_for_spec:
 * @spec: (transfer none): a source description
 * @options: (nullable): what is to be different from the description
 *
 * Builds the pipeline and its feeds; nothing flows before mb_source_start(). Codecs are known at
 * once.
 *
 * Returns: (transfer full): a source; NULL with %MB_ERROR_USAGE where the description or an option is
 *   wrong, %MB_ERROR_UNSUPPORTED where GStreamer lacks an element
 */
MbSource *
mb_source_new_for_spec (
    MbMedia *media, MbPipelineSpec *spec, const MbSourceOptions *options, GError **error)
{
  g_autoptr (MbSource) self = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  if (!mb_pipeline_ensure_elements (FALSE, error))
    return NULL;
  self = g_object_new (MB_TYPE_SOURCE, NULL);
  self->media = mb_media_ref (media);
  self->spec = mb_pipeline_spec_ref (spec);
  if (!build (self, options, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * mb_source_new:
 * @media: what the feeds live on
 * @spec: the name of a source description; ignored where @options have a clip
 * @options: (nullable): what is to be different from the description
 *
 * As mb_source_new_for_spec() with the description of that name, or one made for the clip.
 *
 * Returns: (transfer full): a source; NULL with %MB_ERROR_USAGE where there is no such source
 */
MbSource *
mb_source_new (MbMedia *media, const char *spec, const MbSourceOptions *options, GError **error)
{
  g_autoptr (MbPipelineSpec) found = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  found = options != NULL && options->clip != NULL
              ? describe_clip (options, error)
              : mb_pipeline_find (MB_PIPELINE_KIND_SOURCE, spec, error);
  return found != NULL ? mb_source_new_for_spec (media, found, options, error) : NULL;
}

/**
 * mb_source_new_pair:
 * @picture: (transfer none): whose picture is sent
 * @sound: (transfer none): whose sound is sent
 *
 * Runs nothing itself: both go on as they do, and may be sent by others too.
 *
 * Returns: (transfer full): as one
 */
MbSource *
mb_source_new_pair (MbSource *picture, MbSource *sound)
{
  MbSource *self = g_object_new (MB_TYPE_SOURCE, NULL);

  self->picture = g_object_ref (picture);
  self->sound = g_object_ref (sound);
  return self;
}

/**
 * mb_source_has_part:
 *
 * Returns: whether @part is @self, or one of its pair
 */
gboolean
mb_source_has_part (MbSource *self, MbSource *part)
{
  return self == part || (self->picture != NULL && (self->picture == part || self->sound == part));
}

/**
 * mb_source_has_parameter:
 * @self: no pair
 */
gboolean
mb_source_has_parameter (MbSource *self, const char *name)
{
  return mb_pipeline_spec_has_parameter (self->spec, name);
}

const char *
mb_source_get_name (MbSource *self)
{
  if (self->picture != NULL)
    return mb_source_get_name (self->picture);
  return mb_pipeline_spec_get_name (self->spec);
}

static const MbSourceStream *
find_stream (MbSource *self, MbMediaKind kind)
{
  if (self->picture != NULL)
    return find_stream (kind == MB_MEDIA_KIND_VIDEO ? self->picture : self->sound, kind);
  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if (stream->public.kind == kind)
      return &stream->public;
  }
  return NULL;
}

/**
 * mb_source_get_video:
 *
 * Returns: (transfer none) (nullable): the first picture; valid as long as the source
 */
const MbSourceStream *
mb_source_get_video (MbSource *self)
{
  return find_stream (self, MB_MEDIA_KIND_VIDEO);
}

/**
 * mb_source_get_audio:
 *
 * Returns: (transfer none) (nullable): the first sound; valid as long as the source
 */
const MbSourceStream *
mb_source_get_audio (MbSource *self)
{
  return find_stream (self, MB_MEDIA_KIND_AUDIO);
}

/**
 * mb_source_get_video_feed:
 *
 * Returns: (transfer none) (nullable): the feed of mb_source_get_video()
 */
MbFeed *
mb_source_get_video_feed (MbSource *self)
{
  const MbSourceStream *stream = mb_source_get_video (self);

  return stream != NULL ? stream->feed : NULL;
}

/**
 * mb_source_get_audio_feed:
 *
 * Returns: (transfer none) (nullable): the feed of mb_source_get_audio()
 */
MbFeed *
mb_source_get_audio_feed (MbSource *self)
{
  const MbSourceStream *stream = mb_source_get_audio (self);

  return stream != NULL ? stream->feed : NULL;
}

static GError *
error_of_message (MbSource *self, GstMessage *message)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *debug = NULL;

  gst_message_parse_error (message, &reason, &debug);
  g_debug ("source %s: %s", mb_source_get_name (self), debug);
  return g_error_new (MB_ERROR, MB_ERROR_FAILED, "source %s: %s: %s", mb_source_get_name (self),
      GST_MESSAGE_SRC_NAME (message), reason->message);
}

static void
take_element_message (MbSource *self, GstMessage *message)
{
  g_autoptr (GstCaps) caps = NULL;

  if (!gst_message_has_name (message, MB_MESSAGE_RTP_CAPS) ||
      !gst_structure_get (
          gst_message_get_structure (message), MB_PROP_CAPS, GST_TYPE_CAPS, &caps, NULL))
    return;
  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    if (GST_MESSAGE_SRC (message) == GST_OBJECT (stream->sink))
      stream_take_caps (stream, gst_caps_get_structure (caps, 0));
  }
}

static gboolean
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (MbSource) self = g_object_ref (user_data);
  g_autoptr (GError) reason = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_autoptr (GError) error = error_of_message (self, message);

    mb_source_stop (self);
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    return G_SOURCE_REMOVE;
  }
  if (self->play != NULL && !mb_clip_play_take_message (self->play, message, &reason)) {
    mb_source_stop (self);
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, reason);
    return G_SOURCE_REMOVE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS) {
    mb_source_stop (self);
    g_signal_emit (self, signals[SIGNAL_ENDED], 0);
    return G_SOURCE_REMOVE;
  }
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    take_element_message (self, message);
  return G_SOURCE_CONTINUE;
}

/* The feeds are told the base time before the first packet, so the pipeline does not choose it. */
static void
set_base_time (MbSource *self)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockTime base_time = gst_clock_get_time (clock);

  gst_pipeline_use_clock (GST_PIPELINE (self->pipeline), clock);
  gst_element_set_start_time (self->pipeline, GST_CLOCK_TIME_NONE);
  gst_element_set_base_time (self->pipeline, base_time);
  for (guint i = 0; i < self->streams->len; i++) {
    Stream *stream = self->streams->pdata[i];

    mb_feed_set_base_time (stream->public.feed, base_time);
  }
}

/**
 * mb_source_start:
 *
 * What goes wrong later comes as "failed". Does nothing where it runs already.
 *
 * Returns: FALSE with %MB_ERROR_FAILED where the pipeline does not start
 */
gboolean
mb_source_start (MbSource *self, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  g_autoptr (GstMessage) message = NULL;

  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  if (self->bus_watch != 0)
    return TRUE;
  if (self->play != NULL && !mb_clip_play_prepare (self->play, error)) {
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
    return FALSE;
  }
  set_base_time (self);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) {
    self->bus_watch = gst_bus_add_watch (bus, on_bus_message, self);
    return TRUE;
  }

  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message != NULL)
    g_propagate_error (error, error_of_message (self, message));
  else
    g_set_error (
        error, MB_ERROR, MB_ERROR_FAILED, "source %s does not start", mb_source_get_name (self));
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  return FALSE;
}

/**
 * mb_source_stop:
 *
 * Waits for the pipeline's threads, which takes about as long as a frame. The feeds stay, and are
 * silent.
 */
void
mb_source_stop (MbSource *self)
{
  if (self->bus_watch == 0)
    return;
  g_source_remove (self->bus_watch);
  self->bus_watch = 0;
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
}

/**
 * mb_source_set_video_bitrate:
 * @bps: bits a second, brought into the range that the description allows
 *
 * May be called while it runs.
 *
 * Returns: whether the source has such a control
 */
gboolean
mb_source_set_video_bitrate (MbSource *self, unsigned int bps)
{
  return mb_pipeline_spec_set_control (
      self->spec, self->pipeline, CONTROL_VIDEO_BITRATE, bps, NULL);
}

static void
adapt (MbSource *self)
{
  MbBitrateSetting setting;

  if (self->bus_watch == 0 || !mb_bitrate_decide (self->bitrate, g_get_monotonic_time (), &setting))
    return;
  g_debug ("source %s: %u kb/s, %u lines", mb_source_get_name (self), setting.bps / 1000,
      setting.height);
  mb_source_set_video_bitrate (self, setting.bps);
  if (setting.width != 0 && (setting.width != self->width || setting.height != self->height)) {
    g_autofree char *size = size_caps (setting.width, setting.height);

    self->width = setting.width;
    self->height = setting.height;
    mb_pipeline_spec_set_parameter (self->spec, self->pipeline, PARAMETER_SIZE, size, NULL);
  }
}

/**
 * mb_source_take_estimate:
 * @peer: anything that stands for it
 * @bps: how much video its path carries
 *
 * The encoder follows the slowest of the peers; mb-bitrate has the rule.
 */
void
mb_source_take_estimate (MbSource *self, gconstpointer peer, unsigned int bps)
{
  if (self->picture != NULL)
    mb_source_take_estimate (self->picture, peer, bps);
  if (self->bitrate == NULL)
    return;
  mb_bitrate_take (self->bitrate, peer, bps, g_get_monotonic_time ());
  adapt (self);
}

/**
 * mb_source_drop_estimate:
 * @peer: is gone, or gets no video any more
 */
void
mb_source_drop_estimate (MbSource *self, gconstpointer peer)
{
  if (self->picture != NULL)
    mb_source_drop_estimate (self->picture, peer);
  if (self->bitrate == NULL)
    return;
  mb_bitrate_forget (self->bitrate, peer);
  adapt (self);
}

static void
mb_source_dispose (GObject *object)
{
  MbSource *self = MB_SOURCE (object);

  if (self->handle != NULL)
    mb_handle_clear (self->handle);
  g_clear_pointer (&self->handle, mb_handle_unref);
  if (self->pipeline != NULL)
    mb_source_stop (self);
  g_clear_pointer (&self->streams, g_ptr_array_unref);
  g_clear_pointer (&self->play, mb_clip_play_free);
  gst_clear_object (&self->pipeline);
  g_clear_pointer (&self->bitrate, mb_bitrate_free);
  g_clear_pointer (&self->spec, mb_pipeline_spec_unref);
  g_clear_pointer (&self->media, mb_media_unref);
  g_clear_object (&self->picture);
  g_clear_object (&self->sound);
  G_OBJECT_CLASS (mb_source_parent_class)->dispose (object);
}

static void
mb_source_class_init (MbSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_source_dispose;

  /**
   * MbSource::failed:
   * @error: (type GError): %MB_ERROR_FAILED, naming the element
   *
   * The pipeline has stopped with an error. The handler may drop the source.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);

  /**
   * MbSource::ended:
   *
   * The source has come to its end, and has stopped. The handler may drop it.
   */
  signals[SIGNAL_ENDED] = g_signal_new (
      "ended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_source_init (MbSource *self)
{
  self->streams = g_ptr_array_new_with_free_func (stream_free);
  self->handle = mb_handle_new (self);
}
