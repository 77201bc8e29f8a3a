/* mb-sctp.c: messages arrive whole, in order and once, whatever the path does to the packets
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sctp.h"

#include <string.h>

#include "mb-sctp-packet.h"

#define PORT 5000
#define STEP_US 100000

typedef struct _End End;

struct _End {
  MbSctp *sctp;
  GQueue out; /* (element-type GBytes) on their way to the other */
  gboolean is_open;
  gboolean is_closed;
  GPtrArray *received; /* (element-type GBytes) */
  guint16 last_stream;
  guint32 last_protocol;
};

typedef struct {
  End a, b;
  gint64 now_us;
  unsigned int n_sent;
  unsigned int lose_each; /* 0 means none */
  gboolean reorder;
  gboolean repeat;
} Fixture;

static void
on_send (gpointer user_data, const guint8 *packet, gsize size)
{
  g_assert_cmpuint (size, <=, 1150);
  g_queue_push_tail (&((End *) user_data)->out, g_bytes_new (packet, size));
}

static void
on_open (gpointer user_data)
{
  End *self = user_data;

  g_assert_false (self->is_open);
  self->is_open = TRUE;
}

static void
on_receive (gpointer user_data, guint16 stream, guint32 protocol, const guint8 *data, gsize size)
{
  End *self = user_data;

  self->last_stream = stream;
  self->last_protocol = protocol;
  g_ptr_array_add (self->received, g_bytes_new (data, size));
}

static void
on_close (gpointer user_data)
{
  End *self = user_data;

  g_assert_false (self->is_closed);
  self->is_closed = TRUE;
}

static void
end_init (End *self)
{
  static const MbSctpEvents events = {on_send, on_open, on_receive, on_close};

  g_queue_init (&self->out);
  self->received = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->sctp = mb_sctp_new (&events, self, PORT);
}

static void
end_clear (End *self)
{
  mb_sctp_free (self->sctp);
  g_queue_clear_full (&self->out, (GDestroyNotify) g_bytes_unref);
  g_ptr_array_unref (self->received);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->now_us = 1000000;
  end_init (&self->a);
  end_init (&self->b);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  end_clear (&self->a);
  end_clear (&self->b);
}

static void
carry (Fixture *self, End *from, End *to)
{
  while (!g_queue_is_empty (&from->out)) {
    GBytes *bytes = self->reorder ? g_queue_pop_tail (&from->out) : g_queue_pop_head (&from->out);
    gsize size = 0;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    self->n_sent++;
    if (self->lose_each == 0 || self->n_sent % self->lose_each != 0)
      mb_sctp_take (to->sctp, data, size, self->now_us);
    if (self->repeat)
      mb_sctp_take (to->sctp, data, size, self->now_us);
    g_bytes_unref (bytes);
  }
}

/* So many tenths of a second. */
static void
run (Fixture *self, unsigned int n_steps)
{
  for (unsigned int i = 0; i < n_steps; i++) {
    while (!g_queue_is_empty (&self->a.out) || !g_queue_is_empty (&self->b.out)) {
      carry (self, &self->a, &self->b);
      carry (self, &self->b, &self->a);
    }
    self->now_us += STEP_US;
    mb_sctp_tick (self->a.sctp, self->now_us);
    mb_sctp_tick (self->b.sctp, self->now_us);
  }
}

static GBytes *
make_message (gsize size, unsigned int number)
{
  guint8 *data = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 7 + i / 251 + number);
  return g_bytes_new_take (data, size);
}

static gboolean
send_message (Fixture *self, End *end, gsize size, unsigned int number)
{
  g_autoptr (GBytes) message = make_message (size, number);

  return mb_sctp_send (end->sctp, 3, 51, g_bytes_get_data (message, NULL), size, self->now_us);
}

static void
assert_received (const End *end, unsigned int n, const gsize *sizes, unsigned int n_sizes)
{
  g_assert_cmpuint (end->received->len, ==, n);
  for (unsigned int i = 0; i < n; i++) {
    g_autoptr (GBytes) expected = make_message (sizes[i % n_sizes], i);

    g_assert_true (g_bytes_equal (end->received->pdata[i], expected));
  }
}

static const gsize SIZES[] = {1, 5, 1100, 1101, 5000, 70000};

static void
exchange (Fixture *self, unsigned int n)
{
  mb_sctp_connect (self->a.sctp, self->now_us);
  mb_sctp_connect (self->b.sctp, self->now_us);
  run (self, 1);
  for (unsigned int i = 0; i < n; i++) {
    g_assert_true (send_message (self, &self->a, SIZES[i % G_N_ELEMENTS (SIZES)], i));
    g_assert_true (send_message (self, &self->b, SIZES[i % G_N_ELEMENTS (SIZES)], i));
  }
  run (self, 3000);
  g_assert_true (self->a.is_open && self->b.is_open);
  assert_received (&self->a, n, SIZES, G_N_ELEMENTS (SIZES));
  assert_received (&self->b, n, SIZES, G_N_ELEMENTS (SIZES));
  g_assert_cmpuint (self->a.last_stream, ==, 3);
  g_assert_cmpuint (self->a.last_protocol, ==, 51);
  g_assert_false (self->a.is_closed || self->b.is_closed);
}

static void
test_both (Fixture *self, gconstpointer data)
{
  exchange (self, 12);
}

static void
test_one (Fixture *self, gconstpointer data)
{
  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1);
  g_assert_true (self->a.is_open && self->b.is_open);
}

static void
test_loss (Fixture *self, gconstpointer data)
{
  self->lose_each = 7;
  exchange (self, 24);
}

static void
test_reordered (Fixture *self, gconstpointer data)
{
  self->reorder = TRUE;
  self->repeat = TRUE;
  exchange (self, 24);
}

static void
test_early (Fixture *self, gconstpointer data)
{
  g_assert_true (send_message (self, &self->a, 1, 0));
  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1);
  assert_received (&self->b, 1, SIZES, 1);
}

static void
test_limits (Fixture *self, gconstpointer data)
{
  const gsize largest = MB_SCTP_MAX_MESSAGE;

  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1);
  g_assert_false (send_message (self, &self->a, largest + 1, 0));
  g_assert_false (mb_sctp_send (self->a.sctp, 0, 51, (const guint8 *) "", 0, self->now_us));
  g_assert_true (send_message (self, &self->a, largest, 0));
  run (self, 100);
  assert_received (&self->b, 1, &largest, 1);
}

static void
test_nobody (Fixture *self, gconstpointer data)
{
  self->lose_each = 1;
  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1200);
  g_assert_true (self->a.is_closed);
  g_assert_false (self->a.is_open);
}

static void
test_abort (Fixture *self, gconstpointer data)
{
  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1);
  mb_sctp_abort (self->a.sctp);
  run (self, 1);
  g_assert_true (self->b.is_closed);
  g_assert_false (send_message (self, &self->b, 1, 0));
}

/* RFC 3720, appendix B.4: 32 bytes of zeros; the checksum's place is among them. */
static void
test_checksum (Fixture *self, gconstpointer data)
{
  static const guint8 zeros[32] = {0};
  GByteArray *packet = mb_sctp_packet_new (PORT, 1);

  g_assert_cmphex (mb_sctp_checksum (zeros, sizeof zeros), ==, 0x8a9136aa);
  mb_sctp_packet_end_chunk (packet, mb_sctp_packet_begin_chunk (packet, MB_SCTP_COOKIE_ACK, 0));
  mb_sctp_packet_finish (packet);
  g_assert_true (mb_sctp_packet_is_intact (packet->data, packet->len));
  packet->data[4] ^= 1;
  g_assert_false (mb_sctp_packet_is_intact (packet->data, packet->len));
  g_byte_array_unref (packet);
}

/* Another association's tag: nothing of it is taken. */
static void
test_foreign_tag (Fixture *self, gconstpointer data)
{
  GByteArray *packet = mb_sctp_packet_new (PORT, 12345);

  mb_sctp_connect (self->a.sctp, self->now_us);
  run (self, 1);
  mb_sctp_packet_end_chunk (packet, mb_sctp_packet_begin_chunk (packet, MB_SCTP_ABORT, 0));
  mb_sctp_packet_finish (packet);
  mb_sctp_take (self->a.sctp, packet->data, packet->len, self->now_us);
  g_assert_false (self->a.is_closed);
  g_byte_array_unref (packet);
}

#define ADD(path, func) g_test_add ("/sctp/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("both-may-set-out", test_both);
  ADD ("one-may-set-out", test_one);
  ADD ("lost-packets-are-said-again", test_loss);
  ADD ("reordered-and-repeated-packets-do-no-harm", test_reordered);
  ADD ("what-is-sent-early-waits", test_early);
  ADD ("the-longest-message-passes", test_limits);
  ADD ("nobody-answers", test_nobody);
  ADD ("an-abort-ends-it", test_abort);
  ADD ("checksum", test_checksum);
  ADD ("a-foreign-tag-is-not-heard", test_foreign_tag);
  return g_test_run ();
}
