/* mb-sources.h: what the bots of a job send: one encode for all that send the same
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-options.h"
#include "mb-source.h"

#define MB_TYPE_SOURCES (mb_sources_get_type ())
G_DECLARE_FINAL_TYPE (MbSources, mb_sources, MB, SOURCES, GObject)

/**
 * MbSourceUser:
 * @index: the bot's number among all of the job, from 0
 * @number: its number in its room, from 1
 * @name: its display name
 * @place: where in a file it begins, 0 to 1
 *
 * Who is to send.
 */
typedef struct {
  unsigned int index;
  unsigned int number;
  const char *name;
  double place;
} MbSourceUser;

MbSources *mb_sources_new (MbMedia *media, MbOptions *options);
gboolean mb_sources_get (
    MbSources *self, const MbSourceUser *user, MbSource **source, GError **error);
void mb_sources_stop (MbSources *self);
