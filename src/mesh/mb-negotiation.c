/* mb-negotiation.c: who offers, who gives way, what is rebuilt
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Perfect negotiation (W3C WebRTC 1.0, section 10.7) for an engine that
 * knows no rollback of a first offer and no ICE restart: where a browser would do either, the
 * connection is made anew. Peers that do not follow the rule who offers are met half-way: whoever
 * waits in vain offers, and whoever offers in vain while an offer of the peer lies there answers
 * that.
 */
#include "mb-negotiation.h"

#include <string.h>

#define MSEC G_GINT64_CONSTANT (1000)
#define SEC G_USEC_PER_SEC

#define WAIT_FOR_OFFER_US (5 * SEC)
#define WAIT_FOR_ANSWER_US (15 * SEC)
/* In a glare the peer either answers ours at once or never will. */
#define WAIT_BEFORE_YIELDING_US (4 * SEC)
#define WAIT_FOR_STEP_US (10 * SEC)
#define WAIT_FOR_CONNECTION_US (20 * SEC)
/* The polite side leaves a fresh offer to the other one for so long. */
#define POLITE_DELAY_US (750 * MSEC)
#define FIRST_DELAY_US (500 * MSEC)
/* A connection that lasted so long has paid for the failures before it. */
#define GOOD_TIME_US (10 * SEC)
#define MAX_FAILURES 6
#define MAX_REOFFERS 2
/* Building costs threads and descriptors; a peer that makes us build all the time has to wait. */
#define BUILD_BURST 8.0
#define BUILD_EVERY_US (5 * SEC)

/**
 * mb_negotiation_init:
 * @self: the machine; any value before
 * @local_id: our member id
 * @remote_id: the peer's
 * @patience_us: how long our first offer, if it is ours to make, waits for one of the peer
 *
 * The smaller id makes the first offer and is the impolite one. Most pages have a rule of their own,
 * that who comes offers to those who are there, or the other way round. Where both offer, Chromium
 * takes its offer back, and then does not always gather candidates any more: so it is better to
 * wait a little.
 */
void
mb_negotiation_init (
    MbNegotiation *self, const char *local_id, const char *remote_id, gint64 patience_us)
{
  *self =
      (MbNegotiation){.is_polite = strcmp (local_id, remote_id) > 0, .patience_us = patience_us};
}

/**
 * mb_negotiation_rename:
 * @local_id: our member id
 * @remote_id: the peer's
 *
 * One of the two is another one now, and with it who gives way where offers cross. What is under way
 * goes on.
 */
void
mb_negotiation_rename (MbNegotiation *self, const char *local_id, const char *remote_id)
{
  self->is_polite = strcmp (local_id, remote_id) > 0;
}

static gboolean
is_other_session (const MbNegotiation *self, const char *session_id)
{
  return self->remote_session[0] != '\0' && g_strcmp0 (self->remote_session, session_id) != 0;
}

static void
set_session (char *field, gsize size, const char *session_id)
{
  g_strlcpy (field, session_id != NULL ? session_id : "", size);
}

static void
set_deadline (MbNegotiation *self, gint64 deadline_us)
{
  self->deadline_us = deadline_us;
}

/* Never later than what was due before. */
static void
hasten_deadline (MbNegotiation *self, gint64 deadline_us)
{
  if (self->deadline_us == 0 || self->deadline_us > deadline_us)
    self->deadline_us = deadline_us;
}

static unsigned int
drop (MbNegotiation *self)
{
  gboolean was_built = self->is_built;

  self->is_built = FALSE;
  self->is_connected = FALSE;
  self->connected_us = 0;
  return was_built ? MB_NEGOTIATION_ACTION_DROP : MB_NEGOTIATION_ACTION_NONE;
}

/* Returns: how long a build must wait; 0 means that it may be done now */
static gint64
delay_of_build (MbNegotiation *self, gint64 now_us)
{
  double leaked = (double) (now_us - self->build_level_us) / (double) BUILD_EVERY_US;

  self->build_level = MAX (0, self->build_level - leaked);
  self->build_level_us = now_us;
  return self->build_level + 1 <= BUILD_BURST
             ? 0
             : (gint64) ((self->build_level + 1 - BUILD_BURST) * (double) BUILD_EVERY_US) + MSEC;
}

/* A new generation, or, where there were too many of late, a wait for it. */
static unsigned int
build (MbNegotiation *self, gint64 now_us, MbNegotiationState next, unsigned int action)
{
  gint64 delay_us = delay_of_build (self, now_us);

  if (delay_us > 0) {
    self->state = MB_NEGOTIATION_STATE_BACKING_OFF;
    set_deadline (self, now_us + delay_us);
    return drop (self);
  }
  self->build_level += 1;
  self->generation++;
  self->is_built = TRUE;
  self->is_connected = FALSE;
  self->connected_us = 0;
  self->n_reoffers = 0;
  self->is_answerer = next == MB_NEGOTIATION_STATE_ANSWERING;
  self->state = next;
  set_deadline (self, now_us + WAIT_FOR_STEP_US);
  return MB_NEGOTIATION_ACTION_BUILD | action;
}

static unsigned int
offer_anew (MbNegotiation *self, gint64 now_us)
{
  /* What is queued was for the generation before. */
  unsigned int clear = self->remote_session[0] != '\0' ? MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES : 0;

  return clear |
         build (self, now_us, MB_NEGOTIATION_STATE_CREATING, MB_NEGOTIATION_ACTION_CREATE_OFFER);
}

/* With the kept offer. */
static unsigned int
answer_anew (MbNegotiation *self, gint64 now_us)
{
  unsigned int actions;

  self->has_kept_offer = TRUE;
  actions = build (self, now_us, MB_NEGOTIATION_STATE_ANSWERING, MB_NEGOTIATION_ACTION_APPLY_OFFER);
  if (self->state == MB_NEGOTIATION_STATE_ANSWERING) {
    self->has_kept_offer = FALSE;
    set_session (self->remote_session, sizeof self->remote_session, self->kept_session);
  }
  return actions;
}

static unsigned int
try_again (MbNegotiation *self, gint64 now_us)
{
  return self->has_kept_offer ? answer_anew (self, now_us) : offer_anew (self, now_us);
}

/* This generation has come to nothing: try again, later each time, and give up in the end. */
static unsigned int
fail (MbNegotiation *self, gint64 now_us)
{
  gint64 delay_us = 0;

  if (self->is_connected && now_us - self->connected_us >= GOOD_TIME_US)
    self->n_failures = 0;
  self->n_failures++;
  if (self->n_failures > MAX_FAILURES) {
    self->state = MB_NEGOTIATION_STATE_GAVE_UP;
    self->has_kept_offer = FALSE;
    set_deadline (self, 0);
    return drop (self) | MB_NEGOTIATION_ACTION_GIVE_UP;
  }
  if (self->n_failures > 1)
    delay_us += FIRST_DELAY_US << (self->n_failures - 2);
  if (self->is_polite && !self->has_kept_offer)
    delay_us += POLITE_DELAY_US;
  if (delay_us == 0)
    return try_again (self, now_us);
  self->state = MB_NEGOTIATION_STATE_BACKING_OFF;
  set_deadline (self, now_us + delay_us);
  return drop (self);
}

static void
enter_stable (MbNegotiation *self, gint64 now_us)
{
  self->state = MB_NEGOTIATION_STATE_STABLE;
  set_deadline (self, self->is_connected ? 0 : now_us + WAIT_FOR_CONNECTION_US);
}

static void
enter_reoffered (MbNegotiation *self, gint64 now_us)
{
  self->state = MB_NEGOTIATION_STATE_REOFFERED;
  set_deadline (self, now_us + WAIT_FOR_ANSWER_US);
}

/* ---- what comes from the peer ---- */

static unsigned int
keep_for_later (MbNegotiation *self, gint64 now_us)
{
  self->has_kept_offer = TRUE;
  if (self->state != MB_NEGOTIATION_STATE_ACCEPTING)
    hasten_deadline (self, now_us + WAIT_BEFORE_YIELDING_US);
  return MB_NEGOTIATION_ACTION_KEEP_OFFER;
}

static unsigned int
answer_in_text (MbNegotiation *self, gint64 now_us)
{
  unsigned int rollback = self->state == MB_NEGOTIATION_STATE_REOFFERED
                              ? MB_NEGOTIATION_ACTION_ROLLBACK
                              : MB_NEGOTIATION_ACTION_NONE;

  self->has_kept_offer = FALSE;
  if (self->state != MB_NEGOTIATION_STATE_STABLE)
    enter_stable (self, now_us);
  return rollback | MB_NEGOTIATION_ACTION_ANSWER_TEXT | MB_NEGOTIATION_ACTION_CHECK_TRACKS;
}

/* An offer of another o= session comes from a new connection of the peer: the old one is gone. */
static unsigned int
take_offer (MbNegotiation *self, const MbNegotiationEvent *event)
{
  gboolean is_other = is_other_session (self, event->session_id);
  unsigned int actions = MB_NEGOTIATION_ACTION_KEEP_OFFER;

  set_session (self->kept_session, sizeof self->kept_session, event->session_id);
  if (is_other)
    actions |= MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES;
  switch (self->state) {
  case MB_NEGOTIATION_STATE_CLOSED:
    return MB_NEGOTIATION_ACTION_NONE;
  case MB_NEGOTIATION_STATE_CREATING:
  case MB_NEGOTIATION_STATE_OFFERED:
    if (!self->is_polite)
      return keep_for_later (self, event->now_us);
    return actions | answer_anew (self, event->now_us);
  case MB_NEGOTIATION_STATE_ACCEPTING:
    if (!is_other)
      return keep_for_later (self, event->now_us);
    return actions | answer_anew (self, event->now_us);
  case MB_NEGOTIATION_STATE_STABLE:
    if (!is_other)
      return actions | answer_in_text (self, event->now_us);
    return actions | answer_anew (self, event->now_us);
  case MB_NEGOTIATION_STATE_REOFFERED:
    if (is_other)
      return actions | answer_anew (self, event->now_us);
    if (!self->is_polite)
      return keep_for_later (self, event->now_us);
    return actions | answer_in_text (self, event->now_us);
  case MB_NEGOTIATION_STATE_NEW:
  case MB_NEGOTIATION_STATE_WAITING:
  case MB_NEGOTIATION_STATE_ANSWERING:
  case MB_NEGOTIATION_STATE_BACKING_OFF:
  case MB_NEGOTIATION_STATE_GAVE_UP:
    break;
  }
  return actions | answer_anew (self, event->now_us);
}

static unsigned int
take_answer (MbNegotiation *self, const MbNegotiationEvent *event)
{
  gboolean is_other = is_other_session (self, event->session_id);

  if (self->state == MB_NEGOTIATION_STATE_OFFERED) {
    set_session (self->remote_session, sizeof self->remote_session, event->session_id);
    /* Whoever answers has taken back an offer of its own. */
    self->has_kept_offer = FALSE;
    self->state = MB_NEGOTIATION_STATE_ACCEPTING;
    set_deadline (self, event->now_us + WAIT_FOR_STEP_US);
    return MB_NEGOTIATION_ACTION_APPLY_ANSWER;
  }
  if (self->state == MB_NEGOTIATION_STATE_REOFFERED && !is_other) {
    self->has_kept_offer = FALSE;
    self->n_reoffers = 0;
    enter_stable (self, event->now_us);
    return MB_NEGOTIATION_ACTION_ACCEPT_TEXT | MB_NEGOTIATION_ACTION_CHECK_TRACKS;
  }
  /* Two answers of two connections: the one we took was to an offer of ours that had run out. */
  if (is_other && (self->state == MB_NEGOTIATION_STATE_REOFFERED ||
                      self->state == MB_NEGOTIATION_STATE_ACCEPTING ||
                      (self->state == MB_NEGOTIATION_STATE_STABLE && !self->is_connected))) {
    self->has_kept_offer = FALSE;
    return fail (self, event->now_us);
  }
  return MB_NEGOTIATION_ACTION_NONE;
}

static unsigned int
take_candidate (const MbNegotiation *self)
{
  switch (self->state) {
  case MB_NEGOTIATION_STATE_STABLE:
  case MB_NEGOTIATION_STATE_REOFFERED:
    return MB_NEGOTIATION_ACTION_ADD_CANDIDATE;
  case MB_NEGOTIATION_STATE_GAVE_UP:
  case MB_NEGOTIATION_STATE_CLOSED:
    return MB_NEGOTIATION_ACTION_NONE;
  case MB_NEGOTIATION_STATE_NEW:
  case MB_NEGOTIATION_STATE_WAITING:
  case MB_NEGOTIATION_STATE_CREATING:
  case MB_NEGOTIATION_STATE_OFFERED:
  case MB_NEGOTIATION_STATE_ANSWERING:
  case MB_NEGOTIATION_STATE_ACCEPTING:
  case MB_NEGOTIATION_STATE_BACKING_OFF:
    break;
  }
  return MB_NEGOTIATION_ACTION_QUEUE_CANDIDATE;
}

/* ---- what comes from the transport ---- */

static unsigned int
offer_created (MbNegotiation *self, gint64 now_us)
{
  if (self->state != MB_NEGOTIATION_STATE_CREATING)
    return MB_NEGOTIATION_ACTION_NONE;
  self->state = MB_NEGOTIATION_STATE_OFFERED;
  set_deadline (
      self, now_us + (self->has_kept_offer ? WAIT_BEFORE_YIELDING_US : WAIT_FOR_ANSWER_US));
  return MB_NEGOTIATION_ACTION_SEND_OFFER;
}

static unsigned int
answer_created (MbNegotiation *self, gint64 now_us)
{
  if (self->state != MB_NEGOTIATION_STATE_ANSWERING)
    return MB_NEGOTIATION_ACTION_NONE;
  enter_stable (self, now_us);
  return MB_NEGOTIATION_ACTION_SEND_ANSWER | MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES |
         MB_NEGOTIATION_ACTION_CHECK_TRACKS;
}

static unsigned int
answer_applied (MbNegotiation *self, gint64 now_us)
{
  unsigned int actions =
      MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES | MB_NEGOTIATION_ACTION_CHECK_TRACKS;

  if (self->state != MB_NEGOTIATION_STATE_ACCEPTING)
    return MB_NEGOTIATION_ACTION_NONE;
  enter_stable (self, now_us);
  return self->has_kept_offer ? actions | answer_in_text (self, now_us) : actions;
}

static unsigned int
step_failed (MbNegotiation *self, gint64 now_us)
{
  gboolean is_text = self->state == MB_NEGOTIATION_STATE_REOFFERED ||
                     (self->state == MB_NEGOTIATION_STATE_STABLE && self->is_connected);

  if (is_text) {
    /* What runs goes on as it was. */
    enter_stable (self, now_us);
    return MB_NEGOTIATION_ACTION_ROLLBACK;
  }
  if (self->is_answerer)
    self->has_kept_offer = TRUE;
  return fail (self, now_us);
}

static unsigned int
transport_connected (MbNegotiation *self, gint64 now_us)
{
  self->is_connected = TRUE;
  self->connected_us = now_us;
  if (self->state == MB_NEGOTIATION_STATE_STABLE)
    set_deadline (self, 0);
  return MB_NEGOTIATION_ACTION_NONE;
}

static unsigned int
transport_failed (MbNegotiation *self, gint64 now_us)
{
  /* An offer that waits in a glare of first offers is of a connection that is still to come. */
  if (self->state != MB_NEGOTIATION_STATE_CREATING && self->state != MB_NEGOTIATION_STATE_OFFERED)
    self->has_kept_offer = FALSE;
  return fail (self, now_us);
}

/* ---- what comes from the clock ---- */

static unsigned int
reoffer_timed_out (MbNegotiation *self, gint64 now_us)
{
  if (self->has_kept_offer)
    return answer_in_text (self, now_us);
  self->n_reoffers++;
  if (self->n_reoffers < MAX_REOFFERS) {
    enter_reoffered (self, now_us);
    return MB_NEGOTIATION_ACTION_ROLLBACK | MB_NEGOTIATION_ACTION_SEND_OFFER;
  }
  /* A peer that never answers keeps what it has. */
  enter_stable (self, now_us);
  return MB_NEGOTIATION_ACTION_ROLLBACK;
}

static unsigned int
deadline_came (MbNegotiation *self, gint64 now_us)
{
  if (self->deadline_us == 0 || now_us < self->deadline_us)
    return MB_NEGOTIATION_ACTION_NONE;
  set_deadline (self, 0);
  switch (self->state) {
  case MB_NEGOTIATION_STATE_WAITING:
    return offer_anew (self, now_us);
  case MB_NEGOTIATION_STATE_BACKING_OFF:
    return try_again (self, now_us);
  case MB_NEGOTIATION_STATE_OFFERED:
    return self->has_kept_offer ? answer_anew (self, now_us) : fail (self, now_us);
  case MB_NEGOTIATION_STATE_ANSWERING:
    self->has_kept_offer = TRUE;
    return fail (self, now_us);
  case MB_NEGOTIATION_STATE_CREATING:
  case MB_NEGOTIATION_STATE_ACCEPTING:
  case MB_NEGOTIATION_STATE_STABLE:
    return fail (self, now_us);
  case MB_NEGOTIATION_STATE_REOFFERED:
    return reoffer_timed_out (self, now_us);
  case MB_NEGOTIATION_STATE_NEW:
  case MB_NEGOTIATION_STATE_GAVE_UP:
  case MB_NEGOTIATION_STATE_CLOSED:
    break;
  }
  return MB_NEGOTIATION_ACTION_NONE;
}

/* ---- what comes from our side ---- */

static unsigned int
start (MbNegotiation *self, gint64 now_us)
{
  if (self->state != MB_NEGOTIATION_STATE_NEW)
    return MB_NEGOTIATION_ACTION_NONE;
  if (!self->is_polite && self->patience_us == 0)
    return offer_anew (self, now_us);
  self->state = MB_NEGOTIATION_STATE_WAITING;
  set_deadline (self, now_us + (self->is_polite ? WAIT_FOR_OFFER_US : self->patience_us));
  return MB_NEGOTIATION_ACTION_NONE;
}

/* In all other states it is asked for again: every way into STABLE has CHECK_TRACKS. */
static unsigned int
tracks_changed (MbNegotiation *self, gint64 now_us)
{
  if (self->state != MB_NEGOTIATION_STATE_STABLE)
    return MB_NEGOTIATION_ACTION_NONE;
  self->n_reoffers = 0;
  enter_reoffered (self, now_us);
  return MB_NEGOTIATION_ACTION_SEND_OFFER;
}

static unsigned int
close_all (MbNegotiation *self)
{
  self->state = MB_NEGOTIATION_STATE_CLOSED;
  self->has_kept_offer = FALSE;
  set_deadline (self, 0);
  return drop (self);
}

static gboolean
is_stale (const MbNegotiation *self, const MbNegotiationEvent *event)
{
  switch (event->type) {
  case MB_NEGOTIATION_EVENT_OFFER_CREATED:
  case MB_NEGOTIATION_EVENT_ANSWER_CREATED:
  case MB_NEGOTIATION_EVENT_ANSWER_APPLIED:
  case MB_NEGOTIATION_EVENT_STEP_FAILED:
  case MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED:
  case MB_NEGOTIATION_EVENT_TRANSPORT_FAILED:
    return !self->is_built || event->generation != self->generation;
  case MB_NEGOTIATION_EVENT_START:
  case MB_NEGOTIATION_EVENT_TRACKS_CHANGED:
  case MB_NEGOTIATION_EVENT_REMOTE_OFFER:
  case MB_NEGOTIATION_EVENT_REMOTE_ANSWER:
  case MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE:
  case MB_NEGOTIATION_EVENT_DEADLINE:
  case MB_NEGOTIATION_EVENT_CLOSE:
    break;
  }
  return FALSE;
}

/**
 * mb_negotiation_handle:
 * @self: the machine
 * @event: what happened
 *
 * Returns: a set of MbNegotiationAction, to be done in the order of their bits; ask
 *   mb_negotiation_get_deadline () afterwards
 */
unsigned int
mb_negotiation_handle (MbNegotiation *self, const MbNegotiationEvent *event)
{
  if (is_stale (self, event) || self->state == MB_NEGOTIATION_STATE_CLOSED)
    return MB_NEGOTIATION_ACTION_NONE;
  switch (event->type) {
  case MB_NEGOTIATION_EVENT_START:
    return start (self, event->now_us);
  case MB_NEGOTIATION_EVENT_TRACKS_CHANGED:
    return tracks_changed (self, event->now_us);
  case MB_NEGOTIATION_EVENT_REMOTE_OFFER:
    return take_offer (self, event);
  case MB_NEGOTIATION_EVENT_REMOTE_ANSWER:
    return take_answer (self, event);
  case MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE:
    return take_candidate (self);
  case MB_NEGOTIATION_EVENT_OFFER_CREATED:
    return offer_created (self, event->now_us);
  case MB_NEGOTIATION_EVENT_ANSWER_CREATED:
    return answer_created (self, event->now_us);
  case MB_NEGOTIATION_EVENT_ANSWER_APPLIED:
    return answer_applied (self, event->now_us);
  case MB_NEGOTIATION_EVENT_STEP_FAILED:
    return step_failed (self, event->now_us);
  case MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED:
    return transport_connected (self, event->now_us);
  case MB_NEGOTIATION_EVENT_TRANSPORT_FAILED:
    return transport_failed (self, event->now_us);
  case MB_NEGOTIATION_EVENT_DEADLINE:
    return deadline_came (self, event->now_us);
  case MB_NEGOTIATION_EVENT_CLOSE:
    return close_all (self);
  }
  return MB_NEGOTIATION_ACTION_NONE;
}

/* Returns: which the transport is, or is to be, the current one; 0 means none yet */
unsigned int
mb_negotiation_get_generation (const MbNegotiation *self)
{
  return self->generation;
}

/* Returns: the monotonic time of the next DEADLINE event, in microseconds; 0 means none */
gint64
mb_negotiation_get_deadline (const MbNegotiation *self)
{
  return self->deadline_us;
}

const char *
mb_negotiation_state_to_string (MbNegotiationState state)
{
  switch (state) {
  case MB_NEGOTIATION_STATE_NEW:
    return "new";
  case MB_NEGOTIATION_STATE_WAITING:
    return "waiting";
  case MB_NEGOTIATION_STATE_CREATING:
    return "creating";
  case MB_NEGOTIATION_STATE_OFFERED:
    return "offered";
  case MB_NEGOTIATION_STATE_ANSWERING:
    return "answering";
  case MB_NEGOTIATION_STATE_ACCEPTING:
    return "accepting";
  case MB_NEGOTIATION_STATE_STABLE:
    return "stable";
  case MB_NEGOTIATION_STATE_REOFFERED:
    return "reoffered";
  case MB_NEGOTIATION_STATE_BACKING_OFF:
    return "backing off";
  case MB_NEGOTIATION_STATE_GAVE_UP:
    return "gave up";
  case MB_NEGOTIATION_STATE_CLOSED:
    break;
  }
  return "closed";
}
