/* mb-archive.h: what can be done with recorded sessions
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-archived-session.h"

/**
 * MbArchivePace:
 * @max_tries: after which a command that fails is given up
 * @first_delay_ms: before the second try; each is twice the one before
 * @max_delay_ms: but no longer than this
 */
typedef struct {
  unsigned int max_tries;
  unsigned int first_delay_ms;
  unsigned int max_delay_ms;
} MbArchivePace;

/* What people get. */
#define MB_ARCHIVE_PACE \
  {                     \
    10, 1000, 60000     \
  }

unsigned int mb_archive_verify (const MbArchivedSession *session, GString *out);
void mb_archive_tell (const MbArchivedSession *session, GString *out);
gboolean mb_archive_wants_repair (const MbArchivedSession *session);
unsigned int mb_archive_repair (MbArchivedSession *session, GString *out);
gboolean mb_archive_export (
    const MbArchivedSession *session, const char *path, GString *out, GError **error);
gboolean mb_archive_hand_over (
    const char *folder, const char *command, const MbArchivePace *pace, GString *out);
