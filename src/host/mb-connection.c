/* mb-connection.c: one client of either dialect, as the rooms see it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-connection.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/**
 * mb_connection_make_id:
 *
 * Fills in 120 random bits as 20 url-safe characters. Nobody can guess it, so it does for secrets
 * too.
 */
void
mb_connection_make_id (char id[MB_ID_LENGTH + 1])
{
  static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  guint8 random[MB_ID_LENGTH];

  /* Up to 256 bytes come whole or not at all (getrandom(2)). */
  while (getrandom (random, sizeof random, 0) != (ssize_t) sizeof random)
    g_assert (errno == EINTR);
  for (unsigned int i = 0; i < MB_ID_LENGTH; i++)
    id[i] = ALPHABET[random[i] & 63];
  id[MB_ID_LENGTH] = '\0';
}
