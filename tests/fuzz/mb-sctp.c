/* mb-sctp.c: whatever chunks a peer sends, what is told is within bounds, and nothing is sent for ever
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sctp.h"

#include <string.h>

#include "fuzz.h"
#include "mb-sctp-packet.h"

#define PORT 5000
#define TAG_AT 16 /* in an INIT: after the packet's and the chunk's header */
#define COOKIE_AT 36

typedef struct {
  guint32 tag; /* the association's, as its INIT says */
  guint8 cookie[32];
  unsigned int n_sent;
} Watcher;

static void
on_send (gpointer user_data, const guint8 *packet, gsize size)
{
  Watcher *self = user_data;

  self->n_sent++;
  g_assert_true (mb_sctp_packet_is_intact (packet, size));
  if (packet[MB_SCTP_HEADER_SIZE] == MB_SCTP_INIT)
    self->tag = mb_sctp_get_32 (packet + TAG_AT);
  else if (packet[MB_SCTP_HEADER_SIZE] == MB_SCTP_INIT_ACK)
    memcpy (self->cookie, packet + COOKIE_AT, sizeof self->cookie);
}

static void
on_open (gpointer user_data)
{
}

static void
on_receive (gpointer user_data, guint16 stream, guint32 protocol, const guint8 *data, gsize size)
{
  guint8 sum = 0;

  g_assert_cmpuint (size, >, 0);
  g_assert_cmpuint (size, <=, MB_SCTP_MAX_MESSAGE);
  for (gsize i = 0; i < size; i++)
    sum ^= data[i];
  (void) sum;
}

static void
on_close (gpointer user_data)
{
}

/* Packets that pass the checks before the chunks: the fuzzer is to find what is behind them. */
static void
give (MbSctp *sctp, guint32 tag, const guint8 *chunks, gsize size)
{
  GByteArray *packet = mb_sctp_packet_new (PORT, tag);

  g_byte_array_append (packet, chunks, (guint) size);
  mb_sctp_packet_finish (packet);
  mb_sctp_take (sctp, packet->data, packet->len, 1);
  g_byte_array_unref (packet);
}

static void
open_it (MbSctp *sctp, const Watcher *watcher)
{
  static const guint8 init[] = {
      MB_SCTP_INIT, 0, 0, 20, 0, 0, 0, 9, 0, 1, 0, 0, 0, 8, 0, 8, 0, 0, 0, 1};
  guint8 echo[4 + sizeof watcher->cookie] = {MB_SCTP_COOKIE_ECHO, 0, 0, sizeof echo};

  give (sctp, 0, init, sizeof init);
  memcpy (echo + 4, watcher->cookie, sizeof watcher->cookie);
  give (sctp, watcher->tag, echo, sizeof echo);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  static const MbSctpEvents events = {on_send, on_open, on_receive, on_close};
  static const guint8 message[3000];

  /* Before it is open, and after, with something on its way. */
  for (int round = 0; round < 2; round++) {
    Watcher watcher = {0};
    g_autoptr (MbSctp) sctp = mb_sctp_new (&events, &watcher, PORT);

    mb_sctp_connect (sctp, 0);
    if (round == 1) {
      open_it (sctp, &watcher);
      mb_sctp_send (sctp, 1, 51, message, sizeof message, 1);
    }
    mb_sctp_take (sctp, bytes, length, 1);
    give (sctp, watcher.tag, bytes, length);
    give (sctp, 0, bytes, length);
    for (gint64 s = 1; s < 200; s++)
      mb_sctp_tick (sctp, s * G_USEC_PER_SEC);
    g_assert_cmpuint (watcher.n_sent, <, 100 + 2 * length);
  }
  return 0;
}
