/* mb-lobby.c: all rooms and all clients; who comes in, and what rooms there are
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It owns the rooms (by id, and in the order in which they were made) and the members (by id).
 * Rooms of REST are written to the store first and exist once that is committed.
 */
#include "mb-lobby.h"

#include "mb-error.h"
#include "mb-jwt.h"
#include "mb-lobby-metrics.h"
#include "mb-publishing.h"
#include "mb-sio.h"
#include "mb-ws-frame.h"

/* A member that goes on talking while it is over its rate is let go. */
#define OVER_LIMIT_MAX 2000
/* One complaint for so many messages that are dropped. */
#define OVER_LIMIT_TOLD 100
/* A clock that is set is noticed within it. */
#define EXPIRY_LOOK_MS 60000
/* When members of a host that goes away are asked to come back: a host that is started again is
 * there within the first, and takes 250 members a second without sweating. */
#define RETRY_LEAST_MS 500
#define RETRY_SPREAD_MS_EACH 4
#define RETRY_SPREAD_MAX_MS 7500

struct _MbLobby {
  GObject parent_instance;

  MbReactor *reactor; /* not owned */
  MbStore *store;     /* not owned */
  MbAudit *audit;     /* (nullable) not owned */
  MbLobbyLimits limits;
  GHashTable *rooms;   /* (element-type MbRoom) owned; by id */
  GQueue order;        /* (element-type MbRoom) as they were made */
  GHashTable *pending; /* (element-type utf8) owned; ids on their way into the store */
  GHashTable *members; /* (element-type MbMember) owned; by id */
  MbLobbyMetrics metrics;
  guint64 revision;  /* counted up with each change of a room */
  gboolean draining; /* whoever is in may stay, nobody comes in */
  gboolean closed;   /* nobody is in any more */
};

G_DEFINE_FINAL_TYPE (MbLobby, mb_lobby, G_TYPE_OBJECT)

static MbRoom *
add_room (MbLobby *self, const MbRoomRecord *record, MbRoomLife life)
{
  MbRoom *room = mb_room_new (record, life, self->limits.max_members, &self->revision);

  g_hash_table_insert (self->rooms, (gpointer) mb_room_get_id (room), room);
  g_queue_push_tail_link (&self->order, mb_room_get_link (room));
  mb_metric_set (self->metrics.n_rooms, self->order.length);
  return room;
}

static void
remove_room (MbLobby *self, MbRoom *room)
{
  g_hash_table_remove (self->rooms, mb_room_get_id (room));
  g_queue_unlink (&self->order, mb_room_get_link (room));
  mb_room_free (room);
  mb_metric_set (self->metrics.n_rooms, self->order.length);
}

static void
audit_member (
    MbLobby *self, MbMember *member, const char *event, const char *room, const char *reason)
{
  const MbAuditEvent entry = {.event = event,
      .room = room,
      .member = mb_member_get_id (member),
      .name = member->display_name,
      .role = mb_role_to_string (member->role),
      .subject = member->pass->subject,
      .client = &member->connection->client,
      .reason = reason};

  if (self->audit != NULL)
    mb_audit_write (self->audit, &entry);
}

static void
audit_room (MbLobby *self, const char *event, const char *id, const char *reason)
{
  mb_audit_write (self->audit, &(MbAuditEvent){.event = event, .room = id, .reason = reason});
}

/* @room: (nullable): %NULL is every room */
static void
audit_leaves (MbLobby *self, MbRoom *room, const char *reason)
{
  GHashTableIter iter;
  gpointer each = NULL;

  g_hash_table_iter_init (&iter, self->members);
  while (self->audit != NULL && g_hash_table_iter_next (&iter, NULL, &each)) {
    MbMember *member = each;

    if (member->room != NULL && (room == NULL || member->room == room))
      audit_member (self, member, "leave", mb_room_get_id (member->room), reason);
  }
}

static void
leave (MbLobby *self, MbMember *member, const char *reason)
{
  MbRoom *room = member->room;

  if (room == NULL)
    return;
  audit_member (self, member, "leave", mb_room_get_id (room), reason);
  mb_room_leave (room, member, reason);
  if (mb_room_count_members (room) == 0 && mb_room_get_life (room) == MB_ROOM_EPHEMERAL) {
    audit_room (self, "room-deleted", mb_room_get_id (room), "empty");
    remove_room (self, room);
  }
}

static gboolean
check_room_count (MbLobby *self, GError **error)
{
  if (self->order.length < self->limits.max_rooms)
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_FULL, "this host takes %u rooms", self->limits.max_rooms);
  return FALSE;
}

static MbRoom *
make_ephemeral (MbLobby *self, const char *id)
{
  MbRoomRecord record = {.id = (char *) id,
      .name = (char *) id,
      .created_at_us = g_get_real_time (),
      .metadata = (char *) "{}"};

  audit_room (self, "room-created", id, "joined");
  return add_room (self, &record, MB_ROOM_EPHEMERAL);
}

/* Whether the member's pass lets it in as whom it wants to be. */
static gboolean
check_join (MbMember *member, MbMessage *message, gboolean creates, GError **error)
{
  const char *id = mb_message_get_room (message);
  MbRole role = mb_message_get_role (message);

  return mb_pass_check (member->pass, MB_GRANT_JOIN, id, error) &&
         (!creates || mb_pass_check (member->pass, MB_GRANT_CREATE, id, error)) &&
         (role != MB_ROLE_RECORDER || mb_pass_check (member->pass, MB_GRANT_RECORD, id, error)) &&
         (role != MB_ROLE_RELAY || mb_pass_check (member->pass, MB_GRANT_RELAY, id, error));
}

static gboolean
join (MbLobby *self, MbMember *member, MbMessage *message, GError **error)
{
  const char *id = mb_message_get_room (message);
  const char *name = member->pass->name;
  MbRoom *room = g_hash_table_lookup (self->rooms, id);

  if (self->draining) {
    g_set_error_literal (
        error, MB_ERROR, MB_ERROR_UNAVAILABLE, "this host is going away; try again soon");
    return FALSE;
  }
  if (!check_join (member, message, room == NULL, error))
    return FALSE;
  if (room == NULL ? !check_room_count (self, error)
                   : room != member->room && !mb_room_check_space (room, error))
    return FALSE;
  if (room != NULL && room == member->room)
    mb_room_leave (room, member, "left");
  else
    leave (self, member, "left");
  if (room == NULL)
    room = make_ephemeral (self, id);
  /* A name in the token is that of its bearer, whatever he calls himself. */
  mb_member_set_part (member, name != NULL ? name : mb_message_get_display_name (message),
      mb_message_get_role (message));
  mb_room_join (room, member);
  if (member->role < MB_LOBBY_ROLES)
    mb_metric_add (self->metrics.n_joins[member->role], 1);
  audit_member (self, member, "join", id, NULL);
  g_info (
      "%s joined room %s (%u there)", mb_member_get_id (member), id, mb_room_count_members (room));
  return TRUE;
}

static gboolean
route (MbLobby *self, MbMember *member, MbMessage *message, GError **error)
{
  if (member->room == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_NOT_IN_ROOM, "join a room first");
    return FALSE;
  }
  if (!mb_pass_allows (member->pass, MB_GRANT_PUBLISH, mb_room_get_id (member->room)) &&
      mb_publishing_is_in_message (message))
    return mb_pass_check (member->pass, MB_GRANT_PUBLISH, mb_room_get_id (member->room), error);
  mb_lobby_metrics_count_signal (
      &self->metrics, member->connection->klass->dialect, mb_member_get_signal_size (message));
  return mb_room_route (member->room, member, message, error);
}

static gboolean
handle (MbLobby *self, MbMember *member, MbMessage *message, const char *event, GError **error)
{
  MbMessageKind kind = mb_message_get_kind (message);

  if (kind == MB_MESSAGE_SIGNAL)
    return route (self, member, message, error);
  if (kind == MB_MESSAGE_JOIN)
    return join (self, member, message, error);
  if (kind == MB_MESSAGE_LEAVE) {
    leave (self, member, "left");
    return TRUE;
  }
  g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "%s is for servers to say", event);
  return FALSE;
}

static void
answer (MbMember *member, const char *event, gint64 ack_id, const GError *error)
{
  if (ack_id != MB_SIO_NO_ACK) {
    member->connection->klass->acknowledge (member->connection, ack_id,
        member->room == NULL ? NULL : mb_room_get_id (member->room), error);
  } else if (error != NULL) {
    g_autoptr (MbMessage) refusal = mb_message_new_error_for (error, event);

    mb_member_send (member, refusal);
  }
}

static void
free_member (MbLobby *self, MbMember *member, guint16 code, const char *text)
{
  mb_reactor_disarm (self->reactor, &member->expiry);
  mb_member_free (member, code, text);
}

static void
put_out (MbLobby *self, MbMember *member, const char *reason, guint16 code, const char *text)
{
  leave (self, member, reason);
  g_hash_table_remove (self->members, mb_member_get_id (member));
  free_member (self, member, code, text);
  mb_metric_set (self->metrics.n_connections, g_hash_table_size (self->members));
}

static gboolean
is_within_rates (MbLobby *self, MbMember *member, MbMessage *message)
{
  gint64 now_us = g_get_monotonic_time ();

  if (self->limits.rate.per_second == 0)
    return TRUE;
  return mb_bucket_take (&member->bucket, &self->limits.rate, now_us) &&
         (message == NULL || self->limits.volume.per_second == 0 ||
             mb_bucket_take_many (&member->volume, &self->limits.volume,
                 (unsigned int) (mb_member_get_signal_size (message) / 1024 + 1), now_us));
}

/* FALSE where the message is dropped; the member may be gone then. */
static gboolean
check_rate (MbLobby *self, MbMember *member, MbMessage *message, const char *event, gint64 ack_id)
{
  g_autoptr (GError) error = NULL;

  if (is_within_rates (self, member, message)) {
    /* One that passes excuses one that did not: who talks at twice the rate is told, who goes on at a
     * multiple of it is let go. */
    if (member->n_over_limit > 0)
      member->n_over_limit--;
    return TRUE;
  }
  member->n_over_limit++;
  g_set_error (&error, MB_ERROR, MB_ERROR_RATE_LIMITED, "at most %u messages and %u KiB a second",
      self->limits.rate.per_second, self->limits.volume.per_second);
  mb_lobby_metrics_count_refusal (&self->metrics, error);
  if (member->n_over_limit > OVER_LIMIT_MAX) {
    audit_member (self, member, "refused", NULL, "far over the message rate");
    g_info ("%s: closed, far over the message rate", mb_member_get_id (member));
    put_out (self, member, "kicked", MB_WS_CLOSE_POLICY, "rate-limited");
    return FALSE;
  }
  if (ack_id != MB_SIO_NO_ACK || member->n_over_limit % OVER_LIMIT_TOLD == 1)
    answer (member, event, ack_id, error);
  return FALSE;
}

static void
on_connection_message (gpointer owner, MbMessage *message, gint64 ack_id, const char *event)
{
  MbMember *member = owner;
  MbLobby *self = member->lobby;
  g_autoptr (GError) error = NULL;

  if (!check_rate (self, member, message, event, ack_id))
    return;
  if (!handle (self, member, message, event, &error)) {
    mb_lobby_metrics_count_refusal (&self->metrics, error);
    audit_member (self, member, "refused",
        member->room == NULL ? NULL : mb_room_get_id (member->room), error->message);
    g_debug ("%s: %s: %s", mb_member_get_id (member), event, error->message);
  }
  answer (member, event, ack_id, error);
}

static void
on_connection_refused (gpointer owner, const char *event, gint64 ack_id, const GError *error)
{
  MbMember *member = owner;
  MbLobby *self = member->lobby;

  if (!check_rate (self, member, NULL, event, ack_id))
    return;
  mb_lobby_metrics_count_refusal (&self->metrics, error);
  audit_member (self, member, "refused",
      member->room == NULL ? NULL : mb_room_get_id (member->room), error->message);
  g_info ("%s: refused: %s", mb_member_get_id (member), error->message);
  answer (member, event, ack_id, error);
}

static void
on_connection_closed (gpointer owner, const char *reason)
{
  MbMember *member = owner;

  g_debug ("%s is gone: %s", mb_member_get_id (member), reason);
  put_out (member->lobby, member, reason, MB_WS_CLOSE_NORMAL, NULL);
}

static const MbConnectionListener connection_listener = {.message = on_connection_message,
    .refused = on_connection_refused,
    .closed = on_connection_closed};

/* When a member goes whose pass ends: who came in within the leeway stays for it. */
static gint64
get_end_us (const MbPass *pass, gint64 now_us)
{
  return pass->expires_us > now_us ? pass->expires_us
                                   : pass->expires_us + MB_JWT_LEEWAY_S * G_USEC_PER_SEC;
}

static void
watch_expiry (MbLobby *self, MbMember *member, gint64 left_us)
{
  gint64 left_ms = (MAX (left_us, 0) + 999) / 1000;

  mb_reactor_arm_in (self->reactor, &member->expiry, (unsigned int) MIN (left_ms, EXPIRY_LOOK_MS));
}

static void
on_expiry (gpointer data)
{
  MbMember *member = data;
  MbLobby *self = member->lobby;
  gint64 left_us = member->ends_us - g_get_real_time ();
  g_autoptr (GError) error = NULL;

  if (left_us > 0) {
    watch_expiry (self, member, left_us);
    return;
  }
  g_info ("%s: put out, its token has expired", mb_member_get_id (member));
  g_set_error_literal (&error, MB_ERROR, MB_ERROR_UNAUTHORIZED, "the token has expired");
  answer (member, NULL, MB_SIO_NO_ACK, error);
  put_out (self, member, "kicked", MB_WS_CLOSE_POLICY, "token expired");
}

/**
 * mb_lobby_add_connection:
 * @connection: (transfer full): a client, in no room yet
 * @pass: (transfer full): what it may do; when that ends it is put out
 */
void
mb_lobby_add_connection (MbLobby *self, MbConnection *connection, MbPass *pass)
{
  MbMember *member = mb_member_new (connection, pass, self);
  gint64 now_us = g_get_real_time ();

  mb_timer_init (&member->expiry, on_expiry, member);
  if (pass->expires_us != 0) {
    member->ends_us = get_end_us (pass, now_us);
    watch_expiry (self, member, member->ends_us - now_us);
  }

  connection->listener = &connection_listener;
  connection->owner = member;
  g_hash_table_insert (self->members, connection->id, member);
  mb_metric_set (self->metrics.n_connections, g_hash_table_size (self->members));
}

/**
 * mb_lobby_drain:
 *
 * Takes no joins from here on. Whoever is in a room stays there, and is heard.
 */
void
mb_lobby_drain (MbLobby *self)
{
  self->draining = TRUE;
}

gboolean
mb_lobby_is_draining (MbLobby *self)
{
  return self->draining;
}

/**
 * mb_lobby_has_callers:
 *
 * Returns: whether anybody is in a room who is no program of ours: a bot, a recorder or a relay
 */
gboolean
mb_lobby_has_callers (MbLobby *self)
{
  GHashTableIter iter;
  gpointer each = NULL;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &each)) {
    const MbMember *member = each;

    if (member->room != NULL && member->role != MB_ROLE_BOT && member->role != MB_ROLE_RECORDER &&
        member->role != MB_ROLE_RELAY)
      return TRUE;
  }
  return FALSE;
}

/* One instant for each room, so that those who belong together find each other again, and not all
 * rooms at once. */
static unsigned int
choose_retry_ms (unsigned int n_members)
{
  unsigned int spread_ms = MIN (n_members * RETRY_SPREAD_MS_EACH, RETRY_SPREAD_MAX_MS);

  return RETRY_LEAST_MS + (unsigned int) (spread_ms * g_random_double ());
}

/**
 * mb_lobby_close:
 *
 * The host goes away: tells the members of every room, and when to come back, puts them out and
 * closes every connection; takes no joins any more. The rooms of the store stay there.
 */
void
mb_lobby_close (MbLobby *self)
{
  unsigned int n_members = g_hash_table_size (self->members);
  GHashTableIter iter;
  gpointer member = NULL;

  self->draining = TRUE;
  self->closed = TRUE;
  audit_leaves (self, NULL, MB_MESSAGE_GOING_AWAY);
  for (GList *link = self->order.head; link != NULL; link = link->next) {
    MbRoom *room = link->data;
    g_autoptr (MbMessage) goodbye =
        mb_message_new_going_away (mb_room_get_id (room), choose_retry_ms (n_members));

    mb_room_close (room, goodbye);
  }
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &member)) {
    g_hash_table_iter_remove (&iter);
    free_member (self, member, MB_WS_CLOSE_GOING_AWAY, MB_MESSAGE_GOING_AWAY);
  }
  mb_metric_set (self->metrics.n_connections, 0);
}

gboolean
mb_lobby_is_closed (MbLobby *self)
{
  return self->closed;
}

unsigned int
mb_lobby_count_members (MbLobby *self)
{
  return g_hash_table_size (self->members);
}

/**
 * mb_lobby_set_limits:
 *
 * For rooms that are made and messages that come from here on.
 */
void
mb_lobby_set_limits (MbLobby *self, const MbLobbyLimits *limits)
{
  self->limits = *limits;
}

/**
 * mb_lobby_set_audit:
 * @audit: (nullable): not owned; outlives the lobby's members
 */
void
mb_lobby_set_audit (MbLobby *self, MbAudit *audit)
{
  self->audit = audit;
}

/**
 * mb_lobby_update_metrics:
 *
 * Brings those up to date that are not counted as they change.
 */
void
mb_lobby_update_metrics (MbLobby *self)
{
  gint64 n_members = 0;

  for (GList *link = self->order.head; link != NULL; link = link->next)
    n_members += mb_room_count_members (link->data);
  mb_metric_set (self->metrics.n_members, n_members);
}

/**
 * mb_lobby_get_room:
 *
 * Returns: (transfer none) (nullable): the room of that id
 */
MbRoom *
mb_lobby_get_room (MbLobby *self, const char *id)
{
  return g_hash_table_lookup (self->rooms, id);
}

/**
 * mb_lobby_get_rooms:
 *
 * Returns: (transfer none) (element-type MbRoom): the rooms, oldest first
 */
GList *
mb_lobby_get_rooms (MbLobby *self)
{
  return self->order.head;
}

/**
 * mb_lobby_get_revision:
 *
 * Returns: a number that changes with anything about any room
 */
guint64
mb_lobby_get_revision (MbLobby *self)
{
  return self->revision;
}

static void
on_room_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  MbLobby *self = g_task_get_source_object (task);
  const MbRoomRecord *record = g_task_get_task_data (task);
  MbRoom *room = NULL;
  GError *error = NULL;

  g_hash_table_remove (self->pending, record->id);
  if (!mb_store_write_finish (result, &error)) {
    g_task_return_error (task, error);
    return;
  }
  /* Somebody may have joined a room of this id while it was being written. */
  room = g_hash_table_lookup (self->rooms, record->id);
  if (room == NULL)
    add_room (self, record, MB_ROOM_KEPT);
  else
    mb_room_keep (room, record);
  audit_room (self, "room-created", record->id, "api");
  g_info ("room %s made", record->id);
  g_task_return_boolean (task, TRUE);
}

/**
 * mb_lobby_create_room_async:
 *
 * Ends with %MB_ERROR_CONFLICT where the id is taken, %MB_ERROR_FULL where there are too many
 * rooms, %MB_ERROR_UNAVAILABLE where the store does not take it.
 */
void
mb_lobby_create_room_async (
    MbLobby *self, const MbRoomRecord *record, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  GError *error = NULL;

  g_task_set_task_data (task, mb_room_record_copy (record), (GDestroyNotify) mb_room_record_free);
  if (g_hash_table_contains (self->rooms, record->id) ||
      g_hash_table_contains (self->pending, record->id))
    g_set_error (&error, MB_ERROR, MB_ERROR_CONFLICT, "a room %s exists", record->id);
  else
    check_room_count (self, &error);
  if (error != NULL) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  g_hash_table_add (self->pending, g_strdup (record->id));
  mb_store_add_room_async (self->store, record, on_room_added, task);
}

gboolean
mb_lobby_create_room_finish (MbLobby *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
close_room (MbLobby *self, MbRoom *room)
{
  g_autoptr (MbMessage) closed = mb_message_new_room_closed (mb_room_get_id (room), "deleted");

  audit_leaves (self, room, "deleted");
  audit_room (self, "room-deleted", mb_room_get_id (room), "api");
  g_info ("room %s deleted", mb_room_get_id (room));
  mb_room_close (room, closed);
  remove_room (self, room);
}

static void
on_room_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  MbLobby *self = g_task_get_source_object (task);
  const char *id = g_task_get_task_data (task);
  MbRoom *room = g_hash_table_lookup (self->rooms, id);
  GError *error = NULL;

  if (!mb_store_write_finish (result, &error)) {
    g_task_return_error (task, error);
  } else if (room == NULL) {
    g_task_return_new_error (task, MB_ERROR, MB_ERROR_NOT_FOUND, "no room %s", id);
  } else {
    close_room (self, room);
    g_task_return_boolean (task, TRUE);
  }
}

/**
 * mb_lobby_delete_room_async:
 *
 * Ends with %MB_ERROR_NOT_FOUND where there is no such room.
 */
void
mb_lobby_delete_room_async (
    MbLobby *self, const char *id, GAsyncReadyCallback callback, gpointer user_data)
{
  MbRoom *room = g_hash_table_lookup (self->rooms, id);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_task_data (task, g_strdup (id), g_free);
  if (room != NULL && mb_room_get_life (room) == MB_ROOM_KEPT) {
    mb_store_remove_room_async (self->store, id, on_room_removed, task);
    return;
  }
  if (room == NULL) {
    g_task_return_new_error (task, MB_ERROR, MB_ERROR_NOT_FOUND, "no room %s", id);
  } else {
    close_room (self, room);
    g_task_return_boolean (task, TRUE);
  }
  g_object_unref (task);
}

gboolean
mb_lobby_delete_room_finish (MbLobby *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * mb_lobby_new:
 * @reactor: not owned; outlives the lobby
 * @store: not owned; outlives the lobby's last write
 * @records: (element-type MbRoomRecord): the rooms that the store holds, oldest first
 */
MbLobby *
mb_lobby_new (MbReactor *reactor, MbStore *store, GPtrArray *records, const MbLobbyLimits *limits,
    MbMetrics *metrics)
{
  MbLobby *self = g_object_new (MB_TYPE_LOBBY, NULL);

  self->reactor = reactor;
  self->store = store;
  self->limits = *limits;
  mb_lobby_metrics_init (&self->metrics, metrics);
  for (unsigned int i = 0; i < records->len; i++)
    add_room (self, g_ptr_array_index (records, i), MB_ROOM_KEPT);
  return self;
}

static void
mb_lobby_dispose (GObject *object)
{
  MbLobby *self = MB_LOBBY (object);

  if (!self->closed)
    mb_lobby_close (self);
  while (self->order.head != NULL)
    remove_room (self, self->order.head->data);
  G_OBJECT_CLASS (mb_lobby_parent_class)->dispose (object);
}

static void
mb_lobby_finalize (GObject *object)
{
  MbLobby *self = MB_LOBBY (object);

  g_assert (g_hash_table_size (self->members) == 0);
  g_hash_table_unref (self->members);
  g_hash_table_unref (self->rooms);
  g_hash_table_unref (self->pending);
  G_OBJECT_CLASS (mb_lobby_parent_class)->finalize (object);
}

static void
mb_lobby_class_init (MbLobbyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mb_lobby_dispose;
  object_class->finalize = mb_lobby_finalize;
}

static void
mb_lobby_init (MbLobby *self)
{
  self->rooms = g_hash_table_new (g_str_hash, g_str_equal);
  self->members = g_hash_table_new (g_str_hash, g_str_equal);
  self->pending = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->order);
}
