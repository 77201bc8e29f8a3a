/* mb-sctp.c: one SCTP association as data channels need it: packets in, packets out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 9260 over DTLS (RFC 8261), no more of it than RFC 8831 makes use of: one path, one end that
 * never moves, reliable messages. Both ends may set out at once, as WebRTC's do. Messages come in
 * the order of their TSNs over all streams, which is in order within each; a message's fragments
 * have TSNs in a row, so one place is enough to put them together. Time is an argument.
 */
#include "mb-sctp.h"

#include <string.h>

#include "mb-sctp-packet.h"

#define MAX_FRAGMENT 1100 /* bytes, so that a packet fits into a DTLS record of 1200 */
#define N_STREAMS 1024
#define COOKIE_SIZE 32
#define RECEIVE_WINDOW 262144
#define MAX_HELD 512       /* chunks that came before their turn */
#define MAX_BLOCKS 32      /* of them, told in one SACK */
#define MAX_QUEUED 4194304 /* bytes that wait to be sent */
#define FIRST_WINDOW 4380  /* RFC 9260 §7.2.1 */
#define LARGEST_WINDOW 262144
#define FIRST_TIMEOUT_US (1 * G_USEC_PER_SEC)
#define LONGEST_TIMEOUT_US (10 * G_USEC_PER_SEC)
#define MAX_TRIES 10
#define MISSING_LIMIT 3

#define FLAG_END 1u
#define FLAG_BEGIN 2u
#define DATA_HEADER_SIZE 12
#define INIT_SIZE 16
#define PARAMETER_STATE_COOKIE 7
#define PARAMETER_SUPPORTED_EXTENSIONS 0x8008
#define PARAMETER_FORWARD_TSN 0xc000
#define PARAMETER_OUTGOING_RESET 13
#define PARAMETER_RECONFIG_RESPONSE 16
#define RECONFIG_PERFORMED 1

typedef enum {
  STATE_CLOSED,
  STATE_COOKIE_WAIT,
  STATE_COOKIE_ECHOED,
  STATE_OPEN,
  STATE_OVER,
} State;

/* A piece of a message on its way out. */
typedef struct {
  guint32 tsn;
  guint32 protocol;
  guint16 stream;
  guint16 sequence;
  guint8 flags;
  gboolean is_acked; /* by a gap block */
  unsigned int n_missing;
  gsize size;
  guint8 data[];
} Fragment;

/* One that came before its turn. */
typedef struct {
  guint8 flags;
  gsize size;
  guint8 data[];
} Held;

struct _MbSctp {
  const MbSctpEvents *events;
  gpointer user_data;
  guint16 port;

  State state;
  guint32 tag;
  guint32 peer_tag;
  guint8 cookie[COOKIE_SIZE];
  GBytes *peer_cookie; /* (nullable) to be echoed */

  /* out */
  guint32 next_tsn;
  GQueue waiting; /* (element-type Fragment) */
  GQueue flight;  /* (element-type Fragment) by TSN */
  gsize waiting_bytes;
  gsize flight_bytes;
  gsize window;
  guint32 peer_window;
  GHashTable *sequences; /* stream → its next sequence number */

  /* the one timer: INIT, COOKIE ECHO or the oldest in flight */
  gint64 due_us; /* 0 means none */
  gint64 timeout_us;
  unsigned int n_tries;

  /* in */
  gboolean has_peer; /* its INIT or INIT ACK was there */
  guint32 last_tsn;  /* all up to here came */
  guint32 highest_tsn;
  GHashTable *held; /* (element-type Held) by TSN */
  gsize held_bytes;
  GByteArray *message; /* what is being put together */
  gboolean is_assembling;
  gboolean owes_sack;
};

static gboolean
is_after (guint32 a, guint32 b)
{
  return (gint32) (a - b) > 0;
}

static void
send_packet (MbSctp *self, GByteArray *packet)
{
  mb_sctp_packet_finish (packet);
  self->events->send (self->user_data, packet->data, packet->len);
  g_byte_array_unref (packet);
}

/* A packet of one chunk. */
static void
send_chunk (MbSctp *self, guint8 type, guint8 flags, const guint8 *value, gsize size)
{
  GByteArray *packet = mb_sctp_packet_new (self->port, self->peer_tag);
  gsize at = mb_sctp_packet_begin_chunk (packet, type, flags);

  if (size > 0)
    g_byte_array_append (packet, value, (guint) size);
  mb_sctp_packet_end_chunk (packet, at);
  send_packet (self, packet);
}

static void
set_timer (MbSctp *self, gint64 now_us, gboolean is_first)
{
  if (is_first) {
    self->timeout_us = FIRST_TIMEOUT_US;
    self->n_tries = 0;
  }
  self->due_us = now_us + self->timeout_us;
}

static void
close_it (MbSctp *self)
{
  if (self->state == STATE_OVER)
    return;
  self->state = STATE_OVER;
  self->due_us = 0;
  self->events->close (self->user_data);
}

/**
 * mb_sctp_new:
 * @port: of both ends; 5000 as a rule
 *
 * Returns: (transfer full): an association that waits
 */
MbSctp *
mb_sctp_new (const MbSctpEvents *events, gpointer user_data, guint16 port)
{
  MbSctp *self = g_new0 (MbSctp, 1);

  self->events = events;
  self->user_data = user_data;
  self->port = port;
  self->tag = MAX (g_random_int (), 1);
  self->next_tsn = g_random_int ();
  for (gsize i = 0; i < COOKIE_SIZE; i++)
    self->cookie[i] = (guint8) g_random_int ();
  g_queue_init (&self->waiting);
  g_queue_init (&self->flight);
  self->window = FIRST_WINDOW;
  self->sequences = g_hash_table_new (NULL, NULL);
  self->held = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->message = g_byte_array_new ();
  return self;
}

void
mb_sctp_free (MbSctp *self)
{
  g_clear_pointer (&self->peer_cookie, g_bytes_unref);
  g_queue_clear_full (&self->waiting, g_free);
  g_queue_clear_full (&self->flight, g_free);
  g_hash_table_unref (self->sequences);
  g_hash_table_unref (self->held);
  g_byte_array_unref (self->message);
  g_free (self);
}

/* INIT and INIT ACK have the same value but for the cookie. */
static void
send_init (MbSctp *self, guint8 type)
{
  static const guint8 extensions[] = {MB_SCTP_RE_CONFIG, MB_SCTP_FORWARD_TSN};
  GByteArray *packet = mb_sctp_packet_new (self->port, type == MB_SCTP_INIT ? 0 : self->peer_tag);
  gsize at = mb_sctp_packet_begin_chunk (packet, type, 0);

  mb_sctp_packet_add_32 (packet, self->tag);
  mb_sctp_packet_add_32 (packet, RECEIVE_WINDOW);
  mb_sctp_packet_add_16 (packet, N_STREAMS);
  mb_sctp_packet_add_16 (packet, N_STREAMS);
  mb_sctp_packet_add_32 (packet, self->next_tsn);
  if (type == MB_SCTP_INIT_ACK) {
    mb_sctp_packet_add_16 (packet, PARAMETER_STATE_COOKIE);
    mb_sctp_packet_add_16 (packet, MB_SCTP_CHUNK_HEADER_SIZE + COOKIE_SIZE);
    g_byte_array_append (packet, self->cookie, COOKIE_SIZE);
  }
  mb_sctp_packet_add_16 (packet, PARAMETER_FORWARD_TSN);
  mb_sctp_packet_add_16 (packet, MB_SCTP_CHUNK_HEADER_SIZE);
  mb_sctp_packet_add_16 (packet, PARAMETER_SUPPORTED_EXTENSIONS);
  mb_sctp_packet_add_16 (packet, MB_SCTP_CHUNK_HEADER_SIZE + sizeof extensions);
  g_byte_array_append (packet, extensions, sizeof extensions);
  mb_sctp_packet_end_chunk (packet, at);
  send_packet (self, packet);
}

/**
 * mb_sctp_connect:
 *
 * Sets out; the peer may do the same. "open" follows where there is somebody.
 */
void
mb_sctp_connect (MbSctp *self, gint64 now_us)
{
  if (self->state != STATE_CLOSED)
    return;
  self->state = STATE_COOKIE_WAIT;
  send_init (self, MB_SCTP_INIT);
  set_timer (self, now_us, TRUE);
}

static void
send_fragment (MbSctp *self, const Fragment *fragment)
{
  GByteArray *packet = mb_sctp_packet_new (self->port, self->peer_tag);
  gsize at = mb_sctp_packet_begin_chunk (packet, MB_SCTP_DATA, fragment->flags);

  mb_sctp_packet_add_32 (packet, fragment->tsn);
  mb_sctp_packet_add_16 (packet, fragment->stream);
  mb_sctp_packet_add_16 (packet, fragment->sequence);
  mb_sctp_packet_add_32 (packet, fragment->protocol);
  g_byte_array_append (packet, fragment->data, (guint) fragment->size);
  mb_sctp_packet_end_chunk (packet, at);
  send_packet (self, packet);
}

/* As much of what waits as the windows allow; one at least, which finds out whether they opened. */
static void
pump (MbSctp *self, gint64 now_us)
{
  if (self->state != STATE_OPEN)
    return;
  while (!g_queue_is_empty (&self->waiting) &&
         (g_queue_is_empty (&self->flight) ||
             self->flight_bytes < MIN (self->window, self->peer_window))) {
    Fragment *fragment = g_queue_pop_head (&self->waiting);

    fragment->tsn = self->next_tsn++;
    self->waiting_bytes -= fragment->size;
    self->flight_bytes += fragment->size;
    g_queue_push_tail (&self->flight, fragment);
    send_fragment (self, fragment);
    if (self->due_us == 0)
      set_timer (self, now_us, TRUE);
  }
}

/**
 * mb_sctp_send:
 * @protocol: the payload protocol identifier
 *
 * Ordered and reliable; what is sent before the association is open waits for it.
 *
 * Returns: FALSE where it is too long, empty, or too much waits already, or after the end
 */
gboolean
mb_sctp_send (
    MbSctp *self, guint16 stream, guint32 protocol, const guint8 *data, gsize size, gint64 now_us)
{
  guint16 sequence;

  if (self->state == STATE_OVER || size == 0 || size > MB_SCTP_MAX_MESSAGE ||
      self->waiting_bytes + size > MAX_QUEUED)
    return FALSE;
  sequence =
      (guint16) GPOINTER_TO_UINT (g_hash_table_lookup (self->sequences, GUINT_TO_POINTER (stream)));
  g_hash_table_insert (
      self->sequences, GUINT_TO_POINTER (stream), GUINT_TO_POINTER ((guint16) (sequence + 1)));
  for (gsize at = 0; at < size;) {
    gsize n = MIN (size - at, MAX_FRAGMENT);
    Fragment *fragment = g_malloc0 (sizeof *fragment + n);

    fragment->protocol = protocol;
    fragment->stream = stream;
    fragment->sequence = sequence;
    fragment->flags = (guint8) ((at == 0 ? FLAG_BEGIN : 0) | (at + n == size ? FLAG_END : 0));
    fragment->size = n;
    memcpy (fragment->data, data + at, n);
    g_queue_push_tail (&self->waiting, fragment);
    at += n;
  }
  self->waiting_bytes += size;
  pump (self, now_us);
  return TRUE;
}

static void
become_open (MbSctp *self, gint64 now_us)
{
  if (self->state == STATE_OPEN || self->state == STATE_OVER)
    return;
  self->state = STATE_OPEN;
  self->due_us = 0;
  self->events->open (self->user_data);
  pump (self, now_us);
}

static gboolean
take_peer (MbSctp *self, const MbSctpChunk *chunk)
{
  guint32 tag;

  if (chunk->size < INIT_SIZE)
    return FALSE;
  tag = mb_sctp_get_32 (chunk->value);
  if (tag == 0)
    return FALSE;
  self->peer_tag = tag;
  self->peer_window = mb_sctp_get_32 (chunk->value + 4);
  self->last_tsn = mb_sctp_get_32 (chunk->value + 12) - 1;
  self->highest_tsn = self->last_tsn;
  self->has_peer = TRUE;
  return TRUE;
}

/* Where both set out at once, each answers the other's INIT with its own values (§5.2.1). An open
 * association has DTLS below it, and ends with that: it is never restarted. */
static void
take_init (MbSctp *self, const MbSctpChunk *chunk)
{
  if (self->state == STATE_OPEN || !take_peer (self, chunk))
    return;
  send_init (self, MB_SCTP_INIT_ACK);
}

static void
echo_cookie (MbSctp *self)
{
  gsize size = 0;
  const guint8 *cookie = g_bytes_get_data (self->peer_cookie, &size);

  send_chunk (self, MB_SCTP_COOKIE_ECHO, 0, cookie, size);
}

static void
take_init_ack (MbSctp *self, const MbSctpChunk *chunk, gint64 now_us)
{
  MbSctpReader parameters;
  const guint8 *value;
  guint16 type;
  gsize size;

  if (self->state != STATE_COOKIE_WAIT || !take_peer (self, chunk))
    return;
  parameters = (MbSctpReader){chunk->value + INIT_SIZE, chunk->size - INIT_SIZE};
  while (mb_sctp_reader_next_parameter (&parameters, &type, &value, &size)) {
    if (type != PARAMETER_STATE_COOKIE || size == 0 || size > MAX_FRAGMENT)
      continue;
    g_clear_pointer (&self->peer_cookie, g_bytes_unref);
    self->peer_cookie = g_bytes_new (value, size);
    self->state = STATE_COOKIE_ECHOED;
    echo_cookie (self);
    set_timer (self, now_us, TRUE);
    return;
  }
}

static void
take_cookie_echo (MbSctp *self, const MbSctpChunk *chunk, gint64 now_us)
{
  if (!self->has_peer || chunk->size != COOKIE_SIZE ||
      memcmp (chunk->value, self->cookie, COOKIE_SIZE) != 0)
    return;
  send_chunk (self, MB_SCTP_COOKIE_ACK, 0, NULL, 0);
  become_open (self, now_us);
}

/* ---- in ---- */

static void
deliver (MbSctp *self, guint8 flags, const guint8 *data, gsize size)
{
  gsize n;

  if ((flags & FLAG_BEGIN) != 0) {
    g_byte_array_set_size (self->message, 0);
    self->is_assembling = TRUE;
  } else if (self->is_assembling) {
    /* Of a later fragment only its bytes count. */
    data += DATA_HEADER_SIZE;
    size -= DATA_HEADER_SIZE;
  }
  if (!self->is_assembling)
    return;
  g_byte_array_append (self->message, data, (guint) size);
  n = self->message->len - DATA_HEADER_SIZE;
  if (n > MB_SCTP_MAX_MESSAGE) {
    self->is_assembling = FALSE;
  } else if ((flags & FLAG_END) != 0) {
    const guint8 *header = self->message->data;

    self->is_assembling = FALSE;
    self->events->receive (self->user_data, mb_sctp_get_16 (header + 4),
        mb_sctp_get_32 (header + 8), header + DATA_HEADER_SIZE, n);
  }
}

static void
deliver_held (MbSctp *self)
{
  Held *held;

  while ((held = g_hash_table_lookup (self->held, GUINT_TO_POINTER (self->last_tsn + 1))) != NULL) {
    self->last_tsn++;
    self->held_bytes -= held->size;
    deliver (self, held->flags, held->data, held->size);
    g_hash_table_remove (self->held, GUINT_TO_POINTER (self->last_tsn));
  }
}

static void
hold (MbSctp *self, guint32 tsn, const MbSctpChunk *chunk)
{
  Held *held;

  if (tsn - self->last_tsn > MAX_HELD || self->held_bytes + chunk->size > RECEIVE_WINDOW ||
      g_hash_table_contains (self->held, GUINT_TO_POINTER (tsn)))
    return;
  held = g_malloc (sizeof *held + chunk->size);
  held->flags = chunk->flags;
  held->size = chunk->size;
  memcpy (held->data, chunk->value, chunk->size);
  self->held_bytes += held->size;
  g_hash_table_insert (self->held, GUINT_TO_POINTER (tsn), held);
  if (is_after (tsn, self->highest_tsn))
    self->highest_tsn = tsn;
}

static void
take_data (MbSctp *self, const MbSctpChunk *chunk)
{
  guint32 tsn;

  if (!self->has_peer || chunk->size <= DATA_HEADER_SIZE)
    return;
  tsn = mb_sctp_get_32 (chunk->value);
  self->owes_sack = TRUE;
  if (!is_after (tsn, self->last_tsn))
    return;
  if (tsn != self->last_tsn + 1) {
    hold (self, tsn, chunk);
    return;
  }
  self->last_tsn = tsn;
  deliver (self, chunk->flags, chunk->value, chunk->size);
  deliver_held (self);
}

/* The peer has given up on all up to here (RFC 3758). */
static void
take_forward_tsn (MbSctp *self, const MbSctpChunk *chunk)
{
  guint32 tsn;

  if (!self->has_peer || chunk->size < 4)
    return;
  tsn = mb_sctp_get_32 (chunk->value);
  self->owes_sack = TRUE;
  /* Nobody skips more than could be on its way. */
  if (!is_after (tsn, self->last_tsn) || tsn - self->last_tsn > G_MAXUINT16)
    return;
  while (self->last_tsn != tsn) {
    Held *held = g_hash_table_lookup (self->held, GUINT_TO_POINTER (self->last_tsn + 1));

    self->last_tsn++;
    self->held_bytes -= held != NULL ? held->size : 0;
    g_hash_table_remove (self->held, GUINT_TO_POINTER (self->last_tsn));
  }
  self->is_assembling = FALSE;
  deliver_held (self);
}

/* Returns: how many blocks of two numbers each were written to @blocks */
static unsigned int
find_blocks (const MbSctp *self, guint16 *blocks)
{
  unsigned int n = 0;
  gboolean was_held = FALSE;

  if (g_hash_table_size (self->held) == 0)
    return 0;
  for (guint32 offset = 1; offset <= self->highest_tsn - self->last_tsn; offset++) {
    gboolean is_held =
        g_hash_table_contains (self->held, GUINT_TO_POINTER (self->last_tsn + offset));

    if (is_held && !was_held && n == MAX_BLOCKS)
      break;
    if (is_held && !was_held)
      blocks[2 * n++] = (guint16) offset;
    if (is_held)
      blocks[2 * n - 1] = (guint16) offset;
    was_held = is_held;
  }
  return n;
}

static void
send_sack (MbSctp *self)
{
  GByteArray *packet = mb_sctp_packet_new (self->port, self->peer_tag);
  gsize at = mb_sctp_packet_begin_chunk (packet, MB_SCTP_SACK, 0);
  guint16 blocks[2 * MAX_BLOCKS];
  unsigned int n = find_blocks (self, blocks);

  self->owes_sack = FALSE;
  mb_sctp_packet_add_32 (packet, self->last_tsn);
  mb_sctp_packet_add_32 (packet, (guint32) (RECEIVE_WINDOW - self->held_bytes));
  mb_sctp_packet_add_16 (packet, (guint16) n);
  mb_sctp_packet_add_16 (packet, 0);
  for (unsigned int i = 0; i < 2 * n; i++)
    mb_sctp_packet_add_16 (packet, blocks[i]);
  mb_sctp_packet_end_chunk (packet, at);
  send_packet (self, packet);
}

/* ---- what the peer says of what is out ---- */

static gboolean
drop_acked (MbSctp *self, guint32 tsn)
{
  Fragment *fragment;
  gboolean is_news = FALSE;

  while ((fragment = g_queue_peek_head (&self->flight)) != NULL && !is_after (fragment->tsn, tsn)) {
    self->flight_bytes -= fragment->size;
    self->window = MIN (self->window + fragment->size, LARGEST_WINDOW);
    g_free (g_queue_pop_head (&self->flight));
    is_news = TRUE;
  }
  return is_news;
}

static void
take_blocks (MbSctp *self, guint32 base, const guint8 *blocks, unsigned int n)
{
  guint32 highest = base;

  for (unsigned int i = 0; i < n; i++) {
    guint32 from = base + mb_sctp_get_16 (blocks + 4 * i);
    guint32 to = base + mb_sctp_get_16 (blocks + 4 * i + 2);

    for (GList *l = self->flight.head; l != NULL; l = l->next) {
      Fragment *fragment = l->data;

      if (!is_after (from, fragment->tsn) && !is_after (fragment->tsn, to))
        fragment->is_acked = TRUE;
    }
    if (is_after (to, highest))
      highest = to;
  }
  for (GList *l = self->flight.head; l != NULL; l = l->next) {
    Fragment *fragment = l->data;

    if (fragment->is_acked || !is_after (highest, fragment->tsn))
      continue;
    if (++fragment->n_missing == MISSING_LIMIT) {
      self->window = MAX (self->window / 2, FIRST_WINDOW);
      send_fragment (self, fragment);
    }
  }
}

static void
take_sack (MbSctp *self, const MbSctpChunk *chunk, gint64 now_us)
{
  guint32 tsn;
  unsigned int n;

  if (self->state != STATE_OPEN || chunk->size < 12)
    return;
  tsn = mb_sctp_get_32 (chunk->value);
  n = mb_sctp_get_16 (chunk->value + 8);
  if (is_after (tsn, self->next_tsn - 1) || chunk->size < 12 + 4 * (gsize) n)
    return;
  self->peer_window = mb_sctp_get_32 (chunk->value + 4);
  if (drop_acked (self, tsn))
    set_timer (self, now_us, TRUE);
  take_blocks (self, tsn, chunk->value + 12, n);
  if (g_queue_is_empty (&self->flight))
    self->due_us = 0;
  pump (self, now_us);
}

/* A channel that the peer closes: RFC 6525 §5.2.2; there is nothing of ours to keep. */
static void
take_re_config (MbSctp *self, const MbSctpChunk *chunk)
{
  MbSctpReader parameters = {chunk->value, chunk->size};
  const guint8 *value;
  guint16 type;
  gsize size;

  while (mb_sctp_reader_next_parameter (&parameters, &type, &value, &size)) {
    GByteArray *packet;
    gsize at;

    if (type != PARAMETER_OUTGOING_RESET || size < 12)
      continue;
    packet = mb_sctp_packet_new (self->port, self->peer_tag);
    at = mb_sctp_packet_begin_chunk (packet, MB_SCTP_RE_CONFIG, 0);
    mb_sctp_packet_add_16 (packet, PARAMETER_RECONFIG_RESPONSE);
    mb_sctp_packet_add_16 (packet, 12);
    g_byte_array_append (packet, value, 4); /* the request's number */
    mb_sctp_packet_add_32 (packet, RECONFIG_PERFORMED);
    mb_sctp_packet_end_chunk (packet, at);
    send_packet (self, packet);
  }
}

static void
take_chunk (MbSctp *self, const MbSctpChunk *chunk, gint64 now_us)
{
  switch (chunk->type) {
  case MB_SCTP_DATA:
    take_data (self, chunk);
    break;
  case MB_SCTP_INIT_ACK:
    take_init_ack (self, chunk, now_us);
    break;
  case MB_SCTP_SACK:
    take_sack (self, chunk, now_us);
    break;
  case MB_SCTP_HEARTBEAT:
    send_chunk (self, MB_SCTP_HEARTBEAT_ACK, 0, chunk->value, chunk->size);
    break;
  case MB_SCTP_COOKIE_ECHO:
    take_cookie_echo (self, chunk, now_us);
    break;
  case MB_SCTP_COOKIE_ACK:
    if (self->state == STATE_COOKIE_ECHOED)
      become_open (self, now_us);
    break;
  case MB_SCTP_SHUTDOWN:
    send_chunk (self, MB_SCTP_SHUTDOWN_ACK, 0, NULL, 0);
    close_it (self);
    break;
  case MB_SCTP_ABORT:
    close_it (self);
    break;
  case MB_SCTP_RE_CONFIG:
    take_re_config (self, chunk);
    break;
  case MB_SCTP_FORWARD_TSN:
    take_forward_tsn (self, chunk);
    break;
  default: /* there are 256; of others nothing follows for us */
    break;
  }
}

/**
 * mb_sctp_take:
 *
 * A packet of the peer's; a broken one is passed over.
 */
void
mb_sctp_take (MbSctp *self, const guint8 *packet, gsize size, gint64 now_us)
{
  MbSctpReader chunks;
  MbSctpChunk chunk;
  guint32 tag;

  if (self->state == STATE_OVER || !mb_sctp_packet_is_intact (packet, size))
    return;
  tag = mb_sctp_get_32 (packet + 4);
  chunks = (MbSctpReader){packet + MB_SCTP_HEADER_SIZE, size - MB_SCTP_HEADER_SIZE};
  if (!mb_sctp_reader_next_chunk (&chunks, &chunk))
    return;
  if (chunk.type == MB_SCTP_INIT) { /* is alone, and has no tag yet (§8.5.1) */
    if (tag == 0)
      take_init (self, &chunk);
    return;
  }
  if (tag != self->tag)
    return;
  do {
    take_chunk (self, &chunk, now_us);
  } while (self->state != STATE_OVER && mb_sctp_reader_next_chunk (&chunks, &chunk));
  if (self->owes_sack && self->state != STATE_OVER)
    send_sack (self);
}

static void
resend (MbSctp *self)
{
  Fragment *fragment;

  switch (self->state) {
  case STATE_COOKIE_WAIT:
    send_init (self, MB_SCTP_INIT);
    break;
  case STATE_COOKIE_ECHOED:
    echo_cookie (self);
    break;
  case STATE_OPEN:
    fragment = g_queue_peek_head (&self->flight);
    self->window = FIRST_WINDOW;
    if (fragment == NULL)
      break;
    send_fragment (self, fragment);
    for (GList *l = self->flight.head; l != NULL; l = l->next)
      ((Fragment *) l->data)->n_missing = 0;
    break;
  case STATE_CLOSED:
  case STATE_OVER:
    break;
  }
}

/**
 * mb_sctp_tick:
 *
 * Says again what got no answer.
 */
void
mb_sctp_tick (MbSctp *self, gint64 now_us)
{
  if (self->due_us == 0 || now_us < self->due_us)
    return;
  if (++self->n_tries > MAX_TRIES) {
    close_it (self);
    return;
  }
  self->timeout_us = MIN (2 * self->timeout_us, LONGEST_TIMEOUT_US);
  set_timer (self, now_us, FALSE);
  resend (self);
}

/**
 * mb_sctp_abort:
 *
 * Tells the peer that it is over; nothing is told or taken from here on.
 */
void
mb_sctp_abort (MbSctp *self)
{
  if (self->state == STATE_OPEN || self->state == STATE_COOKIE_ECHOED)
    send_chunk (self, MB_SCTP_ABORT, 0, NULL, 0);
  self->state = STATE_OVER;
  self->due_us = 0;
}
