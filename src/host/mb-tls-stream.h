/* mb-tls-stream.h: the TLS of one connection: what came to plain bytes, plain bytes to what goes
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <sys/uio.h>

#include "mb-tls.h"

typedef struct _MbTlsStream MbTlsStream;

MbTlsStream *mb_tls_stream_new (MbTls *tls, int fd);
void mb_tls_stream_free (MbTlsStream *self);
gssize mb_tls_stream_read (MbTlsStream *self, guint8 *bytes, gsize size);
gssize mb_tls_stream_write (MbTlsStream *self, const struct iovec *chunks, unsigned int n_chunks);
void mb_tls_stream_shut_down (MbTlsStream *self);
gboolean mb_tls_stream_has_more (MbTlsStream *self);
gboolean mb_tls_stream_wants_to_write (MbTlsStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbTlsStream, mb_tls_stream_free)
