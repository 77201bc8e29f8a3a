/* mb-signal-data.c: any bytes are refused or read; a candidate that is taken can be written and read
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-signal-data.h"
#include "fuzz.h"
#include "mb-candidate.h"

static void
check_candidate (const MbSignalData *data)
{
  g_autoptr (MbCandidate) candidate = mb_candidate_parse (data->candidate, NULL);
  g_autofree char *text = NULL;
  g_autofree char *again_text = NULL;
  g_autoptr (MbCandidate) again = NULL;

  if (candidate == NULL)
    return;
  text = mb_candidate_to_text (candidate);
  again = mb_candidate_parse (text, NULL);
  g_assert_nonnull (again);
  again_text = mb_candidate_to_text (again);
  g_assert_cmpstr (text, ==, again_text);
  g_assert_cmpint (mb_candidate_judge (candidate, MB_CANDIDATE_POLICY_DEFAULT, NULL), ==,
      mb_candidate_judge (again, MB_CANDIDATE_POLICY_DEFAULT, NULL));
}

static void
check_description (const MbSignalData *data)
{
  g_autofree char *json = mb_signal_data_build_description (data->shape, data->type, data->sdp);
  g_autoptr (MbSignalData) again = mb_signal_data_parse (json, -1, NULL);

  g_assert_nonnull (again);
  g_assert_cmpstr (data->sdp, ==, again->sdp);
}

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autoptr (MbSignalData) data =
      mb_signal_data_parse ((const char *) bytes, (gssize) length, NULL);

  if (data == NULL)
    return 0;
  if (data->kind == MB_SIGNAL_DATA_CANDIDATE)
    check_candidate (data);
  else if (data->sdp != NULL)
    check_description (data);
  return 0;
}
