/* mb-signaling.c: how a participant reaches the others of its room
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-signaling.h"

G_DEFINE_INTERFACE (MbSignaling, mb_signaling, G_TYPE_OBJECT)

/**
 * mb_signaling_join:
 * @room_id: matches `[A-Za-z0-9_-]{1,64}`
 * @display_name: what people see
 * @role: `member`, `bot`, `recorder` or `relay`
 *
 * Connects and joins; "joined" or "failed" tells how it went. To be called once.
 */
void
mb_signaling_join (
    MbSignaling *self, const char *room_id, const char *display_name, const char *role)
{
  g_return_if_fail (MB_IS_SIGNALING (self));
  g_return_if_fail (room_id != NULL && display_name != NULL && role != NULL);

  MB_SIGNALING_GET_IFACE (self)->join (self, room_id, display_name, role);
}

/**
 * mb_signaling_send:
 * @to: the member's id
 * @data: one JSON value as text, passed on untouched
 *
 * While there is no connection the message is dropped: after the next "joined" the peers are
 * others, and each is negotiated with anew.
 */
void
mb_signaling_send (MbSignaling *self, const char *to, GBytes *data)
{
  g_return_if_fail (MB_IS_SIGNALING (self));
  g_return_if_fail (to != NULL && data != NULL);

  MB_SIGNALING_GET_IFACE (self)->send (self, to, data);
}

/**
 * mb_signaling_leave:
 *
 * Says goodbye and closes. "closed" follows within a second and a half, whatever the server does;
 * not if "failed" or "closed" has been told already. To drop the last reference without it closes
 * too, but others may then learn of it late.
 */
void
mb_signaling_leave (MbSignaling *self)
{
  g_return_if_fail (MB_IS_SIGNALING (self));

  MB_SIGNALING_GET_IFACE (self)->leave (self);
}

static void
mb_signaling_default_init (MbSignalingInterface *iface)
{
  GType type = G_TYPE_FROM_INTERFACE (iface);

  g_signal_new ("joined", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new (
      "message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  g_signal_new ("lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
  g_signal_new ("closed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
