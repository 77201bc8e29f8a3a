/* mb-carrier.c: two ends in one process: media and texts pass once verified, a stranger's do not
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-carrier.h"

#include <string.h>

#include "mb-dtls.h"
#include "mb-error.h"
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
  MbTransport *transport;
  MbCarrier *carrier;
  char *ufrag;       /* (nullable) */
  char *password;    /* (nullable) */
  GPtrArray *early;  /* (element-type utf8) candidates of ours that the other cannot take yet */
  gboolean is_ready; /* was told of the other */
  gboolean is_open;  /* the data channel */
  gboolean is_closed;
  MbFeed *source;
  MbFeed *sink;
  Counter *counter;
  guint16 seq;
  unsigned int events[MB_TRANSPORT_EVENT_ESTIMATE + 1];
  unsigned int n_messages;
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
on_carrier_event (gpointer object, gpointer data)
{
  Peer *self = g_object_get_data (object, "peer");
  const MbCarrierEvent *event = data;

  switch (event->type) {
  case MB_CARRIER_EVENT_LOCAL:
    self->ufrag = g_strdup (event->ufrag);
    self->password = g_strdup (event->password);
    break;
  case MB_CARRIER_EVENT_CANDIDATE:
    if (self->other->is_ready)
      mb_carrier_add_candidate (self->other->carrier, event->text);
    else
      g_ptr_array_add (self->early, g_strdup (event->text));
    break;
  case MB_CARRIER_EVENT_CHANNEL_OPEN:
    self->is_open = TRUE;
    mb_carrier_send_text (self->carrier, "hello");
    break;
  case MB_CARRIER_EVENT_TEXT:
    g_assert_cmpstr (event->text, ==, "hello");
    self->n_messages++;
    break;
  case MB_CARRIER_EVENT_FAILED:
    g_test_message ("failed: %s", event->text);
    break;
  case MB_CARRIER_EVENT_CLOSED:
    self->is_closed = TRUE;
    break;
  case MB_CARRIER_EVENT_REMOTE_SET:
  case MB_CARRIER_EVENT_NONE:
    break;
  }
}

static void
peer_init (Peer *self, Peer *other, MbMedia *media)
{
  self->other = other;
  self->object = g_object_new (G_TYPE_OBJECT, NULL);
  g_object_set_data (self->object, "peer", self);
  self->handle = mb_handle_new (self->object);
  self->early = g_ptr_array_new_with_free_func (g_free);
  self->transport = mb_transport_new (media, self->handle, on_event);
  self->carrier = mb_carrier_new (media, self->transport, &(MbCarrierConfig){.with_loopback = TRUE},
      self->handle, on_carrier_event);

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
  mb_transport_close (self->transport);
  mb_carrier_close (self->carrier);
  mb_carrier_unref (self->carrier);
  mb_transport_unref (self->transport);
  mb_feed_unref (self->source);
  mb_feed_unref (self->sink);
  mb_rtp_port_unref (&self->counter->port);
  g_ptr_array_unref (self->early);
  g_free (self->ufrag);
  g_free (self->password);
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

/* A fingerprint of another certificate differs in each byte; one digit is enough here. */
static void
tell (Peer *self, gboolean is_client, gboolean is_tampered)
{
  g_autofree char *fingerprint = g_strdup (mb_dtls_get_fingerprint ());
  g_autoptr (GError) error = NULL;
  MbCarrierRemote remote = {
      self->other->ufrag, self->other->password, is_client, "sha-256", fingerprint};

  if (is_tampered)
    fingerprint[0] = fingerprint[0] == 'A' ? 'B' : 'A';
  mb_carrier_set_remote (self->carrier, &remote, &error);
  g_assert_no_error (error);
  self->is_ready = TRUE;
  for (unsigned int i = 0; i < self->other->early->len; i++)
    mb_carrier_add_candidate (self->carrier, self->other->early->pdata[i]);
}

static void
negotiate (Fixture *self, gboolean tamper_offerer, gboolean tamper_answerer)
{
  mb_carrier_gather (self->offerer.carrier, TRUE);
  WAIT (self->offerer.ufrag != NULL);
  mb_carrier_gather (self->answerer.carrier, FALSE);
  WAIT (self->answerer.ufrag != NULL);
  tell (&self->answerer, TRUE, tamper_offerer);
  tell (&self->offerer, FALSE, tamper_answerer);
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
  WAIT (a->n_messages == 1 && b->n_messages == 1);
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
  g_assert_cmpuint (refuser->n_messages + refuser->other->n_messages, ==, 0);
  g_assert_false (refuser->is_open || refuser->other->is_open);
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

  MbCarrierRemote remote = {"ufrag", "passwordthatislongenough", TRUE, "sha-1", "00:11"};

  g_assert_false (mb_carrier_set_remote (self->offerer.carrier, &remote, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_SECURITY);
}

static void
test_early_end (Fixture *self, gconstpointer data)
{
  negotiate (self, FALSE, FALSE); /* and go, with the handshake under way */
}

static unsigned int
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  unsigned int n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* The engine's thread is there before the first, and nothing waits for another at the end. */
static void
test_no_threads (Fixture *self, gconstpointer data)
{
  unsigned int before = count_threads ();

  negotiate (self, FALSE, FALSE);
  WAIT (self->offerer.is_open && self->answerer.is_open);
  g_assert_cmpuint (count_threads (), ==, before);
  mb_carrier_close (self->offerer.carrier);
  mb_carrier_close (self->answerer.carrier);
  WAIT (self->offerer.is_closed && self->answerer.is_closed);
}

#define ADD(path, func) g_test_add ("/carrier/" path, Fixture, NULL, set_up, func, tear_down)

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
  ADD ("has-no-threads-of-its-own", test_no_threads);
  return g_test_run ();
}
