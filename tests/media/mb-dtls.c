/* mb-dtls.c: both ends agree on keys and see each other's certificate, over a path that loses
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-dtls.h"

#include <string.h>

#include "mb-fingerprint.h"
#include "mb-srtp.h"

typedef struct _End End;

struct _End {
  MbDtls *dtls;
  GQueue out; /* (element-type GBytes) */
  unsigned int n_sent;
  char *pem; /* (nullable) */
  GString *received;
  unsigned int n_ends;
  char *why; /* (nullable) */
};

typedef struct {
  End client, server;
} Fixture;

static void
on_send (gpointer user_data, const guint8 *data, gsize size)
{
  End *self = user_data;

  g_assert_cmpuint (size, <=, 1200);
  self->n_sent++;
  g_queue_push_tail (&self->out, g_bytes_new (data, size));
}

static void
on_ready (gpointer user_data, const char *pem)
{
  ((End *) user_data)->pem = g_strdup (pem);
}

static void
on_receive (gpointer user_data, const guint8 *data, gsize size)
{
  g_string_append_len (((End *) user_data)->received, (const char *) data, (gssize) size);
}

static void
on_end (gpointer user_data, const char *why)
{
  End *self = user_data;

  self->n_ends++;
  self->why = g_strdup (why);
}

static void
end_init (End *self, gboolean is_client)
{
  static const MbDtlsEvents events = {on_send, on_ready, on_receive, on_end};

  g_queue_init (&self->out);
  self->received = g_string_new (NULL);
  self->dtls = mb_dtls_new (&events, self, is_client);
}

static void
end_clear (End *self)
{
  mb_dtls_free (self->dtls);
  g_queue_clear_full (&self->out, (GDestroyNotify) g_bytes_unref);
  g_string_free (self->received, TRUE);
  g_free (self->pem);
  g_free (self->why);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  end_init (&self->client, TRUE);
  end_init (&self->server, FALSE);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  end_clear (&self->client);
  end_clear (&self->server);
}

static void
carry (End *from, End *to)
{
  GBytes *bytes;

  while ((bytes = g_queue_pop_head (&from->out)) != NULL) {
    gsize size = 0;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    mb_dtls_take (to->dtls, data, size);
    g_bytes_unref (bytes);
  }
}

static void
run (Fixture *self)
{
  while (!g_queue_is_empty (&self->client.out) || !g_queue_is_empty (&self->server.out)) {
    carry (&self->client, &self->server);
    carry (&self->server, &self->client);
  }
}

static void
shake_hands (Fixture *self)
{
  mb_dtls_start (self->client.dtls);
  run (self);
}

static void
test_handshake (Fixture *self, gconstpointer data)
{
  guint8 keys[4][MB_SRTP_KEY_SIZE];
  MbFingerprint ours;

  g_assert_false (mb_dtls_send (self->client.dtls, (const guint8 *) "early", 5));
  shake_hands (self);
  g_assert_true (mb_fingerprint_parse (&ours, "sha-256", mb_dtls_get_fingerprint (), NULL));
  g_assert_true (mb_fingerprint_matches (&ours, self->client.pem));
  g_assert_true (mb_fingerprint_matches (&ours, self->server.pem));
  g_assert_true (mb_dtls_get_srtp_keys (self->client.dtls, keys[0], keys[1]));
  g_assert_true (mb_dtls_get_srtp_keys (self->server.dtls, keys[2], keys[3]));
  g_assert_cmpmem (keys[0], sizeof keys[0], keys[3], sizeof keys[3]);
  g_assert_cmpmem (keys[1], sizeof keys[1], keys[2], sizeof keys[2]);
  g_assert_cmpint (memcmp (keys[0], keys[1], sizeof keys[0]), !=, 0);
}

static void
test_data (Fixture *self, gconstpointer data)
{
  shake_hands (self);
  g_assert_true (mb_dtls_send (self->client.dtls, (const guint8 *) "there", 5));
  g_assert_true (mb_dtls_send (self->server.dtls, (const guint8 *) "back", 4));
  run (self);
  g_assert_cmpstr (self->server.received->str, ==, "there");
  g_assert_cmpstr (self->client.received->str, ==, "back");
}

static void
test_loss (Fixture *self, gconstpointer data)
{
  gint64 end_us = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  mb_dtls_start (self->client.dtls);
  g_bytes_unref (g_queue_pop_head (&self->client.out));
  while (self->client.pem == NULL && g_get_monotonic_time () < end_us) {
    g_usleep (20000);
    mb_dtls_tick (self->client.dtls);
    mb_dtls_tick (self->server.dtls);
    run (self);
  }
  g_assert_nonnull (self->client.pem);
  g_assert_nonnull (self->server.pem);
}

static void
test_close (Fixture *self, gconstpointer data)
{
  shake_hands (self);
  mb_dtls_close (self->client.dtls);
  run (self);
  g_assert_cmpuint (self->server.n_ends, ==, 1);
  g_assert_null (self->server.why);
  g_assert_false (mb_dtls_send (self->client.dtls, (const guint8 *) "late", 4));
}

/* Records cut short before the handshake, and any after it, are passed over. */
static void
test_noise (Fixture *self, gconstpointer data)
{
  static const guint8 noise[] = {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 3, 1, 2, 3};

  for (gsize i = 1; i < sizeof noise; i++)
    mb_dtls_take (self->server.dtls, noise, i);
  shake_hands (self);
  g_assert_nonnull (self->server.pem);
  for (gsize i = 1; i <= sizeof noise; i++)
    mb_dtls_take (self->server.dtls, noise, i);
  mb_dtls_send (self->client.dtls, (const guint8 *) "there", 5);
  run (self);
  g_assert_cmpstr (self->server.received->str, ==, "there");
  g_assert_cmpuint (self->server.n_ends, ==, 0);
}

#define ADD(path, func) g_test_add ("/dtls/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("both-ends-agree-on-keys", test_handshake);
  ADD ("data-passes-both-ways", test_data);
  ADD ("a-lost-hello-is-said-again", test_loss);
  ADD ("a-close-is-heard", test_close);
  ADD ("noise-does-no-harm", test_noise);
  return g_test_run ();
}
