/* mb-incoming.c: what a peer signals is checked whole before anything is made of it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-incoming.h"

#include <string.h>

#define CANDIDATE(address)                                                \
  "{\"candidate\":{\"candidate\":\"candidate:1 1 udp 2130706431 " address \
  " 40000 typ host\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}"
#define SDP(fingerprint, setup)                                                               \
  "v=0\\r\\no=- 1 1 IN IP4 0.0.0.0\\r\\ns=-\\r\\nt=0 0\\r\\na=group:BUNDLE 0\\r\\n"           \
  "m=audio 9 UDP/TLS/RTP/SAVPF 111\\r\\nc=IN IP4 0.0.0.0\\r\\na=mid:0\\r\\na=rtcp-mux\\r\\n"  \
  "a=ice-ufrag:abcd\\r\\na=ice-pwd:0123456789012345678901\\r\\n" fingerprint "a=setup:" setup \
  "\\r\\na=rtpmap:111 opus/48000/2\\r\\n"
#define FINGERPRINT                                                        \
  "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
  "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\\r\\n"

typedef struct {
  const char *name;
  const char *data;
  const char *error; /* (nullable) what it begins with */
  gboolean is_offer;
  gboolean has_description;
  gboolean has_candidate;
} Case;

static const Case CASES[] = {
    {"garbage", "{", "its signal cannot be read: ", FALSE, FALSE, FALSE},
    {"no-signal", "{\"x\":1}", "its signal cannot be read: ", FALSE, FALSE, FALSE},
    {"offer", "{\"description\":{\"type\":\"offer\",\"sdp\":\"" SDP (FINGERPRINT, "actpass") "\"}}",
        NULL, TRUE, TRUE, FALSE},
    {"answer",
        "{\"description\":{\"type\":\"answer\",\"sdp\":\"" SDP (FINGERPRINT, "active") "\"}}", NULL,
        FALSE, TRUE, FALSE},
    {"offer/without-fingerprint",
        "{\"description\":{\"type\":\"offer\",\"sdp\":\"" SDP ("", "actpass") "\"}}",
        "its description is refused: ", FALSE, FALSE, FALSE},
    {"rollback", "{\"description\":{\"type\":\"rollback\"}}", NULL, FALSE, FALSE, FALSE},
    {"candidate", CANDIDATE ("192.0.2.7"), NULL, FALSE, FALSE, TRUE},
    {"candidate/of-this-machine", CANDIDATE ("127.0.0.1"), "its candidate is refused: ", FALSE,
        FALSE, FALSE},
    {"candidate/hidden", CANDIDATE ("0a1b.local"), NULL, FALSE, FALSE, FALSE},
    {"candidate/end", "{\"candidate\":null}", NULL, FALSE, FALSE, FALSE},
};

static void
test_case (gconstpointer user_data)
{
  const Case *test = user_data;
  MbCandidateQueue *queue = mb_candidate_queue_new (MB_CANDIDATE_POLICY_DEFAULT);
  g_autoptr (GBytes) data = g_bytes_new_static (test->data, strlen (test->data));
  g_autoptr (GError) error = NULL;
  g_autoptr (MbIncoming) incoming = mb_incoming_read (data, queue, &error);

  g_assert_true ((incoming == NULL) == (error != NULL));
  if (test->error != NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_str_has_prefix (error->message, test->error));
  } else {
    g_assert_no_error (error);
    g_assert_cmpint (incoming->description != NULL, ==, test->has_description);
    g_assert_cmpint (incoming->is_offer, ==, test->is_offer);
    g_assert_cmpint (incoming->candidate != NULL, ==, test->has_candidate);
  }
  mb_candidate_queue_free (queue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *path = g_strconcat ("/incoming/", CASES[i].name, NULL);

    g_test_add_data_func (path, &CASES[i], test_case);
  }
  return g_test_run ();
}
