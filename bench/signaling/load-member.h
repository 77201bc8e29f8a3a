/* load-member.h: one member of a room that loads a server: its socket, its words, its room-mates
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "load-histogram.h"

#define LOAD_ROOM_MAX 32

typedef enum {
  LOAD_SIO,
  LOAD_PLAIN,
} LoadDialect;

typedef enum {
  LOAD_STATE_NEW,
  LOAD_STATE_CONNECTING,
  LOAD_STATE_UPGRADING,
  LOAD_STATE_GREETING,
  LOAD_STATE_READY, /* may join */
  LOAD_STATE_JOINED,
  LOAD_STATE_GONE,
} LoadState;

typedef struct _Load Load;
typedef struct _LoadMember LoadMember;

/**
 * Load:
 *
 * What all members share: how they speak, and what has happened to them.
 */
struct _Load {
  LoadDialect dialect;
  guint16 port;
  int epoll_fd;
  unsigned int room_size; /* members of a room; 0: nobody joins */
  unsigned int window;    /* signals of one member under way; 0: sent by a clock, not by answers */
  gboolean sending;
  gboolean flooding; /* what comes is read and thrown away */
  char *room_prefix;
  char *padding; /* JSON string that each signal carries */
  LoadMember *members;
  unsigned int n_members;

  unsigned int n_opening;
  unsigned int n_ready;    /* have been; some may be gone */
  unsigned int n_complete; /* know all their room-mates */
  unsigned int n_gone;
  guint64 n_sent;
  guint64 n_delivered;
  guint64 n_altered;
  guint64 n_out_of_order;
  guint64 n_misunderstood;
  Histogram join;
  Histogram latency;
};

guint64 load_now_ns (void);
LoadMember *load_get_member (Load *load, unsigned int number);
void load_member_open (Load *load, unsigned int number);
void load_member_signal (LoadMember *self, guint64 due_ns);
gboolean load_member_can_signal (LoadMember *self);
void load_member_fill (LoadMember *self);
void load_turn (Load *load, int wait_ms);
void load_init (Load *load, unsigned int n_members, unsigned int size);
void load_clear (Load *load);
