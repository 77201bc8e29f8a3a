/* mb-publishing.c: a description that sends is found in whatever shape it comes, others are let through
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-publishing.h"

#include <string.h>

typedef struct {
  const char *data;
  gboolean publishes;
} Case;

#define AUDIO "m=audio 9 UDP/TLS/RTP/SAVPF 111\\r\\n"
#define VIDEO "m=video 9 UDP/TLS/RTP/SAVPF 96\\r\\n"
#define DATA "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\n"

static const Case CASES[] = {
    {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n" AUDIO "a=sendrecv\\r\\n\"}}", TRUE},
    {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n" AUDIO "a=recvonly\\r\\n\"}}",
        FALSE},
    {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\n" AUDIO "\"}}", TRUE},
    {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\na=recvonly\\r\\n" AUDIO "\"}}",
        FALSE},
    {"{\"description\":{\"type\":\"offer\",\"sdp\":\"v=0\\r\\na=recvonly\\r\\n" AUDIO
     "a=sendonly\\r\\n\"}}",
        TRUE},
    {"{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n" AUDIO "a=inactive\\r\\n" VIDEO
     "a=sendonly\\r\\n\"}",
        TRUE},
    {"{\"type\":\"answer\",\"sdp\":\"v=0\\r\\n" AUDIO "a=inactive\\r\\n" VIDEO
     "a=recvonly\\r\\n" DATA "\"}",
        FALSE},
    {"{\"sdp\":{\"sdp\":\"v=0\\n\\u006d=video 9 X 1\\na=sendonly\\n\"}}", TRUE},
    {"[{\"a\":[[\"" VIDEO "\"]]}]", TRUE},
    {"\"" VIDEO "\"", TRUE},
    {"{\"sdp\":\"v=0\\rm=audio 9 X 1\\ra=sendrecv\\r\"}", TRUE},
    {"{\"sdp\":\"s=\\ud800\\r\\n" AUDIO "\"}", TRUE},
    {"{\"sdp\":\"v=0\\r\\n" DATA "a=sendrecv\\r\\n\"}", FALSE},
    {"{\"candidate\":{\"candidate\":\"candidate:1 1 udp 1 1.2.3.4 5 typ host\",\"sdpMid\":\"0\"}}",
        FALSE},
    {"{\"candidate\":null}", FALSE},
    {"7", FALSE},
    {"\"\"", FALSE},
};

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (GBytes) data = g_bytes_new_static (CASES[i].data, strlen (CASES[i].data));
    g_autoptr (MbMessage) message = mb_message_new_signal ("somebody", data, NULL);

    g_test_message ("%s", CASES[i].data);
    g_assert_cmpint (mb_publishing_is_in_message (message), ==, CASES[i].publishes);
  }
}

static void
test_attachment (void)
{
  static const char SDP[] = "v=0\r\nm=audio 9 X 1\r\n";
  static const char PLACE[] = "{\"_placeholder\":true,\"num\":0}";
  g_autoptr (GBytes) data = g_bytes_new_static (PLACE, sizeof PLACE - 1);
  g_autoptr (GPtrArray) attachments =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (MbMessage) message = NULL;

  g_ptr_array_add (attachments, g_bytes_new_static (SDP, sizeof SDP - 1));
  message = mb_message_new_signal ("somebody", data, attachments);

  g_assert_true (mb_publishing_is_in_message (message));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/publishing/found-in-every-shape", test_cases);
  g_test_add_func ("/publishing/found-in-attachments", test_attachment);
  return g_test_run ();
}
