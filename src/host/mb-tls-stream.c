/* mb-tls-stream.c: the TLS of one connection: what came to plain bytes, plain bytes to what goes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It stands where recv() and sendmsg() stood, and answers like them, so that everything above it has
 * the same limits and deadlines as without it. The handshake is done by the first reads.
 */
#include "mb-tls-stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

/* The longest record (RFC 8446 section 5.1): chunks are put together up to it, for each record costs
 * 22 bytes, a system call and a start of the cipher. */
#define RECORD_BYTES 16384

struct _MbTlsStream {
  MbTls *tls; /* owned */
  SSL *ssl;   /* owned */
  int fd;     /* not owned */
  gboolean is_counted;
  gboolean has_more;
  gboolean wants_to_write;
  gboolean at_end; /* the other side has closed */
};

/* OpenSSL's own socket BIO writes without MSG_NOSIGNAL. */
static int
bio_write (BIO *bio, const char *bytes, int length)
{
  MbTlsStream *self = BIO_get_data (bio);
  gssize written;

  do {
    written = send (self->fd, bytes, (gsize) length, MSG_NOSIGNAL);
  } while (written < 0 && errno == EINTR);
  BIO_clear_retry_flags (bio);
  if (written < 0 && errno == EAGAIN)
    BIO_set_retry_write (bio);
  return (int) written;
}

static int
bio_read (BIO *bio, char *bytes, int size)
{
  MbTlsStream *self = BIO_get_data (bio);
  gssize length;

  do {
    length = recv (self->fd, bytes, (gsize) size, 0);
  } while (length < 0 && errno == EINTR);
  BIO_clear_retry_flags (bio);
  if (length < 0 && errno == EAGAIN)
    BIO_set_retry_read (bio);
  if (length == 0)
    self->at_end = TRUE;
  return (int) length;
}

static long
bio_control (BIO *bio, int command, long number, void *pointer)
{
  MbTlsStream *self = BIO_get_data (bio);

  if (command == BIO_CTRL_EOF)
    return self->at_end;
  return command == BIO_CTRL_FLUSH;
}

static BIO *
make_bio (MbTlsStream *self)
{
  static BIO_METHOD *method = NULL;
  BIO *bio = NULL;

  if (method == NULL) {
    method = BIO_meth_new (BIO_get_new_index () | BIO_TYPE_SOURCE_SINK, "meshbot");
    BIO_meth_set_write (method, bio_write);
    BIO_meth_set_read (method, bio_read);
    BIO_meth_set_ctrl (method, bio_control);
  }
  bio = BIO_new (method);
  BIO_set_data (bio, self);
  BIO_set_init (bio, 1);
  return bio;
}

/**
 * mb_tls_stream_new:
 * @fd: a connected socket, non-blocking; outlives it
 */
MbTlsStream *
mb_tls_stream_new (MbTls *tls, int fd)
{
  MbTlsStream *self = g_new0 (MbTlsStream, 1);
  BIO *bio = make_bio (self);

  self->tls = mb_tls_ref (tls);
  self->fd = fd;
  self->ssl = SSL_new (mb_tls_get_context (tls));
  SSL_set_bio (self->ssl, bio, bio);
  SSL_set_accept_state (self->ssl);
  /* One call for a record's head and body. */
  SSL_set_read_ahead (self->ssl, 1);
  return self;
}

static void
count_handshake (MbTlsStream *self, gboolean has_succeeded)
{
  if (self->is_counted)
    return;
  self->is_counted = TRUE;
  mb_tls_count_handshake (self->tls, has_succeeded);
}

void
mb_tls_stream_free (MbTlsStream *self)
{
  count_handshake (self, FALSE);
  SSL_free (self->ssl);
  mb_tls_unref (self->tls);
  g_free (self);
}

/* Somebody wrote http:// where https:// belongs; no key has been agreed on that could be harmed. */
static void
answer_plainly (MbTlsStream *self)
{
  static const char ANSWER[] = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 34\r\nConnection: close\r\n\r\n"
                               "this port speaks TLS: use https://";

  if (send (self->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0)
    g_debug ("the hint to use https could not be sent");
}

/* What SSL_read() and SSL_write() have to say, as recv() and sendmsg() would say it. */
static gssize
explain (MbTlsStream *self, int result)
{
  switch (SSL_get_error (self->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    errno = EAGAIN;
    return -1;
  case SSL_ERROR_WANT_WRITE:
    errno = EAGAIN;
    return -1;
  case SSL_ERROR_ZERO_RETURN:
    return 0;
  default:
    break;
  }
  if (self->at_end)
    return 0;
  if (ERR_GET_REASON (ERR_peek_error ()) == SSL_R_HTTP_REQUEST && !self->is_counted)
    answer_plainly (self);
  g_debug ("TLS: %s", ERR_reason_error_string (ERR_peek_error ()) != NULL
                          ? ERR_reason_error_string (ERR_peek_error ())
                          : g_strerror (errno));
  errno = EPROTO;
  return -1;
}

/**
 * mb_tls_stream_read:
 *
 * Returns: as recv(): how many bytes came, 0 at the end, -1 with errno, which is EAGAIN where nothing
 *   has come
 */
gssize
mb_tls_stream_read (MbTlsStream *self, guint8 *bytes, gsize size)
{
  gsize length = 0;
  int result = 1;

  ERR_clear_error ();
  self->wants_to_write = FALSE;
  self->has_more = FALSE;
  while (length < size) {
    result = SSL_read (self->ssl, bytes + length, (int) (size - length));
    if (result <= 0)
      break;
    length += (gsize) result;
  }
  if (SSL_is_init_finished (self->ssl))
    count_handshake (self, TRUE);
  if (result <= 0) {
    gssize failure = explain (self, result);

    self->wants_to_write = SSL_want_write (self->ssl);
    if (length == 0)
      return failure;
    /* An end or a fault is met again by the next read, of which the socket would not tell. */
    self->has_more = failure == 0 || errno != EAGAIN;
    return (gssize) length;
  }
  self->has_more = TRUE;
  return (gssize) length;
}

/**
 * mb_tls_stream_write:
 * @chunks: where -1 with EAGAIN was returned, they begin with the same bytes the next time
 *
 * Returns: as sendmsg(): how many bytes are on their way; -1 with errno
 */
gssize
mb_tls_stream_write (MbTlsStream *self, const struct iovec *chunks, unsigned int n_chunks)
{
  guint8 record[RECORD_BYTES];
  const void *bytes = chunks[0].iov_base;
  gsize length = chunks[0].iov_len;
  int result;

  if (n_chunks > 1 && length < sizeof record) {
    length = 0;
    for (unsigned int i = 0; i < n_chunks && length < sizeof record; i++) {
      gsize part = MIN (chunks[i].iov_len, sizeof record - length);

      memcpy (record + length, chunks[i].iov_base, part);
      length += part;
    }
    bytes = record;
  }
  ERR_clear_error ();
  result = SSL_write (self->ssl, bytes, (int) MIN (length, G_MAXINT));
  if (result > 0)
    return result;
  result = (int) explain (self, result);
  if (result == 0)
    errno = EPIPE;
  return -1;
}

/**
 * mb_tls_stream_shut_down:
 *
 * Says that nothing more comes, where that can be said at once.
 */
void
mb_tls_stream_shut_down (MbTlsStream *self)
{
  ERR_clear_error ();
  if (SSL_is_init_finished (self->ssl))
    SSL_shutdown (self->ssl);
}

/**
 * mb_tls_stream_has_more:
 *
 * Returns: whether there is to be another read without a word from the socket: the last one filled its
 *   buffer, and the rest may be in here already
 */
gboolean
mb_tls_stream_has_more (MbTlsStream *self)
{
  return self->has_more;
}

/**
 * mb_tls_stream_wants_to_write:
 *
 * Returns: whether the last read could not go on before the socket takes more
 */
gboolean
mb_tls_stream_wants_to_write (MbTlsStream *self)
{
  return self->wants_to_write;
}
