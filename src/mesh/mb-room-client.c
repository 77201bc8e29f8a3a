/* mb-room-client.c: what both dialects share: join, stay, come back, leave
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   IDLE → CONNECTING → JOINING → JOINED        each failure: → WAITING → CONNECTING
 *                                               each of them: → LEAVING → OVER, or → OVER
 *
 * The link knows how to reach a server, the dialect what to say; here is decided whether a failure
 * is worth another attempt.
 */
#include "mb-room-client.h"

#include "mb-error.h"
#include "mb-message.h"

/* What socket.io-client does by default, so that servers meet the herd that they expect. */
#define DELAY_FIRST_MS 1000
#define DELAY_MAX_MS 5000
#define DELAY_SPREAD 0.5

#define PATIENCE_MS 8000               /* of the first join, all attempts together */
#define ATTEMPT_MS 10000               /* of each later one */
#define GOODBYE_MS 1200                /* what a server may take to close after the goodbye */
#define GHOST_US (60 * G_USEC_PER_SEC) /* so long our own ghost may fill a room */

typedef enum {
  STATE_IDLE,
  STATE_CONNECTING,
  STATE_JOINING,
  STATE_JOINED,
  STATE_WAITING,
  STATE_LEAVING,
  STATE_OVER,
} State;

typedef struct {
  char *server; /* as the user gave it */
  const char *expectation;
  unsigned int patience_ms;

  MbLink *link;
  MbMessage *join;   /* (nullable) what was asked for */
  char *own_id;      /* (nullable) */
  GError *last;      /* (nullable) what the last attempt failed with */
  GSource *timer;    /* (nullable) end of the wait, of the goodbye */
  GSource *deadline; /* (nullable) end of an attempt, or of the first ones */

  State state;
  unsigned int retry_ms; /* when the server asked to be called again; 0 means it did not */
  gboolean was_joined;
  GError *objection; /* (nullable) owned; to us and not to something we said: it may put us out */
  unsigned int attempt; /* failed ones since the last join */
  gint64 lost_us;
} MbRoomClientPrivate;

enum {
  PROP_PATIENCE = 1,
  N_PROPERTIES
};
static GParamSpec *properties[N_PROPERTIES];

static void mb_room_client_signaling_init (MbSignalingInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (MbRoomClient, mb_room_client, G_TYPE_OBJECT,
    G_ADD_PRIVATE (MbRoomClient)
        G_IMPLEMENT_INTERFACE (MB_TYPE_SIGNALING, mb_room_client_signaling_init))

static MbRoomClientPrivate *
get_private (MbRoomClient *self)
{
  return mb_room_client_get_instance_private (self);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_timer (MbRoomClient *self, GSource **slot, unsigned int delay_ms, GSourceFunc func)
{
  clear_source (slot);
  *slot = g_timeout_source_new (delay_ms);
  g_source_set_callback (*slot, func, self, NULL);
  g_source_attach (*slot, NULL);
}

/**
 * mb_room_client_get_delay_ms:
 * @attempt: how many attempts have failed since the last join, less one
 * @random: from 0 to 1
 *
 * Returns: how long to wait before the next one: 1 s doubling to 5 s, half more or less by chance.
 */
unsigned int
mb_room_client_get_delay_ms (unsigned int attempt, double random)
{
  unsigned int delay_ms = MIN (DELAY_FIRST_MS << MIN (attempt, 8), DELAY_MAX_MS);

  return (unsigned int) (delay_ms * (1.0 - DELAY_SPREAD + 2.0 * DELAY_SPREAD * random));
}

static void
end (MbRoomClient *self)
{
  MbRoomClientPrivate *priv = get_private (self);

  priv->state = STATE_OVER;
  clear_source (&priv->timer);
  clear_source (&priv->deadline);
  mb_link_abort (priv->link);
}

static void
fail (MbRoomClient *self, const GError *error)
{
  end (self);
  g_signal_emit_by_name (self, "failed", error);
}

static void
finish (MbRoomClient *self)
{
  end (self);
  g_debug ("out of the room");
  g_signal_emit_by_name (self, "closed");
}

/* At the end of patience the last failure says more than "timed out". */
static void
fail_unreachable (MbRoomClient *self)
{
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (GError) error = NULL;
  const char *why = priv->last != NULL ? priv->last->message
                                       : "no answer; is the server there, and is it reachable?";

  error = g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "cannot join room %s on %s: %s",
      mb_message_get_room (priv->join), priv->server, why);
  fail (self, error);
}

/* Whether another connection may do better than the one that ended with @error. */
static gboolean
is_passing (MbRoomClient *self, const GError *error)
{
  MbRoomClientPrivate *priv = get_private (self);

  if (g_error_matches (error, MB_ERROR, MB_ERROR_UNREACHABLE) ||
      g_error_matches (error, MB_ERROR, MB_ERROR_UNAVAILABLE) ||
      g_error_matches (error, MB_ERROR, MB_ERROR_RATE_LIMITED))
    return TRUE;
  /* A proxy may answer anything while its server restarts. */
  return priv->was_joined && g_error_matches (error, MB_ERROR, MB_ERROR_UNSUPPORTED);
}

/* Whether the server that refused the join with @error may let us in later. Coming back, we may
 * stand in our own way: until the server has noticed that the old connection is gone, it takes a
 * place. Not every server says so by a code. */
static gboolean
is_passing_refusal (MbRoomClient *self, const GError *error)
{
  MbRoomClientPrivate *priv = get_private (self);

  if (g_error_matches (error, MB_ERROR, MB_ERROR_UNAVAILABLE) ||
      g_error_matches (error, MB_ERROR, MB_ERROR_RATE_LIMITED))
    return TRUE;
  return priv->was_joined && g_get_monotonic_time () - priv->lost_us < GHOST_US &&
         (g_error_matches (error, MB_ERROR, MB_ERROR_FULL) ||
             g_error_matches (error, MB_ERROR, MB_ERROR_UNREACHABLE) ||
             g_error_matches (error, MB_ERROR, MB_ERROR_FAILED));
}

static gboolean
on_attempt_timed_out (gpointer user_data)
{
  g_autoptr (MbRoomClient) self = g_object_ref (user_data);
  MbRoomClientPrivate *priv = get_private (self);

  clear_source (&priv->deadline);
  if (!priv->was_joined)
    fail_unreachable (self);
  else
    mb_room_client_break (self,
        g_error_new (MB_ERROR, MB_ERROR_UNREACHABLE, "no answer for %d s", ATTEMPT_MS / 1000));
  return G_SOURCE_REMOVE;
}

static gboolean
on_wait_over (gpointer user_data)
{
  g_autoptr (MbRoomClient) self = g_object_ref (user_data);
  MbRoomClientPrivate *priv = get_private (self);

  clear_source (&priv->timer);
  priv->state = STATE_CONNECTING;
  if (priv->was_joined)
    set_timer (self, &priv->deadline, ATTEMPT_MS, on_attempt_timed_out);
  mb_link_open (priv->link);
  return G_SOURCE_REMOVE;
}

static void
try_again_later (MbRoomClient *self, const GError *error)
{
  MbRoomClientPrivate *priv = get_private (self);
  unsigned int delay_ms = mb_room_client_get_delay_ms (priv->attempt++, g_random_double ());
  unsigned int asked_ms = priv->retry_ms;
  gboolean was_in = priv->state == STATE_JOINED;

  /* A server that says when knows better, for the first time; it asks not everybody at once. */
  priv->retry_ms = 0;
  if (asked_ms != 0)
    delay_ms = asked_ms;
  g_clear_error (&priv->last);
  priv->last = g_error_copy (error);
  if (priv->was_joined)
    clear_source (&priv->deadline);
  priv->state = STATE_WAITING;
  g_clear_pointer (&priv->own_id, g_free);
  mb_link_abort (priv->link);
  set_timer (self, &priv->timer, delay_ms, on_wait_over);
  if (was_in) {
    priv->lost_us = g_get_monotonic_time ();
    g_info ("%s: %s; again in %u ms", priv->server, error->message, delay_ms);
    g_signal_emit_by_name (self, "lost", error);
  } else {
    g_debug ("%s: %s; again in %u ms", priv->server, error->message, delay_ms);
  }
}

/**
 * mb_room_client_put_out:
 *
 * The server has ended our membership, deliberately: to come back would be rude.
 */
void
mb_room_client_put_out (MbRoomClient *self)
{
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (GError) error = NULL;

  if (priv->state == STATE_LEAVING) {
    finish (self);
    return;
  }
  if (priv->state == STATE_OVER)
    return;
  if (priv->objection != NULL)
    error = g_error_new (MB_ERROR, priv->objection->code, "%s put us out: %s", priv->server,
        priv->objection->message);
  else
    error = g_error_new (MB_ERROR, priv->was_joined ? MB_ERROR_UNAVAILABLE : MB_ERROR_UNREACHABLE,
        "%s put us out", priv->server);
  fail (self, error);
}

/**
 * mb_room_client_break:
 * @error: (transfer full): what is wrong with the connection, in MB_ERROR
 *
 * Ends the connection, and starts another where that may help.
 */
void
mb_room_client_break (MbRoomClient *self, GError *error)
{
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (GError) owned = error;

  if (priv->state == STATE_OVER || priv->state == STATE_IDLE)
    return;
  if (priv->state == STATE_LEAVING) {
    finish (self);
    return;
  }
  if (priv->objection != NULL) {
    mb_room_client_put_out (self);
    return;
  }
  if (is_passing (self, error)) {
    try_again_later (self, error);
    return;
  }
  g_clear_error (&priv->last);
  if (g_error_matches (error, MB_ERROR, MB_ERROR_UNSUPPORTED))
    priv->last =
        g_error_new (MB_ERROR, MB_ERROR_UNSUPPORTED, "%s; %s", error->message, priv->expectation);
  else
    priv->last = g_error_copy (error);
  if (mb_error_get_exit_status (error) != mb_error_get_exit_status (NULL)) {
    g_prefix_error (&owned, "%s: ", priv->server);
    fail (self, owned);
    return;
  }
  /* Whatever it was, this is a server that could not be joined. */
  fail_unreachable (self);
}

/**
 * mb_room_client_refused:
 * @error: why the server does not let us in
 */
void
mb_room_client_refused (MbRoomClient *self, const GError *error)
{
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (GError) refusal = NULL;

  if (priv->state != STATE_JOINING && priv->state != STATE_CONNECTING)
    return;
  if (is_passing_refusal (self, error)) {
    try_again_later (self, error);
    return;
  }
  refusal = g_error_new (MB_ERROR,
      mb_error_get_exit_status (error) == 4 ? error->code : MB_ERROR_UNREACHABLE,
      "%s refused to let us into room %s: %s", priv->server, mb_message_get_room (priv->join),
      error->message);
  fail (self, refusal);
}

/**
 * mb_room_client_welcomed:
 * @own_id: what the server calls us
 *
 * The dialect is ready to join.
 */
void
mb_room_client_welcomed (MbRoomClient *self, const char *own_id)
{
  MbRoomClientPrivate *priv = get_private (self);

  if (priv->state != STATE_CONNECTING)
    return;
  g_free (priv->own_id);
  priv->own_id = g_strdup (own_id);
  priv->state = STATE_JOINING;
  g_signal_emit_by_name (self, "welcomed", priv->own_id);
  if (priv->state == STATE_JOINING)
    MB_ROOM_CLIENT_GET_CLASS (self)->say_join (self, priv->link, priv->join);
}

/**
 * mb_room_client_accepted:
 *
 * The server has let us in, by acknowledgement or by speaking to us as to a member.
 */
void
mb_room_client_accepted (MbRoomClient *self)
{
  MbRoomClientPrivate *priv = get_private (self);

  if (priv->state != STATE_JOINING)
    return;
  clear_source (&priv->deadline);
  priv->state = STATE_JOINED;
  priv->was_joined = TRUE;
  g_clear_error (&priv->objection);
  priv->attempt = 0;
  g_clear_error (&priv->last);
  g_info (
      "joined room %s on %s as %s", mb_message_get_room (priv->join), priv->server, priv->own_id);
  g_signal_emit_by_name (self, "joined", priv->own_id);
}

static void
take_error (MbRoomClient *self, MbMessage *message)
{
  MbRoomClientPrivate *priv = get_private (self);
  const char *event = mb_message_get_event (message);
  g_autoptr (GError) error = NULL;

  /* Not every server says what its error is about. */
  if (priv->state != STATE_JOINING || (event != NULL && g_strcmp0 (event, "join-room") != 0)) {
    if (event == NULL &&
        mb_error_from_wire_code (mb_message_get_code (message)) == MB_ERROR_UNAUTHORIZED) {
      g_clear_error (&priv->objection);
      priv->objection =
          g_error_new_literal (MB_ERROR, MB_ERROR_UNAUTHORIZED, mb_message_get_text (message));
    }
    g_signal_emit_by_name (self, "message", message);
    return;
  }
  error = g_error_new_literal (MB_ERROR, mb_error_from_wire_code (mb_message_get_code (message)),
      mb_message_get_text (message));
  mb_room_client_refused (self, error);
}

static void
take_room_closed (MbRoomClient *self, MbMessage *message)
{
  MbRoomClientPrivate *priv = get_private (self);
  const char *room = mb_message_get_room (message);

  if (room != NULL && g_strcmp0 (room, mb_message_get_room (priv->join)) != 0)
    return;
  if (priv->state == STATE_JOINED &&
      g_strcmp0 (mb_message_get_reason (message), MB_MESSAGE_GOING_AWAY) == 0) {
    priv->retry_ms = mb_message_get_retry_ms (message);
    mb_room_client_break (
        self, g_error_new (MB_ERROR, MB_ERROR_UNAVAILABLE, "the server is going away"));
    return;
  }
  g_info ("room %s was closed", mb_message_get_room (priv->join));
  g_signal_emit_by_name (self, "message", message);
  /* Nobody is left to say goodbye to; and to join again would bring the room back. */
  if (priv->state != STATE_OVER)
    finish (self);
}

/**
 * mb_room_client_take_message:
 * @message: what the server says
 */
void
mb_room_client_take_message (MbRoomClient *self, MbMessage *message)
{
  MbRoomClientPrivate *priv = get_private (self);

  if (priv->state != STATE_JOINING && priv->state != STATE_JOINED)
    return;
  switch (mb_message_get_kind (message)) {
  case MB_MESSAGE_PEERS:
  case MB_MESSAGE_PEER_JOINED:
  case MB_MESSAGE_SIGNAL:
  case MB_MESSAGE_PEER_LEFT:
    mb_room_client_accepted (self);
    if (priv->state == STATE_JOINED)
      g_signal_emit_by_name (self, "message", message);
    break;
  case MB_MESSAGE_ROOM_CLOSED:
    take_room_closed (self, message);
    break;
  case MB_MESSAGE_ERROR:
    take_error (self, message);
    break;
  case MB_MESSAGE_NONE:
  case MB_MESSAGE_WELCOME:
  case MB_MESSAGE_JOIN:
  case MB_MESSAGE_LEAVE:
    g_debug ("a message that servers do not send, ignored");
    break;
  }
}

static void
on_link_opened (MbLink *link, MbRoomClient *self)
{
  if (get_private (self)->state == STATE_CONNECTING)
    MB_ROOM_CLIENT_GET_CLASS (self)->opened (self, link);
}

static void
on_link_received (MbLink *link, GBytes *data, gboolean binary, MbRoomClient *self)
{
  MB_ROOM_CLIENT_GET_CLASS (self)->take (self, data, binary);
}

static void
on_link_down (MbLink *link, const GError *error, MbRoomClient *self)
{
  mb_room_client_break (self, g_error_copy (error));
}

/**
 * mb_room_client_set_server:
 * @name: the server as the user gave it, for errors and logs
 * @expectation: (transfer none): a constant that says what such a server would be
 * @link: (transfer none): the way to it
 *
 * To be called once, by the constructor of a dialect.
 */
void
mb_room_client_set_server (
    MbRoomClient *self, const char *name, const char *expectation, MbLink *link)
{
  MbRoomClientPrivate *priv = get_private (self);

  priv->server = g_strdup (name);
  priv->expectation = expectation;
  priv->link = g_object_ref (link);
  g_signal_connect_object (link, "opened", G_CALLBACK (on_link_opened), self, 0);
  g_signal_connect_object (link, "received", G_CALLBACK (on_link_received), self, 0);
  g_signal_connect_object (link, "down", G_CALLBACK (on_link_down), self, 0);
}

static gboolean
on_bad_join (gpointer user_data)
{
  g_autoptr (MbRoomClient) self = g_object_ref (user_data);
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (GError) error = g_steal_pointer (&priv->last);

  fail (self, error);
  return G_SOURCE_REMOVE;
}

static gboolean
check_join (const char *room_id, const char *display_name, const char *role_name, MbRole *role,
    GError **error)
{
  if (!mb_room_id_is_valid (room_id)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "room “%s” has no valid name: use 1 to 64 letters, digits, - and _", room_id);
    return FALSE;
  }
  if (!mb_display_name_is_valid (display_name)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "“%s” is no valid display name: use 1 to %d bytes without control characters", display_name,
        MB_DISPLAY_NAME_MAX);
    return FALSE;
  }
  if (!mb_role_from_string (role_name, role)) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "“%s” is no role: use member, bot, recorder or relay", role_name);
    return FALSE;
  }
  return TRUE;
}

static void
mb_room_client_join (
    MbSignaling *signaling, const char *room_id, const char *display_name, const char *role_name)
{
  MbRoomClient *self = MB_ROOM_CLIENT (signaling);
  MbRoomClientPrivate *priv = get_private (self);
  MbRole role = MB_ROLE_MEMBER;

  g_return_if_fail (priv->state == STATE_IDLE);

  if (!check_join (room_id, display_name, role_name, &role, &priv->last)) {
    priv->state = STATE_WAITING;
    set_timer (self, &priv->timer, 0, on_bad_join);
    return;
  }
  priv->join = mb_message_new_join (room_id, display_name, role);
  priv->state = STATE_CONNECTING;
  set_timer (self, &priv->deadline, priv->patience_ms, on_attempt_timed_out);
  mb_link_open (priv->link);
}

static void
mb_room_client_send (MbSignaling *signaling, const char *to, GBytes *data)
{
  MbRoomClient *self = MB_ROOM_CLIENT (signaling);
  MbRoomClientPrivate *priv = get_private (self);
  g_autoptr (MbMessage) message = NULL;

  if (priv->state != STATE_JOINED) {
    g_debug ("no room to send to, dropped");
    return;
  }
  message = mb_message_new_signal (to, data, NULL);
  MB_ROOM_CLIENT_GET_CLASS (self)->say_signal (self, priv->link, message);
}

static gboolean
on_goodbye_over (gpointer user_data)
{
  g_autoptr (MbRoomClient) self = g_object_ref (user_data);

  finish (self);
  return G_SOURCE_REMOVE;
}

static void
mb_room_client_leave (MbSignaling *signaling)
{
  MbRoomClient *self = MB_ROOM_CLIENT (signaling);
  MbRoomClientPrivate *priv = get_private (self);
  gboolean has_room = priv->state == STATE_JOINED || priv->state == STATE_JOINING;

  if (priv->state == STATE_OVER || priv->state == STATE_LEAVING)
    return;
  clear_source (&priv->deadline);
  priv->state = STATE_LEAVING;
  if (has_room && mb_link_is_open (priv->link)) {
    MB_ROOM_CLIENT_GET_CLASS (self)->say_leave (self, priv->link);
    mb_link_close (priv->link);
    set_timer (self, &priv->timer, GOODBYE_MS, on_goodbye_over);
    return;
  }
  mb_link_abort (priv->link);
  set_timer (self, &priv->timer, 0, on_goodbye_over);
}

static void
mb_room_client_signaling_init (MbSignalingInterface *iface)
{
  iface->join = mb_room_client_join;
  iface->send = mb_room_client_send;
  iface->leave = mb_room_client_leave;
}

static void
mb_room_client_set_property (
    GObject *object, unsigned int id, const GValue *value, GParamSpec *pspec)
{
  MbRoomClientPrivate *priv = get_private (MB_ROOM_CLIENT (object));

  switch (id) {
  case PROP_PATIENCE:
    priv->patience_ms = g_value_get_uint (value);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
mb_room_client_dispose (GObject *object)
{
  MbRoomClientPrivate *priv = get_private (MB_ROOM_CLIENT (object));

  priv->state = STATE_OVER;
  clear_source (&priv->timer);
  clear_source (&priv->deadline);
  if (priv->link != NULL)
    mb_link_abort (priv->link);
  g_clear_object (&priv->link);
  G_OBJECT_CLASS (mb_room_client_parent_class)->dispose (object);
}

static void
mb_room_client_finalize (GObject *object)
{
  MbRoomClientPrivate *priv = get_private (MB_ROOM_CLIENT (object));

  g_clear_pointer (&priv->join, mb_message_unref);
  g_clear_error (&priv->last);
  g_clear_error (&priv->objection);
  g_free (priv->own_id);
  g_free (priv->server);
  G_OBJECT_CLASS (mb_room_client_parent_class)->finalize (object);
}

static void
mb_room_client_class_init (MbRoomClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = mb_room_client_set_property;
  object_class->dispose = mb_room_client_dispose;
  object_class->finalize = mb_room_client_finalize;

  /**
   * MbRoomClient:patience:
   *
   * How long the first join may take in ms, with all its attempts.
   */
  properties[PROP_PATIENCE] = g_param_spec_uint (
      "patience", NULL, NULL, 1, G_MAXINT, PATIENCE_MS, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
mb_room_client_init (MbRoomClient *self)
{
  get_private (self)->patience_ms = PATIENCE_MS;
}
