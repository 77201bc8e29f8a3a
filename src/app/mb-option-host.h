/* mb-option-host.h: the options about hosting: their names, their help, how their values are taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-option-table.h"

/* A part of the table, which nobody else looks into: mb_option_get() has all rows. */
extern const MbOptionRow MB_OPTION_HOST_ROWS[];
extern const gsize MB_N_OPTION_HOST_ROWS;
