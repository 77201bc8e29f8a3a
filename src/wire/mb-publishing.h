/* mb-publishing.h: whether a signal offers to send audio or video; pure
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-message.h"

gboolean mb_publishing_is_in_message (MbMessage *message);
