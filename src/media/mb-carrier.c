/* mb-carrier.c: the way to one peer: ICE, DTLS and a data channel beneath its transport
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   socket ─ MbIce ┬ DTLS ─► MbDtls ─► MbDataChannel     MbTransport ─► MbIce ─ socket
 *                  └ SRTP ─► MbTransport
 *
 * The token that main holds; the inside lives on the media thread, from mb_carrier_new() to
 * mb_carrier_close(), and makes no thread of its own. Nothing passes, in either direction, media or
 * text, before the peer's certificate has matched the fingerprint of its description (RFC 8827
 * §6.5): the keys are handed on only then.
 */
#include "mb-carrier.h"

#include "mb-data-channel.h"
#include "mb-dtls.h"
#include "mb-error.h"
#include "mb-fingerprint.h"
#include "mb-ice.h"
#include "mb-media-core.h"

#define CHANNEL_LABEL "chat"
#define MAX_EARLY 16 /* datagrams of a handshake that came before we could answer */

typedef enum {
  GATE_SHUT,
  GATE_OPEN,
  GATE_REFUSED,
} Gate;

typedef struct {
  MbTransportIo io;
  MbCarrier *carrier;
} CarrierIo;

struct _MbCarrier {
  MbMediaMember member;
  gatomicrefcount ref_count;
  MbMediaCore *core;
  MbTransport *transport;
  MbHandle *handle;
  MbHandleFunc on_event;
  GStrv ice_servers; /* (nullable) */
  gboolean relay_only;
  gboolean with_loopback;
  int closed; /* atomic */

  /* media thread only */
  MbIce *ice;             /* (nullable): NULL once closed */
  MbDtls *dtls;           /* (nullable) */
  MbDataChannel *channel; /* (nullable) */
  MbFingerprint expected;
  Gate gate;
  gboolean is_offerer;
  gboolean is_connected; /* there is a way to the peer */
  GQueue early;          /* (element-type GBytes) */
  gint64 now_us;
};

static void
unref_carrier (gpointer user_data)
{
  mb_carrier_unref (user_data);
}

static void
event_free (gpointer user_data)
{
  MbCarrierEvent *event = user_data;

  g_free (event->text);
  g_free (event->ufrag);
  g_free (event->password);
  g_free (event);
}

static void
post_event (MbCarrier *self, MbCarrierEventType type, const char *text)
{
  MbCarrierEvent *event = g_new0 (MbCarrierEvent, 1);

  event->type = type;
  event->text = g_strdup (text);
  mb_handle_post (self->handle, self->on_event, event, event_free);
}

static void
refuse (MbCarrier *self, const char *reason)
{
  self->gate = GATE_REFUSED;
  mb_transport_refuse (self->transport, g_error_new_literal (MB_ERROR, MB_ERROR_SECURITY, reason));
}

/* ---- the data channel ---- */

static void
on_channel_send (gpointer user_data, const guint8 *packet, gsize size)
{
  mb_dtls_send (((MbCarrier *) user_data)->dtls, packet, size);
}

static void
on_channel_open (gpointer user_data)
{
  post_event (user_data, MB_CARRIER_EVENT_CHANNEL_OPEN, NULL);
}

static void
on_channel_text (gpointer user_data, const char *text)
{
  post_event (user_data, MB_CARRIER_EVENT_TEXT, text);
}

/* ---- DTLS ---- */

static void
on_dtls_send (gpointer user_data, const guint8 *data, gsize size)
{
  mb_ice_send_one (((MbCarrier *) user_data)->ice, data, size);
}

static void
on_dtls_ready (gpointer user_data, const char *pem)
{
  MbCarrier *self = user_data;
  guint8 rx_key[MB_SRTP_KEY_SIZE];
  guint8 tx_key[MB_SRTP_KEY_SIZE];

  if (!mb_fingerprint_matches (&self->expected, pem)) {
    refuse (self, "the peer's certificate does not match its description");
    return;
  }
  if (!mb_dtls_get_srtp_keys (self->dtls, rx_key, tx_key)) {
    refuse (self, "no keys for SRTP were agreed on");
    return;
  }
  self->gate = GATE_OPEN;
  mb_transport_secure (self->transport, rx_key, tx_key); /* before any packet */
  explicit_bzero (rx_key, sizeof rx_key);
  explicit_bzero (tx_key, sizeof tx_key);
  mb_data_channel_start (self->channel, self->now_us);
}

static void
on_dtls_receive (gpointer user_data, const guint8 *data, gsize size)
{
  MbCarrier *self = user_data;

  if (self->gate == GATE_OPEN)
    mb_data_channel_take (self->channel, data, size, self->now_us);
}

static void
on_dtls_end (gpointer user_data, const char *why)
{
  MbCarrier *self = user_data;

  /* A peer that leaves says so over the server; one that does not is missed by its media. */
  if (self->gate != GATE_REFUSED && why != NULL)
    post_event (self, MB_CARRIER_EVENT_FAILED, why);
}

static void
take_dtls (MbCarrier *self, const guint8 *data, gsize size)
{
  self->now_us = g_get_monotonic_time ();
  if (self->dtls != NULL && self->is_connected)
    mb_dtls_take (self->dtls, data, size);
  else if (g_queue_get_length (&self->early) < MAX_EARLY)
    g_queue_push_tail (&self->early, g_bytes_new (data, size));
}

/* Both the description and a way to the peer are needed, and either may be first. */
static void
start_dtls (MbCarrier *self)
{
  GBytes *bytes;

  if (self->dtls == NULL || !self->is_connected)
    return;
  self->now_us = g_get_monotonic_time ();
  mb_dtls_start (self->dtls);
  while ((bytes = g_queue_pop_head (&self->early)) != NULL) {
    gsize size = 0;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    mb_dtls_take (self->dtls, data, size);
    g_bytes_unref (bytes);
  }
}

/* ---- ICE ---- */

static void
on_ice_candidate (gpointer user_data, const char *text)
{
  post_event (user_data, MB_CARRIER_EVENT_CANDIDATE, text);
}

static void
on_ice_connected (gpointer user_data)
{
  MbCarrier *self = user_data;

  if (self->is_connected)
    return;
  self->is_connected = TRUE;
  start_dtls (self);
}

static void
on_ice_failed (gpointer user_data)
{
  post_event (user_data, MB_CARRIER_EVENT_FAILED, "no path to the peer (ICE failed)");
}

/* RFC 7983 §7. */
static void
on_ice_receive (gpointer user_data, const guint8 *data, gsize size)
{
  MbCarrier *self = user_data;
  GstBuffer *buffer;

  if (size == 0 || self->gate == GATE_REFUSED)
    return;
  if (data[0] >= 20 && data[0] <= 63) {
    take_dtls (self, data, size);
  } else if (data[0] >= 128 && data[0] <= 191 && self->gate == GATE_OPEN) {
    buffer = gst_buffer_new_memdup (data, size);
    /* When it came, for what is told of the path. */
    GST_BUFFER_DTS (buffer) = (GstClockTime) g_get_monotonic_time () * 1000;
    mb_transport_receive (self->transport, buffer);
  }
}

/* ---- the transport's side ---- */

static void
io_send (MbTransportIo *io, const MbDatagram *datagrams, unsigned int n_datagrams)
{
  MbCarrier *self = ((CarrierIo *) io)->carrier;

  if (self->ice != NULL)
    mb_ice_send (self->ice, datagrams, n_datagrams);
}

static void
io_free (MbTransportIo *io)
{
  mb_carrier_unref (((CarrierIo *) io)->carrier);
  g_free (io);
}

/* ---- its life on the media thread ---- */

static void
tick (MbMediaMember *member, gint64 now_us)
{
  MbCarrier *self = (MbCarrier *) member;

  if (self->dtls == NULL || !self->is_connected)
    return;
  self->now_us = now_us;
  mb_dtls_tick (self->dtls);
  mb_data_channel_tick (self->channel, now_us);
}

static void
on_ice_closed (gpointer user_data)
{
  MbCarrier *self = user_data;

  post_event (self, MB_CARRIER_EVENT_CLOSED, NULL);
  mb_carrier_unref (self);
}

static void
end (MbCarrier *self)
{
  if (self->dtls != NULL) {
    mb_data_channel_close (self->channel);
    mb_dtls_close (self->dtls);
  }
  g_clear_pointer (&self->channel, mb_data_channel_free);
  g_clear_pointer (&self->dtls, mb_dtls_free);
  g_queue_clear_full (&self->early, (GDestroyNotify) g_bytes_unref);
  mb_ice_close (g_steal_pointer (&self->ice), on_ice_closed, self);
}

/* The engine ends with the carrier still open. */
static void
shut (MbMediaMember *member)
{
  end ((MbCarrier *) member);
}

static void
do_open (gpointer user_data, gint64 now_us)
{
  static const MbIceEvents events = {
      on_ice_candidate, on_ice_connected, on_ice_failed, on_ice_receive};
  MbCarrier *self = user_data;
  MbIceFlags flags = MB_ICE_NONE;

  if (self->relay_only)
    flags |= MB_ICE_RELAY_ONLY;
  if (self->with_loopback)
    flags |= MB_ICE_WITH_LOOPBACK;
  self->ice = mb_ice_new (mb_media_core_get_context (self->core),
      (const char *const *) self->ice_servers, flags, &events, self);
  mb_media_core_add_member (self->core, &mb_carrier_ref (self)->member);
}

/**
 * mb_carrier_new:
 * @transport: its packets go this way from now on
 * @on_event: called on main with the object of @handle and an #MbCarrierEvent
 *
 * Returns: (transfer full): a way that leads nowhere yet: it gathers nothing before
 *   mb_carrier_gather(), and is shut until the peer's certificate has matched
 */
MbCarrier *
mb_carrier_new (MbMedia *media, MbTransport *transport, const MbCarrierConfig *config,
    MbHandle *handle, MbHandleFunc on_event)
{
  MbCarrier *self = g_new0 (MbCarrier, 1);
  CarrierIo *io = g_new0 (CarrierIo, 1);

  self->member = (MbMediaMember){tick, shut};
  g_atomic_ref_count_init (&self->ref_count);
  self->core = mb_media_core_ref (mb_media_get_core (media));
  self->transport = mb_transport_ref (transport);
  self->handle = mb_handle_ref (handle);
  self->on_event = on_event;
  self->ice_servers = g_strdupv ((GStrv) config->ice_servers);
  self->relay_only = config->relay_only;
  self->with_loopback = config->with_loopback;
  g_queue_init (&self->early);
  mb_media_core_post (self->core, do_open, mb_carrier_ref (self), unref_carrier);

  *io = (CarrierIo){{io_send, io_free}, mb_carrier_ref (self)};
  mb_transport_set_io (transport, &io->io);
  return self;
}

/**
 * mb_carrier_ref:
 *
 * Thread: any.
 */
MbCarrier *
mb_carrier_ref (MbCarrier *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * mb_carrier_unref:
 *
 * Does not close it. Thread: any.
 */
void
mb_carrier_unref (MbCarrier *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_assert (self->ice == NULL);
  g_strfreev (self->ice_servers);
  mb_handle_unref (self->handle);
  mb_transport_unref (self->transport);
  mb_media_core_unref (self->core);
  g_free (self);
}

/* What main wants, on its way to the media thread. */
typedef struct {
  MbCarrier *carrier;
  char *text;     /* (nullable) */
  char *password; /* (nullable) */
  MbFingerprint fingerprint;
  gboolean flag;
} Order;

static void
order_free (gpointer user_data)
{
  Order *self = user_data;

  mb_carrier_unref (self->carrier);
  g_free (self->text);
  g_free (self->password);
  g_free (self);
}

static Order *
order_new (MbCarrier *carrier, const char *text, gboolean flag)
{
  Order *self = g_new0 (Order, 1);

  self->carrier = mb_carrier_ref (carrier);
  self->text = g_strdup (text);
  self->flag = flag;
  return self;
}

static void
post (Order *order, MbMediaFunc func)
{
  mb_media_core_post (order->carrier->core, func, order, order_free);
}

static void
do_gather (gpointer user_data, gint64 now_us)
{
  Order *order = user_data;
  MbCarrier *self = order->carrier;
  MbCarrierEvent *event;

  if (self->ice == NULL)
    return;
  self->is_offerer = order->flag;
  event = g_new0 (MbCarrierEvent, 1);
  event->type = MB_CARRIER_EVENT_LOCAL;
  mb_ice_dup_credentials (self->ice, &event->ufrag, &event->password);
  mb_handle_post (self->handle, self->on_event, event, event_free);
  mb_ice_gather (self->ice, order->flag);
}

/**
 * mb_carrier_gather:
 * @is_offerer: whether ours is the offer, and we open the data channel
 *
 * LOCAL follows, then candidates.
 */
void
mb_carrier_gather (MbCarrier *self, gboolean is_offerer)
{
  post (order_new (self, NULL, is_offerer), do_gather);
}

static void
do_set_remote (gpointer user_data, gint64 now_us)
{
  static const MbDtlsEvents dtls_events = {
      on_dtls_send, on_dtls_ready, on_dtls_receive, on_dtls_end};
  static const MbDataChannelEvents channel_events = {
      on_channel_send, on_channel_open, on_channel_text};
  Order *order = user_data;
  MbCarrier *self = order->carrier;

  if (self->ice == NULL || self->dtls != NULL)
    return;
  if (!mb_ice_set_remote (self->ice, order->text, order->password)) {
    post_event (self, MB_CARRIER_EVENT_FAILED, "the peer's ICE credentials were not accepted");
    return;
  }
  self->expected = order->fingerprint;
  self->dtls = mb_dtls_new (&dtls_events, self, order->flag);
  self->channel = mb_data_channel_new (
      &channel_events, self, order->flag, self->is_offerer ? CHANNEL_LABEL : NULL);
  post_event (self, MB_CARRIER_EVENT_REMOTE_SET, NULL);
  start_dtls (self);
}

/**
 * mb_carrier_set_remote:
 *
 * Once. REMOTE_SET follows.
 *
 * Returns: %FALSE with %MB_ERROR_SECURITY for a weak hash function, %MB_ERROR_BAD_REQUEST for what
 *   is no fingerprint
 */
gboolean
mb_carrier_set_remote (MbCarrier *self, const MbCarrierRemote *remote, GError **error)
{
  MbFingerprint fingerprint;
  Order *order;

  if (!mb_fingerprint_parse (&fingerprint, remote->algorithm, remote->fingerprint, error))
    return FALSE;
  order = order_new (self, remote->ufrag, remote->is_dtls_client);
  order->password = g_strdup (remote->password);
  order->fingerprint = fingerprint;
  post (order, do_set_remote);
  return TRUE;
}

static void
do_add_candidate (gpointer user_data, gint64 now_us)
{
  Order *order = user_data;

  if (order->carrier->ice != NULL)
    mb_ice_add_candidate (order->carrier->ice, order->text);
}

/**
 * mb_carrier_add_candidate:
 * @candidate: the peer's, `candidate:…`, already checked; after its description
 */
void
mb_carrier_add_candidate (MbCarrier *self, const char *candidate)
{
  post (order_new (self, candidate, FALSE), do_add_candidate);
}

static void
do_send_text (gpointer user_data, gint64 now_us)
{
  Order *order = user_data;
  MbCarrier *self = order->carrier;

  if (self->channel != NULL && self->gate == GATE_OPEN)
    mb_data_channel_send_text (self->channel, order->text, now_us);
}

/**
 * mb_carrier_send_text:
 *
 * Dropped where the channel is not open.
 */
void
mb_carrier_send_text (MbCarrier *self, const char *text)
{
  post (order_new (self, text, FALSE), do_send_text);
}

static void
do_close (gpointer user_data, gint64 now_us)
{
  MbCarrier *self = user_data;

  if (self->ice == NULL)
    return;
  mb_media_core_remove_member (self->core, &self->member);
  end (self);
}

/**
 * mb_carrier_close:
 *
 * After mb_transport_close(), which may still say goodbye. CLOSED follows; twice is once.
 */
void
mb_carrier_close (MbCarrier *self)
{
  if (g_atomic_int_compare_and_exchange (&self->closed, 0, 1))
    mb_media_core_post (self->core, do_close, mb_carrier_ref (self), unref_carrier);
}
