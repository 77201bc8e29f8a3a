/* mb-tls.c: a certificate and its key for callers, read again when their files change
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections keep the context they began with; a new certificate is for new ones. Files are looked at
 * by their times and not by inotify: what certbot replaces is a symbolic link, what an orchestrator
 * replaces is the folder above it, and a look is two calls of stat() that follow both.
 */
#include "mb-tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "mb-error.h"

#define LOOK_MS 2000
/* TLS 1.2 with forward secrecy and authenticated encryption only; 1.3 has no others. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS "X25519:P-256:P-384"

/* What tells one state of a file from another; all zero where there is none. */
typedef struct {
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec modified;
} Stamp;

typedef struct {
  Stamp certificate;
  Stamp key;
} Stamps;

struct _MbTls {
  MbReactor *reactor;     /* not owned */
  char *certificate_path; /* owned */
  char *key_path;         /* owned */
  SSL_CTX *context;       /* owned */
  MbTimer look;
  Stamps loaded;        /* what was read last, with or without success */
  Stamps seen;          /* at the last look */
  MbMetric *handshakes; /* not owned, like the others */
  MbMetric *failures;
  MbMetric *not_after;
  MbMetric *reloads;
  MbMetric *failed_reloads;
};

static Stamp
stamp_file (const char *path)
{
  Stamp stamp;
  struct stat about;

  memset (&stamp, 0, sizeof stamp);
  if (stat (path, &about) != 0)
    return stamp;
  stamp.device = about.st_dev;
  stamp.inode = about.st_ino;
  stamp.size = about.st_size;
  stamp.modified = about.st_mtim;
  return stamp;
}

static Stamps
stamp_files (MbTls *self)
{
  Stamps stamps;

  memset (&stamps, 0, sizeof stamps);
  stamps.certificate = stamp_file (self->certificate_path);
  stamps.key = stamp_file (self->key_path);
  return stamps;
}

/* OpenSSL would ask on the terminal. */
static int
refuse_password (char *buffer, int size, int is_writing, void *user_data)
{
  return -1;
}

/* Browsers offer h2 first; a client that offers no HTTP/1.1 meant something else (RFC 7301). */
static int
choose_protocol (SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
    const unsigned char *offered, unsigned int offered_length, void *user_data)
{
  static const unsigned char OURS[] = "\x08http/1.1";
  unsigned char *found = NULL;

  if (SSL_select_next_proto (&found, chosen_length, OURS, sizeof OURS - 1, offered,
          offered_length) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
make_context (void)
{
  SSL_CTX *context = SSL_CTX_new (TLS_server_method ());

  SSL_CTX_set_min_proto_version (context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list (context, CIPHERS);
  SSL_CTX_set1_groups_list (context, GROUPS);
  SSL_CTX_set_options (context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                    SSL_OP_IGNORE_UNEXPECTED_EOF);
  /* Buffers of idle connections are given back: they are most of what a connection costs. */
  SSL_CTX_set_mode (context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  /* Clients come back by tickets, which cost the host nothing to remember. */
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets (context, 1);
  SSL_CTX_set_alpn_select_cb (context, choose_protocol, NULL);
  SSL_CTX_set_default_passwd_cb (context, refuse_password);
  return context;
}

static void
set_error (GError **error, const char *path, const char *what)
{
  unsigned long code = ERR_peek_error ();
  const char *reason = ERR_reason_error_string (code);

  if (ERR_SYSTEM_ERROR (code))
    g_set_error (
        error, MB_ERROR, MB_ERROR_USAGE, "%s: %s", path, g_strerror (ERR_GET_REASON (code)));
  else
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "%s: %s (%s)", path, what,
        reason != NULL ? reason : "it cannot be read");
  ERR_clear_error ();
}

static void
warn_of_open_key (MbTls *self)
{
  struct stat about;

  if (stat (self->key_path, &about) == 0 && S_ISREG (about.st_mode) &&
      (about.st_mode & S_IROTH) != 0)
    g_warning ("%s: everybody on this machine can read this key (chmod 640)", self->key_path);
}

static void
tell_end (MbTls *self, SSL_CTX *context)
{
  const ASN1_TIME *end = X509_get0_notAfter (SSL_CTX_get0_certificate (context));
  struct tm fields;
  gint64 end_s = 0;

  if (ASN1_TIME_to_tm (end, &fields) == 1)
    end_s = timegm (&fields);
  mb_metric_set (self->not_after, end_s);
  if (end_s <= g_get_real_time () / G_USEC_PER_SEC)
    g_warning (
        "%s: the certificate has expired, clients will not trust it", self->certificate_path);
}

/**
 * mb_tls_reload:
 *
 * Reads both files again. Where that fails, what was there stays.
 *
 * Returns: %FALSE with %MB_ERROR_USAGE naming the file
 */
gboolean
mb_tls_reload (MbTls *self, GError **error)
{
  SSL_CTX *context = make_context ();
  gboolean good = FALSE;

  self->loaded = self->seen = stamp_files (self);
  ERR_clear_error ();
  if (SSL_CTX_use_certificate_chain_file (context, self->certificate_path) != 1)
    set_error (error, self->certificate_path, "there is no certificate in PEM form in it");
  else if (SSL_CTX_use_PrivateKey_file (context, self->key_path, SSL_FILETYPE_PEM) != 1)
    set_error (error, self->key_path, "there is no key of that certificate in it");
  else if (SSL_CTX_check_private_key (context) != 1)
    set_error (error, self->key_path, "this is the key of another certificate");
  else
    good = TRUE;
  if (!good) {
    SSL_CTX_free (context);
    return FALSE;
  }
  tell_end (self, context);
  warn_of_open_key (self);
  g_clear_pointer (&self->context, SSL_CTX_free);
  self->context = context;
  return TRUE;
}

/* The two files are not replaced in one instant: what has changed is read once it stays as it is. */
static void
on_look (gpointer data)
{
  MbTls *self = data;
  Stamps now = stamp_files (self);
  gboolean is_settled = memcmp (&now, &self->seen, sizeof now) == 0;
  g_autoptr (GError) error = NULL;

  mb_reactor_arm_in (self->reactor, &self->look, LOOK_MS);
  self->seen = now;
  if (!is_settled || memcmp (&now, &self->loaded, sizeof now) == 0)
    return;
  if (mb_tls_reload (self, &error)) {
    mb_metric_add (self->reloads, 1);
    g_message ("%s: the certificate has changed and is used from now on", self->certificate_path);
  } else {
    mb_metric_add (self->failed_reloads, 1);
    g_critical ("the changed certificate is not used, the one before it stays: %s", error->message);
  }
}

static void
make_metrics (MbTls *self, MbMetrics *metrics)
{
  static const char HANDSHAKES[] = "TLS handshakes, by whether they came to their end.";
  static const char RELOADS[] = "Certificates whose files had changed, by whether they were used.";

  self->handshakes = mb_metrics_counter (
      metrics, "meshbot_tls_handshakes_total", HANDSHAKES, "result", "ok", NULL);
  self->failures = mb_metrics_counter (
      metrics, "meshbot_tls_handshakes_total", HANDSHAKES, "result", "failed", NULL);
  self->reloads =
      mb_metrics_counter (metrics, "meshbot_tls_reloads_total", RELOADS, "result", "ok", NULL);
  self->failed_reloads =
      mb_metrics_counter (metrics, "meshbot_tls_reloads_total", RELOADS, "result", "failed", NULL);
  self->not_after = mb_metrics_gauge (metrics, "meshbot_tls_certificate_not_after_seconds",
      "When the certificate in use expires, since 1970.", NULL);
}

/**
 * mb_tls_new:
 * @certificate_path: PEM, the certificates that lead to a known one behind it
 * @key_path: PEM, without a password
 *
 * Returns: (transfer full): the host's side of TLS, to be ended with mb_tls_close(); or %NULL with %MB_ERROR_USAGE naming the file
 */
MbTls *
mb_tls_new (MbReactor *reactor, MbMetrics *metrics, const char *certificate_path,
    const char *key_path, GError **error)
{
  g_autoptr (MbTls) self = g_rc_box_new0 (MbTls);

  self->reactor = reactor;
  self->certificate_path = g_strdup (certificate_path);
  self->key_path = g_strdup (key_path);
  mb_timer_init (&self->look, on_look, self);
  make_metrics (self, metrics);
  if (!mb_tls_reload (self, error))
    return NULL;
  mb_reactor_arm_in (reactor, &self->look, LOOK_MS);
  return g_steal_pointer (&self);
}

static void
tls_clear (gpointer data)
{
  MbTls *self = data;

  g_clear_pointer (&self->context, SSL_CTX_free);
  g_free (self->certificate_path);
  g_free (self->key_path);
}

MbTls *
mb_tls_ref (MbTls *self)
{
  return g_rc_box_acquire (self);
}

void
mb_tls_unref (MbTls *self)
{
  g_rc_box_release_full (self, tls_clear);
}

/**
 * mb_tls_close:
 *
 * (transfer full): looks at the files no more. Connections that linger have references of their own.
 */
void
mb_tls_close (MbTls *self)
{
  mb_reactor_disarm (self->reactor, &self->look);
  mb_tls_unref (self);
}

/**
 * mb_tls_get_context:
 *
 * Returns: (transfer none): for connections that begin now
 */
SSL_CTX *
mb_tls_get_context (MbTls *self)
{
  return self->context;
}

void
mb_tls_count_handshake (MbTls *self, gboolean has_succeeded)
{
  mb_metric_add (has_succeeded ? self->handshakes : self->failures, 1);
}
