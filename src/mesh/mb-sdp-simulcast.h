/* mb-sdp-simulcast.h: which layer of a simulcast offer is taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-sdp.h"

const char *mb_sdp_simulcast_choose (const MbSdpSection *section);
void mb_sdp_simulcast_accept (MbSdpSection *section, const char *rid);
const char *mb_sdp_simulcast_get_accepted (const MbSdpSection *section);
