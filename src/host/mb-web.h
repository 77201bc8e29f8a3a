/* mb-web.h: the web client: files of a GResource over HTTP
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "mb-http.h"

typedef struct _MbWeb MbWeb;

MbWeb *mb_web_new (MbHttp *http);
void mb_web_serve_rest (MbWeb *self, MbHttp *http);
void mb_web_free (MbWeb *self);
void mb_web_serve (MbWeb *self, MbHttpRequest *request);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MbWeb, mb_web_free)
