/* mb-nice-tap.c: two webrtcbins in one process: media passes beside them, a stranger's does not
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define GST_USE_UNSTABLE_API

#include "mb-nice-tap.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "mb-rtp.h"

#define WATCHDOG_US (20 * G_USEC_PER_SEC)
#define SETTLE_US (500 * 1000) /* in which a stranger's packets would have come */

typedef struct _Peer Peer;

typedef struct {
  MbRtpPort port;
  int n; /* atomic: packets taken */
} Counter;

struct _Peer {
  Peer *other;
  GObject *object;
  MbHandle *handle;
  GstElement *pipeline;
  GstElement *webrtc;
  MbTransport *transport;
  MbNiceTap *tap;
  GObject *channel;  /* (nullable) */
  GPtrArray *early;  /* (element-type utf8) candidates of ours that the other cannot take yet */
  gboolean is_ready; /* has its remote description */
  MbFeed *source;
  MbFeed *sink;
  Counter *counter;
  guint16 seq;
  unsigned int events[MB_TRANSPORT_EVENT_ESTIMATE + 1];
  int n_messages; /* atomic */
  MbTransportStats stats;
  gboolean has_stats;
};

typedef struct {
  MbMedia *media;
  Peer offerer, answerer;
  unsigned int pusher;
} Fixture;

static void
counter_push (MbRtpPort *port, GstBufferList *list)
{
  g_atomic_int_add (&((Counter *) port)->n, (int) gst_buffer_list_length (list));
  gst_buffer_list_unref (list);
}

static void
counter_free (MbRtpPort *port)
{
  g_free (port);
}

static void
on_event (gpointer object, gpointer data)
{
  Peer *self = g_object_get_data (object, "peer");
  MbTransportEvent *event = data;

  if (event->error != NULL)
    g_test_message ("refused: %s", event->error->message);
  self->events[event->type]++;
}

static void
on_stats (gpointer object, gpointer data)
{
  Peer *self = g_object_get_data (object, "peer");

  self->stats = *(MbTransportStats *) data;
  self->has_stats = TRUE;
}

static void
take_candidate (gpointer object, gpointer data)
{
  Peer *self = g_object_get_data (object, "peer");

  if (self->other->is_ready)
    g_signal_emit_by_name (self->other->webrtc, "add-ice-candidate", 0u, data);
  else
    g_ptr_array_add (self->early, g_strdup (data));
}

static void
on_ice_candidate_offmain (
    GstElement *webrtc, unsigned int mline, const char *candidate, MbHandle *handle)
{
  mb_handle_post (handle, take_candidate, g_strdup (candidate), g_free);
}

static void
on_message_offmain (GObject *channel, const char *text, Peer *self)
{
  g_atomic_int_inc (&self->n_messages);
}

static void
on_open_offmain (GObject *channel, Peer *self)
{
  g_signal_emit_by_name (channel, "send-string", "hello");
}

static void
take_channel (Peer *self, GObject *channel)
{
  GstWebRTCDataChannelState state;

  g_signal_connect (channel, "on-message-string", G_CALLBACK (on_message_offmain), self);
  g_signal_connect (channel, "on-open", G_CALLBACK (on_open_offmain), self);
  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    on_open_offmain (channel, self);
}

static void
on_data_channel_offmain (GstElement *webrtc, GObject *channel, Peer *self)
{
  take_channel (self, channel);
}

static void
peer_init (Peer *self, Peer *other, MbMedia *media)
{
  self->other = other;
  self->object = g_object_new (G_TYPE_OBJECT, NULL);
  g_object_set_data (self->object, "peer", self);
  self->handle = mb_handle_new (self->object);
  self->early = g_ptr_array_new_with_free_func (g_free);
  self->pipeline = gst_pipeline_new (NULL);
  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  g_assert_nonnull (self->webrtc);
  gst_util_set_object_arg (G_OBJECT (self->webrtc), "bundle-policy", "max-bundle");
  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  self->transport = mb_transport_new (media, self->handle, on_event);
  self->tap = mb_nice_tap_new (self->transport, self->webrtc);
  g_assert_true (mb_nice_tap_add_loopback (self->tap, TRUE));
  g_signal_connect (
      self->webrtc, "on-ice-candidate", G_CALLBACK (on_ice_candidate_offmain), self->handle);
  g_signal_connect (self->webrtc, "on-data-channel", G_CALLBACK (on_data_channel_offmain), self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);

  self->source = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  self->sink = mb_feed_new (media, MB_MEDIA_KIND_AUDIO, MB_CODEC_OPUS, 0);
  self->counter = g_new0 (Counter, 1);
  mb_rtp_port_init (&self->counter->port, counter_push, counter_free);
  mb_feed_add_port (self->sink, &self->counter->port);
  mb_transport_add_sender (self->transport, &(MbSenderConfig){.kind = MB_MEDIA_KIND_AUDIO,
                                                .codec = MB_CODEC_OPUS,
                                                .payload_type = 111,
                                                .ssrc = 4711,
                                                .feed = self->source});
  mb_transport_add_receiver (self->transport, &(MbReceiverConfig){.kind = MB_MEDIA_KIND_AUDIO,
                                                  .codec = MB_CODEC_OPUS,
                                                  .payload_types = {111},
                                                  .n_payload_types = 1,
                                                  .feed = self->sink});
}

static void
peer_clear (Peer *self)
{
  mb_nice_tap_close (self->tap);
  mb_transport_close (self->transport);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  g_clear_object (&self->channel);
  gst_object_unref (self->pipeline);
  mb_nice_tap_unref (self->tap);
  mb_transport_unref (self->transport);
  mb_feed_unref (self->source);
  mb_feed_unref (self->sink);
  mb_rtp_port_unref (&self->counter->port);
  g_ptr_array_unref (self->early);
  mb_handle_clear (self->handle);
  mb_handle_unref (self->handle);
  g_object_unref (self->object);
}

static void
push_packet (Peer *self)
{
  guint8 packet[200];
  guint8 payload[100] = {1};
  MbRtpHeader header = {
      .payload_type = 96, .seq = self->seq, .timestamp = self->seq * 960u, .ssrc = 5};
  gsize size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  GstBufferList *list = gst_buffer_list_new ();

  self->seq++;
  gst_buffer_list_add (list, gst_buffer_new_memdup (packet, size));
  mb_rtp_port_push (mb_feed_get_port (self->source), list);
}

static gboolean
push_packets (gpointer user_data)
{
  Fixture *self = user_data;

  push_packet (&self->offerer);
  push_packet (&self->answerer);
  return G_SOURCE_CONTINUE;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->media = mb_media_new ();
  peer_init (&self->offerer, &self->answerer, self->media);
  peer_init (&self->answerer, &self->offerer, self->media);
  self->pusher = g_timeout_add (5, push_packets, self);
}

static gboolean
bark (gpointer expired)
{
  *(gboolean *) expired = TRUE;
  return G_SOURCE_REMOVE;
}

static void
run_for (gint64 time_us)
{
  gboolean expired = FALSE;

  g_timeout_add ((unsigned int) (time_us / 1000), bark, &expired);
  while (!expired)
    g_main_context_iteration (NULL, TRUE);
}

#define WAIT(condition)                                                \
  G_STMT_START                                                         \
  {                                                                    \
    gint64 end_us = g_get_monotonic_time () + WATCHDOG_US;             \
    while (!(condition) && g_get_monotonic_time () < end_us)           \
      g_main_context_iteration (NULL, TRUE); /* the pusher wakes it */ \
    g_assert_true (condition);                                         \
  }                                                                    \
  G_STMT_END

static void
tear_down (Fixture *self, gconstpointer data)
{
  /* Packets still flow while the peers go. */
  peer_clear (&self->offerer);
  mb_rtp_port_push (mb_feed_get_port (self->answerer.source), gst_buffer_list_new ());
  g_source_remove (self->pusher);
  peer_clear (&self->answerer);
  mb_media_unref (self->media);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
}

static GstWebRTCSessionDescription *
describe (Peer *self, const char *action, const char *field)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();
  GstWebRTCSessionDescription *description = NULL;

  g_signal_emit_by_name (self->webrtc, action, NULL, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
  gst_structure_get (gst_promise_get_reply (promise), field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
      &description, NULL);
  g_assert_nonnull (description);
  return description;
}

static void
set_description (Peer *self, const char *action, GstWebRTCSessionDescription *description)
{
  g_autoptr (GstPromise) promise = gst_promise_new ();

  g_signal_emit_by_name (self->webrtc, action, description, promise);
  g_assert_cmpint (gst_promise_wait (promise), ==, GST_PROMISE_RESULT_REPLIED);
}

/* A fingerprint of another certificate differs in each byte; one digit is enough here. */
static void
expect (Peer *self, GstWebRTCSessionDescription *description, gboolean is_tampered)
{
  g_autofree char *text = gst_sdp_message_as_text (description->sdp);
  const char *line = strstr (text, "a=fingerprint:");
  g_auto (GStrv) words = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (line);
  words = g_strsplit_set (line + strlen ("a=fingerprint:"), " \r\n", 3);
  if (is_tampered)
    words[1][0] = words[1][0] == 'A' ? 'B' : 'A';
  mb_nice_tap_expect_fingerprint (self->tap, words[0], words[1], &error);
  g_assert_no_error (error);
}

static void
become_ready (Peer *self)
{
  self->is_ready = TRUE;
  for (unsigned int i = 0; i < self->other->early->len; i++)
    g_signal_emit_by_name (self->webrtc, "add-ice-candidate", 0u, self->other->early->pdata[i]);
}

static void
negotiate (Fixture *self, gboolean tamper_offerer, gboolean tamper_answerer)
{
  Peer *a = &self->offerer;
  Peer *b = &self->answerer;
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;
  g_autoptr (GstWebRTCSessionDescription) answer = NULL;

  g_signal_emit_by_name (a->webrtc, "create-data-channel", "chat", NULL, &a->channel);
  g_assert_nonnull (a->channel);
  take_channel (a, a->channel);
  offer = describe (a, "create-offer", "offer");
  set_description (a, "set-local-description", offer);
  expect (b, offer, tamper_offerer);
  set_description (b, "set-remote-description", offer);
  answer = describe (b, "create-answer", "answer");
  set_description (b, "set-local-description", answer);
  expect (a, answer, tamper_answerer);
  set_description (a, "set-remote-description", answer);
  become_ready (a);
  become_ready (b);
}

static void
ask_stats (Peer *self)
{
  self->has_stats = FALSE;
  mb_transport_request_stats (self->transport, self->handle, on_stats);
  WAIT (self->has_stats);
}

static void
test_passes (Fixture *self, gconstpointer data)
{
  Peer *a = &self->offerer;
  Peer *b = &self->answerer;

  negotiate (self, FALSE, FALSE);
  WAIT (a->events[MB_TRANSPORT_EVENT_SECURED] == 1 && b->events[MB_TRANSPORT_EVENT_SECURED] == 1);
  WAIT (g_atomic_int_get (&a->counter->n) > 100 && g_atomic_int_get (&b->counter->n) > 100);
  WAIT (g_atomic_int_get (&a->n_messages) > 0 && g_atomic_int_get (&b->n_messages) > 0);
  ask_stats (a);
  ask_stats (b);

  g_assert_cmpuint (a->events[MB_TRANSPORT_EVENT_FIRST_MEDIA], ==, 1);
  g_assert_cmpuint (b->events[MB_TRANSPORT_EVENT_FIRST_MEDIA], ==, 1);
  g_assert_cmpuint (a->stats.refused, ==, 0);
  g_assert_cmpuint (b->stats.refused, ==, 0);
  g_assert_true (a->stats.secured);
}

static void
test_tampered (Fixture *self, gboolean tamper_offerer)
{
  Peer *refuser = tamper_offerer ? &self->answerer : &self->offerer;

  negotiate (self, tamper_offerer, !tamper_offerer);
  WAIT (refuser->events[MB_TRANSPORT_EVENT_REFUSED] == 1);
  run_for (SETTLE_US);
  ask_stats (refuser);

  g_assert_cmpuint (refuser->events[MB_TRANSPORT_EVENT_SECURED], ==, 0);
  g_assert_cmpuint (refuser->stats.rx_packets + refuser->stats.tx_packets, ==, 0);
  g_assert_cmpuint (refuser->stats.refused, ==, 0); /* none came as far as that */
  g_assert_cmpint (refuser->counter->n + refuser->other->counter->n, ==, 0);
  g_assert_cmpint (refuser->n_messages + refuser->other->n_messages, ==, 0);
}

static void
test_tampered_answer (Fixture *self, gconstpointer data)
{
  test_tampered (self, FALSE);
}

static void
test_tampered_offer (Fixture *self, gconstpointer data)
{
  test_tampered (self, TRUE);
}

static void
test_weak_hash (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mb_nice_tap_expect_fingerprint (self->offerer.tap, "sha-1", "00:11", &error));
  g_assert_nonnull (error);
}

static void
test_early_end (Fixture *self, gconstpointer data)
{
  negotiate (self, FALSE, FALSE); /* and go, with the handshake under way */
}

#define ADD(path, func) g_test_add ("/nice-tap/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("media-and-messages-pass-once-verified", test_passes);
  ADD ("nothing-passes-by-a-tampered-answer", test_tampered_answer);
  ADD ("nothing-passes-by-a-tampered-offer", test_tampered_offer);
  ADD ("a-weak-hash-is-no-fingerprint", test_weak_hash);
  ADD ("ends-during-the-handshake", test_early_end);
  return g_test_run ();
}
