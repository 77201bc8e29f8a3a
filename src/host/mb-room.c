/* mb-room.c: who is in one room, and what they are told of each other
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-room.h"

#include "mb-error.h"
#include "mb-json-scan.h"

struct _MbRoom {
  MbRoomRecord *record; /* owned */
  MbRoomLife life;
  unsigned int default_max_members;
  guint64 *clock;      /* not owned; counted up with each change of any room */
  guint64 revision;    /* what it said at the last change of this one */
  char *json;          /* (nullable) owned; the room without its end, until it changes */
  GHashTable *members; /* (element-type MbMember) not owned; by id */
  GQueue order;        /* (element-type MbMember) not owned; as they joined */
  GList link;          /* in the lobby's list */
};

static void
change (MbRoom *self)
{
  self->revision = ++*self->clock;
  g_clear_pointer (&self->json, g_free);
}

/**
 * mb_room_new:
 * @default_max_members: what it takes when its record does not say
 * @clock: (transfer none): counted up with each change of a room; outlives the room
 */
MbRoom *
mb_room_new (
    const MbRoomRecord *record, MbRoomLife life, unsigned int default_max_members, guint64 *clock)
{
  MbRoom *self = g_new0 (MbRoom, 1);

  self->record = mb_room_record_copy (record);
  self->life = life;
  self->default_max_members = default_max_members;
  self->members = g_hash_table_new (g_str_hash, g_str_equal);
  g_queue_init (&self->order);
  self->link.data = self;
  self->clock = clock;
  change (self);
  return self;
}

/**
 * mb_room_free:
 *
 * It is empty by now.
 */
void
mb_room_free (MbRoom *self)
{
  g_assert (self->order.length == 0);
  change (self);
  g_hash_table_unref (self->members);
  mb_room_record_free (self->record);
  g_free (self);
}

/**
 * mb_room_keep:
 *
 * REST has made a room of this id, that members are in already.
 */
void
mb_room_keep (MbRoom *self, const MbRoomRecord *record)
{
  MbRoomRecord *kept = mb_room_record_copy (record);

  /* The id stays where it is: it is the key that the lobby finds this room by. */
  g_free (kept->id);
  kept->id = g_steal_pointer (&self->record->id);
  mb_room_record_free (self->record);
  self->record = kept;
  self->life = MB_ROOM_KEPT;
  change (self);
}

const char *
mb_room_get_id (MbRoom *self)
{
  return self->record->id;
}

MbRoomLife
mb_room_get_life (MbRoom *self)
{
  return self->life;
}

/**
 * mb_room_get_link:
 *
 * Returns: (transfer none): a link that the lobby chains its rooms with
 */
GList *
mb_room_get_link (MbRoom *self)
{
  return &self->link;
}

unsigned int
mb_room_count_members (MbRoom *self)
{
  return self->order.length;
}

static unsigned int
get_max_members (MbRoom *self)
{
  return self->record->max_members > 0 ? self->record->max_members : self->default_max_members;
}

static void
broadcast (MbRoom *self, MbMember *except, MbMessage *message)
{
  for (GList *link = self->order.head; link != NULL; link = link->next) {
    if (link->data != except)
      mb_member_send (link->data, message);
  }
}

/**
 * mb_room_check_space:
 *
 * Returns: %FALSE with %MB_ERROR_FULL where it takes nobody more
 */
gboolean
mb_room_check_space (MbRoom *self, GError **error)
{
  if (self->order.length < get_max_members (self))
    return TRUE;
  g_set_error (error, MB_ERROR, MB_ERROR_FULL, "room %s takes %u members", self->record->id,
      get_max_members (self));
  return FALSE;
}

/**
 * mb_room_join:
 *
 * There is space for it. The newcomer is told who is there, and they are told of it.
 */
void
mb_room_join (MbRoom *self, MbMember *member)
{
  g_autoptr (GPtrArray) infos = mb_member_list_new ();
  g_autoptr (MbMessage) peers = NULL;
  g_autoptr (MbMessage) joined =
      mb_message_new_peer_joined (mb_member_get_id (member), member->display_name, member->role);

  for (GList *link = self->order.head; link != NULL; link = link->next)
    g_ptr_array_add (infos, mb_member_get_info (link->data));
  peers = mb_message_new_peers (infos);
  broadcast (self, NULL, joined);
  member->room = self;
  g_hash_table_insert (self->members, (gpointer) mb_member_get_id (member), member);
  g_queue_push_tail (&self->order, member);
  change (self);
  mb_member_send (member, peers);
}

/**
 * mb_room_leave:
 * @reason: what the others are told: `left`, `disconnected`, `timeout`, `kicked`
 */
void
mb_room_leave (MbRoom *self, MbMember *member, const char *reason)
{
  g_autoptr (MbMessage) left = mb_message_new_peer_left (mb_member_get_id (member), reason);

  g_hash_table_remove (self->members, mb_member_get_id (member));
  g_queue_remove (&self->order, member);
  change (self);
  member->room = NULL;
  broadcast (self, NULL, left);
}

/**
 * mb_room_route:
 * @signal: its peer is whom it is for
 *
 * Passes a signal on with the sender in it. Only members of this room can be reached, and an id
 * that is in another room looks like one that does not exist.
 */
gboolean
mb_room_route (MbRoom *self, MbMember *from, MbMessage *signal, GError **error)
{
  MbMember *to = g_hash_table_lookup (self->members, mb_message_get_peer (signal));
  g_autoptr (MbMessage) stamped = NULL;

  if (to == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_NOT_FOUND, "no member %s in room %s",
        mb_message_get_peer (signal), self->record->id);
    return FALSE;
  }
  stamped = mb_message_with_peer (signal, mb_member_get_id (from));
  mb_member_send (to, stamped);
  return TRUE;
}

/**
 * mb_room_close:
 * @closed: a room-closed: what everybody is told
 *
 * Tells everybody and puts them out; their connections stay.
 */
void
mb_room_close (MbRoom *self, MbMessage *closed)
{
  MbMember *member = NULL;

  broadcast (self, NULL, closed);
  g_hash_table_remove_all (self->members);
  while ((member = g_queue_pop_head (&self->order)) != NULL)
    member->room = NULL;
  change (self);
}

static void
append_time (GString *out, gint64 time_us)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (time_us / G_USEC_PER_SEC);
  g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%S");

  g_string_append_printf (out, "\"%s.%03dZ\"", text, (int) (time_us % G_USEC_PER_SEC / 1000));
}

static void
append_member (GString *out, MbMember *member)
{
  g_string_append (out, "{\"id\":");
  mb_json_append_string (out, mb_member_get_id (member));
  g_string_append (out, ",\"displayName\":");
  mb_json_append_string (out, member->display_name);
  g_string_append_printf (out, ",\"role\":\"%s\",\"joinedAt\":", mb_role_to_string (member->role));
  append_time (out, member->joined_at_us);
  g_string_append_c (out, '}');
}

static char *
make_json (MbRoom *self)
{
  GString *out = g_string_new ("{\"id\":");

  mb_json_append_string (out, self->record->id);
  g_string_append (out, ",\"name\":");
  mb_json_append_string (out, self->record->name);
  g_string_append (out, ",\"createdAt\":");
  append_time (out, self->record->created_at_us);
  g_string_append_printf (out,
      ",\"memberCount\":%u,\"maxMembers\":%u,\"topology\":\"%s\",\"metadata\":%s",
      self->order.length, get_max_members (self), mb_topology_to_string (self->record->topology),
      self->record->metadata);
  return g_string_free (out, FALSE);
}

/**
 * mb_room_get_revision:
 *
 * Returns: a number that changes with anything that mb_room_append_json() shows
 */
guint64
mb_room_get_revision (MbRoom *self)
{
  return self->revision;
}

/**
 * mb_room_append_json:
 *
 * The room as REST shows it.
 */
void
mb_room_append_json (MbRoom *self, gboolean with_members, GString *out)
{
  if (self->json == NULL)
    self->json = make_json (self);
  g_string_append (out, self->json);
  if (with_members) {
    g_string_append (out, ",\"members\":[");
    for (GList *link = self->order.head; link != NULL; link = link->next) {
      if (link != self->order.head)
        g_string_append_c (out, ',');
      append_member (out, link->data);
    }
    g_string_append_c (out, ']');
  }
  g_string_append_c (out, '}');
}
