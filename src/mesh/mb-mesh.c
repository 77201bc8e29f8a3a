/* mb-mesh.c: one room seen by a participant
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a job. It keeps one peer for each other member that the server names, passes what they
 * say to each other, and gives the peers' tracks to the recorder. It knows nothing of sockets,
 * descriptions or packets.
 */
#include "mb-mesh.h"

#include "mb-channel-message.h"
#include "mb-error.h"
#include "mb-ice-watch.h"
#include "mb-peer.h"
#include "mb-recorder.h"
#include "mb-server-url.h"
#include "mb-signaling.h"
#include "mb-survivors.h"

/* For the server to hear of it, the connections to go down, and a recorder to finish: files in 2 s, what
 * is said of them in 1 s. */
#define LEAVE_TIMEOUT_MS 3300
#define MAX_PEERS 256 /* a server cannot make us open more connections than this */
/* Who only records has time: what is asked for again may come late. */
#define RECORDER_GIVE_UP_MS 2000

struct _MbMesh {
  GObject parent;

  /* given at construction */
  MbMedia *media;
  MbSource *source; /* (nullable) */
  char *server_url;
  char *room_id;
  char *display_name;
  MbRole role;
  MbRecorderConfig record; /* its directory and space are owned, both (nullable) */
  GStrv receive_codecs;    /* (nullable) */
  gboolean relay_only;
  char *cname;
  MbCandidatePolicy candidate_policy;

  /* owned */
  MbSignaling *signaling;
  GHashTable *peers;    /* (element-type utf8 MbPeer) by id */
  GHashTable *closing;  /* (element-type MbPeer) on their way down */
  MbRecorder *recorder; /* (nullable) from the first join on */
  MbSurvivors *survivors;

  MbIceWatch *ice;
  GQueue held; /* (element-type MbMessage) until ICE servers are known */

  char *own_id; /* (nullable) before the first join */
  char *
      former_id; /* (nullable) before the last one; the server may take a while to see that it is gone */
  char *client; /* what the others know us by, whatever our id */
  gboolean is_online;
  guint leave_timeout_id;
  gboolean leaving;
  gboolean signaling_ended;
  gboolean ended;
};

enum {
  SIGNAL_JOINED,
  SIGNAL_LEFT,
  SIGNAL_FAILED,
  SIGNAL_PEER_ADDED,
  SIGNAL_PEER_REMOVED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbMesh, mb_mesh, G_TYPE_OBJECT)

static void
end (MbMesh *self)
{
  if (self->ended)
    return;
  self->ended = TRUE;
  g_clear_handle_id (&self->leave_timeout_id, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_LEFT], 0);
}

static void
check_left (MbMesh *self)
{
  if (self->leaving && self->signaling_ended && self->recorder == NULL &&
      g_hash_table_size (self->closing) == 0)
    end (self);
}

/* ---- peers ---- */

static void
on_peer_closed (MbPeer *peer, MbMesh *self)
{
  g_hash_table_remove (self->closing, peer);
  check_left (self);
}

/* While there is no server, the connection itself carries what is to change about it. */
static void
on_peer_send (MbPeer *peer, GBytes *data, MbMesh *self)
{
  if (self->is_online && !mb_survivors_is_away (self->survivors, peer)) {
    mb_signaling_send (self->signaling, mb_peer_get_id (peer), data);
  } else {
    g_autofree char *text = mb_channel_message_build_signal (data);

    (void) mb_peer_send_text (peer, text);
  }
}

static void
on_peer_tracks_changed (MbPeer *peer, MbMesh *self)
{
  if (self->recorder != NULL)
    mb_recorder_update (self->recorder, mb_peer_get_id (peer), mb_peer_get_display_name (peer),
        mb_peer_get_tracks (peer));
}

static void
on_peer_open (MbPeer *peer, MbMesh *self)
{
  g_autofree char *state = mb_channel_message_build_state (
      self->source != NULL && mb_source_get_audio (self->source) != NULL,
      self->source != NULL && mb_source_get_video (self->source) != NULL, self->client);

  (void) mb_peer_send_text (peer, state);
}

static void
on_peer_text (MbPeer *peer, const char *text, MbMesh *self)
{
  g_autoptr (MbChannelMessage) message = mb_channel_message_parse (text);
  g_autofree char *pong = NULL;

  switch (message->kind) {
  case MB_CHANNEL_STATE:
    if (message->client != NULL)
      mb_survivors_set_client (self->survivors, peer, message->client);
    break;
  case MB_CHANNEL_PING:
    pong = mb_channel_message_build (MB_CHANNEL_PONG);
    (void) mb_peer_send_text (peer, pong);
    return;
  case MB_CHANNEL_PONG:
    mb_survivors_alive (self->survivors, peer);
    return;
  case MB_CHANNEL_MOVED:
    mb_survivors_claim (self->survivors, peer, message->id, message->key);
    return; /* with a secret in it */
  case MB_CHANNEL_SIGNAL:
    mb_peer_take_data (peer, message->data);
    return;
  case MB_CHANNEL_OTHER:
    break;
  }
  if (self->recorder != NULL)
    mb_recorder_take_message (self->recorder, mb_peer_get_id (peer), text);
}

static void on_peer_lost (MbPeer *peer, MbMesh *self);

static MbPeer *
add_peer (MbMesh *self, const char *id, const char *display_name, MbRole role)
{
  MbPeerConfig config = {.own_id = self->own_id,
      .peer_id = id,
      .display_name = display_name != NULL ? display_name : "",
      .source = self->source,
      .receive_codecs = (const char *const *) self->receive_codecs,
      .ice_servers = mb_ice_watch_get_servers (self->ice),
      .cname = self->cname,
      .relay_only = self->relay_only,
      .give_up_ms =
          self->record.directory != NULL && self->source == NULL ? RECORDER_GIVE_UP_MS : 0,
      .role = role,
      .candidates = self->candidate_policy};
  MbPeer *peer = g_hash_table_lookup (self->peers, id);

  if (peer != NULL || g_strcmp0 (id, self->own_id) == 0)
    return peer;
  if (g_hash_table_size (self->peers) >= MAX_PEERS) {
    g_warning ("room %s: more than %d members; %s is left out", self->room_id, MAX_PEERS, id);
    return NULL;
  }
  g_info ("room %s: %s (%s) is here", self->room_id, id, config.display_name);
  peer = mb_peer_new (self->media, &config);
  g_hash_table_insert (self->peers, g_strdup (id), peer);
  g_signal_connect_object (peer, "send", G_CALLBACK (on_peer_send), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      peer, "tracks-changed", G_CALLBACK (on_peer_tracks_changed), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (peer, "open", G_CALLBACK (on_peer_open), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (peer, "text", G_CALLBACK (on_peer_text), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (peer, "lost", G_CALLBACK (on_peer_lost), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (peer, "closed", G_CALLBACK (on_peer_closed), self, G_CONNECT_DEFAULT);
  if (self->recorder != NULL)
    mb_recorder_add_peer (self->recorder, id, config.display_name);
  g_signal_emit (self, signals[SIGNAL_PEER_ADDED], 0, peer);
  mb_peer_start (peer);
  return peer;
}

static void
remove_peer (MbMesh *self, const char *id, MbRecorderAway away)
{
  gpointer key = NULL;
  gpointer peer = NULL;

  if (!g_hash_table_steal_extended (self->peers, id, &key, &peer))
    return;
  g_free (key);
  mb_survivors_forget (self->survivors, peer);
  if (self->recorder != NULL)
    mb_recorder_remove_peer (self->recorder, mb_peer_get_id (peer), away);
  g_signal_emit (self, signals[SIGNAL_PEER_REMOVED], 0, peer);
  g_hash_table_add (self->closing, peer); /* the table takes the reference over */
  mb_peer_close (peer);
}

static void
remove_all_peers (MbMesh *self, MbRecorderAway away)
{
  g_autoptr (GList) ids = g_hash_table_get_keys (self->peers);
  g_autoptr (GPtrArray) copies = g_ptr_array_new_with_free_func (g_free);

  for (GList *item = ids; item != NULL; item = item->next)
    g_ptr_array_add (copies, g_strdup (item->data));
  for (guint i = 0; i < copies->len; i++)
    remove_peer (self, g_ptr_array_index (copies, i), away);
}

static void
on_peer_lost (MbPeer *peer, MbMesh *self)
{
  remove_peer (self, mb_peer_get_id (peer), MB_RECORDER_AWAY_DROPPED);
}

/* ---- connections that outlive the server ---- */

static void
drop_survivor (gpointer owner, gpointer peer)
{
  g_info ("peer %s (%s): no answer, and the room does not know it", mb_peer_get_id (peer),
      mb_peer_get_display_name (peer));
  remove_peer (owner, mb_peer_get_id (peer), MB_RECORDER_AWAY_DROPPED);
}

static void
admit_member (gpointer owner, const MbMemberInfo *member, GPtrArray *data)
{
  MbPeer *peer = add_peer (owner, member->id, member->display_name, member->role);

  for (guint i = 0; peer != NULL && i < data->len; i++)
    mb_peer_take_data (peer, g_ptr_array_index (data, i));
}

static void
adopt_member (gpointer owner, gpointer peer, const MbMemberInfo *member)
{
  MbMesh *self = owner;
  gpointer key = NULL;

  g_info (
      "peer %s (%s) is %s now", mb_peer_get_id (peer), mb_peer_get_display_name (peer), member->id);
  if (!g_hash_table_steal_extended (self->peers, mb_peer_get_id (peer), &key, NULL))
    return;
  g_free (key);
  g_hash_table_insert (self->peers, g_strdup (member->id), peer);
  if (self->recorder != NULL)
    mb_recorder_rename_peer (self->recorder, mb_peer_get_id (peer), member->id);
  mb_peer_rename (peer, self->own_id, member->id);
}

static void
suspend_survivor (gpointer owner, gpointer peer, gboolean is_suspended)
{
  mb_peer_set_suspended (peer, is_suspended);
}

static void
signal_survivor (gpointer owner, const char *to, GBytes *data)
{
  mb_signaling_send (((MbMesh *) owner)->signaling, to, data);
}

static gboolean
send_survivor (gpointer owner, gpointer peer, const char *text)
{
  return mb_peer_send_text (peer, text);
}

static const char *
get_survivor_id (gpointer owner, gpointer peer)
{
  return mb_peer_get_id (peer);
}

static const MbSurvivorsDeeds SURVIVORS_DEEDS = {
    .drop = drop_survivor,
    .admit = admit_member,
    .adopt = adopt_member,
    .suspend = suspend_survivor,
    .signal = signal_survivor,
    .send = send_survivor,
    .get_id = get_survivor_id,
};

/* Whether its connection can be taken along to another id. */
static gboolean
can_stay (MbMesh *self, MbPeer *peer)
{
  return mb_survivors_has_client (self->survivors, peer) && mb_peer_is_steady (peer);
}

/* The room has lost it. */
static void
let_go (MbMesh *self, MbPeer *peer, unsigned int patience_ms)
{
  if (can_stay (self, peer))
    mb_survivors_leave (self->survivors, peer, patience_ms);
  else
    remove_peer (self, mb_peer_get_id (peer), MB_RECORDER_AWAY_DROPPED);
}

static void
let_all_go (MbMesh *self)
{
  g_autoptr (GList) peers = g_hash_table_get_values (self->peers);

  for (GList *item = peers; item != NULL; item = item->next)
    let_go (self, item->data, MB_SURVIVORS_ALL_PONG_MS);
}

static void
meet (MbMesh *self, const MbMemberInfo *member)
{
  MbPeer *peer = g_hash_table_lookup (self->peers, member->id);

  if (g_strcmp0 (member->id, self->own_id) == 0 || g_strcmp0 (member->id, self->former_id) == 0)
    return;
  if (peer == NULL) {
    mb_survivors_meet (self->survivors, member);
  } else if (mb_survivors_is_away (self->survivors, peer)) {
    mb_peer_rename (peer, self->own_id, member->id);
    mb_survivors_stay (self->survivors, peer);
  }
}

/* ---- recorder ---- */

static void
on_recorder_finished (MbRecorder *recorder, MbMesh *self)
{
  g_clear_object (&self->recorder);
  check_left (self);
}

static gboolean
start_recorder (MbMesh *self)
{
  g_autoptr (GError) error = NULL;

  if (self->record.directory == NULL || self->recorder != NULL)
    return TRUE;
  self->recorder = mb_recorder_new (&self->record, &error);
  if (self->recorder == NULL) {
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
    return FALSE;
  }
  g_info ("room %s: recording into %s", self->room_id, mb_recorder_get_folder (self->recorder));
  g_signal_connect_object (
      self->recorder, "finished", G_CALLBACK (on_recorder_finished), self, G_CONNECT_DEFAULT);
  return TRUE;
}

/* ---- signaling ---- */

/* The others hear of it before the room names us, so that they know who comes. */
static void
on_welcomed (MbSignaling *signaling, const char *own_id, MbMesh *self)
{
  GHashTableIter iter;
  gpointer peer;

  mb_survivors_unhold_all (self->survivors);
  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, NULL, &peer))
    mb_survivors_tell (self->survivors, peer, own_id);
}

static void
on_joined (MbSignaling *signaling, const char *own_id, MbMesh *self)
{
  if (self->leaving)
    return;
  self->is_online = TRUE;
  g_free (self->former_id);
  self->former_id = self->own_id;
  self->own_id = g_strdup (own_id);
  /* After a reconnection we are somebody new to the room, and the others may be to us. */
  let_all_go (self);
  if (!start_recorder (self))
    return;
  g_signal_emit (self, signals[SIGNAL_JOINED], 0);
}

static void
take_roster (MbMesh *self, GPtrArray *members)
{
  for (guint i = 0; members != NULL && i < members->len; i++) {
    meet (self, g_ptr_array_index (members, i));
  }
}

static void
take_newcomer (MbMesh *self, MbMessage *message)
{
  g_autoptr (MbMemberInfo) member = mb_member_info_new (mb_message_get_peer (message),
      mb_message_get_display_name (message), mb_message_get_role (message), 0);

  meet (self, member);
}

static void
take_signal (MbMesh *self, MbMessage *message)
{
  const char *from = mb_message_get_peer (message);
  MbPeer *peer = g_hash_table_lookup (self->peers, from);
  g_autofree char *key = NULL;

  if (mb_survivors_is_held (self->survivors, from)) {
    mb_survivors_take (self->survivors, from, mb_message_get_data (message));
    return;
  }
  /* Shown to somebody who has not lost sight of us. */
  key = mb_channel_message_read_resume (mb_message_get_data (message));
  if (key != NULL)
    return;
  /* A server may pass a signal before it has told of its sender. */
  if (peer == NULL)
    peer = add_peer (self, from, NULL, MB_ROLE_UNKNOWN);
  if (peer != NULL)
    mb_peer_take_data (peer, mb_message_get_data (message));
}

/* Whom we have just sent something may have gone meanwhile: nobody need look at that. */
static void
take_error (MbMesh *self, MbMessage *message)
{
  GLogLevelFlags level = g_strcmp0 (mb_message_get_event (message), "signal") == 0
                             ? G_LOG_LEVEL_INFO
                             : G_LOG_LEVEL_WARNING;

  g_log (G_LOG_DOMAIN, level, "room %s: the server says: %s", self->room_id,
      mb_message_get_text (message));
}

/* A server that gives no reason is not one of ours: its members may all be back. */
static MbRecorderAway
get_away (MbMessage *message)
{
  const char *reason = mb_message_get_reason (message);

  return g_strcmp0 (reason, "left") == 0 || g_strcmp0 (reason, "kicked") == 0
             ? MB_RECORDER_AWAY_LEFT
             : MB_RECORDER_AWAY_DROPPED;
}

static void
take_departure (MbMesh *self, MbMessage *message)
{
  const char *id = mb_message_get_peer (message);
  const char *reason = mb_message_get_reason (message);
  MbPeer *peer = g_hash_table_lookup (self->peers, id);

  g_info ("room %s: %s is gone (%s)", self->room_id, id, reason != NULL ? reason : "left");
  mb_survivors_unhold (self->survivors, id);
  if (peer == NULL)
    return;
  if (g_strcmp0 (reason, "disconnected") == 0 || g_strcmp0 (reason, "timeout") == 0)
    let_go (self, peer, MB_SURVIVORS_PONG_MS);
  else
    remove_peer (self, id, get_away (message));
}

static void
take_message (MbMesh *self, MbMessage *message)
{
  switch (mb_message_get_kind (message)) {
  case MB_MESSAGE_PEERS:
    take_roster (self, mb_message_get_members (message));
    break;
  case MB_MESSAGE_PEER_JOINED:
    take_newcomer (self, message);
    break;
  case MB_MESSAGE_SIGNAL:
    take_signal (self, message);
    break;
  case MB_MESSAGE_PEER_LEFT:
    take_departure (self, message);
    break;
  case MB_MESSAGE_ROOM_CLOSED:
    g_message ("room %s was closed by the server", self->room_id);
    break;
  case MB_MESSAGE_ERROR:
    take_error (self, message);
    break;
  case MB_MESSAGE_NONE:
  case MB_MESSAGE_WELCOME:
  case MB_MESSAGE_JOIN:
  case MB_MESSAGE_LEAVE:
    break;
  }
}

static void
on_message (MbSignaling *signaling, MbMessage *message, MbMesh *self)
{
  if (self->leaving || self->own_id == NULL)
    return;
  if (mb_ice_watch_get_servers (self->ice) == NULL)
    g_queue_push_tail (&self->held, mb_message_ref (message));
  else
    take_message (self, message);
}

static void
drop_held (MbMesh *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify) mb_message_unref);
}

/* Who it is that signals cannot be connected to before. */
static void
on_ice_ready (MbIceWatch *ice, MbMesh *self)
{
  MbMessage *message;

  while (!self->leaving && (message = g_queue_pop_head (&self->held)) != NULL) {
    take_message (self, message);
    mb_message_unref (message);
  }
}

static void
on_lost (MbSignaling *signaling, const GError *error, MbMesh *self)
{
  drop_held (self);
  self->is_online = FALSE;
  g_warning ("room %s: the server is gone (%s); trying again", self->room_id, error->message);
}

static void
on_failed (MbSignaling *signaling, const GError *error, MbMesh *self)
{
  self->signaling_ended = TRUE;
  if (!self->leaving)
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
  check_left (self);
}

static void
on_closed (MbSignaling *signaling, MbMesh *self)
{
  self->signaling_ended = TRUE;
  /* The room was closed under us: what is under way ends as if we had asked for it. */
  if (!self->leaving)
    mb_mesh_leave (self);
  check_left (self);
}

static gboolean
on_leave_timeout (gpointer user_data)
{
  MbMesh *self = user_data;

  self->leave_timeout_id = 0;
  g_warning ("room %s: leaving took too long; %u connections are still going down", self->room_id,
      g_hash_table_size (self->closing));
  end (self);
  return G_SOURCE_REMOVE;
}

/**
 * mb_mesh_new:
 * @media: the media thread, shared by all meshes of the process
 * @source: (nullable): what we send, shared by any number of meshes
 *
 * Returns: (transfer full): a mesh that has not joined, or NULL with %MB_ERROR_USAGE for a URL
 *   that is none
 */
MbMesh *
mb_mesh_new (MbMedia *media, MbSource *source, const MbMeshConfig *config, GError **error)
{
  g_autoptr (MbSignaling) signaling =
      mb_signaling_new_for_url (config->server_url, config->token, error);
  MbMesh *self;

  if (signaling == NULL)
    return NULL;
  self = g_object_new (MB_TYPE_MESH, NULL);
  self->media = mb_media_ref (media);
  if (source != NULL)
    self->source = g_object_ref (source);
  self->server_url = mb_server_url_describe (config->server_url);
  self->room_id = g_strdup (config->room_id);
  self->display_name = g_strdup (config->display_name);
  self->role = config->role;
  self->record = (MbRecorderConfig){.directory = g_strdup (config->record_dir),
      .room_id = self->room_id,
      .server = self->server_url,
      .name = self->display_name,
      .recording = config->recording,
      .space = config->space != NULL ? g_object_ref (config->space) : NULL,
      .on_finish = config->record_on_finish,
      .audio_only = config->record_audio_only};
  self->receive_codecs = g_strdupv ((char **) config->receive_codecs);
  self->ice = mb_ice_watch_new (config->server_url, config->token, config->ice_servers);
  g_signal_connect_object (self->ice, "ready", G_CALLBACK (on_ice_ready), self, G_CONNECT_DEFAULT);
  self->relay_only = config->relay_only;
  self->cname = config->cname != NULL
                    ? g_strdup (config->cname)
                    : g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->candidate_policy = mb_server_url_get_candidate_policy (config->server_url);
  self->signaling = g_steal_pointer (&signaling);
  g_signal_connect_object (
      self->signaling, "welcomed", G_CALLBACK (on_welcomed), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      self->signaling, "joined", G_CALLBACK (on_joined), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      self->signaling, "message", G_CALLBACK (on_message), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (self->signaling, "lost", G_CALLBACK (on_lost), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      self->signaling, "failed", G_CALLBACK (on_failed), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (
      self->signaling, "closed", G_CALLBACK (on_closed), self, G_CONNECT_DEFAULT);
  return self;
}

/**
 * mb_mesh_start:
 *
 * Joins the room; "joined" or "failed" follows.
 */
void
mb_mesh_start (MbMesh *self)
{
  mb_ice_watch_start (self->ice);
  mb_signaling_join (
      self->signaling, self->room_id, self->display_name, mb_role_to_string (self->role));
}

/**
 * mb_mesh_leave:
 *
 * Says goodbye, closes every connection and finishes every file; "left" follows within 5 s.
 */
void
mb_mesh_leave (MbMesh *self)
{
  if (self->leaving)
    return;
  self->leaving = TRUE;
  mb_ice_watch_stop (self->ice);
  drop_held (self);
  self->leave_timeout_id = g_timeout_add (LEAVE_TIMEOUT_MS, on_leave_timeout, self);
  if (self->recorder != NULL)
    mb_recorder_finish (self->recorder);
  remove_all_peers (self, MB_RECORDER_AWAY_LEFT);
  if (!self->signaling_ended)
    mb_signaling_leave (self->signaling);
  check_left (self);
}

/**
 * mb_mesh_get_own_id:
 *
 * Returns: (nullable): our id in the room
 */
const char *
mb_mesh_get_own_id (MbMesh *self)
{
  return self->own_id;
}

/**
 * mb_mesh_count_peers:
 *
 * Returns: how many other members are in the room
 */
unsigned int
mb_mesh_count_peers (MbMesh *self)
{
  return g_hash_table_size (self->peers);
}

static void
mb_mesh_dispose (GObject *object)
{
  MbMesh *self = MB_MESH (object);

  drop_held (self);
  g_clear_object (&self->ice);
  g_clear_handle_id (&self->leave_timeout_id, g_source_remove);
  remove_all_peers (self, MB_RECORDER_AWAY_LEFT);
  g_clear_object (&self->recorder);
  g_clear_object (&self->signaling);
  g_clear_object (&self->source);
  g_clear_object (&self->record.space);
  g_clear_pointer (&self->media, mb_media_unref);
  G_OBJECT_CLASS (mb_mesh_parent_class)->dispose (object);
}

static void
mb_mesh_finalize (GObject *object)
{
  MbMesh *self = MB_MESH (object);

  mb_survivors_free (self->survivors);
  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->closing);
  g_strfreev (self->receive_codecs);
  g_free (self->server_url);
  g_free (self->room_id);
  g_free (self->display_name);
  g_free ((char *) self->record.directory);
  g_free (self->cname);
  g_free (self->own_id);
  g_free (self->former_id);
  g_free (self->client);
  G_OBJECT_CLASS (mb_mesh_parent_class)->finalize (object);
}

static void
mb_mesh_class_init (MbMeshClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mb_mesh_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_mesh_finalize;

  /**
   * MbMesh::joined:
   *
   * In the room; again after each reconnection.
   */
  signals[SIGNAL_JOINED] =
      g_signal_new ("joined", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbMesh::left:
   *
   * Everything has ended, by mb_mesh_leave() or since the room was closed. The last signal; the
   * handler may drop the mesh.
   */
  signals[SIGNAL_LEFT] =
      g_signal_new ("left", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbMesh::failed:
   * @error: why; mb_error_get_exit_status() tells what it means to the program
   *
   * The room cannot be joined or kept. mb_mesh_leave() still ends what is under way.
   */
  signals[SIGNAL_FAILED] = g_signal_new (
      "failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  /**
   * MbMesh::peer-added:
   * @peer: (type MbPeer): another member; nothing has been said to it yet
   */
  signals[SIGNAL_PEER_ADDED] = g_signal_new (
      "peer-added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, MB_TYPE_PEER);
  /**
   * MbMesh::peer-removed:
   * @peer: (type MbPeer): it is gone, and its connection is about to be closed
   */
  signals[SIGNAL_PEER_REMOVED] = g_signal_new (
      "peer-removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, MB_TYPE_PEER);
}

static void
mb_mesh_init (MbMesh *self)
{
  g_queue_init (&self->held);
  self->survivors = mb_survivors_new (&SURVIVORS_DEEDS, self);
  self->client = g_uuid_string_random ();
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->closing = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}
