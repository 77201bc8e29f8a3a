/* mb-twcc.c: transport-wide feedback: when each packet of a transport arrived; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1:
 *
 *   base number 16 | status count 16 | reference time 24 (64 ms) | feedback count 8
 *   chunks of 16 bits: what became of each packet
 *   deltas of 8 or 16 bits, in 250 us: how long after the one before each that came did
 */
#include "mb-twcc.h"

#include "mb-rtp.h"

#define HEADER_SIZE 8
#define REFERENCE_US 64000
#define DELTA_US 250
#define MAX_RUN 0x1fff
#define BITS_OF_ONE 14 /* statuses in a vector of one bit each */
#define BITS_OF_TWO 7
#define MAX_REPEATED 512 /* numbers that a late packet may be behind what was told */

typedef enum {
  STATUS_LOST = 0,
  STATUS_SMALL = 1, /* came, with a delta of 8 bits */
  STATUS_LARGE = 2, /* came, with a delta of 16 bits, signed */
} Status;

static guint16
read16 (const guint8 *data)
{
  return (guint16) (data[0] << 8 | data[1]);
}

/* ---- receiving ---- */

void
mb_twcc_arrivals_init (MbTwccArrivals *self)
{
  *self = (MbTwccArrivals){.started = FALSE};
}

static gint64 *
arrival_of (MbTwccArrivals *self, gint64 number)
{
  return &self->arrived_us[(guint64) number % MB_TWCC_ARRIVALS];
}

/**
 * mb_twcc_arrivals_take:
 * @seq: the number in the packet's extension
 * @arrived_us: monotonic, not 0
 */
void
mb_twcc_arrivals_take (MbTwccArrivals *self, guint16 seq, gint64 arrived_us)
{
  gint64 number;

  if (!self->started) {
    self->started = TRUE;
    self->next = (gint64) seq + 65536;
    self->highest = self->next - 1;
  }
  number = mb_rtp_unwrap_seq (self->highest, seq);
  /* The sender began anew, or so much is gone that it is not worth telling. */
  if (ABS (number - self->highest) >= MB_TWCC_ARRIVALS) {
    number += number < 65536 ? 65536 : 0;
    self->next = number;
    self->highest = number - 1;
  }
  for (gint64 missing = self->highest + 1; missing < number; missing++)
    *arrival_of (self, missing) = 0;
  if (number <= self->highest && *arrival_of (self, number) != 0)
    return;
  *arrival_of (self, number) = arrived_us;
  self->highest = MAX (self->highest, number);
  /* One that was told as lost and came after all is told again, and what follows with it. */
  if (number < self->next)
    self->next = MAX (number, self->next - MAX_REPEATED);
  self->next = MAX (self->next, self->highest - MB_TWCC_MAX_PACKETS + 1);
  self->n_untold++;
}

typedef struct {
  guint8 data[HEADER_SIZE + 2 * MB_TWCC_MAX_PACKETS];
  gsize size;
  gsize capacity;
} Packer;

static gboolean
pack (Packer *self, unsigned int value, gsize n_bytes)
{
  if (self->capacity - self->size < n_bytes)
    return FALSE;
  for (gsize i = n_bytes; i > 0; i--)
    self->data[self->size++] = (guint8) (value >> (8 * (i - 1)));
  return TRUE;
}

static gsize
count_equal (const guint8 *statuses, gsize n)
{
  gsize run = 1;

  while (run < n && run < MAX_RUN && statuses[run] == statuses[0])
    run++;
  return run;
}

/* The next chunk; returns how many statuses it has taken, 0 where there is no room for it. */
static gsize
pack_chunk (Packer *self, const guint8 *statuses, gsize n)
{
  gsize run = count_equal (statuses, n);
  gsize n_one = 0;
  unsigned int chunk;

  if (run > BITS_OF_TWO || run == n) {
    chunk = (unsigned int) statuses[0] << 13 | (unsigned int) run;
    return pack (self, chunk, 2) ? run : 0;
  }
  while (n_one < MIN (n, BITS_OF_ONE) && statuses[n_one] != STATUS_LARGE)
    n_one++;
  if (n_one > BITS_OF_TWO || n_one == n) {
    chunk = 0x8000;
    for (gsize i = 0; i < n_one; i++)
      chunk |= (unsigned int) statuses[i] << (BITS_OF_ONE - 1 - i);
    /* A vector that is not full would be read to its end: only the last one may be. */
    if (n_one == BITS_OF_ONE || n_one == n)
      return pack (self, chunk, 2) ? n_one : 0;
  }
  chunk = 0xc000;
  for (gsize i = 0; i < MIN (n, BITS_OF_TWO); i++)
    chunk |= (unsigned int) statuses[i] << 2 * (BITS_OF_TWO - 1 - i);
  return pack (self, chunk, 2) ? MIN (n, BITS_OF_TWO) : 0;
}

typedef struct {
  gint64 reference;
  gsize n; /* statuses */
  guint8 statuses[MB_TWCC_MAX_PACKETS];
  gint32 deltas[MB_TWCC_MAX_PACKETS]; /* of those that came */
} Told;

/* What is to be told from self->next on: up to a delta that the format has no room for. */
static void
collect (MbTwccArrivals *self, Told *told)
{
  gint64 last = 0;

  told->n = 0;
  told->reference = -1;
  for (gint64 number = self->next; number <= self->highest && told->n < MB_TWCC_MAX_PACKETS;
       number++) {
    gint64 arrived_us = *arrival_of (self, number);
    gint64 delta;

    if (arrived_us == 0) {
      told->statuses[told->n++] = STATUS_LOST;
      continue;
    }
    if (told->reference < 0) {
      told->reference = arrived_us / REFERENCE_US;
      last = told->reference * (REFERENCE_US / DELTA_US);
    }
    delta = arrived_us / DELTA_US - last;
    if (delta < G_MININT16 || delta > G_MAXINT16)
      break;
    last += delta;
    told->statuses[told->n] = delta >= 0 && delta <= G_MAXUINT8 ? STATUS_SMALL : STATUS_LARGE;
    told->deltas[told->n++] = (gint32) delta;
  }
  /* What is missing at the end may still be under way. */
  while (told->n > 0 && told->statuses[told->n - 1] == STATUS_LOST)
    told->n--;
}

static gsize
pack_all (MbTwccArrivals *self, const Told *told, Packer *packer)
{
  pack (packer, (guint16) self->next, 2);
  pack (packer, (unsigned int) told->n, 2);
  pack (packer, (unsigned int) told->reference & 0xffffff, 3);
  pack (packer, self->count, 1);
  for (gsize at = 0; at < told->n;) {
    gsize taken = pack_chunk (packer, told->statuses + at, told->n - at);

    if (taken == 0)
      return 0;
    at += taken;
  }
  for (gsize i = 0; i < told->n; i++) {
    if (told->statuses[i] != STATUS_LOST &&
        !pack (packer, (guint16) told->deltas[i], told->statuses[i] == STATUS_SMALL ? 1 : 2))
      return 0;
  }
  return packer->size;
}

/**
 * mb_twcc_arrivals_write:
 *
 * Writes what has come since the last time.
 *
 * Returns: %FALSE where there is nothing to tell, or no room
 */
gboolean
mb_twcc_arrivals_write (
    MbTwccArrivals *self, MbRtcpWriter *writer, guint32 sender_ssrc, guint32 media_ssrc)
{
  Packer packer = {.capacity = sizeof packer.data};
  Told told;

  if (self->n_untold == 0)
    return FALSE;
  collect (self, &told);
  if (told.n == 0 || pack_all (self, &told, &packer) == 0 ||
      !mb_rtcp_write_rtpfb (
          writer, MB_RTCP_RTPFB_TWCC, sender_ssrc, media_ssrc, packer.data, packer.size))
    return FALSE;
  self->next += (gint64) told.n;
  self->count++;
  self->n_untold = 0;
  return TRUE;
}

/* ---- sending ---- */

void
mb_twcc_history_init (MbTwccHistory *self)
{
  *self = (MbTwccHistory){.next = 65536, .reference = -1};
}

void
mb_twcc_history_clear (MbTwccHistory *self)
{
  g_clear_pointer (&self->sent, g_free);
}

/**
 * mb_twcc_history_add:
 * @size: bytes, as the link sees them
 *
 * A packet leaves.
 *
 * Returns: its number
 */
guint16
mb_twcc_history_add (MbTwccHistory *self, gsize size, gint64 now_us)
{
  MbTwccSent *sent;

  if (self->sent == NULL) {
    self->sent = g_new0 (MbTwccSent, MB_TWCC_HISTORY);
    for (unsigned int i = 0; i < MB_TWCC_HISTORY; i++)
      self->sent[i].number = -1;
  }
  sent = &self->sent[(guint64) self->next % MB_TWCC_HISTORY];
  *sent = (MbTwccSent){
      .number = self->next, .sent_us = now_us, .size = (guint16) MIN (size, G_MAXUINT16)};
  return (guint16) self->next++;
}

typedef struct {
  const guint8 *chunks; /* where the next chunk is */
  const guint8 *end;
  guint16 chunk;
  unsigned int n_left; /* statuses in it */
} ChunkReader;

static gboolean
next_status (ChunkReader *self, unsigned int *status)
{
  if (self->n_left == 0) {
    if (self->end - self->chunks < 2)
      return FALSE;
    self->chunk = read16 (self->chunks);
    self->chunks += 2;
    self->n_left = (self->chunk & 0x8000) == 0   ? self->chunk & MAX_RUN
                   : (self->chunk & 0x4000) == 0 ? BITS_OF_ONE
                                                 : BITS_OF_TWO;
    if (self->n_left == 0)
      return FALSE;
  }
  self->n_left--;
  if ((self->chunk & 0x8000) == 0)
    *status = self->chunk >> 13 & 3;
  else if ((self->chunk & 0x4000) == 0)
    *status = self->chunk >> self->n_left & 1;
  else
    *status = self->chunk >> 2 * self->n_left & 3;
  return *status != 3; /* reserved */
}

static MbTwccSent *
find_sent (MbTwccHistory *self, gint64 number)
{
  MbTwccSent *sent;

  if (self->sent == NULL || number < 0)
    return NULL;
  sent = &self->sent[(guint64) number % MB_TWCC_HISTORY];
  return sent->number == number ? sent : NULL;
}

/* Its fate, where it is news. */
static gsize
give_out (MbTwccSent *sent, gboolean is_lost, gint64 arrived_us, MbTwccPacket *packet)
{
  if (sent == NULL || sent->has_arrived || (sent->was_told && is_lost))
    return 0;
  sent->was_told = TRUE;
  sent->has_arrived = !is_lost;
  *packet = (MbTwccPacket){
      .sent_us = sent->sent_us, .arrived_us = arrived_us, .size = sent->size, .is_lost = is_lost};
  return 1;
}

static gint64
unwrap_reference (gint64 near, guint32 reference)
{
  gint32 step = (gint32) ((reference - (guint32) near) << 8) / 256;

  return near < 0 ? (gint64) reference + (1 << 24) : near + step;
}

/**
 * mb_twcc_history_take:
 * @feedback: the peer's
 * @packets: (array length=capacity): takes what it tells that was not known, as it was sent
 *
 * Returns: how many; 0 also for a feedback that is malformed
 */
gsize
mb_twcc_history_take (
    MbTwccHistory *self, const MbRtcpFeedback *feedback, MbTwccPacket *packets, gsize capacity)
{
  const guint8 *end = feedback->fci + feedback->fci_size;
  ChunkReader statuses = {.chunks = feedback->fci + HEADER_SIZE, .end = end};
  ChunkReader skipping = statuses;
  const guint8 *delta_at;
  gint64 number;
  gint64 arrived;
  unsigned int status;
  unsigned int n_statuses;
  gsize n = 0;

  if (feedback->fci_size < HEADER_SIZE)
    return 0;
  number = mb_rtp_unwrap_seq (self->next, read16 (feedback->fci));
  n_statuses = read16 (feedback->fci + 2);
  for (unsigned int i = 0; i < n_statuses; i++) {
    if (!next_status (&skipping, &status))
      return 0;
  }
  delta_at = skipping.chunks;
  self->reference = unwrap_reference (
      self->reference, (guint32) feedback->fci[4] << 16 | (guint32) read16 (feedback->fci + 5));
  arrived = self->reference * (REFERENCE_US / DELTA_US);
  for (unsigned int i = 0; i < n_statuses && n < capacity; i++, number++) {
    if (!next_status (&statuses, &status))
      break;
    if (status != STATUS_LOST) {
      if (end - delta_at < (gssize) status)
        break;
      arrived += status == STATUS_SMALL ? delta_at[0] : (gint16) read16 (delta_at);
      delta_at += status;
    }
    n +=
        give_out (find_sent (self, number), status == STATUS_LOST, arrived * DELTA_US, &packets[n]);
  }
  return n;
}
