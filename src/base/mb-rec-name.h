/* mb-rec-name.h: what recordings and sessions are called on disk
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_REC_NAME_MAX_DISPLAY 64 /* bytes */
#define MB_REC_NAME_MAX_ID 40      /* bytes */

char *mb_rec_name_build (const char *display_name, const char *id);
char *mb_rec_name_build_session (GDateTime *joined);
