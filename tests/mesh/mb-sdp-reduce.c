/* mb-sdp-reduce.c: the transport sees one bundled data channel section, whatever the peer describes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-reduce.h"

#include <string.h>

#include "mb-error.h"
#include "mb-sdp-guard.h"

static MbSdp *
reduce_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbSdp) sdp = mb_sdp_guard_parse (text, -1, MB_SDP_TYPE_OFFER, &error);
  g_autofree char *reduced = NULL;
  MbSdp *result;

  g_assert_no_error (error);
  reduced = mb_sdp_reduce (sdp, MB_CANDIDATE_POLICY_DEFAULT, &error);
  g_assert_no_error (error);
  result = mb_sdp_guard_parse (reduced, -1, MB_SDP_TYPE_OFFER, &error);
  g_assert_no_error (error);
  return result;
}

static MbSdp *
reduce_file (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sdp", name, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return reduce_text (text);
}

static void
assert_reduced (const MbSdp *reduced, const char *mid)
{
  const MbSdpSection *section = mb_sdp_get_section (reduced, 0);

  g_assert_cmpuint (reduced->sections->len, ==, 1);
  g_assert_cmpint (section->kind, ==, MB_SDP_KIND_APPLICATION);
  g_assert_cmpuint (section->port, ==, 9);
  g_assert_cmpstr (section->mid, ==, mid);
  g_assert_cmpuint (reduced->bundle->len, ==, 1);
  g_assert_cmpstr (reduced->bundle->pdata[0], ==, mid);
  g_assert_nonnull (section->transport.ice_ufrag);
  g_assert_nonnull (section->transport.ice_pwd);
  g_assert_nonnull (section->transport.fingerprint.value);
  g_assert_cmpint (section->transport.setup, ==, MB_SDP_SETUP_ACTPASS);
  g_assert_cmpuint (section->sctp_port, ==, 5000);
}

static void
test_chromium (void)
{
  g_autoptr (MbSdp) reduced = reduce_file ("chromium-offer-gathered.sdp");
  const MbSdpSection *section = mb_sdp_get_section (reduced, 0);

  assert_reduced (reduced, "2");
  g_assert_cmpstr (section->transport.ice_ufrag, ==, "Ccah");
  g_assert_cmpuint (section->max_message_size, ==, 262144);
  g_assert_cmpuint (section->candidates->len, ==, 6);
}

static void
test_firefox (void)
{
  g_autoptr (MbSdp) reduced = reduce_file ("firefox-offer-gathered.sdp");
  const MbSdpSection *section = mb_sdp_get_section (reduced, 0);

  assert_reduced (reduced, "2");
  g_assert_cmpstr (section->transport.ice_options, ==, "trickle");
  g_assert_cmpuint (section->candidates->len, ==, 0); /* all of them mDNS, TCP or RTCP */
}

static void
test_no_application (void)
{
  g_autoptr (MbSdp) reduced = reduce_file ("chromium-offer-simulcast.sdp");

  assert_reduced (reduced, "data0");
}

#define HEAD                                                                                        \
  "v=0\r\no=- 12 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE data0 x\r\n"                  \
  "a=ice-ufrag:Ccah\r\na=ice-pwd:OG7Q6SQsWGxz+WJzGnHyYVNx\r\na=fingerprint:sha-256 "                \
  "94:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F:86:CF:C9:69:81:C8:A9:3C:07:F4:00:2B" \
  "\r\n"

static void
test_bundle_only (void)
{
  g_autoptr (MbSdp) reduced =
      reduce_text (HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:data0\r\n"
                        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=bundle-only\r\n"
                        "a=mid:x\r\n");

  assert_reduced (reduced, "x");
}

static void
test_rejected_application (void)
{
  g_autoptr (MbSdp) reduced =
      reduce_text (HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:data0\r\n"
                        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:x\r\n");

  assert_reduced (reduced, "data1");
}

static void
test_hostile_lines_do_not_go_on (void)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse (HEAD
      "a=evil:session\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:data0\r\na=evil:audio\r\n"
      "a=candidate:1 1 udp 1 127.0.0.1 22 typ host\r\n"
      "a=candidate:2 1 udp 1 169.254.169.254 80 typ host\r\n"
      "a=candidate:3 1 udp 1 metadata.internal 80 typ host\r\n"
      "a=candidate:4 1 udp 1 192.0.2.9 80 typ host evil thing\r\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:x\r\na=evil:data\r\n",
      NULL);
  g_autofree char *reduced = mb_sdp_reduce (sdp, MB_CANDIDATE_POLICY_DEFAULT, NULL);

  g_assert_null (strstr (reduced, "evil"));
  g_assert_null (strstr (reduced, "127.0.0.1 22"));
  g_assert_null (strstr (reduced, "169.254"));
  g_assert_null (strstr (reduced, "internal"));
  g_assert_nonnull (strstr (reduced, "a=candidate:4 1 udp 1 192.0.2.9 80 typ host\r\n"));
}

static void
test_no_transport (void)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
                                        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
      NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (mb_sdp_reduce (sdp, MB_CANDIDATE_POLICY_DEFAULT, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-reduce/chromium", test_chromium);
  g_test_add_func ("/sdp-reduce/firefox-session-part", test_firefox);
  g_test_add_func ("/sdp-reduce/section-made-up-where-there-is-none", test_no_application);
  g_test_add_func ("/sdp-reduce/bundle-only-gets-a-port", test_bundle_only);
  g_test_add_func ("/sdp-reduce/rejected-section-is-none", test_rejected_application);
  g_test_add_func ("/sdp-reduce/hostile-lines-do-not-go-on", test_hostile_lines_do_not_go_on);
  g_test_add_func ("/sdp-reduce/no-transport-is-an-error", test_no_transport);
  return g_test_run ();
}
