/* mb-audit.h: who came, went and was refused, a line of JSON each, in a file of its own
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-address.h"

/* Of the file and of each that was before it. */
#define MB_AUDIT_DEFAULT_BYTES (10 * 1024 * 1024)
#define MB_AUDIT_KEPT 5

typedef struct _MbAudit MbAudit;

/**
 * MbAuditEvent:
 * @event: `join`, `leave`, `room-created`, `room-deleted` or `refused`
 * @room: (nullable): like all that follow but @status, which is left out where it is 0
 * @member: its id
 * @name: what it calls itself
 * @role: what it is in the room
 * @subject: whom its token is for
 * @client: where it comes from
 * @reason: why
 * @request: the id of an HTTP request
 * @target: its method and path
 * @status: its answer
 */
typedef struct {
  const char *event;
  const char *room;
  const char *member;
  const char *name;
  const char *role;
  const char *subject;
  const MbAddress *client;
  const char *reason;
  const char *request;
  const char *target;
  unsigned int status;
} MbAuditEvent;

MbAudit *mb_audit_new (
    const char *path, guint64 max_bytes, MbAddressStyle addresses, GError **error);
void mb_audit_free (MbAudit *self);
void mb_audit_write (MbAudit *self, const MbAuditEvent *event);
gboolean mb_audit_reopen (MbAudit *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbAudit, mb_audit_free)
