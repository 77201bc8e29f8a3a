/* mb-error.h: the one error domain, and what each code is outside
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_ERROR (mb_error_quark ())

/**
 * MbError:
 * @MB_ERROR_FAILED: it failed while running, for a reason outside
 * @MB_ERROR_BAD_REQUEST: the input is malformed or out of range
 * @MB_ERROR_NOT_FOUND: no such room or member
 * @MB_ERROR_CONFLICT: the name is taken
 * @MB_ERROR_FULL: the room takes no more members
 * @MB_ERROR_UNAUTHORIZED: a token is missing, wrong or out of date
 * @MB_ERROR_RATE_LIMITED: too many requests
 * @MB_ERROR_NOT_IN_ROOM: the sender is in no room, or the addressee is in another
 * @MB_ERROR_TOO_LARGE: over a size limit
 * @MB_ERROR_UNSUPPORTED: understood and not offered here
 * @MB_ERROR_UNAVAILABLE: a part that is needed is away for now (database, draining)
 * @MB_ERROR_USAGE: the command line or configuration is wrong
 * @MB_ERROR_UNREACHABLE: a server or room could not be joined
 * @MB_ERROR_SECURITY: the peer is not who its description says
 * @MB_ERROR_FORBIDDEN: the token is good, but not for this
 */
typedef enum {
  MB_ERROR_FAILED,
  MB_ERROR_BAD_REQUEST,
  MB_ERROR_NOT_FOUND,
  MB_ERROR_CONFLICT,
  MB_ERROR_FULL,
  MB_ERROR_UNAUTHORIZED,
  MB_ERROR_RATE_LIMITED,
  MB_ERROR_NOT_IN_ROOM,
  MB_ERROR_TOO_LARGE,
  MB_ERROR_UNSUPPORTED,
  MB_ERROR_UNAVAILABLE,
  MB_ERROR_USAGE,
  MB_ERROR_UNREACHABLE,
  MB_ERROR_SECURITY,
  MB_ERROR_FORBIDDEN,
} MbError;

GQuark mb_error_quark (void);

unsigned int mb_error_get_http_status (const GError *error);
const char *mb_error_get_wire_code (const GError *error);
int mb_error_get_exit_status (const GError *error);
MbError mb_error_from_wire_code (const char *code);
