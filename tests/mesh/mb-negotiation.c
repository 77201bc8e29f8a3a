/* mb-negotiation.c: every race of offers, answers, rebuilds and the clock, as tables of event and actions
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-negotiation.h"

#define MSEC G_GINT64_CONSTANT (1000)
#define SEC G_USEC_PER_SEC

#define START MB_NEGOTIATION_EVENT_START
#define TRACKS MB_NEGOTIATION_EVENT_TRACKS_CHANGED
#define OFFER MB_NEGOTIATION_EVENT_REMOTE_OFFER
#define ANSWER MB_NEGOTIATION_EVENT_REMOTE_ANSWER
#define CANDIDATE MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE
#define CREATED MB_NEGOTIATION_EVENT_OFFER_CREATED
#define ANSWERED MB_NEGOTIATION_EVENT_ANSWER_CREATED
#define APPLIED MB_NEGOTIATION_EVENT_ANSWER_APPLIED
#define FAILED MB_NEGOTIATION_EVENT_STEP_FAILED
#define CONNECTED MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED
#define BROKEN MB_NEGOTIATION_EVENT_TRANSPORT_FAILED
#define DEADLINE MB_NEGOTIATION_EVENT_DEADLINE
#define CLOSE MB_NEGOTIATION_EVENT_CLOSE

#define NONE MB_NEGOTIATION_ACTION_NONE
#define KEEP MB_NEGOTIATION_ACTION_KEEP_OFFER
#define CLEAR MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES
#define DROP MB_NEGOTIATION_ACTION_DROP
#define BUILD MB_NEGOTIATION_ACTION_BUILD
#define CREATE MB_NEGOTIATION_ACTION_CREATE_OFFER
#define APPLY_OFFER MB_NEGOTIATION_ACTION_APPLY_OFFER
#define APPLY_ANSWER MB_NEGOTIATION_ACTION_APPLY_ANSWER
#define ROLLBACK MB_NEGOTIATION_ACTION_ROLLBACK
#define SEND_ANSWER MB_NEGOTIATION_ACTION_SEND_ANSWER
#define ANSWER_TEXT MB_NEGOTIATION_ACTION_ANSWER_TEXT
#define ACCEPT_TEXT MB_NEGOTIATION_ACTION_ACCEPT_TEXT
#define SEND_OFFER MB_NEGOTIATION_ACTION_SEND_OFFER
#define ADD MB_NEGOTIATION_ACTION_ADD_CANDIDATE
#define QUEUE MB_NEGOTIATION_ACTION_QUEUE_CANDIDATE
#define FLUSH MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES
#define CHECK MB_NEGOTIATION_ACTION_CHECK_TRACKS
#define GIVE_UP MB_NEGOTIATION_ACTION_GIVE_UP

#define IN(state) MB_NEGOTIATION_STATE_##state

typedef struct {
  gint64 after_us; /* since the step before */
  MbNegotiationEventType event;
  const char *session;  /* (nullable) of a remote description */
  int generations_ago;  /* 0: reported by the transport of now */
  unsigned int actions; /* expected */
  MbNegotiationState state;
} Step;

typedef struct {
  const char *name;
  const char *local_id;
  const char *remote_id;
  gint64 patience_us;
  Step steps[24]; /* ends with state NEW */
} Case;

/* Of two members the smaller id is the impolite one. */
#define IMPOLITE "a", "b", 0
#define POLITE "b", "a", 0
/* Impolite, to a peer that may not know the rule. */
#define PATIENT "a", "b", SEC

/* Beginnings that many cases share. */
#define OFFERING                                           \
  {0, START, NULL, 0, BUILD | CREATE, IN (CREATING)},      \
  {                                                        \
    100 * MSEC, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED) \
  }
#define STABLE_BY_OFFER                                                  \
  OFFERING, {100 * MSEC, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)}, \
  {                                                                      \
    10 * MSEC, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)              \
  }
#define STABLE_BY_ANSWER                                                        \
  {0, START, NULL, 0, NONE, IN (WAITING)},                                      \
      {100 * MSEC, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)}, \
  {                                                                             \
    100 * MSEC, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)     \
  }
#define UP                                            \
  {                                                   \
    200 * MSEC, CONNECTED, NULL, 0, NONE, IN (STABLE) \
  }

static const Case CASES[] = {
    {"first-offer/impolite-offers", IMPOLITE, {STABLE_BY_OFFER, UP}},
    {"first-offer/polite-waits-and-answers", POLITE, {STABLE_BY_ANSWER, UP}},
    {"first-offer/polite-offers-if-nobody-does", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {4999 * MSEC, DEADLINE, NULL, 0, NONE, IN (WAITING)},
            {1 * MSEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}}},
    {"first-offer/stranger-offers", PATIENT,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {999 * MSEC, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},
    {"first-offer/stranger-waits", PATIENT,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {999 * MSEC, DEADLINE, NULL, 0, NONE, IN (WAITING)},
            {1 * MSEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)}}},
    {"first-offer/before-start", POLITE,
        {{0, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, START, NULL, 0, NONE, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},

    {"glare/polite-gives-way", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {5 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            /* What the transport of the former generation still says is of no matter. */
            {1, FAILED, NULL, 1, NONE, IN (ANSWERING)}, {1, BROKEN, NULL, 1, NONE, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)},
            {1, ANSWER, "S1", 0, NONE, IN (STABLE)}}},
    {"glare/polite-gives-way-while-creating", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {5 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, CREATED, NULL, 1, NONE, IN (ANSWERING)}}},
    {"glare/impolite-ignores", IMPOLITE,
        {OFFERING, {1, OFFER, "S1", 0, KEEP, IN (OFFERED)},
            {1, CANDIDATE, NULL, 0, QUEUE, IN (OFFERED)},
            {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}}},
    {"glare/impolite-yields-to-one-who-never-does", IMPOLITE,
        {OFFERING, {1, OFFER, "S1", 0, KEEP, IN (OFFERED)},
            {3999 * MSEC, DEADLINE, NULL, 0, NONE, IN (OFFERED)},
            {1 * MSEC, DEADLINE, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},
    {"glare/impolite-creating", IMPOLITE,
        {{0, START, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, OFFER, "S1", 0, KEEP, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {4 * SEC, DEADLINE, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"glare/later/polite-rolls-back", POLITE,
        {STABLE_BY_ANSWER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, OFFER, "S1", 0, KEEP | ROLLBACK | ANSWER_TEXT | CHECK, IN (STABLE)},
            {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, ANSWER, "S1", 0, ACCEPT_TEXT | CHECK, IN (STABLE)}}},
    {"glare/later/impolite-ignores", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, OFFER, "S1", 0, KEEP, IN (REOFFERED)},
            {1, ANSWER, "S1", 0, ACCEPT_TEXT | CHECK, IN (STABLE)},
            {1, OFFER, "S1", 0, KEEP | ANSWER_TEXT | CHECK, IN (STABLE)}}},
    {"glare/later/impolite-yields", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, OFFER, "S1", 0, KEEP, IN (REOFFERED)},
            {4 * SEC, DEADLINE, NULL, 0, ROLLBACK | ANSWER_TEXT | CHECK, IN (STABLE)}}},

    {"text/peer-offers", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, OFFER, "S1", 0, KEEP | ANSWER_TEXT | CHECK, IN (STABLE)},
            {1, OFFER, "S1", 0, KEEP | ANSWER_TEXT | CHECK, IN (STABLE)}}},
    {"text/peer-offers-right-after-its-answer", IMPOLITE,
        {OFFERING, {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, OFFER, "S1", 0, KEEP, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, ANSWER_TEXT | FLUSH | CHECK, IN (STABLE)}}},
    {"text/tracks-change-while-an-offer-is-out", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, TRACKS, NULL, 0, NONE, IN (REOFFERED)},
            {1, ANSWER, "S1", 0, ACCEPT_TEXT | CHECK, IN (STABLE)},
            {0, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)}}},
    {"text/tracks-change-while-not-yet-stable", IMPOLITE,
        {OFFERING, {1, TRACKS, NULL, 0, NONE, IN (OFFERED)}}},
    {"text/bad-answer-is-rolled-back", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, ANSWER, "S1", 0, ACCEPT_TEXT | CHECK, IN (STABLE)},
            {0, FAILED, NULL, 0, ROLLBACK, IN (STABLE)},
            {20 * SEC, DEADLINE, NULL, 0, NONE, IN (STABLE)}}},
    {"text/bad-offer-leaves-what-runs", POLITE,
        {STABLE_BY_ANSWER, UP, {1, OFFER, "S1", 0, KEEP | ANSWER_TEXT | CHECK, IN (STABLE)},
            {0, FAILED, NULL, 0, ROLLBACK, IN (STABLE)}}},
    {"text/never-answered-offer-costs-nothing", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {15 * SEC, DEADLINE, NULL, 0, ROLLBACK | SEND_OFFER, IN (REOFFERED)},
            {15 * SEC, DEADLINE, NULL, 0, ROLLBACK, IN (STABLE)},
            {60 * SEC, DEADLINE, NULL, 0, NONE, IN (STABLE)}}},

    {"candidates/before-any-description", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)}, {1, CANDIDATE, NULL, 0, QUEUE, IN (WAITING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, CANDIDATE, NULL, 0, QUEUE, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)},
            {1, CANDIDATE, NULL, 0, ADD, IN (STABLE)}}},
    {"candidates/before-the-answer", IMPOLITE,
        {OFFERING, {1, CANDIDATE, NULL, 0, QUEUE, IN (OFFERED)},
            {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, CANDIDATE, NULL, 0, QUEUE, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}}},
    {"candidates/during-a-later-offer", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, CANDIDATE, NULL, 0, ADD, IN (REOFFERED)}}},
    {"candidates/of-the-old-connection-are-cleared", POLITE,
        {STABLE_BY_ANSWER, UP,
            {1, OFFER, "S2", 0, KEEP | CLEAR | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, CANDIDATE, NULL, 0, QUEUE, IN (ANSWERING)}}},

    {"rebuild/impolite-at-once", IMPOLITE,
        {STABLE_BY_OFFER, UP, {30 * SEC, BROKEN, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)},
            {400 * MSEC, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {1, ANSWER, "S2", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}, UP}},
    {"rebuild/polite-waits-a-little-for-the-offer", POLITE,
        {STABLE_BY_ANSWER, UP, {30 * SEC, BROKEN, NULL, 0, DROP, IN (BACKING_OFF)},
            {500 * MSEC, OFFER, "S2", 0, KEEP | CLEAR | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},
    {"rebuild/polite-then-offers-itself", POLITE,
        {STABLE_BY_ANSWER, UP, {30 * SEC, BROKEN, NULL, 0, DROP, IN (BACKING_OFF)},
            {749 * MSEC, DEADLINE, NULL, 0, NONE, IN (BACKING_OFF)},
            {1 * MSEC, DEADLINE, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)}}},
    {"rebuild/said-twice-is-done-once", IMPOLITE,
        {STABLE_BY_OFFER, UP, {30 * SEC, BROKEN, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)},
            {1, BROKEN, NULL, 1, NONE, IN (CREATING)}}},
    {"rebuild/new-session-of-the-peer", IMPOLITE,
        {STABLE_BY_OFFER, UP,
            {1, OFFER, "S2", 0, KEEP | CLEAR | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)},
            {1, OFFER, "S2", 0, KEEP | ANSWER_TEXT | CHECK, IN (STABLE)}}},
    {"rebuild/new-session-while-our-offer-is-out", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, TRACKS, NULL, 0, SEND_OFFER, IN (REOFFERED)},
            {1, OFFER, "S2", 0, KEEP | CLEAR | BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"rebuild/new-session-while-accepting", IMPOLITE,
        {OFFERING, {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, OFFER, "S2", 0, KEEP | CLEAR | BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"rebuild/offer-again-while-answering", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 1, NONE, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},
    {"rebuild/answer-of-another-session-is-to-an-old-offer", IMPOLITE,
        {STABLE_BY_OFFER, {1, ANSWER, "S2", 0, CLEAR | BUILD | CREATE, IN (CREATING)}}},
    {"rebuild/but-not-where-media-flows", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, ANSWER, "S2", 0, NONE, IN (STABLE)}}},
    {"rebuild/never-connected", IMPOLITE,
        {STABLE_BY_OFFER, {20 * SEC, DEADLINE, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)}}},

    {"failure/offer-cannot-be-made", IMPOLITE,
        {{0, START, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {499 * MSEC, DEADLINE, NULL, 0, NONE, IN (BACKING_OFF)},
            {1 * MSEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {1 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {2 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {4 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {8 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, FAILED, NULL, 0, DROP | GIVE_UP, IN (GAVE_UP)},
            {60 * SEC, DEADLINE, NULL, 0, NONE, IN (GAVE_UP)},
            {1, CANDIDATE, NULL, 0, NONE, IN (GAVE_UP)}, {1, ANSWER, "S1", 0, NONE, IN (GAVE_UP)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"failure/offer-of-the-peer-is-tried-again", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, FAILED, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, FAILED, NULL, 0, DROP, IN (BACKING_OFF)},
            {500 * MSEC, DEADLINE, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)},
            {1, ANSWERED, NULL, 0, SEND_ANSWER | FLUSH | CHECK, IN (STABLE)}}},
    {"failure/answer-cannot-be-sent", POLITE,
        {STABLE_BY_ANSWER, {0, FAILED, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"failure/answer-of-the-peer-cannot-be-applied", IMPOLITE,
        {OFFERING, {1, ANSWER, "S1", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, FAILED, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)}}},
    {"failure/transport-hangs", IMPOLITE,
        {{0, START, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {10 * SEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)}}},
    {"failure/transport-hangs-answering", POLITE,
        {{0, START, NULL, 0, NONE, IN (WAITING)},
            {1, OFFER, "S1", 0, KEEP | BUILD | APPLY_OFFER, IN (ANSWERING)},
            {10 * SEC, DEADLINE, NULL, 0, BUILD | APPLY_OFFER, IN (ANSWERING)}}},
    {"failure/a-good-time-forgives", IMPOLITE,
        {STABLE_BY_OFFER, UP, {9 * SEC, BROKEN, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {1, ANSWER, "S2", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}, UP,
            {9 * SEC, BROKEN, NULL, 0, DROP, IN (BACKING_OFF)},
            {500 * MSEC, DEADLINE, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {1, ANSWER, "S3", 0, APPLY_ANSWER, IN (ACCEPTING)},
            {1, APPLIED, NULL, 0, FLUSH | CHECK, IN (STABLE)}, UP,
            {10 * SEC, BROKEN, NULL, 0, CLEAR | BUILD | CREATE, IN (CREATING)}}},

    {"silence/no-answer-is-offered-anew", IMPOLITE,
        {OFFERING, {14999 * MSEC, DEADLINE, NULL, 0, NONE, IN (OFFERED)},
            {1 * MSEC, DEADLINE, NULL, 0, BUILD | CREATE, IN (CREATING)},
            {1, ANSWER, "S1", 0, NONE, IN (CREATING)},
            {1, CREATED, NULL, 0, SEND_OFFER, IN (OFFERED)},
            {15 * SEC, DEADLINE, NULL, 0, DROP, IN (BACKING_OFF)}}},
    {"close/ends-everything", IMPOLITE,
        {STABLE_BY_OFFER, UP, {1, CLOSE, NULL, 0, DROP, IN (CLOSED)},
            {1, OFFER, "S2", 0, NONE, IN (CLOSED)}, {1, CANDIDATE, NULL, 0, NONE, IN (CLOSED)},
            {1, DEADLINE, NULL, 0, NONE, IN (CLOSED)}, {1, CLOSE, NULL, 0, NONE, IN (CLOSED)}}},
};

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  MbNegotiation machine;
  gint64 now_us = 1000 * SEC;

  mb_negotiation_init (&machine, test->local_id, test->remote_id, test->patience_us);
  for (unsigned int i = 0;
       i < G_N_ELEMENTS (test->steps) && test->steps[i].state != MB_NEGOTIATION_STATE_NEW; i++) {
    const Step *step = &test->steps[i];
    MbNegotiationEvent event = {
        .type = step->event,
        .session_id = step->session,
        .generation =
            mb_negotiation_get_generation (&machine) - (unsigned int) step->generations_ago,
    };

    now_us += step->after_us;
    event.now_us = now_us;
    g_test_message ("step %u", i);
    g_assert_cmphex (mb_negotiation_handle (&machine, &event), ==, step->actions);
    g_assert_cmpstr (mb_negotiation_state_to_string (machine.state), ==,
        mb_negotiation_state_to_string (step->state));
  }
}

static MbNegotiation
make_stable (gint64 now_us)
{
  MbNegotiation machine;
  MbNegotiationEvent event = {.type = OFFER, .now_us = now_us, .session_id = "S0"};

  mb_negotiation_init (&machine, POLITE);
  (void) mb_negotiation_handle (&machine, &event);
  event.type = ANSWERED;
  event.generation = mb_negotiation_get_generation (&machine);
  (void) mb_negotiation_handle (&machine, &event);
  return machine;
}

/* A peer that comes with a new connection all the time may cost a build every five seconds. */
static void
test_flood_of_sessions (void)
{
  gint64 now_us = 1000 * SEC;
  MbNegotiation machine = make_stable (now_us);
  unsigned int n_builds = 0;

  for (unsigned int i = 0; i < 6000; i++) {
    g_autofree char *session = g_strdup_printf ("F%u", i);
    MbNegotiationEvent event = {.type = OFFER, .now_us = now_us, .session_id = session};

    n_builds += (mb_negotiation_handle (&machine, &event) & BUILD) != 0 ? 1 : 0;
    now_us += 10 * MSEC;
    event = (MbNegotiationEvent){.type = DEADLINE, .now_us = now_us};
    n_builds += (mb_negotiation_handle (&machine, &event) & BUILD) != 0 ? 1 : 0;
  }
  g_assert_cmpuint (n_builds, >=, 12);
  g_assert_cmpuint (n_builds, <=, 8 + 12);
}

/* And the last of its offers is answered in the end. */
static void
test_flood_ends (void)
{
  gint64 now_us = 1000 * SEC;
  MbNegotiation machine = make_stable (now_us);
  MbNegotiationEvent event = {.type = OFFER, .now_us = now_us};

  for (unsigned int i = 0; i < 20; i++) {
    g_autofree char *session = g_strdup_printf ("F%u", i);

    event.session_id = session;
    (void) mb_negotiation_handle (&machine, &event);
  }
  g_assert_cmpint (machine.state, ==, MB_NEGOTIATION_STATE_BACKING_OFF);
  event = (MbNegotiationEvent){.type = DEADLINE, .now_us = mb_negotiation_get_deadline (&machine)};
  g_assert_cmphex (mb_negotiation_handle (&machine, &event), ==, BUILD | APPLY_OFFER);
  g_assert_cmpstr (machine.remote_session, ==, "F19");
}

/* Every state with something outstanding has a deadline: nothing can hang for ever. */
static void
test_always_a_deadline (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4711);
  static const char *const SESSIONS[] = {"S1", "S2", "S3"};

  for (unsigned int run = 0; run < 2000; run++) {
    MbNegotiation machine;
    gint64 now_us = SEC;

    mb_negotiation_init (
        &machine, run % 2 == 0 ? "a" : "b", run % 2 == 0 ? "b" : "a", run % 3 == 0 ? SEC : 0);
    for (unsigned int i = 0; i < 60; i++) {
      MbNegotiationEvent event = {
          .type = (MbNegotiationEventType) g_rand_int_range (rand, 0, CLOSE),
          .now_us = now_us,
          .generation = mb_negotiation_get_generation (&machine) -
                        (unsigned int) g_rand_int_range (rand, 0, 2),
          .session_id = SESSIONS[g_rand_int_range (rand, 0, G_N_ELEMENTS (SESSIONS))],
      };
      unsigned int actions = mb_negotiation_handle (&machine, &event);
      gboolean is_at_rest = machine.state == MB_NEGOTIATION_STATE_NEW ||
                            machine.state == MB_NEGOTIATION_STATE_GAVE_UP ||
                            (machine.state == MB_NEGOTIATION_STATE_STABLE && machine.is_connected);

      now_us += (gint64) g_rand_int_range (rand, 0, 3000) * MSEC;
      g_assert_cmpint (is_at_rest, ==, mb_negotiation_get_deadline (&machine) == 0);
      g_assert_false ((actions & BUILD) != 0 && (actions & DROP) != 0);
      g_assert_false ((actions & APPLY_OFFER) != 0 && (actions & BUILD) == 0);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strdup_printf ("/negotiation/%s", CASES[i].name);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  g_test_add_func ("/negotiation/flood/builds-are-bounded", test_flood_of_sessions);
  g_test_add_func ("/negotiation/flood/last-offer-is-answered", test_flood_ends);
  g_test_add_func ("/negotiation/nothing-hangs-for-ever", test_always_a_deadline);
  return g_test_run ();
}
