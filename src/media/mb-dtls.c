/* mb-dtls.c: one end of a DTLS connection: datagrams in, datagrams out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OpenSSL on a BIO that keeps datagrams apart. It shows any certificate and takes any: whether the
 * peer's is the one of its description is for the owner to say, who gets nothing before. All
 * connections of a process show the same certificate, made at the first need.
 */
#include "mb-dtls.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "mb-srtp.h"

#define MTU 1200 /* bytes of a datagram's payload, as browsers have it */
#define MAX_RECORD 16384
#define VALID_S (30 * 24 * 3600L)
#define KEY_SIZE 16
#define SALT_SIZE 14
#define EXPORT_LABEL "EXTRACTOR-dtls_srtp" /* RFC 5764 §4.2 */

struct _MbDtls {
  const MbDtlsEvents *events;
  gpointer user_data;

  SSL *ssl;
  const guint8 *incoming; /* (nullable) not owned: the datagram that is being read */
  gsize incoming_size;
  gboolean is_ready;
  gboolean is_over;
};

/* What all connections share. */
typedef struct {
  SSL_CTX *context;
  BIO_METHOD *method;
  char fingerprint[3 * EVP_MAX_MD_SIZE];
} Shared;

static int
bio_write (BIO *bio, const char *data, int size)
{
  MbDtls *self = BIO_get_data (bio);

  if (size <= 0)
    return 0;
  self->events->send (self->user_data, (const guint8 *) data, (gsize) size);
  return size;
}

static int
bio_read (BIO *bio, char *data, int size)
{
  MbDtls *self = BIO_get_data (bio);
  gsize n = self->incoming_size;

  BIO_clear_retry_flags (bio);
  if (self->incoming == NULL || n > (gsize) MAX (size, 0)) {
    self->incoming = NULL;
    BIO_set_retry_read (bio);
    return -1;
  }
  memcpy (data, self->incoming, n);
  self->incoming = NULL;
  return (int) n;
}

static long
bio_control (BIO *bio, int command, long number, void *pointer)
{
  switch (command) {
  case BIO_CTRL_FLUSH:
  case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
    return 1;
  case BIO_CTRL_DGRAM_QUERY_MTU:
    return MTU;
  default:
    return 0;
  }
}

static BIO_METHOD *
make_method (void)
{
  BIO_METHOD *method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "datagrams");

  BIO_meth_set_write (method, bio_write);
  BIO_meth_set_read (method, bio_read);
  BIO_meth_set_ctrl (method, bio_control);
  return method;
}

/* Whoever it is of is told by the description, not by a chain. */
static int
accept_any (int is_ok, X509_STORE_CTX *store)
{
  return 1;
}

static X509 *
make_certificate (EVP_PKEY *key)
{
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);
  guint64 serial = 0;

  RAND_bytes ((guint8 *) &serial, sizeof serial);
  ASN1_INTEGER_set_uint64 (X509_get_serialNumber (certificate), serial >> 1);
  X509_set_version (certificate, 2);
  X509_gmtime_adj (X509_getm_notBefore (certificate), -24 * 3600L);
  X509_gmtime_adj (X509_getm_notAfter (certificate), VALID_S);
  X509_NAME_add_entry_by_txt (
      name, "CN", MBSTRING_ASC, (const guint8 *) "WebRTC", -1, -1, 0); /* tells nothing of us */
  X509_set_issuer_name (certificate, name);
  X509_set_pubkey (certificate, key);
  X509_sign (certificate, key, EVP_sha256 ());
  return certificate;
}

static void
write_fingerprint (const X509 *certificate, char *text)
{
  guint8 digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;

  X509_digest (certificate, EVP_sha256 (), digest, &size);
  for (unsigned int i = 0; i < size; i++)
    g_snprintf (text + i * 3, 4, i + 1 < size ? "%02X:" : "%02X", digest[i]);
}

static Shared *
shared_new (void)
{
  Shared *self = g_new0 (Shared, 1);
  EVP_PKEY *key = EVP_EC_gen ("P-256");
  X509 *certificate = make_certificate (key);

  self->method = make_method ();
  self->context = SSL_CTX_new (DTLS_method ());
  SSL_CTX_set_min_proto_version (self->context, DTLS1_2_VERSION);
  SSL_CTX_set_options (
      self->context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode (self->context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead (self->context, 1);
  SSL_CTX_set_verify (self->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
  SSL_CTX_set_tlsext_use_srtp (self->context, "SRTP_AES128_CM_SHA1_80");
  SSL_CTX_use_certificate (self->context, certificate);
  SSL_CTX_use_PrivateKey (self->context, key);
  write_fingerprint (certificate, self->fingerprint);
  X509_free (certificate);
  EVP_PKEY_free (key);
  return self;
}

static Shared *
get_shared (void)
{
  static gsize shared = 0;

  if (g_once_init_enter (&shared))
    g_once_init_leave (&shared, (gsize) shared_new ());
  return (Shared *) shared;
}

/**
 * mb_dtls_get_fingerprint:
 *
 * Returns: SHA-256 of our certificate as a=fingerprint has it, `AB:CD:…`. Thread: any
 */
const char *
mb_dtls_get_fingerprint (void)
{
  return get_shared ()->fingerprint;
}

/**
 * mb_dtls_new:
 * @is_client: whether we say hello first
 *
 * Returns: (transfer full): an end that has said nothing yet
 */
MbDtls *
mb_dtls_new (const MbDtlsEvents *events, gpointer user_data, gboolean is_client)
{
  const Shared *shared = get_shared ();
  MbDtls *self = g_new0 (MbDtls, 1);
  BIO *bio = BIO_new (shared->method);

  self->events = events;
  self->user_data = user_data;
  self->ssl = SSL_new (shared->context);
  BIO_set_data (bio, self);
  BIO_set_init (bio, 1);
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_mtu (self->ssl, MTU);
  if (is_client)
    SSL_set_connect_state (self->ssl);
  else
    SSL_set_accept_state (self->ssl);
  return self;
}

void
mb_dtls_free (MbDtls *self)
{
  SSL_free (self->ssl);
  g_free (self);
}

static void
end (MbDtls *self, const char *why)
{
  if (self->is_over)
    return;
  self->is_over = TRUE;
  self->events->end (self->user_data, why);
}

static void
fail (MbDtls *self)
{
  const char *reason = ERR_reason_error_string (ERR_peek_last_error ());
  g_autofree char *why = g_strdup_printf ("DTLS failed: %s", reason != NULL ? reason : "no reason");

  ERR_clear_error ();
  end (self, why);
}

static char *
dup_peer_pem (MbDtls *self)
{
  X509 *certificate = SSL_get1_peer_certificate (self->ssl);
  BIO *memory = BIO_new (BIO_s_mem ());
  char *text = NULL;
  char *pem = NULL;
  long size;

  if (certificate != NULL && PEM_write_bio_X509 (memory, certificate) == 1) {
    size = BIO_get_mem_data (memory, &text);
    pem = g_strndup (text, (gsize) size);
  }
  BIO_free (memory);
  X509_free (certificate);
  return pem;
}

static void
shake_hands (MbDtls *self)
{
  g_autofree char *pem = NULL;
  int result;

  ERR_clear_error ();
  result = SSL_do_handshake (self->ssl);
  if (result == 1) {
    self->is_ready = TRUE;
    pem = dup_peer_pem (self);
    self->events->ready (self->user_data, pem);
  } else if (SSL_get_error (self->ssl, result) != SSL_ERROR_WANT_READ) {
    fail (self);
  }
}

/**
 * mb_dtls_start:
 *
 * The way to the peer is there: a client says hello.
 */
void
mb_dtls_start (MbDtls *self)
{
  if (!self->is_ready && !self->is_over)
    shake_hands (self);
}

static void
read_data (MbDtls *self)
{
  guint8 data[MAX_RECORD];

  while (!self->is_over) {
    int n;
    int error;

    ERR_clear_error ();
    n = SSL_read (self->ssl, data, sizeof data);
    if (n > 0) {
      self->events->receive (self->user_data, data, (gsize) n);
      continue;
    }
    error = SSL_get_error (self->ssl, n);
    if (error == SSL_ERROR_ZERO_RETURN)
      end (self, NULL);
    else if (error != SSL_ERROR_WANT_READ)
      fail (self);
    return;
  }
}

/**
 * mb_dtls_take:
 *
 * A datagram of the peer's; what is none of this connection's is passed over.
 */
void
mb_dtls_take (MbDtls *self, const guint8 *data, gsize size)
{
  if (self->is_over)
    return;
  self->incoming = data;
  self->incoming_size = size;
  if (!self->is_ready)
    shake_hands (self);
  if (self->is_ready)
    read_data (self);
  self->incoming = NULL;
}

/**
 * mb_dtls_tick:
 *
 * Says again what got no answer; several times a second.
 */
void
mb_dtls_tick (MbDtls *self)
{
  if (self->is_ready || self->is_over)
    return;
  ERR_clear_error ();
  if (DTLSv1_handle_timeout (self->ssl) < 0)
    fail (self);
}

/**
 * mb_dtls_send:
 *
 * Returns: FALSE before the handshake and after the end
 */
gboolean
mb_dtls_send (MbDtls *self, const guint8 *data, gsize size)
{
  if (!self->is_ready || self->is_over)
    return FALSE;
  ERR_clear_error ();
  return SSL_write (self->ssl, data, (int) size) > 0;
}

/**
 * mb_dtls_get_srtp_keys:
 * @rx_key: (out caller-allocates) (array fixed-size=30): key and salt of the peer
 * @tx_key: (out caller-allocates) (array fixed-size=30): ours
 *
 * Returns: FALSE where no SRTP profile was agreed on
 */
gboolean
mb_dtls_get_srtp_keys (MbDtls *self, guint8 *rx_key, guint8 *tx_key)
{
  guint8 material[2 * MB_SRTP_KEY_SIZE];
  guint8 *client_key = SSL_is_server (self->ssl) ? rx_key : tx_key;
  guint8 *server_key = SSL_is_server (self->ssl) ? tx_key : rx_key;

  if (!self->is_ready || SSL_get_selected_srtp_profile (self->ssl) == NULL ||
      SSL_export_keying_material (self->ssl, material, sizeof material, EXPORT_LABEL,
          strlen (EXPORT_LABEL), NULL, 0, 0) != 1)
    return FALSE;
  /* client key, server key, client salt, server salt */
  memcpy (client_key, material, KEY_SIZE);
  memcpy (server_key, material + KEY_SIZE, KEY_SIZE);
  memcpy (client_key + KEY_SIZE, material + 2 * KEY_SIZE, SALT_SIZE);
  memcpy (server_key + KEY_SIZE, material + 2 * KEY_SIZE + SALT_SIZE, SALT_SIZE);
  explicit_bzero (material, sizeof material);
  return TRUE;
}

/**
 * mb_dtls_close:
 *
 * Tells the peer; nothing is told or taken from here on.
 */
void
mb_dtls_close (MbDtls *self)
{
  if (self->is_ready && !self->is_over)
    SSL_shutdown (self->ssl);
  ERR_clear_error ();
  self->is_over = TRUE;
}
