/* mb-pass.c: what a token lets its bearer do
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-pass.h"

#include "mb-error.h"

static const char *const GRANT_NAMES[] = {
    "join", "create", "publish", "record", "relay", "admin", NULL};

static void
pass_clear (gpointer data)
{
  MbPass *self = data;

  g_free (self->subject);
  g_free (self->name);
  g_strfreev (self->rooms);
}

/**
 * mb_pass_new:
 *
 * Returns: (transfer full): a pass for its maker to fill in; it allows nothing yet
 */
MbPass *
mb_pass_new (void)
{
  return g_rc_box_new0 (MbPass);
}

/**
 * mb_pass_new_for_all:
 *
 * Returns: (transfer full): what everybody has on a host that wants no tokens
 */
MbPass *
mb_pass_new_for_all (void)
{
  MbPass *self = mb_pass_new ();

  self->grants = MB_GRANT_ADMIN;
  return self;
}

MbPass *
mb_pass_ref (MbPass *self)
{
  return g_rc_box_acquire (self);
}

void
mb_pass_unref (MbPass *self)
{
  g_rc_box_release_full (self, pass_clear);
}

/**
 * mb_pass_is_for_room:
 * @room: (nullable): %NULL asks for every room there is or may be
 */
gboolean
mb_pass_is_for_room (const MbPass *self, const char *room)
{
  if (self == NULL)
    return FALSE;
  if (self->rooms == NULL)
    return TRUE;
  return room != NULL && g_strv_contains ((const char *const *) self->rooms, room);
}

gboolean
mb_pass_allows (const MbPass *self, MbGrant grant, const char *room)
{
  return mb_pass_is_for_room (self, room) && (self->grants & (grant | MB_GRANT_ADMIN)) != 0;
}

/**
 * mb_pass_check:
 * @self: (nullable): a pass
 * @room: (nullable): the room it is about; %NULL is any
 *
 * Returns: %FALSE with %MB_ERROR_FORBIDDEN where it does not allow that
 */
gboolean
mb_pass_check (const MbPass *self, MbGrant grant, const char *room, GError **error)
{
  if (mb_pass_allows (self, grant, room))
    return TRUE;
  if (!mb_pass_is_for_room (self, room))
    g_set_error (error, MB_ERROR, MB_ERROR_FORBIDDEN, "the token is not for %s%s",
        room == NULL ? "every room" : "room ", room == NULL ? "" : room);
  else
    g_set_error (error, MB_ERROR, MB_ERROR_FORBIDDEN, "the token does not grant %s",
        GRANT_NAMES[g_bit_nth_lsf (grant, -1)]);
  return FALSE;
}

gboolean
mb_grant_from_string (const char *name, MbGrant *grant)
{
  for (unsigned int i = 0; GRANT_NAMES[i] != NULL; i++) {
    if (g_str_equal (GRANT_NAMES[i], name)) {
      *grant = (MbGrant) (1U << i);
      return TRUE;
    }
  }
  return FALSE;
}
