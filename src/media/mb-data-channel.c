/* mb-data-channel.c: the text channel to a peer, over SCTP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * RFC 8832. Who made the offer opens one; whatever the peer opens is heard as well, and what it
 * opened last is what we answer on.
 */
#include "mb-data-channel.h"

#include <string.h>

#include "mb-sctp-packet.h"
#include "mb-sctp.h"

#define SCTP_PORT 5000

/* Payload protocol identifiers (RFC 8831 §8). */
#define PROTOCOL_DCEP 50
#define PROTOCOL_TEXT 51
#define PROTOCOL_EMPTY_TEXT 56

#define DCEP_ACK 2
#define DCEP_OPEN 3
#define DCEP_OPEN_SIZE 12

struct _MbDataChannel {
  const MbDataChannelEvents *events;
  gpointer user_data;
  MbSctp *sctp;
  char *label; /* (nullable) of the one that we open */
  guint16 own_stream;
  guint16 stream; /* where our texts go */
  gboolean is_open;
  gint64 now_us; /* of the call that we are in */
};

static void
become_open (MbDataChannel *self)
{
  if (self->is_open)
    return;
  self->is_open = TRUE;
  self->events->open (self->user_data);
}

static void
on_sctp_send (gpointer user_data, const guint8 *packet, gsize size)
{
  MbDataChannel *self = user_data;

  self->events->send (self->user_data, packet, size);
}

static void
on_sctp_open (gpointer user_data)
{
  MbDataChannel *self = user_data;
  g_autoptr (GByteArray) message = NULL;
  const guint8 reliable[] = {DCEP_OPEN, 0};

  if (self->label == NULL)
    return;
  message = g_byte_array_new ();
  g_byte_array_append (message, reliable, sizeof reliable);
  mb_sctp_packet_add_16 (message, 0); /* priority */
  mb_sctp_packet_add_32 (message, 0);
  mb_sctp_packet_add_16 (message, (guint16) strlen (self->label));
  mb_sctp_packet_add_16 (message, 0);
  g_byte_array_append (message, (const guint8 *) self->label, (guint) strlen (self->label));
  mb_sctp_send (
      self->sctp, self->own_stream, PROTOCOL_DCEP, message->data, message->len, self->now_us);
}

static void
take_dcep (MbDataChannel *self, guint16 stream, const guint8 *data, gsize size)
{
  static const guint8 ack = DCEP_ACK;

  if (size >= DCEP_OPEN_SIZE && data[0] == DCEP_OPEN) {
    mb_sctp_send (self->sctp, stream, PROTOCOL_DCEP, &ack, sizeof ack, self->now_us);
    self->stream = stream;
    become_open (self);
  } else if (size > 0 && data[0] == DCEP_ACK && self->label != NULL && stream == self->own_stream) {
    become_open (self);
  }
}

static void
on_sctp_receive (
    gpointer user_data, guint16 stream, guint32 protocol, const guint8 *data, gsize size)
{
  MbDataChannel *self = user_data;

  if (protocol == PROTOCOL_DCEP) {
    take_dcep (self, stream, data, size);
  } else if (protocol == PROTOCOL_EMPTY_TEXT) {
    self->events->text (self->user_data, "");
  } else if (protocol == PROTOCOL_TEXT &&
             g_utf8_validate ((const char *) data, (gssize) size, NULL)) {
    g_autofree char *text = g_strndup ((const char *) data, size);

    self->events->text (self->user_data, text);
  }
}

static void
on_sctp_close (gpointer user_data)
{
}

/**
 * mb_data_channel_new:
 * @is_dtls_client: which decides whose streams are the even ones
 * @label: (nullable): of the channel to open; NULL waits for the peer's
 *
 * Returns: (transfer full): a channel that has said nothing yet
 */
MbDataChannel *
mb_data_channel_new (const MbDataChannelEvents *events, gpointer user_data, gboolean is_dtls_client,
    const char *label)
{
  static const MbSctpEvents sctp_events = {
      on_sctp_send, on_sctp_open, on_sctp_receive, on_sctp_close};
  MbDataChannel *self = g_new0 (MbDataChannel, 1);

  self->events = events;
  self->user_data = user_data;
  self->label = g_strdup (label);
  self->own_stream = is_dtls_client ? 0 : 1;
  self->stream = self->own_stream;
  self->sctp = mb_sctp_new (&sctp_events, self, SCTP_PORT);
  return self;
}

void
mb_data_channel_free (MbDataChannel *self)
{
  mb_sctp_free (self->sctp);
  g_free (self->label);
  g_free (self);
}

/**
 * mb_data_channel_start:
 *
 * DTLS is there, and the peer is who it should be.
 */
void
mb_data_channel_start (MbDataChannel *self, gint64 now_us)
{
  self->now_us = now_us;
  mb_sctp_connect (self->sctp, now_us);
}

void
mb_data_channel_take (MbDataChannel *self, const guint8 *packet, gsize size, gint64 now_us)
{
  self->now_us = now_us;
  mb_sctp_take (self->sctp, packet, size, now_us);
}

void
mb_data_channel_tick (MbDataChannel *self, gint64 now_us)
{
  self->now_us = now_us;
  mb_sctp_tick (self->sctp, now_us);
}

/**
 * mb_data_channel_send_text:
 *
 * Returns: FALSE where it is not open, or the text too long
 */
gboolean
mb_data_channel_send_text (MbDataChannel *self, const char *text, gint64 now_us)
{
  static const guint8 nothing = 0; /* SCTP has no empty messages */
  gsize size = strlen (text);

  if (!self->is_open)
    return FALSE;
  if (size == 0)
    return mb_sctp_send (
        self->sctp, self->stream, PROTOCOL_EMPTY_TEXT, &nothing, sizeof nothing, now_us);
  return mb_sctp_send (
      self->sctp, self->stream, PROTOCOL_TEXT, (const guint8 *) text, size, now_us);
}

void
mb_data_channel_close (MbDataChannel *self)
{
  mb_sctp_abort (self->sctp);
}
