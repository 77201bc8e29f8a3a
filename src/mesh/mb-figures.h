/* mb-figures.h: what one bot has measured, of itself and of each peer
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-measure.h"
#include "mb-series.h"

/* Indices of what there is of each kind of media. */
enum {
  MB_FIGURES_VIDEO,
  MB_FIGURES_AUDIO,
  MB_FIGURES_N_KINDS,
};

/**
 * MbTotals:
 * @lost: of a received stream, for good; of a sent one, as the peer reports
 * @recovered: received late or once more, and in time
 *
 * Of all streams of one kind in one direction, since the connection began.
 */
typedef struct {
  gboolean is_there; /* such a stream was negotiated */
  guint64 packets;
  guint64 bytes;
  guint64 lost;
  guint64 recovered;
} MbTotals;

/**
 * MbSnapshot:
 * @at_us: the monotonic time it is of
 * @jitter_ms: the greatest of what is received
 * @rtt_ms: 0 means not known
 * @frames: that could be shown
 * @first_frame_us: monotonic; 0 means none yet
 * @is_video_off: the peer has said that its camera is off
 *
 * What the engine says of a peer at one instant; totals since the connection began.
 */
typedef struct {
  gint64 at_us;
  MbTotals rx[MB_FIGURES_N_KINDS];
  MbTotals tx[MB_FIGURES_N_KINDS];
  double jitter_ms;
  double rtt_ms;
  guint64 frames;
  gint64 first_frame_us;
  unsigned int n_freezes;
  double frozen_ms;
  gboolean is_video_off;
} MbSnapshot;

typedef enum {
  MB_PEER_STATE_CONNECTING,
  MB_PEER_STATE_CONNECTED,
  MB_PEER_STATE_FAILED,
  MB_PEER_STATE_LEFT,
} MbPeerState;

/**
 * MbPeerFigures:
 * @connected_us: 0 means never
 * @one: figures there is one of, by #MbMeasure; NaN is not measured
 * @seconds: a sample a second, by #MbMeasure
 * @rx: totals over all connections with the peer
 * @codecs: (nullable): of what it sends, by kind
 *
 * Read by everybody, written by mb-figures.c alone.
 */
typedef struct {
  char *id;
  char *display_name;
  MbPeerState state;
  gint64 appeared_us;
  gint64 connected_us;
  double one[MB_N_MEASURES];
  MbSeries seconds[MB_N_MEASURES];
  MbTotals rx[MB_FIGURES_N_KINDS];
  MbTotals tx[MB_FIGURES_N_KINDS];
  guint64 frames;
  const char *codecs[MB_FIGURES_N_KINDS];

  /* private */
  gboolean ended;
  gboolean has_last;
  MbSnapshot last;
  gboolean has_pending;
  double pending[MB_N_MEASURES]; /* the newest second, which counts when the next one is whole */
  double pending_freezes;
  double pending_frozen_ms;
  double freezes_before; /* of earlier connections */
  double frozen_before_ms;
} MbPeerFigures;

/**
 * MbBotFigures:
 * @id: (nullable): in the room; NULL before the join
 * @cname: (nullable): its canonical name in RTCP
 * @place: where in a file it began, 0 to 1
 * @join_ms: NaN before the join
 * @n_connected: peers, now
 * @connected: how many there were, from the first connection on
 * @peers: (element-type MbPeerFigures): everyone who was there
 * @errors: (element-type utf8): failed connections and pipelines
 */
typedef struct {
  char *name;
  char *room;
  char *id;
  char *cname;
  double place;
  gint64 started_us;
  double join_ms;
  unsigned int n_connected;
  gboolean peers_ended; /* what comes is no longer counted in @connected */
  MbSeries connected;
  GPtrArray *peers;
  GPtrArray *errors;
} MbBotFigures;

MbBotFigures *mb_bot_figures_new (const char *name, const char *room, gint64 now_us);
void mb_bot_figures_free (MbBotFigures *self);
void mb_bot_figures_set_joined (MbBotFigures *self, const char *id, gint64 now_us);
MbPeerFigures *mb_bot_figures_add_peer (
    MbBotFigures *self, const char *id, const char *display_name, gint64 now_us);
void mb_bot_figures_set_chance (MbBotFigures *self, const char *cname, double place);
void mb_bot_figures_count (MbBotFigures *self);
void mb_bot_figures_add_error (MbBotFigures *self, const char *text);

void mb_peer_figures_set_state (MbPeerFigures *self, MbPeerState state, gint64 now_us);
void mb_peer_figures_take (MbPeerFigures *self, const MbSnapshot *snapshot);
void mb_peer_figures_add (MbPeerFigures *self, MbMeasure measure, double amount);
void mb_peer_figures_sample (MbPeerFigures *self, MbMeasure measure, double sample);
void mb_peer_figures_end (MbPeerFigures *self, gint64 now_us);
const char *mb_peer_state_get_name (MbPeerState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbBotFigures, mb_bot_figures_free)
