/* mb-survivors.c: which connections outlive a lost server, and whose they are when ids change
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a mesh, which does what is decided here. A member that comes while somebody is missed is
 * held for a while: it may be the one who is missed.
 */
#include "mb-survivors.h"

#include <string.h>
#include <sys/random.h>

#include "mb-channel-message.h"

#define AWAY_MS 30000 /* how long a peer may stay without coming back to the room */
#define HELD_MS 5000  /* how long a newcomer is looked at as one who may be known already */
#define KEY_BYTES 16
#define MAX_SIGNALS 64 /* of one who is held */

/* One peer. */
typedef struct {
  MbSurvivors *survivors; /* not owned */
  gpointer peer;          /* not owned */
  char *client;           /* (nullable) the key of who is at the other end */
  char *key;              /* (nullable) the secret we told it last */
  char *claimed_id;       /* (nullable) who it says that it is now */
  char *claimed_key;      /* (nullable) what that one is to show */
  guint away_id;          /* 0 means it is in the room */
  guint probe_id;         /* 0 means no answer is due */
} Known;

/* One newcomer. */
typedef struct {
  MbSurvivors *survivors; /* not owned */
  MbMemberInfo *member;
  char *shown;        /* (nullable) the secret it has shown */
  GPtrArray *signals; /* (element-type GBytes) */
  guint timer_id;
} Held;

struct _MbSurvivors {
  MbSurvivorsDeeds deeds;
  gpointer owner;    /* not owned */
  GHashTable *known; /* (element-type gpointer Known) by peer */
  GHashTable *held;  /* (element-type utf8 Held) by id */
};

static void
known_free (gpointer data)
{
  Known *self = data;

  g_clear_handle_id (&self->away_id, g_source_remove);
  g_clear_handle_id (&self->probe_id, g_source_remove);
  g_free (self->client);
  g_free (self->key);
  g_free (self->claimed_id);
  g_free (self->claimed_key);
  g_free (self);
}

static void
held_free (gpointer data)
{
  Held *self = data;

  g_clear_handle_id (&self->timer_id, g_source_remove);
  mb_member_info_free (self->member);
  g_free (self->shown);
  g_ptr_array_unref (self->signals);
  g_free (self);
}

/**
 * mb_survivors_new:
 * @owner: (not nullable): outlives it
 */
MbSurvivors *
mb_survivors_new (const MbSurvivorsDeeds *deeds, gpointer owner)
{
  MbSurvivors *self = g_new0 (MbSurvivors, 1);

  self->deeds = *deeds;
  self->owner = owner;
  self->known = g_hash_table_new_full (NULL, NULL, NULL, known_free);
  self->held = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, held_free);
  return self;
}

void
mb_survivors_free (MbSurvivors *self)
{
  g_hash_table_unref (self->held);
  g_hash_table_unref (self->known);
  g_free (self);
}

static Known *
know (MbSurvivors *self, gpointer peer)
{
  Known *known = g_hash_table_lookup (self->known, peer);

  if (known == NULL) {
    known = g_new0 (Known, 1);
    known->survivors = self;
    known->peer = peer;
    g_hash_table_insert (self->known, peer, known);
  }
  return known;
}

/* Handlers may add and remove peers while this is walked. */
static GList *
list_peers (MbSurvivors *self)
{
  return g_hash_table_get_keys (self->known);
}

/* ---- peers ---- */

static gboolean
on_away_over (gpointer user_data)
{
  Known *known = user_data;

  known->away_id = 0;
  known->survivors->deeds.drop (known->survivors->owner, known->peer);
  return G_SOURCE_REMOVE;
}

static gboolean
on_no_answer (gpointer user_data)
{
  Known *known = user_data;

  known->probe_id = 0;
  known->survivors->deeds.drop (known->survivors->owner, known->peer);
  return G_SOURCE_REMOVE;
}

static void
probe (MbSurvivors *self, Known *known, unsigned int patience_ms)
{
  g_autofree char *ping = mb_channel_message_build (MB_CHANNEL_PING);

  g_clear_handle_id (&known->probe_id, g_source_remove);
  if (self->deeds.send (self->owner, known->peer, ping))
    known->probe_id = g_timeout_add (patience_ms, on_no_answer, known);
  else
    self->deeds.drop (self->owner, known->peer);
}

/**
 * mb_survivors_set_client:
 * @client: the key that the peer says of itself
 *
 * Another peer of the same key is a page before it was reloaded: gone, unless it answers.
 */
void
mb_survivors_set_client (MbSurvivors *self, gpointer peer, const char *client)
{
  Known *known = know (self, peer);
  g_autoptr (GList) peers = NULL;

  if (g_strcmp0 (known->client, client) == 0)
    return;
  g_free (known->client);
  known->client = g_strdup (client);
  peers = list_peers (self);
  for (GList *item = peers; item != NULL; item = item->next) {
    Known *other = g_hash_table_lookup (self->known, item->data);

    if (other != NULL && other != known && g_strcmp0 (other->client, client) == 0)
      probe (self, other, MB_SURVIVORS_PONG_MS);
  }
}

/**
 * mb_survivors_has_client:
 *
 * Returns: whether the peer knows how to be taken along to another id
 */
gboolean
mb_survivors_has_client (MbSurvivors *self, gpointer peer)
{
  const Known *known = g_hash_table_lookup (self->known, peer);

  return known != NULL && known->client != NULL;
}

/**
 * mb_survivors_is_away:
 *
 * Returns: whether the room has lost the peer
 */
gboolean
mb_survivors_is_away (MbSurvivors *self, gpointer peer)
{
  const Known *known = g_hash_table_lookup (self->known, peer);

  return known != NULL && known->away_id != 0;
}

/* Not to be guessed: whoever has it can take a connection over. */
static char *
make_key (void)
{
  guint8 random[KEY_BYTES];
  GString *text = g_string_new (NULL);

  while (getrandom (random, sizeof random, 0) != (ssize_t) sizeof random)
    continue;
  for (unsigned int i = 0; i < sizeof random; i++)
    g_string_append_printf (text, "%02x", random[i]);
  return g_string_free (text, FALSE);
}

/**
 * mb_survivors_tell:
 * @own_id: our new one, not yet in the room
 */
void
mb_survivors_tell (MbSurvivors *self, gpointer peer, const char *own_id)
{
  Known *known = know (self, peer);
  g_autofree char *moved = NULL;

  g_free (known->key);
  known->key = make_key ();
  moved = mb_channel_message_build_moved (own_id, known->key);
  (void) self->deeds.send (self->owner, peer, moved);
}

static void
show (MbSurvivors *self, const Known *known, const char *to)
{
  g_autoptr (GBytes) data = NULL;

  if (known->key == NULL)
    return;
  data = mb_channel_message_build_resume (known->key);
  self->deeds.signal (self->owner, to, data);
}

static void
come_back (MbSurvivors *self, Known *known)
{
  g_clear_handle_id (&known->away_id, g_source_remove);
  g_clear_handle_id (&known->probe_id, g_source_remove);
  g_clear_pointer (&known->claimed_id, g_free);
  g_clear_pointer (&known->claimed_key, g_free);
  self->deeds.suspend (self->owner, known->peer, FALSE);
}

/**
 * mb_survivors_leave:
 * @patience_ms: for its answer
 *
 * The room has lost the peer; its connection is kept for as long as it answers, 30 s at most.
 */
void
mb_survivors_leave (MbSurvivors *self, gpointer peer, unsigned int patience_ms)
{
  Known *known = know (self, peer);

  if (known->away_id != 0)
    return;
  known->away_id = g_timeout_add (AWAY_MS, on_away_over, known);
  self->deeds.suspend (self->owner, peer, TRUE);
  probe (self, known, patience_ms);
}

/**
 * mb_survivors_stay:
 *
 * The peer has kept its id, and we have another: it is shown that we are who we were.
 */
void
mb_survivors_stay (MbSurvivors *self, gpointer peer)
{
  Known *known = know (self, peer);

  come_back (self, known);
  show (self, known, self->deeds.get_id (self->owner, peer));
}

/**
 * mb_survivors_alive:
 *
 * The peer has answered.
 */
void
mb_survivors_alive (MbSurvivors *self, gpointer peer)
{
  g_clear_handle_id (&know (self, peer)->probe_id, g_source_remove);
}

/**
 * mb_survivors_forget:
 *
 * The peer is gone.
 */
void
mb_survivors_forget (MbSurvivors *self, gpointer peer)
{
  g_hash_table_remove (self->known, peer);
}

/* ---- who they are ---- */

/* @known: whose claim may have come true */
static void
match (MbSurvivors *self, Known *known)
{
  Held *held =
      known->claimed_id != NULL ? g_hash_table_lookup (self->held, known->claimed_id) : NULL;

  if (held == NULL)
    return;
  show (self, known, known->claimed_id);
  if (held->shown == NULL || strcmp (held->shown, known->claimed_key) != 0)
    return;
  g_hash_table_steal (self->held, held->member->id);
  come_back (self, known);
  self->deeds.adopt (self->owner, known->peer, held->member);
  held_free (held);
}

static void
match_all (MbSurvivors *self, const char *id)
{
  g_autoptr (GList) peers = list_peers (self);

  for (GList *item = peers; item != NULL; item = item->next) {
    Known *known = g_hash_table_lookup (self->known, item->data);

    if (known != NULL && g_strcmp0 (known->claimed_id, id) == 0)
      match (self, known);
  }
}

/**
 * mb_survivors_claim:
 * @id: who the peer says that it is now
 * @key: what the member of that id is to show
 */
void
mb_survivors_claim (MbSurvivors *self, gpointer peer, const char *id, const char *key)
{
  Known *known = know (self, peer);

  g_free (known->claimed_id);
  g_free (known->claimed_key);
  known->claimed_id = g_strdup (id);
  known->claimed_key = g_strdup (key);
  match (self, known);
}

static void
release (MbSurvivors *self, const char *id)
{
  Held *held = g_hash_table_lookup (self->held, id);

  if (held == NULL)
    return;
  g_hash_table_steal (self->held, id);
  self->deeds.admit (self->owner, held->member, held->signals);
  held_free (held);
}

static gboolean
on_held_over (gpointer user_data)
{
  Held *held = user_data;

  held->timer_id = 0;
  release (held->survivors, held->member->id);
  return G_SOURCE_REMOVE;
}

static gboolean
is_somebody_missed (MbSurvivors *self, const char *id)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->known);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Known *known = value;

    if (known->away_id != 0 || g_strcmp0 (known->claimed_id, id) == 0)
      return TRUE;
  }
  return FALSE;
}

/**
 * mb_survivors_meet:
 * @member: that is no peer yet: one of those who are away, or somebody new
 */
void
mb_survivors_meet (MbSurvivors *self, const MbMemberInfo *member)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  Held *held;

  if (g_hash_table_contains (self->held, member->id))
    return;
  if (!is_somebody_missed (self, member->id)) {
    self->deeds.admit (self->owner, member, none);
    return;
  }
  held = g_new0 (Held, 1);
  held->survivors = self;
  held->member =
      mb_member_info_new (member->id, member->display_name, member->role, member->joined_at_us);
  held->signals = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  held->timer_id = g_timeout_add (HELD_MS, on_held_over, held);
  g_hash_table_insert (self->held, held->member->id, held);
  match_all (self, member->id);
}

/**
 * mb_survivors_is_held:
 *
 * Returns: whether the member is looked at
 */
gboolean
mb_survivors_is_held (MbSurvivors *self, const char *id)
{
  return g_hash_table_contains (self->held, id);
}

/**
 * mb_survivors_take:
 * @id: of somebody who is held
 * @data: of its signal
 *
 * Anything but a secret shows that it goes its own way: who is known already has nothing to negotiate.
 */
void
mb_survivors_take (MbSurvivors *self, const char *id, GBytes *data)
{
  Held *held = g_hash_table_lookup (self->held, id);
  char *key = mb_channel_message_read_resume (data);

  if (held == NULL) {
    g_free (key);
    return;
  }
  if (key != NULL) {
    g_free (held->shown);
    held->shown = key;
    match_all (self, id);
    return;
  }
  if (held->signals->len < MAX_SIGNALS)
    g_ptr_array_add (held->signals, g_bytes_ref (data));
  release (self, id);
}

/**
 * mb_survivors_unhold:
 *
 * The member has left the room again.
 */
void
mb_survivors_unhold (MbSurvivors *self, const char *id)
{
  g_hash_table_remove (self->held, id);
}

/**
 * mb_survivors_unhold_all:
 *
 * The room is another one to us: who is in it will be told.
 */
void
mb_survivors_unhold_all (MbSurvivors *self)
{
  g_hash_table_remove_all (self->held);
}
