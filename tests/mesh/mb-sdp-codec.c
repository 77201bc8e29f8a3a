/* mb-sdp-codec.c: each codec is found in browsers' offers in the form that we speak, and in no other
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-codec.h"

static MbSdpSection *
section_with (const char *name, unsigned int clock_rate, unsigned int channels, const char *fmtp)
{
  MbSdpSection *section = mb_sdp_section_new (MB_SDP_KIND_VIDEO);
  MbSdpCodec *codec = mb_sdp_section_add_codec (section, 100, name, clock_rate, channels);

  codec->fmtp = g_strdup (fmtp);
  return section;
}

static void
test_names (void)
{
  g_assert_cmpstr (mb_codec_info_find ("VP8")->id, ==, "vp8");
  g_assert_cmpstr (mb_codec_info_find ("opus")->caps, ==, "OPUS");
  g_assert_cmpstr (mb_codec_info_find ("OPUS")->name, ==, "opus");
  g_assert_null (mb_codec_info_find ("theora"));
  g_assert_null (mb_codec_info_find (NULL));
}

static void
test_forms (void)
{
  static const struct {
    const char *codec;
    const char *name;
    unsigned int clock_rate;
    unsigned int channels;
    const char *fmtp;
    gboolean fits;
  } CASES[] = {
      {"vp8", "VP8", 90000, 0, NULL, TRUE},
      {"vp8", "vp8", 90000, 0, "max-fs=12288;max-fr=60", TRUE},
      {"vp8", "VP8", 48000, 0, NULL, FALSE},
      {"vp8", "VP9", 90000, 0, NULL, FALSE},
      {"vp9", "VP9", 90000, 0, NULL, TRUE},
      {"vp9", "VP9", 90000, 0, "profile-id=0", TRUE},
      {"vp9", "VP9", 90000, 0, "profile-id=2", FALSE},
      {"av1", "AV1", 90000, 0, "level-idx=5;profile=0;tier=0", TRUE},
      {"av1", "AV1", 90000, 0, "level-idx=5;profile=1;tier=0", FALSE},
      {"opus", "opus", 48000, 2, "minptime=10", TRUE},
      {"opus", "opus", 48000, 0, NULL, FALSE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=42e01f", TRUE},
      {"h264", "H264", 90000, 0, "profile-level-id=42E034; packetization-mode=1", TRUE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=42001f", TRUE},
      {"h264", "H264", 90000, 0, "packetization-mode=1", TRUE},
      {"h264", "H264", 90000, 0, "packetization-mode=0;profile-level-id=42e01f", FALSE},
      {"h264", "H264", 90000, 0, "profile-level-id=42e01f", FALSE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=640c1f", FALSE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=4d001f", FALSE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=42e01", FALSE},
      {"h264", "H264", 90000, 0, "packetization-mode=1;profile-level-id=zzzzzz", FALSE},
      {"h264", "H264", 90000, 0, NULL, FALSE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=1;profile-level-id=640c1f", TRUE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=1;profile-level-id=4d001f", FALSE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=1;profile-level-id=f4001f", FALSE},
      {"h264-main", "H264", 90000, 0, "packetization-mode=1;profile-level-id=4d001f", TRUE},
      {"h264-main", "H264", 90000, 0, "packetization-mode=1;profile-level-id=64001f", FALSE},
      {"h264-main", "H264", 90000, 0, "packetization-mode=1;profile-level-id=4de01f", FALSE},
      {"h264-high-444", "H264", 90000, 0, "packetization-mode=1;profile-level-id=f4001f", TRUE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=1;profile-level-id=4de01f", FALSE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=1;profile-level-id=42e01f", FALSE},
      {"h264-high", "H264", 90000, 0, "packetization-mode=0;profile-level-id=64001f", FALSE},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (MbSdpSection) section =
        section_with (CASES[i].name, CASES[i].clock_rate, CASES[i].channels, CASES[i].fmtp);
    const MbSdpCodec *found = mb_codec_info_match (mb_codec_info_find (CASES[i].codec), section);

    g_test_message ("%s as %s", CASES[i].codec, CASES[i].fmtp);
    g_assert_cmpint (found != NULL, ==, CASES[i].fits);
  }
}

static void
test_best_h264 (void)
{
  g_autoptr (MbSdpSection) section =
      section_with ("H264", 90000, 0, "packetization-mode=1;profile-level-id=42001f");
  MbSdpCodec *better = mb_sdp_section_add_codec (section, 108, "H264", 90000, 0);
  g_autofree char *fmtp = NULL;

  better->fmtp =
      g_strdup ("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e034");
  g_assert_true (mb_codec_info_match (mb_codec_info_find ("h264"), section) == better);
  fmtp = mb_codec_info_dup_answer_fmtp (mb_codec_info_find ("h264"), better);
  g_assert_cmpstr (
      fmtp, ==, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
}

static void
test_richer (void)
{
  static const struct {
    const char *codec;
    const char *fmtp;
    gboolean is_taken;
  } CASES[] = {
      {"h264-high", "packetization-mode=1;profile-level-id=64001f", TRUE},
      {"h264-high", "packetization-mode=1;profile-level-id=f4001f", TRUE},
      {"h264-high", "packetization-mode=1;profile-level-id=4d001f", FALSE},
      {"h264-main", "packetization-mode=1;profile-level-id=f4001f", FALSE},
      {"h264", "packetization-mode=1;profile-level-id=42e01f", TRUE},
  };

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (MbSdpSection) section = section_with ("H264", 90000, 0, CASES[i].fmtp);

    g_assert_cmpint (mb_codec_info_is_taken (mb_codec_info_find (CASES[i].codec), section), ==,
        CASES[i].is_taken);
  }
}

static void
test_levels (void)
{
  static const struct {
    const char *codec;
    unsigned int level;
    const char *profile_level_id;
  } CASES[] = {{"h264", 0, "=42e01f"}, {"h264", 13, "=42e01f"}, {"h264", 32, "=42e020"},
      {"h264-high", 40, "=640028"}};

  for (unsigned int i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autofree char *fmtp =
        mb_codec_info_dup_level_fmtp (mb_codec_info_find (CASES[i].codec), CASES[i].level);

    g_assert_true (g_str_has_suffix (fmtp, CASES[i].profile_level_id));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-codec/names-in-any-case", test_names);
  g_test_add_func ("/sdp-codec/only-in-the-form-we-speak", test_forms);
  g_test_add_func ("/sdp-codec/constrained-baseline-before-baseline", test_best_h264);
  g_test_add_func ("/sdp-codec/high-is-taken-by-richer-decoders", test_richer);
  g_test_add_func ("/sdp-codec/offers-have-the-level-that-is-sent", test_levels);
  return g_test_run ();
}
