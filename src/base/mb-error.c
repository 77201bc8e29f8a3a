/* mb-error.c: the one error domain, and what each code is outside
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-error.h"

typedef struct {
  unsigned int http_status;
  const char *wire_code;
  int exit_status;
} Outside;

static const Outside OUTSIDE[] = {
    [MB_ERROR_FAILED] = {500, "failed", 1},
    [MB_ERROR_BAD_REQUEST] = {400, "bad-request", 1},
    [MB_ERROR_NOT_FOUND] = {404, "not-found", 4},
    [MB_ERROR_CONFLICT] = {409, "conflict", 1},
    [MB_ERROR_FULL] = {409, "room-full", 4},
    [MB_ERROR_UNAUTHORIZED] = {401, "unauthorized", 4},
    [MB_ERROR_RATE_LIMITED] = {429, "rate-limited", 4},
    [MB_ERROR_NOT_IN_ROOM] = {403, "not-in-room", 1},
    [MB_ERROR_TOO_LARGE] = {413, "too-large", 1},
    [MB_ERROR_UNSUPPORTED] = {501, "unsupported", 1},
    [MB_ERROR_UNAVAILABLE] = {503, "unavailable", 1},
    [MB_ERROR_USAGE] = {400, "bad-request", 2},
    [MB_ERROR_UNREACHABLE] = {502, "unreachable", 4},
    [MB_ERROR_SECURITY] = {403, "unauthorized", 1},
    [MB_ERROR_FORBIDDEN] = {403, "unauthorized", 4},
};

G_DEFINE_QUARK (mb_error, mb_error)

static const Outside *
look_up (const GError *error)
{
  if (error == NULL || error->domain != MB_ERROR || error->code < 0 ||
      (gsize) error->code >= G_N_ELEMENTS (OUTSIDE))
    return &OUTSIDE[MB_ERROR_FAILED];
  return &OUTSIDE[error->code];
}

/**
 * mb_error_get_http_status:
 * @error: (nullable): an error of any domain
 *
 * Returns: the HTTP status for it; 500 for a foreign domain. Thread: any.
 */
unsigned int
mb_error_get_http_status (const GError *error)
{
  return look_up (error)->http_status;
}

/**
 * mb_error_get_wire_code:
 * @error: (nullable): an error of any domain
 *
 * Returns: the `code` of a `room-error` event. Thread: any.
 */
const char *
mb_error_get_wire_code (const GError *error)
{
  return look_up (error)->wire_code;
}

/**
 * mb_error_get_exit_status:
 * @error: (nullable): an error of any domain
 *
 * Returns: the status the program ends with when this error ends it. Thread: any.
 */
int
mb_error_get_exit_status (const GError *error)
{
  return look_up (error)->exit_status;
}

/**
 * mb_error_from_wire_code:
 * @code: (nullable): the `code` of a `room-error` event
 *
 * Returns: the error that is told so; MB_ERROR_FAILED for words of other servers. Thread: any.
 */
MbError
mb_error_from_wire_code (const char *code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (OUTSIDE); i++)
    if (g_strcmp0 (code, OUTSIDE[i].wire_code) == 0)
      return (MbError) i;
  return MB_ERROR_FAILED;
}
