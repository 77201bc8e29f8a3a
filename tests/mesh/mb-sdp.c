/* mb-sdp.c: what browsers write is understood, written again it says the same; garbage is an error
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp.h"

#include <string.h>

#include "mb-error.h"

static char *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sdp", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static MbSdp *
parse_file (const char *name)
{
  g_autofree char *text = load (name);
  g_autoptr (GError) error = NULL;
  MbSdp *sdp = mb_sdp_parse (text, &error);

  g_assert_no_error (error);
  return sdp;
}

static const MbSdpCodec *
find_codec (const MbSdpSection *section, unsigned int payload_type)
{
  for (unsigned int i = 0; i < section->codecs->len; i++) {
    const MbSdpCodec *codec = section->codecs->pdata[i];

    if (codec->payload_type == payload_type)
      return codec;
  }
  g_assert_not_reached ();
}

static void
test_chromium_session (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("chromium-offer-gathered.sdp");

  g_assert_cmpstr (sdp->session_id, ==, "7610529140547953492");
  g_assert_cmpuint (sdp->session_version, ==, 2);
  g_assert_cmpuint (sdp->bundle->len, ==, 3);
  g_assert_cmpuint (sdp->sections->len, ==, 3);
  g_assert_true (mb_sdp_is_bundled (sdp, mb_sdp_get_section (sdp, 2)));
  g_assert_true (mb_sdp_find_application (sdp) == mb_sdp_get_section (sdp, 2));
  g_assert_true (mb_sdp_find_mid (sdp, "1") == mb_sdp_get_section (sdp, 1));
  g_assert_null (mb_sdp_find_mid (sdp, "7"));
}

static void
test_chromium_video (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("chromium-offer-gathered.sdp");
  const MbSdpSection *video = mb_sdp_get_section (sdp, 1);
  const MbSdpCodec *vp8 = find_codec (video, 96);
  const unsigned int all = MB_SDP_FEEDBACK_NACK | MB_SDP_FEEDBACK_NACK_PLI |
                           MB_SDP_FEEDBACK_CCM_FIR | MB_SDP_FEEDBACK_TRANSPORT_CC |
                           MB_SDP_FEEDBACK_GOOG_REMB;

  g_assert_cmpint (video->kind, ==, MB_SDP_KIND_VIDEO);
  g_assert_cmpstr (video->mid, ==, "1");
  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_SENDRECV);
  g_assert_true (video->has_rtcp_mux);
  g_assert_cmpstr (video->stream_id, ==, "724d9a0b-ef1a-45d6-8f2c-e4d49542c658");
  g_assert_cmpstr (video->track_id, ==, "4fec938d-0831-4f61-91a3-797bccdc1808");
  g_assert_cmpstr (video->transport.ice_ufrag, ==, "Ccah");
  g_assert_cmpstr (video->transport.fingerprint.algorithm, ==, "sha-256");
  g_assert_true (g_str_has_prefix (video->transport.fingerprint.value, "94:01:4E:01"));
  g_assert_cmpint (video->transport.setup, ==, MB_SDP_SETUP_ACTPASS);
  g_assert_cmpuint (mb_sdp_section_get_extension (video, MB_SDP_URI_MID), ==, 4);
  g_assert_cmpuint (mb_sdp_section_get_extension (video, "urn:none"), ==, 0);
  g_assert_cmpuint (video->candidates->len, ==, 2);
  g_assert_cmpuint (video->codecs->len, ==, 23);
  g_assert_cmpstr (vp8->name, ==, "VP8");
  g_assert_cmpuint (vp8->clock_rate, ==, 90000);
  g_assert_cmpuint (vp8->feedback, ==, all);
  g_assert_cmpint (vp8->apt, ==, -1);
  g_assert_cmpint (find_codec (video, 97)->apt, ==, 96);
}

static void
test_rtx_ssrc (void)
{
  static const char *const FILES[] = {"chromium-answer.sdp", "firefox-offer.sdp"};

  for (unsigned int i = 0; i < G_N_ELEMENTS (FILES); i++) {
    g_autoptr (MbSdp) sdp = parse_file (FILES[i]);
    const MbSdpSection *video = mb_sdp_get_section (sdp, 1);
    const MbSdpSsrc *first = video->ssrcs->pdata[0];
    const MbSdpSsrc *second = video->ssrcs->pdata[1];

    g_assert_cmpuint (video->ssrcs->len, ==, 2);
    g_assert_cmpuint (first->repairs, ==, 0);
    g_assert_cmpuint (second->repairs, ==, first->ssrc);
    g_assert_nonnull (first->cname);
  }
}

static void
test_firefox (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("firefox-offer.sdp");
  const MbSdpSection *audio = mb_sdp_get_section (sdp, 0);
  const MbSdpSection *data = mb_sdp_get_section (sdp, 2);
  g_autoptr (MbSdpTransport) transport = mb_sdp_dup_transport (sdp);

  g_assert_null (audio->transport.fingerprint.value);
  g_assert_nonnull (transport->fingerprint.value);
  g_assert_cmpstr (transport->ice_options, ==, "trickle");
  g_assert_cmpint (transport->setup, ==, MB_SDP_SETUP_ACTPASS);
  g_assert_cmpstr (find_codec (audio, 109)->name, ==, "opus");
  g_assert_cmpuint (find_codec (audio, 109)->channels, ==, 2);
  g_assert_cmpuint (mb_sdp_section_get_extension (audio, MB_SDP_URI_MID), ==, 3);
  g_assert_cmpuint (data->sctp_port, ==, 5000);
  g_assert_cmpuint (data->max_message_size, ==, 1073741823);
}

static void
test_simulcast (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("chromium-offer-simulcast.sdp");
  const MbSdpSection *video = mb_sdp_get_section (sdp, 0);
  const MbSdpRid *rid = video->rids->pdata[2];

  g_assert_cmpuint (video->rids->len, ==, 3);
  g_assert_cmpstr (rid->id, ==, "f");
  g_assert_true (rid->is_send);
  g_assert_cmpstr (video->simulcast, ==, "send q;h;f");
  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_SENDONLY);
  g_assert_null (mb_sdp_find_application (sdp));
}

static void
test_stopped (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("chromium-reoffer-stopped.sdp");
  const MbSdpSection *stopped = mb_sdp_get_section (sdp, 3);

  g_assert_true (stopped->is_rejected);
  g_assert_false (mb_sdp_is_bundled (sdp, stopped));
}

static void
test_bundle_only_is_live (void)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
                                        "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\n",
      NULL);
  const MbSdpSection *video = mb_sdp_get_section (sdp, 0);

  g_assert_true (video->is_bundle_only);
  g_assert_false (video->is_rejected);
}

static void
test_strongest_fingerprint (void)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse ("v=0\no=- 1 1 IN IP4 0.0.0.0\n"
                                        "a=fingerprint:sha-1 AA:BB\n"
                                        "a=fingerprint:SHA-256 ab:cd\n"
                                        "a=fingerprint:sha-512 11:22\n",
      NULL);

  g_assert_cmpstr (sdp->transport.fingerprint.algorithm, ==, "sha-256");
  g_assert_cmpstr (sdp->transport.fingerprint.value, ==, "AB:CD");
}

static void
test_round_trip (gconstpointer data)
{
  g_autoptr (MbSdp) first = parse_file (data);
  g_autofree char *text = mb_sdp_to_text (first);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbSdp) second = mb_sdp_parse (text, &error);
  g_autofree char *again = NULL;

  g_assert_no_error (error);
  again = mb_sdp_to_text (second);
  g_assert_cmpstr (text, ==, again);
  g_assert_cmpuint (first->sections->len, ==, second->sections->len);
  for (unsigned int i = 0; i < first->sections->len; i++) {
    const MbSdpSection *a = mb_sdp_get_section (first, i);
    const MbSdpSection *b = mb_sdp_get_section (second, i);

    g_assert_cmpuint (a->codecs->len, ==, b->codecs->len);
    g_assert_cmpuint (a->ssrcs->len, ==, b->ssrcs->len);
    g_assert_cmpuint (a->extensions->len, ==, b->extensions->len);
    g_assert_cmpint (a->is_rejected, ==, b->is_rejected);
    g_assert_cmpint (a->direction, ==, b->direction);
  }
}

static void
test_copy (void)
{
  g_autoptr (MbSdp) sdp = parse_file ("chromium-offer-simulcast.sdp");
  g_autoptr (MbSdp) other = parse_file ("chromium-offer-simulcast.sdp");
  g_autofree char *before = mb_sdp_to_text (sdp);
  g_autofree char *after = NULL;

  for (unsigned int i = 0; i < sdp->sections->len; i++) {
    MbSdpSection *copy = mb_sdp_section_copy (other->sections->pdata[i]);

    mb_sdp_section_free (other->sections->pdata[i]);
    other->sections->pdata[i] = copy;
  }
  after = mb_sdp_to_text (other);
  g_assert_cmpstr (before, ==, after);
}

static void
test_garbage (void)
{
  static const char *const TEXTS[] = {
      "",
      "hello",
      "v=0",
      "v=1\r\no=- 1 1 IN IP4 0.0.0.0\r\n",
      "v=0\r\no=- 1 1 IN IP4\r\n",
      "v=0\r\no=- 1 x IN IP4 0.0.0.0\r\n",
      "v=0\r\no=- 1 99999999999999999999 IN IP4 0.0.0.0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\no=- 2 1 IN IP4 0.0.0.0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio x UDP/TLS/RTP/SAVPF 0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio 65536 UDP/TLS/RTP/SAVPF 0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nm=audio -1 UDP/TLS/RTP/SAVPF 0\r\n",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\nnonsense\r\n",
      "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n",
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (TEXTS); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mb_sdp_parse (TEXTS[i], &error));
    g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
  }
}

static void
test_bad_attributes_are_left_out (void)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse (
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97 300 x 96\r\n"
      "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 VP8\r\na=rtpmap:98 VP9/90000\r\n"
      "a=rtcp-fb:* nack\r\na=rtcp-fb:x nack pli\r\na=fmtp:97 apt=999\r\n"
      "a=extmap:0 urn:zero\r\na=extmap:256 urn:far\r\na=extmap:3\r\na=extmap:5/sendonly urn:five\r\n"
      "a=ssrc:4294967296 cname:x\r\na=ssrc:7\r\na=ssrc-group:FID 7\r\na=ssrc-group:FID 7 7\r\n"
      "a=rid:\r\na=msid:\r\na=setup:whatever\r\na=sctp-port:70000\r\n",
      NULL);
  const MbSdpSection *video = mb_sdp_get_section (sdp, 0);

  g_assert_cmpuint (video->codecs->len, ==, 1);
  g_assert_cmpuint (find_codec (video, 96)->feedback, ==, MB_SDP_FEEDBACK_NACK);
  g_assert_cmpuint (video->extensions->len, ==, 1);
  g_assert_cmpuint (mb_sdp_section_get_extension (video, "urn:five"), ==, 5);
  g_assert_cmpuint (video->ssrcs->len, ==, 0);
  g_assert_cmpuint (video->rids->len, ==, 0);
  g_assert_null (video->stream_id);
  g_assert_cmpint (video->transport.setup, ==, MB_SDP_SETUP_NONE);
  g_assert_cmpuint (video->sctp_port, ==, 0);
}

static void
test_lists_are_bounded (void)
{
  g_autoptr (GString) text = g_string_new ("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
                                           "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n");
  g_autoptr (MbSdp) sdp = NULL;
  const MbSdpSection *video;

  for (unsigned int i = 1; i <= 1000; i++)
    g_string_append_printf (text,
        "a=ssrc:%u cname:x\r\na=candidate:%u 1 udp 1 192.0.2.1 9 typ host\r\n"
        "a=rid:r%u send\r\na=extmap:%u urn:x%u\r\n",
        i, i, i, i % 255 + 1, i);
  sdp = mb_sdp_parse (text->str, NULL);
  video = mb_sdp_get_section (sdp, 0);
  g_assert_cmpuint (video->ssrcs->len, ==, 64);
  g_assert_cmpuint (video->candidates->len, ==, 64);
  g_assert_cmpuint (video->rids->len, ==, 16);
  g_assert_cmpuint (video->extensions->len, ==, 64);
}

static void
test_mirror (void)
{
  g_assert_cmpint (
      mb_sdp_direction_mirror (MB_SDP_DIRECTION_SENDONLY), ==, MB_SDP_DIRECTION_RECVONLY);
  g_assert_cmpint (
      mb_sdp_direction_mirror (MB_SDP_DIRECTION_RECVONLY), ==, MB_SDP_DIRECTION_SENDONLY);
  g_assert_cmpint (
      mb_sdp_direction_mirror (MB_SDP_DIRECTION_SENDRECV), ==, MB_SDP_DIRECTION_SENDRECV);
  g_assert_cmpint (
      mb_sdp_direction_mirror (MB_SDP_DIRECTION_INACTIVE), ==, MB_SDP_DIRECTION_INACTIVE);
}

int
main (int argc, char **argv)
{
  static const char *const FILES[] = {"chromium-offer.sdp", "chromium-offer-gathered.sdp",
      "chromium-offer-max-bundle.sdp", "chromium-offer-simulcast.sdp",
      "chromium-offer-data-only.sdp", "chromium-answer.sdp", "chromium-reoffer-screen.sdp",
      "chromium-reanswer-screen.sdp", "chromium-reoffer-removed.sdp",
      "chromium-reoffer-stopped.sdp", "chromium-reanswer-stopped.sdp",
      "chromium-reoffer-recycled.sdp", "firefox-offer.sdp", "firefox-answer.sdp",
      "firefox-offer-gathered.sdp", "firefox-reoffer-screen.sdp", "firefox-reoffer-stopped.sdp",
      "firefox-reanswer-stopped.sdp"};

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp/chromium/session", test_chromium_session);
  g_test_add_func ("/sdp/chromium/video", test_chromium_video);
  g_test_add_func ("/sdp/rtx-ssrc-is-known-as-such", test_rtx_ssrc);
  g_test_add_func ("/sdp/firefox/session-part-is-the-fallback", test_firefox);
  g_test_add_func ("/sdp/simulcast", test_simulcast);
  g_test_add_func ("/sdp/port-0-is-rejected", test_stopped);
  g_test_add_func ("/sdp/bundle-only-is-not-rejected", test_bundle_only_is_live);
  g_test_add_func ("/sdp/strongest-fingerprint-of-several", test_strongest_fingerprint);
  for (unsigned int i = 0; i < G_N_ELEMENTS (FILES); i++) {
    g_autofree char *path = g_strdup_printf ("/sdp/round-trip/%s", FILES[i]);

    g_test_add_data_func (path, FILES[i], test_round_trip);
  }
  g_test_add_func ("/sdp/copy-is-whole", test_copy);
  g_test_add_func ("/sdp/garbage-is-an-error", test_garbage);
  g_test_add_func ("/sdp/bad-attributes-are-left-out", test_bad_attributes_are_left_out);
  g_test_add_func ("/sdp/lists-are-bounded", test_lists_are_bounded);
  g_test_add_func ("/sdp/direction-mirrored", test_mirror);
  return g_test_run ();
}
