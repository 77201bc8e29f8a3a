/* mb-webrtc.c: one connection to a peer without its media, seen from main
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owned by a peer, one for each try to connect: there is no ICE restart, so a peer that must begin
 * again makes a new one. It only ever sees and makes the reduced SDP with the data-channel section.
 * The connection itself lives on the media thread (MbCarrier, MbTransport); what it has to say
 * comes on main as the signals of this object.
 */
#include "mb-webrtc.h"

#include <string.h>

#include "mb-carrier.h"
#include "mb-dtls.h"
#include "mb-error.h"
#include "mb-handle.h"
#include "mb-sdp.h"

#define SCTP_PORT 5000
#define MAX_MESSAGE_SIZE_BYTES 262144
#define OFFER_MID "application0"

struct _MbWebrtc {
  GObject parent;

  MbHandle *handle;
  MbTransport *transport;
  MbCarrier *carrier;
  char *mid;        /* (nullable) of the one section */
  MbSdpSetup setup; /* ours, as the next description has it */
  char *session_id;
  gboolean is_offerer;
  gboolean channel_open;
  gboolean stopped;
};

enum {
  SIGNAL_DESCRIPTION,
  SIGNAL_REMOTE_SET,
  SIGNAL_CANDIDATE,
  SIGNAL_SECURED,
  SIGNAL_FIRST_MEDIA,
  SIGNAL_SILENCE,
  SIGNAL_GONE,
  SIGNAL_ESTIMATE,
  SIGNAL_CHANNEL_OPEN,
  SIGNAL_CHANNEL_TEXT,
  SIGNAL_FAILED,
  SIGNAL_STOPPED,
  N_SIGNALS,
};

static unsigned int signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MbWebrtc, mb_webrtc, G_TYPE_OBJECT)

static void
on_transport_event (gpointer object, gpointer data)
{
  MbWebrtc *self = object;
  const MbTransportEvent *event = data;

  if (self->stopped)
    return;
  switch (event->type) {
  case MB_TRANSPORT_EVENT_SECURED:
    g_signal_emit (self, signals[SIGNAL_SECURED], 0);
    break;
  case MB_TRANSPORT_EVENT_REFUSED:
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, MB_WEBRTC_STEP_TRANSPORT, event->error);
    break;
  case MB_TRANSPORT_EVENT_FIRST_MEDIA:
    g_signal_emit (self, signals[SIGNAL_FIRST_MEDIA], 0, event->id);
    break;
  case MB_TRANSPORT_EVENT_SILENT:
  case MB_TRANSPORT_EVENT_HEARD:
    g_signal_emit (self, signals[SIGNAL_SILENCE], 0, event->type == MB_TRANSPORT_EVENT_SILENT);
    break;
  case MB_TRANSPORT_EVENT_GONE:
    g_signal_emit (self, signals[SIGNAL_GONE], 0);
    break;
  case MB_TRANSPORT_EVENT_ESTIMATE:
    g_signal_emit (self, signals[SIGNAL_ESTIMATE], 0, event->bps);
    break;
  case MB_TRANSPORT_EVENT_NONE:
    break;
  }
}

/* Our end as the one section of a description. */
static void
take_local (MbWebrtc *self, const MbCarrierEvent *event)
{
  g_autoptr (MbSdp) sdp = mb_sdp_new ();
  MbSdpSection *section = mb_sdp_section_new (MB_SDP_KIND_APPLICATION);
  g_autofree char *text = NULL;

  g_ptr_array_add (sdp->sections, section);
  sdp->session_id = g_strdup (self->session_id);
  sdp->has_group = TRUE;
  g_ptr_array_add (sdp->bundle, g_strdup (self->mid));
  section->mid = g_strdup (self->mid);
  section->sctp_port = SCTP_PORT;
  section->max_message_size = MAX_MESSAGE_SIZE_BYTES;
  section->transport.ice_ufrag = g_strdup (event->ufrag);
  section->transport.ice_pwd = g_strdup (event->password);
  section->transport.ice_options = g_strdup ("trickle");
  section->transport.fingerprint.algorithm = g_strdup ("sha-256");
  section->transport.fingerprint.value = g_strdup (mb_dtls_get_fingerprint ());
  section->transport.setup = self->setup;
  text = mb_sdp_to_text (sdp);
  g_signal_emit (self, signals[SIGNAL_DESCRIPTION], 0, text);
}

static void
take_failure (MbWebrtc *self, const char *problem)
{
  g_autoptr (GError) error = g_error_new_literal (MB_ERROR, MB_ERROR_FAILED, problem);

  g_signal_emit (self, signals[SIGNAL_FAILED], 0, MB_WEBRTC_STEP_TRANSPORT, error);
}

static void
take_closed (MbWebrtc *self)
{
  g_debug ("webrtc %p: stopped", (void *) self);
  g_signal_emit (self, signals[SIGNAL_STOPPED], 0);
  g_object_unref (self); /* the reference that mb_webrtc_stop() took */
}

static void
on_carrier_event (gpointer object, gpointer data)
{
  MbWebrtc *self = object;
  const MbCarrierEvent *event = data;

  if (event->type == MB_CARRIER_EVENT_CLOSED)
    take_closed (self);
  if (self->stopped)
    return;
  switch (event->type) {
  case MB_CARRIER_EVENT_LOCAL:
    take_local (self, event);
    break;
  case MB_CARRIER_EVENT_REMOTE_SET:
    g_signal_emit (self, signals[SIGNAL_REMOTE_SET], 0);
    break;
  case MB_CARRIER_EVENT_CANDIDATE:
    g_signal_emit (self, signals[SIGNAL_CANDIDATE], 0, event->text);
    break;
  case MB_CARRIER_EVENT_CHANNEL_OPEN:
    self->channel_open = TRUE;
    g_signal_emit (self, signals[SIGNAL_CHANNEL_OPEN], 0);
    break;
  case MB_CARRIER_EVENT_TEXT:
    g_signal_emit (self, signals[SIGNAL_CHANNEL_TEXT], 0, event->text);
    break;
  case MB_CARRIER_EVENT_FAILED:
    take_failure (self, event->text);
    break;
  case MB_CARRIER_EVENT_CLOSED:
  case MB_CARRIER_EVENT_NONE:
    break;
  }
}

/**
 * mb_webrtc_new:
 * @ice_servers: (nullable): URLs as in RFC 7064 and 7065, with user and password before the host
 * @relay_only: what is not relayed by a TURN server is not used
 *
 * Nothing is sent before a description is made.
 *
 * Returns: (transfer full): a connection
 */
MbWebrtc *
mb_webrtc_new (MbMedia *media, const char *const *ice_servers, gboolean relay_only)
{
  MbWebrtc *self = g_object_new (MB_TYPE_WEBRTC, NULL);
  MbCarrierConfig config = {.ice_servers = ice_servers, .relay_only = relay_only};

  self->transport = mb_transport_new (media, self->handle, on_transport_event);
  self->carrier = mb_carrier_new (media, self->transport, &config, self->handle, on_carrier_event);
  return self;
}

/**
 * mb_webrtc_get_transport:
 *
 * Returns: (transfer none): where senders and receivers are added
 */
MbTransport *
mb_webrtc_get_transport (MbWebrtc *self)
{
  return self->transport;
}

/**
 * mb_webrtc_create_offer:
 *
 * "description" brings its text. Whoever offers opens the data channel.
 */
void
mb_webrtc_create_offer (MbWebrtc *self)
{
  self->is_offerer = TRUE;
  self->setup = MB_SDP_SETUP_ACTPASS;
  g_free (self->mid);
  self->mid = g_strdup (OFFER_MID);
  mb_carrier_gather (self->carrier, TRUE);
}

/* The role of RFC 8842 §5.2: an answer takes the other one; an offer that leaves it open makes us
 * the active end, which saves a round trip. */
static gboolean
become_client (MbWebrtc *self, MbSdpSetup remote)
{
  self->setup = remote == MB_SDP_SETUP_ACTIVE ? MB_SDP_SETUP_PASSIVE : MB_SDP_SETUP_ACTIVE;
  return self->setup == MB_SDP_SETUP_ACTIVE;
}

/**
 * mb_webrtc_set_remote:
 * @reduced_sdp: the remote description with nothing but its application section
 * @algorithm: hash of @fingerprint, as in the SDP (`sha-256`)
 * @fingerprint: what the peer's certificate must have, `AB:CD:…`
 *
 * "remote-set" follows, or "failed".
 *
 * Returns: FALSE with %MB_ERROR_BAD_REQUEST where it cannot even be tried
 */
gboolean
mb_webrtc_set_remote (MbWebrtc *self, gboolean is_offer, const char *reduced_sdp,
    const char *algorithm, const char *fingerprint, GError **error)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse (reduced_sdp, error);
  const MbSdpSection *section = sdp != NULL ? mb_sdp_find_application (sdp) : NULL;
  MbCarrierRemote remote = {.algorithm = algorithm, .fingerprint = fingerprint};

  if (sdp == NULL)
    return FALSE;
  if (section == NULL || section->transport.ice_ufrag == NULL ||
      section->transport.ice_pwd == NULL) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the description has no transport");
    return FALSE;
  }
  remote.ufrag = section->transport.ice_ufrag;
  remote.password = section->transport.ice_pwd;
  remote.is_dtls_client = become_client (self, section->transport.setup);
  if (is_offer) {
    g_free (self->mid);
    self->mid = g_strdup (section->mid);
  }
  if (!mb_carrier_set_remote (self->carrier, &remote, error))
    return FALSE;
  for (unsigned int i = 0; i < section->candidates->len; i++)
    mb_carrier_add_candidate (self->carrier, section->candidates->pdata[i]);
  return TRUE;
}

/**
 * mb_webrtc_create_answer:
 *
 * After "remote-set" for an offer; "description" brings the text.
 */
void
mb_webrtc_create_answer (MbWebrtc *self)
{
  mb_carrier_gather (self->carrier, FALSE);
}

/**
 * mb_webrtc_add_candidate:
 * @candidate: `candidate:…`, already checked
 */
void
mb_webrtc_add_candidate (MbWebrtc *self, const char *candidate)
{
  mb_carrier_add_candidate (self->carrier, candidate);
}

/**
 * mb_webrtc_is_channel_open:
 *
 * Returns: whether something can be said over it
 */
gboolean
mb_webrtc_is_channel_open (MbWebrtc *self)
{
  return self->channel_open && !self->stopped;
}

/**
 * mb_webrtc_send_text:
 *
 * Returns: FALSE where no channel is open
 */
gboolean
mb_webrtc_send_text (MbWebrtc *self, const char *text)
{
  if (!mb_webrtc_is_channel_open (self))
    return FALSE;
  mb_carrier_send_text (self->carrier, text);
  return TRUE;
}

/**
 * mb_webrtc_stop:
 *
 * Ends it without waiting; says "stopped" when nothing of it is left, and no other signal from here
 * on. It keeps itself alive until then. Calling it again does nothing.
 */
void
mb_webrtc_stop (MbWebrtc *self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  g_object_ref (self);
  mb_transport_close (self->transport);
  mb_carrier_close (self->carrier);
}

static void
mb_webrtc_dispose (GObject *object)
{
  MbWebrtc *self = MB_WEBRTC (object);

  g_assert (self->stopped || self->carrier == NULL);
  if (self->handle != NULL)
    mb_handle_clear (self->handle);
  g_clear_pointer (&self->carrier, mb_carrier_unref);
  g_clear_pointer (&self->transport, mb_transport_unref);
  g_clear_pointer (&self->handle, mb_handle_unref);
  G_OBJECT_CLASS (mb_webrtc_parent_class)->dispose (object);
}

static void
mb_webrtc_finalize (GObject *object)
{
  MbWebrtc *self = MB_WEBRTC (object);

  g_free (self->mid);
  g_free (self->session_id);
  G_OBJECT_CLASS (mb_webrtc_parent_class)->finalize (object);
}

static void
mb_webrtc_class_init (MbWebrtcClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mb_webrtc_dispose;
  G_OBJECT_CLASS (klass)->finalize = mb_webrtc_finalize;

  /**
   * MbWebrtc::description:
   * @text: our reduced description
   */
  signals[SIGNAL_DESCRIPTION] = g_signal_new (
      "description", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_REMOTE_SET] =
      g_signal_new ("remote-set", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::candidate:
   * @text: a local candidate; comes after the description it belongs to
   */
  signals[SIGNAL_CANDIDATE] = g_signal_new (
      "candidate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * MbWebrtc::secured:
   *
   * The peer's certificate is the one it announced; media and messages may pass.
   */
  signals[SIGNAL_SECURED] =
      g_signal_new ("secured", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::first-media:
   * @id: the receiver of the transport that got its first packet
   */
  signals[SIGNAL_FIRST_MEDIA] = g_signal_new (
      "first-media", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  /**
   * MbWebrtc::silence:
   * @is_silent: no media came for 5 s; or it does again
   */
  signals[SIGNAL_SILENCE] = g_signal_new (
      "silence", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  /**
   * MbWebrtc::gone:
   *
   * Not a packet came for 15 s, of a peer that had sent some. Said each second while it is so; the
   * handler may stop and drop the emitter.
   */
  signals[SIGNAL_GONE] =
      g_signal_new ("gone", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * MbWebrtc::estimate:
   * @bps: how much video the path to the peer carries, in bits a second
   */
  signals[SIGNAL_ESTIMATE] = g_signal_new (
      "estimate", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[SIGNAL_CHANNEL_OPEN] =
      g_signal_new ("channel-open", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_CHANNEL_TEXT] = g_signal_new (
      "channel-text", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * MbWebrtc::failed:
   * @step: an #MbWebrtcStep, where
   * @error: why; %MB_ERROR_SECURITY where the certificate was refused
   *
   * The handler may stop and drop the emitter.
   */
  signals[SIGNAL_FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_ERROR);
  signals[SIGNAL_STOPPED] =
      g_signal_new ("stopped", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mb_webrtc_init (MbWebrtc *self)
{
  self->handle = mb_handle_new (self);
  self->session_id = g_strdup_printf (
      "%" G_GUINT64_FORMAT, (guint64) g_random_int () << 16 | g_random_int () >> 16);
}
