/* script-server.h: a WebSocket server that says what a test tells it, and a client's diary
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <libsoup/soup.h>

#include "mb-signaling.h"

/* In the process, on a port of its own: /socket.io/ and /ws take WebSockets, /refuse/socket.io/
 * answers @refusal. */
typedef struct {
  SoupServer *server;
  char *authority; /* 127.0.0.1:PORT */
  char *query;     /* (nullable) of the last handshake */
  char *bearer;    /* (nullable) its Authorization */
  GQueue *said;    /* (element-type char*) what clients said, oldest first */
  unsigned int refusal;
  unsigned int n_connections;
  unsigned int n_closed;
  SoupWebsocketConnection *ws; /* (nullable) the newest */
} Script;

/* What a client told, a line an event: "joined ID", "message KIND", "failed CODE TEXT", … */
typedef struct {
  MbSignaling *signaling;
  GQueue *lines; /* (element-type char*) */
  GBytes *data;  /* (nullable) of the last signal */
  gboolean leave_on_message;
} Diary;

Script *script_new (void);
void script_free (Script *self);
char *script_get_url (Script *self, const char *scheme, const char *path);
void script_wait_connection (Script *self, unsigned int n);
void script_wait_closed (Script *self, unsigned int n);
void script_say (Script *self, const char *text);
void script_expect (Script *self, const char *text);
void script_close (Script *self);
void script_cut (Script *self);

Diary *diary_new (const char *url, const char *token);
void diary_free (Diary *self);
void diary_expect (Diary *self, const char *pattern);
void diary_settle (Diary *self);

/* Iterates the main context until *@condition is not zero; @what for the complaint. */
#define wait_until(condition, what)            \
  G_STMT_START                                 \
  {                                            \
    Watchdog watchdog = watchdog_start (what); \
    while (!(condition))                       \
      g_main_context_iteration (NULL, TRUE);   \
    watchdog_stop (&watchdog);                 \
  }                                            \
  G_STMT_END

typedef struct {
  GSource *source;
} Watchdog;

Watchdog watchdog_start (const char *what);
void watchdog_stop (Watchdog *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Diary, diary_free)
