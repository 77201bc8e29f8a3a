/* mb-srtp.c: SRTP of one peer, both ways, on OpenSSL's ciphers
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AES_CM_128_HMAC_SHA1_80 (RFC 3711) for RTP and RTCP, the one profile that we offer. Keys are
 * expanded once; a packet costs one pass of AES and one of HMAC, with no allocation, look-up or
 * lock in between, whatever number of peers there is (docs/decisions/0044…).
 */
#include "mb-srtp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "mb-error.h"
#include "mb-rtp.h"
#include "mb-srtp-stream.h"

#define KEY_SIZE 16
#define SALT_SIZE 14
#define AUTH_KEY_SIZE 20
#define TAG_SIZE 10
#define BLOCK_SIZE 16
#define SHA1_BLOCK_SIZE 64
#define SHA1_SIZE 20
#define RTCP_INDEX_SIZE 4
#define RTCP_HEADER_SIZE 8
#define RTCP_ENCRYPTED 0x80000000u
#define RTCP_MAX_INDEX 0x7fffffffu

/* Labels of the key derivation, RFC 3711 §4.3.2. */
enum {
  LABEL_CIPHER = 0,
  LABEL_AUTH = 1,
  LABEL_SALT = 2,
  LABELS_RTCP = 3, /* the same three again */
};

/* Keys of one direction, for RTP or for RTCP. */
typedef struct {
  EVP_CIPHER_CTX *cipher;
  EVP_MD_CTX *inner; /* SHA-1 after the inner pad of the key, RFC 2104 */
  EVP_MD_CTX *outer;
  EVP_MD_CTX *scratch;
  guint8 salt[SALT_SIZE];
} Keys;

struct _MbSrtp {
  Keys rx, rx_rtcp, tx, tx_rtcp;
  GHashTable *streams;      /* (element-type MbSrtpStream) of the peer's SSRCs */
  GHashTable *rtcp_streams; /* (element-type MbSrtpStream) */
  GHashTable *sent;         /* (element-type MbSrtpStream) of ours */
  guint32 rtcp_index;       /* of our next packet */
};

static guint32
get_32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | (guint32) at[1] << 16 | (guint32) at[2] << 8 | at[3];
}

static void
put_32 (guint8 *at, guint32 number)
{
  for (int i = 0; i < 4; i++)
    at[i] = (guint8) (number >> (24 - 8 * i));
}

static gboolean
encrypt (EVP_CIPHER_CTX *cipher, const guint8 *counter, guint8 *data, gsize size)
{
  int n = 0;

  return EVP_EncryptInit_ex (cipher, NULL, NULL, NULL, counter) == 1 &&
         EVP_EncryptUpdate (cipher, data, &n, data, (int) size) == 1;
}

/* With a key derivation rate of 0, which is all that WebRTC has, the index takes no part. */
static gboolean
derive (EVP_CIPHER_CTX *master, const guint8 *master_salt, guint8 label, guint8 *key, gsize size)
{
  guint8 counter[BLOCK_SIZE] = {0};

  memcpy (counter, master_salt, SALT_SIZE);
  counter[7] ^= label;
  memset (key, 0, size);
  return encrypt (master, counter, key, size);
}

static EVP_CIPHER_CTX *
make_cipher (const guint8 *key)
{
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new ();

  if (cipher != NULL && EVP_EncryptInit_ex (cipher, EVP_aes_128_ctr (), NULL, key, NULL) != 1)
    g_clear_pointer (&cipher, EVP_CIPHER_CTX_free);
  return cipher;
}

static EVP_MD_CTX *
make_pad (const guint8 *key, guint8 pad)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  guint8 block[SHA1_BLOCK_SIZE];

  for (gsize i = 0; i < sizeof block; i++)
    block[i] = pad ^ (i < AUTH_KEY_SIZE ? key[i] : 0);
  if (context != NULL && (EVP_DigestInit_ex (context, EVP_sha1 (), NULL) != 1 ||
                             EVP_DigestUpdate (context, block, sizeof block) != 1))
    g_clear_pointer (&context, EVP_MD_CTX_free);
  explicit_bzero (block, sizeof block);
  return context;
}

static gboolean
keys_init (Keys *self, const guint8 *master_key, guint8 labels)
{
  EVP_CIPHER_CTX *master = make_cipher (master_key);
  const guint8 *master_salt = master_key + KEY_SIZE;
  guint8 key[KEY_SIZE];
  guint8 auth[AUTH_KEY_SIZE];
  gboolean is_done;

  is_done = master != NULL && derive (master, master_salt, labels + LABEL_CIPHER, key, KEY_SIZE) &&
            derive (master, master_salt, labels + LABEL_AUTH, auth, AUTH_KEY_SIZE) &&
            derive (master, master_salt, labels + LABEL_SALT, self->salt, SALT_SIZE);
  EVP_CIPHER_CTX_free (master);
  if (is_done) {
    self->cipher = make_cipher (key);
    self->inner = make_pad (auth, 0x36);
    self->outer = make_pad (auth, 0x5c);
    self->scratch = EVP_MD_CTX_new ();
  }
  explicit_bzero (key, sizeof key);
  explicit_bzero (auth, sizeof auth);
  return self->cipher != NULL && self->inner != NULL && self->outer != NULL &&
         self->scratch != NULL;
}

static void
keys_clear (Keys *self)
{
  EVP_CIPHER_CTX_free (self->cipher);
  EVP_MD_CTX_free (self->inner);
  EVP_MD_CTX_free (self->outer);
  EVP_MD_CTX_free (self->scratch);
  explicit_bzero (self->salt, sizeof self->salt);
}

/* HMAC-SHA1 over the packet and what comes after it, RFC 3711 §4.2. */
static gboolean
make_tag (
    Keys *self, const guint8 *data, gsize size, const guint8 *more, gsize more_size, guint8 *tag)
{
  guint8 digest[SHA1_SIZE];
  gboolean is_done;

  is_done = EVP_MD_CTX_copy_ex (self->scratch, self->inner) == 1 &&
            EVP_DigestUpdate (self->scratch, data, size) == 1 &&
            EVP_DigestUpdate (self->scratch, more, more_size) == 1 &&
            EVP_DigestFinal_ex (self->scratch, digest, NULL) == 1 &&
            EVP_MD_CTX_copy_ex (self->scratch, self->outer) == 1 &&
            EVP_DigestUpdate (self->scratch, digest, sizeof digest) == 1 &&
            EVP_DigestFinal_ex (self->scratch, digest, NULL) == 1;
  memcpy (tag, digest, TAG_SIZE);
  return is_done;
}

/* RFC 3711 §4.1.1; what is encrypted is decrypted by the same. */
static gboolean
apply_cipher (Keys *self, guint32 ssrc, guint64 index, guint8 *data, gsize size)
{
  guint8 counter[BLOCK_SIZE] = {0};

  memcpy (counter, self->salt, SALT_SIZE);
  for (int i = 0; i < 4; i++)
    counter[4 + i] ^= (guint8) (ssrc >> (24 - 8 * i));
  for (int i = 0; i < 6; i++)
    counter[8 + i] ^= (guint8) (index >> (40 - 8 * i));
  return size == 0 || encrypt (self->cipher, counter, data, size);
}

/**
 * mb_srtp_new:
 * @rx_key: (array fixed-size=30): the peer's master key and salt
 * @tx_key: (array fixed-size=30): ours
 *
 * Returns: (transfer full) (nullable): the session, or NULL with %MB_ERROR_FAILED
 */
MbSrtp *
mb_srtp_new (const guint8 *rx_key, const guint8 *tx_key, GError **error)
{
  g_autoptr (MbSrtp) self = g_new0 (MbSrtp, 1);

  self->streams = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->rtcp_streams = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->sent = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  if (!keys_init (&self->rx, rx_key, 0) || !keys_init (&self->rx_rtcp, rx_key, LABELS_RTCP) ||
      !keys_init (&self->tx, tx_key, 0) || !keys_init (&self->tx_rtcp, tx_key, LABELS_RTCP)) {
    g_set_error_literal (error, MB_ERROR, MB_ERROR_FAILED, "no SRTP session could be made");
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
mb_srtp_free (MbSrtp *self)
{
  keys_clear (&self->rx);
  keys_clear (&self->rx_rtcp);
  keys_clear (&self->tx);
  keys_clear (&self->tx_rtcp);
  g_hash_table_unref (self->streams);
  g_hash_table_unref (self->rtcp_streams);
  g_hash_table_unref (self->sent);
  g_free (self);
}

/* Returns: how long the header is, with contributors and extension; 0 where there is none */
static gsize
measure_header (const guint8 *data, gsize size)
{
  gsize n = MB_RTP_HEADER_SIZE + 4 * (gsize) (data[0] & 0x0f);

  if ((data[0] & 0x10) != 0) {
    if (n + 4 > size)
      return 0;
    n += 4 + 4 * ((gsize) data[n + 2] << 8 | data[n + 3]);
  }
  return n <= size ? n : 0;
}

static MbSrtpStream *
ensure_stream (GHashTable *streams, guint32 ssrc)
{
  MbSrtpStream *stream = g_hash_table_lookup (streams, GUINT_TO_POINTER (ssrc));

  if (stream == NULL) {
    stream = g_new0 (MbSrtpStream, 1);
    g_hash_table_insert (streams, GUINT_TO_POINTER (ssrc), stream);
  }
  return stream;
}

static guint16
get_seq (const guint8 *data)
{
  return (guint16) (data[2] << 8 | data[3]);
}

/* Returns: whether there is room for this source, known or new */
static gboolean
is_welcome (const MbSrtp *self, GHashTable *streams, guint32 ssrc)
{
  return g_hash_table_contains (streams, GUINT_TO_POINTER (ssrc)) ||
         g_hash_table_size (streams) < MB_SRTP_MAX_SSRCS;
}

static gboolean
unprotect_rtp (MbSrtp *self, guint8 *data, gsize *size)
{
  static const MbSrtpStream nothing;
  guint32 ssrc = get_32 (data + 8);
  const MbSrtpStream *known = g_hash_table_lookup (self->streams, GUINT_TO_POINTER (ssrc));
  const MbSrtpStream *stream = known != NULL ? known : &nothing;
  guint64 index = mb_srtp_stream_guess (stream, get_seq (data));
  guint8 tag[TAG_SIZE];
  guint8 round[4];
  gsize n;
  gsize header;

  if (*size < MB_RTP_HEADER_SIZE + TAG_SIZE || !is_welcome (self, self->streams, ssrc) ||
      !mb_srtp_stream_is_new (stream, index))
    return FALSE;
  n = *size - TAG_SIZE;
  header = measure_header (data, n);
  put_32 (round, (guint32) (index >> 16));
  if (header == 0 || !make_tag (&self->rx, data, n, round, sizeof round, tag) ||
      CRYPTO_memcmp (tag, data + n, TAG_SIZE) != 0 ||
      !apply_cipher (&self->rx, ssrc, index, data + header, n - header))
    return FALSE;
  mb_srtp_stream_mark (ensure_stream (self->streams, ssrc), index);
  *size = n;
  return TRUE;
}

static gboolean
unprotect_rtcp (MbSrtp *self, guint8 *data, gsize *size)
{
  static const MbSrtpStream nothing;
  guint32 ssrc = get_32 (data + 4);
  const MbSrtpStream *known = g_hash_table_lookup (self->rtcp_streams, GUINT_TO_POINTER (ssrc));
  guint8 tag[TAG_SIZE];
  guint32 word;
  guint32 index;
  gsize n;

  if (*size < RTCP_HEADER_SIZE + RTCP_INDEX_SIZE + TAG_SIZE ||
      !is_welcome (self, self->rtcp_streams, ssrc))
    return FALSE;
  n = *size - TAG_SIZE - RTCP_INDEX_SIZE;
  word = get_32 (data + n);
  index = word & RTCP_MAX_INDEX;
  if (!mb_srtp_stream_is_new (known != NULL ? known : &nothing, index) ||
      !make_tag (&self->rx_rtcp, data, n, data + n, RTCP_INDEX_SIZE, tag) ||
      CRYPTO_memcmp (tag, data + n + RTCP_INDEX_SIZE, TAG_SIZE) != 0)
    return FALSE;
  if ((word & RTCP_ENCRYPTED) != 0 &&
      !apply_cipher (&self->rx_rtcp, ssrc, index, data + RTCP_HEADER_SIZE, n - RTCP_HEADER_SIZE))
    return FALSE;
  mb_srtp_stream_mark (ensure_stream (self->rtcp_streams, ssrc), index);
  *size = n;
  return TRUE;
}

/**
 * mb_srtp_unprotect:
 * @data: (array length=size): an SRTP or SRTCP packet, decrypted in place
 * @size: (inout): its size
 *
 * Returns: whether it is authentic, new, and of one of the peer's first %MB_SRTP_MAX_SSRCS sources
 */
gboolean
mb_srtp_unprotect (MbSrtp *self, guint8 *data, gsize *size)
{
  if (*size < MB_RTP_HEADER_SIZE || *size > MB_RTP_MAX_SIZE + MB_SRTP_MAX_TRAILER)
    return FALSE;
  return mb_rtp_is_rtcp (data, *size) ? unprotect_rtcp (self, data, size)
                                      : unprotect_rtp (self, data, size);
}

/* A resend is the same packet: same key stream, same plain text. */
static gboolean
protect_rtp (MbSrtp *self, guint8 *data, gsize *size)
{
  guint32 ssrc = get_32 (data + 8);
  MbSrtpStream *stream = ensure_stream (self->sent, ssrc);
  guint64 index = mb_srtp_stream_guess (stream, get_seq (data));
  gsize header = measure_header (data, *size);
  guint8 round[4];

  put_32 (round, (guint32) (index >> 16));
  if (header == 0 || !apply_cipher (&self->tx, ssrc, index, data + header, *size - header) ||
      !make_tag (&self->tx, data, *size, round, sizeof round, data + *size))
    return FALSE;
  if (mb_srtp_stream_is_new (stream, index))
    mb_srtp_stream_mark (stream, index);
  *size += TAG_SIZE;
  return TRUE;
}

static gboolean
protect_rtcp (MbSrtp *self, guint8 *data, gsize *size)
{
  guint8 *after = data + *size;

  if (self->rtcp_index > RTCP_MAX_INDEX)
    return FALSE;
  put_32 (after, self->rtcp_index | RTCP_ENCRYPTED);
  if (!apply_cipher (&self->tx_rtcp, get_32 (data + 4), self->rtcp_index, data + RTCP_HEADER_SIZE,
          *size - RTCP_HEADER_SIZE) ||
      !make_tag (&self->tx_rtcp, data, *size, after, RTCP_INDEX_SIZE, after + RTCP_INDEX_SIZE))
    return FALSE;
  self->rtcp_index++;
  *size += RTCP_INDEX_SIZE + TAG_SIZE;
  return TRUE;
}

/**
 * mb_srtp_protect:
 * @data: (array length=capacity): an RTP or RTCP packet, encrypted in place
 * @size: (inout): its size
 *
 * Returns: %FALSE where @capacity has no room for %MB_SRTP_MAX_TRAILER more, or the key is used up
 */
gboolean
mb_srtp_protect (MbSrtp *self, guint8 *data, gsize *size, gsize capacity)
{
  gboolean is_rtcp = *size >= RTCP_HEADER_SIZE && mb_rtp_is_rtcp (data, *size);

  if (*size < (is_rtcp ? RTCP_HEADER_SIZE : MB_RTP_HEADER_SIZE) || *size > MB_RTP_MAX_SIZE ||
      capacity < *size + MB_SRTP_MAX_TRAILER)
    return FALSE;
  return is_rtcp ? protect_rtcp (self, data, size) : protect_rtp (self, data, size);
}
