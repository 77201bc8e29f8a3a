/* mb-archive.h: what can be done with recorded sessions
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-archived-session.h"

unsigned int mb_archive_verify (const MbArchivedSession *session, GString *out);
void mb_archive_tell (const MbArchivedSession *session, GString *out);
gboolean mb_archive_wants_repair (const MbArchivedSession *session);
unsigned int mb_archive_repair (MbArchivedSession *session, GString *out);
gboolean mb_archive_export (
    const MbArchivedSession *session, const char *path, GString *out, GError **error);
gboolean mb_archive_hand_over (const char *folder, const char *command, GString *out);
