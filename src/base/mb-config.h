/* mb-config.h: a configuration file as keys and values, each error naming file, section and key
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

/* The one section a file has for now; keys in it are the long names of the options. */
#define MB_CONFIG_SECTION "meshbot"

typedef struct _MbConfig MbConfig;

MbConfig *mb_config_new (const char *path, GError **error);
void mb_config_free (MbConfig *self);
char **mb_config_list_keys (MbConfig *self);
char **mb_config_get_values (MbConfig *self, const char *key, gboolean is_list, GError **error);
char *mb_config_describe (MbConfig *self, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbConfig, mb_config_free)
