/* mb-setting.h: options as they were written: on the command line, in the environment, in files
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-option-table.h"

/**
 * MbSetting:
 * @row: what it sets
 * @value: (nullable): %NULL for a switch
 * @where: how an error about it begins
 */
typedef struct {
  const MbOptionRow *row;
  char *value;
  char *where;
} MbSetting;

GPtrArray *mb_settings_new (void);
void mb_settings_add (
    GPtrArray *settings, const MbOptionRow *row, const char *value, const char *where);
const MbSetting *mb_settings_find (GPtrArray *settings, const char *name);
gboolean mb_settings_read_files (GPtrArray *settings, const char *path, GError **error);
void mb_settings_read_environment (GPtrArray *settings, char **environment);
void mb_settings_override (GPtrArray *settings, GPtrArray *stronger);
char *mb_settings_print (GPtrArray *settings);
char **mb_settings_list_changes (GPtrArray *before, GPtrArray *after);
char *mb_setting_dup_variable (const MbOptionRow *row);
