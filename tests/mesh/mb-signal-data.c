/* mb-signal-data.c: every common shape of description and candidate is understood, ours reads back
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-signal-data.h"

#include <string.h>

#include "mb-error.h"

static void
test_shapes (void)
{
  static const struct {
    const char *json;
    MbSignalDataKind kind;
    MbSdpType type;
    const char *text; /* (nullable) sdp or candidate */
    const char *mid;  /* (nullable) */
    int mline_index;
    const char *ufrag; /* (nullable) */
  } CASES[] = {
      {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n\"}}", MB_SIGNAL_DATA_DESCRIPTION,
          MB_SDP_TYPE_OFFER, "v=0\r\n", NULL, -1, NULL},
      {"{\"type\":\"answer\",\"sdp\":\"v=0\"}", MB_SIGNAL_DATA_DESCRIPTION, MB_SDP_TYPE_ANSWER,
          "v=0", NULL, -1, NULL},
      {"{\"sdp\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}", MB_SIGNAL_DATA_DESCRIPTION,
          MB_SDP_TYPE_OFFER, "v=0", NULL, -1, NULL},
      {"{\"type\":\"offer\",\"sdp\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}",
          MB_SIGNAL_DATA_DESCRIPTION, MB_SDP_TYPE_OFFER, "v=0", NULL, -1, NULL},
      {"{\"type\":\"offer\",\"offer\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}",
          MB_SIGNAL_DATA_DESCRIPTION, MB_SDP_TYPE_OFFER, "v=0", NULL, -1, NULL},
      {"{\"answer\":{\"type\":\"answer\",\"sdp\":\"v=0\"}}", MB_SIGNAL_DATA_DESCRIPTION,
          MB_SDP_TYPE_ANSWER, "v=0", NULL, -1, NULL},
      {"{\"signal\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}", MB_SIGNAL_DATA_DESCRIPTION,
          MB_SDP_TYPE_OFFER, "v=0", NULL, -1, NULL},
      {"{\"description\":{\"type\":\"rollback\",\"sdp\":\"\"}}", MB_SIGNAL_DATA_DESCRIPTION,
          MB_SDP_TYPE_ROLLBACK, NULL, NULL, -1, NULL},
      {"{\"type\":\"rollback\"}", MB_SIGNAL_DATA_DESCRIPTION, MB_SDP_TYPE_ROLLBACK, NULL, NULL, -1,
          NULL},
      {"{\"candidate\":{\"candidate\":\"candidate:1\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0,"
       "\"usernameFragment\":\"Ccah\"}}",
          MB_SIGNAL_DATA_CANDIDATE, MB_SDP_TYPE_OFFER, "candidate:1", "0", 0, "Ccah"},
      {"{\"candidate\":\"candidate:1\",\"sdpMid\":\"v\",\"sdpMLineIndex\":2}",
          MB_SIGNAL_DATA_CANDIDATE, MB_SDP_TYPE_OFFER, "candidate:1", "v", 2, NULL},
      {"{\"ice\":{\"candidate\":\"candidate:1\",\"sdpMid\":null,\"sdpMLineIndex\":null}}",
          MB_SIGNAL_DATA_CANDIDATE, MB_SDP_TYPE_OFFER, "candidate:1", NULL, -1, NULL},
      {"{\"type\":\"candidate\",\"candidate\":{\"candidate\":\"candidate:1\",\"sdpMLineIndex\":1}}",
          MB_SIGNAL_DATA_CANDIDATE, MB_SDP_TYPE_OFFER, "candidate:1", NULL, 1, NULL},
      {"{\"type\":\"candidate\",\"label\":0,\"id\":\"audio\",\"candidate\":\"candidate:1\"}",
          MB_SIGNAL_DATA_CANDIDATE, MB_SDP_TYPE_OFFER, "candidate:1", "audio", 0, NULL},
      {"{\"iceCandidate\":{\"candidate\":\"candidate:1\"}}", MB_SIGNAL_DATA_CANDIDATE,
          MB_SDP_TYPE_OFFER, "candidate:1", NULL, -1, NULL},
      {"{\"candidate\":null}", MB_SIGNAL_DATA_END_OF_CANDIDATES, MB_SDP_TYPE_OFFER, NULL, NULL, -1,
          NULL},
      {"{\"ice\":null}", MB_SIGNAL_DATA_END_OF_CANDIDATES, MB_SDP_TYPE_OFFER, NULL, NULL, -1, NULL},
      {"{\"candidate\":{\"candidate\":\"\",\"sdpMid\":\"0\"}}", MB_SIGNAL_DATA_END_OF_CANDIDATES,
          MB_SDP_TYPE_OFFER, "", NULL, -1, NULL},
      {"{\"type\":\"candidate\",\"candidate\":null}", MB_SIGNAL_DATA_END_OF_CANDIDATES,
          MB_SDP_TYPE_OFFER, NULL, NULL, -1, NULL},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (MbSignalData) data = mb_signal_data_parse (CASES[i].json, -1, &error);

    g_test_message ("%s", CASES[i].json);
    g_assert_no_error (error);
    g_assert_cmpint (data->kind, ==, CASES[i].kind);
    if (data->kind == MB_SIGNAL_DATA_DESCRIPTION) {
      g_assert_cmpint (data->type, ==, CASES[i].type);
      g_assert_cmpstr (data->sdp, ==, CASES[i].text);
    } else {
      g_assert_cmpstr (data->candidate, ==, CASES[i].text);
    }
    g_assert_cmpstr (data->mid, ==, CASES[i].mid);
    g_assert_cmpint (data->mline_index, ==, CASES[i].mline_index);
    g_assert_cmpstr (data->ufrag, ==, CASES[i].ufrag);
  }
}

static void
test_refused (void)
{
  static const struct {
    const char *json;
    int code;
  } CASES[] = {
      {"", MB_ERROR_BAD_REQUEST},
      {"hello", MB_ERROR_BAD_REQUEST},
      {"null", MB_ERROR_BAD_REQUEST},
      {"[]", MB_ERROR_BAD_REQUEST},
      {"{}", MB_ERROR_BAD_REQUEST},
      {"{\"type\":\"offer\"}", MB_ERROR_BAD_REQUEST},
      {"{\"sdp\":\"v=0\"}", MB_ERROR_BAD_REQUEST},
      {"{\"type\":\"pranswer\",\"sdp\":\"v=0\"}", MB_ERROR_UNSUPPORTED},
      {"{\"type\":\"hello\",\"sdp\":\"v=0\"}", MB_ERROR_BAD_REQUEST},
      {"{\"type\":\"offer\",\"sdp\":5}", MB_ERROR_BAD_REQUEST},
      {"{\"description\":null}", MB_ERROR_BAD_REQUEST},
      {"{\"description\":{}}", MB_ERROR_BAD_REQUEST},
      {"{\"candidate\":5}", MB_ERROR_BAD_REQUEST},
      {"{\"candidate\":{\"candidate\":{\"candidate\":{\"candidate\":{}}}}}", MB_ERROR_BAD_REQUEST},
      {"{\"type\":\"offer\",\"sdp\":\"v\\u0000\"}", MB_ERROR_BAD_REQUEST},
      {"{\"type\":\"transceiverRequest\"}", MB_ERROR_BAD_REQUEST},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", CASES[i].json);
    g_assert_null (mb_signal_data_parse (CASES[i].json, -1, &error));
    g_assert_error (error, MB_ERROR, CASES[i].code);
  }
}

static void
test_deep (void)
{
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (unsigned int i = 0; i < 10000; i++)
    g_string_append (json, "{\"sdp\":");
  g_assert_null (mb_signal_data_parse (json->str, -1, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

static void
test_sdp_size (void)
{
  g_autofree char *sdp = g_strnfill (64 * 1024, 'x');
  g_autofree char *fits =
      mb_signal_data_build_description (MB_SIGNAL_SHAPE_NAMED, MB_SDP_TYPE_OFFER, sdp);
  g_autofree char *longer = g_strconcat (sdp, "x", NULL);
  g_autofree char *too_long =
      mb_signal_data_build_description (MB_SIGNAL_SHAPE_NAMED, MB_SDP_TYPE_OFFER, longer);
  g_autoptr (MbSignalData) data = mb_signal_data_parse (fits, -1, NULL);

  g_assert_cmpstr (data->sdp, ==, sdp);
  g_assert_null (mb_signal_data_parse (too_long, -1, NULL));
}

static void
test_ours (void)
{
  g_autofree char *offer =
      mb_signal_data_build_description (MB_SIGNAL_SHAPE_NAMED, MB_SDP_TYPE_OFFER, "v=0\r\n\"x\"");
  g_autofree char *candidate =
      mb_signal_data_build_candidate (MB_SIGNAL_SHAPE_NAMED, "candidate:1", "a\"0", 3, "u/+");
  g_autoptr (MbSignalData) first = mb_signal_data_parse (offer, -1, NULL);
  g_autoptr (MbSignalData) second = mb_signal_data_parse (candidate, -1, NULL);
  g_autoptr (MbSignalData) third = mb_signal_data_parse ("{\"candidate\":null}", -1, NULL);

  g_assert_cmpstr (first->sdp, ==, "v=0\r\n\"x\"");
  g_assert_cmpstr (second->candidate, ==, "candidate:1");
  g_assert_cmpstr (second->mid, ==, "a\"0");
  g_assert_cmpint (second->mline_index, ==, 3);
  g_assert_cmpstr (second->ufrag, ==, "u/+");
  g_assert_cmpint (third->kind, ==, MB_SIGNAL_DATA_END_OF_CANDIDATES);
}

/* What we say is written as the peer writes, and is read as the same again. */
static void
test_reply_shapes (void)
{
  static const struct {
    const char *json;
    MbSignalShape shape;
  } ROWS[] = {
      {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v\"}}", MB_SIGNAL_SHAPE_NAMED},
      {"{\"candidate\":{\"candidate\":\"c\",\"sdpMid\":\"0\"}}", MB_SIGNAL_SHAPE_NAMED},
      {"{\"type\":\"offer\",\"sdp\":\"v\"}", MB_SIGNAL_SHAPE_BARE},
      {"{\"type\":\"candidate\",\"candidate\":{\"candidate\":\"c\"}}", MB_SIGNAL_SHAPE_BARE},
      {"{\"sdp\":{\"type\":\"answer\",\"sdp\":\"v\"}}", MB_SIGNAL_SHAPE_SDP_ICE},
      {"{\"type\":\"video-offer\",\"sdp\":{\"type\":\"offer\",\"sdp\":\"v\"}}",
          MB_SIGNAL_SHAPE_SDP_ICE},
      {"{\"ice\":{\"candidate\":\"c\"}}", MB_SIGNAL_SHAPE_SDP_ICE},
      {"{\"candidate\":\"c\",\"sdpMid\":\"0\"}", MB_SIGNAL_SHAPE_PLAIN},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbSignalData) data = mb_signal_data_parse (ROWS[i].json, -1, NULL);
    g_autofree char *offer =
        mb_signal_data_build_description (ROWS[i].shape, MB_SDP_TYPE_OFFER, "v=0");
    g_autofree char *candidate =
        mb_signal_data_build_candidate (ROWS[i].shape, "candidate:1", "0", 0, NULL);
    g_autoptr (MbSignalData) first = mb_signal_data_parse (offer, -1, NULL);
    g_autoptr (MbSignalData) second = mb_signal_data_parse (candidate, -1, NULL);

    g_test_message ("%s", ROWS[i].json);
    g_assert_cmpint (data->shape, ==, ROWS[i].shape);
    g_assert_cmpstr (first->sdp, ==, "v=0");
    g_assert_cmpstr (second->candidate, ==, "candidate:1");
    g_assert_cmpint (second->shape, ==, ROWS[i].shape);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/signal-data/shapes", test_shapes);
  g_test_add_func ("/signal-data/refused", test_refused);
  g_test_add_func ("/signal-data/nested-ten-thousand-deep", test_deep);
  g_test_add_func ("/signal-data/limit/description", test_sdp_size);
  g_test_add_func ("/signal-data/ours-reads-back", test_ours);
  g_test_add_func ("/signal-data/answers-in-the-shape-of-the-question", test_reply_shapes);
  return g_test_run ();
}
