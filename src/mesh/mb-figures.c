/* mb-figures.c: what one bot has measured, of itself and of each peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pure: time is an argument. A second counts once the one after it is whole: a peer that leaves has
 * stopped to send a little before anybody hears of it, and that is no fault of its stream.
 */
#include "mb-figures.h"

#include <math.h>

#define MAX_PEERS 2000 /* that one bot remembers; the first to have left are forgotten first */
#define MAX_ERRORS 100
#define LEAST_SECOND 0.3 /* seconds: a shorter one says nothing */
#define GRACE_US 2000000 /* after which a stream that has not begun is one that brings nothing */
#define LATE_CONNECTION_MS 10000

static const MbMeasure FREEZES[] = {MB_MEASURE_FREEZES, MB_MEASURE_FREEZE_TIME};

/**
 * mb_peer_state_get_name:
 *
 * Returns: (transfer none): as reports name it
 */
const char *
mb_peer_state_get_name (MbPeerState state)
{
  static const char *const NAMES[] = {"connecting", "connected", "failed", "left"};

  return NAMES[state];
}

static void
peer_free (gpointer data)
{
  MbPeerFigures *self = data;

  for (MbMeasure i = MB_MEASURE_NONE; i < MB_N_MEASURES; i++)
    mb_series_clear (&self->seconds[i]);
  g_free (self->id);
  g_free (self->display_name);
  g_free (self);
}

/**
 * mb_bot_figures_new:
 * @now_us: when the bot was started
 */
MbBotFigures *
mb_bot_figures_new (const char *name, const char *room, gint64 now_us)
{
  MbBotFigures *self = g_new0 (MbBotFigures, 1);

  self->name = g_strdup (name);
  self->room = g_strdup (room);
  self->started_us = now_us;
  self->join_ms = (double) NAN;
  self->peers = g_ptr_array_new_with_free_func (peer_free);
  self->errors = g_ptr_array_new_with_free_func (g_free);
  return self;
}

/**
 * mb_bot_figures_free:
 */
void
mb_bot_figures_free (MbBotFigures *self)
{
  mb_series_clear (&self->connected);
  g_ptr_array_unref (self->peers);
  g_ptr_array_unref (self->errors);
  g_free (self->name);
  g_free (self->room);
  g_free (self->id);
  g_free (self->cname);
  g_free (self);
}

/**
 * mb_bot_figures_set_chance:
 *
 * What a seed has chosen for the bot.
 */
void
mb_bot_figures_set_chance (MbBotFigures *self, const char *cname, double place)
{
  g_free (self->cname);
  self->cname = g_strdup (cname);
  self->place = place;
}

/**
 * mb_bot_figures_set_joined:
 * @id: the present one; the time is that of the first join
 */
void
mb_bot_figures_set_joined (MbBotFigures *self, const char *id, gint64 now_us)
{
  g_free (self->id);
  self->id = g_strdup (id);
  if (isnan (self->join_ms))
    self->join_ms = (double) (now_us - self->started_us) / 1000;
}

/* A bot that stays for weeks meets more people than it can remember. */
static void
forget_one (MbBotFigures *self)
{
  for (guint i = 0; i < self->peers->len; i++) {
    const MbPeerFigures *peer = g_ptr_array_index (self->peers, i);

    if (peer->ended) {
      g_ptr_array_remove_index (self->peers, i);
      return;
    }
  }
}

/**
 * mb_bot_figures_add_peer:
 *
 * Returns: (transfer none): valid until it has ended and the next one is added
 */
MbPeerFigures *
mb_bot_figures_add_peer (
    MbBotFigures *self, const char *id, const char *display_name, gint64 now_us)
{
  MbPeerFigures *peer = g_new0 (MbPeerFigures, 1);

  if (self->peers->len >= MAX_PEERS)
    forget_one (self);
  peer->id = g_strdup (id);
  peer->display_name = g_strdup (display_name);
  peer->appeared_us = now_us;
  for (MbMeasure i = MB_MEASURE_NONE; i < MB_N_MEASURES; i++)
    peer->one[i] = (double) NAN;
  g_ptr_array_add (self->peers, peer);
  return peer;
}

/**
 * mb_bot_figures_count:
 *
 * Takes a sample of how many peers are connected; none before the first is.
 */
void
mb_bot_figures_count (MbBotFigures *self)
{
  unsigned int n = 0;

  for (guint i = 0; i < self->peers->len; i++) {
    const MbPeerFigures *peer = g_ptr_array_index (self->peers, i);

    n += peer->state == MB_PEER_STATE_CONNECTED ? 1 : 0;
  }
  self->n_connected = n;
  if (!self->peers_ended && (n > 0 || self->connected.n > 0))
    mb_series_add (&self->connected, n);
}

/**
 * mb_bot_figures_add_error:
 * @text: which connection or pipeline failed, and why
 */
void
mb_bot_figures_add_error (MbBotFigures *self, const char *text)
{
  if (self->errors->len < MAX_ERRORS)
    g_ptr_array_add (self->errors, g_strdup (text));
}

/**
 * mb_peer_figures_set_state:
 */
void
mb_peer_figures_set_state (MbPeerFigures *self, MbPeerState state, gint64 now_us)
{
  if (self->ended)
    return;
  self->state = state;
  if (state == MB_PEER_STATE_CONNECTED && self->connected_us == 0)
    self->connected_us = now_us;
}

static void
commit (MbPeerFigures *self)
{
  if (!self->has_pending)
    return;
  self->has_pending = FALSE;
  for (MbMeasure i = MB_MEASURE_NONE + 1; i < MB_N_MEASURES; i++)
    if (!isnan (self->pending[i]))
      mb_series_add (&self->seconds[i], self->pending[i]);
  self->one[MB_MEASURE_FREEZES] = self->pending_freezes;
  self->one[MB_MEASURE_FREEZE_TIME] = self->pending_frozen_ms;
}

static gboolean
went_back (const MbTotals *before, const MbTotals *now)
{
  return now->packets < before->packets || now->bytes < before->bytes || now->lost < before->lost ||
         now->recovered < before->recovered;
}

/* Another connection, or other streams on it: totals begin anew, and this second is none. */
static gboolean
began_anew (const MbSnapshot *before, const MbSnapshot *now)
{
  for (int i = 0; i < MB_FIGURES_N_KINDS; i++)
    if (went_back (&before->rx[i], &now->rx[i]) || now->tx[i].packets < before->tx[i].packets)
      return TRUE;
  return now->frames < before->frames || now->n_freezes < before->n_freezes;
}

static void
add_totals (MbTotals *sum, const MbTotals *before, const MbTotals *now)
{
  sum->is_there |= now->is_there;
  sum->packets += now->packets - before->packets;
  sum->bytes += now->bytes - before->bytes;
  sum->recovered += now->recovered - before->recovered;
  /* What a peer reports of ours may go down, when something came after all. */
  if (now->lost > before->lost)
    sum->lost += now->lost - before->lost;
}

/* What could be shown of its first frame tells; before, only that it is late. */
static void
take_first_frame (MbPeerFigures *self, const MbSnapshot *snapshot)
{
  double *ttff = &self->one[MB_MEASURE_TTFF];

  if (snapshot->first_frame_us != 0) {
    if (self->frames == 0)
      *ttff = (double) (snapshot->first_frame_us - self->appeared_us) / 1000;
  } else if (self->frames == 0 && snapshot->rx[MB_FIGURES_VIDEO].is_there &&
             !snapshot->is_video_off) {
    *ttff = (double) (snapshot->at_us - self->appeared_us) / 1000;
  }
}

static double
loss_of (const MbTotals *before, const MbTotals *now)
{
  double missed = (double) (now->lost - before->lost + now->recovered - before->recovered);
  double whole = (double) (now->packets - before->packets + now->lost - before->lost);

  return whole > 0 ? MIN (100 * missed / whole, 100) : (double) NAN;
}

static double
kbps_of (const MbTotals *before, const MbTotals *now, double seconds)
{
  return (double) (now->bytes - before->bytes) * 8 / 1000 / seconds;
}

/* Whether a stream is one of which a second without anything is a second of nothing. */
static gboolean
has_begun (const MbPeerFigures *self, const MbTotals *last, gint64 at_us)
{
  return last->is_there &&
         (last->packets > 0 || (self->connected_us != 0 && at_us - self->connected_us > GRACE_US));
}

static void
fill_pending (MbPeerFigures *self, const MbSnapshot *now, double seconds)
{
  static const MbMeasure RX_KBPS[] = {MB_MEASURE_RX_VIDEO_KBPS, MB_MEASURE_RX_AUDIO_KBPS};
  static const MbMeasure RX_LOSS[] = {MB_MEASURE_RX_VIDEO_LOSS, MB_MEASURE_RX_AUDIO_LOSS};
  static const MbMeasure TX_KBPS[] = {MB_MEASURE_TX_VIDEO_KBPS, MB_MEASURE_TX_AUDIO_KBPS};
  const MbSnapshot *last = &self->last;
  double *pending = self->pending;
  gboolean any_rx = FALSE;

  for (int i = 0; i < MB_FIGURES_N_KINDS; i++) {
    gboolean is_off = i == MB_FIGURES_VIDEO && now->is_video_off;

    if (!is_off && has_begun (self, &last->rx[i], last->at_us)) {
      any_rx = TRUE;
      pending[RX_KBPS[i]] = kbps_of (&last->rx[i], &now->rx[i], seconds);
      pending[RX_LOSS[i]] = loss_of (&last->rx[i], &now->rx[i]);
    }
    if (last->tx[i].is_there && last->tx[i].packets > 0)
      pending[TX_KBPS[i]] = kbps_of (&last->tx[i], &now->tx[i], seconds);
  }
  if (any_rx)
    pending[MB_MEASURE_RX_JITTER] = now->jitter_ms;
  if (now->rtt_ms > 0)
    pending[MB_MEASURE_RTT] = now->rtt_ms;
  if (!isnan (pending[MB_MEASURE_RX_VIDEO_KBPS]) &&
      (last->frames > 0 || last->at_us - self->connected_us > GRACE_US))
    pending[MB_MEASURE_RX_VIDEO_FPS] = (double) (now->frames - last->frames) / seconds;
}

/**
 * mb_peer_figures_take:
 * @snapshot: about a second after the one before
 */
void
mb_peer_figures_take (MbPeerFigures *self, const MbSnapshot *snapshot)
{
  double seconds = (double) (snapshot->at_us - self->last.at_us) / G_USEC_PER_SEC;
  gboolean is_new = !self->has_last || began_anew (&self->last, snapshot);

  if (self->ended || (self->has_last && !is_new && seconds < LEAST_SECOND))
    return;
  commit (self);
  take_first_frame (self, snapshot);
  if (self->has_last && is_new) {
    self->freezes_before += self->last.n_freezes;
    self->frozen_before_ms += self->last.frozen_ms;
  }
  if (!is_new) {
    for (MbMeasure i = MB_MEASURE_NONE; i < MB_N_MEASURES; i++)
      self->pending[i] = (double) NAN;
    fill_pending (self, snapshot, seconds);
    self->has_pending = TRUE;
  }
  for (int i = 0; i < MB_FIGURES_N_KINDS; i++) {
    const MbTotals none = {0};

    add_totals (&self->rx[i], is_new ? &none : &self->last.rx[i], &snapshot->rx[i]);
    add_totals (&self->tx[i], is_new ? &none : &self->last.tx[i], &snapshot->tx[i]);
  }
  self->frames += snapshot->frames - (is_new ? 0 : self->last.frames);
  self->pending_freezes = self->freezes_before + snapshot->n_freezes;
  self->pending_frozen_ms = self->frozen_before_ms + snapshot->frozen_ms;
  if (snapshot->rx[MB_FIGURES_VIDEO].is_there && self->frames > 0)
    for (gsize i = 0; i < G_N_ELEMENTS (FREEZES); i++)
      if (isnan (self->one[FREEZES[i]]))
        self->one[FREEZES[i]] = 0;
  self->last = *snapshot;
  self->has_last = TRUE;
}

/**
 * mb_peer_figures_add:
 * @measure: one there is one figure of
 *
 * Adds to it; what was not measured counts as 0 so far.
 */
void
mb_peer_figures_add (MbPeerFigures *self, MbMeasure measure, double amount)
{
  if (self->ended)
    return;
  if (isnan (self->one[measure]))
    self->one[measure] = 0;
  self->one[measure] += amount;
}

/**
 * mb_peer_figures_sample:
 * @measure: one there are samples of
 */
void
mb_peer_figures_sample (MbPeerFigures *self, MbMeasure measure, double sample)
{
  if (!self->ended)
    mb_series_add (&self->seconds[measure], sample);
}

/**
 * mb_peer_figures_end:
 *
 * The peer has gone, or the bot goes: what is told of it from here on does not count, and neither
 * does the second under way.
 */
void
mb_peer_figures_end (MbPeerFigures *self, gint64 now_us)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  self->has_pending = FALSE;
  if (self->state == MB_PEER_STATE_CONNECTING &&
      (now_us - self->appeared_us) / 1000 >= LATE_CONNECTION_MS)
    self->state = MB_PEER_STATE_FAILED;
}
