/* fuzz.h: what every fuzz target defines
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A target takes any bytes, and aborts where a promise of the code is broken. libFuzzer calls it
 * with what it makes up (`-Dfuzz=true`), replay.c with the corpus in every run of the unit suite.
 */
#pragma once

#include <glib.h>

int LLVMFuzzerTestOneInput (const guint8 *bytes, gsize length);
