/* mb-webrtc.c: one webrtcbin as a secure transport, seen from main
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a peer, one for each try to connect: webrtcbin 1.22 has neither rollback nor ICE
 * restart, so a peer that must begin again makes a new one. It only ever sees the reduced SDP with
 * the data-channel section; media passes beside it through the tap. Everything that webrtcbin says
 * from its own threads is copied and posted, so that the signals of this object come on main.
 *
 *   pipeline [ webrtcbin [ nicesrc ─ tap ─ … dtlsdec … sctp ]]
 */
#define GST_USE_UNSTABLE_API

#include "mb-webrtc.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include "mb-error.h"
#include "mb-handle.h"
#include "mb-nice-tap.h"

#define CHANNEL_LABEL "chat"

struct _MbWebrtc {
  GObject parent;

  MbHandle *handle;
  GstElement *pipeline; /* owned */
  GstElement *webrtc;   /* owned by the pipeline, referenced by us */
  MbTransport *transport;
  MbNiceTap *tap;
  GObject *channel; /* (nullable) GstWebRTCDataChannel */
  guint bus_watch_id;
  gboolean channel_open;
  gboolean stopped;
};

enum {
  SIGNAL_DESCRIPTION,
  SIGNAL_REMOTE_SET,
  SIGNAL_CANDIDATE,
  SIGNAL_SECURED,
  SIGNAL_FIRST_MEDIA,
  SIGNAL_SILENCE,
  SIGNAL_GONE,
  SIGNAL_ESTIMATE,
  SIGNAL_CHANNEL_OPEN,
  SIGNAL_CHANNEL_TEXT,
  SIGNAL_FAILED,
  SIGNAL_STOPPED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbWebrtc, mb_webrtc, G_TYPE_OBJECT)

/* What a promise was made for: it travels with the promise and back to main. */
typedef struct {
  MbHandle *handle;
  MbWebrtcStep step;
  GstWebRTCSessionDescription *description; /* (nullable) */
  char *text;                               /* (nullable) */
  char *problem;                            /* (nullable) */
} Reply;

static void
reply_free (gpointer data)
{
  Reply *reply = data;

  g_clear_pointer (&reply->description, gst_webrtc_session_description_free);
  mb_handle_unref (reply->handle);
  g_free (reply->text);
  g_free (reply->problem);
  g_free (reply);
}

static Reply *
reply_new (MbWebrtc *self, MbWebrtcStep step)
{
  Reply *reply = g_new0 (Reply, 1);

  reply->handle = mb_handle_ref (self->handle);
  reply->step = step;
  return reply;
}

static void
emit_failed (MbWebrtc *self, MbWebrtcStep step, const char *problem)
{
  g_autoptr (GError) error =
      g_error_new (MB_ERROR, MB_ERROR_FAILED, "%s", problem != NULL ? problem : "no reason given");

  if (!self->stopped)
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, step, error);
}

/* The reply's `error` may be there and NULL (1.22), which is an error all the same. */
static char *
dup_problem (const GstStructure *structure)
{
  g_autoptr (GError) error = NULL;

  if (structure == NULL)
    return g_strdup ("webrtcbin gave no reply");
  if (!gst_structure_has_field (structure, "error"))
    return NULL;
  gst_structure_get (structure, "error", G_TYPE_ERROR, &error, NULL);
  return g_strdup (error != NULL ? error->message : "webrtcbin refused it without a reason");
}

static void
take_reply (gpointer object, gpointer data)
{
  MbWebrtc *self = object;
  Reply *reply = data;

  if (self->stopped)
    return;
  if (reply->problem != NULL) {
    emit_failed (self, reply->step, reply->problem);
    return;
  }
  if (reply->step == MB_WEBRTC_STEP_REMOTE) {
    g_signal_emit (self, signals[SIGNAL_REMOTE_SET], 0);
    return;
  }
  /* Our own description goes in unchanged; what the peer gets is written around it. */
  g_signal_emit_by_name (
      self->webrtc, "set-local-description", reply->description, (GstPromise *) NULL);
  g_signal_emit (self, signals[SIGNAL_DESCRIPTION], 0, reply->text);
}

static void
on_promise_offmain (GstPromise *promise, gpointer user_data)
{
  Reply *reply = user_data;
  MbHandle *handle = reply->handle;
  const GstStructure *structure = NULL;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED)
    structure = gst_promise_get_reply (promise);
  if (reply->step == MB_WEBRTC_STEP_REMOTE) {
    /* This one answers with no structure at all when it went well. */
    reply->problem = structure != NULL ? dup_problem (structure) : NULL;
  } else {
    reply->problem = dup_problem (structure);
    if (reply->problem == NULL)
      gst_structure_get (structure, reply->step == MB_WEBRTC_STEP_OFFER ? "offer" : "answer",
          GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &reply->description, NULL);
    if (reply->description != NULL)
      reply->text = gst_sdp_message_as_text (reply->description->sdp);
    else if (reply->problem == NULL)
      reply->problem = g_strdup ("webrtcbin made no description");
  }
  mb_handle_post (handle, take_reply, reply, reply_free);
  gst_promise_unref (promise);
}

/* Whoever drops a promise unanswered (teardown) still frees what was made for it: the change
 * function runs for expiry and interruption too. */
static GstPromise *
promise_new (MbWebrtc *self, MbWebrtcStep step)
{
  return gst_promise_new_with_change_func (on_promise_offmain, reply_new (self, step), NULL);
}

static void
take_candidate (gpointer object, gpointer data)
{
  MbWebrtc *self = object;

  if (!self->stopped)
    g_signal_emit (self, signals[SIGNAL_CANDIDATE], 0, (const char *) data);
}

static void
on_ice_candidate_offmain (
    GstElement *webrtc, unsigned int mline, const char *candidate, MbHandle *handle)
{
  mb_handle_post (handle, take_candidate, g_strdup (candidate), g_free);
}

static void
take_state (gpointer object, gpointer data)
{
  MbWebrtc *self = object;
  GstWebRTCPeerConnectionState state;
  GstWebRTCICEConnectionState ice;

  if (self->stopped)
    return;
  g_object_get (self->webrtc, "connection-state", &state, "ice-connection-state", &ice, NULL);
  g_debug ("webrtc %p: connection %d, ice %d", (void *) self, state, ice);
  if (ice == GST_WEBRTC_ICE_CONNECTION_STATE_FAILED)
    emit_failed (self, MB_WEBRTC_STEP_TRANSPORT, "no path to the peer (ICE failed)");
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    emit_failed (self, MB_WEBRTC_STEP_TRANSPORT, "the connection failed");
}

static void
on_state_offmain (GObject *object, GParamSpec *pspec, MbHandle *handle)
{
  mb_handle_post (handle, take_state, NULL, NULL);
}

static void
take_open (gpointer object, gpointer data)
{
  MbWebrtc *self = object;

  /* An incoming channel may be open when it is announced and say so again. */
  if (self->channel_open || self->stopped)
    return;
  self->channel_open = TRUE;
  g_signal_emit (self, signals[SIGNAL_CHANNEL_OPEN], 0);
}

static void
on_channel_open_offmain (GObject *channel, MbHandle *handle)
{
  mb_handle_post (handle, take_open, NULL, NULL);
}

static void
take_text (gpointer object, gpointer data)
{
  MbWebrtc *self = object;

  if (!self->stopped)
    g_signal_emit (self, signals[SIGNAL_CHANNEL_TEXT], 0, (const char *) data);
}

static void
on_channel_text_offmain (GObject *channel, const char *text, MbHandle *handle)
{
  mb_handle_post (handle, take_text, g_strdup (text), g_free);
}

static void
connect_offmain (gpointer object, const char *signal, GCallback callback, MbHandle *handle)
{
  g_signal_connect_data (object, signal, callback, mb_handle_ref (handle),
      (GClosureNotify) (void *) mb_handle_unref, G_CONNECT_DEFAULT);
}

static void
disconnect_offmain (gpointer object, MbHandle *handle)
{
  g_signal_handlers_disconnect_matched (object, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, handle);
}

static void
listen_to_channel (GObject *channel, MbHandle *handle)
{
  connect_offmain (channel, "on-open", G_CALLBACK (on_channel_open_offmain), handle);
  connect_offmain (channel, "on-message-string", G_CALLBACK (on_channel_text_offmain), handle);
}

static void
adopt_channel (MbWebrtc *self, GObject *channel)
{
  GstWebRTCDataChannelState state;

  if (self->channel != NULL)
    disconnect_offmain (self->channel, self->handle);
  g_set_object (&self->channel, channel);
  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    take_open (self, NULL);
}

static void
take_channel (gpointer object, gpointer data)
{
  MbWebrtc *self = object;

  if (!self->stopped)
    adopt_channel (self, data);
}

/* Connected here and not on main: a text may follow before main has looked. */
static void
on_data_channel_offmain (GstElement *webrtc, GObject *channel, MbHandle *handle)
{
  listen_to_channel (channel, handle);
  mb_handle_post (handle, take_channel, g_object_ref (channel), g_object_unref);
}

static void
on_transport_event (gpointer object, gpointer data)
{
  MbWebrtc *self = object;
  const MbTransportEvent *event = data;

  if (self->stopped)
    return;
  switch (event->type) {
  case MB_TRANSPORT_EVENT_SECURED:
    g_signal_emit (self, signals[SIGNAL_SECURED], 0);
    break;
  case MB_TRANSPORT_EVENT_REFUSED:
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, MB_WEBRTC_STEP_TRANSPORT, event->error);
    break;
  case MB_TRANSPORT_EVENT_FIRST_MEDIA:
    g_signal_emit (self, signals[SIGNAL_FIRST_MEDIA], 0, event->id);
    break;
  case MB_TRANSPORT_EVENT_SILENT:
  case MB_TRANSPORT_EVENT_HEARD:
    g_signal_emit (self, signals[SIGNAL_SILENCE], 0, event->type == MB_TRANSPORT_EVENT_SILENT);
    break;
  case MB_TRANSPORT_EVENT_GONE:
    g_signal_emit (self, signals[SIGNAL_GONE], 0);
    break;
  case MB_TRANSPORT_EVENT_ESTIMATE:
    g_signal_emit (self, signals[SIGNAL_ESTIMATE], 0, event->bps);
    break;
  case MB_TRANSPORT_EVENT_NONE:
    break;
  }
}

static gboolean
on_bus_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  MbWebrtc *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *debug = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, &debug);
  g_debug ("webrtc %p: %s (%s)", (void *) self, error->message, debug);
  emit_failed (self, MB_WEBRTC_STEP_TRANSPORT, error->message);
  return G_SOURCE_CONTINUE;
}

/* `stun:host:port` and `turn:user:pass@host:port?…` become the URIs with slashes of webrtcbin. */
static void
add_ice_server (MbWebrtc *self, const char *url)
{
  const char *rest = strchr (url, ':');
  g_autofree char *scheme = g_strndup (url, (gsize) (rest - url));
  g_autofree char *uri = g_strdup_printf ("%s://%s", scheme, rest + 1);
  gboolean added = TRUE;

  if (g_str_has_prefix (scheme, "stun"))
    g_object_set (self->webrtc, "stun-server", uri, NULL);
  else
    g_signal_emit_by_name (self->webrtc, "add-turn-server", uri, &added);
  if (!added)
    g_warning ("the TURN server was not accepted; its form is turn:user:password@host:port");
}

/**
 * mb_webrtc_new:
 * @ice_servers: (nullable): URLs as in RFC 7064 and 7065, with user and password before the host
 *
 * Makes the webrtcbin with its tap and starts it; nothing is sent before a description is made.
 *
 * Returns: (transfer full): the transport, or NULL with %MB_ERROR_FAILED where an element is missing
 */
MbWebrtc *
mb_webrtc_new (MbMedia *media, const char *const *ice_servers, GError **error)
{
  g_autoptr (MbWebrtc) self = g_object_new (MB_TYPE_WEBRTC, NULL);
  g_autoptr (GstBus) bus = NULL;

  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  if (self->webrtc == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_FAILED,
        "GStreamer's webrtcbin is not there: install gstreamer1.0-plugins-bad and "
        "gstreamer1.0-nice");
    return NULL;
  }
  gst_object_ref_sink (self->webrtc);
  g_object_set (self->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  self->transport = mb_transport_new (media, self->handle, on_transport_event);
  self->tap = mb_nice_tap_new (self->transport, self->webrtc);
  mb_nice_tap_add_loopback (self->tap, FALSE);
  for (gsize i = 0; ice_servers != NULL && ice_servers[i] != NULL; i++)
    add_ice_server (self, ice_servers[i]);

  connect_offmain (
      self->webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate_offmain), self->handle);
  connect_offmain (
      self->webrtc, "on-data-channel", G_CALLBACK (on_data_channel_offmain), self->handle);
  connect_offmain (
      self->webrtc, "notify::connection-state", G_CALLBACK (on_state_offmain), self->handle);
  connect_offmain (
      self->webrtc, "notify::ice-connection-state", G_CALLBACK (on_state_offmain), self->handle);

  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch_id = gst_bus_add_watch (bus, on_bus_message, self);
  if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_FAILED, "webrtcbin would not start: are its parts installed?");
    mb_webrtc_stop (self);
    return NULL;
  }
  return g_steal_pointer (&self);
}

static void
make_certificate_offmain (gpointer data, gint64 now_us)
{
  GstElement *element = gst_element_factory_make ("dtlsdec", NULL);

  if (element != NULL)
    gst_object_unref (gst_object_ref_sink (element));
}

/**
 * mb_webrtc_prepare:
 *
 * All webrtcbins of a process share one certificate, made with the first DTLS element there is. Its
 * RSA key takes 0.15 s of CPU, and much longer on a busy machine: so it is made while nobody waits,
 * on the media thread, and the first peer finds it there.
 */
void
mb_webrtc_prepare (MbMedia *media)
{
  mb_media_post (media, make_certificate_offmain, NULL, NULL);
}

/**
 * mb_webrtc_get_transport:
 *
 * Returns: (transfer none): where senders and receivers are added
 */
MbTransport *
mb_webrtc_get_transport (MbWebrtc *self)
{
  return self->transport;
}

/**
 * mb_webrtc_create_offer:
 *
 * Opens the data channel and makes the offer; "description" brings its text.
 */
void
mb_webrtc_create_offer (MbWebrtc *self)
{
  g_autoptr (GObject) channel = NULL;

  g_signal_emit_by_name (self->webrtc, "create-data-channel", CHANNEL_LABEL, NULL, &channel);
  if (channel != NULL) {
    listen_to_channel (channel, self->handle);
    adopt_channel (self, channel);
  }
  g_signal_emit_by_name (
      self->webrtc, "create-offer", NULL, promise_new (self, MB_WEBRTC_STEP_OFFER));
}

/**
 * mb_webrtc_set_remote:
 * @reduced_sdp: the remote description with nothing but its application section
 * @algorithm: hash of @fingerprint, as in the SDP (`sha-256`)
 * @fingerprint: what the peer's certificate must have, `AB:CD:…`
 *
 * "remote-set" follows, or "failed" with %MB_WEBRTC_STEP_REMOTE.
 *
 * Returns: FALSE with %MB_ERROR_BAD_REQUEST where it cannot even be tried
 */
gboolean
mb_webrtc_set_remote (MbWebrtc *self, gboolean is_offer, const char *reduced_sdp,
    const char *algorithm, const char *fingerprint, GError **error)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *message = NULL;

  if (!mb_nice_tap_expect_fingerprint (self->tap, algorithm, fingerprint, error))
    return FALSE;
  if (gst_sdp_message_new_from_text (reduced_sdp, &message) != GST_SDP_OK) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the description cannot be read");
    return FALSE;
  }
  description = gst_webrtc_session_description_new (
      is_offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, message);
  g_signal_emit_by_name (self->webrtc, "set-remote-description", description,
      promise_new (self, MB_WEBRTC_STEP_REMOTE));
  return TRUE;
}

/**
 * mb_webrtc_create_answer:
 *
 * After "remote-set" for an offer; "description" brings the text.
 */
void
mb_webrtc_create_answer (MbWebrtc *self)
{
  g_signal_emit_by_name (
      self->webrtc, "create-answer", NULL, promise_new (self, MB_WEBRTC_STEP_ANSWER));
}

/**
 * mb_webrtc_add_candidate:
 * @candidate: `candidate:…`, already checked
 *
 * webrtcbin's only section is the first, whatever section the peer named.
 */
void
mb_webrtc_add_candidate (MbWebrtc *self, const char *candidate)
{
  g_signal_emit_by_name (self->webrtc, "add-ice-candidate", 0, candidate);
}

/**
 * mb_webrtc_send_text:
 *
 * Returns: FALSE where no channel is open
 */
gboolean
mb_webrtc_send_text (MbWebrtc *self, const char *text)
{
  if (!self->channel_open || self->stopped)
    return FALSE;
  g_signal_emit_by_name (self->channel, "send-string", text);
  return TRUE;
}

static void
take_stopped (gpointer object, gpointer data)
{
  MbWebrtc *self = object;

  g_debug ("webrtc %p: stopped", (void *) self);
  g_signal_emit (self, signals[SIGNAL_STOPPED], 0);
  g_object_unref (self); /* the reference that mb_webrtc_stop() took */
}

static void
stop_pipeline_offmain (GstElement *pipeline, gpointer handle)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  mb_handle_post (handle, take_stopped, NULL, NULL);
}

/**
 * mb_webrtc_stop:
 *
 * Ends it without waiting; says "stopped" when its threads are gone, and no other signal from here
 * on. It keeps itself alive until then. Calling it again does nothing.
 */
void
mb_webrtc_stop (MbWebrtc *self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_clear_handle_id (&self->bus_watch_id, g_source_remove);
  disconnect_offmain (self->webrtc, self->handle);
  if (self->channel != NULL)
    disconnect_offmain (self->channel, self->handle);
  mb_nice_tap_close (self->tap);
  mb_transport_close (self->transport);
  g_object_ref (self);
  gst_element_call_async (self->pipeline, stop_pipeline_offmain, mb_handle_ref (self->handle),
      (GDestroyNotify) mb_handle_unref);
}

static void
mb_webrtc_dispose (GObject *object)
{
  MbWebrtc *self = MB_WEBRTC (object);

  g_assert (self->stopped || self->webrtc == NULL);
  if (self->handle != NULL)
    mb_handle_clear (self->handle);
  g_clear_object (&self->channel);
  g_clear_pointer (&self->tap, mb_nice_tap_unref);
  g_clear_pointer (&self->transport, mb_transport_unref);
  g_clear_object (&self->webrtc);
  g_clear_object (&self->pipeline);
  g_clear_pointer (&self->handle, mb_handle_unref);
  G_OBJECT_CLASS (mb_webrtc_parent_class)->dispose (object);
}

static void
mb_webrtc_class_init (MbWebrtcClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mb_webrtc_dispose;

  /**
   * MbWebrtc::description:
   * @text: our reduced description, already set as the local one
   */
  signals[SIGNAL_DESCRIPTION] = g_signal_new (
      "description", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_REMOTE_SET] =
      g_signal_new ("remote-set", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::candidate:
   * @text: a local candidate; comes after the description it belongs to
   */
  signals[SIGNAL_CANDIDATE] = g_signal_new (
      "candidate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * MbWebrtc::secured:
   *
   * The peer's certificate is the one it announced; media and messages may pass.
   */
  signals[SIGNAL_SECURED] =
      g_signal_new ("secured", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::first-media:
   * @id: the receiver of the transport that got its first packet
   */
  signals[SIGNAL_FIRST_MEDIA] = g_signal_new (
      "first-media", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  /**
   * MbWebrtc::silence:
   * @is_silent: no media came for 5 s; or it does again
   */
  signals[SIGNAL_SILENCE] = g_signal_new (
      "silence", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  /**
   * MbWebrtc::gone:
   *
   * Not a packet came for 15 s, of a peer that had sent some. Said each second while it is so; the
   * handler may stop and drop the emitter.
   */
  signals[SIGNAL_GONE] =
      g_signal_new ("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::estimate:
   * @bps: how much video the path to the peer carries, in bits a second
   */
  signals[SIGNAL_ESTIMATE] = g_signal_new (
      "estimate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SIGNAL_CHANNEL_OPEN] =
      g_signal_new ("channel-open", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CHANNEL_TEXT] = g_signal_new (
      "channel-text", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * MbWebrtc::failed:
   * @step: an #MbWebrtcStep, where
   * @error: why; %MB_ERROR_SECURITY where the certificate was refused
   *
   * The handler may stop and drop the emitter.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_ERROR);
  signals[SIGNAL_STOPPED] =
      g_signal_new ("stopped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_webrtc_init (MbWebrtc *self)
{
  self->handle = mb_handle_new (self);
  self->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
}
