/* mb-sdp-repair.c: RTX and transport-wide feedback are agreed on with browsers and among ourselves
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-guard.h"
#include "mb-sdp-session.h"

#define BASE(setup)                                                                                 \
  "v=0\r\no=- 77 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE application0\r\n"               \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:" setup "\r\n"   \
  "a=ice-ufrag:ourufrag\r\na=ice-pwd:ourpasswordthatislong22\r\na=mid:application0\r\n"             \
  "a=fingerprint:sha-256 "                                                                          \
  "11:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F:86:CF:C9:69:81:C8:A9:3C:07:F4:00:22" \
  "\r\na=sctp-port:5000\r\n"

static MbSdpSession *
new_session (gboolean rtx, const char *codec)
{
  static const char *const AUDIO[] = {"opus", NULL};
  static const char *const VIDEO[] = {"vp8", "h264", "vp9", NULL};
  const MbSdpCapabilities capabilities = {.audio = AUDIO,
      .video = VIDEO,
      .feedback = MB_SDP_FEEDBACK_NACK | MB_SDP_FEEDBACK_NACK_PLI | MB_SDP_FEEDBACK_TRANSPORT_CC,
      .rtx = rtx};
  const MbSdpTrack camera = {.id = "camera",
      .kind = MB_SDP_KIND_VIDEO,
      .codec = codec,
      .stream_id = "bot",
      .cname = "cname",
      .ssrc = 2222,
      .rtx_ssrc = 2223};
  MbSdpSession *session = mb_sdp_session_new (0, &capabilities);

  (void) mb_sdp_session_add_track (session, &camera);
  return session;
}

static MbSdp *
parse (const char *text, MbSdpType type)
{
  g_autoptr (GError) error = NULL;
  MbSdp *sdp = mb_sdp_guard_parse (text, -1, type, &error);

  g_assert_no_error (error);
  return sdp;
}

static MbSdp *
load (const char *name, MbSdpType type)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sdp", name, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return parse (text, type);
}

static MbSdp *
offer (MbSdpSession *session)
{
  g_autofree char *text = NULL;

  g_assert_true (mb_sdp_session_set_base (session, BASE ("actpass"), NULL));
  text = mb_sdp_session_create_offer (session, NULL);
  return parse (text, MB_SDP_TYPE_OFFER);
}

static MbSdp *
answer (MbSdpSession *session, const MbSdp *remote)
{
  g_autofree char *text = NULL;

  g_assert_true (mb_sdp_session_set_remote_offer (session, remote, NULL));
  g_assert_true (mb_sdp_session_set_base (session, BASE ("active"), NULL));
  text = mb_sdp_session_create_answer (session, NULL);
  return parse (text, MB_SDP_TYPE_ANSWER);
}

static const MbSdpAgreement *
find_video (const MbSdpSession *session)
{
  const GPtrArray *agreements = mb_sdp_session_get_agreements (session);

  for (unsigned int i = 0; i < agreements->len; i++) {
    const MbSdpAgreement *agreement = agreements->pdata[i];

    if (agreement->kind == MB_SDP_KIND_VIDEO)
      return agreement;
  }
  g_assert_not_reached ();
}

static void
test_browsers_offer (void)
{
  static const struct {
    const char *file;
    unsigned int payload_type;
    unsigned int rtx_payload_type;
    gboolean has_transport_cc;
  } ROWS[] = {{"chromium-offer.sdp", 96, 97, TRUE}, {"firefox-offer.sdp", 120, 124, TRUE}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbSdpSession) session = new_session (TRUE, "vp8");
    g_autoptr (MbSdp) remote = load (ROWS[i].file, MB_SDP_TYPE_OFFER);
    g_autoptr (MbSdp) ours = answer (session, remote);
    const MbSdpAgreement *agreement = find_video (session);
    const MbSdpPayload *first = &g_array_index (agreement->receive, MbSdpPayload, 0);
    const MbSdpSection *section = mb_sdp_get_section (ours, agreement->index);
    const MbSdpSsrc *rtx = mb_sdp_section_find_ssrc (section, 2223);

    g_assert_cmpuint (first->payload_type, ==, ROWS[i].payload_type);
    g_assert_cmpuint (first->rtx_payload_type, ==, ROWS[i].rtx_payload_type);
    g_assert_cmpuint (agreement->send.rtx_payload_type, ==, ROWS[i].rtx_payload_type);
    g_assert_cmpuint (agreement->remote_rtx_ssrc, !=, 0);
    g_assert_nonnull (rtx);
    g_assert_cmpuint (rtx->repairs, ==, 2222);
    g_assert_cmpint (
        (first->feedback & MB_SDP_FEEDBACK_TRANSPORT_CC) != 0, ==, ROWS[i].has_transport_cc);
    g_assert_cmpint (agreement->transport_cc_extension_id != 0, ==, ROWS[i].has_transport_cc);
  }
}

static void
test_between_ours (void)
{
  static const struct {
    gboolean from;
    gboolean to;
  } ROWS[] = {{TRUE, TRUE}, {TRUE, FALSE}, {FALSE, TRUE}, {FALSE, FALSE}};

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbSdpSession) from = new_session (ROWS[i].from, "vp8");
    g_autoptr (MbSdpSession) to = new_session (ROWS[i].to, "vp8");
    g_autoptr (MbSdp) sent = offer (from);
    g_autoptr (MbSdp) back = answer (to, sent);
    gboolean both = ROWS[i].from && ROWS[i].to;

    g_assert_true (mb_sdp_session_set_remote_answer (from, back, NULL));
    g_assert_cmpuint (find_video (from)->send.rtx_payload_type, ==, both ? 97 : 0);
    g_assert_cmpuint (find_video (to)->send.rtx_payload_type, ==, both ? 97 : 0);
    g_assert_cmpuint (find_video (to)->remote_rtx_ssrc, ==, ROWS[i].from ? 2223 : 0);
  }
}

/* Every payload type means one thing, and every RTX repeats something. */
static void
test_numbers (void)
{
  g_autoptr (MbSdpSession) session = new_session (TRUE, "vp9");
  g_autoptr (MbSdp) ours = offer (session);
  gboolean seen[128] = {FALSE};
  unsigned int n_rtx = 0;

  for (unsigned int i = 0; i < ours->sections->len; i++) {
    const MbSdpSection *section = mb_sdp_get_section (ours, i);

    for (unsigned int k = 0; k < section->codecs->len; k++) {
      const MbSdpCodec *codec = section->codecs->pdata[k];

      g_assert_false (seen[codec->payload_type]);
      seen[codec->payload_type] = TRUE;
      n_rtx += codec->apt >= 0 ? 1 : 0;
      g_assert_true (codec->apt < 0 || seen[codec->apt]);
    }
  }
  g_assert_cmpuint (n_rtx, ==, 5);
}

/* The peer's answer says what it sends with, whatever we named first. */
static void
test_answerer_chooses (void)
{
  g_autoptr (MbSdpSession) from = new_session (TRUE, "vp8");
  g_autoptr (MbSdpSession) to = new_session (TRUE, "h264-high");
  g_autoptr (MbSdp) sent = offer (from);
  g_autoptr (MbSdp) back = answer (to, sent);

  g_assert_true (mb_sdp_session_set_remote_answer (from, back, NULL));
  g_assert_cmpstr (
      g_array_index (find_video (from)->receive, MbSdpPayload, 0).codec->id, ==, "h264-high");
  g_assert_cmpstr (find_video (to)->send.codec->id, ==, "h264-high");
  g_assert_cmpstr (find_video (from)->send.codec->id, ==, "vp8");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-repair/browsers-offer", test_browsers_offer);
  g_test_add_func ("/sdp-repair/both-or-none", test_between_ours);
  g_test_add_func ("/sdp-repair/numbers-are-unique", test_numbers);
  g_test_add_func ("/sdp-repair/answerer-chooses-what-it-sends", test_answerer_chooses);
  return g_test_run ();
}
