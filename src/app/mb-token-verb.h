/* mb-token-verb.h: `meshbot token`: makes a token that a host with the same secret takes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

char *mb_token_verb_run (const char *const *argv, GError **error);
