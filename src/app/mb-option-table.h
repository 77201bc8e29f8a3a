/* mb-option-table.h: every option there is: its name, its help, how its value is taken
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-options.h"

typedef enum {
  MB_OPTION_GROUP_HOST,
  MB_OPTION_GROUP_JOIN,
  MB_OPTION_GROUP_SEND,
  MB_OPTION_GROUP_MANY,
  MB_OPTION_GROUP_TEST,
  MB_OPTION_GROUP_NETWORK,
  MB_OPTION_GROUP_OTHER,
  MB_N_OPTION_GROUPS,
} MbOptionGroup;

enum {
  MB_OPTION_SWITCH = 1 << 0,       /* takes no value */
  MB_OPTION_LIST = 1 << 1,         /* may be given more than once */
  MB_OPTION_PROCESS = 1 << 2,      /* about this process; a worker is not told */
  MB_OPTION_NO_FILE = 1 << 3,      /* cannot stand in a configuration file */
  MB_OPTION_NEEDS_ROOM = 1 << 4,   /* means nothing without --room */
  MB_OPTION_RELOADED = 1 << 6,     /* a host takes a new value at SIGHUP */
  MB_OPTION_NEEDS_RECORD = 1 << 5, /* means nothing without --record */
};

typedef gboolean (*MbOptionTake) (MbOptions *self, const char *value, GError **error);

typedef struct {
  const char *name;
  char letter; /* 0 means none */
  MbOptionGroup group;
  unsigned int flags;
  MbOptionTake take;    /* NULL: the contract has it, this version does not */
  const char *argument; /* (nullable) as the help names the value */
  const char *help;
  const char *section; /* (nullable) of a configuration file, besides [meshbot] */
} MbOptionRow;

extern const char *const MB_OPTION_GROUP_TITLES[MB_N_OPTION_GROUPS];

extern const char *const MB_OPTION_SECTIONS[];

const MbOptionRow *mb_option_get (gsize index);
gsize mb_option_count (void);
const MbOptionRow *mb_option_find (const char *name);
const MbOptionRow *mb_option_find_key (const char *section, const char *key);
const MbOptionRow *mb_option_find_letter (char letter);
const char *mb_option_find_near (const char *name);
