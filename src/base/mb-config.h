/* mb-config.h: a configuration file as keys and values, each error naming file, section and key
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MbConfig MbConfig;

MbConfig *mb_config_new (const char *path, const char *const *sections, GError **error);
void mb_config_free (MbConfig *self);
char **mb_config_list_keys (MbConfig *self, const char *section);
char **mb_config_get_values (
    MbConfig *self, const char *section, const char *key, gboolean is_list, GError **error);
char *mb_config_describe (MbConfig *self, const char *section, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbConfig, mb_config_free)
