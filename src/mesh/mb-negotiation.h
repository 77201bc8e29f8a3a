/* mb-negotiation.h: who offers, who gives way, what is rebuilt
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A state machine by value: one event in, a set of actions out. It holds no text and no object; its
 * owner does what the actions say, in the order of their bits, and reports back by further events.
 * Time is an argument. Pure.
 *
 * One transport is one generation: BUILD makes it (and drops the one before), and what a former one
 * still reports is ignored by its number. Only the first exchange of a generation concerns
 * the transport; later ones are text.
 */
#pragma once

#include <glib.h>

typedef enum {
  MB_NEGOTIATION_STATE_NEW,
  MB_NEGOTIATION_STATE_WAITING,     /* for the peer's offer, which is due */
  MB_NEGOTIATION_STATE_CREATING,    /* the transport makes its offer */
  MB_NEGOTIATION_STATE_OFFERED,     /* our first offer is out */
  MB_NEGOTIATION_STATE_ANSWERING,   /* the transport takes the peer's offer and makes its answer */
  MB_NEGOTIATION_STATE_ACCEPTING,   /* the transport takes the peer's answer */
  MB_NEGOTIATION_STATE_STABLE,      /* the transport has both; from here on it is text only */
  MB_NEGOTIATION_STATE_REOFFERED,   /* a later offer of ours is out */
  MB_NEGOTIATION_STATE_BACKING_OFF, /* something failed; it is tried again at the deadline */
  MB_NEGOTIATION_STATE_GAVE_UP,     /* only a new offer of the peer brings it back */
  MB_NEGOTIATION_STATE_CLOSED,
} MbNegotiationState;

/**
 * MbNegotiationEventType:
 * @MB_NEGOTIATION_EVENT_START: the peer is there
 * @MB_NEGOTIATION_EVENT_TRACKS_CHANGED: mb_sdp_session_needs_offer () holds
 * @MB_NEGOTIATION_EVENT_REMOTE_OFFER: one that passed the guard; with session_id
 * @MB_NEGOTIATION_EVENT_REMOTE_ANSWER: one that passed the guard; with session_id
 * @MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE: one that mb_candidate_queue_judge () accepted
 * @MB_NEGOTIATION_EVENT_OFFER_CREATED: the transport's offer is its local description; with generation
 * @MB_NEGOTIATION_EVENT_ANSWER_CREATED: the remote description is set and the transport's answer is its
 *   local one; with generation
 * @MB_NEGOTIATION_EVENT_ANSWER_APPLIED: the remote answer is set; with generation
 * @MB_NEGOTIATION_EVENT_STEP_FAILED: an action could not be done; with generation
 * @MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED: with generation
 * @MB_NEGOTIATION_EVENT_TRANSPORT_FAILED: or nothing comes any more; with generation
 * @MB_NEGOTIATION_EVENT_DEADLINE: the time of mb_negotiation_get_deadline () has come
 * @MB_NEGOTIATION_EVENT_CLOSE: the peer is gone
 */
typedef enum {
  MB_NEGOTIATION_EVENT_START,
  MB_NEGOTIATION_EVENT_TRACKS_CHANGED,
  MB_NEGOTIATION_EVENT_REMOTE_OFFER,
  MB_NEGOTIATION_EVENT_REMOTE_ANSWER,
  MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE,
  MB_NEGOTIATION_EVENT_OFFER_CREATED,
  MB_NEGOTIATION_EVENT_ANSWER_CREATED,
  MB_NEGOTIATION_EVENT_ANSWER_APPLIED,
  MB_NEGOTIATION_EVENT_STEP_FAILED,
  MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED,
  MB_NEGOTIATION_EVENT_TRANSPORT_FAILED,
  MB_NEGOTIATION_EVENT_DEADLINE,
  MB_NEGOTIATION_EVENT_CLOSE,
} MbNegotiationEventType;

typedef struct {
  MbNegotiationEventType type;
  gint64 now_us;           /* monotonic */
  unsigned int generation; /* of the transport that reports; 0 where the event is not from one */
  const char *session_id;  /* (nullable) o= of a remote description */
} MbNegotiationEvent;

/**
 * MbNegotiationAction:
 * @MB_NEGOTIATION_ACTION_KEEP_OFFER: keep the event's offer instead of any before
 * @MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES: those queued belong to a connection that is gone
 * @MB_NEGOTIATION_ACTION_DROP: end the transport, without a new one for now
 * @MB_NEGOTIATION_ACTION_BUILD: end the transport; a new one and a new MbSdpSession of
 *   mb_negotiation_get_generation ()
 * @MB_NEGOTIATION_ACTION_CREATE_OFFER: the transport: data channel, create-offer,
 *   set-local-description; then OFFER_CREATED
 * @MB_NEGOTIATION_ACTION_APPLY_OFFER: mb_sdp_session_set_remote_offer (); the transport: the
 *   kept offer reduced, create-answer, set-local-description; then ANSWER_CREATED
 * @MB_NEGOTIATION_ACTION_APPLY_ANSWER: mb_sdp_session_set_remote_answer (); the transport: the
 *   event's answer reduced; then ANSWER_APPLIED
 * @MB_NEGOTIATION_ACTION_ROLLBACK: mb_sdp_session_rollback (): our offer that is out is void
 * @MB_NEGOTIATION_ACTION_SEND_ANSWER: mb_sdp_session_set_base () with the transport's answer,
 *   mb_sdp_session_create_answer (), send
 * @MB_NEGOTIATION_ACTION_ANSWER_TEXT: session alone: set the remote offer, create the answer, send
 * @MB_NEGOTIATION_ACTION_ACCEPT_TEXT: session alone: set the event's answer
 * @MB_NEGOTIATION_ACTION_SEND_OFFER: mb_sdp_session_create_offer (), send; where the event is
 *   OFFER_CREATED, mb_sdp_session_set_base () with the transport's offer before
 * @MB_NEGOTIATION_ACTION_ADD_CANDIDATE: give the event's candidate to the transport, if its ufrag fits
 * @MB_NEGOTIATION_ACTION_QUEUE_CANDIDATE: mb_candidate_queue_push ()
 * @MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES: give mb_candidate_queue_take () to the transport
 * @MB_NEGOTIATION_ACTION_CHECK_TRACKS: TRACKS_CHANGED if the session needs an offer
 * @MB_NEGOTIATION_ACTION_GIVE_UP: tell the mesh that this peer failed
 *
 * Bits in the order in which they are to be done. An action that fails is reported by STEP_FAILED,
 * and those after it are left out.
 */
typedef enum {
  MB_NEGOTIATION_ACTION_NONE = 0,
  MB_NEGOTIATION_ACTION_KEEP_OFFER = 1 << 0,
  MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES = 1 << 1,
  MB_NEGOTIATION_ACTION_DROP = 1 << 2,
  MB_NEGOTIATION_ACTION_BUILD = 1 << 3,
  MB_NEGOTIATION_ACTION_CREATE_OFFER = 1 << 4,
  MB_NEGOTIATION_ACTION_APPLY_OFFER = 1 << 5,
  MB_NEGOTIATION_ACTION_APPLY_ANSWER = 1 << 6,
  MB_NEGOTIATION_ACTION_ROLLBACK = 1 << 7,
  MB_NEGOTIATION_ACTION_SEND_ANSWER = 1 << 8,
  MB_NEGOTIATION_ACTION_ANSWER_TEXT = 1 << 9,
  MB_NEGOTIATION_ACTION_ACCEPT_TEXT = 1 << 10,
  MB_NEGOTIATION_ACTION_SEND_OFFER = 1 << 11,
  MB_NEGOTIATION_ACTION_ADD_CANDIDATE = 1 << 12,
  MB_NEGOTIATION_ACTION_QUEUE_CANDIDATE = 1 << 13,
  MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES = 1 << 14,
  MB_NEGOTIATION_ACTION_CHECK_TRACKS = 1 << 15,
  MB_NEGOTIATION_ACTION_GIVE_UP = 1 << 16,
} MbNegotiationAction;

typedef struct {
  MbNegotiationState state;
  gboolean is_polite;
  gboolean is_built;    /* this generation's transport exists */
  gboolean is_answerer; /* this generation began with an offer of the peer */
  gboolean is_connected;
  gboolean has_kept_offer; /* the kept offer waits for its turn */
  unsigned int generation; /* 0 means none yet */
  unsigned int n_failures; /* since the last good time */
  unsigned int n_reoffers; /* unanswered ones in a row */
  double build_level;      /* leaky bucket of builds */
  gint64 patience_us;      /* how long the peer may offer first though it is our turn */
  gint64 build_level_us;   /* when the level was right */
  gint64 connected_us;     /* since when; 0 means never */
  gint64 deadline_us;      /* 0 means none */
  char remote_session[40]; /* o= of the peer's last description that was used; "" means none yet */
  char kept_session[40];   /* o= of the kept offer */
} MbNegotiation;

void mb_negotiation_init (
    MbNegotiation *self, const char *local_id, const char *remote_id, gint64 patience_us);
void mb_negotiation_rename (MbNegotiation *self, const char *local_id, const char *remote_id);
unsigned int mb_negotiation_handle (MbNegotiation *self, const MbNegotiationEvent *event);
unsigned int mb_negotiation_get_generation (const MbNegotiation *self);
gint64 mb_negotiation_get_deadline (const MbNegotiation *self);
const char *mb_negotiation_state_to_string (MbNegotiationState state);
