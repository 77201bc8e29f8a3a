/* mb-archive-verb.h: the program that does `meshbot archive`
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gio/gio.h>

char *mb_archive_verb_find_program (void);
gboolean mb_archive_verb_is_meant (int argc, char **argv);
int mb_archive_verb_run (char **argv);
GSubprocess *mb_archive_verb_repair (const char *directory);
void mb_archive_verb_hand_over (const char *directory, const char *command);
