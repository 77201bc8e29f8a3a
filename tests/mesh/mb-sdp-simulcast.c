/* mb-sdp-simulcast.c: the largest layer is found by its name, else by its place
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-sdp-simulcast.h"

static MbSdpSection *
section_with (const char *rids, const char *simulcast)
{
  MbSdpSection *section = mb_sdp_section_new (MB_SDP_KIND_VIDEO);
  g_auto (GStrv) ids = g_strsplit (rids, " ", 0);

  for (unsigned int i = 0; ids[i] != NULL && *ids[i] != '\0'; i++) {
    MbSdpRid *rid = g_new0 (MbSdpRid, 1);

    rid->id = g_strdup (ids[i]);
    rid->is_send = TRUE;
    g_ptr_array_add (section->rids, rid);
  }
  section->simulcast = g_strdup (simulcast);
  return section;
}

static void
test_choice (void)
{
  static const struct {
    const char *rids;
    const char *simulcast; /* (nullable) */
    const char *chosen;    /* (nullable) */
  } ROWS[] = {
      {"q h f", "send q;h;f", "f"},
      {"f h q", "send f;h;q", "f"},
      {"h m l", "send h;m;l", "h"},
      {"l m h", "send l;m;h", "h"},
      {"high medium low", "send high;medium;low", "high"},
      {"lo hi", "send lo;hi", "hi"},
      {"2 1 0", "send 2;1;0", "2"},
      {"r0 r1 r2", "send r0;r1;r2", "r2"},
      {"a b c", "send a;b;c", "c"},
      {"Q H F", "send Q;H;F", "F"},
      {"q h f", "send ~q;h;~f", "f"},
      {"q h f", "send q,h;f", "f"},
      {"q h f", "recv x send q;h", "h"},
      {"only", NULL, "only"},
      {"q h f", "send x;y", "q"}, /* none of those that it describes */
      {"", "send q;h;f", NULL},
      {"", NULL, NULL},
  };

  for (gsize i = 0; i < G_N_ELEMENTS (ROWS); i++) {
    g_autoptr (MbSdpSection) section = section_with (ROWS[i].rids, ROWS[i].simulcast);

    g_test_message ("%s, %s", ROWS[i].rids, ROWS[i].simulcast);
    g_assert_cmpstr (mb_sdp_simulcast_choose (section), ==, ROWS[i].chosen);
  }
}

static void
test_acceptance (void)
{
  g_autoptr (MbSdpSection) section = mb_sdp_section_new (MB_SDP_KIND_VIDEO);

  g_assert_null (mb_sdp_simulcast_get_accepted (section));
  mb_sdp_simulcast_accept (section, "f");
  g_assert_cmpstr (mb_sdp_simulcast_get_accepted (section), ==, "f");
  g_assert_cmpstr (section->simulcast, ==, "recv f");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdp-simulcast/largest-layer", test_choice);
  g_test_add_func ("/sdp-simulcast/acceptance", test_acceptance);
  return g_test_run ();
}
