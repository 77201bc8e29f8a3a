/* mb-eio.c: packets and bodies read back as they were built; what is malformed is refused
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-eio.h"

#include <string.h>

#include "mb-error.h"

#define TEXT(literal) literal, sizeof (literal) - 1

typedef struct {
  const char *body;
  gsize length;
  const char *expected; /* (nullable) packets as type:data, '|' between; an error if NULL */
} Body;

static const Body BODIES[] = {
    {TEXT (""), ""},
    {TEXT ("1"), "1:"},
    {TEXT ("2probe"), "2:probe"},
    {TEXT ("4hello\x1e"
           "4€"),
        "4:hello|4:€"},
    {TEXT ("4a\x1e"
           "bAQIDBA==\x1e"
           "4b"),
        "4:a|b:\1\2\3\4|4:b"},
    {TEXT ("b"), "b:"},
    {TEXT ("bYQ=="), "b:a"},
    {TEXT ("bYWI="), "b:ab"},
    {TEXT ("bYWJj"), "b:abc"},
    {TEXT ("6\x1e"
           "5"),
        "6:|5:"},
    {TEXT ("\x1e"), NULL},
    {TEXT ("4a\x1e"), NULL},
    {TEXT ("\x1e"
           "4a"),
        NULL},
    {TEXT ("7"), NULL},
    {TEXT ("/"), NULL},
    {TEXT ("hello"), NULL},
    {TEXT ("4\xff"), NULL},
    {TEXT ("4\xe2\x82\x1e\xac"), NULL},
    {TEXT ("bYQ="), NULL},
    {TEXT ("bYQ"), NULL},
    {TEXT ("bYQ==="), NULL},
    {TEXT ("b===="), NULL},
    {TEXT ("bY==="), NULL},
    {TEXT ("bY Q="), NULL},
    {TEXT ("bYQ-_"), NULL},
    {TEXT ("b=YQ="), NULL},
    {TEXT ("abc"), NULL},
};

static char *
read_body (const char *body, gsize length, GError **error)
{
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) fault = NULL;
  g_autofree char *copy = g_malloc (MAX (length, 1));
  g_auto (MbEioReader) reader;
  MbEioPacket packet;

  memcpy (copy, body, length);
  mb_eio_reader_init (&reader, copy, length);
  while (mb_eio_reader_next (&reader, &packet, &fault)) {
    if (seen->len > 0)
      g_string_append_c (seen, '|');
    g_string_append_c (seen, packet.is_binary ? 'b' : (char) packet.type);
    g_string_append_c (seen, ':');
    g_string_append_len (seen, packet.data, (gssize) packet.length);
  }
  if (fault == NULL)
    return g_strdup (seen->str);
  g_assert_false (mb_eio_reader_next (&reader, &packet, NULL));
  g_propagate_error (error, g_steal_pointer (&fault));
  return NULL;
}

static void
test_bodies (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (BODIES); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *seen = NULL;

    g_test_message ("case %" G_GSIZE_FORMAT, i);
    seen = read_body (BODIES[i].body, BODIES[i].length, &error);
    g_assert_cmpstr (seen, ==, BODIES[i].expected);
    if (seen == NULL)
      g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

/* Stock clients put all into one body that they have to say. */
static void
test_many_packets (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (MbEioReader) reader = {0};
  MbEioPacket packet;
  unsigned int n_packets = 0;

  for (int i = 0; i < 100000; i++)
    mb_eio_append_packet (body, MB_EIO_PONG, NULL, 0);
  mb_eio_reader_init (&reader, body->str, body->len);
  while (mb_eio_reader_next (&reader, &packet, &error))
    n_packets++;

  g_assert_no_error (error);
  g_assert_cmpuint (n_packets, ==, 100000);
}

static void
test_build (void)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *seen = NULL;

  mb_eio_append_packet (body, MB_EIO_NOOP, NULL, 0);
  g_assert_cmpstr (body->str, ==, "6");
  mb_eio_append_packet (body, MB_EIO_MESSAGE, "2[]", 3);
  mb_eio_append_binary (body, "\0\xff", 2);
  g_assert_cmpstr (body->str, ==,
      "6\x1e"
      "42[]\x1e"
      "bAP8=");
  g_assert_cmpuint (body->len, ==,
      2 + mb_eio_get_polling_size (FALSE, 0) + mb_eio_get_polling_size (FALSE, 3) +
          mb_eio_get_polling_size (TRUE, 2));
  seen = read_body (TEXT ("4x"), NULL);
  g_assert_cmpstr (seen, ==, "4:x");
}

static void
test_open (void)
{
  const MbEioOpen open = {
      .sid = "abc",
      .upgrades_to_websocket = TRUE,
      .ping_interval_ms = 300,
      .ping_timeout_ms = 200,
      .max_payload_bytes = 1000000,
  };
  g_autoptr (GString) payload = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  MbEioPacket packet;
  MbEioOpen back;

  mb_eio_append_open (payload, &open);
  g_assert_cmpstr (payload->str, ==,
      "0{\"sid\":\"abc\",\"upgrades\":[\"websocket\"],\"pingInterval\":300,"
      "\"pingTimeout\":200,\"maxPayload\":1000000}");
  g_assert_true (mb_eio_parse_packet (payload->str, payload->len, &packet, &error));
  g_assert_true (mb_eio_parse_open (&packet, &back, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (back.sid, ==, "abc");
  g_assert_true (back.upgrades_to_websocket);
  g_assert_cmpuint (back.ping_interval_ms, ==, 300);
  g_assert_cmpuint (back.ping_timeout_ms, ==, 200);
  g_assert_cmpuint (back.max_payload_bytes, ==, 1000000);
}

static void
test_open_variants (void)
{
  static const char *const BAD[] = {
      "4{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":1}",
      "0",
      "0[]",
      "0{\"pingInterval\":1,\"pingTimeout\":1}",
      "0{\"sid\":\"\",\"pingInterval\":1,\"pingTimeout\":1}",
      "0{\"sid\":\"a\",\"pingInterval\":0,\"pingTimeout\":1}",
      "0{\"sid\":\"a\",\"pingInterval\":1}",
      "0{\"sid\":\"a\",\"pingInterval\":86400001,\"pingTimeout\":1}",
      "0{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":1,\"maxPayload\":\"x\"}",
  };
  MbEioPacket packet;
  MbEioOpen open;

  g_assert_true (mb_eio_parse_packet (
      TEXT ("0{\"sid\":\"a\",\"pingInterval\":25000,\"pingTimeout\":20000,\"new\":{}}"), &packet,
      NULL));
  g_assert_true (mb_eio_parse_open (&packet, &open, NULL));
  g_assert_false (open.upgrades_to_websocket);
  g_assert_cmpuint (open.max_payload_bytes, ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (BAD); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_true (mb_eio_parse_packet (BAD[i], strlen (BAD[i]), &packet, NULL));
    g_assert_false (mb_eio_parse_open (&packet, &open, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_refusals (void)
{
  for (int i = MB_EIO_REFUSAL_UNKNOWN_TRANSPORT; i <= MB_EIO_REFUSAL_UNSUPPORTED_PROTOCOL; i++) {
    g_autofree char *code = g_strdup_printf ("{\"code\":%d,", i);

    g_assert_true (g_str_has_prefix (mb_eio_refusal_get_body (i), code));
    g_assert_cmpuint (
        mb_eio_refusal_get_http_status (i), ==, i == MB_EIO_REFUSAL_FORBIDDEN ? 403 : 400);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/eio/bodies-are-read-or-refused", test_bodies);
  g_test_add_func ("/eio/a-body-holds-any-number-of-packets", test_many_packets);
  g_test_add_func ("/eio/packets-are-built", test_build);
  g_test_add_func ("/eio/open-has-five-keys-and-reads-back", test_open);
  g_test_add_func ("/eio/open-of-other-servers", test_open_variants);
  g_test_add_func ("/eio/refusals-have-their-numbers", test_refusals);
  return g_test_run ();
}
