/* mb-channel-message.h: what members say to each other over the data channel
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Those messages that are for programs; docs/web-client.md has the list. Pure.
 */
#pragma once

#include <glib.h>

/**
 * MbChannelKind:
 * @MB_CHANNEL_OTHER: none of these
 * @MB_CHANNEL_STATE: what is muted, and the key of who is at the other end
 * @MB_CHANNEL_PING: is somebody there?
 * @MB_CHANNEL_PONG: yes
 * @MB_CHANNEL_MOVED: the sender has another id in the room
 * @MB_CHANNEL_SIGNAL: what a signal would say if there were a server
 */
typedef enum {
  MB_CHANNEL_OTHER,
  MB_CHANNEL_STATE,
  MB_CHANNEL_PING,
  MB_CHANNEL_PONG,
  MB_CHANNEL_MOVED,
  MB_CHANNEL_SIGNAL,
} MbChannelKind;

/**
 * MbChannelMessage:
 * @client: (nullable): of STATE, where it is said: a key that stays while its sender runs
 * @screens: (nullable) (array zero-terminated=1): of STATE, where it names streams: the ids of those that are screens
 * @id: (nullable): of MOVED: the new id; a valid one
 * @key: (nullable): of MOVED: what the signal from there will show
 * @data: (nullable): of SIGNAL: JSON text
 */
typedef struct {
  MbChannelKind kind;
  char *client;
  GStrv screens;
  char *id;
  char *key;
  GBytes *data;
} MbChannelMessage;

MbChannelMessage *mb_channel_message_parse (const char *text);
void mb_channel_message_free (MbChannelMessage *self);
char *mb_channel_message_build (MbChannelKind kind);
char *mb_channel_message_build_state (gboolean audio, gboolean video, const char *client);
char *mb_channel_message_build_moved (const char *id, const char *key);
char *mb_channel_message_build_signal (GBytes *data);

GBytes *mb_channel_message_build_resume (const char *key);
char *mb_channel_message_read_resume (GBytes *data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbChannelMessage, mb_channel_message_free)
