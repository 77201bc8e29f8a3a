/* mb-elements.h: whether GStreamer has what the program uses, and which Debian package would
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef gboolean (*MbElementsHas) (const char *element);

gboolean mb_elements_ensure (gboolean records, GError **error);
gboolean mb_elements_check_launch (const char *launch, MbElementsHas has, GError **error);
