/* mb-gcc.c: the estimate settles below what a path carries, climbs again, and yields to losses
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A path is a queue with a rate and a length; the source follows the estimate at once. The
 * traces in tests/data/gcc were recorded from real ones.
 */
#include "mb-gcc.h"

#include <stdio.h>

#define MSEC G_GINT64_CONSTANT (1000)
#define PACKET_SIZE 1200
#define FEEDBACK_US (100 * MSEC)
#define FRAME_US 33333

typedef struct {
  /* the path */
  double bps;
  gint64 delay_us;
  gint64 queue_us; /* longest */
  double loss;
  gint64 jitter_us;
  /* its state */
  gint64 free_us; /* when the queue is empty */
  /* the rest */
  MbGcc gcc;
  gint64 now_us;
  gint64 told_us;
  GArray *packets; /* (element-type MbTwccPacket) on their way back as feedback */
  GRand *rand;
  double cap_bps; /* of the source */
  guint64 bits_sent;
  guint64 bits_came;
  guint64 n_sent;
  guint64 n_lost;
} Path;

static void
path_init (Path *self, double bps)
{
  *self = (Path){.bps = bps,
      .delay_us = 20 * MSEC,
      .queue_us = 100 * MSEC,
      .cap_bps = 2500000,
      .now_us = G_GINT64_CONSTANT (10000000)};
  self->packets = g_array_new (FALSE, FALSE, sizeof (MbTwccPacket));
  self->rand = g_rand_new_with_seed (7);
  mb_gcc_init (&self->gcc, 1600000, 100000, 3000000);
}

static void
path_clear (Path *self)
{
  g_array_unref (self->packets);
  g_rand_free (self->rand);
}

static void
send (Path *self, gint64 at_us)
{
  MbTwccPacket packet = {.sent_us = at_us, .size = PACKET_SIZE};

  self->n_sent++;
  self->bits_sent += PACKET_SIZE * 8;
  self->free_us = MAX (self->free_us, at_us);
  if (self->free_us - at_us > self->queue_us || g_rand_double (self->rand) < self->loss) {
    packet.is_lost = TRUE;
    self->n_lost++;
  } else {
    self->free_us += (gint64) (PACKET_SIZE * 8.0 * G_USEC_PER_SEC / self->bps);
    packet.arrived_us = self->free_us + self->delay_us;
    if (self->jitter_us > 0)
      packet.arrived_us += g_rand_int_range (self->rand, 0, (gint32) self->jitter_us);
    self->bits_came += PACKET_SIZE * 8;
  }
  g_array_append_val (self->packets, packet);
}

static void
give_feedback (Path *self)
{
  mb_gcc_take (&self->gcc, (const MbTwccPacket *) (gpointer) self->packets->data,
      self->packets->len, 2 * self->delay_us, self->now_us);
  g_array_set_size (self->packets, 0);
}

/* Frames as a video source makes them, the packets of one paced over the frame's time. */
static void
run (Path *self, double seconds)
{
  gint64 end_us = self->now_us + (gint64) (seconds * G_USEC_PER_SEC);
  double owed = 0;

  self->bits_sent = self->bits_came = self->n_sent = self->n_lost = 0;
  while (self->now_us < end_us) {
    double bps = MIN (mb_gcc_get_bps (&self->gcc), self->cap_bps);
    unsigned int n;

    owed += bps * FRAME_US / G_USEC_PER_SEC / 8 / PACKET_SIZE;
    n = (unsigned int) owed;
    owed -= n;
    for (unsigned int i = 0; i < n; i++)
      send (self, self->now_us + i * 5 * MSEC);
    self->now_us += FRAME_US;
    if (self->now_us - self->told_us >= FEEDBACK_US) {
      self->told_us = self->now_us;
      give_feedback (self);
    }
  }
}

static double
share (const Path *self, double seconds)
{
  return (double) self->bits_sent / seconds / self->bps;
}

static void
test_settles (void)
{
  static const double RATES[] = {300000, 500000, 1000000, 2000000};

  for (gsize i = 0; i < G_N_ELEMENTS (RATES); i++) {
    Path path;

    path_init (&path, RATES[i]);
    run (&path, 10);
    run (&path, 20);
    g_test_message ("%.0f: %.2f of it sent, %.3f lost", RATES[i], share (&path, 20),
        (double) path.n_lost / (double) path.n_sent);
    g_assert_cmpfloat (share (&path, 20), >=, 0.70);
    g_assert_cmpfloat (share (&path, 20), <=, 1.0);
    g_assert_cmpfloat ((double) path.n_lost / (double) path.n_sent, <, 0.03);
    path_clear (&path);
  }
}

static void
test_climbs (void)
{
  Path path;

  path_init (&path, 1000000);
  run (&path, 15);
  path.bps = 10000000;
  run (&path, 15);
  run (&path, 5);
  g_test_message ("%.0f bit/s", (double) path.bits_sent / 5);
  g_assert_cmpfloat ((double) path.bits_sent / 5, >=, 0.95 * path.cap_bps);
  path_clear (&path);
}

static void
test_falls_at_once (void)
{
  Path path;

  path_init (&path, 10000000);
  run (&path, 15);
  path.bps = 700000;
  run (&path, 3);
  run (&path, 5);
  g_assert_cmpfloat (share (&path, 5), <=, 1.0);
  g_assert_cmpfloat (share (&path, 5), >=, 0.6);
  path_clear (&path);
}

static void
test_wide_open (void)
{
  Path path;

  /* Nothing is narrow: no jitter of a busy machine makes it yield. */
  path_init (&path, 100000000);
  path.jitter_us = 12 * MSEC;
  run (&path, 30);
  g_test_message ("%u of 3000000", mb_gcc_get_bps (&path.gcc));
  g_assert_cmpuint (mb_gcc_get_bps (&path.gcc), >=, 1500000);
  path_clear (&path);
}

static void
test_losses (void)
{
  static const struct {
    double loss;
    gboolean yields;
  } ROWS[] = {{0.01, FALSE}, {0.03, FALSE}, {0.06, FALSE}, {0.25, TRUE}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    Path path;

    path_init (&path, 100000000);
    path.loss = ROWS[i].loss;
    run (&path, 20);
    g_test_message ("%.2f lost: %u", ROWS[i].loss, mb_gcc_get_bps (&path.gcc));
    if (ROWS[i].yields)
      g_assert_cmpuint (mb_gcc_get_bps (&path.gcc), <, 800000);
    else
      g_assert_cmpuint (mb_gcc_get_bps (&path.gcc), >=, 1500000);
    path_clear (&path);
  }
}

static void
test_bounds (void)
{
  MbTwccPacket packets[50];
  MbGcc gcc;

  mb_gcc_init (&gcc, 1000000, 100000, 2000000);
  g_assert_cmpuint (mb_gcc_get_bps (&gcc), ==, 1000000);
  mb_gcc_take (&gcc, packets, 0, 0, 1);
  for (unsigned int i = 0; i < 1000; i++) {
    for (unsigned int k = 0; k < G_N_ELEMENTS (packets); k++)
      packets[k] =
          (MbTwccPacket){.sent_us = i * 100000 + k * 1000, .is_lost = TRUE, .size = PACKET_SIZE};
    mb_gcc_take (&gcc, packets, G_N_ELEMENTS (packets), 0, i * 100000);
  }
  g_assert_cmpuint (mb_gcc_get_bps (&gcc), ==, 100000);
}

/* Lines of "sent arrived size", in us, arrived 0 where it was lost; "# bottleneck BPS from S". */
static void
test_trace (gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("data/gcc/%s", (const char *) data);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  double bottleneck = 0;
  double from_s = 0;
  double sum = 0;
  unsigned int n = 0;
  gint64 began_us = 0;
  gint64 told_us = 0;
  g_autoptr (GArray) packets = g_array_new (FALSE, FALSE, sizeof (MbTwccPacket));
  MbGcc gcc;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", 0);
  mb_gcc_init (&gcc, 1600000, 100000, 3000000);
  for (unsigned int i = 0; lines[i] != NULL; i++) {
    MbTwccPacket packet = {0};

    if (sscanf (lines[i], "# bottleneck %lf from %lf", &bottleneck, &from_s) == 2 ||
        sscanf (lines[i], "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %u", &packet.sent_us,
            &packet.arrived_us, &packet.size) != 3)
      continue;
    packet.is_lost = packet.arrived_us == 0;
    began_us = began_us != 0 ? began_us : packet.sent_us;
    told_us = told_us != 0 ? told_us : packet.sent_us;
    g_array_append_val (packets, packet);
    if (packet.sent_us - told_us < FEEDBACK_US)
      continue;
    told_us = packet.sent_us;
    mb_gcc_take (&gcc, (const MbTwccPacket *) (gpointer) packets->data, packets->len, 20 * MSEC,
        packet.sent_us + 50 * MSEC);
    g_array_set_size (packets, 0);
    if ((double) (packet.sent_us - began_us) / G_USEC_PER_SEC >= from_s) {
      sum += mb_gcc_get_bps (&gcc);
      n++;
    }
  }
  g_assert_cmpuint (n, >, 20);
  g_test_message ("%s: mean estimate %.0f of %.0f", (const char *) data, sum / n, bottleneck);
  g_assert_cmpfloat (sum / n, >=, 0.5 * bottleneck);
  g_assert_cmpfloat (sum / n, <=, 1.05 * bottleneck);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gcc/settles-below-the-rate", test_settles);
  g_test_add_func ("/gcc/climbs-when-there-is-room", test_climbs);
  g_test_add_func ("/gcc/falls-when-the-path-narrows", test_falls_at_once);
  g_test_add_func ("/gcc/jitter-is-no-queue", test_wide_open);
  g_test_add_func ("/gcc/few-losses-are-borne-many-are-not", test_losses);
  g_test_add_func ("/gcc/bounds", test_bounds);
  g_test_add_data_func ("/gcc/trace/tbf-1000", "tbf-1000.txt", test_trace);
  return g_test_run ();
}
