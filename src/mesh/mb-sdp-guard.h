/* mb-sdp-guard.h: what is refused before anything parses it further
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-sdp.h"

#define MB_SDP_GUARD_MAX_SIZE_BYTES (64 * 1024)
#define MB_SDP_GUARD_MAX_LINE_BYTES 4096
#define MB_SDP_GUARD_MAX_LINES 4096
#define MB_SDP_GUARD_MAX_SECTIONS 32

gboolean mb_sdp_guard_check_text (const char *text, gssize length, GError **error);
gboolean mb_sdp_guard_check (const MbSdp *sdp, MbSdpType type, GError **error);
MbSdp *mb_sdp_guard_parse (const char *text, gssize length, MbSdpType type, GError **error);
