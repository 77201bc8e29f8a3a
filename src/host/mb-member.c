/* mb-member.c: one client in the lobby: its connection, name and room
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-member.h"

/**
 * mb_member_new:
 * @connection: (transfer full): the client
 * @pass: (transfer full): what it may do
 */
MbMember *
mb_member_new (MbConnection *connection, MbPass *pass, gpointer lobby)
{
  MbMember *self = g_new0 (MbMember, 1);

  self->connection = connection;
  self->pass = pass;
  self->lobby = lobby;
  return self;
}

/**
 * mb_member_free:
 * @code: of RFC 6455: what the client is told
 *
 * It is in no room by now.
 */
void
mb_member_free (MbMember *self, guint16 code, const char *reason)
{
  g_assert (self->room == NULL);
  self->connection->klass->free (self->connection, code, reason);
  mb_pass_unref (self->pass);
  g_free (self->display_name);
  g_free (self);
}

/**
 * mb_member_get_signal_size:
 *
 * Returns: bytes of what a signal carries, as it was written
 */
gsize
mb_member_get_signal_size (MbMessage *signal)
{
  GBytes *data = mb_message_get_data (signal);
  GPtrArray *attachments = mb_message_get_attachments (signal);
  gsize n_bytes = data == NULL ? 0 : g_bytes_get_size (data);

  for (unsigned int i = 0; attachments != NULL && i < attachments->len; i++)
    n_bytes += g_bytes_get_size (g_ptr_array_index (attachments, i));
  return n_bytes;
}

const char *
mb_member_get_id (MbMember *self)
{
  return self->connection->id;
}

/**
 * mb_member_set_part:
 *
 * As whom it takes part in the room that it is about to join.
 */
void
mb_member_set_part (MbMember *self, const char *display_name, MbRole role)
{
  g_free (self->display_name);
  self->display_name = g_strdup (display_name);
  self->role = role;
  self->joined_at_us = g_get_real_time ();
}

void
mb_member_send (MbMember *self, MbMessage *message)
{
  self->connection->klass->send (self->connection, message);
}

/**
 * mb_member_get_info:
 *
 * Returns: (transfer full): what others may know of it
 */
MbMemberInfo *
mb_member_get_info (MbMember *self)
{
  return mb_member_info_new (
      self->connection->id, self->display_name, self->role, self->joined_at_us);
}
