/* mb-ice-list.h: the STUN and TURN servers that members are told of
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MB_ICE_LIST_DEFAULT_TTL_S 3600

/**
 * MbIceListConfig:
 * @stun: (nullable) (array zero-terminated=1): `stun:` URLs
 * @turn: (nullable) (array zero-terminated=1): `turn:` and `turns:` URLs, without user and password
 * @turn_secret_file: (nullable): what TURN servers share with this host; set where @turn is
 * @ttl_s: how long credentials are good; 0 is an hour
 */
typedef struct {
  const char *const *stun;
  const char *const *turn;
  const char *turn_secret_file;
  unsigned int ttl_s;
} MbIceListConfig;

typedef struct _MbIceList MbIceList;

MbIceList *mb_ice_list_new (const MbIceListConfig *config, GError **error);
void mb_ice_list_swap (MbIceList *self, MbIceList *other);
void mb_ice_list_free (MbIceList *self);
char *mb_ice_list_make_json (MbIceList *self, const char *who, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbIceList, mb_ice_list_free)
