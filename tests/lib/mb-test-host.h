/* mb-test-host.h: a real server in the test's process, and clients that say what they are told
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything waits by running the main context until something is so, under a watchdog.
 */
#pragma once

#include "mb-server.h"

typedef gboolean (*MbTestCondition) (gpointer data);

void mb_test_wait (MbTestCondition condition, gpointer data, const char *what);
void mb_test_wait_for_result (GAsyncResult **result);
void mb_test_take_result (GObject *source, GAsyncResult *result, gpointer place);

void mb_test_config_init (MbServerConfig *config);
MbServer *mb_test_host_new (const MbServerConfig *config);

/**
 * MbTestReply:
 * @status: 0 where the connection was closed without an answer
 * @head: the status line and the fields
 * @body: what came behind it
 */
typedef struct {
  unsigned int status;
  char *head;
  char *body;
} MbTestReply;

MbTestReply *mb_test_http (
    MbServer *host, const char *method, const char *path, const char *fields, const char *body);
MbTestReply *mb_test_raw (MbServer *host, const char *request, gsize length);
void mb_test_reply_free (MbTestReply *self);

/* A client of its own: raw bytes, a plain WebSocket, or Socket.IO on one. */
typedef struct _MbTestClient MbTestClient;

MbTestClient *mb_test_client_new (MbServer *host);
MbTestClient *mb_test_client_new_websocket (MbServer *host, const char *path, const char *fields);
MbTestClient *mb_test_client_new_websocket_at (guint16 port, const char *path, const char *fields);
MbTestClient *mb_test_client_new_plain (MbServer *host);
MbTestClient *mb_test_client_new_sio (MbServer *host);
void mb_test_client_free (MbTestClient *self);

void mb_test_client_send_raw (MbTestClient *self, const void *bytes, gsize length);
void mb_test_client_send_frame (MbTestClient *self, int opcode, const void *payload, gsize length);
void mb_test_client_send (MbTestClient *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
char *mb_test_client_wait_for (MbTestClient *self, const char *part);
gboolean mb_test_client_has (MbTestClient *self, const char *part);
void mb_test_client_wait_past (MbTestClient *self, const char *part);
void mb_test_client_stop_reading (MbTestClient *self);
guint16 mb_test_client_wait_for_close (MbTestClient *self);
void mb_test_client_assert_silent (MbTestClient *self, const char *part);
char *mb_test_client_get_received (MbTestClient *self);
gboolean mb_test_client_is_closed (MbTestClient *self);
const char *mb_test_client_get_id (MbTestClient *self);
void mb_test_client_join (MbTestClient *self, const char *room, const char *name);
void mb_test_client_event (MbTestClient *self, const char *event, const char *fields);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTestReply, mb_test_reply_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTestClient, mb_test_client_free)
