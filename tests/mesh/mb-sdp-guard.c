/* mb-sdp-guard.c: every limit at n and n+1; what could hurt is refused, what browsers send is not
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-guard.h"

#include <string.h>

#include "mb-error.h"

#define SHA256 \
  "94:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F:86:CF:C9:69:81:C8:A9:3C:07:F4:00:2B"
#define SHA1 "94:01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F"
#define HEAD "v=0\r\no=- 12 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
#define ICE "a=ice-ufrag:Ccah\r\na=ice-pwd:OG7Q6SQsWGxz+WJzGnHyYVNx\r\n"
#define PRINT "a=fingerprint:sha-256 " SHA256 "\r\n"
#define ROLE "a=setup:actpass\r\n"
#define AUDIO(mid) "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:" mid "\r\n"

static void
assert_refused (const char *text, MbSdpType type, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = g_strescape (text, NULL);

  g_test_message ("%.300s", shown);
  g_assert_null (mb_sdp_guard_parse (text, -1, type, &error));
  g_assert_error (error, MB_ERROR, code);
}

static void
assert_accepted (const char *text, MbSdpType type)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MbSdp) sdp = mb_sdp_guard_parse (text, -1, type, &error);

  g_assert_no_error (error);
  g_assert_nonnull (sdp);
}

static void
test_browsers (gconstpointer data)
{
  const char *name = data;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "sdp", name, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  assert_accepted (text, strstr (name, "answer") != NULL ? MB_SDP_TYPE_ANSWER : MB_SDP_TYPE_OFFER);
}

static void
test_rules (void)
{
  static const struct {
    const char *text;
    int code; /* -1: taken */
  } CASES[] = {
      {HEAD "a=group:BUNDLE 0\r\n" AUDIO ("0") ICE PRINT ROLE, -1},
      {HEAD AUDIO ("0") ICE PRINT ROLE, -1}, /* a single section needs no group */
      {HEAD ICE PRINT ROLE "a=group:BUNDLE 0 1\r\n" AUDIO ("0") AUDIO ("1"), -1},
      {HEAD ICE PRINT ROLE AUDIO ("0") AUDIO ("1"), MB_ERROR_UNSUPPORTED},
      {HEAD ICE PRINT ROLE "a=group:BUNDLE 0\r\n" AUDIO ("0") AUDIO ("1"), MB_ERROR_UNSUPPORTED},
      {HEAD ICE PRINT ROLE
          "a=group:BUNDLE 0\r\n" AUDIO ("0") "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n",
          -1},
      {HEAD ICE PRINT ROLE "a=group:BUNDLE 0\r\n" AUDIO ("0") "m=video 0 RTP/AVP 0\r\n", -1},
      {HEAD ICE PRINT ROLE "a=group:BUNDLE 0 0\r\n" AUDIO ("0") AUDIO ("0"), MB_ERROR_BAD_REQUEST},
      {HEAD ICE PRINT ROLE "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", MB_ERROR_BAD_REQUEST},
      {HEAD ICE PRINT ROLE AUDIO ("a(b)"), MB_ERROR_BAD_REQUEST},
      {HEAD ICE PRINT ROLE, MB_ERROR_BAD_REQUEST},
      {HEAD ICE PRINT ROLE "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n", MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") ICE ROLE, MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") ICE ROLE "a=fingerprint:sha-1 " SHA1 "\r\n", MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") ICE ROLE "a=fingerprint:md5 AA\r\n", MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") ICE ROLE "a=fingerprint:sha-256 " SHA1 "\r\n", MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") ICE ROLE "a=fingerprint:sha-256 " SHA256 ":00\r\n", MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") ICE ROLE "a=fingerprint:sha-512 " SHA256 "\r\n", MB_ERROR_SECURITY},
      {HEAD PRINT AUDIO ("0") ICE ROLE "a=fingerprint:sha-256 " SHA256 "\r\n", -1},
      {HEAD PRINT AUDIO ("0") ICE ROLE "a=fingerprint:sha-1 " SHA1 "\r\n", MB_ERROR_SECURITY},
      {HEAD ICE ROLE "a=group:BUNDLE 0 1\r\n" AUDIO ("0")
              PRINT AUDIO ("1") "a=fingerprint:sha-256 00"
                                ":01:4E:01:24:F8:54:48:E6:9C:E2:A5:49:8D:8A:DE:ED:8C:79:4F"
                                ":86:CF:C9:69:81:C8:A9:3C:07:F4:00:2B\r\n",
          MB_ERROR_SECURITY},
      {HEAD AUDIO ("0") PRINT ROLE, MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") PRINT ROLE "a=ice-ufrag:abc\r\na=ice-pwd:OG7Q6SQsWGxz+WJzGnHyYVNx\r\n",
          MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") PRINT ROLE "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n", MB_ERROR_BAD_REQUEST},
      {"v=0\r\no=- 1(2 2 IN IP4 127.0.0.1\r\n" AUDIO ("0") ICE PRINT ROLE, MB_ERROR_BAD_REQUEST},
      {"v=0\r\no=- 123456789012345678901234567890123 2 IN IP4 127.0.0.1\r\n" AUDIO ("0")
              ICE PRINT ROLE,
          MB_ERROR_BAD_REQUEST},
      {"garbage", MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") ICE PRINT ROLE "a=x:\x01\r\n", MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") ICE PRINT ROLE "a=x:a\rb\r\n", MB_ERROR_BAD_REQUEST},
      {HEAD AUDIO ("0") ICE PRINT ROLE "a=x:\xff\r\n", MB_ERROR_BAD_REQUEST},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    if (CASES[i].code < 0)
      assert_accepted (CASES[i].text, MB_SDP_TYPE_OFFER);
    else
      assert_refused (CASES[i].text, MB_SDP_TYPE_OFFER, CASES[i].code);
  }
}

static void
test_answer_has_a_role (void)
{
  assert_refused (HEAD AUDIO ("0") ICE PRINT ROLE, MB_SDP_TYPE_ANSWER, MB_ERROR_BAD_REQUEST);
  assert_refused (HEAD AUDIO ("0") ICE PRINT, MB_SDP_TYPE_ANSWER, MB_ERROR_BAD_REQUEST);
  assert_accepted (HEAD AUDIO ("0") ICE PRINT "a=setup:active\r\n", MB_SDP_TYPE_ANSWER);
}

static void
test_size (void)
{
  g_autoptr (GString) text = g_string_new (HEAD AUDIO ("0") ICE PRINT ROLE);

  while (text->len < MB_SDP_GUARD_MAX_SIZE_BYTES)
    g_string_append (
        text, text->len + 64 < MB_SDP_GUARD_MAX_SIZE_BYTES
                  ? "a=x:0123456789012345678901234567890123456789012345678901234567\r\n"
                  : "x");
  g_string_truncate (text, MB_SDP_GUARD_MAX_SIZE_BYTES - 4);
  g_string_append (text, "\r\n\r\n");
  g_assert_cmpuint (text->len, ==, MB_SDP_GUARD_MAX_SIZE_BYTES);
  g_assert_true (mb_sdp_guard_check_text (text->str, (gssize) text->len, NULL));
  g_string_append_c (text, '\n');
  assert_refused (text->str, MB_SDP_TYPE_OFFER, MB_ERROR_TOO_LARGE);
}

static void
test_line_length (void)
{
  for (unsigned int extra = 0; extra <= 1; extra++) {
    g_autofree char *filler = g_strnfill (MB_SDP_GUARD_MAX_LINE_BYTES - 4 + extra, 'x');
    g_autofree char *text = g_strdup_printf (HEAD AUDIO ("0") ICE PRINT ROLE "a=x:%s\n", filler);

    if (extra == 0)
      assert_accepted (text, MB_SDP_TYPE_OFFER);
    else
      assert_refused (text, MB_SDP_TYPE_OFFER, MB_ERROR_TOO_LARGE);
  }
}

static void
test_lines (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  /* The text ends with a line that has no end of its own. */
  for (unsigned int i = 0; i < MB_SDP_GUARD_MAX_LINES - 1; i++)
    g_string_append (text, "a=x\n");
  g_assert_true (mb_sdp_guard_check_text (text->str, -1, NULL));
  g_string_append (text, "a=x\n");
  g_assert_false (mb_sdp_guard_check_text (text->str, -1, NULL));
}

static void
test_sections (void)
{
  g_autoptr (GString) group = g_string_new ("a=group:BUNDLE");
  g_autoptr (GString) sections = g_string_new (NULL);

  for (unsigned int i = 0; i <= MB_SDP_GUARD_MAX_SECTIONS; i++) {
    g_string_append_printf (group, " %u", i);
    g_string_append_printf (sections, "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:%u\r\n", i);
    if (i + 1 >= MB_SDP_GUARD_MAX_SECTIONS) {
      g_autofree char *text =
          g_strdup_printf (HEAD ICE PRINT ROLE "%s\r\n%s", group->str, sections->str);

      if (i + 1 == MB_SDP_GUARD_MAX_SECTIONS)
        assert_accepted (text, MB_SDP_TYPE_OFFER);
      else
        assert_refused (text, MB_SDP_TYPE_OFFER, MB_ERROR_TOO_LARGE);
    }
  }
}

static void
test_nul_and_length (void)
{
  static const char TEXT[] = HEAD AUDIO ("0") ICE PRINT ROLE "\0tail";
  g_autoptr (GError) error = NULL;

  g_assert_null (mb_sdp_guard_parse (TEXT, sizeof TEXT, MB_SDP_TYPE_OFFER, &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST);
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
  for (unsigned int i = 0; i < G_N_ELEMENTS (FILES); i++) {
    g_autofree char *path = g_strdup_printf ("/sdp-guard/takes/%s", FILES[i]);

    g_test_add_data_func (path, FILES[i], test_browsers);
  }
  g_test_add_func ("/sdp-guard/rules", test_rules);
  g_test_add_func ("/sdp-guard/answer-has-a-role", test_answer_has_a_role);
  g_test_add_func ("/sdp-guard/limit/size", test_size);
  g_test_add_func ("/sdp-guard/limit/line-length", test_line_length);
  g_test_add_func ("/sdp-guard/limit/lines", test_lines);
  g_test_add_func ("/sdp-guard/limit/sections", test_sections);
  g_test_add_func ("/sdp-guard/nul-is-refused", test_nul_and_length);
  return g_test_run ();
}
