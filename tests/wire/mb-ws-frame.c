/* mb-ws-frame.c: messages come out whole however their bytes are cut; breaches have their codes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-ws-frame.h"

#include <string.h>

#include "mb-error.h"

#define LIMIT 300
#define BYTES(literal) literal, sizeof (literal) - 1

static const guint8 KEY[4] = {0x37, 0xfa, 0x21, 0x3d};

/* Feeds in pieces of @step bytes and writes down what comes out: "opcode:payload|", then "!code". */
static char *
run (MbWsSide side, gsize limit, const void *bytes, gsize length, gsize step)
{
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (side, limit);
  g_autoptr (GString) seen = g_string_new (NULL);

  for (gsize at = 0; at < length; at += step) {
    gsize n_piece = MIN (step, length - at);
    g_autofree guint8 *piece = g_memdup2 ((const guint8 *) bytes + at, n_piece);
    g_autoptr (GError) error = NULL;
    MbWsMessage message;
    MbWsResult result;
    guint16 code = 0;

    mb_ws_parser_feed (parser, piece, n_piece);
    while ((result = mb_ws_parser_next (parser, &message, &code, &error)) == MB_WS_MESSAGE) {
      g_string_append_printf (seen, "%x:", (unsigned int) message.opcode);
      g_string_append_len (seen, (const char *) message.data, (gssize) message.length);
      g_string_append_c (seen, '|');
    }
    if (result == MB_WS_FAILED) {
      int expected = code == MB_WS_CLOSE_TOO_LARGE ? MB_ERROR_TOO_LARGE : MB_ERROR_BAD_REQUEST;

      g_assert_error (error, MB_ERROR, expected);
      g_string_append_printf (seen, "!%u", code);
    }
  }
  return g_string_free (g_steal_pointer (&seen), FALSE);
}

typedef struct {
  const char *bytes;
  gsize length;
  const char *seen;
} Case;

/* From a server: not masked, so that the bytes can be read here. */
static const Case FROM_SERVER[] = {
    {BYTES ("\x81\x05Hello"), "1:Hello|"},
    {BYTES ("\x82\x00"), "2:|"},
    {BYTES ("\x81\x00\x81\x01x"), "1:|1:x|"},
    {BYTES ("\x01\x03Hel\x80\x02lo"), "1:Hello|"},
    {BYTES ("\x01\x03Hel\x89\x01p\x00\x00\x8a\x00\x80\x02lo\x89\x00"), "9:p|a:|1:Hello|9:|"},
    {BYTES ("\x02\x00\x80\x00"), "2:|"},
    {BYTES ("\x01\x02\xe2\x82\x80\x01\xac"), "1:€|"},
    {BYTES ("\x88\x00\x81\x01x"), "8:|"},
    {BYTES ("\x88\x04\x0f\xa0ok"), "8:\x0f\xa0ok|"},
    {BYTES ("\xc1\x00"), "!1002"},
    {BYTES ("\xa1\x00"), "!1002"},
    {BYTES ("\x91\x00"), "!1002"},
    {BYTES ("\x83\x00"), "!1002"},
    {BYTES ("\x87\x00"), "!1002"},
    {BYTES ("\x8b\x00"), "!1002"},
    {BYTES ("\x8f\x00"), "!1002"},
    {BYTES ("\x81\x80\x01\x02\x03\x04"), "!1002"},
    {BYTES ("\x09\x00"), "!1002"},
    {BYTES ("\x89\x7e"), "!1002"},
    {BYTES ("\x89\x7e\x00\x7e"), "!1002"},
    {BYTES ("\x80\x00"), "!1002"},
    {BYTES ("\x01\x00\x81\x00"), "!1002"},
    {BYTES ("\x81\x01x\x80\x00"), "1:x|!1002"},
    {BYTES ("\x81\x7e\x00\x7d"), "!1002"},
    {BYTES ("\x81\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "!1002"},
    {BYTES ("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), "!1002"},
    {BYTES ("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "!1009"},
    {BYTES ("\x81\x7e\x01\x2d"), "!1009"},
    {BYTES ("\x88\x01\x03"), "!1002"},
    {BYTES ("\x88\x02\x03\xe7"), "!1002"},
    {BYTES ("\x88\x02\x03\xec"), "!1002"},
    {BYTES ("\x88\x02\x03\xed"), "!1002"},
    {BYTES ("\x88\x02\x0b\xb7"), "!1002"},
    {BYTES ("\x88\x02\x13\x88"), "!1002"},
    {BYTES ("\x88\x03\x03\xe8\xff"), "!1007"},
    {BYTES ("\x81\x01\xff"), "!1007"},
    {BYTES ("\x81\x03\xed\xa0\x80"), "!1007"},
    {BYTES ("\x01\x01\xe2\x80\x01\x82"), "!1007"},
    {BYTES ("\x82\x01\xff"), "2:\xff|"},
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (FROM_SERVER); i++) {
    const Case *c = &FROM_SERVER[i];

    for (gsize step = 1; step <= c->length; step++) {
      g_autofree char *seen = run (MB_WS_CLIENT, LIMIT, c->bytes, c->length, step);

      g_test_message ("case %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (seen, ==, c->seen);
    }
  }
}

static void
test_server_side (void)
{
  const char *hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* RFC 6455 5.7 */
  g_autofree char *seen = run (MB_WS_SERVER, LIMIT, hello, 11, 11);
  g_autofree char *bare = run (MB_WS_SERVER, LIMIT, "\x81\x05Hello", 7, 7);

  g_assert_cmpstr (seen, ==, "1:Hello|");
  g_assert_cmpstr (bare, ==, "!1002");
}

static void
append_text (GByteArray *out, MbWsSide from, const char *text)
{
  mb_ws_append_frame (out, MB_WS_TEXT, text, strlen (text), from == MB_WS_CLIENT ? KEY : NULL);
}

static void
test_round_trip (void)
{
  static const gsize LENGTHS[] = {0, 1, 7, 8, 9, 124, 125, 126, 127, 65534, 65535, 65536, 70001};

  for (int from = MB_WS_SERVER; from <= MB_WS_CLIENT; from++) {
    g_autoptr (GByteArray) stream = g_byte_array_new ();
    g_autoptr (GString) expected = g_string_new (NULL);

    for (gsize i = 0; i < G_N_ELEMENTS (LENGTHS); i++) {
      g_autofree char *text = g_strnfill (LENGTHS[i], (char) ('a' + (int) i));

      append_text (stream, from, text);
      g_string_append_printf (expected, "1:%s|", text);
    }
    for (gsize step = 1; step < 200000; step = step * 7 + 1) {
      g_autofree char *seen = run (!from, 70001, stream->data, stream->len, step);

      g_assert_cmpstr (seen, ==, expected->str);
    }
  }
}

static void
test_size (void)
{
  for (gsize extra = 0; extra <= 1; extra++) {
    g_autofree char *text = g_strnfill (LIMIT + extra, 'x');
    g_autoptr (GByteArray) whole = g_byte_array_new ();
    g_autoptr (GByteArray) parts = g_byte_array_new ();
    g_autofree char *seen_whole = NULL;
    g_autofree char *seen_parts = NULL;

    append_text (whole, MB_WS_SERVER, text);
    g_byte_array_append (parts, (const guint8 *) "\x01\x64", 2);
    g_byte_array_append (parts, (const guint8 *) text, 100);
    g_byte_array_append (parts, (const guint8 *) "\x00\x64", 2);
    g_byte_array_append (parts, (const guint8 *) text, 100);
    g_byte_array_append (
        parts, extra == 0 ? (const guint8 *) "\x80\x64" : (const guint8 *) "\x80\x65", 2);
    g_byte_array_append (parts, (const guint8 *) text, (unsigned int) (100 + extra));
    seen_whole = run (MB_WS_CLIENT, LIMIT, whole->data, whole->len, 64);
    seen_parts = run (MB_WS_CLIENT, LIMIT, parts->data, parts->len, 64);
    if (extra == 0)
      g_assert_cmpuint (strlen (seen_whole), ==, LIMIT + 3);
    else
      g_assert_cmpstr (seen_whole, ==, "!1009");
    g_assert_cmpstr (seen_parts, ==, seen_whole);
  }
}

static void
test_fragments (void)
{
  for (int extra = 0; extra <= 1; extra++) {
    g_autoptr (GByteArray) stream = g_byte_array_new ();
    g_autofree char *seen = NULL;

    for (int round = 0; round < 2; round++) {
      g_byte_array_append (stream, (const guint8 *) "\x01\x00", 2);
      for (int i = 0; i < MB_WS_FRAGMENTS_MAX - 2 + extra; i++)
        g_byte_array_append (stream, (const guint8 *) "\x00\x00", 2);
      g_byte_array_append (stream, (const guint8 *) "\x80\x00", 2);
    }
    seen = run (MB_WS_CLIENT, LIMIT, stream->data, stream->len, stream->len);
    g_assert_cmpstr (seen, ==, extra == 0 ? "1:|1:|" : "!1009");
  }
}

static void
test_nothing_after_the_end (void)
{
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (MB_WS_CLIENT, LIMIT);
  guint8 bad[] = {0xff, 0x00};
  guint8 good[] = {0x81, 0x01, 'x'};
  MbWsMessage message;
  guint16 code;

  mb_ws_parser_feed (parser, bad, sizeof bad);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_FAILED);
  mb_ws_parser_feed (parser, good, sizeof good);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_MORE);
}

static void
test_inside (void)
{
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (MB_WS_CLIENT, LIMIT);
  guint8 half[] = {0x01, 0x01, 'x', 0x80};
  guint8 rest[] = {0x01, 'y'};
  MbWsMessage message;
  guint16 code;

  g_assert_false (mb_ws_parser_is_inside_message (parser));
  mb_ws_parser_feed (parser, half, sizeof half);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_MORE);
  g_assert_true (mb_ws_parser_is_inside_message (parser));
  mb_ws_parser_feed (parser, rest, sizeof rest);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_MESSAGE);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_MORE);
  g_assert_false (mb_ws_parser_is_inside_message (parser));
}

static void
test_mask (void)
{
  guint8 plain[64];

  for (gsize i = 0; i < sizeof plain; i++)
    plain[i] = (guint8) (i * 7);
  for (gsize offset = 0; offset < 9; offset++) {
    for (gsize length = 0; length <= sizeof plain - offset; length++) {
      g_autofree guint8 *data = g_memdup2 (plain + offset, sizeof plain - offset);

      mb_ws_mask (data, length, KEY, offset);
      for (gsize i = 0; i < sizeof plain - offset; i++)
        g_assert_cmpint (data[i] ^ (i < length ? KEY[(offset + i) % 4] : 0), ==, plain[offset + i]);
    }
  }
}

static void
test_close (void)
{
  guint8 payload[MB_WS_CONTROL_MAX];
  g_autofree char *longest = g_strnfill (200, 'r');
  g_autofree char *reason = NULL;
  g_autofree char *none = NULL;
  g_autofree char *cut = NULL;
  guint16 code = 0;
  gsize length = mb_ws_write_close (payload, MB_WS_CLOSE_GOING_AWAY, "bye €");

  g_assert_true (mb_ws_parse_close (payload, length, &code, &reason, NULL));
  g_assert_cmpuint (code, ==, 1001);
  g_assert_cmpstr (reason, ==, "bye €");
  length = mb_ws_write_close (payload, MB_WS_CLOSE_NO_STATUS, "x");
  g_assert_cmpuint (length, ==, 0);
  g_assert_true (mb_ws_parse_close (payload, length, &code, &none, NULL));
  g_assert_cmpuint (code, ==, MB_WS_CLOSE_NO_STATUS);
  g_assert_cmpstr (none, ==, "");
  length = mb_ws_write_close (payload, 4000, longest);
  g_assert_cmpuint (length, ==, MB_WS_CONTROL_MAX);
  g_assert_true (mb_ws_parse_close (payload, length, &code, &cut, NULL));
  g_assert_cmpuint (strlen (cut), ==, 123);
}

/* A hundred thousand small messages in one buffer: with a copy of the rest for each it would be
 * minutes. */
static void
test_many (void)
{
  const unsigned int n_messages = 100000;
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  g_autoptr (MbWsParser) parser = mb_ws_parser_new (MB_WS_SERVER, LIMIT);
  unsigned int n_seen = 0;
  MbWsMessage message;
  guint16 code;
  guint8 first[1];

  for (unsigned int i = 0; i < n_messages; i++)
    append_text (stream, MB_WS_CLIENT, "0123456789");
  first[0] = stream->data[0];
  mb_ws_parser_feed (parser, first, 1);
  g_assert_cmpint (mb_ws_parser_next (parser, &message, &code, NULL), ==, MB_WS_MORE);
  mb_ws_parser_feed (parser, stream->data + 1, stream->len - 1);
  while (mb_ws_parser_next (parser, &message, &code, NULL) == MB_WS_MESSAGE) {
    g_assert_cmpmem (message.data, message.length, "0123456789", 10);
    n_seen++;
  }
  g_assert_cmpuint (n_seen, ==, n_messages);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ws-frame/messages-and-breaches-however-cut", test_table);
  g_test_add_func ("/ws-frame/server-wants-masks", test_server_side);
  g_test_add_func ("/ws-frame/what-is-written-reads-back", test_round_trip);
  g_test_add_func ("/ws-frame/size-at-the-limit-and-one-over", test_size);
  g_test_add_func ("/ws-frame/fragments-at-the-limit-and-one-over", test_fragments);
  g_test_add_func ("/ws-frame/nothing-after-the-end", test_nothing_after_the_end);
  g_test_add_func ("/ws-frame/tells-when-inside-a-message", test_inside);
  g_test_add_func ("/ws-frame/mask-at-every-offset", test_mask);
  g_test_add_func ("/ws-frame/close-payload", test_close);
  g_test_add_func ("/ws-frame/many-messages-in-one-buffer", test_many);
  return g_test_run ();
}
