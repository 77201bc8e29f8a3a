/* mb-log.h: where log lines go: stderr, one line an event, as text or JSON
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#include "mb-options.h"

void mb_log_set_level (GLogLevelFlags least, MbLogFormat format);
void mb_log_init (GLogLevelFlags least, MbLogFormat format);
void mb_log_error_line (const char *message);
void mb_log_say_on_stderr (void);
void mb_log_tell (const char *lines);
void mb_log_say (const char *format, ...) G_GNUC_PRINTF (1, 2);
char *mb_log_format_line (MbLogFormat format, GLogLevelFlags level, const char *domain,
    const char *message, gint64 real_time_us);
