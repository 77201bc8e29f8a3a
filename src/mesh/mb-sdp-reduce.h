/* mb-sdp-reduce.h: what the transport gets to see of a peer's description
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It carries packets and texts and knows nothing of media: for its whole life it sees one section,
 * m=application, at index 0.
 */
#pragma once

#include "mb-candidate.h"
#include "mb-sdp.h"

char *mb_sdp_reduce (const MbSdp *remote, MbCandidatePolicy policy, GError **error);
