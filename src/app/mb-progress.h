/* mb-progress.h: how many bots are doing, while they do it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-figures.h"

typedef struct _MbProgress MbProgress;

/**
 * MbProgressFunc:
 *
 * Returns: (transfer full) (element-type MbBotFigures): the bots started so far
 */
typedef GPtrArray *(*MbProgressFunc) (gpointer data);

MbProgress *mb_progress_new (unsigned int n_wanted, MbProgressFunc list, gpointer data);
void mb_progress_free (MbProgress *self);

char *mb_progress_make_line (const GPtrArray *bots, unsigned int n_wanted);
char *mb_progress_make_table (
    const GPtrArray *bots, unsigned int n_wanted, unsigned int n_rows, unsigned int n_columns);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbProgress, mb_progress_free)
