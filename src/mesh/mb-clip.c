/* mb-clip.c: a media file or URI: what is in it, and how it is sent
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   uridecodebin ─ VP8, VP9, H.264, Opus as they are, all else decoded ─ fakesink
 *
 * The first half minute is looked at, once for all bots that send the file. A picture goes out as it is
 * where its codec is one that may be sent, key frames are frequent enough for those who join in the
 * middle, and frames are stored in the order in which they are shown, since RTP has no other.
 */
#include "mb-clip.h"

#include <gio/gio.h>
#include <gst/pbutils/missing-plugins.h>
#include <string.h>

#include "mb-error.h"
#include "mb-h264.h"

#define LOOK (30 * GST_SECOND)
#define PATIENCE (20 * GST_SECOND)
#define KEY_FRAME_GAP_MAX (3100 * GST_MSECOND)
#define OPUS_CHANNELS_MAX 2

/* What leaves the demuxer as it is; H.264 through a parser, which knows its profile. */
#define AS_THEY_ARE "video/x-vp8;video/x-vp9;video/x-h264,parsed=true;audio/x-opus"
#define DECODED "video/x-raw(ANY);audio/x-raw(ANY)"

typedef struct {
  MbCodec codec;
  const char *media_type;
  const char *branch; /* from the demuxer's pad to the payloader */
} Passage;

static const Passage PASSAGES[] = {
    {MB_CODEC_VP8, "video/x-vp8",
        "video/x-vp8 ! queue ! clocksync ! "
        "rtpvp8pay name=video pt=96 mtu=1200 picture-id-mode=15-bit"},
    {MB_CODEC_VP9, "video/x-vp9",
        "video/x-vp9 ! queue ! clocksync ! "
        "rtpvp9pay name=video pt=96 mtu=1200 picture-id-mode=15-bit"},
    {MB_CODEC_H264, "video/x-h264",
        "video/x-h264 ! queue ! h264parse config-interval=-1 ! clocksync ! "
        "rtph264pay name=video pt=96 mtu=1200 config-interval=-1 aggregate-mode=zero-latency"},
    {MB_CODEC_OPUS, "audio/x-opus",
        "audio/x-opus ! queue ! clocksync ! "
        "rtpopuspay name=audio pt=111 mtu=1200 perfect-rtptime=false"},
};

#define ENCODED_VIDEO                                                                     \
  "video/x-raw ! queue ! videoconvert ! videoscale add-borders=true ! videorate ! "       \
  "capsfilter name=size caps=video/x-raw,width=1280,height=720,pixel-aspect-ratio=1/1 ! " \
  "capsfilter name=rate caps=video/x-raw,format=I420,framerate=30/1 ! clocksync ! "       \
  "queue max-size-buffers=3 max-size-bytes=0 max-size-time=0 leaky=downstream ! "         \
  "vp8enc name=venc deadline=1 cpu-used=12 threads=1 lag-in-frames=0 end-usage=cbr "      \
  "target-bitrate=1500000 keyframe-max-dist=60 error-resilient=default buffer-size=1000 " \
  "buffer-initial-size=500 buffer-optimal-size=600 static-threshold=100 ! "               \
  "rtpvp8pay name=video pt=96 mtu=1200 picture-id-mode=15-bit"
#define ENCODED_AUDIO                                                                             \
  "audio/x-raw ! queue ! audioconvert ! audioresample ! "                                         \
  "capsfilter name=sound caps=audio/x-raw,rate=48000,channels=2 ! clocksync ! "                   \
  "opusenc name=aenc tolerance=1000000 bitrate=64000 frame-size=20 complexity=7 inband-fec=true " \
  "packet-loss-percentage=3 ! rtpopuspay name=audio dtx=true pt=111 mtu=1200 perfect-rtptime=false"

#define ENCODER_PARAMETERS                                                   \
  "[Parameter size]\nTarget=size.caps\n[Parameter rate]\nTarget=rate.caps\n" \
  "[Parameter bitrate]\nTarget=venc.target-bitrate\n"                        \
  "[Parameter key-frames]\nTarget=venc.keyframe-max-dist\n"                  \
  "[Control video-bitrate]\nTarget=venc.target-bitrate\nUnit=bit/s\n"        \
  "Minimum=150000\nMaximum=2500000\n"

/* Below complexity 7 Opus does not tell speech from music, and takes all for music, which has no FEC. */
#define SOUND_PARAMETERS                                                        \
  "[Parameter dtx]\nTarget=aenc.dtx\n[Parameter fec]\nTarget=aenc.inband-fec\n" \
  "[Parameter sound]\nTarget=sound.caps\n"

/* A look under way. */
typedef struct {
  MbClip *clip; /* not owned */
  GstElement *pipeline;
  GMutex lock; /* what follows is of the streaming threads */
  GstClockTime last_key;
  GstClockTime last_pts;
  GstClockTime seen;
  gboolean done;
} Look;

/**
 * mb_clip_is_named:
 * @source: what stands behind `--source`
 *
 * Returns: whether it is a file or URI, and no name of a description
 */
gboolean
mb_clip_is_named (const char *source)
{
  return strpbrk (source, "/.:") != NULL;
}

/**
 * mb_clip_to_uri:
 * @source: a path or URI
 *
 * Returns: (transfer full): %NULL with %MB_ERROR_USAGE where there is no such file
 */
char *
mb_clip_to_uri (const char *source, GError **error)
{
  g_autoptr (GFile) file = NULL;

  if (strstr (source, "://") != NULL)
    return g_strdup (source);
  if (!g_file_test (source, G_FILE_TEST_IS_REGULAR)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: there is no such file", source);
    return NULL;
  }
  file = g_file_new_for_path (source);
  return g_file_get_uri (file);
}

static MbCodec
codec_of (const GstStructure *structure)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PASSAGES); i++)
    if (gst_structure_has_name (structure, PASSAGES[i].media_type))
      return PASSAGES[i].codec;
  return MB_CODEC_UNKNOWN;
}

static gboolean
is_ordinary_opus (const GstStructure *structure)
{
  int channels = 1;

  gst_structure_get_int (structure, "channels", &channels);
  return channels <= OPUS_CHANNELS_MAX;
}

/* Both gaps and orders are of frames as they are stored. */
static GstPadProbeReturn
on_frame_offmain (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Look *look = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime pts = GST_BUFFER_PTS (buffer);
  gboolean is_key = !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);

  if (!GST_CLOCK_TIME_IS_VALID (pts))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&look->lock);
  if (GST_CLOCK_TIME_IS_VALID (look->last_pts) && pts < look->last_pts)
    look->clip->is_reordered = TRUE;
  if (GST_CLOCK_TIME_IS_VALID (look->last_key) && pts > look->last_key)
    look->clip->key_frame_gap = MAX (look->clip->key_frame_gap, pts - look->last_key);
  if (is_key)
    look->last_key = pts;
  look->last_pts = pts;
  look->seen = MAX (look->seen, pts);
  if (look->seen >= LOOK && !look->done) {
    look->done = TRUE;
    gst_element_post_message (
        look->pipeline, gst_message_new_application (
                            GST_OBJECT (look->pipeline), gst_structure_new_empty ("enough")));
  }
  g_mutex_unlock (&look->lock);
  return GST_PAD_PROBE_OK;
}

/* A profile that browsers do not decode, and fields instead of frames, are encoded again. */
static void
take_video (MbClip *clip, const GstStructure *structure)
{
  const char *interlaced = gst_structure_get_string (structure, "interlace-mode");

  clip->video = codec_of (structure);
  if (clip->video != MB_CODEC_H264)
    return;
  clip->profile = g_strdup (gst_structure_get_string (structure, "profile"));
  clip->level = mb_h264_parse_level (gst_structure_get_string (structure, "level"));
  if (mb_h264_find_codec (clip->profile) == NULL ||
      (interlaced != NULL && !g_str_equal (interlaced, "progressive")))
    clip->video = MB_CODEC_UNKNOWN;
}

static void
on_pad_added_offmain (GstElement *decoder, GstPad *pad, Look *look)
{
  g_autoptr (GstCaps) now = gst_pad_get_current_caps (pad);
  g_autoptr (GstCaps) caps = now != NULL ? gst_caps_ref (now) : gst_pad_query_caps (pad, NULL);
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  gboolean is_video = g_str_has_prefix (gst_structure_get_name (structure), "video/");
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (look->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, sink_pad);
  g_mutex_lock (&look->lock);
  if (is_video && !look->clip->has_video) {
    look->clip->has_video = TRUE;
    take_video (look->clip, structure);
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_frame_offmain, look, NULL);
  } else if (!is_video && !look->clip->has_audio &&
             g_str_has_prefix (gst_structure_get_name (structure), "audio/")) {
    look->clip->has_audio = TRUE;
    look->clip->audio = is_ordinary_opus (structure) ? codec_of (structure) : MB_CODEC_UNKNOWN;
  }
  g_mutex_unlock (&look->lock);
}

static void
take_missing (GstMessage *message, char **missing)
{
  g_autofree char *what = gst_missing_plugin_message_get_description (message);

  g_free (*missing);
  *missing = g_strdup (what);
}

/* Waits until enough was seen, or all of it. */
static gboolean
run (Look *look, GError **error)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (look->pipeline);
  g_autofree char *missing = NULL;

  gst_element_set_state (look->pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, PATIENCE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_APPLICATION | GST_MESSAGE_ELEMENT);
    g_autoptr (GError) reason = NULL;

    if (message == NULL) {
      g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: nothing comes of it", look->clip->uri);
      return FALSE;
    }
    if (gst_is_missing_plugin_message (message))
      take_missing (message, &missing);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS ||
        GST_MESSAGE_TYPE (message) == GST_MESSAGE_APPLICATION)
      break;
    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
      continue;
    gst_message_parse_error (message, &reason, NULL);
    if (missing != NULL)
      g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
          "%s: GStreamer has no %s; install the package gstreamer1.0-libav or "
          "gstreamer1.0-plugins-ugly",
          look->clip->uri, missing);
    else
      g_set_error (error, MB_ERROR, MB_ERROR_FAILED, "%s: %s", look->clip->uri, reason->message);
    return FALSE;
  }
  if (missing != NULL)
    g_warning ("%s: a part of it is left out, GStreamer has no %s", look->clip->uri, missing);
  return TRUE;
}

static void
clip_clear (gpointer data)
{
  MbClip *self = data;

  g_free (self->uri);
  g_free (self->profile);
}

static GstElement *
make_pipeline (Look *look, GError **error)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (AS_THEY_ARE ";" DECODED);
  GstElement *pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  GstElement *decoder = gst_element_factory_make ("uridecodebin", NULL);

  if (decoder == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
        "GStreamer's element uridecodebin is missing; install the package "
        "gstreamer1.0-plugins-base");
    gst_object_unref (pipeline);
    return NULL;
  }
  g_object_set (decoder, "uri", look->clip->uri, "caps", caps, NULL);
  gst_bin_add (GST_BIN (pipeline), decoder);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (on_pad_added_offmain), look);
  return pipeline;
}

/**
 * mb_clip_new:
 *
 * Looks into the file; waits for that, as long as half a minute of it takes to be read.
 *
 * Returns: (transfer full): NULL with %MB_ERROR_FAILED where it cannot be read or has neither picture
 *   nor sound, %MB_ERROR_UNSUPPORTED where GStreamer lacks something for it
 */
MbClip *
mb_clip_new (const char *uri, GError **error)
{
  g_autoptr (MbClip) self = g_rc_box_new0 (MbClip);
  Look look = {.clip = self, .last_key = GST_CLOCK_TIME_NONE, .last_pts = GST_CLOCK_TIME_NONE};
  gint64 duration = -1;
  gboolean good;

  self->uri = g_strdup (uri);
  self->duration = GST_CLOCK_TIME_NONE;
  look.pipeline = make_pipeline (&look, error);
  if (look.pipeline == NULL)
    return NULL;
  g_mutex_init (&look.lock);
  good = run (&look, error);
  if (good && gst_element_query_duration (look.pipeline, GST_FORMAT_TIME, &duration) &&
      duration > 0)
    self->duration = (GstClockTime) duration;
  gst_element_set_state (look.pipeline, GST_STATE_NULL);
  gst_object_unref (look.pipeline);
  g_mutex_clear (&look.lock);
  if (good && !self->has_video && !self->has_audio) {
    g_set_error (
        error, MB_ERROR, MB_ERROR_FAILED, "%s: there is neither picture nor sound in it", uri);
    good = FALSE;
  }
  return good ? g_steal_pointer (&self) : NULL;
}

MbClip *
mb_clip_ref (MbClip *self)
{
  return g_rc_box_acquire (self);
}

void
mb_clip_unref (MbClip *self)
{
  g_rc_box_release_full (self, clip_clear);
}

/**
 * mb_clip_passes:
 * @codecs: (array zero-terminated=1): which video codecs may be sent
 *
 * Returns: whether its picture is sent as it is
 */
gboolean
mb_clip_passes (const MbClip *self, const char *const *codecs)
{
  g_autofree char *name = g_ascii_strdown (mb_codec_get_name (self->video), -1);

  return self->has_video && self->video != MB_CODEC_UNKNOWN && !self->is_reordered &&
         self->key_frame_gap <= KEY_FRAME_GAP_MAX && g_strv_contains (codecs, name);
}

static const Passage *
find_passage (MbCodec codec)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PASSAGES); i++)
    if (PASSAGES[i].codec == codec)
      return &PASSAGES[i];
  return NULL;
}

/**
 * mb_clip_describe:
 * @codecs: (array zero-terminated=1): which video codecs may be sent
 *
 * Returns: (transfer full): the text of a source description whose element `file` is to get the uri as
 *   a property; nothing of the file's name is in it
 */
char *
mb_clip_describe (const MbClip *self, const char *const *codecs)
{
  gboolean passes = mb_clip_passes (self, codecs);
  const Passage *video = passes ? find_passage (self->video) : NULL;
  const Passage *audio = self->audio != MB_CODEC_UNKNOWN ? find_passage (self->audio) : NULL;
  GString *text = g_string_new ("[Pipeline]\nKind=source\nDescription=A media file\n"
                                "Launch=uridecodebin name=file caps=\"");

  if (video != NULL)
    g_string_append_printf (text, "%s;", video->media_type);
  if (audio != NULL)
    g_string_append_printf (text, "%s;", audio->media_type);
  g_string_append (text, DECODED "\"");
  if (self->has_video)
    g_string_append_printf (text, " file. ! %s", video != NULL ? video->branch : ENCODED_VIDEO);
  if (self->has_audio)
    g_string_append_printf (text, " file. ! %s", audio != NULL ? audio->branch : ENCODED_AUDIO);
  g_string_append (text, "\n[Parameter uri]\nTarget=file.uri\n");
  if (self->has_video && video == NULL)
    g_string_append (text, ENCODER_PARAMETERS);
  if (self->has_audio && audio == NULL)
    g_string_append (text, SOUND_PARAMETERS);
  return g_string_free (text, FALSE);
}
