/* mb-sio.c: packets are read as stock clients mean them; attachments arrive with their event
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sio.h"

#include <string.h>

#include "mb-error.h"

#define DEPTH 16

typedef struct {
  const char *text;
  MbSioType type;
  unsigned int n_attachments;
  const char *nsp;
  gint64 ack_id;
  const char *payload; /* (nullable) */
} Good;

static const Good GOOD[] = {
    {"0", MB_SIO_CONNECT, 0, "/", MB_SIO_NO_ACK, NULL},
    {"0{\"token\":\"x\"}", MB_SIO_CONNECT, 0, "/", MB_SIO_NO_ACK, "{\"token\":\"x\"}"},
    {"0/admin,{}", MB_SIO_CONNECT, 0, "/admin", MB_SIO_NO_ACK, "{}"},
    {"0/admin,", MB_SIO_CONNECT, 0, "/admin", MB_SIO_NO_ACK, NULL},
    {"0/admin", MB_SIO_CONNECT, 0, "/admin", MB_SIO_NO_ACK, NULL},
    {"1", MB_SIO_DISCONNECT, 0, "/", MB_SIO_NO_ACK, NULL},
    {"1/admin,", MB_SIO_DISCONNECT, 0, "/admin", MB_SIO_NO_ACK, NULL},
    {"2[\"a\"]", MB_SIO_EVENT, 0, "/", MB_SIO_NO_ACK, "[\"a\"]"},
    {"2[0,1]", MB_SIO_EVENT, 0, "/", MB_SIO_NO_ACK, "[0,1]"},
    {"212[\"a\",{}]", MB_SIO_EVENT, 0, "/", 12, "[\"a\",{}]"},
    {"2/admin,0[\"a\"]", MB_SIO_EVENT, 0, "/admin", 0, "[\"a\"]"},
    {"29007199254740991[\"a\"]", MB_SIO_EVENT, 0, "/", 9007199254740991, "[\"a\"]"},
    {"33[]", MB_SIO_ACK, 0, "/", 3, "[]"},
    {"3/admin,3[{\"ok\":true}]", MB_SIO_ACK, 0, "/admin", 3, "[{\"ok\":true}]"},
    {"4\"no\"", MB_SIO_CONNECT_ERROR, 0, "/", MB_SIO_NO_ACK, "\"no\""},
    {"4/random,{\"message\":\"Invalid namespace\"}", MB_SIO_CONNECT_ERROR, 0, "/random",
        MB_SIO_NO_ACK, "{\"message\":\"Invalid namespace\"}"},
    {"51-[\"a\",{\"_placeholder\":true,\"num\":0}]", MB_SIO_BINARY_EVENT, 1, "/", MB_SIO_NO_ACK,
        "[\"a\",{\"_placeholder\":true,\"num\":0}]"},
    {"510-/b,7[\"a\"]", MB_SIO_BINARY_EVENT, 10, "/b", 7, "[\"a\"]"},
    {"50-[\"a\"]", MB_SIO_BINARY_EVENT, 0, "/", MB_SIO_NO_ACK, "[\"a\"]"},
    {"61-4[1]", MB_SIO_BINARY_ACK, 1, "/", 4, "[1]"},
};

static const char *const BAD[] = {
    "",
    "7",
    "x",
    "0[]",
    "0\"a\"",
    "0null",
    "0{",
    "1{}",
    "2",
    "2{}",
    "2[]",
    "2[null]",
    "2[{}]",
    "2[\"connect\"]",
    "2[\"disconnecting\",1]",
    "2[\"dis\\u0063onnect\"]",
    "2[\"a\"",
    "2[\"a\"]x",
    "2-1[\"a\"]",
    "29007199254740992[\"a\"]",
    "299999999999999999999999999999[\"a\"]",
    "2admin,[\"a\"]",
    "3[]",
    "33",
    "33{}",
    "4",
    "4[]",
    "41",
    "5[\"a\"]",
    "51[\"a\"]",
    "5-[\"a\"]",
    "511-[\"a\"]",
    "599999999999999999999-[\"a\"]",
    "61-[1]",
    "2[\"a\",[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
};

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (GOOD); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *nsp = NULL;
    g_autofree char *payload = NULL;
    MbSioPacket packet;

    mb_sio_parse (GOOD[i].text, strlen (GOOD[i].text), DEPTH, &packet, &error);
    g_assert_no_error (error);
    nsp = g_strndup (packet.nsp.text, packet.nsp.length);
    payload =
        packet.payload.text != NULL ? g_strndup (packet.payload.text, packet.payload.length) : NULL;
    g_assert_cmpint (packet.type, ==, GOOD[i].type);
    g_assert_cmpuint (packet.n_attachments, ==, GOOD[i].n_attachments);
    g_assert_cmpstr (nsp, ==, GOOD[i].nsp);
    g_assert_true (mb_sio_packet_is_in (&packet, GOOD[i].nsp));
    g_assert_cmpint (packet.ack_id, ==, GOOD[i].ack_id);
    g_assert_cmpstr (payload, ==, GOOD[i].payload);
  }
}

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (BAD); i++) {
    g_autoptr (GError) error = NULL;
    MbSioPacket packet;

    g_test_message ("%s", BAD[i]);
    g_assert_false (mb_sio_parse (BAD[i], strlen (BAD[i]), DEPTH, &packet, &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_namespace_length (void)
{
  for (int extra = 0; extra <= 1; extra++) {
    g_autofree char *name = g_strnfill (MB_SIO_NAMESPACE_MAX - 1 + extra, 'n');
    g_autofree char *text = g_strdup_printf ("0/%s,", name);
    MbSioPacket packet;

    g_assert_cmpint (mb_sio_parse (text, strlen (text), DEPTH, &packet, NULL), ==, extra == 0);
  }
}

/* What was built from the parts of a packet is that packet again. */
static void
test_build (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (GOOD); i++) {
    g_autoptr (GString) out = g_string_new (NULL);
    const Good *good = &GOOD[i];

    mb_sio_append_header (out, good->type, good->n_attachments, good->nsp, good->ack_id);
    if (good->payload != NULL)
      g_string_append (out, good->payload);
    if (strcmp (good->text, "0/admin") == 0)
      g_assert_cmpstr (out->str, ==, "0/admin,");
    else
      g_assert_cmpstr (out->str, ==, good->text);
  }
}

static void
test_attachments (void)
{
  const char *text = "52-/b,[\"signal\",{\"data\":[{\"_placeholder\":true,\"num\":1},"
                     "{\"num\":0,\"_placeholder\":true}]}]";
  g_autoptr (MbSioDecoder) decoder = mb_sio_decoder_new (DEPTH, 1000);
  g_autofree char *copy = g_strdup (text);
  g_autoptr (GError) error = NULL;
  MbSioPacket packet;
  GPtrArray *attachments = NULL;

  g_assert_cmpint (
      mb_sio_decoder_take_text (decoder, copy, strlen (copy), &packet, &attachments, &error), ==,
      MB_SIO_MORE);
  memset (copy, 'x', strlen (copy));
  g_assert_cmpint (mb_sio_decoder_take_binary (decoder, "one", 3, &packet, &attachments, &error),
      ==, MB_SIO_MORE);
  g_assert_null (attachments);
  g_assert_cmpint (mb_sio_decoder_take_binary (decoder, "", 0, &packet, &attachments, &error), ==,
      MB_SIO_PACKET);
  g_assert_no_error (error);
  g_assert_true (mb_sio_packet_is_in (&packet, "/b"));
  g_assert_cmpmem (packet.payload.text, packet.payload.length, text + 6, strlen (text) - 6);
  g_assert_cmpuint (attachments->len, ==, 2);
  g_assert_cmpuint (g_bytes_get_size (attachments->pdata[0]), ==, 3);

  g_assert_cmpint (mb_sio_decoder_take_text (decoder, "2[\"a\"]", 6, &packet, &attachments, &error),
      ==, MB_SIO_PACKET);
  g_assert_null (attachments);
}

static void
test_out_of_turn (void)
{
  g_autoptr (MbSioDecoder) decoder = mb_sio_decoder_new (DEPTH, 1000);
  g_autoptr (GError) early = NULL;
  g_autoptr (GError) late = NULL;
  MbSioPacket packet;
  GPtrArray *attachments = NULL;

  g_assert_cmpint (mb_sio_decoder_take_binary (decoder, "x", 1, &packet, &attachments, &early), ==,
      MB_SIO_FAILED);
  g_assert_error (early, MB_ERROR, MB_ERROR_BAD_REQUEST);
  g_assert_cmpint (mb_sio_decoder_take_text (decoder, "51-[\"a\"]", 8, &packet, &attachments, NULL),
      ==, MB_SIO_MORE);
  g_assert_cmpint (mb_sio_decoder_take_text (decoder, "2[\"a\"]", 6, &packet, &attachments, &late),
      ==, MB_SIO_FAILED);
  g_assert_error (late, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

static void
test_size (void)
{
  for (int extra = 0; extra <= 1; extra++) {
    g_autoptr (MbSioDecoder) decoder = mb_sio_decoder_new (DEPTH, 20);
    g_autoptr (GError) error = NULL;
    g_autofree char *blob = g_strnfill (12 + (gsize) extra, 'x');
    MbSioPacket packet;
    GPtrArray *attachments = NULL;
    MbSioResult result;

    g_assert_cmpint (
        mb_sio_decoder_take_text (decoder, "51-[\"a\"]", 8, &packet, &attachments, NULL), ==,
        MB_SIO_MORE);
    result =
        mb_sio_decoder_take_binary (decoder, blob, strlen (blob), &packet, &attachments, &error);
    g_assert_cmpint (result, ==, extra == 0 ? MB_SIO_PACKET : MB_SIO_FAILED);
    if (extra != 0)
      g_assert_error (error, MB_ERROR, MB_ERROR_TOO_LARGE);
  }
}

typedef struct {
  const char *payload;
  unsigned int n_attachments;
  gboolean good;
} Placeholder;

static const Placeholder PLACEHOLDERS[] = {
    {"[\"a\",1,\"_placeholder\"]", 0, TRUE},
    {"[\"a\",{\"_placeholder\":true,\"num\":0}]", 1, TRUE},
    {"[\"a\",{\"num\" : 9 ,\"_placeholder\" : true }]", 10, TRUE},
    {"[\"a\",{\"_placeholder\":false,\"num\":7}]", 1, TRUE},
    {"[\"a\",{\"_placeholder\":1,\"num\":7}]", 1, TRUE},
    {"[\"a\",{\"_placeholder\":\"true\"}]", 1, TRUE},
    {"[\"a\",{\"_placeholder\":true,\"_placeholder\":false}]", 1, TRUE},
    {"[\"a\",{\"_placeholder\":{\"num\":3},\"x\":true}]", 1, TRUE},
    {"[\"a\",{\"num\":\"_placeholder\"}]", 1, TRUE},
    {"[\"a\",{\"_placeholder\":true,\"num\":1}]", 1, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":0}]", 0, FALSE},
    {"[\"a\",{\"_placeholder\":true}]", 1, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":-1}]", 1, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":0.5}]", 2, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":0e1}]", 2, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]", 1, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"num\":null}]", 1, FALSE},
    {"[\"a\",{\"num\":0,\"_placeholder\":true,\"num\":5}]", 1, FALSE},
    {"[\"a\",{\"_pl\\u0061ceholder\":true,\"num\":5}]", 1, FALSE},
    {"[\"a\",{\"x\":[[{\"_placeholder\":true,\"num\":5}]]}]", 1, FALSE},
    {"[\"a\",{\"_placeholder\":true,\"x\":{\"num\":0}}]", 1, FALSE},
};

static void
test_placeholders (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (PLACEHOLDERS); i++) {
    const char *payload = PLACEHOLDERS[i].payload;

    g_test_message ("%s", payload);
    g_assert_cmpint (mb_sio_check_placeholders ((MbJsonSpan){payload, strlen (payload)},
                         PLACEHOLDERS[i].n_attachments, NULL),
        ==, PLACEHOLDERS[i].good);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sio/packets-are-read", test_good);
  g_test_add_func ("/sio/malformed-packets-are-refused", test_bad);
  g_test_add_func ("/sio/namespace-at-the-limit-and-one-over", test_namespace_length);
  g_test_add_func ("/sio/packets-are-built", test_build);
  g_test_add_func ("/sio/attachments-come-with-their-event", test_attachments);
  g_test_add_func ("/sio/out-of-turn-is-refused", test_out_of_turn);
  g_test_add_func ("/sio/size-at-the-limit-and-one-over", test_size);
  g_test_add_func ("/sio/placeholders-have-their-attachment", test_placeholders);
  return g_test_run ();
}
