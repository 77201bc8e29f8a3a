/* mb-frame-meter.c: a frame counts when it is whole and everything it builds on has come
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-frame-meter.h"

#include "mb-feed-media.h"

#define FRAME_US 33333

typedef struct {
  MbMedia *media;
  MbFeed *feed;
  MbFrameMeter *meter;
  GObject *object;
  MbHandle *handle;
  MbFrameFigures figures;
  gint64 now_us;
  guint16 seq;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->media = mb_media_new_manual ();
  fixture->feed = mb_feed_new (fixture->media, MB_MEDIA_KIND_VIDEO, MB_CODEC_VP8, 0);
  fixture->meter = mb_frame_meter_new (fixture->media, fixture->feed);
  fixture->object = g_object_new (G_TYPE_OBJECT, NULL);
  fixture->handle = mb_handle_new (fixture->object);
  g_object_set_data (fixture->object, "fixture", fixture);
  fixture->now_us = 1000000;
  mb_media_iterate (fixture->media, fixture->now_us);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  mb_frame_meter_free (fixture->meter);
  mb_handle_clear (fixture->handle);
  mb_handle_unref (fixture->handle);
  g_object_unref (fixture->object);
  mb_feed_unref (fixture->feed);
  mb_media_iterate (fixture->media, fixture->now_us);
  mb_media_unref (fixture->media);
}

typedef enum {
  KEY = 1 << 0,
  LAST = 1 << 1, /* of its frame */
  AFTER_LOSS = 1 << 2,
} PacketFlags;

static void
publish (Fixture *fixture, unsigned int flags)
{
  guint8 packet[100];
  guint8 payload[20] = {0x10, (flags & KEY) != 0 ? 0 : 1};
  MbRtpHeader header = {
      .payload_type = 96, .seq = fixture->seq++, .ssrc = 5, .marker = (flags & LAST) != 0};
  gsize size = mb_rtp_write (packet, sizeof packet, &header, payload, sizeof payload);
  g_autoptr (GstBuffer) buffer = gst_buffer_new_memdup (packet, size);

  if ((flags & AFTER_LOSS) != 0)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  mb_feed_publish (fixture->feed, buffer, fixture->now_us);
}

static void
take_figures (gpointer object, gpointer data)
{
  Fixture *fixture = g_object_get_data (object, "fixture");

  fixture->figures = *(MbFrameFigures *) data;
}

static const MbFrameFigures *
look (Fixture *fixture)
{
  fixture->figures.meter = NULL;
  mb_frame_meter_request (fixture->meter, fixture->handle, take_figures);
  mb_media_iterate (fixture->media, fixture->now_us);
  while (fixture->figures.meter == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (fixture->figures.meter == fixture->meter);
  return &fixture->figures;
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpuint (look (fixture)->frames, ==, 0);
  g_assert_cmpint (look (fixture)->first_us, ==, 0);
  publish (fixture, LAST); /* nothing to build on */
  g_assert_cmpuint (look (fixture)->frames, ==, 0);
  publish (fixture, KEY);
  publish (fixture, 0);
  g_assert_cmpuint (look (fixture)->frames, ==, 0);
  fixture->now_us += 5000;
  publish (fixture, LAST);
  g_assert_cmpuint (look (fixture)->frames, ==, 1);
  g_assert_cmpint (look (fixture)->first_us, ==, fixture->now_us);
  publish (fixture, LAST);
  g_assert_cmpuint (look (fixture)->frames, ==, 2);
}

static void
test_loss (Fixture *fixture, gconstpointer data)
{
  publish (fixture, KEY | LAST);
  publish (fixture, LAST | AFTER_LOSS);
  publish (fixture, LAST);
  g_assert_cmpuint (look (fixture)->frames, ==, 1);
  publish (fixture, KEY | AFTER_LOSS);
  publish (fixture, LAST);
  publish (fixture, LAST);
  g_assert_cmpuint (look (fixture)->frames, ==, 3);
}

static void
test_freeze (Fixture *fixture, gconstpointer data)
{
  publish (fixture, KEY | LAST);
  for (int i = 0; i < 40; i++) {
    fixture->now_us += FRAME_US;
    publish (fixture, LAST);
  }
  g_assert_cmpuint (look (fixture)->n_freezes, ==, 0);
  /* Frames come, but cannot be shown. */
  for (int i = 0; i < 30; i++) {
    fixture->now_us += FRAME_US;
    publish (fixture, LAST | AFTER_LOSS);
  }
  g_assert_cmpuint (look (fixture)->n_freezes, ==, 1);
  g_assert_cmpint (look (fixture)->frozen_us, ==, 30 * FRAME_US);
  fixture->now_us += FRAME_US;
  publish (fixture, KEY | LAST);
  g_assert_cmpint (look (fixture)->frozen_us, ==, 31 * FRAME_US);

  mb_frame_meter_pause (fixture->meter);
  look (fixture);
  fixture->now_us += 100 * FRAME_US;
  g_assert_cmpuint (look (fixture)->n_freezes, ==, 1);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  ADD ("/frame-meter/counts-whole-frames-from-a-key-frame-on", test_whole);
  ADD ("/frame-meter/counts-none-after-a-loss-before-a-key-frame", test_loss);
  ADD ("/frame-meter/what-cannot-be-shown-is-a-freeze", test_freeze);
  return g_test_run ();
}
