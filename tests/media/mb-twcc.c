/* mb-twcc.c: what arrived is told as the draft has it, and read again; lost, late and wrapped
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-twcc.h"

#include <string.h>

#define MSEC G_GINT64_CONSTANT (1000)
#define SENT_US G_GINT64_CONSTANT (5000000)
#define OFFSET_US G_GINT64_CONSTANT (77000000) /* between the two clocks */

typedef struct {
  MbTwccArrivals arrivals;
  MbTwccHistory history;
  guint8 data[4096];
  MbRtcpWriter writer;
  MbTwccPacket packets[MB_TWCC_MAX_PACKETS];
  gsize n_packets;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  mb_twcc_arrivals_init (&self->arrivals);
  mb_twcc_history_init (&self->history);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  mb_twcc_history_clear (&self->history);
}

/* The bytes of a feedback reach the sender. */
static void
take (Fixture *self, const guint8 *data, gsize size)
{
  MbRtcpIter iter;
  MbRtcpPacket packet;
  MbRtcpFeedback feedback;

  g_assert_true (mb_rtcp_iter_init (&iter, data, size));
  g_assert_true (mb_rtcp_iter_next (&iter, &packet));
  g_assert_cmpuint (packet.count, ==, MB_RTCP_RTPFB_TWCC);
  g_assert_true (mb_rtcp_get_feedback (&packet, &feedback));
  self->n_packets =
      mb_twcc_history_take (&self->history, &feedback, self->packets, G_N_ELEMENTS (self->packets));
}

static gboolean
tell (Fixture *self)
{
  mb_rtcp_writer_init (&self->writer, self->data, sizeof self->data);
  if (!mb_twcc_arrivals_write (&self->arrivals, &self->writer, 1, 2))
    return FALSE;
  take (self, self->writer.data, self->writer.size);
  return TRUE;
}

static void
test_round_trip (Fixture *self, gconstpointer data)
{
  /* Every third is lost, every tenth comes very late after the one before it. */
  const unsigned int n = 300;
  gint64 arrived_us[300];
  gint64 at_us = SENT_US + OFFSET_US;

  for (unsigned int i = 0; i < n; i++) {
    guint16 seq = mb_twcc_history_add (&self->history, 100 + i, SENT_US + i * MSEC);

    at_us += i % 10 == 0 ? 300 * MSEC : 2250;
    arrived_us[i] = i % 3 == 1 ? 0 : at_us;
    if (arrived_us[i] != 0)
      mb_twcc_arrivals_take (&self->arrivals, seq, at_us);
  }
  g_assert_true (tell (self));

  g_assert_cmpuint (self->n_packets, ==, n);
  for (unsigned int i = 0; i < n; i++) {
    const MbTwccPacket *packet = &self->packets[i];

    g_assert_cmpint (packet->sent_us, ==, SENT_US + i * MSEC);
    g_assert_cmpuint (packet->size, ==, 100 + i);
    g_assert_cmpint (packet->is_lost, ==, arrived_us[i] == 0);
    if (!packet->is_lost) /* on another clock, but as far apart */
      g_assert_cmpint (
          ABS (packet->arrived_us - self->packets[0].arrived_us - (arrived_us[i] - arrived_us[0])),
          <=, 500);
  }
  g_assert_false (tell (self));
}

static void
test_late (Fixture *self, gconstpointer data)
{
  guint16 seqs[4];

  for (unsigned int i = 0; i < 4; i++)
    seqs[i] = mb_twcc_history_add (&self->history, 100, SENT_US + i);
  mb_twcc_arrivals_take (&self->arrivals, seqs[0], SENT_US);
  mb_twcc_arrivals_take (&self->arrivals, seqs[2], SENT_US + MSEC);
  g_assert_true (tell (self));
  g_assert_cmpuint (self->n_packets, ==, 3);
  g_assert_true (self->packets[1].is_lost);
  /* It was only late: told again, and known once. */
  mb_twcc_arrivals_take (&self->arrivals, seqs[1], SENT_US + 2 * MSEC);
  mb_twcc_arrivals_take (&self->arrivals, seqs[3], SENT_US + 3 * MSEC);
  g_assert_true (tell (self));
  g_assert_cmpuint (self->n_packets, ==, 2);
  g_assert_false (self->packets[0].is_lost);
  g_assert_cmpint (self->packets[0].sent_us, ==, SENT_US + 1);
  g_assert_cmpint (self->packets[1].sent_us, ==, SENT_US + 3);
}

static void
test_wraps (Fixture *self, gconstpointer data)
{
  gsize n_told = 0;

  /* Numbers wrap, and the reference time does; each feedback tells of what came since the last. */
  gint64 at_us = ((G_GINT64_CONSTANT (1) << 24) - 100) * 64 * MSEC;

  for (unsigned int i = 0; i < 70000; i++, at_us += 2 * MSEC) {
    guint16 seq = mb_twcc_history_add (&self->history, 100, at_us);

    mb_twcc_arrivals_take (&self->arrivals, seq, at_us + 30 * MSEC);
    if (i % 50 != 49)
      continue;
    g_assert_true (tell (self));
    n_told += self->n_packets;
    for (unsigned int k = 1; k < self->n_packets; k++)
      g_assert_cmpint (
          ABS (self->packets[k].arrived_us - self->packets[k - 1].arrived_us - 2 * MSEC), <=, 250);
  }
  g_assert_cmpuint (n_told, ==, 70000);
}

static void
test_too_many (Fixture *self, gconstpointer data)
{
  for (unsigned int i = 0; i < 5000; i++) {
    guint16 seq = mb_twcc_history_add (&self->history, 100, SENT_US + i);

    if (i % 2 == 0)
      mb_twcc_arrivals_take (&self->arrivals, seq, SENT_US + i * MSEC);
  }
  g_assert_true (tell (self));
  g_assert_cmpuint (self->n_packets, <=, MB_TWCC_MAX_PACKETS);
  g_assert_cmpuint (self->n_packets, >, MB_TWCC_MAX_PACKETS - 10);
  /* The sender begins anew. */
  mb_twcc_arrivals_take (&self->arrivals, 40000, SENT_US);
  mb_twcc_arrivals_take (&self->arrivals, 40001, SENT_US);
  mb_rtcp_writer_init (&self->writer, self->data, sizeof self->data);
  g_assert_true (mb_twcc_arrivals_write (&self->arrivals, &self->writer, 1, 2));
  g_assert_cmpuint (self->writer.size, <, 64);
}

/* As other stacks write it, by hand from the draft's drawings. */
static void
test_by_hand (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *name;
    guint8 bytes[40];
    gsize size;
    const char *fates; /* x arrived, . lost; "" refused */
  } ROWS[] = {
      {"a run", {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 1, 0, 0x20, 3, 4, 4},
          24, ""}, /* a delta is missing */
      {"a run with its deltas",
          {0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 1, 0, 0x20, 3, 4, 4, 4, 0, 0,
              3},
          28, "xxx"},
      {"one bit each",
          {0xaf, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 1, 0, 0xa4, 0, 4, 1}, 24,
          "x..."}, /* 1 0 0 1: its second delta was taken for padding */
      {"two bits each",
          {0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 1, 0, 0xd8, 0x40, 4, 0xff,
              0xff, 8, 0, 2},
          28, "xx.x"},
      {"a status that is reserved",
          {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 1, 0, 0xff, 0xff, 4, 4}, 24,
          ""},
      {"a run of none",
          {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 1, 0, 0x20, 0, 4, 4}, 24, ""},
      {"more statuses than chunks",
          {0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0x20, 4, 4, 4},
          24, ""},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    gsize n_expected = strlen (ROWS[i].fates);

    g_test_message ("%s", ROWS[i].name);
    mb_twcc_history_clear (&self->history);
    mb_twcc_history_init (&self->history);
    for (unsigned int k = 0; k < 8; k++)
      mb_twcc_history_add (&self->history, 100, SENT_US);
    take (self, ROWS[i].bytes, ROWS[i].size);
    if (n_expected == 0) {
      g_assert_cmpuint (self->n_packets, <, 4);
      continue;
    }
    if (i == 2) /* what is there is used */
      n_expected = 3;
    g_assert_cmpuint (self->n_packets, ==, n_expected);
    for (gsize k = 0; k < n_expected; k++)
      g_assert_cmpint (self->packets[k].is_lost, ==, ROWS[i].fates[k] == '.');
  }
}

#define ADD(name, func) g_test_add ("/twcc/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("round-trip", test_round_trip);
  ADD ("late-is-not-lost", test_late);
  ADD ("wraps", test_wraps);
  ADD ("too-many-are-bounded", test_too_many);
  ADD ("by-hand", test_by_hand);
  return g_test_run ();
}
