/* mb-sdp.c: any text is refused or answered; what is written reads back the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fuzz.h"
#include "mb-sdp-guard.h"
#include "mb-sdp-reduce.h"
#include "mb-sdp-session.h"

#define BASE                                                                                        \
  "v=0\r\no=- 77 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE application0\r\n"               \
  "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=setup:active\r\n"      \
  "a=ice-ufrag:ourufrag\r\na=ice-pwd:ourpasswordthatislong22\r\na=mid:application0\r\n"             \
  "a=fingerprint:sha-256 "                                                                          \
  "11:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F:86:CF:C9:69:81:C8:A9:3C:07:F4:00:22" \
  "\r\na=sctp-port:5000\r\n"

static const char *const AUDIO[] = {"opus", NULL};
static const char *const VIDEO[] = {"vp8", "h264", "vp9", NULL};
static const MbSdpCapabilities CAPABILITIES = {AUDIO, VIDEO, 0x1f};
static const MbSdpTrack CAMERA = {
    "camera", MB_SDP_KIND_VIDEO, "vp8", NULL, "bot", "cname", "camera", 2222};
static const MbSdpTrack SCREEN = {
    "screen", MB_SDP_KIND_VIDEO, "h264", NULL, "bot", "cname", "screen", 3333};

static char *
rewrite (const char *text)
{
  g_autoptr (MbSdp) sdp = mb_sdp_parse (text, NULL);

  g_assert_nonnull (sdp);
  return mb_sdp_to_text (sdp);
}

/* The first writing may put lines in another order; from then on nothing changes. */
static void
check_round_trip (const MbSdp *sdp)
{
  g_autofree char *first = mb_sdp_to_text (sdp);
  g_autofree char *second = rewrite (first);
  g_autofree char *third = rewrite (second);

  g_assert_cmpstr (second, ==, third);
}

static void
check_reduced (const MbSdp *sdp)
{
  g_autofree char *text = mb_sdp_reduce (sdp, MB_CANDIDATE_POLICY_DEFAULT, NULL);
  g_autoptr (MbSdp) reduced = NULL;

  g_assert_nonnull (text);
  reduced = mb_sdp_guard_parse (text, -1, MB_SDP_TYPE_OFFER, NULL);
  g_assert_nonnull (reduced);
  g_assert_cmpuint (reduced->sections->len, ==, 1);
}

static void
check_ours (const char *text, MbSdpType type, const MbSdp *remote)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbSdp) ours = mb_sdp_guard_parse (text, -1, type, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (ours->sections->len, >=, remote->sections->len);
}

static void
check_session (const MbSdp *remote)
{
  g_autoptr (MbSdpSession) session = mb_sdp_session_new (5, &CAPABILITIES);
  g_autofree char *answer = NULL;
  g_autofree char *offer = NULL;

  (void) mb_sdp_session_add_track (session, &CAMERA);
  if (!mb_sdp_session_set_remote_offer (session, remote, NULL))
    return;
  g_assert_true (mb_sdp_session_set_base (session, BASE, NULL));
  answer = mb_sdp_session_create_answer (session, NULL);
  if (answer == NULL)
    return;
  check_ours (answer, MB_SDP_TYPE_ANSWER, remote);
  (void) mb_sdp_session_add_track (session, &SCREEN);
  offer = mb_sdp_session_create_offer (session, NULL);
  check_ours (offer, MB_SDP_TYPE_OFFER, remote);
  (void) mb_sdp_session_set_remote_answer (session, remote, NULL);
  mb_sdp_session_rollback (session);
  /* The same again is an offer that fits. */
  g_assert_true (mb_sdp_session_set_remote_offer (session, remote, NULL) ||
                 mb_sdp_session_get_agreements (session)->len != remote->sections->len);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (MbSdp) parsed = NULL;
  g_autoptr (MbSdp) guarded = NULL;
  g_autofree char *text = NULL;

  if (!mb_sdp_guard_check_text ((const char *) bytes, (gssize) length, NULL))
    return 0;
  text = g_strndup ((const char *) bytes, length);
  parsed = mb_sdp_parse (text, NULL);
  if (parsed == NULL)
    return 0;
  check_round_trip (parsed);
  guarded = mb_sdp_guard_parse ((const char *) bytes, (gssize) length, MB_SDP_TYPE_OFFER, NULL);
  if (guarded == NULL)
    return 0;
  check_reduced (guarded);
  check_session (guarded);
  return 0;
}
