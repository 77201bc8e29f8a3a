/* mb-transport.c: the secure packet transport of one peer, and the streams on it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The token that main holds. Its session, and what carries its packets, live on the media thread
 * from mb_transport_new() to mb_transport_close(): while it is open the engine holds a reference.
 * Packets come from any thread through a bounded queue, and leave in batches at the end of a turn.
 */
#include "mb-transport.h"

#include "mb-error.h"
#include "mb-media-core.h"
#include "mb-session.h"
#include "mb-transport-media.h"

#define MAX_QUEUED 2048 /* packets the media thread has not seen yet */
#define MAX_BATCH 32

struct _MbTransport {
  MbMediaMember member;
  gatomicrefcount ref_count;
  MbMediaCore *core;
  MbHandle *handle;
  MbHandleFunc on_event;

  int last_id;        /* atomic */
  int closed;         /* atomic: nothing more is taken from anywhere */
  int n_overflow;     /* atomic: packets dropped for a full queue */
  int drain_posted;   /* atomic */
  GAsyncQueue *queue; /* (element-type GstBuffer) */

  /* media thread only */
  MbSession *session; /* (nullable): NULL once closed */
  MbTransportIo *io;  /* (nullable) */
  MbDatagram *batch;  /* (array length=n_batch) */
  unsigned int n_batch;
  gboolean flush_asked;
};

static void
unref_transport (gpointer user_data)
{
  mb_transport_unref (user_data);
}

static void
event_free (gpointer user_data)
{
  MbTransportEvent *event = user_data;

  mb_transport_unref (event->transport);
  g_clear_error (&event->error);
  g_free (event);
}

static void
post_event (MbTransport *self, MbTransportEventType type, unsigned int id, GError *error)
{
  MbTransportEvent *event = g_new (MbTransportEvent, 1);

  *event = (MbTransportEvent){
      .type = type, .transport = mb_transport_ref (self), .id = id, .error = error};
  mb_handle_post (self->handle, self->on_event, event, event_free);
}

static void
flush (gpointer user_data, gint64 now_us)
{
  MbTransport *self = user_data;

  self->flush_asked = FALSE;
  if (self->n_batch > 0 && self->io != NULL)
    self->io->send (self->io, self->batch, self->n_batch);
  self->n_batch = 0;
}

static void
on_session_send (gpointer user_data, const guint8 *packet, gsize size)
{
  MbTransport *self = user_data;
  MbDatagram *datagram;

  if (self->n_batch == MAX_BATCH)
    flush (self, 0);
  datagram = &self->batch[self->n_batch++];
  datagram->size = size;
  memcpy (datagram->data, packet, size);
  if (!self->flush_asked) {
    self->flush_asked = TRUE;
    mb_media_core_at_end (self->core, flush, mb_transport_ref (self), unref_transport);
  }
}

static void
on_session_first_media (gpointer user_data, unsigned int id)
{
  post_event (user_data, MB_TRANSPORT_EVENT_FIRST_MEDIA, id, NULL);
}

static void
on_session_estimate (gpointer user_data, unsigned int video_bps)
{
  MbTransport *self = user_data;
  MbTransportEvent *event = g_new0 (MbTransportEvent, 1);

  event->type = MB_TRANSPORT_EVENT_ESTIMATE;
  event->transport = mb_transport_ref (self);
  event->bps = video_bps;
  mb_handle_post (self->handle, self->on_event, event, event_free);
}

static void
on_session_news (gpointer user_data, MbLivenessNews news)
{
  switch (news) {
  case MB_LIVENESS_SILENT:
    post_event (user_data, MB_TRANSPORT_EVENT_SILENT, 0, NULL);
    break;
  case MB_LIVENESS_HEARD:
    post_event (user_data, MB_TRANSPORT_EVENT_HEARD, 0, NULL);
    break;
  case MB_LIVENESS_GONE:
    post_event (user_data, MB_TRANSPORT_EVENT_GONE, 0, NULL);
    break;
  case MB_LIVENESS_NOTHING:
    break;
  }
}

static void
tick (MbMediaMember *member, gint64 now_us)
{
  mb_session_tick (((MbTransport *) member)->session, now_us);
}

static void
end_session (MbTransport *self)
{
  mb_session_say_bye (self->session);
  flush (self, 0);
  g_clear_pointer (&self->session, mb_session_free);
  if (self->io != NULL)
    self->io->free (self->io);
  self->io = NULL;
}

/* The engine ends with the transport still open. */
static void
shut (MbMediaMember *member)
{
  MbTransport *self = (MbTransport *) member;

  g_atomic_int_set (&self->closed, 1);
  end_session (self);
  mb_transport_unref (self);
}

static void
do_open (gpointer user_data, gint64 now_us)
{
  static const MbSessionEvents events = {
      on_session_send, on_session_first_media, on_session_news, on_session_estimate};
  MbTransport *self = user_data;

  self->session = mb_session_new (&events, self);
  mb_media_core_add_member (self->core, &mb_transport_ref (self)->member);
}

static void
free_buffer (gpointer buffer)
{
  gst_buffer_unref (buffer);
}

/**
 * mb_transport_new:
 * @handle: of the object that is told
 * @on_event: called on main with the object and an #MbTransportEvent
 *
 * Returns: (transfer full): a transport that nothing carries yet: mb_carrier_new() is next. It
 *   lives until it is closed and the last reference is dropped
 */
MbTransport *
mb_transport_new (MbMedia *media, MbHandle *handle, MbHandleFunc on_event)
{
  MbTransport *self = g_new0 (MbTransport, 1);

  self->member.tick = tick;
  self->member.shut = shut;
  g_atomic_ref_count_init (&self->ref_count);
  self->core = mb_media_core_ref (mb_media_get_core (media));
  self->handle = mb_handle_ref (handle);
  self->on_event = on_event;
  self->queue = g_async_queue_new_full (free_buffer);
  self->batch = g_new (MbDatagram, MAX_BATCH);
  mb_media_core_post (self->core, do_open, mb_transport_ref (self), unref_transport);
  return self;
}

/**
 * mb_transport_ref:
 *
 * Thread: any.
 */
MbTransport *
mb_transport_ref (MbTransport *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * mb_transport_unref:
 *
 * Does not close it. Thread: any.
 */
void
mb_transport_unref (MbTransport *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_assert (self->session == NULL);
  g_async_queue_unref (self->queue);
  g_free (self->batch);
  mb_handle_unref (self->handle);
  mb_media_core_unref (self->core);
  g_free (self);
}

static void
do_close (gpointer user_data, gint64 now_us)
{
  MbTransport *self = user_data;

  if (self->session == NULL)
    return;
  mb_media_core_remove_member (self->core, &self->member);
  end_session (self);
  mb_transport_unref (self);
}

/**
 * mb_transport_close:
 *
 * Says goodbye to the peer and lets go of its feeds. Nothing passes from here on; twice is once.
 */
void
mb_transport_close (MbTransport *self)
{
  if (g_atomic_int_compare_and_exchange (&self->closed, 0, 1))
    mb_media_core_post (self->core, do_close, mb_transport_ref (self), unref_transport);
}

/* What main or the carrier wants, on its way to the media thread. */
typedef struct {
  MbTransport *transport;
  unsigned int id;
  MbReceiverConfig receiver; /* strings and feed owned */
  MbSenderConfig sender;     /* strings and feed owned */
  MbTransportIo *io;         /* (nullable) */
  guint8 rx_key[MB_SRTP_KEY_SIZE];
  guint8 tx_key[MB_SRTP_KEY_SIZE];
  MbHandle *handle; /* (nullable) */
  MbHandleFunc func;
} Command;

static void
command_free (gpointer user_data)
{
  Command *self = user_data;

  g_free ((char *) self->receiver.mid);
  g_free ((char *) self->receiver.rid);
  g_clear_pointer (&self->receiver.feed, mb_feed_unref);
  g_free ((char *) self->sender.mid);
  g_free ((char *) self->sender.cname);
  g_clear_pointer (&self->sender.feed, mb_feed_unref);
  if (self->io != NULL)
    self->io->free (self->io);
  g_clear_pointer (&self->handle, mb_handle_unref);
  mb_transport_unref (self->transport);
  explicit_bzero (self->rx_key, sizeof self->rx_key);
  explicit_bzero (self->tx_key, sizeof self->tx_key);
  g_free (self);
}

static Command *
command_new (MbTransport *transport, unsigned int id)
{
  Command *self = g_new0 (Command, 1);

  self->transport = mb_transport_ref (transport);
  self->id = id;
  return self;
}

static void
post (Command *command, MbMediaFunc func)
{
  mb_media_core_post (command->transport->core, func, command, command_free);
}

static void
do_set_receiver (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL)
    mb_session_set_receiver (command->transport->session, command->id, &command->receiver, now_us);
}

/**
 * mb_transport_update_receiver:
 * @id: what mb_transport_add_receiver() returned
 * @config: copied
 *
 * After a renegotiation.
 */
void
mb_transport_update_receiver (MbTransport *self, unsigned int id, const MbReceiverConfig *config)
{
  Command *command = command_new (self, id);

  command->receiver = *config;
  command->receiver.mid = g_strdup (config->mid);
  command->receiver.rid = g_strdup (config->rid);
  if (config->feed != NULL)
    mb_feed_ref (config->feed);
  post (command, do_set_receiver);
}

/**
 * mb_transport_add_receiver:
 * @config: copied
 *
 * Before or after the transport is secured; packets that came up to 500 ms too early are not lost.
 *
 * Returns: its id, not 0
 */
unsigned int
mb_transport_add_receiver (MbTransport *self, const MbReceiverConfig *config)
{
  unsigned int id = (unsigned int) g_atomic_int_add (&self->last_id, 1) + 1;

  mb_transport_update_receiver (self, id, config);
  return id;
}

static void
do_remove_receiver (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL)
    mb_session_remove_receiver (command->transport->session, command->id);
}

void
mb_transport_remove_receiver (MbTransport *self, unsigned int id)
{
  post (command_new (self, id), do_remove_receiver);
}

static void
do_request_key_frame (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL)
    mb_session_request_key_frame (command->transport->session, command->id);
}

/**
 * mb_transport_request_key_frame:
 *
 * Asks the peer, again and again until it comes. Subscribers of the receiver's feed need not: what
 * they want comes through the feed.
 */
void
mb_transport_request_key_frame (MbTransport *self, unsigned int receiver_id)
{
  post (command_new (self, receiver_id), do_request_key_frame);
}

static void
do_set_sender (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL)
    mb_session_set_sender (command->transport->session, command->id, &command->sender, now_us);
}

/**
 * mb_transport_update_sender:
 * @id: what mb_transport_add_sender() returned
 * @config: copied
 *
 * Numbers and time of the stream go on over a change of feed; another feed's video begins with its
 * next key frame.
 */
void
mb_transport_update_sender (MbTransport *self, unsigned int id, const MbSenderConfig *config)
{
  Command *command = command_new (self, id);

  command->sender = *config;
  command->sender.mid = g_strdup (config->mid);
  command->sender.cname = g_strdup (config->cname);
  if (config->feed != NULL)
    mb_feed_ref (config->feed);
  post (command, do_set_sender);
}

/**
 * mb_transport_add_sender:
 * @config: copied
 *
 * It sends once the transport is secured, video from a key frame on, which is asked for.
 *
 * Returns: its id, not 0
 */
unsigned int
mb_transport_add_sender (MbTransport *self, const MbSenderConfig *config)
{
  unsigned int id = (unsigned int) g_atomic_int_add (&self->last_id, 1) + 1;

  mb_transport_update_sender (self, id, config);
  return id;
}

static void
do_remove_sender (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL)
    mb_session_remove_sender (command->transport->session, command->id);
}

void
mb_transport_remove_sender (MbTransport *self, unsigned int id)
{
  post (command_new (self, id), do_remove_sender);
}

static void
stats_free (gpointer user_data)
{
  MbTransportStats *stats = user_data;

  mb_transport_unref (stats->transport);
  g_free (stats->streams);
  g_free (stats);
}

static void
do_request_stats (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;
  MbTransport *self = command->transport;
  MbTransportStats *stats;

  if (self->session == NULL)
    return;
  stats = mb_session_make_stats (self->session, now_us);
  stats->transport = mb_transport_ref (self);
  stats->overflow = (guint64) g_atomic_int_get (&self->n_overflow);
  mb_handle_post (command->handle, command->func, stats, stats_free);
}

/**
 * mb_transport_request_stats:
 * @func: called on main with the object of @handle and an #MbTransportStats; not where the
 *   transport is closed by then
 */
void
mb_transport_request_stats (MbTransport *self, MbHandle *handle, MbHandleFunc func)
{
  Command *command = command_new (self, 0);

  command->handle = mb_handle_ref (handle);
  command->func = func;
  post (command, do_request_stats);
}

static void
do_set_io (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;

  if (command->transport->session != NULL && command->transport->io == NULL)
    command->transport->io = g_steal_pointer (&command->io);
}

/**
 * mb_transport_set_io:
 * @io: (transfer full): what carries the packets; once
 *
 * Thread: any.
 */
void
mb_transport_set_io (MbTransport *self, MbTransportIo *io)
{
  Command *command = command_new (self, 0);

  command->io = io;
  post (command, do_set_io);
}

static void
do_secure (gpointer user_data, gint64 now_us)
{
  Command *command = user_data;
  MbTransport *self = command->transport;
  g_autoptr (GError) error = NULL;

  if (self->session == NULL)
    return;
  if (mb_session_secure (self->session, command->rx_key, command->tx_key, now_us, &error))
    post_event (self, MB_TRANSPORT_EVENT_SECURED, 0, NULL);
  else
    post_event (self, MB_TRANSPORT_EVENT_REFUSED, 0, g_steal_pointer (&error));
}

/**
 * mb_transport_secure:
 * @rx_key: (array fixed-size=30): the peer's master key and salt
 * @tx_key: (array fixed-size=30): ours
 *
 * The peer is who its description says: packets that are received after this call pass, and the
 * senders send. Thread: any.
 */
void
mb_transport_secure (MbTransport *self, const guint8 *rx_key, const guint8 *tx_key)
{
  Command *command = command_new (self, 0);

  memcpy (command->rx_key, rx_key, sizeof command->rx_key);
  memcpy (command->tx_key, tx_key, sizeof command->tx_key);
  post (command, do_secure);
}

/**
 * mb_transport_refuse:
 * @error: (transfer full): why
 *
 * Nothing ever passes. Thread: any.
 */
void
mb_transport_refuse (MbTransport *self, GError *error)
{
  post_event (self, MB_TRANSPORT_EVENT_REFUSED, 0, error);
}

static void
drain (gpointer user_data, gint64 now_us)
{
  MbTransport *self = user_data;
  GstBuffer *buffer;

  g_atomic_int_set (&self->drain_posted, 0);
  while ((buffer = g_async_queue_try_pop (self->queue)) != NULL) {
    if (self->session != NULL)
      mb_session_take (self->session, buffer, now_us);
    else
      gst_buffer_unref (buffer);
  }
}

/**
 * mb_transport_receive:
 * @buffer: (transfer full): an SRTP or SRTCP packet
 *
 * Dropped and counted where the media thread does not keep up. Thread: any; never waits.
 */
void
mb_transport_receive (MbTransport *self, GstBuffer *buffer)
{
  if (g_atomic_int_get (&self->closed) != 0) {
    gst_buffer_unref (buffer);
    return;
  }
  if (g_async_queue_length (self->queue) >= MAX_QUEUED) {
    g_atomic_int_inc (&self->n_overflow);
    gst_buffer_unref (buffer);
    return;
  }
  g_async_queue_push (self->queue, buffer);
  if (g_atomic_int_compare_and_exchange (&self->drain_posted, 0, 1))
    mb_media_core_post (self->core, drain, mb_transport_ref (self), unref_transport);
}
