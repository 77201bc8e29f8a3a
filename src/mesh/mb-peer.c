/* mb-peer.c: one other member of the room, and the connection to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by the mesh. It runs the actions that mb-negotiation asks for and reports back what became
 * of them: decisions are there, deeds are here. A connection (an exchange) is one generation; a peer
 * may go through several. Nothing that happens here can reach another peer.
 */
#include "mb-peer.h"

#include <string.h>

#include "mb-error.h"
#include "mb-exchange.h"
#include "mb-incoming.h"
#include "mb-liveness.h"
#include "mb-negotiation.h"

#define MAX_COMPLAINTS 5 /* lines in the log about one peer's bad input */

/* An event with what it brought along; the negotiation itself knows of none of it. */
typedef struct {
  MbNegotiationEvent event;
  const MbSdp *description; /* (nullable) of a remote offer or answer */
  const char *reduced;      /* (nullable) the transport's description */
  MbCandidate *candidate;   /* (nullable) owned; stolen by who takes it */
} Incident;

struct _MbPeer {
  GObject parent;

  /* given at construction */
  MbMedia *media;
  MbPeerConfig *config; /* its ids are those of the beginning */

  /* of the peer */
  char *peer_id;
  MbNegotiation negotiation;
  MbCandidateQueue *candidates;
  MbSdp *kept_offer; /* (nullable) the offer that waits for its turn */
  GSource *deadline; /* (nullable) */
  unsigned int n_complaints;
  unsigned int n_stopping; /* transports that are on their way down */
  MbSignalShape shape;     /* how it writes its signals, and reads ours */
  gint64 signal_us;      /* monotonic: when it last said something over the server; 0 means never */
  gboolean is_suspended; /* the server does not reach it */
  gboolean closing;

  MbExchange *exchange; /* (nullable) the connection of this generation */
  gboolean step_failed; /* an action of the present run could not be done */
};

enum {
  SIGNAL_SEND,
  SIGNAL_TRACKS_CHANGED,
  SIGNAL_CONNECTED,
  SIGNAL_FIRST_MEDIA,
  SIGNAL_SILENCE,
  SIGNAL_OPEN,
  SIGNAL_TEXT,
  SIGNAL_LOST,
  SIGNAL_FAILED,
  SIGNAL_CLOSED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbPeer, mb_peer, G_TYPE_OBJECT)

static void handle_incident (MbPeer *self, Incident *incident);

/* Bad input of a peer is said, but cannot fill the log. @what: (nullable) where the error does not say it */
static void
complain (MbPeer *self, const char *what, const GError *error)
{
  if (self->n_complaints++ < MAX_COMPLAINTS)
    g_warning ("peer %s: %s%s%s%s", self->peer_id, what != NULL ? what : "",
        what != NULL ? ": " : "", error->message,
        self->n_complaints == MAX_COMPLAINTS ? " (further ones are not told)" : "");
}

static void
happen (MbPeer *self, MbNegotiationEventType type)
{
  Incident incident = {0};

  incident.event.type = type;
  incident.event.generation = mb_negotiation_get_generation (&self->negotiation);
  handle_incident (self, &incident);
}

static void
fail_step (MbPeer *self, const char *what, const GError *error)
{
  complain (self, what, error);
  self->step_failed = TRUE;
}

static void
send_json (MbPeer *self, char *json)
{
  g_autoptr (GBytes) data = g_bytes_new_take (json, strlen (json));

  g_signal_emit (self, signals[SIGNAL_SEND], 0, data);
}

/* ---- what the transport says ---- */

static void
on_webrtc_stopped (MbWebrtc *webrtc, MbPeer *self)
{
  g_assert (self->n_stopping > 0);
  self->n_stopping--;
  if (self->closing && self->n_stopping == 0)
    g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

static void
on_webrtc_description (MbWebrtc *webrtc, const char *reduced, MbPeer *self)
{
  Incident incident = {0};

  incident.event.type = mb_exchange_is_answering (self->exchange)
                            ? MB_NEGOTIATION_EVENT_ANSWER_CREATED
                            : MB_NEGOTIATION_EVENT_OFFER_CREATED;
  incident.event.generation = mb_negotiation_get_generation (&self->negotiation);
  incident.reduced = reduced;
  handle_incident (self, &incident);
}

static void
on_webrtc_remote_set (MbWebrtc *webrtc, MbPeer *self)
{
  if (mb_exchange_is_answering (self->exchange))
    mb_webrtc_create_answer (webrtc);
  else
    happen (self, MB_NEGOTIATION_EVENT_ANSWER_APPLIED);
}

static void
on_webrtc_candidate (MbWebrtc *webrtc, const char *candidate, MbPeer *self)
{
  char *json = mb_exchange_tell_candidate (self->exchange, candidate, self->shape);

  if (json != NULL)
    send_json (self, json);
}

static void
on_webrtc_secured (MbWebrtc *webrtc, MbPeer *self)
{
  g_info ("peer %s (%s): connected", self->peer_id, self->config->display_name);
  happen (self, MB_NEGOTIATION_EVENT_TRANSPORT_CONNECTED);
  g_signal_emit (self, signals[SIGNAL_CONNECTED], 0);
}

static void
on_webrtc_first_media (MbWebrtc *webrtc, unsigned int receiver_id, MbPeer *self)
{
  MbTrack *track = mb_exchange_find_receiver (self->exchange, receiver_id);

  if (track == NULL)
    return;
  g_info ("peer %s (%s): first %s (%s)", self->peer_id, self->config->display_name,
      track->kind == MB_MEDIA_KIND_VIDEO ? "video" : "audio", mb_codec_get_name (track->codec));
  g_signal_emit (self, signals[SIGNAL_FIRST_MEDIA], 0, track);
}

static void
on_webrtc_silence (MbWebrtc *webrtc, gboolean is_silent, MbPeer *self)
{
  if (is_silent)
    g_warning ("peer %s (%s): no media for %d s", self->peer_id, self->config->display_name,
        (int) (MB_LIVENESS_SILENT_US / G_USEC_PER_SEC));
  else
    g_info ("peer %s (%s): media again", self->peer_id, self->config->display_name);
  g_signal_emit (self, signals[SIGNAL_SILENCE], 0, is_silent);
}

/* Nobody could be told of a new connection. */
static void
lose_transport (MbPeer *self)
{
  if (self->is_suspended)
    g_signal_emit (self, signals[SIGNAL_LOST], 0);
  else
    happen (self, MB_NEGOTIATION_EVENT_TRANSPORT_FAILED);
}

/* Who still talks over the server is there, and may be about to find another path. */
static void
on_webrtc_gone (MbWebrtc *webrtc, MbPeer *self)
{
  if (g_get_monotonic_time () - self->signal_us < MB_LIVENESS_GONE_US)
    return;
  g_warning ("peer %s (%s): nothing for %d s: the connection is ended", self->peer_id,
      self->config->display_name, (int) (MB_LIVENESS_GONE_US / G_USEC_PER_SEC));
  lose_transport (self);
}

static void
on_webrtc_open (MbWebrtc *webrtc, MbPeer *self)
{
  g_signal_emit (self, signals[SIGNAL_OPEN], 0);
}

static void
on_webrtc_text (MbWebrtc *webrtc, const char *text, MbPeer *self)
{
  g_signal_emit (self, signals[SIGNAL_TEXT], 0, text);
}

/* Somebody stands in the middle: the same description again would end the same way, and a new
 * connection would only give another chance to whoever it is. */
static void
refuse_peer (MbPeer *self, const GError *error)
{
  g_warning ("peer %s (%s): failed: %s", self->peer_id, self->config->display_name, error->message);
  happen (self, MB_NEGOTIATION_EVENT_CLOSE);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
on_webrtc_failed (MbWebrtc *webrtc, int step, const GError *error, MbPeer *self)
{
  if (g_error_matches (error, MB_ERROR, MB_ERROR_SECURITY)) {
    refuse_peer (self, error);
    return;
  }
  complain (self, "connection", error);
  if (step == MB_WEBRTC_STEP_TRANSPORT)
    lose_transport (self);
  else
    happen (self, MB_NEGOTIATION_EVENT_STEP_FAILED);
}

/* ---- actions ---- */

static void
drop_connection (MbPeer *self)
{
  MbWebrtc *webrtc;
  gboolean had_tracks;

  if (self->exchange == NULL)
    return;
  webrtc = mb_exchange_get_webrtc (self->exchange);
  had_tracks = mb_exchange_get_tracks (self->exchange)->len > 0;
  g_signal_handlers_disconnect_by_data (webrtc, self);
  g_signal_connect_object (
      webrtc, "stopped", G_CALLBACK (on_webrtc_stopped), self, G_CONNECT_DEFAULT);
  self->n_stopping++;
  g_clear_pointer (&self->exchange, mb_exchange_free);
  if (had_tracks)
    g_signal_emit (self, signals[SIGNAL_TRACKS_CHANGED], 0);
}

static void
listen_to_webrtc (MbPeer *self)
{
  static const struct {
    const char *signal;
    GCallback callback;
  } HANDLERS[] = {
      {"description", G_CALLBACK (on_webrtc_description)},
      {"remote-set", G_CALLBACK (on_webrtc_remote_set)},
      {"candidate", G_CALLBACK (on_webrtc_candidate)},
      {"secured", G_CALLBACK (on_webrtc_secured)},
      {"first-media", G_CALLBACK (on_webrtc_first_media)},
      {"silence", G_CALLBACK (on_webrtc_silence)},
      {"gone", G_CALLBACK (on_webrtc_gone)},
      {"channel-open", G_CALLBACK (on_webrtc_open)},
      {"channel-text", G_CALLBACK (on_webrtc_text)},
      {"failed", G_CALLBACK (on_webrtc_failed)},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (HANDLERS); i++)
    g_signal_connect_object (mb_exchange_get_webrtc (self->exchange), HANDLERS[i].signal,
        HANDLERS[i].callback, self, G_CONNECT_DEFAULT);
}

static void
build_connection (MbPeer *self)
{
  MbExchangeConfig config = {.peer_id = self->peer_id,
      .source = self->config->source,
      .cname = self->config->cname,
      .receive_codecs = self->config->receive_codecs,
      .ice_servers = self->config->ice_servers,
      .relay_only = self->config->relay_only,
      .give_up_ms = self->config->give_up_ms,
      .candidates = self->config->candidates};

  drop_connection (self);
  self->exchange = mb_exchange_new (self->media, &config);
  listen_to_webrtc (self);
}

static void
apply_agreements (MbPeer *self)
{
  if (mb_exchange_apply_agreements (self->exchange))
    g_signal_emit (self, signals[SIGNAL_TRACKS_CHANGED], 0);
}

/* @take: through the transport, or as text */
static void
take_remote (MbPeer *self, gboolean (*take) (MbExchange *, const MbSdp *, MbSdpType, GError **),
    const MbSdp *description, MbSdpType type)
{
  g_autoptr (GError) error = NULL;

  if (!take (self->exchange, description, type, &error))
    fail_step (self, type == MB_SDP_TYPE_OFFER ? "its offer" : "its answer", error);
}

static void
send_description (MbPeer *self, MbSdpType type)
{
  g_autoptr (GError) error = NULL;
  char *json = mb_exchange_create_description (self->exchange, type, self->shape, &error);

  if (json == NULL) {
    fail_step (self, type == MB_SDP_TYPE_OFFER ? "our offer" : "our answer", error);
    return;
  }
  send_json (self, json);
  if (type == MB_SDP_TYPE_ANSWER)
    apply_agreements (self);
}

static void
set_base (MbPeer *self, const char *reduced)
{
  g_autoptr (GError) error = NULL;

  if (!mb_exchange_set_base (self->exchange, reduced, &error))
    fail_step (self, "our transport", error);
}

static void
keep_offer (MbPeer *self, const MbSdp *offer)
{
  g_autofree char *text = mb_sdp_to_text (offer);

  g_clear_pointer (&self->kept_offer, mb_sdp_free);
  self->kept_offer = mb_sdp_parse (text, NULL);
}

static void
give_up (MbPeer *self)
{
  g_autoptr (GError) error =
      g_error_new (MB_ERROR, MB_ERROR_FAILED, "no connection came about with %s", self->peer_id);

  g_warning ("peer %s (%s): failed: given up after several tries", self->peer_id,
      self->config->display_name);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
act_on_descriptions (MbPeer *self, unsigned int action, Incident *incident)
{
  switch (action) {
  case MB_NEGOTIATION_ACTION_KEEP_OFFER:
    keep_offer (self, incident->description);
    break;
  case MB_NEGOTIATION_ACTION_APPLY_OFFER:
    take_remote (self, mb_exchange_apply_remote, self->kept_offer, MB_SDP_TYPE_OFFER);
    break;
  case MB_NEGOTIATION_ACTION_APPLY_ANSWER:
    take_remote (self, mb_exchange_apply_remote, incident->description, MB_SDP_TYPE_ANSWER);
    if (!self->step_failed)
      apply_agreements (self);
    break;
  case MB_NEGOTIATION_ACTION_ROLLBACK:
    mb_exchange_rollback (self->exchange);
    break;
  case MB_NEGOTIATION_ACTION_SEND_ANSWER:
    set_base (self, incident->reduced);
    if (!self->step_failed)
      send_description (self, MB_SDP_TYPE_ANSWER);
    break;
  case MB_NEGOTIATION_ACTION_ANSWER_TEXT:
    take_remote (self, mb_exchange_take_remote, self->kept_offer, MB_SDP_TYPE_OFFER);
    if (!self->step_failed)
      send_description (self, MB_SDP_TYPE_ANSWER);
    break;
  case MB_NEGOTIATION_ACTION_ACCEPT_TEXT:
    take_remote (self, mb_exchange_take_remote, incident->description, MB_SDP_TYPE_ANSWER);
    if (!self->step_failed)
      apply_agreements (self);
    break;
  case MB_NEGOTIATION_ACTION_SEND_OFFER:
    if (incident->event.type == MB_NEGOTIATION_EVENT_OFFER_CREATED)
      set_base (self, incident->reduced);
    if (!self->step_failed)
      send_description (self, MB_SDP_TYPE_OFFER);
    break;
  default:
    g_assert_not_reached ();
  }
}

static void
act (MbPeer *self, unsigned int action, Incident *incident)
{
  switch (action) {
  case MB_NEGOTIATION_ACTION_CLEAR_CANDIDATES:
    mb_candidate_queue_clear (self->candidates);
    break;
  case MB_NEGOTIATION_ACTION_DROP:
    drop_connection (self);
    break;
  case MB_NEGOTIATION_ACTION_BUILD:
    mb_candidate_queue_restart (self->candidates);
    build_connection (self);
    break;
  case MB_NEGOTIATION_ACTION_CREATE_OFFER:
    mb_exchange_create_offer (self->exchange);
    break;
  case MB_NEGOTIATION_ACTION_ADD_CANDIDATE:
    mb_candidate_queue_push (self->candidates, g_steal_pointer (&incident->candidate));
    mb_exchange_add_candidates (self->exchange, self->candidates);
    break;
  case MB_NEGOTIATION_ACTION_QUEUE_CANDIDATE:
    mb_candidate_queue_push (self->candidates, g_steal_pointer (&incident->candidate));
    break;
  case MB_NEGOTIATION_ACTION_FLUSH_CANDIDATES:
    mb_exchange_add_candidates (self->exchange, self->candidates);
    break;
  case MB_NEGOTIATION_ACTION_GIVE_UP:
    give_up (self);
    break;
  default:
    act_on_descriptions (self, action, incident);
  }
}

static gboolean
on_deadline (gpointer user_data)
{
  MbPeer *self = user_data;

  g_clear_pointer (&self->deadline, g_source_unref);
  happen (self, MB_NEGOTIATION_EVENT_DEADLINE);
  return G_SOURCE_REMOVE;
}

static void
drop_deadline (MbPeer *self)
{
  if (self->deadline != NULL)
    g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
}

static void
schedule_deadline (MbPeer *self)
{
  gint64 due_us = mb_negotiation_get_deadline (&self->negotiation);

  drop_deadline (self);
  if (due_us == 0)
    return;
  self->deadline = g_timeout_source_new (0);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_set_ready_time (self->deadline, due_us);
  g_source_attach (self->deadline, NULL);
}

/* One event, its actions in the order of their bits, and what follows from them. An action that
 * fails ends the run: the rest would work on what is not there. */
static void
handle_incident (MbPeer *self, Incident *incident)
{
  unsigned int actions;
  g_autoptr (MbPeer) alive = g_object_ref (self);

  incident->event.now_us = g_get_monotonic_time ();
  actions = mb_negotiation_handle (&self->negotiation, &incident->event);
  g_debug ("peer %s: event %d, state %s, actions 0x%x", self->peer_id, incident->event.type,
      mb_negotiation_state_to_string (self->negotiation.state), actions);
  self->step_failed = FALSE;
  for (unsigned int bit = 0; bit < 32 && !self->step_failed; bit++) {
    unsigned int action = actions & (1U << bit);

    if (action != 0 && action != MB_NEGOTIATION_ACTION_CHECK_TRACKS)
      act (self, action, incident);
  }
  g_clear_pointer (&incident->candidate, mb_candidate_free);
  schedule_deadline (self);
  if (self->step_failed) {
    self->step_failed = FALSE;
    happen (self, MB_NEGOTIATION_EVENT_STEP_FAILED);
  } else if ((actions & MB_NEGOTIATION_ACTION_CHECK_TRACKS) != 0 && self->exchange != NULL &&
             mb_exchange_needs_offer (self->exchange)) {
    happen (self, MB_NEGOTIATION_EVENT_TRACKS_CHANGED);
  }
}

/* ---- what the peer says ---- */

static void
take_description (MbPeer *self, const MbIncoming *incoming)
{
  Incident incident = {0};

  incident.event.type =
      incoming->is_offer ? MB_NEGOTIATION_EVENT_REMOTE_OFFER : MB_NEGOTIATION_EVENT_REMOTE_ANSWER;
  incident.event.session_id = incoming->description->session_id;
  incident.description = incoming->description;
  handle_incident (self, &incident);
}

static void
take_candidate (MbPeer *self, MbIncoming *incoming)
{
  Incident incident = {0};

  incident.event.type = MB_NEGOTIATION_EVENT_REMOTE_CANDIDATE;
  incident.candidate = g_steal_pointer (&incoming->candidate);
  handle_incident (self, &incident);
}

/* Whoever writes bare descriptions may write its candidates in two ways: the latter is found out by
 * the first of them. */
static void
take_shape (MbPeer *self, MbSignalShape shape)
{
  if (shape != MB_SIGNAL_SHAPE_BARE || self->shape != MB_SIGNAL_SHAPE_PLAIN)
    self->shape = shape;
}

/**
 * mb_peer_take_data:
 * @data: the `data` of a signal of this peer, JSON text
 *
 * What cannot be read is said in the log and otherwise ignored.
 */
void
mb_peer_take_data (MbPeer *self, GBytes *data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbIncoming) incoming = NULL;

  if (self->closing)
    return;
  self->signal_us = g_get_monotonic_time ();
  incoming = mb_incoming_read (data, self->candidates, &error);
  if (incoming == NULL) {
    complain (self, NULL, error);
    return;
  }
  take_shape (self, incoming->shape);
  if (incoming->description != NULL)
    take_description (self, incoming);
  else if (incoming->candidate != NULL)
    take_candidate (self, incoming);
}

/**
 * mb_peer_new:
 *
 * Returns: (transfer full): a peer that does nothing before mb_peer_start(). Whoever drops it
 *   calls mb_peer_close() and waits for "closed".
 */
MbPeer *
mb_peer_new (MbMedia *media, const MbPeerConfig *config)
{
  MbPeer *self = g_object_new (MB_TYPE_PEER, NULL);

  self->media = mb_media_ref (media);
  self->config = mb_peer_config_copy (config);
  self->peer_id = g_strdup (config->peer_id);
  self->candidates = mb_candidate_queue_new (config->candidates);
  mb_negotiation_init (&self->negotiation, config->own_id, config->peer_id,
      (gint64) mb_peer_config_get_patience_ms (config) * 1000);
  return self;
}

/**
 * mb_peer_start:
 *
 * Begins to negotiate, by the contract's rule of who offers.
 */
void
mb_peer_start (MbPeer *self)
{
  happen (self, MB_NEGOTIATION_EVENT_START);
}

/**
 * mb_peer_close:
 *
 * Ends the connection; "closed" follows when all its threads are gone, and no other signal but
 * "tracks-changed" at once.
 */
void
mb_peer_close (MbPeer *self)
{
  if (self->closing)
    return;
  happen (self, MB_NEGOTIATION_EVENT_CLOSE);
  drop_connection (self);
  drop_deadline (self);
  self->closing = TRUE;
  if (self->n_stopping == 0)
    g_signal_emit (self, signals[SIGNAL_CLOSED], 0);
}

/**
 * mb_peer_send_text:
 * @text: a message for the data channel `chat`
 *
 * Returns: FALSE where there is no open channel
 */
gboolean
mb_peer_send_text (MbPeer *self, const char *text)
{
  return self->exchange != NULL &&
         mb_webrtc_send_text (mb_exchange_get_webrtc (self->exchange), text);
}

/**
 * mb_peer_rename:
 * @own_id: our id in the room
 * @peer_id: the peer's
 *
 * One of the two is another one; the connection stays.
 */
void
mb_peer_rename (MbPeer *self, const char *own_id, const char *peer_id)
{
  char *copy = g_strdup (peer_id);

  g_free (self->peer_id);
  self->peer_id = copy;
  mb_negotiation_rename (&self->negotiation, own_id, peer_id);
}

/**
 * mb_peer_set_suspended:
 * @is_suspended: the server does not reach the peer. A connection that is lost meanwhile is not made
 *   anew: "lost" says so
 */
void
mb_peer_set_suspended (MbPeer *self, gboolean is_suspended)
{
  self->is_suspended = is_suspended;
}

/**
 * mb_peer_is_steady:
 *
 * Returns: whether the connection stands, with an open channel
 */
gboolean
mb_peer_is_steady (MbPeer *self)
{
  return self->exchange != NULL && self->negotiation.is_connected &&
         mb_webrtc_is_channel_open (mb_exchange_get_webrtc (self->exchange));
}

/**
 * mb_peer_get_id:
 */
const char *
mb_peer_get_id (MbPeer *self)
{
  return self->peer_id;
}

/**
 * mb_peer_get_display_name:
 */
const char *
mb_peer_get_display_name (MbPeer *self)
{
  return self->config->display_name;
}

/**
 * mb_peer_get_tracks:
 *
 * Returns: (transfer none) (nullable) (element-type MbTrack): NULL while there is no connection
 */
GPtrArray *
mb_peer_get_tracks (MbPeer *self)
{
  return self->exchange != NULL ? mb_exchange_get_tracks (self->exchange) : NULL;
}

/**
 * mb_peer_get_transport:
 *
 * Returns: (transfer none) (nullable): of the present connection, for its figures
 */
MbTransport *
mb_peer_get_transport (MbPeer *self)
{
  return self->exchange != NULL ? mb_webrtc_get_transport (mb_exchange_get_webrtc (self->exchange))
                                : NULL;
}

static void
mb_peer_dispose (GObject *object)
{
  MbPeer *self = MB_PEER (object);

  g_assert (self->exchange == NULL);
  drop_deadline (self);
  g_clear_pointer (&self->media, mb_media_unref);
  G_OBJECT_CLASS (mb_peer_parent_class)->dispose (object);
}

static void
mb_peer_finalize (GObject *object)
{
  MbPeer *self = MB_PEER (object);

  g_clear_pointer (&self->kept_offer, mb_sdp_free);
  mb_candidate_queue_free (self->candidates);
  mb_peer_config_free (self->config);
  g_free (self->peer_id);
  G_OBJECT_CLASS (mb_peer_parent_class)->finalize (object);
}

static unsigned int
signal_new (MbPeerClass *klass, const char *name, unsigned int n_arguments, GType argument)
{
  return g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, n_arguments, argument);
}

static void
mb_peer_class_init (MbPeerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mb_peer_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_peer_finalize;

  /**
   * MbPeer::send:
   * @data: (type GBytes): JSON text for the peer
   */
  signals[SIGNAL_SEND] = signal_new (klass, "send", 1, G_TYPE_BYTES);
  /**
   * MbPeer::tracks-changed:
   *
   * mb_peer_get_tracks() is another list than before.
   */
  signals[SIGNAL_TRACKS_CHANGED] = signal_new (klass, "tracks-changed", 0, G_TYPE_NONE);
  signals[SIGNAL_CONNECTED] = signal_new (klass, "connected", 0, G_TYPE_NONE);
  /**
   * MbPeer::first-media:
   * @track: (type MbTrack): the one that brought its first packet
   */
  signals[SIGNAL_FIRST_MEDIA] = signal_new (klass, "first-media", 1, G_TYPE_POINTER);
  /**
   * MbPeer::silence:
   * @is_silent: it sent media, and there was none of it for 5 s; or it comes again
   */
  signals[SIGNAL_SILENCE] = signal_new (klass, "silence", 1, G_TYPE_BOOLEAN);
  /**
   * MbPeer::open:
   *
   * mb_peer_send_text() works from here on, for this connection.
   */
  signals[SIGNAL_OPEN] = signal_new (klass, "open", 0, G_TYPE_NONE);
  /**
   * MbPeer::text:
   * @text: a message of the data channel
   */
  signals[SIGNAL_TEXT] = signal_new (klass, "text", 1, G_TYPE_STRING);
  /**
   * MbPeer::lost:
   *
   * The connection of a suspended peer has ended; the handler may close the peer.
   */
  signals[SIGNAL_LOST] = signal_new (klass, "lost", 0, G_TYPE_NONE);
  /**
   * MbPeer::failed:
   * @error: why; the peer stays in the mesh, since it may offer again
   */
  signals[SIGNAL_FAILED] = signal_new (klass, "failed", 1, G_TYPE_ERROR);
  /**
   * MbPeer::closed:
   *
   * The last signal after mb_peer_close(); the handler may drop the peer.
   */
  signals[SIGNAL_CLOSED] = signal_new (klass, "closed", 0, G_TYPE_NONE);
}

static void
mb_peer_init (MbPeer *self)
{
}
