/* mb-transport.c: two transports back to back: media passes, loss is repaired, strangers do not pass
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-transport.h"

#include "mb-transport-media.h"

#define STEP_US 5000
#define FRAME_SIZE 3 /* packets */

static const guint8 KEY_A[MB_TRANSPORT_KEY_SIZE] = "an A key and its salt, thirty";
static const guint8 KEY_B[MB_TRANSPORT_KEY_SIZE] = "a B key and its salt, thirty.";

typedef struct _Side Side;

/* Carries one side's packets to the other, but for those it loses. */
typedef struct {
  MbTransportIo io;
  Side *side;
} Wire;

struct _Side {
  Side *peer;
  MbTransport *transport;
  MbHandle *handle;
  GObject *object;
  unsigned int n_sent;
  unsigned int lose_every; /* 0 means none */
  gboolean wire_freed;
  unsigned int events[MB_TRANSPORT_EVENT_ESTIMATE + 1];
  MbTransportStats *stats; /* of its last answer; streams by value below */
  MbStreamStats streams[8];
  MbTransportStats stats_value;
};

/* Takes a feed's packets as an mbrtpsrc would. */
typedef struct {
  MbRtpPort port;
  unsigned int n;
  unsigned int n_lists;
  unsigned int n_wrong; /* not the number after the last */
  guint16 last_seq;
  GstClockTime last_pts;
  guint8 first_byte; /* of the first packet's payload */
} Tap;

typedef struct {
  MbMedia *media;
  Side a, b;
  gint64 now_us;
  MbFeed *source; /* published by hand, sent by A */
  MbFeed *sink;   /* published by B's receiver */
  Tap *tap;
  guint16 seq;
  guint32 timestamp;
  gboolean key_wanted;
  unsigned int n_key_requests;
  unsigned int n_frames;
} Fixture;

static void
wire_send (MbTransportIo *io, const MbDatagram *datagrams, unsigned int n_datagrams)
{
  Side *side = ((Wire *) io)->side;

  for (unsigned int i = 0; i < n_datagrams; i++) {
    side->n_sent++;
    if (side->lose_every != 0 && side->n_sent % side->lose_every == 0)
      continue;
    mb_transport_receive (
        side->peer->transport, gst_buffer_new_memdup (datagrams[i].data, datagrams[i].size));
  }
}

static void
wire_free (MbTransportIo *io)
{
  ((Wire *) io)->side->wire_freed = TRUE;
  g_free (io);
}

static void
on_event (gpointer object, gpointer data)
{
  Side *side = g_object_get_data (object, "side");
  MbTransportEvent *event = data;

  g_assert_true (event->transport == side->transport);
  g_assert_cmpint (event->error != NULL, ==, event->type == MB_TRANSPORT_EVENT_REFUSED);
  side->events[event->type]++;
}

static void
on_stats (gpointer object, gpointer data)
{
  Side *side = g_object_get_data (object, "side");
  MbTransportStats *stats = data;

  side->stats_value = *stats;
  for (unsigned int i = 0; i < stats->n_streams; i++)
    side->streams[i] = stats->streams[i];
}

static void
tap_push (MbRtpPort *port, GstBufferList *list)
{
  Tap *self = (Tap *) port;

  self->n_lists++;
  for (unsigned int i = 0; i < gst_buffer_list_length (list); i++) {
    GstBuffer *buffer = gst_buffer_list_get (list, i);
    GstMapInfo map;
    MbRtp rtp;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_true (mb_rtp_parse (&rtp, map.data, map.size));
    if (self->n == 0)
      self->first_byte = rtp.payload[0];
    else if (rtp.seq != (guint16) (self->last_seq + 1))
      self->n_wrong++;
    self->last_seq = rtp.seq;
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), >=, self->last_pts);
    self->last_pts = GST_BUFFER_PTS (buffer);
    self->n++;
    gst_buffer_unmap (buffer, &map);
  }
  gst_buffer_list_unref (list);
}

static void
tap_free (MbRtpPort *port)
{
  g_free (port);
}

static void
on_key_wanted (gpointer object, gpointer data)
{
  Fixture *self = g_object_get_data (object, "fixture");

  g_assert_true (data == self->source);
  self->key_wanted = TRUE;
  self->n_key_requests++;
}

static void
side_init (Side *self, Side *peer, Fixture *fixture)
{
  Wire *wire = g_new0 (Wire, 1);

  self->peer = peer;
  self->object = g_object_new (G_TYPE_OBJECT, NULL);
  g_object_set_data (self->object, "side", self);
  g_object_set_data (self->object, "fixture", fixture);
  self->handle = mb_handle_new (self->object);
  self->transport = mb_transport_new (fixture->media, self->handle, on_event);
  *wire = (Wire){{wire_send, wire_free}, self};
  mb_transport_set_io (self->transport, &wire->io);
}

static void
drain_main (void)
{
  while (g_main_context_iteration (NULL, FALSE)) {
  }
}

static void
side_clear (Side *self)
{
  mb_transport_unref (self->transport);
  mb_handle_clear (self->handle);
  mb_handle_unref (self->handle);
  g_object_unref (self->object);
}

static void
step (Fixture *self, unsigned int n)
{
  for (unsigned int i = 0; i < n; i++) {
    self->now_us += STEP_US;
    mb_media_iterate (self->media, self->now_us);
    drain_main ();
  }
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->media = mb_media_new_manual ();
  self->now_us = 1000000;
  self->timestamp = 4294960000u; /* wraps soon */
  self->seq = 65500;
  side_init (&self->a, &self->b, self);
  side_init (&self->b, &self->a, self);
  self->source = mb_feed_new (self->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  self->sink = mb_feed_new (self->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  mb_feed_set_key_frame_handler (self->source, self->a.handle, on_key_wanted);
  self->tap = g_new0 (Tap, 1);
  mb_rtp_port_init (&self->tap->port, tap_push, tap_free);
  mb_feed_add_port (self->sink, &self->tap->port);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_transport_close (self->a.transport);
  mb_transport_close (self->a.transport);
  step (self, 1);
  g_assert_true (self->a.wire_freed);
  mb_feed_unref (self->source);
  mb_feed_unref (self->sink);
  mb_rtp_port_unref (&self->tap->port);
  mb_media_unref (self->media); /* shuts B's, which is still open */
  g_assert_true (self->b.wire_freed);
  drain_main ();
  side_clear (&self->a);
  side_clear (&self->b);
}

static void
connect_keys (Fixture *self)
{
  mb_transport_secure (self->a.transport, KEY_B, KEY_A);
  mb_transport_secure (self->b.transport, KEY_A, KEY_B);
}

static unsigned int
add_video_sender (Fixture *self)
{
  return mb_transport_add_sender (
      self->a.transport, &(MbSenderConfig){.kind = MB_MEDIA_KIND_VIDEO,
                             .codec = MB_CODEC_VP8,
                             .payload_type = 100,
                             .ssrc = 0xa0a0a0a0,
                             .cname = "a",
                             .mid = "v",
                             .mid_extension_id = 3,
                             .feedback = MB_FEEDBACK_NACK | MB_FEEDBACK_PLI,
                             .feed = self->source});
}

static MbReceiverConfig
video_receiver (Fixture *self)
{
  return (MbReceiverConfig){.kind = MB_MEDIA_KIND_VIDEO,
      .codec = MB_CODEC_VP8,
      .payload_types = {100},
      .n_payload_types = 1,
      .ssrc = 0xa0a0a0a0,
      .mid = "v",
      .mid_extension_id = 3,
      .feedback = MB_FEEDBACK_NACK | MB_FEEDBACK_PLI | MB_FEEDBACK_REMB,
      .feed = self->sink};
}

/* What a source's pipeline does: a key frame when it is asked for one, else a delta frame. */
static void
push_frame (Fixture *self)
{
  GstBufferList *list = gst_buffer_list_new ();
  gboolean is_key = self->key_wanted;

  for (int i = 0; i < FRAME_SIZE; i++) {
    guint8 packet[1200] = {0};
    guint8 payload[1000] = {0};
    MbRtpHeader header = {.marker = i == FRAME_SIZE - 1,
        .payload_type = 96,
        .seq = self->seq++,
        .timestamp = self->timestamp,
        .ssrc = 77};
    gsize size;
    GstBuffer *buffer;

    payload[0] = i == 0 ? 0x10 : 0x00;
    payload[1] = is_key ? 0x00 : 0x01;
    size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
    buffer = gst_buffer_new_memdup (packet, size);
    GST_BUFFER_PTS (buffer) = self->n_frames * GST_SECOND / 30;
    gst_buffer_list_add (list, buffer);
  }
  self->key_wanted = FALSE;
  self->timestamp += 3000;
  self->n_frames++;
  mb_rtp_port_push (mb_feed_get_port (self->source), list);
}

static void
run_frames (Fixture *self, unsigned int n)
{
  for (unsigned int i = 0; i < n; i++) {
    push_frame (self);
    step (self, 7); /* 35 ms */
  }
}

static void
ask_stats (Fixture *self)
{
  mb_transport_request_stats (self->a.transport, self->a.handle, on_stats);
  mb_transport_request_stats (self->b.transport, self->b.handle, on_stats);
  step (self, 1);
}

static void
test_passes (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);

  add_video_sender (self);
  mb_transport_add_receiver (self->b.transport, &config);
  run_frames (self, 5);
  g_assert_cmpuint (self->a.n_sent + self->b.n_sent, ==, 0); /* nothing before the keys */
  connect_keys (self);
  run_frames (self, 100);
  ask_stats (self);

  g_assert_cmpuint (self->a.events[MB_TRANSPORT_EVENT_SECURED], ==, 1);
  g_assert_cmpuint (self->b.events[MB_TRANSPORT_EVENT_FIRST_MEDIA], ==, 1);
  g_assert_cmpuint (self->tap->n_wrong, ==, 0);
  g_assert_cmpuint (self->tap->n, >=, 98 * FRAME_SIZE);
  g_assert_cmpuint (self->tap->n_lists, <, self->tap->n);
  g_assert_cmpuint (self->tap->first_byte, ==, 0x10); /* begins with the key frame asked for */
  g_assert_cmpuint (self->n_key_requests, ==, 1);
  g_assert_cmpuint (self->b.streams[0].packets, ==, self->tap->n);
  g_assert_cmpuint (self->b.streams[0].lost, ==, 0);
  g_assert_cmpuint (self->b.streams[0].frames, ==, self->tap->n / FRAME_SIZE);
  g_assert_cmpuint (self->b.streams[0].key_frames, ==, 1);
  g_assert_cmpuint (self->a.streams[0].packets, ==, self->tap->n);
  g_assert_cmpuint (self->a.streams[0].remb_bps, >, 2400000);
  g_assert_cmpuint (self->a.streams[0].lost, ==, 0);
  g_assert_cmpint (self->b.stats_value.idle_us, >=, 0);
  g_assert_cmpuint (self->b.stats_value.refused, ==, 0);
}

static void
test_loss (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);

  add_video_sender (self);
  mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  step (self, 1);
  self->a.lose_every = 9; /* resends too */
  run_frames (self, 200);
  step (self, 200);
  ask_stats (self);

  g_assert_cmpuint (self->tap->n_wrong, ==, 0);
  g_assert_cmpuint (self->tap->n, ==, self->a.streams[0].packets);
  g_assert_cmpuint (self->b.streams[0].lost, ==, 0);
  g_assert_cmpuint (self->b.streams[0].recovered, >, 50);
  g_assert_cmpuint (self->a.streams[0].recovered, >=, self->b.streams[0].recovered);
}

static void
test_unrepaired (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);
  unsigned int n_before;

  config.feedback = MB_FEEDBACK_PLI;
  add_video_sender (self);
  mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  run_frames (self, 30);
  n_before = self->n_key_requests;
  self->a.lose_every = 50;
  run_frames (self, 30);
  self->a.lose_every = 0;
  run_frames (self, 60);
  ask_stats (self);

  /* What is lost stays lost, the rest flows on, and a key frame mends the picture. */
  g_assert_cmpuint (self->b.streams[0].lost, >, 0);
  g_assert_cmpuint (self->tap->n_wrong, >, 0);
  g_assert_cmpuint (self->n_key_requests, >, n_before);
  g_assert_cmpuint (self->n_key_requests, <, n_before + 8);
  g_assert_cmpuint (self->b.streams[0].key_frames, >, 1);
  g_assert_cmpuint (self->a.streams[0].plis, ==, self->b.streams[0].plis);
}

static void
test_key_frame_asked (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);
  unsigned int id;

  add_video_sender (self);
  id = mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  run_frames (self, 30);
  for (int i = 0; i < 20; i++) {
    mb_transport_request_key_frame (self->b.transport, id);
    mb_feed_request_key_frame (self->sink);
    run_frames (self, 1); /* 35 ms */
  }
  ask_stats (self);

  /* 700 ms of asking beside the first one: three that come at once, and then one every 500 ms. */
  g_assert_cmpuint (self->n_key_requests, >=, 3);
  g_assert_cmpuint (self->n_key_requests, <=, 5);
  run_frames (self, 60);
  self->n_key_requests = 0;
  for (int i = 0; i < 86; i++) {
    mb_transport_request_key_frame (self->b.transport, id);
    run_frames (self, 1);
  }
  g_assert_cmpuint (self->n_key_requests, <=, 9); /* in 3 s */
}

/* Each request by itself is answered with the next frame, in whichever form it comes. */
static void
test_key_frame_soon (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);
  unsigned int id;

  config.feedback = data != NULL ? MB_FEEDBACK_FIR : MB_FEEDBACK_PLI;
  add_video_sender (self);
  id = mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  run_frames (self, 60);
  for (int i = 0; i < 5; i++) {
    unsigned int n_before = self->n_key_requests;

    mb_transport_request_key_frame (self->b.transport, id);
    run_frames (self, 5); /* 175 ms */
    g_assert_cmpuint (self->n_key_requests, ==, n_before + 1);
    run_frames (self, 15);
  }
}

static void
test_wrong_keys (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);

  add_video_sender (self);
  mb_transport_add_receiver (self->b.transport, &config);
  mb_transport_secure (self->a.transport, KEY_B, KEY_A);
  mb_transport_secure (self->b.transport, KEY_B, KEY_B);
  run_frames (self, 30);
  ask_stats (self);

  g_assert_cmpuint (self->a.n_sent, >, 30);
  g_assert_cmpuint (self->tap->n, ==, 0);
  g_assert_cmpuint (self->b.stats_value.rx_packets, ==, 0);
  g_assert_cmpuint (self->b.stats_value.refused, ==, self->a.n_sent);
  g_assert_cmpuint (self->b.events[MB_TRANSPORT_EVENT_FIRST_MEDIA], ==, 0);
}

static void
test_late_receiver (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);

  add_video_sender (self);
  connect_keys (self);
  run_frames (self, 3);
  mb_transport_add_receiver (self->b.transport, &config);
  run_frames (self, 3);

  g_assert_cmpuint (self->tap->n, ==, 5 * FRAME_SIZE); /* from the key frame on */
  g_assert_cmpuint (self->tap->n_wrong, ==, 0);
}

typedef struct {
  const char *what;
  guint32 ssrc;
  const char *mid;
  guint8 payload_type;
  gboolean passes;
} Case;

static const Case CASES[] = {
    {"by ssrc", 0xa0a0a0a0, NULL, 100, TRUE},
    {"by mid", 0, "v", 100, TRUE},
    {"by mid, the description's ssrc is another", 5, "v", 100, TRUE},
    {"by payload type", 0, NULL, 100, TRUE},
    {"other ssrc", 5, NULL, 100, FALSE},
    {"other payload type", 0xa0a0a0a0, "v", 101, FALSE},
    {"other mid, but the only one of its type", 0, "w", 100, TRUE},
};

static void
test_demux (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    Fixture fixture = {.now_us = 0};
    MbReceiverConfig config;

    g_test_message ("%s", CASES[i].what);
    set_up (&fixture, NULL);
    config = video_receiver (&fixture);
    config.ssrc = CASES[i].ssrc;
    config.mid = CASES[i].mid;
    config.payload_types[0] = CASES[i].payload_type;
    mb_transport_add_receiver (fixture.b.transport, &config);
    add_video_sender (&fixture);
    connect_keys (&fixture);
    run_frames (&fixture, 4);
    ask_stats (&fixture);
    g_assert_cmpint (fixture.tap->n > 0, ==, CASES[i].passes);
    g_assert_cmpint (fixture.b.stats_value.unknown > 0, ==, !CASES[i].passes);
    tear_down (&fixture, NULL);
  }
}

static void
test_garbage (Fixture *self, gconstpointer data)
{
  MbReceiverConfig config = video_receiver (self);
  g_autoptr (GRand) random = g_rand_new_with_seed (42);

  mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  for (int i = 0; i < 2000; i++) {
    gsize size = (gsize) g_rand_int_range (random, 1, 2500);
    g_autofree guint8 *junk = g_malloc (size);

    for (gsize k = 0; k < size; k++)
      junk[k] = (guint8) g_rand_int (random);
    junk[0] = 0x80;
    mb_transport_receive (self->b.transport, gst_buffer_new_memdup (junk, size));
    if (i % 100 == 0)
      step (self, 1);
  }
  ask_stats (self);

  g_assert_cmpuint (self->b.stats_value.refused, ==, 2000);
}

static void
test_overflow (Fixture *self, gconstpointer data)
{
  connect_keys (self);
  step (self, 1);
  for (int i = 0; i < 2048 + 5; i++)
    mb_transport_receive (self->b.transport, gst_buffer_new_memdup ("\x80", 1));
  ask_stats (self);

  g_assert_cmpuint (self->b.stats_value.overflow, ==, 5);
}

static void
test_silent_newcomer (Fixture *self, gconstpointer data)
{
  Side silent = {.n_sent = 0};
  Side nobody = {.n_sent = 0};
  MbReceiverConfig config = video_receiver (self);
  unsigned int n_before;

  add_video_sender (self);
  mb_transport_add_receiver (self->b.transport, &config);
  connect_keys (self);
  run_frames (self, 30);
  n_before = self->tap->n;

  /* A second peer takes the same feed and never gets as far as its keys. */
  side_init (&silent, &nobody, self);
  mb_transport_add_sender (silent.transport, &(MbSenderConfig){.kind = MB_MEDIA_KIND_VIDEO,
                                                 .codec = MB_CODEC_VP8,
                                                 .payload_type = 96,
                                                 .ssrc = 1,
                                                 .feed = self->source});
  run_frames (self, 30);

  g_assert_cmpuint (self->tap->n, ==, n_before + 30 * FRAME_SIZE);
  g_assert_cmpuint (silent.n_sent, ==, 0);
  mb_transport_close (silent.transport);
  step (self, 1);
  side_clear (&silent);
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  mb_transport_refuse (self->a.transport, g_error_new_literal (G_FILE_ERROR, 0, "not who it says"));
  step (self, 1);

  g_assert_cmpuint (self->a.events[MB_TRANSPORT_EVENT_REFUSED], ==, 1);
}

#define ADD(path, func) g_test_add ("/transport/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  ADD ("media-passes-once-secured", test_passes);
  ADD ("lost-packets-are-resent", test_loss);
  ADD ("what-cannot-be-resent-costs-a-key-frame", test_unrepaired);
  ADD ("key-frame-requests-are-merged", test_key_frame_asked);
  ADD ("a-pli-is-answered-soon", test_key_frame_soon);
  g_test_add (
      "/transport/a-fir-is-answered-soon", Fixture, "FIR", set_up, test_key_frame_soon, tear_down);
  ADD ("wrong-keys-do-not-pass", test_wrong_keys);
  ADD ("packets-wait-for-their-receiver", test_late_receiver);
  g_test_add_func ("/transport/streams-find-their-receiver", test_demux);
  ADD ("garbage-is-refused", test_garbage);
  ADD ("the-queue-is-bounded", test_overflow);
  ADD ("a-silent-newcomer-delays-nobody", test_silent_newcomer);
  ADD ("a-refusal-is-told", test_refused);
  return g_test_run ();
}
