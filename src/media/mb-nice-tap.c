/* mb-nice-tap.c: the transport beside webrtcbin on its libnice agent
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   nicesrc ─(a)─► queue ─► dtlsdec ─(b)─► sctp      dtlsenc ─(c)─► nicesink
 *            └ SRTP ─► MbTransport                    media thread ─► nice_agent_send…()
 *
 * (a) takes SRTP out of webrtcbin's way. (b) and (c) hold application data back, in both
 * directions, until the peer's certificate has matched its description; nobody in GStreamer 1.22
 * compares them. (c) also sees to it that webrtcbin never sends SRTP: it would share our keys.
 *
 * In one handshake, in one thread and with the connection's lock held, GStreamer emits first the
 * peer's certificate (notify::peer-pem), then the encoder's key, then the decoder's, and both
 * before the DTLS state becomes connected and before any application data leaves dtlsdec: so the
 * gate is decided in time. The same lock forbids to read "connection-state" there.
 */
#define GST_USE_UNSTABLE_API

#include "mb-nice-tap.h"

#include <nice/agent.h>
#include <nice/interfaces.h>

#include "mb-error.h"
#include "mb-fingerprint.h"
#include "mb-transport-media.h"

#define MAX_EXPECTED 8
#define LOOPBACK "127.0.0.1"
#define SEND_AT_ONCE 32

#define DTLS_APPLICATION_DATA 23
#define DTLS_HEADER_SIZE 13
#define CIPHER_AES_128_ICM 1 /* GstDtlsSrtpCipher, which has no public header */
#define AUTH_HMAC_SHA1_80 2  /* GstDtlsSrtpAuth */

enum {
  GATE_SHUT,
  GATE_OPEN,
  GATE_REFUSED
};

typedef struct {
  MbTransportIo io;
  MbNiceTap *tap;
} TapIo;

struct _MbNiceTap {
  gatomicrefcount ref_count;
  MbTransport *transport;
  NiceAgent *agent;

  int gate;      /* atomic: GATE_…; leaves GATE_SHUT once, and only GATE_OPEN for GATE_REFUSED */
  int closed;    /* atomic */
  int n_sources; /* atomic: nicesrc elements seen */
  int stream_id; /* atomic; 0 means not known yet */
  int component_id; /* atomic */
  GWeakRef encoder; /* dtlsenc */

  MbFingerprint expected[MAX_EXPECTED]; /* written by main before n_expected says so */
  int n_expected;                       /* atomic */
};

/**
 * mb_nice_tap_ref:
 *
 * Thread: any.
 */
MbNiceTap *
mb_nice_tap_ref (MbNiceTap *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * mb_nice_tap_unref:
 *
 * Does not close it. Thread: any.
 */
void
mb_nice_tap_unref (MbNiceTap *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_weak_ref_clear (&self->encoder);
  g_object_unref (self->agent);
  mb_transport_unref (self->transport);
  g_free (self);
}

static void
unref_tap (gpointer user_data)
{
  mb_nice_tap_unref (user_data);
}

static void
unref_tap_closure (gpointer user_data, GClosure *closure)
{
  mb_nice_tap_unref (user_data);
}

static void
io_send (MbTransportIo *io, const MbDatagram *datagrams, unsigned int n_datagrams)
{
  MbNiceTap *self = ((TapIo *) io)->tap;
  GOutputVector vectors[SEND_AT_ONCE];
  NiceOutputMessage messages[SEND_AT_ONCE];
  int stream_id = g_atomic_int_get (&self->stream_id);

  if (stream_id == 0)
    return;
  while (n_datagrams > 0) {
    unsigned int n = MIN (n_datagrams, SEND_AT_ONCE);

    for (unsigned int i = 0; i < n; i++) {
      vectors[i] = (GOutputVector){datagrams[i].data, datagrams[i].size};
      messages[i] = (NiceOutputMessage){&vectors[i], 1};
    }
    /* What the socket does not take now is dropped, as the network would. */
    nice_agent_send_messages_nonblocking (self->agent, (unsigned int) stream_id,
        (unsigned int) g_atomic_int_get (&self->component_id), messages, n, NULL, NULL);
    datagrams += n;
    n_datagrams -= n;
  }
}

static void
io_free (MbTransportIo *io)
{
  mb_nice_tap_unref (((TapIo *) io)->tap);
  g_free (io);
}

static void
refuse (MbNiceTap *self, const char *reason)
{
  if (g_atomic_int_compare_and_exchange (&self->gate, GATE_SHUT, GATE_REFUSED) ||
      g_atomic_int_compare_and_exchange (&self->gate, GATE_OPEN, GATE_REFUSED))
    mb_transport_refuse (
        self->transport, g_error_new_literal (MB_ERROR, MB_ERROR_SECURITY, reason));
}

static gboolean
is_expected (MbNiceTap *self, const char *pem)
{
  int n = g_atomic_int_get (&self->n_expected);

  for (int i = 0; i < n; i++) {
    if (mb_fingerprint_matches (&self->expected[i], pem))
      return TRUE;
  }
  return FALSE;
}

static gboolean
copy_key (GstElement *element, const char *property, guint8 *key)
{
  g_autoptr (GstBuffer) buffer = NULL; /* whatever type the property claims to have */
  unsigned int cipher = 0;
  unsigned int auth = 0;

  g_object_get (element, property, &buffer, "srtp-cipher", &cipher, "srtp-auth", &auth, NULL);
  return buffer != NULL && cipher == CIPHER_AES_128_ICM && auth == AUTH_HMAC_SHA1_80 &&
         gst_buffer_extract (buffer, 0, key, MB_SRTP_KEY_SIZE) == MB_SRTP_KEY_SIZE;
}

static void
on_decoder_key_received_offmain (GstElement *decoder, MbNiceTap *self)
{
  g_autoptr (GstElement) encoder = g_weak_ref_get (&self->encoder);
  g_autofree char *pem = NULL;
  guint8 rx_key[MB_SRTP_KEY_SIZE];
  guint8 tx_key[MB_SRTP_KEY_SIZE];

  if (g_atomic_int_get (&self->closed) != 0 || g_atomic_int_get (&self->gate) != GATE_SHUT)
    return;
  g_object_get (decoder, "peer-pem", &pem, NULL);
  if (!is_expected (self, pem)) {
    refuse (self, "the peer's certificate does not match its description");
    return;
  }
  if (encoder == NULL || !copy_key (decoder, "decoder-key", rx_key) ||
      !copy_key (encoder, "encoder-key", tx_key)) {
    refuse (self, "no keys for SRTP were agreed on");
    return;
  }
  mb_transport_secure (self->transport, rx_key, tx_key); /* before any packet */
  g_atomic_int_compare_and_exchange (&self->gate, GATE_SHUT, GATE_OPEN);
  explicit_bzero (rx_key, sizeof rx_key);
  explicit_bzero (tx_key, sizeof tx_key);
}

/* A second certificate on the same connection must be as good as the first. */
static void
on_decoder_peer_pem_offmain (GstElement *decoder, GParamSpec *pspec, MbNiceTap *self)
{
  g_autofree char *pem = NULL;

  if (g_atomic_int_get (&self->gate) != GATE_OPEN)
    return;
  g_object_get (decoder, "peer-pem", &pem, NULL);
  if (!is_expected (self, pem))
    refuse (self, "the peer changed its certificate");
}

typedef enum {
  PACKET_OTHER,
  PACKET_SRTP,
  PACKET_DTLS,
  PACKET_DTLS_DATA, /* with a record of application data in it */
} PacketKind;

/* RFC 7983 §7, and the record layer of DTLS 1.2 (RFC 6347 §4.1). */
static PacketKind
classify (GstBuffer *buffer)
{
  PacketKind kind = PACKET_OTHER;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return PACKET_OTHER;
  if (map.size > 0 && map.data[0] >= 128 && map.data[0] <= 191) {
    kind = PACKET_SRTP;
  } else if (map.size > 0 && map.data[0] >= 20 && map.data[0] <= 63) {
    kind = PACKET_DTLS;
    for (gsize at = 0; map.size - at >= DTLS_HEADER_SIZE;) {
      gsize length = (gsize) map.data[at + 11] << 8 | map.data[at + 12];

      if (map.data[at] == DTLS_APPLICATION_DATA)
        kind = PACKET_DTLS_DATA;
      at += MIN (DTLS_HEADER_SIZE + length, map.size - at);
    }
  }
  gst_buffer_unmap (buffer, &map);
  return kind;
}

typedef gboolean (*PassFunc) (MbNiceTap *self, GstBuffer *buffer);

/* Takes SRTP for the transport, lets DTLS through to webrtcbin. */
static gboolean
pass_incoming (MbNiceTap *self, GstBuffer *buffer)
{
  int gate = g_atomic_int_get (&self->gate);

  if (g_atomic_int_get (&self->closed) != 0)
    return FALSE;
  switch (classify (buffer)) {
  case PACKET_SRTP:
    /* When it came, for what is told of the path; nicesrc's own time is on another clock. */
    GST_BUFFER_DTS (buffer) = (GstClockTime) g_get_monotonic_time () * 1000;
    if (gate == GATE_OPEN)
      mb_transport_receive (self->transport, gst_buffer_ref (buffer));
    return FALSE;
  case PACKET_DTLS:
  case PACKET_DTLS_DATA:
    return gate != GATE_REFUSED;
  case PACKET_OTHER:
    break;
  }
  return FALSE;
}

static gboolean
pass_decrypted (MbNiceTap *self, GstBuffer *buffer)
{
  return g_atomic_int_get (&self->gate) == GATE_OPEN && g_atomic_int_get (&self->closed) == 0;
}

static gboolean
pass_outgoing (MbNiceTap *self, GstBuffer *buffer)
{
  int gate = g_atomic_int_get (&self->gate);

  switch (classify (buffer)) {
  case PACKET_DTLS:
    return gate != GATE_REFUSED;
  case PACKET_DTLS_DATA:
    return gate == GATE_OPEN;
  case PACKET_SRTP:
  case PACKET_OTHER:
    break;
  }
  return FALSE;
}

static GstPadProbeReturn
filter (MbNiceTap *self, GstPadProbeInfo *info, PassFunc pass)
{
  GstBufferList *list;

  if ((GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER_LIST) == 0)
    return pass (self, GST_PAD_PROBE_INFO_BUFFER (info)) ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;

  list = gst_buffer_list_make_writable (GST_PAD_PROBE_INFO_BUFFER_LIST (info));
  GST_PAD_PROBE_INFO_DATA (info) = list;
  for (unsigned int i = 0; i < gst_buffer_list_length (list);) {
    if (pass (self, gst_buffer_list_get (list, i)))
      i++;
    else
      gst_buffer_list_remove (list, i, 1);
  }
  return gst_buffer_list_length (list) > 0 ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static GstPadProbeReturn
on_incoming_offmain (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return filter (user_data, info, pass_incoming);
}

static GstPadProbeReturn
on_decrypted_offmain (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return filter (user_data, info, pass_decrypted);
}

static GstPadProbeReturn
on_outgoing_offmain (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  return filter (user_data, info, pass_outgoing);
}

static void
add_probe (MbNiceTap *self, GstPad *pad, GstPadProbeCallback callback)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, callback,
      mb_nice_tap_ref (self), unref_tap);
}

static void
probe_static_pad (
    MbNiceTap *self, GstElement *element, const char *name, GstPadProbeCallback callback)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  if (pad != NULL)
    add_probe (self, pad, callback);
}

static void
on_decoder_pad_added_offmain (GstElement *decoder, GstPad *pad, MbNiceTap *self)
{
  if (GST_PAD_IS_SRC (pad))
    add_probe (self, pad, on_decrypted_offmain);
}

static void
connect_tap (MbNiceTap *self, gpointer object, const char *signal, GCallback callback_offmain)
{
  g_signal_connect_data (
      object, signal, callback_offmain, mb_nice_tap_ref (self), unref_tap_closure, 0);
}

static void
take_decoder (MbNiceTap *self, GstElement *decoder)
{
  GstPad *pad = gst_element_get_static_pad (decoder, "src");

  /* Its pad is made on request: mostly before we see the element. */
  if (pad != NULL) {
    add_probe (self, pad, on_decrypted_offmain);
    gst_object_unref (pad);
  } else {
    connect_tap (self, decoder, "pad-added", G_CALLBACK (on_decoder_pad_added_offmain));
  }
  connect_tap (self, decoder, "notify::peer-pem", G_CALLBACK (on_decoder_peer_pem_offmain));
  connect_tap (self, decoder, "on-key-received", G_CALLBACK (on_decoder_key_received_offmain));
}

static void
take_source (MbNiceTap *self, GstElement *source)
{
  unsigned int stream_id = 0;
  unsigned int component_id = 0;

  probe_static_pad (self, source, "src", on_incoming_offmain);
  if (g_atomic_int_add (&self->n_sources, 1) > 0) {
    refuse (self, "a second transport was opened: all must be bundled");
    return;
  }
  g_object_get (source, "stream", &stream_id, "component", &component_id, NULL);
  g_atomic_int_set (&self->component_id, (int) component_id);
  g_atomic_int_set (&self->stream_id, (int) stream_id);
}

static void
on_element_added_offmain (GstBin *bin, GstBin *sub_bin, GstElement *element, MbNiceTap *self)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *name = factory != NULL ? GST_OBJECT_NAME (factory) : "";

  if (g_str_equal (name, "nicesrc"))
    take_source (self, element);
  else if (g_str_equal (name, "nicesink"))
    probe_static_pad (self, element, "sink", on_outgoing_offmain);
  else if (g_str_equal (name, "dtlsdec"))
    take_decoder (self, element);
  else if (g_str_equal (name, "dtlsenc"))
    g_weak_ref_set (&self->encoder, element);
}

/**
 * mb_nice_tap_new:
 * @transport: its packets go through this tap from now on
 * @webrtcbin: in NULL, with the bundle policy max-bundle; not referenced
 *
 * Also sets up its ICE agent: no UPnP (libnice would open an HTTP server), no TCP, and keep-alives
 * that notice when the peer is gone.
 *
 * Returns: (transfer full): the tap: shut until the peer's certificate has matched
 */
MbNiceTap *
mb_nice_tap_new (MbTransport *transport, GstElement *webrtcbin)
{
  MbNiceTap *self = g_new0 (MbNiceTap, 1);
  TapIo *io = g_new0 (TapIo, 1);
  g_autoptr (GObject) ice = NULL;

  g_atomic_ref_count_init (&self->ref_count);
  self->transport = mb_transport_ref (transport);
  g_weak_ref_init (&self->encoder, NULL);
  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &self->agent, NULL);
  g_object_set (self->agent, "upnp", FALSE, "ice-tcp", FALSE, "keepalive-conncheck", TRUE, NULL);
  connect_tap (self, webrtcbin, "deep-element-added", G_CALLBACK (on_element_added_offmain));

  *io = (TapIo){{io_send, io_free}, mb_nice_tap_ref (self)};
  mb_transport_set_io (transport, &io->io);
  return self;
}

/**
 * mb_nice_tap_expect_fingerprint:
 * @hash: the hash function's name, as a=fingerprint has it
 * @fingerprint: the digest in hexadecimal, a colon between bytes
 *
 * Before the remote description is set. A certificate that matches none of those given is refused,
 * and so is any where none was given. From one thread.
 *
 * Returns: %FALSE with %MB_ERROR_SECURITY for a weak hash function, %MB_ERROR_BAD_REQUEST for what
 *   is no fingerprint, %MB_ERROR_TOO_LARGE for too many
 */
gboolean
mb_nice_tap_expect_fingerprint (
    MbNiceTap *self, const char *hash, const char *fingerprint, GError **error)
{
  int n = g_atomic_int_get (&self->n_expected);

  if (n == MAX_EXPECTED) {
    g_set_error (error, MB_ERROR, MB_ERROR_TOO_LARGE, "more than %d fingerprints", MAX_EXPECTED);
    return FALSE;
  }
  if (!mb_fingerprint_parse (&self->expected[n], hash, fingerprint, error))
    return FALSE;
  g_atomic_int_set (&self->n_expected, n + 1);
  return TRUE;
}

static gboolean
add_address (MbNiceTap *self, const char *text)
{
  NiceAddress address;

  nice_address_init (&address);
  return nice_address_set_from_string (&address, text) &&
         nice_agent_add_local_address (self->agent, &address);
}

/**
 * mb_nice_tap_add_loopback:
 * @always: also where the host has other addresses
 *
 * libnice gathers no loopback candidates by itself, so on a host without any network nobody could
 * be met, not even on the same host. Before the local description is set.
 *
 * Returns: whether 127.0.0.1 is gathered
 */
gboolean
mb_nice_tap_add_loopback (MbNiceTap *self, gboolean always)
{
  GList *addresses = nice_interfaces_get_local_ips (FALSE);
  gboolean is_added = FALSE;

  if (addresses == NULL || always) {
    /* One address given turns discovery off: so all are given. */
    for (GList *l = addresses; l != NULL; l = l->next)
      add_address (self, l->data);
    is_added = add_address (self, LOOPBACK);
  }
  g_list_free_full (addresses, g_free);
  return is_added;
}

/**
 * mb_nice_tap_close:
 *
 * Before webrtcbin goes to NULL, which may take its time: nothing that comes in passes from here
 * on. What goes out ends with the transport, which may still say goodbye.
 */
void
mb_nice_tap_close (MbNiceTap *self)
{
  g_atomic_int_set (&self->closed, 1);
}
