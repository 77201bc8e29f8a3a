/* mb-sdp-session.c: what browsers and we offer each other comes to what both can do, and stays so
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-session.h"

#include <string.h>

#include "mb-error.h"
#include "mb-sdp-codec.h"
#include "mb-sdp-guard.h"

#define ALL_FEEDBACK                                                           \
  (MB_SDP_FEEDBACK_NACK | MB_SDP_FEEDBACK_NACK_PLI | MB_SDP_FEEDBACK_CCM_FIR | \
      MB_SDP_FEEDBACK_GOOG_REMB)
#define BASE(setup)                                                                                 \
  "v=0\r\no=- 77 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-options:trickle\r\n"                     \
  "a=group:BUNDLE application0\r\n"                                                                 \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:" setup "\r\n"   \
  "a=ice-ufrag:ourufrag\r\na=ice-pwd:ourpasswordthatislong22\r\na=mid:application0\r\n"             \
  "a=fingerprint:sha-256 "                                                                          \
  "11:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F:86:CF:C9:69:81:C8:A9:3C:07:F4:00:22" \
  "\r\na=sctp-port:5000\r\n"

static const char *const AUDIO[] = {"opus", NULL};
static const char *const VIDEO[] = {"vp8", "h264", "vp9", NULL};
static const MbSdpCapabilities CAPABILITIES = {AUDIO, VIDEO, ALL_FEEDBACK};

static const MbSdpTrack MICROPHONE = {
    "microphone", MB_SDP_KIND_AUDIO, "opus", NULL, "bot", "cname", "camera", 1111};
static const MbSdpTrack CAMERA = {
    "camera", MB_SDP_KIND_VIDEO, "vp8", NULL, "bot", "cname", "camera", 2222};
static const MbSdpTrack SCREEN = {
    "screen", MB_SDP_KIND_VIDEO, "vp8", NULL, "bot-screen", "cname", "screen", 3333};

static MbSdpSession *
new_bot (guint64 id)
{
  MbSdpSession *session = mb_sdp_session_new (id, &CAPABILITIES);

  (void) mb_sdp_session_add_track (session, &MICROPHONE);
  (void) mb_sdp_session_add_track (session, &CAMERA);
  return session;
}

static MbSdp *
guard (const char *text, MbSdpType type)
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
  return guard (text, type);
}

static MbSdp *
offer (MbSdpSession *session)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (mb_sdp_session_get_local_ufrag (session) == NULL)
    g_assert_true (mb_sdp_session_set_base (session, BASE ("actpass"), NULL));
  text = mb_sdp_session_create_offer (session, &error);
  g_assert_no_error (error);
  return guard (text, MB_SDP_TYPE_OFFER);
}

static MbSdp *
answer (MbSdpSession *session, const MbSdp *remote)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  (void) mb_sdp_session_set_remote_offer (session, remote, &error);
  g_assert_no_error (error);
  if (mb_sdp_session_get_local_ufrag (session) == NULL)
    g_assert_true (mb_sdp_session_set_base (session, BASE ("active"), NULL));
  text = mb_sdp_session_create_answer (session, &error);
  g_assert_no_error (error);
  return guard (text, MB_SDP_TYPE_ANSWER);
}

static void
take_answer (MbSdpSession *session, const MbSdp *remote)
{
  g_autoptr (GError) error = NULL;

  (void) mb_sdp_session_set_remote_answer (session, remote, &error);
  g_assert_no_error (error);
}

/* One whole exchange between two of ours. */
static void
exchange (MbSdpSession *from, MbSdpSession *to)
{
  g_autoptr (MbSdp) sent = offer (from);
  g_autoptr (MbSdp) back = answer (to, sent);

  take_answer (from, back);
}

static const MbSdpAgreement *
agreement (const MbSdpSession *session, unsigned int index)
{
  const GPtrArray *agreements = mb_sdp_session_get_agreements (session);

  g_assert_cmpuint (agreements->len, >, index);
  return agreements->pdata[index];
}

static const MbSdpPayload *
received (const MbSdpAgreement *self, const char *codec)
{
  for (unsigned int i = 0; i < self->receive->len; i++) {
    const MbSdpPayload *payload = &g_array_index (self->receive, MbSdpPayload, i);

    if (g_str_equal (payload->codec->id, codec))
      return payload;
  }
  return NULL;
}

/* ---- browsers offer ---- */

static void
test_answer_to_chromium (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) remote = load ("chromium-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (session, remote);
  const MbSdpSection *video = mb_sdp_get_section (ours, 1);
  const MbSdpAgreement *agreed = agreement (session, 1);
  const MbSdpCodec *first = video->codecs->pdata[0];

  g_assert_cmpuint (ours->sections->len, ==, 3);
  g_assert_cmpstr (ours->session_id, ==, "5");
  g_assert_cmpstr (video->mid, ==, "1");
  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_SENDRECV);
  g_assert_cmpstr (first->name, ==, "VP8");
  g_assert_cmpuint (first->payload_type, ==, 96);
  g_assert_cmpuint (video->codecs->len, ==, 4); /* H.264 in two profiles */
  g_assert_cmpint (video->transport.setup, ==, MB_SDP_SETUP_ACTIVE);
  g_assert_cmpstr (video->transport.ice_ufrag, ==, "ourufrag");
  g_assert_cmpstr (video->stream_id, ==, "bot");
  g_assert_cmpstr (video->track_id, ==, "camera");
  g_assert_cmpuint (((MbSdpSsrc *) video->ssrcs->pdata[0])->ssrc, ==, 2222);
  g_assert_cmpstr (mb_sdp_find_application (ours)->mid, ==, "2");

  g_assert_true (agreed->is_live && agreed->is_sending && agreed->is_receiving);
  g_assert_cmpuint (agreed->send.payload_type, ==, 96);
  g_assert_cmpuint (agreed->send.feedback, ==, ALL_FEEDBACK);
  g_assert_cmpuint (received (agreed, "h264")->payload_type, ==, 108);
  g_assert_cmpuint (agreed->remote_ssrcs->len, ==, 1);
  g_assert_cmpuint (agreed->mid_extension_id, ==, 4);
  g_assert_cmpstr (agreed->remote_stream_id, ==, "724d9a0b-ef1a-45d6-8f2c-e4d49542c658");
  g_assert_cmpint (mb_sdp_session_get_role (session), ==, MB_SDP_SETUP_ACTIVE);
  g_assert_cmpstr (mb_sdp_session_get_remote_session_id (session), ==, "7610529140547953492");
  g_assert_cmpstr (mb_sdp_session_get_remote_ufrag (session), ==, "Ccah");
  g_assert_true (mb_sdp_session_has_application (session));
  g_assert_false (mb_sdp_session_needs_offer (session));
}

static void
test_answer_to_firefox (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) remote = load ("firefox-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (session, remote);
  const MbSdpAgreement *audio = agreement (session, 0);
  const MbSdpAgreement *video = agreement (session, 1);

  g_assert_cmpuint (ours->sections->len, ==, 3);
  g_assert_cmpuint (audio->send.payload_type, ==, 109);
  g_assert_cmpuint (video->send.payload_type, ==, 120);
  g_assert_cmpuint (received (video, "vp9")->payload_type, ==, 121);
  g_assert_null (received (video, "h264"));
  g_assert_cmpuint (video->remote_ssrcs->len, ==, 1);
  g_assert_nonnull (mb_sdp_session_get_remote_fingerprint (session)->value);
}

static void
test_recorder (void)
{
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (0, &CAPABILITIES);
  g_autoptr (MbSdp) remote = load ("chromium-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (session, remote);
  const MbSdpSection *video = mb_sdp_get_section (ours, 1);

  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_RECVONLY);
  g_assert_null (video->stream_id);
  g_assert_cmpuint (video->ssrcs->len, ==, 0);
  g_assert_true (agreement (session, 1)->is_receiving);
  g_assert_false (agreement (session, 1)->is_sending);
  g_assert_cmpstr (ours->session_id, !=, "0");
}

static void
test_simulcast (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) remote = load ("chromium-offer-simulcast.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (session, remote);
  const MbSdpSection *video = mb_sdp_get_section (ours, 0);
  const MbSdpSection *audio = mb_sdp_get_section (ours, 1);

  g_assert_cmpuint (video->rids->len, ==, 1);
  g_assert_cmpstr (video->simulcast, ==, "recv f");
  g_assert_cmpstr (agreement (session, 0)->rid, ==, "f");
  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_RECVONLY);
  g_assert_cmpuint (mb_sdp_section_get_extension (video, MB_SDP_URI_RID), !=, 0);
  g_assert_cmpint (audio->direction, ==, MB_SDP_DIRECTION_SENDONLY);
  g_assert_null (mb_sdp_find_application (ours));
  g_assert_false (mb_sdp_session_has_application (session));
  /* There was no section to send our camera in. */
  g_assert_true (mb_sdp_session_needs_offer (session));
}

static void
test_data_only (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) remote = load ("chromium-offer-data-only.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (session, remote);
  g_autoptr (MbSdp) ours_again = NULL;

  g_assert_cmpuint (ours->sections->len, ==, 1);
  g_assert_true (mb_sdp_session_needs_offer (session));
  ours_again = offer (session);
  g_assert_cmpuint (ours_again->sections->len, ==, 3);
  g_assert_cmpstr (mb_sdp_get_section (ours_again, 0)->mid, ==, "0");
  g_assert_cmpstr (mb_sdp_get_section (ours_again, 1)->mid, ==, "a0");
  g_assert_cmpint (mb_sdp_get_section (ours_again, 1)->transport.setup, ==, MB_SDP_SETUP_ACTPASS);
}

static void
test_codec_unknown_to_the_peer (void)
{
  static const MbSdpTrack SOURCE = {
      "camera", MB_SDP_KIND_VIDEO, "h264", NULL, "bot", "cname", "camera", 2222};
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (5, &CAPABILITIES);
  g_autoptr (MbSdp) remote = load ("firefox-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = NULL;

  (void) mb_sdp_session_add_track (session, &SOURCE);
  ours = answer (session, remote);

  g_assert_cmpint (mb_sdp_get_section (ours, 1)->direction, ==, MB_SDP_DIRECTION_RECVONLY);
  g_assert_nonnull (mb_sdp_session_get_refusal (session, "camera"));
  g_assert_false (mb_sdp_session_needs_offer (session));
}

/* Chromium decodes it, and says so only where it does not send. */
static void
test_high_stands_apart (void)
{
  static const MbSdpTrack HIGH = {
      "camera", MB_SDP_KIND_VIDEO, "h264-high", NULL, "bot", "cname", "camera", 2222};
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (5, &CAPABILITIES);
  g_autoptr (MbSdp) remote = load ("chromium-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = NULL;
  g_autoptr (MbSdp) again = NULL;
  const MbSdpSection *apart;

  (void) mb_sdp_session_add_track (session, &HIGH);
  ours = answer (session, remote);
  g_assert_true (mb_sdp_session_needs_offer (session));
  again = offer (session);

  g_assert_cmpuint (again->sections->len, ==, ours->sections->len + 1);
  apart = mb_sdp_get_section (again, ours->sections->len);
  g_assert_cmpint (apart->direction, ==, MB_SDP_DIRECTION_SENDONLY);
  g_assert_cmpuint (apart->codecs->len, ==, 2);
  g_assert_nonnull (mb_codec_info_match (mb_codec_info_find ("h264-high"), apart));
  g_assert_nonnull (mb_codec_info_match (mb_codec_info_find ("h264-high-444"), apart));
}

/* In a section of ours where both could send, the answer leaves it out; the next offer has it apart. */
static void
test_high_leaves_a_shared_section (void)
{
  static const MbSdpTrack HIGH = {
      "camera", MB_SDP_KIND_VIDEO, "h264-high", NULL, "bot", "cname", "camera", 2222};
  static const char *const VP8_ONLY[] = {"vp8", NULL};
  static const MbSdpCapabilities LESS = {AUDIO, VP8_ONLY, ALL_FEEDBACK};
  g_autoptr (MbSdpSession) one = mb_sdp_session_new (5, &CAPABILITIES);
  g_autoptr (MbSdpSession) two = mb_sdp_session_new (6, &LESS);

  (void) mb_sdp_session_add_track (one, &HIGH);
  exchange (one, two);
  g_assert_true (mb_sdp_session_needs_offer (one));
  g_assert_null (mb_sdp_session_get_refusal (one, "camera"));

  exchange (one, two);
  g_assert_nonnull (mb_sdp_session_get_refusal (one, "camera"));
  g_assert_false (mb_sdp_session_needs_offer (one));
}

static void
test_nothing_in_common (void)
{
  static const MbSdpCapabilities NOTHING = {NULL, NULL, 0};
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (5, &NOTHING);
  g_autoptr (MbSdp) remote = load ("chromium-offer-simulcast.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (GError) error = NULL;

  g_assert_true (mb_sdp_session_set_remote_offer (session, remote, NULL));
  g_assert_true (mb_sdp_session_set_base (session, BASE ("active"), NULL));
  g_assert_null (mb_sdp_session_create_answer (session, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED);
}

/* The browser's own later offers, one after the other, as they were recorded. */
static void
test_chromium_over_time (void)
{
  static const char *const FILES[] = {"chromium-offer.sdp", "chromium-reoffer-screen.sdp",
      "chromium-reoffer-removed.sdp", "chromium-reoffer-stopped.sdp",
      "chromium-reoffer-recycled.sdp"};
  static const struct {
    unsigned int n_sections;
    const char *last_mid;
    gboolean is_live;
    gboolean is_receiving;
  } EXPECTED[] = {
      {3, "2", TRUE, FALSE},
      {4, "3", TRUE, TRUE},
      {4, "3", TRUE, FALSE},
      {4, "3", FALSE, FALSE},
      {4, "4", TRUE, TRUE},
  };
  g_autoptr (MbSdpSession) session = new_bot (5);

  for (unsigned int i = 0; i < G_N_ELEMENTS (FILES); i++) {
    g_autoptr (MbSdp) remote = load (FILES[i], MB_SDP_TYPE_OFFER);
    g_autoptr (MbSdp) ours = answer (session, remote);
    const MbSdpAgreement *last = agreement (session, EXPECTED[i].n_sections - 1);
    const MbSdpSection *section = mb_sdp_get_section (ours, EXPECTED[i].n_sections - 1);

    g_test_message ("%s", FILES[i]);
    g_assert_cmpuint (ours->sections->len, ==, EXPECTED[i].n_sections);
    g_assert_cmpuint (ours->session_version, ==, i + 1);
    g_assert_cmpstr (last->mid, ==, EXPECTED[i].last_mid);
    g_assert_cmpint (last->is_live, ==, EXPECTED[i].is_live);
    g_assert_cmpint (last->is_receiving, ==, EXPECTED[i].is_receiving);
    g_assert_cmpint (section->is_rejected, ==, !EXPECTED[i].is_live);
    g_assert_cmpint (mb_sdp_get_section (ours, 0)->transport.setup, ==, MB_SDP_SETUP_ACTIVE);
    g_assert_true (agreement (session, 1)->is_sending);
  }
}

/* ---- we offer ---- */

static void
test_our_offer (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) ours = offer (session);
  const MbSdpSection *audio = mb_sdp_get_section (ours, 0);
  const MbSdpSection *video = mb_sdp_get_section (ours, 1);
  const MbSdpSection *data = mb_sdp_get_section (ours, 2);
  const MbSdpCodec *vp8 = video->codecs->pdata[0];
  const MbSdpCodec *h264 = video->codecs->pdata[1];

  g_assert_cmpuint (ours->sections->len, ==, 3);
  g_assert_cmpuint (ours->bundle->len, ==, 3);
  g_assert_cmpstr (audio->mid, ==, "a0");
  g_assert_cmpstr (video->mid, ==, "v0");
  g_assert_cmpstr (data->mid, ==, "application0");
  g_assert_cmpint (video->direction, ==, MB_SDP_DIRECTION_SENDRECV);
  g_assert_cmpint (video->transport.setup, ==, MB_SDP_SETUP_ACTPASS);
  g_assert_true (video->has_rtcp_mux);
  g_assert_cmpuint (vp8->payload_type, ==, 96);
  g_assert_cmpuint (vp8->feedback, ==, ALL_FEEDBACK);
  g_assert_cmpstr (
      h264->fmtp, ==, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  g_assert_cmpuint (mb_sdp_section_get_extension (video, MB_SDP_URI_MID), ==, 4);
  g_assert_cmpuint (mb_sdp_section_get_extension (audio, MB_SDP_URI_MID), ==, 4);
  g_assert_cmpint (mb_sdp_session_get_role (session), ==, MB_SDP_SETUP_NONE);
  g_assert_cmpuint (mb_sdp_session_get_agreements (session)->len, ==, 0);
  g_assert_cmpstr (mb_sdp_session_get_candidate_mid (session, NULL), ==, "a0");
}

static void
test_two_of_ours (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);

  exchange (one, two);

  g_assert_cmpint (mb_sdp_session_get_role (one), ==, MB_SDP_SETUP_PASSIVE);
  g_assert_cmpint (mb_sdp_session_get_role (two), ==, MB_SDP_SETUP_ACTIVE);
  g_assert_cmpstr (mb_sdp_session_get_remote_session_id (one), ==, "6");
  for (unsigned int i = 0; i < 2; i++) {
    g_assert_true (agreement (one, i)->is_sending && agreement (one, i)->is_receiving);
    g_assert_true (agreement (two, i)->is_sending && agreement (two, i)->is_receiving);
    g_assert_cmpuint (agreement (one, i)->remote_ssrcs->len, ==, 1);
  }
  g_assert_cmpstr (agreement (one, 1)->remote_track_id, ==, "camera");
  g_assert_true (mb_sdp_session_find_track (one, "camera") == agreement (one, 1));
}

static void
test_screen_comes_and_goes (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);

  exchange (one, two);
  g_assert_true (mb_sdp_session_add_track (two, &SCREEN));
  exchange (two, one);

  g_assert_cmpstr (agreement (two, 3)->mid, ==, "v1");
  g_assert_true (agreement (two, 3)->is_sending);
  g_assert_false (agreement (two, 3)->is_receiving);
  g_assert_true (agreement (one, 3)->is_receiving);
  g_assert_cmpstr (agreement (one, 3)->remote_content, ==, "slides");
  /* Whoever offers: the DTLS roles stay as they were. */
  g_assert_cmpint (mb_sdp_session_get_role (one), ==, MB_SDP_SETUP_PASSIVE);

  g_assert_true (mb_sdp_session_remove_track (two, "screen"));
  exchange (two, one);
  g_assert_false (agreement (one, 3)->is_receiving);
  g_assert_true (agreement (one, 3)->is_live);
  g_assert_false (mb_sdp_session_needs_offer (two));

  g_assert_true (mb_sdp_session_add_track (two, &SCREEN));
  exchange (two, one);
  g_assert_cmpuint (mb_sdp_session_get_agreements (two)->len, ==, 4);
  g_assert_true (agreement (one, 3)->is_receiving);
}

static void
test_screens_of_both (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);

  exchange (one, two);
  (void) mb_sdp_session_add_track (one, &SCREEN);
  exchange (one, two);
  (void) mb_sdp_session_add_track (two, &SCREEN);
  exchange (two, one);

  g_assert_cmpuint (mb_sdp_session_get_agreements (one)->len, ==, 4);
  g_assert_true (agreement (one, 3)->is_sending && agreement (one, 3)->is_receiving);
  g_assert_true (agreement (two, 3)->is_sending && agreement (two, 3)->is_receiving);
}

static void
test_codec_that_only_we_know (void)
{
  static const MbSdpTrack AV1 = {
      "camera", MB_SDP_KIND_VIDEO, "av1", NULL, "bot", "cname", "camera", 2222};
  g_autoptr (MbSdpSession) one = mb_sdp_session_new (5, &CAPABILITIES);
  g_autoptr (MbSdpSession) two = new_bot (6);

  (void) mb_sdp_session_add_track (one, &AV1);
  exchange (one, two);

  g_assert_false (agreement (one, 1)->is_sending);
  g_assert_nonnull (mb_sdp_session_get_refusal (one, "camera"));
  g_assert_true (agreement (one, 1)->is_receiving);
  g_assert_false (mb_sdp_session_needs_offer (one));
}

static void
test_rollback (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);
  g_autoptr (MbSdp) void_offer = NULL;
  g_autoptr (GError) error = NULL;

  exchange (one, two);
  (void) mb_sdp_session_add_track (one, &SCREEN);
  void_offer = offer (one);
  g_assert_cmpuint (void_offer->sections->len, ==, 4);
  g_assert_null (mb_sdp_session_create_offer (one, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_FAILED);
  mb_sdp_session_rollback (one);
  mb_sdp_session_rollback (one);

  /* Now the other side's offer comes first; ours is still wanted afterwards. */
  (void) mb_sdp_session_add_track (two, &SCREEN);
  exchange (two, one);
  g_assert_cmpuint (mb_sdp_session_get_agreements (one)->len, ==, 4);
  g_assert_true (agreement (one, 3)->is_receiving);
  g_assert_false (agreement (one, 3)->is_sending);
  g_assert_true (mb_sdp_session_needs_offer (one));
  exchange (one, two);
  g_assert_true (agreement (one, 3)->is_sending);
  g_assert_false (mb_sdp_session_needs_offer (one));
}

static void
test_versions_go_up (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdp) first = offer (one);
  g_autoptr (MbSdp) second = NULL;

  mb_sdp_session_rollback (one);
  second = offer (one);
  g_assert_cmpuint (second->session_version, ==, first->session_version + 1);
  g_assert_cmpstr (second->session_id, ==, first->session_id);
}

static void
test_local_candidates (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdp) ours = NULL;

  g_assert_true (mb_sdp_session_set_base (
      one, BASE ("actpass") "a=candidate:1 1 udp 1 192.0.2.1 5000 typ host\r\n", NULL));
  mb_sdp_session_add_local_candidate (one, "candidate:1 1 udp 1 192.0.2.1 5000 typ host");
  mb_sdp_session_add_local_candidate (one, "a=candidate:2 1 udp 1 192.0.2.2 5000 typ host");
  mb_sdp_session_add_local_candidate (one, "nonsense");
  ours = offer (one);
  g_assert_cmpuint (mb_sdp_get_section (ours, 0)->candidates->len, ==, 2);
  g_assert_cmpuint (mb_sdp_get_section (ours, 1)->candidates->len, ==, 0);
}

/* ---- what does not fit ---- */

static void
assert_answer_refused (MbSdpSession *session, const MbSdp *remote, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (mb_sdp_session_set_remote_answer (session, remote, &error));
  g_assert_error (error, MB_ERROR, code);
}

static void
test_answers_that_do_not_fit (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);
  g_autoptr (MbSdp) foreign = load ("chromium-answer.sdp", MB_SDP_TYPE_ANSWER);
  g_autoptr (MbSdp) sent = NULL;
  g_autoptr (MbSdp) back = NULL;
  char *mid;

  assert_answer_refused (one, foreign, MB_ERROR_BAD_REQUEST); /* no offer is open */
  sent = offer (one);
  assert_answer_refused (one, foreign, MB_ERROR_BAD_REQUEST); /* other mids */
  back = answer (two, sent);
  mid = mb_sdp_get_section (back, 1)->mid;
  mb_sdp_get_section (back, 1)->mid = NULL;
  assert_answer_refused (one, back, MB_ERROR_BAD_REQUEST);
  mb_sdp_get_section (back, 1)->mid = mid;
  take_answer (one, back);
}

static void
test_other_certificate (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);
  g_autoptr (MbSdp) sent = NULL;
  g_autoptr (MbSdp) back = NULL;

  exchange (one, two);
  (void) mb_sdp_session_add_track (one, &SCREEN);
  sent = offer (one);
  back = answer (two, sent);
  for (unsigned int i = 0; i < back->sections->len; i++)
    mb_sdp_get_section (back, i)->transport.fingerprint.value[0] = 'F';
  assert_answer_refused (one, back, MB_ERROR_SECURITY);
}

static void
test_other_session (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdpSession) two = new_bot (6);
  g_autoptr (MbSdpSession) rebuilt = new_bot (7);
  g_autoptr (MbSdp) sent = NULL;
  g_autoptr (GError) error = NULL;

  exchange (one, two);
  sent = offer (rebuilt);
  g_assert_false (mb_sdp_session_set_remote_offer (one, sent, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

static void
test_offers_that_do_not_fit (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);
  g_autoptr (MbSdp) first = load ("chromium-reoffer-screen.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) fewer = load ("chromium-offer.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = answer (one, first);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (ours->sections->len, ==, 4);
  g_assert_false (mb_sdp_session_set_remote_offer (one, fewer, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
}

static void
test_calls_out_of_order (void)
{
  g_autoptr (MbSdpSession) one = new_bot (5);

  g_assert_null (mb_sdp_session_create_offer (one, NULL));
  g_assert_null (mb_sdp_session_create_answer (one, NULL));
  g_assert_false (mb_sdp_session_set_base (one, "garbage", NULL));
  g_assert_false (mb_sdp_session_set_base (one, "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n", NULL));
  mb_sdp_session_rollback (one);
  g_assert_null (mb_sdp_session_get_candidate_mid (one, NULL));
}

static void
test_payload_types_do_not_collide (void)
{
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (5, &CAPABILITIES);
  g_autoptr (MbSdp) remote = load ("chromium-offer-data-only.sdp", MB_SDP_TYPE_OFFER);
  g_autoptr (MbSdp) ours = NULL;
  g_autoptr (MbSdp) again = NULL;
  MbSdpSection *video = mb_sdp_section_new (MB_SDP_KIND_VIDEO);
  const MbSdpCodec *codec;

  /* The peer calls H265 by the number that we would call VP8. */
  video->mid = g_strdup ("x");
  (void) mb_sdp_section_add_codec (video, 96, "H265", 90000, 0);
  (void) mb_sdp_section_add_codec (video, 97, "VP9", 90000, 0);
  mb_sdp_section_add_extension (video, 4, "urn:other");
  g_ptr_array_add (remote->sections, video);
  g_ptr_array_add (remote->bundle, g_strdup ("x"));
  ours = answer (session, remote);
  g_assert_cmpuint (ours->sections->len, ==, 2);
  g_assert_cmpuint (received (agreement (session, 1), "vp9")->payload_type, ==, 97);
  (void) mb_sdp_session_add_track (session, &CAMERA);
  again = offer (session);
  video = mb_sdp_get_section (again, 2);
  codec = video->codecs->pdata[0];
  g_assert_cmpstr (codec->name, ==, "VP8");
  g_assert_cmpuint (codec->payload_type, !=, 96);
  g_assert_cmpuint (codec->payload_type, !=, 97);
  g_assert_cmpuint (mb_sdp_section_get_extension (video, MB_SDP_URI_MID), !=, 4);
}

/* Screens that come and go by stopped sections, as browsers do, for a long day. */
static void
test_places_are_used_again (void)
{
  g_autoptr (MbSdpSession) session = new_bot (5);
  g_autoptr (MbSdp) remote = load ("chromium-offer.sdp", MB_SDP_TYPE_OFFER);

  for (unsigned int i = 0; i < 200; i++) {
    g_autofree char *id = g_strdup_printf ("screen%u", i);
    MbSdpTrack track = SCREEN;
    MbSdpSection *added = NULL;
    g_autoptr (MbSdp) ours = NULL;
    g_autoptr (MbSdp) first = answer (session, remote);

    track.id = id;
    (void) mb_sdp_session_add_track (session, &track);
    ours = offer (session);
    g_assert_cmpuint (ours->sections->len, <=, 13);
    mb_sdp_session_rollback (session);
    (void) mb_sdp_session_remove_track (session, id);
    if (remote->sections->len < 12) {
      added = mb_sdp_section_copy (mb_sdp_get_section (remote, 1));
      g_free (added->mid);
      added->mid = g_strdup_printf ("s%u", i);
      added->is_rejected = TRUE;
      added->port = 0;
      g_ptr_array_add (remote->sections, added);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-session/they-offer/chromium", test_answer_to_chromium);
  g_test_add_func ("/sdp-session/they-offer/firefox-payload-types", test_answer_to_firefox);
  g_test_add_func ("/sdp-session/they-offer/recorder-only-receives", test_recorder);
  g_test_add_func ("/sdp-session/they-offer/simulcast-by-its-largest-layer", test_simulcast);
  g_test_add_func ("/sdp-session/they-offer/data-only", test_data_only);
  g_test_add_func ("/sdp-session/they-offer/codec-they-lack", test_codec_unknown_to_the_peer);
  g_test_add_func ("/sdp-session/high-stands-apart", test_high_stands_apart);
  g_test_add_func ("/sdp-session/high-leaves-a-shared-section", test_high_leaves_a_shared_section);
  g_test_add_func ("/sdp-session/they-offer/nothing-in-common", test_nothing_in_common);
  g_test_add_func ("/sdp-session/they-offer/chromium-over-time", test_chromium_over_time);
  g_test_add_func ("/sdp-session/we-offer/text", test_our_offer);
  g_test_add_func ("/sdp-session/we-offer/both-agree", test_two_of_ours);
  g_test_add_func ("/sdp-session/we-offer/screen-comes-and-goes", test_screen_comes_and_goes);
  g_test_add_func ("/sdp-session/we-offer/screens-of-both-share", test_screens_of_both);
  g_test_add_func ("/sdp-session/we-offer/codec-they-lack", test_codec_that_only_we_know);
  g_test_add_func ("/sdp-session/we-offer/rollback", test_rollback);
  g_test_add_func ("/sdp-session/we-offer/versions-go-up", test_versions_go_up);
  g_test_add_func ("/sdp-session/we-offer/local-candidates", test_local_candidates);
  g_test_add_func ("/sdp-session/misfit/answers", test_answers_that_do_not_fit);
  g_test_add_func ("/sdp-session/misfit/other-certificate", test_other_certificate);
  g_test_add_func ("/sdp-session/misfit/other-session", test_other_session);
  g_test_add_func ("/sdp-session/misfit/fewer-sections", test_offers_that_do_not_fit);
  g_test_add_func ("/sdp-session/misfit/calls-out-of-order", test_calls_out_of_order);
  g_test_add_func ("/sdp-session/payload-types-do-not-collide", test_payload_types_do_not_collide);
  g_test_add_func ("/sdp-session/places-are-used-again", test_places_are_used_again);
  return g_test_run ();
}
