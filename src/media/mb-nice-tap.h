/* mb-nice-tap.h: the transport beside webrtcbin on its libnice agent
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-transport.h"

typedef struct _MbNiceTap MbNiceTap;

/* While webrtcbin is in NULL. */
MbNiceTap *mb_nice_tap_new (MbTransport *transport, GstElement *webrtcbin);
MbNiceTap *mb_nice_tap_ref (MbNiceTap *self);
void mb_nice_tap_unref (MbNiceTap *self);

/* Before the remote description is set; more than one may be given. Thread: any. */
gboolean mb_nice_tap_expect_fingerprint (
    MbNiceTap *self, const char *hash, const char *fingerprint, GError **error);

/* Gathers 127.0.0.1 too where the host has no other address; before gathering. TRUE if added. */
gboolean mb_nice_tap_add_loopback (MbNiceTap *self, gboolean always);

/* Before the pipeline goes to NULL, with mb_transport_close(). Nothing comes in from here on. */
void mb_nice_tap_close (MbNiceTap *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbNiceTap, mb_nice_tap_unref)
