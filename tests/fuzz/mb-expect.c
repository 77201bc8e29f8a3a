/* mb-expect.c: an expectation that is read is whole, can be judged, and is read the same again
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-expect.h"

#include <math.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autofree char *text = g_strndup ((const char *) bytes, length);
  g_autoptr (GError) error = NULL;
  g_autoptr (MbExpect) expect = mb_expect_parse (text, &error);
  g_autoptr (MbExpect) again = NULL;

  g_assert_true ((expect == NULL) == (error != NULL));
  if (expect == NULL)
    return 0;
  g_assert_cmpint (expect->measure, >, MB_MEASURE_NONE);
  g_assert_cmpint (expect->measure, <, MB_N_MEASURES);
  g_assert_cmpint (expect->stat, <, MB_N_STATS);
  g_assert_true (isfinite (expect->value) && expect->value >= 0);
  g_assert_false (mb_expect_holds (expect, (double) NAN));
  again = mb_expect_parse (expect->text, NULL);
  g_assert_nonnull (again);
  g_assert_cmpint (again->measure, ==, expect->measure);
  g_assert_cmpint (again->op, ==, expect->op);
  return 0;
}
