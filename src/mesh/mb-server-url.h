/* mb-server-url.h: what the address of a room's server tells
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-candidate.h"

char *mb_server_url_describe (const char *url);
MbCandidatePolicy mb_server_url_get_candidate_policy (const char *url);
