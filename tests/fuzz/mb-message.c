/* mb-message.c: any name is judged or cleaned into one that is valid
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-message.h"

#include <string.h>

#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length)
{
  g_autofree char *text = g_strndup ((const char *) bytes, length);
  g_autofree char *clean = mb_display_name_clean (text);
  g_autofree char *again = mb_display_name_clean (clean);

  g_assert_cmpstr (clean, ==, again);
  if (clean != NULL)
    g_assert_true (mb_display_name_is_valid (clean));
  if (mb_display_name_is_valid (text))
    g_assert_cmpstr (clean, ==, text);
  if (mb_room_id_is_valid (text))
    g_assert_true (mb_peer_id_is_valid (text));
  return 0;
}
