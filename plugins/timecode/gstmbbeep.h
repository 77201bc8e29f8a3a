/* gstmbbeep.h: raw audio with a beep at each second of the stream
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/base/gstbasetransform.h>

#define GST_TYPE_MB_BEEP (gst_mb_beep_get_type ())
G_DECLARE_FINAL_TYPE (GstMbBeep, gst_mb_beep, GST, MB_BEEP, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE (mbbeep);
