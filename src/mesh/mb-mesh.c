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

#include <gio/gio.h>

#include "mb-error.h"
#include "mb-ice-servers.h"
#include "mb-peer.h"
#include "mb-recorder.h"
#include "mb-signaling.h"

/* For the server to hear of it, the connections to go down, and a recorder to finish: files in 2 s, what
 * is said of them in 1 s. */
#define LEAVE_TIMEOUT_MS 3300
#define MAX_PEERS 256 /* a server cannot make us open more connections than this */
/* Who only records has time: what is asked for again may come late. */
#define RECORDER_GIVE_UP_MS 2000
/* Pages that offer when they should not do so at once; on somebody else's server most of them do. */
#define PAGE_PATIENCE_MS 200
#define STRANGER_PATIENCE_MS 1000
#define REFRESH_LEAST_S 30 /* between two questions for ICE servers */

struct _MbMesh {
  GObject parent;

  /* given at construction */
  MbMedia *media;
  MbSource *source; /* (nullable) */
  char *server_url;
  char *room_id;
  char *display_name;
  MbRole role;
  char *record_dir; /* (nullable) */
  MbRecordingSplit record_split;
  gboolean record_on_finish;
  gboolean record_audio_only;
  GStrv receive_codecs; /* (nullable) */
  GStrv ice_servers;    /* (nullable) */
  gboolean relay_only;
  char *token;        /* (nullable) */
  char *original_url; /* as it was given */
  char *cname;
  MbCandidatePolicy candidate_policy;

  /* owned */
  MbSignaling *signaling;
  GHashTable *peers;    /* (element-type utf8 MbPeer) by id */
  GHashTable *closing;  /* (element-type MbPeer) on their way down */
  MbRecorder *recorder; /* (nullable) from the first join on */

  GCancellable *asking; /* (nullable) the server is being asked for ICE servers */
  GQueue held;          /* (element-type MbMessage) until it has answered */
  guint refresh_id;     /* asks again before credentials end; 0 means never */

  char *own_id; /* (nullable) before the first join */
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

static void
on_peer_send (MbPeer *peer, GBytes *data, MbMesh *self)
{
  mb_signaling_send (self->signaling, mb_peer_get_id (peer), data);
}

static void
on_peer_tracks_changed (MbPeer *peer, MbMesh *self)
{
  if (self->recorder != NULL)
    mb_recorder_update (self->recorder, mb_peer_get_id (peer), mb_peer_get_display_name (peer),
        mb_peer_get_tracks (peer));
}

static void
on_peer_text (MbPeer *peer, const char *text, MbMesh *self)
{
  if (self->recorder != NULL)
    mb_recorder_take_message (self->recorder, mb_peer_get_id (peer), text);
}

/* Whoever is no page follows the rule who offers to the letter. */
static unsigned int
get_patience_ms (MbRole role)
{
  switch (role) {
  case MB_ROLE_MEMBER:
    return PAGE_PATIENCE_MS;
  case MB_ROLE_UNKNOWN:
    return STRANGER_PATIENCE_MS;
  case MB_ROLE_BOT:
  case MB_ROLE_RECORDER:
  case MB_ROLE_RELAY:
    break;
  }
  return 0;
}

static MbPeer *
add_peer (MbMesh *self, const char *id, const char *display_name, MbRole role)
{
  MbPeerConfig config = {.own_id = self->own_id,
      .peer_id = id,
      .display_name = display_name != NULL ? display_name : "",
      .source = self->source,
      .receive_codecs = (const char *const *) self->receive_codecs,
      .ice_servers = (const char *const *) self->ice_servers,
      .cname = self->cname,
      .relay_only = self->relay_only,
      .give_up_ms = self->record_dir != NULL && self->source == NULL ? RECORDER_GIVE_UP_MS : 0,
      .patience_ms = get_patience_ms (role),
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
  g_signal_connect_object (peer, "text", G_CALLBACK (on_peer_text), self, G_CONNECT_DEFAULT);
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
  MbRecorderConfig config = {.directory = self->record_dir,
      .room_id = self->room_id,
      .server = self->server_url,
      .name = self->display_name,
      .split = self->record_split,
      .on_finish = self->record_on_finish,
      .audio_only = self->record_audio_only};

  if (self->record_dir == NULL || self->recorder != NULL)
    return TRUE;
  self->recorder = mb_recorder_new (&config, &error);
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

static void
on_joined (MbSignaling *signaling, const char *own_id, MbMesh *self)
{
  if (self->leaving)
    return;
  /* After a reconnection everybody has another id, and each side sees another member. */
  remove_all_peers (self, MB_RECORDER_AWAY_DROPPED);
  g_free (self->own_id);
  self->own_id = g_strdup (own_id);
  if (!start_recorder (self))
    return;
  g_signal_emit (self, signals[SIGNAL_JOINED], 0);
}

static void
take_roster (MbMesh *self, GPtrArray *members)
{
  for (guint i = 0; members != NULL && i < members->len; i++) {
    const MbMemberInfo *member = g_ptr_array_index (members, i);

    add_peer (self, member->id, member->display_name, member->role);
  }
}

static void
take_signal (MbMesh *self, MbMessage *message)
{
  const char *from = mb_message_get_peer (message);
  MbPeer *peer = g_hash_table_lookup (self->peers, from);

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
take_message (MbMesh *self, MbMessage *message)
{
  switch (mb_message_get_kind (message)) {
  case MB_MESSAGE_PEERS:
    take_roster (self, mb_message_get_members (message));
    break;
  case MB_MESSAGE_PEER_JOINED:
    add_peer (self, mb_message_get_peer (message), mb_message_get_display_name (message),
        mb_message_get_role (message));
    break;
  case MB_MESSAGE_SIGNAL:
    take_signal (self, message);
    break;
  case MB_MESSAGE_PEER_LEFT:
    g_info ("room %s: %s is gone (%s)", self->room_id, mb_message_get_peer (message),
        mb_message_get_reason (message) != NULL ? mb_message_get_reason (message) : "left");
    remove_peer (self, mb_message_get_peer (message), get_away (message));
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
  if (self->asking != NULL && self->ice_servers == NULL)
    g_queue_push_tail (&self->held, mb_message_ref (message));
  else
    take_message (self, message);
}

static void
drop_held (MbMesh *self)
{
  g_queue_clear_full (&self->held, (GDestroyNotify) mb_message_unref);
}

static void ask_for_servers (MbMesh *self);

static gboolean
on_refresh (gpointer user_data)
{
  MbMesh *self = user_data;

  self->refresh_id = 0;
  ask_for_servers (self);
  return G_SOURCE_REMOVE;
}

/* Somebody else's server knows none, which is no reason to wait any longer. */
static void
on_servers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MbMesh) self = user_data;
  g_autoptr (GError) error = NULL;
  unsigned int ttl_s = 0;
  GStrv servers = mb_ice_servers_fetch_finish (result, &ttl_s, &error);
  gboolean is_refresh = self->ice_servers != NULL;
  MbMessage *message;

  g_clear_object (&self->asking);
  if (servers == NULL)
    g_debug ("room %s: no ICE servers: %s", self->room_id, error->message);
  if (servers != NULL || !is_refresh) {
    g_strfreev (self->ice_servers);
    self->ice_servers = servers != NULL ? servers : g_new0 (char *, 1);
  }
  /* A server that answered before will again: those of before may be about to end. */
  if ((ttl_s > 0 || (servers == NULL && is_refresh)) && !self->leaving)
    self->refresh_id = g_timeout_add_seconds (MAX (ttl_s / 2, REFRESH_LEAST_S), on_refresh, self);
  while (!self->leaving && (message = g_queue_pop_head (&self->held)) != NULL) {
    take_message (self, message);
    mb_message_unref (message);
  }
  drop_held (self);
}

static void
ask_for_servers (MbMesh *self)
{
  self->asking = g_cancellable_new ();
  mb_ice_servers_fetch_async (
      self->original_url, self->token, self->asking, on_servers, g_object_ref (self));
}

static void
stop_asking (MbMesh *self)
{
  g_clear_handle_id (&self->refresh_id, g_source_remove);
  if (self->asking != NULL)
    g_cancellable_cancel (self->asking);
  drop_held (self);
}

static void
on_lost (MbSignaling *signaling, const GError *error, MbMesh *self)
{
  drop_held (self);
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

/* A server on this machine may name addresses of this machine; one elsewhere may not make us
 * send to ourselves. */
static MbCandidatePolicy
choose_candidate_policy (const char *server_url)
{
  g_autoptr (GUri) uri = g_uri_parse (server_url, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;
  g_autoptr (GInetAddress) address = host != NULL ? g_inet_address_new_from_string (host) : NULL;

  if (g_strcmp0 (host, "localhost") == 0 ||
      (address != NULL && g_inet_address_get_is_loopback (address)))
    return MB_CANDIDATE_POLICY_LOOPBACK;
  return MB_CANDIDATE_POLICY_DEFAULT;
}

/* Where the room is, without what nobody else is to know. */
static char *
describe_server (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL)
    return NULL;
  return g_uri_to_string_partial (
      uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
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
  self->server_url = describe_server (config->server_url);
  self->room_id = g_strdup (config->room_id);
  self->display_name = g_strdup (config->display_name);
  self->role = config->role;
  self->record_dir = g_strdup (config->record_dir);
  self->record_split = config->record_split;
  self->record_on_finish = config->record_on_finish;
  self->record_audio_only = config->record_audio_only;
  self->receive_codecs = g_strdupv ((char **) config->receive_codecs);
  self->ice_servers = g_strdupv ((char **) config->ice_servers);
  self->relay_only = config->relay_only;
  self->token = g_strdup (config->token);
  self->original_url = g_strdup (config->server_url);
  self->cname = config->cname != NULL
                    ? g_strdup (config->cname)
                    : g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
  self->candidate_policy = choose_candidate_policy (config->server_url);
  self->signaling = g_steal_pointer (&signaling);
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
  if (self->ice_servers == NULL)
    ask_for_servers (self);
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
  stop_asking (self);
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

  stop_asking (self);
  g_clear_handle_id (&self->leave_timeout_id, g_source_remove);
  remove_all_peers (self, MB_RECORDER_AWAY_LEFT);
  g_clear_object (&self->recorder);
  g_clear_object (&self->signaling);
  g_clear_object (&self->source);
  g_clear_pointer (&self->media, mb_media_unref);
  G_OBJECT_CLASS (mb_mesh_parent_class)->dispose (object);
}

static void
mb_mesh_finalize (GObject *object)
{
  MbMesh *self = MB_MESH (object);

  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->closing);
  g_strfreev (self->receive_codecs);
  g_strfreev (self->ice_servers);
  g_free (self->token);
  g_free (self->original_url);
  g_free (self->server_url);
  g_free (self->room_id);
  g_free (self->display_name);
  g_free (self->record_dir);
  g_free (self->cname);
  g_free (self->own_id);
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
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->closing = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}
